"""OpenDocument (ODF 1.3): texts, sheets and slides of LibreOffice; every XML part, every file in the package."""

import html
import re
from collections.abc import Iterator

from sealgate_milter.extract import cell_format, markup, zipped
from sealgate_milter.extract.found import Budget, File, Found, Passage, Unread
from sealgate_milter.extract.open_xml import is_xml, other

_DEVICE = re.compile(r"^(?:ObjectReplacements|Thumbnails|Configurations2)/|(?:^|/)layout-cache\Z|^mimetype\Z")
_MANIFEST = "META-INF/manifest.xml"
_LOCKED = re.compile(rb"encryption-data|encrypted-package")
_SETTINGS = "settings.xml"
"""Widths, printers and the like, nothing that anybody wrote."""
_EMPTY_CELL = re.compile(rb"<(?:\w+:)?table-cell\s([^<>]*+)(?<=/)>")
_VALUE = re.compile(rb"(?:office:value|date-value)\s*=\s*[\"']([^\"'<>]+)")

_LONG_VALUE = re.compile(
    rb"(office:value\s{0,9}=\s{0,9}[\"']([\d.E+]{7,40})[\"'][^<>]{0,2000}>)(?!<text:p>\2</text:p>)(?:<text:p>([^<>]*)</text:p>)?"
)


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the texts of all XML parts and all other files; the manifest tells what is encrypted."""
    yield zipped.comments(body)
    parts = list(zipped.parts(body, budget))
    if any(isinstance(part, File) and part.name == _MANIFEST and _LOCKED.search(part.body) for part in parts):
        yield Unread("encrypted")
        return
    for part in parts:
        if isinstance(part, Unread):
            yield part
        elif not is_xml(part.body):
            yield from other(part, budget, _DEVICE)
        elif not part.name.endswith(_SETTINGS):
            yield from _texts(part.name, part.body)


def _texts(name: str, xml: bytes) -> Iterator[Found]:
    for text in markup.texts(_LONG_VALUE.sub(_spelled_out, xml)):
        yield Passage(name, text)
    # Cells that hold a value and show none: a program would show it, so a reader sees it.
    values = b"\n".join(value for cell in _EMPTY_CELL.findall(xml) for value in _VALUE.findall(cell))
    if values:
        yield Passage(name, html.unescape(values.decode("utf-8", "replace")))


def _spelled_out(cell: "re.Match[bytes]") -> bytes:
    """Return the start of a cell with its value among its text when it shows less of it: `1.23E+08`, or nothing."""
    start, value, text = cell.groups(b"")
    try:
        number = cell_format.plain(float(value)).encode("ascii")
    except ValueError:
        return cell[0]
    if number in text or number in re.sub(rb"\D", b"", text):
        return cell[0]
    return start + b"<text:p>" + text + b" " * bool(text) + number + b"</text:p>"
