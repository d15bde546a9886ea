"""The parts of an .xlsb workbook: the records of [MS-XLSB] that stand where .xlsx has XML."""

import struct
from collections.abc import Callable, Iterator

from sealgate_milter.extract import strings
from sealgate_milter.extract.biff import real
from sealgate_milter.extract.found import Passage
from sealgate_milter.extract.workbook import Cell, Workbook

SHEET = b"\x81\x01"
_TEXTS, _STYLES = b"\x9f\x01", b"\x96\x02"
_STARTS = (SHEET, _TEXTS, _STYLES, b"\x83\x01", b"\xf4\x04")
"""First record of a sheet, of the shared strings, the styles, the workbook, the comments of a sheet."""
_ROW, _TEXT_ITEM, _FORMAT, _STYLE, _STYLES_START, _STYLES_END = 0, 19, 44, 47, 617, 618
_CELLS: dict[int, tuple[str, Callable[[bytes], str]]] = {
    2: ("n", lambda body: repr(real(int.from_bytes(body[8:12], "little")))),
    5: ("n", lambda body: repr(struct.unpack_from("<d", body, 8)[0])),
    6: ("str", lambda body: wide(body, 8)),
    7: ("s", lambda body: str(int.from_bytes(body[8:12], "little"))),
    8: ("str", lambda body: wide(body, 8)),
    9: ("n", lambda body: repr(struct.unpack_from("<d", body, 8)[0])),
}
"""Records of cells with something in them: the type as .xlsx names it, and the value."""


def is_part(body: bytes) -> bool:
    """Tell whether `body` is a part that is known here."""
    return body.startswith(_STARTS)


def records(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each record, until the end or where it breaks."""
    at = 0
    while at + 2 <= len(body):
        number = body[at]
        at += 1
        if number & 0x80:
            number = number & 0x7F | (body[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while at < len(body) and shift < 28:
            length |= (body[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not body[at - 1] & 0x80:
                break
        yield number, body[at : at + length]
        at += length


def wide(body: bytes, at: int) -> str:
    """Return the text at `at`, which its length precedes."""
    length = int.from_bytes(body[at : at + 4], "little")
    return body[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace")


def share(book: Workbook, body: bytes) -> None:
    """Take what sheets share from a part: texts or formats."""
    if body.startswith(_TEXTS):
        book.texts = [wide(record, 1) for number, record in records(body) if number == _TEXT_ITEM]
    elif body.startswith(_STYLES):
        _formats(book, body)


def _formats(book: Workbook, body: bytes) -> None:
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = False
    for number, record in records(body):
        if number == _FORMAT:
            codes[int.from_bytes(record[:2], "little")] = wide(record, 2)
        elif number in (_STYLES_START, _STYLES_END):
            inside = number == _STYLES_START
        elif number == _STYLE and inside:
            styles.append(int.from_bytes(record[2:4], "little"))
    book.set_formats(codes, styles)


def texts(book: Workbook, name: str, body: bytes) -> Iterator[Passage]:
    """Yield the cells of a sheet row by row, and of this and every other part the runs of text in its records."""
    others: list[str] = []
    cells: list[Cell] = []
    for number, record in records(body):
        if number == _ROW:
            cells.append(("", "", "", "", "row"))
        elif number in _CELLS and len(record) >= 12:
            kind, value = _CELLS[number]
            column = int.from_bytes(record[:4], "little")
            cells.append((_letters(column), str(int.from_bytes(record[4:7], "little")), kind, value(record).upper()
                          if kind == "n" else value(record), ""))  # fmt: skip
        elif len(record) >= 2 * strings.SHORTEST:
            others += strings.runs(record)
    if cells:
        yield Passage(name, book.rows(cells))
    if others:
        yield Passage(name, "\n".join(others))


def _letters(column: int) -> str:
    """Return the name of a column: A to XFD."""
    name = ""
    column = min(column, 16383) + 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name
