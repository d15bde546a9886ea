"""Text within a text that is written in code: percent-encoding, entities, quoted-printable, base64.

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
_ENTITY = re.compile(r"&#(?:[0-9]{2,7}|[xX][0-9A-Fa-f]{2,6});")
_QUOTED = re.compile(r"=(?:2[DEF]|3D|20(?![0-9])|C2=A0|3[0-9]=3[0-9])")
_ASCII = "[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
"""Four characters of base64 that stand for three of ASCII."""
_BLOB = re2.compile(
    rf"\b(?:{_ASCII}){{3}}(?:[A-Za-z0-9+/_-]{{48,64}}\n(?:[A-Za-z0-9+/_-]{{60,76}}\n)*)?[A-Za-z0-9+/_-]*={{0,2}}".encode()
)
_STANDARD = bytes.maketrans(b"-_", b"+/")
_NO_TEXT = re.compile(rb"[^\t\n\r -~\x80-\xff]")


def revealed(text: str) -> str | None:
    """Return `text` with all such code undone in its place, `None` when it holds none."""
    shown = text
    if "%" in shown and _PERCENT.search(shown):
        shown = urllib.parse.unquote(shown, errors="replace")
    if "&#" in shown:
        shown = _ENTITY.sub(_character, shown)
    if "=" in shown and _QUOTED.search(shown):
        shown = quopri.decodestring(shown.encode("utf-8", "replace")).decode("utf-8", "replace")
    octets = shown.encode("utf-8", "replace")
    if _BLOB.search(octets):
        shown = _decoded(octets).decode("utf-8", "replace")
    return shown if shown != text else None


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _decoded(octets: bytes) -> bytes:
    """Return `octets` with each run of base64 replaced by the text that it stands for."""
    pieces, reached = [], 0
    for match in _BLOB.finditer(octets):
        pieces += [octets[reached : match.start()], _text_of(match[0])]
        reached = match.end()
    return b"".join([*pieces, octets[reached:]])


def _text_of(blob: bytes) -> bytes:
    """Return the text that `blob` stands for in base64, `blob` itself when that is none."""
    plain = blob.translate(_STANDARD, b"=\n")
    try:
        decoded = pybase64.b64decode(plain + b"=" * (-len(plain) % 4))
        decoded.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return blob
    return blob if _NO_TEXT.search(decoded) else decoded
