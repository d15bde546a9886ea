"""Throttles: how many mails in an hour, and how long after so many wrong tries.

Delays grow and end; nothing is ever locked, because a lock is what an attacker would turn against the owner. Every
try is counted before it is judged, so that many at once gain nothing.
"""

from sealgate_delivery.store import Throttle, database, now

LONGEST = 900
"""Seconds: no delay grows beyond a quarter of an hour."""


class TooMany(Exception):
    """Too many tries or mails; `wait` is how many seconds it takes until the next one counts."""

    def __init__(self, wait: int, what: str) -> None:
        super().__init__(f"{what}: {wait} s to wait")
        self.wait = wait
        self.what = what


def spend(what: str, subject: str, limit: int, window: int) -> None:
    """Count one use of at most `limit` within `window` seconds; raise `TooMany` when they are used up."""
    with database.atomic():
        row = _row(f"{what}:{subject}", window)
        if row.count >= limit:
            raise TooMany(max(1, row.since + window - now()), what)
        row.count += 1
        row.save()


def attempt(what: str, subject: str, free: int, window: int = 86400) -> None:
    """Count one try; after `free` of them raise `TooMany` until 1, 2, 4, ... `LONGEST` seconds have passed."""
    with database.atomic():
        row = _row(f"{what}:{subject}", window)
        left = row.since + _delay(row.count, free) - now()
        if left > 0:
            raise TooMany(left, what)
        row.count += 1
        row.since = now()
        row.save()


def forgive(what: str, subject: str) -> None:
    """Forget the tries of a subject: one of them was right."""
    Throttle.delete().where(Throttle.subject == f"{what}:{subject}").execute()


def tries(what: str, subject: str) -> int:
    """Return how many tries are counted."""
    row = Throttle.get_or_none(Throttle.subject == f"{what}:{subject}")
    return int(row.count) if row else 0


def sweep() -> None:
    """Remove counters that no longer matter."""
    Throttle.delete().where(Throttle.since < now() - 2 * 86400).execute()


def _delay(count: int, free: int) -> int:
    return 0 if count < free else min(LONGEST, 1 << min(count - free, 20))


def _row(subject: str, window: int) -> Throttle:
    row, _ = Throttle.get_or_create(subject=subject, defaults={"count": 0, "since": now()})
    if row.since + window <= now():
        row.count, row.since = 0, now()
    return row
