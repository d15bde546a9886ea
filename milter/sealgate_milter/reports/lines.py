"""One log line of the milter taken apart; whatever stands before it (journal, syslog, nothing) may give the time."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

ACTIONS = ("reject", "hold", "secure", "clear", "internal", "notice")
"""From the strongest down: a message counts once, for the strongest of its recipients' verdicts.

`internal` is clear mail of which no copy leaves us, `notice` one of our own notices; older lines call both `clear`.
"""
WORDS = {
    "reject": "rejected",
    "hold": "held",
    "secure": "left securely",
    "clear": "left in clear",
    "internal": "to our own people",
    "notice": "our notices",
}
"""The same for people."""

_LINE = re.compile(r"sealgate\.milter\[\d+\]: queue_id=\S+ (.*)")
_WORDS = re.compile(r" (?=[a-z_]+=)")
_ISO = re.compile(r"\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)")
_SYSLOG = re.compile(r"\s*([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Judged:
    """One message: when (local time, `None` when the line does not say), what happened to it, and why.

    `word` is `verdict`, `requeued`, `observed` or `refused`; `action` one of `ACTIONS`, for a refused message its reply
    such as `451/4.3.0`; `cause` says why it was refused.
    """

    when: datetime | None
    word: str
    action: str
    rule: str = ""
    tests: tuple[str, ...] = ()
    unreadable: int = 0
    size: int = 0
    milliseconds: float | None = None
    cause: str = ""


def read(lines: Iterable[str], now: datetime) -> Iterator[Judged]:
    """Yield the messages that `lines` tell of, passing over all other lines. `now`: syslog's lines have no year."""
    for line in lines:
        found = _LINE.search(line)
        if found:
            judged = _judged(found[1].rstrip(), moment(line[: found.start()], now))
            if judged is not None:
                yield judged


def moment(prefix: str, now: datetime) -> datetime | None:
    """Return the local time that a log line begins with, ISO 8601 or syslog's; `None` when it has none."""
    iso = _ISO.match(prefix)
    try:
        if iso:
            when = datetime.fromisoformat(iso[1])
            return when.astimezone().replace(tzinfo=None) if when.tzinfo else when
        old = _SYSLOG.match(prefix)
        if old is None or old[1] not in _MONTHS:
            return None
        hours, minutes, seconds = map(int, old[3].split(":"))
        # Of the past twelve months: a log is never from the future, a clock may be a little ahead.
        when = datetime(now.year, _MONTHS.index(old[1]) + 1, int(old[2]), hours, minutes, min(seconds, 59))
        return when.replace(year=now.year - 1) if when > now + timedelta(days=1) else when
    except ValueError:
        return None


def _judged(text: str, when: datetime | None) -> Judged | None:
    """Return what the part of a line after the queue id says, `None` when it is none of ours."""
    if text.startswith("refused="):
        reply, _, cause = text.removeprefix("refused=").partition(" cause=")
        return Judged(when, "refused", reply.split(" ")[0], cause=cause)
    words = dict(word.partition("=")[::2] for word in _WORDS.split(text))
    word = next((name for name in ("verdict", "requeued", "observed") if name in words), "")
    if not word:
        return None
    counts = dict(pair.partition(":")[::2] for pair in words[word].split(","))
    # A message all of whose recipients had their route already was secured before.
    action = next((name for name in ACTIONS if name in counts), "secure" if "kept" in counts else "clear")
    if action == "clear" and words.get("kind") in ("internal", "notice"):
        action = words["kind"]
    return Judged(
        when,
        word,
        action,
        rule=_given(words, "rule"),
        tests=tuple(test for test in _given(words, "tests").split(",") if test),
        unreadable=_number(words, "unreadable"),
        size=_number(words, "size"),
        milliseconds=_float(words, "ms"),
    )


def _given(words: dict[str, str], name: str) -> str:
    value = words.get(name, "-")
    return "" if value == "-" else value


def _number(words: dict[str, str], name: str) -> int:
    value = words.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0


def _float(words: dict[str, str], name: str) -> float | None:
    try:
        return float(words[name])
    except (KeyError, ValueError):
        return None
