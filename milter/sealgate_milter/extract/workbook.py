"""The sheets of an .xlsx workbook: a row a line, cells between tabs in their columns, numbers and dates as shown."""

import html
import re
from collections.abc import Iterable, Iterator

from sealgate_milter.extract import cell_format, lost_zeros, markup
from sealgate_milter.extract.found import Passage

_CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?>'
    r"(?:<f(?:>| [^<>]*>)(?:[^<]*</f>)?)?<v>([^<]*)</v></c>|<(row)\b"
)
"""A cell as nearly every program writes it; sheets with others are read tag by tag."""
_ANY_CELL = re.compile(r"<(?:\w+:)?c(?:\s([^<>]*))?>|<(?:\w+:)?(?:v|t)(?:\s[^<>]*)?>([^<]*)|<(?:\w+:)?(row)\b")
_VALUE_END = re.compile(r"</(?:\w+:)?v>")
_REFERENCE = re.compile(r"\br=[\"']([A-Za-z]{1,3})\d")
_STYLE = re.compile(r"\bs=[\"'](\d+)")
_TYPE = re.compile(r"\bt=[\"'](\w+)")
_RUN = re.compile(r"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)")
_ITEM = re.compile(r"<(?:\w+:)?si(?:\s[^<>]*)?>")
_PLAIN_ITEM = re.compile(r"<si><t(?: [^<>]*)?>([^<]*)</t></si>")
_FORMULA_TEXT = re.compile(r"<(?:\w+:)?f(?:\s[^<>]*)?>([^<]*(?:\"|&quot;)[^<]*)")
_CELLS = re.compile(rb"<((?:\w+:)?sheetData)(?=[\s/>])[^<>]*>?")
_FORMAT = re.compile(r"<(?:\w+:)?numFmt\s([^<>]*)>")
_FORMAT_ID = re.compile(r"\bnumFmtId=[\"'](\d+)")
_FORMAT_CODE = re.compile(r"\bformatCode=(?:\"([^\"]*)\"|'([^']*)')")
_COMMON = {"0": ".0f", "0.0": ".1f", "0.00": ".2f", "#,##0": ",.0f", "#,##0.0": ",.1f", "#,##0.00": ",.2f"}
"""Python's names for the commonest formats."""
_REMEMBERED = 20_000
"""Formatted numbers that are kept: columns repeat themselves."""
_WIDEST = 100
"""Empty cells in a row that are shown as tabs."""


Cell = tuple[str, str, str, str, str]
"""Column, number of the style, type, value; or four empty ones and a word where a row begins."""


