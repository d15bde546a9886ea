"""Word, Excel and PowerPoint since 2007, and their kin: every XML part of the package, every file in it.

ECMA-376. Headers, comments, notes, hidden sheets, deletions and properties are parts like any other.
"""

import html
import re
from collections.abc import Iterator

from sealgate_milter.extract import attributes, binary_workbook, formats, markup, strings, zipped
from sealgate_milter.extract.found import Budget, File, Found, Passage, Unread
from sealgate_milter.extract.workbook import Workbook

_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,100}<[?!\w]|\xff\xfe<\0|\xfe\xff\0<|<\0[?\w]\0|\0<\0[?\w]")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<]*")
_TARGET = re.compile(rb"\bTarget\s*=\s*[\"']([^\"'<]*)")
_SHARED_TEXTS = re.compile(rb"<(?:\w+:)?sst[\s>]")
_DEVICE = re.compile(r"printersettings\d*\.bin\Z", re.IGNORECASE)
"""Parts that programs write about printers; their readable runs are enough."""


def is_xml(body: bytes) -> bool:
    """Tell whether `body` starts as XML does."""
    return _XML.match(body) is not None


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the texts of all XML parts, sheets last because they need the others, and all other files in it."""
    yield zipped.comments(body)
    book = Workbook()
    sheets: list[File] = []
    records: list[File] = []
    for part in zipped.parts(body, budget):
        if isinstance(part, Unread):
            yield part
        elif binary_workbook.is_part(part.body):
            binary_workbook.share(book, part.body)
            records.append(part)
        elif not is_xml(part.body):
            yield from other(part, budget, _DEVICE)
        elif part.name.endswith(".rels"):
            outside = [relation for relation in _RELATION.findall(part.body) if b"External" in relation]
            targets = [target for relation in outside for target in _TARGET.findall(relation)]
            yield Passage(part.name, html.unescape(b"\n".join(targets).decode("utf-8", "replace")))
        elif b"sheetData" in part.body:
            sheets.append(part)
        elif _SHARED_TEXTS.search(part.body[:2000]):
            yield Passage(part.name, book.share_texts(part.body))
        elif part.name != "[Content_Types].xml":
            _share(book, part)
            for text in markup.texts(part.body):
                yield Passage(part.name, text)
            if part.name.startswith("customXml/"):
                yield Passage(part.name, attributes.labelled(part.body))
    for sheet in sheets:
        yield from book.sheet(sheet.name, sheet.body)
    for part in records:
        yield from binary_workbook.texts(book, part.name, part.body)


def other(part: File, budget: Budget, devices: re.Pattern[str]) -> Iterator[Found]:
    """Yield a part that is no XML: a file to look into, or the runs in what a program left for itself."""
    if devices.search(part.name) and not formats.binary(part.body):
        for text in strings.runs(part.body):
            yield Passage(part.name, text)
    elif part.body:
        budget.member()
        yield part


def _share(book: Workbook, part: File) -> None:
    start = part.body[:2000]
    if b"styleSheet" in start:
        book.share_styles(part.body)
    elif b"date1904=" in start:
        book.from_1904 = re.search(rb"date1904=[\"'](?:1|true)", start) is not None
