"""What most detectors share: a shape, a check, and a cue beside the number when chance hits are likely.

    _NUMBERS = Numbers(shape=groups(3, 3, 3), valid=_valid, cue=r"\btax file number|\btfn\b")
    GATE, find = _NUMBERS.gate, _NUMBERS.find

Patterns are RE2's, for normalised UTF-8; cues are read without regard to case.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import columns
from sealgate_milter.detectors.match import Match

BREAK = r"(?:\n\n?[ \t>|]{0,4})?"
"""A line break or none (two, as between paragraphs of HTML), with what quoting puts before the next line."""
MARK = rf"(?:[ \t.,/_:|()\[\]\\*~+-]{{1,3}}{BREAK}|\n\n?[ \t>|]{{0,4}})"
"""What people put between the groups of a number."""
_DIGIT = rf"[0-9]{BREAK}"
_GAP = r"[ \t./-]{0,2}\n?[ \t./-]{0,2}"
_NOT_PLAIN = bytes(octet for octet in range(256) if not (octet < 128 and chr(octet).isalnum()))
SHORTEST = 4
"""No number that a cue announces is shorter; between two cues as close as that stands none."""
LONGEST = 48
"""Octets of the longest number, as people write it."""
_CLASSES = re.compile(r"(\\.|\[(?:[^\]\\]|\\.)*\])")
RIVALS = (
    r"\b(?:tel|telephone|phone|fax|mobile|cell|call|dial|ext|extension|invoice|order|ticket|case|zip|postcode|isbn|"
    r"tracking|part|serial|sku|item|claim|reference|ref|po|purchase order|amount|total|price|usd|eur|gbp|"
    r"ssn|ein|itin|npi|dea|mrn|passport|routing|aba|account|acct|iban|policy|licen[sc]e)\b|\$|€|£"
)
"""Labels that claim the number after them, when they stand between it and a cue."""


def groups(*sizes: int) -> str:
    """Return the pattern of digits in groups of these sizes, written together or apart, with line breaks or not."""
    return parted(_GAP, *sizes)


def apart(*parts: str) -> str:
    """Return the pattern of these patterns, written together, apart or with one line break."""
    return _GAP.join(parts)


def parted(gap: str, *sizes: int) -> str:
    """Return the pattern of digits in groups of these sizes with `gap` between, a line break allowed behind any."""
    return gap.join(_DIGIT * size for size in sizes).removesuffix(BREAK)


def either(*sizes: Iterable[int]) -> str:
    """Return the pattern of digits in one of these groupings with marks between; of `(n,)` also each digit apart."""
    single = [f"[0-9](?:{MARK}[0-9]){{{sum(size) - 1}}}" for size in map(tuple, sizes) if len(size) == 1]
    return "|".join([parted(MARK, *size) for size in sizes] + single)


def loose(*sizes: int) -> str:
    """Return the pattern of digits in groups of these sizes: together, some or all of them apart, or each digit."""
    return f"{groups(*sizes)}|{either(sizes, (sum(sizes),))}"


def wrapped(pattern: str, classes: bool = True) -> str:
    """Return `pattern` with every space in it matching a line break, too, as mail wraps and quotes its lines.

    So do, with `classes`, bracketed classes that begin with a space: `[ _-]`.
    """
    parts = _CLASSES.split(pattern)
    for index, part in enumerate(parts):
        if index % 2 == 0:
            parts[index] = part.replace(" ", r"(?: |\n>? ?)")
        elif classes and part.startswith("[ "):
            parts[index] = rf"[\n{part[1:]}"
    return "".join(parts)


def compact(shown: bytes) -> bytes:
    """Return the ASCII letters and digits of `shown`, in upper case."""
    return shown.translate(None, _NOT_PLAIN).upper()


def alone(text: bytes, start: int, end: int, floor: int = 0) -> bool:
    """Tell whether the span is not a piece of a longer number or word; what stands before `floor` does not count."""
    before, after = text[max(floor, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or after[:1].isalnum() or before[-1:] in (b"_", b"$", b"@", b"+"):
        return False
    if before[-1:] in (b"-", b".", b"/") and before[:1].isdigit():
        return False
    return not (after[:1] in (b"-", b".", b"/", b"_", b"@", b"%", b"=") and after[1:2].isalnum())


def short_lines(most: int) -> "re.Pattern[bytes]":
    """Return the pattern of lines of up to `most` digits, one below the other; group 1 is the last of them."""
    return re.compile(rb"([0-9]{1,%d}\n\n?[ \t>|]{0,4})+" % most)


class Numbers:
    """One kind of number: `shape` counts beside a cue, `strong` (a shape, too) anywhere.

    `valid(value)` judges the number's letters and digits (upper case, no separators). A cue counts up to `before`
    octets before the number, up to `after` octets behind it on its line, and as a heading of a table's column. Between
    cue and number no rival label may stand; where `between` is given, that alone may. Numbers that follow a number
    directly share its cue.
    """

    def __init__(
        self,
        *,
        valid: Callable[[bytes], bool],
        shape: str = "",
        cue: str = "",
        strong: str = "",
        before: int = 60,
        after: int = 24,
        rivals: str = RIVALS,
        between: str = "",
    ) -> None:
        self._valid = valid
        self._shape = re2.compile(shape.encode()) if shape else None
        cue = wrapped(cue)
        self._cue = re2.compile(f"(?i:{cue})".encode()) if cue else None
        self._strong = re2.compile(strong.encode()) if strong else None
        self._rivals = re2.compile(f"(?i:{rivals})".encode())
        self._between = re2.compile(f"(?i:{between})".encode()) if between else None
        self._before, self._after = before, after
        # Begun at every digit of a long run, patterns would multiply the states of the gate they share.
        parts = (rf"\b(?:{strong})" if strong else "", f"(?i:{cue})" if cue else "")
        self.gate = "|".join(part for part in parts if part)

    def find(self, text: bytes) -> Iterator[Match]:
        """Yield every number in `text` (normalised UTF-8), each once."""
        taken: set[int] = set()
        for match in self._everywhere(text):
            if match.start not in taken:
                taken.add(match.start)
                yield match

    def _everywhere(self, text: bytes) -> Iterator[Match]:
        if self._strong is not None:
            yield from self._checked(text, self._strong, 0, len(text))
        if self._cue is None or self._shape is None:
            return
        cues = [match.span() for match in self._cue.finditer(text)]
        borders = [(0, 0), *cues, (len(text), len(text))] if cues else []
        for index in range(len(borders) - 1):
            effort.step()
            if borders[index + 1][0] - borders[index][1] < SHORTEST:
                continue
            led, followed = index > 0, index + 2 < len(borders)
            yield from self._between_cues(text, self._shape, borders[index][1], borders[index + 1][0], led, followed)
        for start, end in columns.below(text, cues):
            effort.step()
            if end - start < SHORTEST or not self._shape.fullmatch(text, start, end):
                continue
            value = compact(text[start:end])
            if self._valid(value):
                yield Match(start, end, value)

    def _between_cues(
        self, text: bytes, shape: "re2._Regexp[bytes]", low: int, high: int, led: bool, followed: bool
    ) -> Iterator[Match]:
        """Yield the numbers that the cue before `low` announces, each after the other, or the cue from `high` on names.

        No octet is looked at more than twice, however many cues there are.
        """
        position, limit = low, low + self._before if led else -1
        while position < high and (limit >= 0 or followed):
            if limit < 0:
                position = max(position, high - self._after - LONGEST)
            stop = high if limit < 0 else min(high, limit + LONGEST)
            match = next(self._checked(text, shape, position, stop, low), None)
            if match is None and limit < 0:
                return
            if match is not None and match.start <= limit and self._announces(text, position, match.start, low):
                yield match
                position, limit = match.end, match.end + 12
                continue
            if match is not None and followed and self._names(text, match, high):
                yield match
            position, limit = match.end if match is not None and limit < 0 else position, -1

    def _announces(self, text: bytes, start: int, end: int, cue: int) -> bool:
        if start == cue and self._between is not None:
            return self._between.fullmatch(text, start, end) is not None
        return not self._rivals.search(text, start, end)

    def _names(self, text: bytes, match: Match, cue: int) -> bool:
        """Tell whether the cue stands shortly behind the number on its line, and no label before it claims it."""
        between = text[match.end : cue]
        if len(between) > self._after or b"\n" in between or re.search(rb"[0-9;]|[.,]\s", between):
            return False
        return not self._rivals.search(text, max(0, match.start - 20), match.start)

    def _checked(
        self, text: bytes, shape: "re2._Regexp[bytes]", start: int, stop: int, floor: int = 0
    ) -> Iterator[Match]:
        """Yield what has the shape, stands alone and is valid, and is not the end of something longer that is not."""
        barred = 0
        while start < stop:
            effort.step()
            found = shape.search(text, start, stop)
            if found is None:
                return
            first, last = found.span()
            value = compact(found[0])
            whole = alone(text, first, last, floor)
            if whole and last > barred and self._valid(value):
                yield Match(first, last, value)
                start = last
                continue
            barred = max(barred, last) if whole else barred
            start = first + 1
            while start < last and text[start : start + 1].isalnum():
                start += 1
