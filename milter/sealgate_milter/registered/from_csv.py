"""Read the rows of a CSV file into columns as they are registered: normalised, dates and names told apart."""

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
_NAME = re2.compile(r"(?i)[\pL'’.-]+,?(?: [\pL'’.-]+){1,3}")


class BadTable(Exception):
    """The file cannot be used; `str()` says why, and what to do."""


def read(path: Path, wanted: Sequence[str]) -> list[Column]:
    """Return the columns of these names (all when none is named) of the CSV file at `path`.

    Raises `BadTable` and `OSError`.
    """
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        source = path.read_bytes().decode("cp1252", "replace")
    rows = _rows(source)
    header = [name.strip() for name in next(rows, [])]
    names = list(dict.fromkeys(wanted)) or header
    missing = [name for name in names if header.count(name) != 1]
    if missing:
        there = ", ".join(header)
        raise BadTable(f"has no column {', '.join(map(repr, missing))}, or more than one; there are {there}")
    places = [header.index(name) for name in names]
    cells: list[list[bytes]] = [[] for _ in names]
    for row in rows:
        for column, place in zip(cells, places, strict=True):
            column.append(_plain(row[place]) if place < len(row) else b"")
    if not cells[0]:
        raise BadTable("has no rows below the line of column names")
    return [_column(name, values) for name, values in zip(names, cells, strict=True)]


def _rows(source: str) -> Iterator[list[str]]:
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(source[:20_000], ",;\t|")
    except csv.Error:
        dialect = "excel"
    try:
        yield from csv.reader(source.splitlines(keepends=True), dialect)
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
