"""Log lines summed up: by action, rule, test and time."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sealgate_milter.reports.lines import ACTIONS, Judged

_STEPS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
MAX_COLUMNS = 60
"""Columns that a trend has at most, which decides how long one of them is."""


@dataclass(frozen=True)
class Column:
    """One stretch of time of the trend: when it begins and how many messages ended how."""

    start: datetime
    actions: Counter[str]


@dataclass
class Tally:
    """The sums over many messages; `actions` counts messages by their strongest verdict."""

    messages: int = 0
    seen: int = 0
    """Lines of ours, whenever they were written."""
    observed: int = 0
    requeued: int = 0
    unreadable: int = 0
    octets: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    milliseconds: "array[float]" = field(default_factory=lambda: array("d"))
    first: datetime | None = None
    last: datetime | None = None
    hours: dict[datetime, Counter[str]] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Count one message."""
        if judged.when is not None:
            self.first = min(self.first or judged.when, judged.when)
            self.last = max(self.last or judged.when, judged.when)
        if judged.word == "refused":
            self.refused[judged.action, judged.cause] += 1
            return
        self.messages += 1
        self.observed += judged.word == "observed"
        self.requeued += judged.word == "requeued"
        self.unreadable += judged.unreadable > 0
        self.octets += judged.size
        self.actions[judged.action] += 1
        if judged.rule:
            self.rules[judged.rule, judged.action] += 1
        self.tests.update(judged.tests)
        if judged.milliseconds is not None:
            self.milliseconds.append(judged.milliseconds)
        if judged.when is not None:
            hour = judged.when.replace(minute=0, second=0, microsecond=0)
            self.hours.setdefault(hour, Counter())[judged.action] += 1

    def percentile(self, share: float) -> float | None:
        """Return the milliseconds within which this share of the messages was judged; `None` when no line says."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, math.floor(len(ordered) * share))] if ordered else None

    def trend(self) -> list[Column]:
        """Return the messages over time by hours, days or weeks, whichever fits, those without any included."""
        if not self.hours:
            return []
        first, last = min(self.hours), max(self.hours)
        step = next((step for step in _STEPS if (last - first) / step < MAX_COLUMNS), _STEPS[-1])
        if step > _STEPS[0]:
            first = first.replace(hour=0)
        columns = [Column(first + step * n, Counter()) for n in range(int((last - first) / step) + 1)]
        for hour, actions in self.hours.items():
            columns[int((hour - first) / step)].actions.update(actions)
        return columns[-10 * MAX_COLUMNS :]


def tally(messages: Iterable[Judged], since: datetime | None = None) -> Tally:
    """Return the sums over `messages`, those before `since` left out."""
    sums = Tally()
    for judged in messages:
        sums.seen += 1
        if since is None or judged.when is None or judged.when >= since:
            sums.add(judged)
    return sums


def strongest_first(actions: Counter[str]) -> list[tuple[str, int]]:
    """Return the actions that occur and their counts, the strongest first."""
    return [(name, actions[name]) for name in ACTIONS if actions[name]]
