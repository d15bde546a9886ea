"""Octets of a mail to text, the way people expect it: wrong, old and unknown names of character sets included."""

import codecs
import re

_ALIASES = {
    # What is labelled Latin-1 or ASCII and is not UTF-8 is Windows text, in mail as on the web.
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252", "iso-8859-8-i": "iso-8859-8", "iso-8859-9": "cp1254", "iso-8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "hz": "hz", "big5": "big5hkscs",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic",
    "utf8": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7", "unicode": "utf-16",
}
_NOT_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
"""Codecs of Python that no mail means; some take a time that grows with the square of the length."""
_META = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(octets: bytes, charset: str = "") -> str:
    """Return `octets` as text; what no character set explains is read as UTF-8, then as Windows text."""
    for mark, marked in _MARKS:
        if octets.startswith(mark):
            return _tidy(octets.decode(marked, "replace"))
    label = charset.strip().strip("\"'").lower()
    codec = _codec(label)
    # Nothing but UTF-8 looks like UTF-8 by chance; a false Latin-1 label is common.
    for name in ("utf-8", codec) if codec in {None, "cp1252", "utf-8"} else (codec,):
        if name is not None:
            try:
                return _tidy(octets.decode(name))
            except (UnicodeError, LookupError):
                continue
    return _tidy(octets.decode(codec if codec and codec != "utf-8" else "cp1252", "replace"))


def decode_html(octets: bytes, charset: str = "") -> str:
    """Return HTML as text; where the mail names no character set the document's own `meta` counts."""
    if not charset:
        found = _META.search(octets[:2048])
        charset = found[1].decode("ascii") if found else ""
    return decode(octets, charset)


def _codec(label: str) -> str | None:
    name = _ALIASES.get(label, label)
    try:
        found = codecs.lookup(name)
        # Some codecs turn octets into octets; asking for text is how they say so.
        bytes(4).decode(found.name)
    except (LookupError, ValueError):
        return None
    return None if found.name.replace("-", "_") in _NOT_TEXT else found.name


def _tidy(text: str) -> str:
    """Return `text` with line feeds only, and without NUL and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode()