class Workbook:
    """Takes the parts that sheets share, then reads sheets."""

    def __init__(self) -> None:
        self.from_1904 = False
        self.texts: list[str] = []
        self._codes: list[str] = []
        self._shown: dict[tuple[str, str], str] = {}

    def share_texts(self, part: bytes) -> str:
        """Take the table of shared strings and return them all; phonetic hints of a string stand behind it."""
        source = part.decode("utf-8", "replace")
        texts = _PLAIN_ITEM.findall(source)
        items = _ITEM.split(source)
        if len(texts) != len(items) - 1:
            texts = [_joined(item) for item in items[1:]]
        self.texts = [html.unescape(text) for text in texts] if "&" in source else texts
        return "\n".join(self.texts)

    def share_styles(self, part: bytes) -> None:
        """Take the number format of every cell style."""
        source = part.decode("utf-8", "replace")
        codes: dict[int, str] = {}
        for attributes in _FORMAT.findall(source):
            number, code = _FORMAT_ID.search(attributes), _FORMAT_CODE.search(attributes)
            if number and code:
                codes[int(number[1])] = html.unescape(code[1] or code[2] or "")
        styles = source.partition("cellXfs")[2].partition("cellXfs")[0]
        self.set_formats(codes, map(int, _FORMAT_ID.findall(styles)))

    def set_formats(self, codes: dict[int, str], styles: Iterable[int]) -> None:
        """Take the format codes that the workbook defines, and the number of the format of each style."""
        known = cell_format.BUILT_IN | codes
        self._codes = [known.get(number, "") for number in styles]

    def sheet(self, name: str, part: bytes) -> Iterator[Passage]:
        """Yield what stands in the cells of a sheet, in its formulas, and everywhere else in it."""
        source = part.decode("utf-8", "replace")
        cells = _CELL.findall(source)
        filled = len(_VALUE_END.findall(source))
        if filled != sum(1 for cell in cells if not cell[4]) or "<is>" in source:
            cells = list(_by_tags(source))
        yield Passage(name, self.rows(cells))
        literals = "\n".join(dict.fromkeys(_FORMULA_TEXT.findall(source)))
        if literals:
            yield Passage(name, html.unescape(literals))
        for text in markup.texts(_around_cells(part)):
            yield Passage(name, text)

    def rows(self, cells: list[Cell]) -> str:
        """Return the cells as text, a row a line."""
        out: list[str] = []
        before = 0
        column_of: dict[str, int] = {}
        for letters, style, kind, value, row in cells:
            if row:
                out.append("\n")
                before = 0
                continue
            column = column_of.get(letters)
            if column is None:
                column = column_of[letters] = _column(letters)
            gap = column - before - (not before)
            out.append("\t" if gap == 1 else "\t" * min(max(gap, 0), _WIDEST))
            before = column
            if kind == "s":
                out.append(self._shared(value))
            elif kind in ("", "n"):
                out.append(self._number(value, style))
            else:
                out.append(html.unescape(value))
        return lost_zeros.restored("".join(out))

    def _shared(self, value: str) -> str:
        try:
            return self.texts[int(value)]
        except (ValueError, IndexError):
            return value

    def _number(self, value: str, style: str) -> str:
        code = ""
        if style:
            number = int(style)
            code = self._codes[number] if number < len(self._codes) else ""
        if code in ("", "General", "@") and "E" not in value and len(value) < 15:
            return value
        shown = self._shown.get((value, style))
        if shown is None:
            shown = self._formatted(value, code)
            if len(self._shown) < _REMEMBERED:
                self._shown[value, style] = shown
        return shown

    def _formatted(self, value: str, code: str) -> str:
        try:
            figure = float(value)
        except ValueError:
            return html.unescape(value)
        if code in ("", "General", "@"):
            return cell_format.plain(figure)
        places = _COMMON.get(code)
        # With no more digits than are shown nothing is rounded, and Python's own way is several times faster.
        if places is not None and "E" not in value and len(value.partition(".")[2]) <= int(places[-2]):
            return format(figure, places)
        return cell_format.shown(figure, code, from_1904=self.from_1904)


def _around_cells(part: bytes) -> bytes:
    """Return a sheet without its cells, of which it may have none: headers, lists to choose from, formats."""
    start = _CELLS.search(part)
    if start is None:
        return part
    end = part.rfind(b"</" + start[1])
    return part[: start.start()] + part[max(end, start.end()) :]


def _joined(item: str) -> str:
    """Return the text of a shared string in several runs, its phonetic hints behind it."""
    return " ".join("".join(_RUN.findall(piece)) for piece in item.split("rPh")[::2]) if "rPh" in item else "".join(
        _RUN.findall(item)
    )


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _by_tags(source: str) -> Iterator[Cell]:
    """Yield cells as `_CELL` does, from tags in any form; text in several runs is one cell's."""
    letters, style, kind, held = "", "", "", ""
    number = 0
    for attributes, text, row in _ANY_CELL.findall(source):
        if text:
            held += text
            continue
        if held:
            yield letters, style, kind, held, ""
            held = ""
        if row:
            number = 0
            yield "", "", "", "", row
            continue
        number += 1
        reference, styled, typed = (p.search(attributes) for p in (_REFERENCE, _STYLE, _TYPE))
        letters = reference[1].upper() if reference else ""
        style, kind = styled[1] if styled else "", typed[1] if typed else ""
    if held:
        yield letters, style, kind, held, ""
