"""Read the rows of a CSV file into columns as they are registered: normalised, dates and names told apart."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import re2

from sealgate_milter import text
from sealgate_milter.registered import dates
from sealgate_milter.registered.exact import Column

SAMPLE = 1000
"""Values by which it is told what a column holds."""
MOST = 0.95
_NOTHING = frozenset(b"n/a na none null nil unknown unbekannt inconnu -- - ?".split())
"""What stands in cells that say nothing."""
LOOKED_AT = 100
"""Lines by which it is told what stands between columns."""
_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a |"}
_MAGIC = (b"%PDF", b"PK\x03\x04", b"{\\rtf")
_CONTROLS = re2.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""What no text has."""
_NAME = re2.compile(r"(?i)[\pL'’.-]+,?(?: [\pL'’.-]+){1,3}")


class BadTable(Exception):
    """The file cannot be used; `str()` says why, and what to do."""


def read(path: Path, wanted: Sequence[str]) -> list[Column]:
    """Return the columns of these names (all when none is named) of the CSV file at `path`.

    Raises `BadTable` and `OSError`.
    """
    source = _text(path.read_bytes())
    lines = source.splitlines(keepends=True)
    delimiter = _delimiter(lines)
    rows = _rows(lines, delimiter)
    header = [name.strip() for name in next(rows, [])]
    names = list(dict.fromkeys(wanted)) or header
    missing = [name for name in names if header.count(name) != 1]
    if missing:
        there = ", ".join(map(repr, header)) or "none"
        raise BadTable(
            f"has no column {', '.join(map(repr, missing))}, or more than one; with {_SEPARATORS[delimiter]} between "
            f"columns, as it looks, there are {there}"
        )
    places = [header.index(name) for name in names]
    cells: list[list[bytes]] = [[] for _ in names]
    for row in rows:
        for column, place in zip(cells, places, strict=True):
            column.append(_plain(row[place]) if place < len(row) else b"")
    if not cells[0]:
        raise BadTable("has no rows below the line of column names")
    return [_column(name, values) for name, values in zip(names, cells, strict=True)]


def _text(octets: bytes) -> str:
    """Return the file as text; raise `BadTable` for one that is none."""
    if octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return octets.decode("utf-16", "replace")
    if octets.startswith(_MAGIC) or _CONTROLS.search(octets):
        raise BadTable("is no text, so no CSV file; export the table as CSV")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _delimiter(lines: Sequence[str]) -> str:
    """Return what stands between columns: what cuts most of the first lines into as many cells as the header has."""

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(lines[:LOOKED_AT], delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        return (widths.count(widths[0]), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(_SEPARATORS, key=fit)


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error as error:
        raise BadTable(f"is no CSV file: {error}") from error


def _plain(cell: str) -> bytes:
    value = text.normalise(" ".join(cell.split())).encode("utf-8", "replace")
    return b"" if value.lower() in _NOTHING else value


def _column(name: str, values: Sequence[bytes]) -> Column:
    sample = [value for value in values if value][:SAMPLE]
    if sample and sum(dates.digits_of(value, day_first=True) is not None for value in sample) >= MOST * len(sample):
        day_first = dates.day_comes_first(sample)
        return Column(name, "date", ([dates.digits_of(value, day_first=day_first) or value for value in values],))
    if sample and sum(_NAME.fullmatch(value) is not None for value in sample) * 2 >= len(sample):
        turned, short = zip(*map(_otherwise, values), strict=True)
        return Column(name, "name", (values, turned, short))
    return Column(name, "text", (values,))


def _otherwise(name: bytes) -> tuple[bytes, bytes]:
    """Return two more ways to write a name, where there are: the other way round, and without its middle."""
    last, comma, first = (part.strip() for part in name.partition(b","))
    if not comma:
        first, _, last = name.rpartition(b" ")
    turned = first + b" " + last if comma else last + b" " + first
    middle = len(first.split()) > 1
    return turned if first else b"", first.split()[0] + b" " + last if middle else b""
