"""Dates as people write them, as eight digits: year, month, day."""

import re
from collections.abc import Iterator

import re2

_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_NAMED = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
)
_DATE = re2.compile(
    r"(?i)\b(?:"
    r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})"
    r"|(\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\. ?\d{1,2}\. ?| \d{1,2} )(?:\d{4}|\d{2}))"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)?[-. ]{{1,2}}(?:of )?({_NAMED})[-., ]{{1,2}}(\d{{4}}|\d{{2}})"
    rf"|({_NAMED}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})"
    r")\b"
)
_NUMBERS = re.compile(rb"\d+")
MOST = 10_000
"""Dates of one text that are read."""


def dates(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield `(start, end, digits)` for each date in a text; where day and month may be either, both readings."""
    place = 0
    for _ in range(MOST):
        match = _DATE.search(text, place)
        if match is None:
            return
        readings = dict.fromkeys(_readings(match.groups()))
        for digits in readings:
            yield match.start(), match.end(), digits
        # Of "77 02/13/1961", what begins with 77 is no date, what follows is.
        place = match.end() if readings else match.start() + 1


def digits_of(value: bytes, *, day_first: bool) -> bytes | None:
    """Return the date that is all of `value`, `None` when it is no date."""
    match = _DATE.fullmatch(value.strip())
    if match is None:
        return None
    found = list(_readings(match.groups()))
    return found[-1 if day_first else 0] if found else None


def day_comes_first(values: list[bytes]) -> bool:
    """Tell whether these dates have the day before the month: one of them has a first number beyond twelve."""
    matches = (_DATE.fullmatch(value.strip()) for value in values)
    return any(match is not None and match[4] is not None and _three(match[4])[0] > 12 for match in matches)


def _readings(groups: tuple[bytes | None, ...]) -> Iterator[bytes]:
    year, month, day, numbers, day_named, name, year_named, name_first, day_second, year_last = groups
    if year and month and day:
        yield from _digits(int(year), int(month), int(day))
    elif numbers:
        one, two, short = _three(numbers)
        yield from _digits(short, one, two)
        yield from _digits(short, two, one)
    elif day_named and name and year_named:
        yield from _digits(_whole(year_named), _month(name), int(day_named))
    elif name_first and day_second and year_last:
        yield from _digits(int(year_last), _month(name_first), int(day_second))


def _three(numbers: bytes) -> tuple[int, int, int]:
    one, two, year = _NUMBERS.findall(numbers)
    return int(one), int(two), _whole(year)


def _digits(year: int, month: int, day: int) -> Iterator[bytes]:
    if 1 <= month <= 12 and 1 <= day <= 31:
        yield b"%04d%02d%02d" % (year, month, day)


def _whole(year: bytes) -> int:
    """Return a year of two digits as one of the hundred that end with 2029."""
    number = int(year)
    return number if len(year) == 4 else number + (2000 if number < 30 else 1900)


def _month(name: bytes) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
