"""Excel 5 to 2003: cells as their reader sees them, on hidden sheets too, comments, headers, links, names.

A stream of records of type, length and content ([MS-XLS] 2.4). Those before the first sheet hold what sheets share:
texts, formats, names of sheets.
"""

from collections.abc import Iterator

from sealgate_milter.extract import strings
from sealgate_milter.extract.biff import records
from sealgate_milter.extract.compound import Compound, Entry
from sealgate_milter.extract.found import Budget, Found, Passage, Unread
from sealgate_milter.extract.sheet import Book, Sheet

_BEGIN, _END = (0x0809, 0x0409, 0x0209, 0x0009), 0x000A
_SEALED = 0x002F


def stream(container: Compound, entry: Entry, _budget: Budget) -> Iterator[Found]:
    """Yield the texts of the workbook in the stream `entry`."""
    raw = container.read(entry)
    book = Book()
    sheet: Sheet | None = None
    depth = 0
    end = 0
    for record in records(raw):
        end = record.end
        if record.type == _SEALED:
            yield Unread("encrypted", entry.folder)
            return
        if record.type in _BEGIN:
            depth += 1
            # A chart within a sheet begins and ends inside of it and says its texts there.
            if depth == 1:
                sheet = book.begin(record)
        elif record.type == _END:
            depth -= 1
            if depth <= 0 and sheet is not None:
                yield from _said(sheet)
                depth, sheet = 0, None
        elif sheet is not None:
            sheet.read(record)
    if sheet is not None or not end:
        yield Unread("corrupt", entry.folder)
        yield from _said(sheet) if sheet is not None else strings.runs(raw)


def _said(sheet: Sheet) -> Iterator[Found]:
    text = sheet.text()
    if text:
        yield Passage(sheet.place, text)
