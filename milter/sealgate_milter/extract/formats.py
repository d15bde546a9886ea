"""Which modules read a file, by its content: names and types are only what somebody says.

A file can be two things at once, such as a picture with an archive behind it; then every module reads it.
"""

import importlib
import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol, cast

import re2

from sealgate_milter.extract import zipped
from sealgate_milter.extract.found import Budget, Found

ARCHIVES = frozenset({"zipped", "packed", "tarred", "other_archives"})
"""Modules that read archives: these count for the depth of archives within archives."""
LAST_RESORT = "strings"
"""The module that reads what no other one knows."""

_MAGIC = (
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (rb"\x78\x9f\x3e\x22", "tnef"),
    (rb"\x30(?s:\x80|.|\x81.|\x82..|\x83...|\x84....)\x06[\x09\x0b]\x2a\x86\x48\x86\xf7\x0d\x01[\x07\x09]", "smime"),
    (rb"\s{0,100}%PDF-", "pdf"),
    (rb"(?:\xef\xbb\xbf)?\s{0,100}\{\\rt", "rtf"),
    (rb"\x1f\x8b\x08|BZh[1-9](?:1AY&SY|\x17rE8P)|\xfd7zXZ\0|\x5d\0\0", "packed"),
    (rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|MSCF\0\0\0\0|xar!\0|(?s:..)-l[hz][0-9ds]-", "other_archives"),
    (rb"\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|\x1f\x9d|LZIP", "other_archives"),
    (rb"07070[127][0-7a-fA-F]{70}|\xc7\x71|\xed\xab\xee\xdb|!<arch>\n", "other_archives"),
)
_PLACED = ((257, b"ustar", "tarred"), (32769, b"CD001", "other_archives"))
_STARTS = tuple((re.compile(pattern), module) for pattern, module in _MAGIC)

PASTED = (b"JVBERi", b"UEsDB", b"0M8R4KGx", b"H4sI", b"N3q8r", b"UmFyIR", b"e1xyd", b"QlpoO", b"eJ8+Ig", b"/Td6WFo")
"""What the base64 of a document or an archive begins with."""
_MAIL = re.compile(
    rb"(?i)\A\s{0,9}(?:From [^\n]*\n[!-9;-~]+:|"
    rb"(?:[!-9;-~]{1,70}:(?>[^\n]*\n(?:[ \t][^\n]*\n)*))*?content-t[a-z-]{1,40}:)"
)
_TELLING = ("[Content_Types].xml", "META-INF/manifest.xml", "content.xml")
"""Members that every Office file has, and every OpenDocument."""
_NAMES = 5_000
"""Names in a ZIP that are looked at to tell what it is."""
_TEXTUAL = (
    (b"BEGIN:V", re.compile(rb"(?m)^BEGIN:V(?:CALENDAR|CARD|EVENT|TODO|NOTE|JOURNAL)"), "calendar"),
    (b"begin", re.compile(rb"(?m)^(?:begin(?:-base64)? [0-7]{3,4} |=ybegin )"), "uuencode"),
    *((word, re.compile(rb"(?m)^(?:> ?)*" + re.escape(word) + rb"[A-Za-z0-9+/]{20}"), "uuencode") for word in PASTED),
    (b"ontent-", _MAIL, "mail"),
)
"""Texts that say more when they are undone; they are read as they are all the same."""
_INLINED = re2.compile(
    b"|".join([rb"(?i:data(?::|&#|&colon)\s*(?:image/svg|[a-hj-z][\w.+-]*/|[0-9;,]))", *map(re.escape, PASTED)])
)
"""`data:` addresses, those of pictures apart, and the base64 of documents anywhere."""
_WORDS = re2.compile(b"|".join([*(re.escape(word) for word, _, _ in _TEXTUAL), rb"(?i:data(?::|&#|&colon))"]))
"""One pass over a text tells that it is none of them: nearly all are."""
_FLAT_XML = re.compile(rb"\A\W{0,8}<(?:\?xml\s|office:document|w:wordDocument|Workbook)")


class Reader(Protocol):
    """A format module."""

    def extract(self, body: bytes, budget: Budget) -> Iterator[Found]:
        """Yield what is in `body`."""


def binary(body: bytes) -> tuple[str, ...]:
    """Return the modules that read this document or archive, `()` when it is none that is known."""
    found = [module for pattern, module in _STARTS if pattern.match(body)]
    found += [module for place, magic, module in _PLACED if body.startswith(magic, place)]
    # Readers look for the head of a PDF in the first kilobyte; a text that speaks of one has no end of it.
    if b"%PDF-" in body[:1024] and b"startxref" in body[-2048:]:
        found.append("pdf")
    # Newer Word puts a ZIP among the streams of its old format; one that ends the file is a file of its own.
    if zipped.is_zip(body) and ("ole" not in found or body[-22:].startswith(b"PK\5\6")):
        found.append(_zip_module(body))
    elif not found and _is_old_tar(body):
        found.append("tarred")
    return tuple(dict.fromkeys(found))


def _zip_module(body: bytes) -> str:
    """Return the module for a ZIP, by the names in it; of a broken one, by names that stand anywhere."""
    try:
        names = {member.name for member in itertools.islice(zipped.members(body), _NAMES)}
    except zipped.BrokenArchive:
        names = {name for name in _TELLING if name.encode() in body}
    if _TELLING[0] in names:
        return "open_xml"
    return "open_document" if names.issuperset(_TELLING[1:]) else "zipped"


def _is_old_tar(body: bytes) -> bool:
    """Tell whether `body` starts with a tar header from before POSIX: only its checksum shows it."""
    head = body[:512]
    if len(head) < 512 or not head[0]:
        return False
    given = head[148:156].strip(b" \0")
    return given.isdigit() and int(given[:8], 8 if given.translate(None, b"89") == given else 10) == (
        sum(head[:148]) + 32 * 8 + sum(head[156:])
    )


def textual(body: bytes) -> tuple[str, ...]:
    """Return the modules that undo what is folded or encoded in this text."""
    found = dict.fromkeys(["flat_xml"] if _FLAT_XML.match(body) else [])
    if _WORDS.search(body):
        if inlined(body):
            found["inlined"] = None
        found |= dict.fromkeys(module for word, pattern, module in _TEXTUAL if word in body and pattern.search(body))
    # What stands encoded in a message is a part of it, and read as one.
    return ("mail",) if "mail" in found else tuple(found)


def inlined(body: bytes) -> bool:
    """Tell whether there may be files within the lines of this text: `data:` addresses, or documents in base64."""
    return _INLINED.search(body) is not None


@lru_cache
def reader(module: str) -> Reader:
    """Return the format module of this name."""
    return cast(Reader, importlib.import_module(f"sealgate_milter.extract.{module}"))
