"""Time windows: `Mon-Fri 08:00-18:00`, `Sat, Sun`, `22:00-06:00 Europe/Berlin`.

Days, times and time zone may each be left out: every day, the whole day, this host's zone. The end is no part of the
window; one that ends before it begins runs into the next day and belongs to the day on which it began.
"""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgate_milter.matching import ConditionError, strings

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = 24 * 60

_SHAPE = re.compile(
    r"\s*(?P<days>[a-z]{3}[a-z\s,-]*?)?\s*(?:(?P<start>\d{1,2}:\d\d)\s*-\s*(?P<end>\d{1,2}:\d\d))?"
    r"\s*(?P<zone>[A-Za-z_]+/[A-Za-z_/+-]+|UTC)?\s*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Window:
    """One window: `days` from 0, Monday; `start` and `end` in minutes of the day; `zone` `None` is this host's."""

    days: frozenset[int]
    start: int
    end: int
    zone: zoneinfo.ZoneInfo | None

    def holds(self, moment: datetime) -> bool:
        """Tell whether the aware `moment` lies in the window."""
        there = moment.astimezone(self.zone)
        day, minute = there.weekday(), there.hour * 60 + there.minute
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or ((day - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True)
class Hours:
    """Several windows."""

    windows: tuple[Window, ...]

    def holds(self, moment: datetime) -> bool:
        """Tell whether the aware `moment` lies in one of them."""
        return any(window.holds(moment) for window in self.windows)


def hours(value: object, folder: Path) -> Hours:
    """Return the windows in a string or list of strings; raise `ConditionError`."""
    return Hours(tuple(_window(entry) for entry in strings(value, folder)))


def _window(entry: str) -> Window:
    if len(entry) > 200:
        raise ConditionError(f'wants windows such as "Mon-Fri 08:00-18:00", not {entry[:60]!r}…')
    match = _SHAPE.match(entry.replace("–", "-"))
    if match is None or not any(match.groups()):
        raise ConditionError(_wrong(entry))
    start, end = (_minute(match[name] or text, entry) for name, text in (("start", "0:00"), ("end", "24:00")))
    if start == end:
        raise ConditionError(f"begins and ends at the same minute in {entry!r}; leave the times out for the whole day")
    return Window(_days(match["days"], entry), start, end, _zone(match["zone"]))


def _minute(text: str, entry: str) -> int:
    hour, minute = map(int, text.split(":"))
    if minute > 59 or hour * 60 + minute > _DAY:
        raise ConditionError(f"has no such time of day: {text} in {entry!r}; there are 00:00 to 24:00")
    return hour * 60 + minute


def _days(text: str | None, entry: str) -> frozenset[int]:
    days: set[int] = set()
    for piece in re.split(r"[\s,]+", re.sub(r"\s*-\s*", "-", (text or "Mon-Sun").strip().strip(","))):
        first, _, last = piece.lower().partition("-")
        begin, end = _day(first), _day(last or first)
        if begin is None or end is None:
            raise ConditionError(_no_day(piece, entry))
        days |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(days)


def _day(name: str) -> int | None:
    """Return the number of a day, from 0, Monday; its name may be cut off after three letters."""
    return next((number for number, day in enumerate(DAYS) if len(name) >= 3 and day.startswith(name)), None)


def _zone(name: str | None) -> zoneinfo.ZoneInfo | None:
    if not name:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConditionError(f'knows no time zone {name!r} on this host; write one such as "Europe/Berlin"') from error


_TIMES = re.compile(r"(\d{1,2})[:.h]?(\d\d)?h?([ap]m)?-(\d{1,2})[:.h]?(\d\d)?h?([ap]m)?", re.IGNORECASE)


def _wrong(entry: str) -> str:
    """Return which part of an entry nobody understands, and what to write instead."""
    joined = re.sub(r"(?<=\d)\s+(?=[ap]m\b)", "", re.sub(r"\s*[-–]\s*", "-", entry), flags=re.IGNORECASE)
    for piece in re.split(r"[\s,]+", joined.strip(" ,")):
        days = re.fullmatch(r"[a-z]+(-[a-z]*)?", piece, re.IGNORECASE) and piece.lower() != "utc"
        if days and any(_day(name.lower()) is None for name in piece.split("-")):
            return _no_day(piece, entry)
        if piece[:1].isdigit() and not re.fullmatch(r"\d\d?:\d\d-\d\d?:\d\d", piece):
            better = _times(piece)
            meant = f'"{better}"' if better else 'begin and end such as "08:00-18:00"'
            return f"does not understand the time {piece!r} in {entry!r}; write {meant}"
    return f'wants days, then a time, then a zone, such as "Mon-Fri 08:00-18:00 Europe/Berlin", not {entry!r}'


def _times(piece: str) -> str:
    """Return begin and end as we want them written, `""` when nobody can say."""
    times = _TIMES.fullmatch(piece)
    if times is None:
        return ""
    begin, end = (_clock(*times.groups()[at : at + 3]) for at in (0, 3))
    if begin > end and begin < "12:00" and not times[6]:
        end = _clock(times[4], times[5], "pm")  # 9-5 is a day at work, not all but a few hours of the night.
    return f"{begin}-{end}" if begin and end else ""


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    """Return a time of day as we want it written, `""` when there is none such."""
    number = int(hour) % 12 + 12 * (half.lower() == "pm") if half else int(hour)
    return f"{number:02}:{minute or '00'}" if number <= 24 and int(minute or 0) < 60 else ""


def _no_day(piece: str, entry: str) -> str:
    """Return a sentence about a day, or days from one to the other, that nobody knows."""
    names = [name.capitalize()[:3] for name in DAYS]
    meant = [next((name for name in names if part[:2].lower() == name[:2].lower()), "") for part in piece.split("-")]
    if all(meant):
        return f'knows no day {piece!r} in {entry!r}; write "{"-".join(meant)}"'
    zone = ', and a zone is written such as "Europe/Berlin"' if re.fullmatch(r"[a-z]{2,5}", piece.lower()) else ""
    return f"knows no day {piece!r} in {entry!r}; there are {', '.join(names)}{zone}"
