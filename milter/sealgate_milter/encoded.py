"""Text within a text that is written in code: percent-encoding, entities, escapes, quoted-printable, base64, Markdown.

A link carries `ssn%3D123%2D45%2D6789`, a forwarded source its `=2D` and `&#49;`, a bare base64 line anything.
"""

import binascii
import html
import quopri
import re
import urllib.parse

import pybase64
import re2

_PERCENT = re.compile(r"%[2-7][0-9A-Fa-f]")
_LAYERS = 3
"""Percent-encodings of percent-encodings that are undone."""
_NAMES = "ndash|mdash|minus|hyphen|dash|horbar|nbsp|ensp|emsp|thinsp|shy|period|sol|lowbar|zwnj|zwj"
_ENTITY = re.compile(rf"&(?:#(?:0*[0-9]{{2,7}}|[xX]0*[0-9A-Fa-f]{{2,6}})|{_NAMES});")
_ESCAPE = re.compile(r"(?:\\|%)u00([2-7][0-9A-Fa-f])|\\x([2-7][0-9A-Fa-f])")
_FIGURES = "([0-9][0-9 ./-]*)"
_STARRED = re2.compile(
    rf"(^|[^0-9A-Za-z*`~])(?:\*{{1,3}}{_FIGURES}\*{{1,3}}|`{{1,3}}{_FIGURES}`{{1,3}}|~~{_FIGURES}~~)".encode()
)
"""Numbers that Markdown makes bold or sets as code."""
_QUOTED = re.compile(r"=(?:2[DEF]|3D|20(?![0-9])|C2=A0|3[0-9]=3[0-9])")
_ASCII = "[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
"""Four characters of base64 that stand for three of ASCII."""
_WIDE = "[A-Za-z0-9+/][AQgw][AB][A-Za-z0-9+/]A[A-H][AEIMQUYcgkosw048]A"
"""Eight characters of base64 that stand for three of ASCII in UTF-16."""
_REST = "(?:[A-Za-z0-9+/_-]{48,68}\n(?:[A-Za-z0-9+/_-]{60,76}\n)*)?[A-Za-z0-9+/_-]*={0,2}"
_BLOB = re2.compile(
    rf"\b(?:(?:{_ASCII}){{3}}|(?:{_WIDE}){{2}}){_REST}|"
    rf"(?:^|[\s\"'>,;:(])([A-Za-z0-9+][A-Za-z0-9+/]{{23}}{_REST})".encode()
)
_STANDARD = bytes.maketrans(b"-_", b"+/")
_NO_TEXT = re.compile(rb"[^\t\n\r -~\x80-\xff]")


def revealed(text: str) -> str | None:
    """Return `text` with all such code undone in its place, `None` when it holds none."""
    shown = text
    for _ in range(_LAYERS):
        if "%" not in shown or not _PERCENT.search(shown):
            break
        shown = urllib.parse.unquote(shown, errors="replace")
    if "&" in shown:
        shown = _ENTITY.sub(_character, shown)
    if "\\" in shown or "%u" in shown:
        shown = _ESCAPE.sub(_escaped, shown)
    if "=" in shown and _QUOTED.search(shown):
        shown = quopri.decodestring(shown.encode("utf-8", "replace")).decode("utf-8", "replace")
    octets = shown.encode("utf-8", "replace")
    if b"*" in octets or b"`" in octets or b"~~" in octets:
        octets = _STARRED.sub(rb"\1\2\3\4", octets)
    if _BLOB.search(octets):
        octets = _decoded(octets)
    shown = octets.decode("utf-8", "replace")
    return shown if shown != text else None


def _escaped(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2], 16))


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _decoded(octets: bytes) -> bytes:
    """Return `octets` with each run of base64 replaced by the text that it stands for."""
    pieces, reached = [], 0
    for match in _BLOB.finditer(octets):
        start, end = match.span(1 if match.start(1) >= 0 else 0)
        pieces += [octets[reached:start], _text_of(octets[start:end])]
        reached = end
    return b"".join([*pieces, octets[reached:]])


def _text_of(blob: bytes) -> bytes:
    """Return the text that `blob` stands for in base64, `blob` itself when that is none."""
    plain = blob.translate(_STANDARD, b"=\n")
    try:
        decoded = pybase64.b64decode(plain + b"=" * (-len(plain) % 4))
        if decoded[1:4:2] == b"\0\0":
            decoded = decoded.decode("utf-16-le").encode()
        decoded.decode("utf-8")
    except (binascii.Error, UnicodeError):
        return blob
    return blob if _NO_TEXT.search(decoded) else decoded
