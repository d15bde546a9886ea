"""Outlook's properties: which of them say something to a reader, and how they are written.

[MS-OXPROPS] numbers the properties, [MS-OXCDATA] 2.11.1 their types. Every text counts, whatever its number: senders,
categories and the fields that a company adds are texts as well.
"""

from collections.abc import Iterator

from sealgate_milter.extract import compressed_rtf, strings
from sealgate_milter.extract.found import Budget, File, Found, Unread

TEXT_8, TEXT_16, BINARY, OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
HTML, RTF, BODY = 0x1013, 0x1009, 0x1000
ATTACHED, FILE_NAME, LONG_NAME, MEDIA_TYPE, CODE_PAGE, INTERNET_CODE_PAGE = (
    0x3701, 0x3704, 0x3707, 0x370E, 0x3FFD, 0x3FDE,
)  # fmt: skip
_MACHINE = (0x001A, 0x0064, 0x0065, 0x0C1E, 0x0075, 0x0077, 0x3002, 0x0E28, 0x0E29, 0x1035, 0x1039, 0x1042)
"""Texts for programs only: message class, types of addresses, numbers of messages."""


def decoded(raw: bytes, kind: int, charset: str) -> str:
    """Return the text of a property of the type `kind`."""
    return raw.decode("utf-16-le" if kind == TEXT_16 else charset, "replace").rstrip("\0")


def found(number: int, kind: int, raw: bytes, charset: str, budget: Budget) -> Iterator[Found]:
    """Yield what the property `number` of a message says: its text, or the body that it holds in another format."""
    if number == HTML:
        yield File("body.html", raw, "text/html")
    elif number == RTF and kind == BINARY:
        body, whole = compressed_rtf.unpack(raw, budget)
        if not whole:
            yield Unread("corrupt", "body.rtf")
        yield File("body.rtf", body, "text/rtf")
    elif kind in (TEXT_8, TEXT_16) and number not in _MACHINE:
        yield decoded(raw, kind, charset)


def charset_of(code_page: int) -> str:
    """Return the charset of the 8-bit texts in a message of this code page, 0 when it does not say."""
    return strings.code_page(code_page) if code_page else "cp1252"
