"""Cells under a heading: in a table, a cue stands once at the top and its numbers far below.

Tables are lines of cells parted by tabs, bars, semicolons, commas or wide gaps, or a single column of bare cells.
"""

import re
from collections.abc import Iterator, Sequence

import re2

from sealgate_milter import effort

_DELIMITERS = (b"\t", b"|", b";", b",")
_CELL = {
    mark: re.compile(rb'[ ]*"([^"\n]*)"[^%b\n]*|([^%b\n]*)' % (mark, mark)) for mark in map(re.escape, _DELIMITERS)
}
_WIDE = re.compile(rb"[^ \n]+(?: [^ \n]+)*")
_DIGIT = re.compile(rb"[0-9]")
_TRIMMED = b" \t\r\"'"
HEADING = 48
"""Octets a heading has at most."""
WIDTH = 4000
"""Octets a line of a table has at most."""
COLUMNS = 8
"""Headings of one line that are followed."""

Span = tuple[int, int]


def below(text: bytes, cues: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans of the cells below each cue that stands in a heading; `cues` are in order.

    A table ends at the next line that holds a cue, or where two lines running have not its cells.
    """
    lines = _lines_of(text, cues)
    for index, (start, end, held) in enumerate(lines):
        stop = lines[index + 1][0] if index + 1 < len(lines) else len(text)
        mark, heading = _heading(text, start, end, held[0])
        places = {_place(heading, cue) for cue in held[:COLUMNS]} - {-1}
        if places and end < stop:
            yield from _cells(text, end + 1, stop, mark, len(heading), sorted(places))


def among_rows(text: bytes, start: int, end: int, shape: "re2._Regexp[bytes]") -> bool:
    """Tell whether the span begins its line while the line above or below begins with a number of another shape."""
    line = text.rfind(b"\n", max(0, start - WIDTH), start) + 1
    if text[line:start].strip(b" \t>"):
        return False
    above = text[text.rfind(b"\n", max(0, line - WIDTH), max(0, line - 1)) + 1 : line]
    below = text[end : end + WIDTH].partition(b"\n")[2]
    rows = (row.lstrip(b" \t>") for row in (above, below))
    return any(row[:1].isdigit() and shape.match(row[:HEADING]) is None for row in rows)


def _lines_of(text: bytes, cues: Sequence[Span]) -> list[tuple[int, int, list[Span]]]:
    """Return the lines that hold cues: start, end, cues."""
    lines: list[tuple[int, int, list[Span]]] = []
    for cue in cues:
        effort.step()
        if lines and cue[0] < lines[-1][1]:
            lines[-1][2].append(cue)
            continue
        start = text.rfind(b"\n", max(0, cue[0] - WIDTH), cue[0]) + 1
        end = text.find(b"\n", cue[1], cue[1] + WIDTH)
        if end > 0 and (start or cue[0] < WIDTH):
            lines.append((start, end, [cue]))
    return lines


def _heading(text: bytes, start: int, end: int, cue: Span) -> tuple[bytes, list[Span]]:
    """Return how the cells of a heading line are parted, and the cells."""
    line = text[start:end]
    for mark in _DELIMITERS:
        if mark in line:
            return mark, split(text, start, end, mark)
    return b"", split(text, start, end, b"")


def split(text: bytes, start: int, end: int, mark: bytes) -> list[Span]:
    """Return the cells of the line `text[start:end]`, parted by `mark` (`b""`: by two spaces or more)."""
    if not mark:
        return [match.span() for match in _WIDE.finditer(text, start, end)]
    if b'"' not in text[start:end]:
        cells, first = [], start
        for piece in text[start:end].split(mark):
            cells.append((first, first + len(piece)))
            first += len(piece) + 1
        return cells
    cells, first, pattern = [], start, _CELL[re.escape(mark)]
    while first <= end:
        match = pattern.match(text, first, end)
        if match is None:
            break
        cells.append(match.span(1) if match[1] is not None else match.span())
        first = match.end() + 1
    return cells


def _place(heading: Sequence[Span], cue: Span) -> int:
    """Return which cell of a heading the cue is in, -1 when that cell is too long to be a heading."""
    for index, (start, end) in enumerate(heading):
        if start <= cue[0] < end:
            return index if end - start <= HEADING else -1
    return -1


def _cells(text: bytes, start: int, stop: int, mark: bytes, count: int, places: Sequence[int]) -> Iterator[Span]:
    short = 0
    while start < stop and short < 2:
        effort.step()
        end = text.find(b"\n", start, min(stop, start + WIDTH))
        end = end if end >= 0 else min(stop, start + WIDTH)
        line = text[start:end]
        if line.strip():
            if mark and b'"' not in line:
                pieces = line.split(mark)
                cells = [_span(start, pieces, place) for place in places] if len(pieces) == count else []
            else:
                parted = split(text, start, end, mark)
                cells = [parted[place] for place in places] if len(parted) == count else []
            spans = [_trimmed(text, cell) for cell in cells]
            # A heading of one cell is any short line; what follows it goes on only as long as it looks like numbers.
            fits = spans and (count > 1 or _DIGIT.search(text, *spans[0]) is not None)
            short = 0 if fits else short + 1
            yield from spans
        start = end + 1


def _span(start: int, pieces: Sequence[bytes], place: int) -> Span:
    first = start + sum(map(len, pieces[:place])) + place
    return first, first + len(pieces[place])


def _trimmed(text: bytes, cell: Span) -> Span:
    start, end = cell
    while start < end and text[start] in _TRIMMED:
        start += 1
    while start < end and text[end - 1] in _TRIMMED:
        end -= 1
    return start, end
