"""One sheet of an old Excel workbook, record by record, and what all sheets of a workbook share."""

import re
import struct
from collections.abc import Callable
from typing import ClassVar

from sealgate_milter.extract import cell_format, strings
from sealgate_milter.extract import records as drawings
from sealgate_milter.extract.biff import Cursor, Record, real, shared_texts

_VERSION_8 = 0x0600
_GLOBALS = 0x0005
_LITERAL = re.compile(rb"[\x20-\x7e]{5,}")
_GENERAL = ("", "General")


class Book:
    """What the sheets of a workbook share: texts, formats, names."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.formats = dict(cell_format.BUILT_IN)
        self.cell_formats: list[int] = []
        self.names: dict[int, str] = {}
        self.charset = "cp1252"
        self.new = True
        self.from_1904 = False

    def begin(self, record: Record) -> "Sheet":
        """Return the sheet that begins with `record`; the first one is the workbook's own part."""
        version, kind = struct.unpack_from("<HH", record.body) if len(record.body) >= 4 else (0, 0)
        self.new = version == _VERSION_8
        place = "workbook" if kind == _GLOBALS else f"sheet {self.names.get(record.start, '')}".strip()
        return Sheet(self, place)

    def shown(self, value: float, number: int) -> str:
        """Return `value` as a cell with the format table's entry `number` shows it."""
        index = self.cell_formats[number] if number < len(self.cell_formats) else 0
        code = self.formats.get(index, "")
        if code in _GENERAL:
            return cell_format.plain(value)
        return cell_format.shown(value, code, from_1904=self.from_1904)


class Sheet:
    """Collects what one sheet says: `read` each record, then take `text`."""

    def __init__(self, book: Book, place: str) -> None:
        self.place = place
        self._book = book
        self._row = -1
        self._cells: list[str] = []
        self._more: list[str] = []
        self._drawing: list[bytes] = []

    def text(self) -> str:
        """Return the cells row by row, tabs between them, and then everything else."""
        raw = b"".join(self._drawing)
        self._more += [text for atom in drawings.atoms(raw) for text in drawings.drawn_texts(raw, atom)]
        return "\n".join(["".join(self._cells), *self._more]).strip()

    def read(self, record: Record) -> None:
        """Take in one record; a broken one says nothing."""
        reader = self._READERS.get(record.type)
        if reader is not None:
            try:
                reader(self, record)
            except (EOFError, struct.error, IndexError):
                self._more += strings.runs(record.body)

    def _cell(self, row: int, text: str) -> None:
        if row != self._row:
            self._cells.append("\n")
            self._row = row
        elif self._cells:
            self._cells.append("\t")
        self._cells.append(text)

    def _number(self, record: Record) -> None:
        row, _, style, value = struct.unpack_from("<HHHd", record.body)
        self._cell(row, self._book.shown(value, style))

    def _packed(self, record: Record) -> None:
        row, _, style, value = struct.unpack_from("<HHHI", record.body)
        self._cell(row, self._book.shown(real(value), style))

    def _many_packed(self, record: Record) -> None:
        body = record.body
        row = struct.unpack_from("<H", body)[0]
        for at in range(4, len(body) - 7, 6):
            style, value = struct.unpack_from("<HI", body, at)
            self._cell(row, self._book.shown(real(value), style))

    def _shared(self, record: Record) -> None:
        row, _, _, index = struct.unpack_from("<HHHI", record.body)
        self._cell(row, self._book.texts[index])

    def _label(self, record: Record) -> None:
        row = struct.unpack_from("<H", record.body)[0]
        self._cell(row, self._long(record, 6))

    def _formula(self, record: Record) -> None:
        body = record.body
        row, _, style = struct.unpack_from("<HHH", body)
        # A text follows in a record of its own; so do truth and error, which say nothing.
        if body[12:14] == b"\xff\xff":
            self._cell(row, "")
        else:
            self._cell(row, self._book.shown(struct.unpack_from("<d", body, 6)[0], style))
        self._more += [text.decode("ascii") for text in _LITERAL.findall(body, 20)]

    def _result(self, record: Record) -> None:
        self._cells.append(self._long(record, 0))

    def _long(self, record: Record, at: int) -> str:
        """Return the text at offset `at` whose length takes two octets."""
        if self._book.new:
            return Cursor(record.pieces, at).text()
        body = record.body
        return body[at + 2 : at + 2 + struct.unpack_from("<H", body, at)[0]].decode(self._book.charset, "replace")

    def _short(self, record: Record, at: int) -> str:
        """Return the text at offset `at` whose length takes one octet."""
        if self._book.new:
            return Cursor(record.pieces, at).text(1)
        return record.body[at + 1 : at + 1 + record.body[at]].decode(self._book.charset, "replace")

    def _running_title(self, record: Record) -> None:
        if record.body:
            self._more.append(self._long(record, 0) if self._book.new else self._short(record, 0))

    def _note(self, record: Record) -> None:
        self._more.append(self._long(record, 8 if self._book.new else 4))

    def _text_box(self, record: Record) -> None:
        if len(record.pieces) > 1 and record.pieces[1]:
            count = struct.unpack_from("<H", record.pieces[0], 10)[0]
            self._more.append(Cursor(record.pieces[1:], 1).characters(count, record.pieces[1][0]))

    def _chart_text(self, record: Record) -> None:
        self._more.append(self._short(record, 2))

    def _drawn(self, record: Record) -> None:
        self._drawing.append(record.body)

    def _runs(self, record: Record) -> None:
        self._more += strings.runs(record.body)

    def _names(self, record: Record) -> None:
        name = self._short(record, 6)
        self._book.names[struct.unpack_from("<I", record.body)[0]] = name
        self._more.append(name)

    def _texts(self, record: Record) -> None:
        self._book.texts = shared_texts(record.pieces)

    def _format(self, record: Record) -> None:
        index = struct.unpack_from("<H", record.body)[0]
        self._book.formats[index] = self._long(record, 2) if self._book.new else self._short(record, 2)

    def _style(self, record: Record) -> None:
        self._book.cell_formats.append(struct.unpack_from("<2xH", record.body)[0])

    def _epoch(self, record: Record) -> None:
        self._book.from_1904 = record.body[:1] == b"\1"

    def _code_page(self, record: Record) -> None:
        page = struct.unpack_from("<H", record.body)[0]
        self._book.charset = strings.code_page(page)

    _READERS: ClassVar[dict[int, Callable[["Sheet", Record], None]]] = {
        0x0203: _number, 0x0003: _number, 0x027E: _packed, 0x007E: _packed, 0x00BD: _many_packed, 0x00FD: _shared,
        0x0204: _label, 0x0004: _label, 0x00D6: _label, 0x0006: _formula, 0x0206: _formula, 0x0406: _formula,
        0x0207: _result, 0x0007: _result, 0x0014: _running_title, 0x0015: _running_title, 0x001C: _note,
        0x01B6: _text_box, 0x100D: _chart_text, 0x00EC: _drawn, 0x00EB: _drawn, 0x0085: _names, 0x00FC: _texts,
        0x041E: _format, 0x001E: _format, 0x00E0: _style, 0x0022: _epoch, 0x0042: _code_page,
        # Defined names, links and their tips, validation, values of other workbooks, headers of later versions.
        **dict.fromkeys((0x0018, 0x0023, 0x005A, 0x00CD, 0x01AE, 0x01B8, 0x01BE, 0x0800, 0x089C), _runs),
    }  # fmt: skip
