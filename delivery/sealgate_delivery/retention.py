"""What time does to copies: expiry, the end of grace, and the sweep of what nothing wants any more."""

from pathlib import Path

from sealgate_delivery import blobs as blob_store
from sealgate_delivery import states
from sealgate_delivery.store import Body, Copy, Outbox, database

GRACE = 30 * 86400
"""Seconds for which an expired copy can still be extended."""


def expire_due(now: int) -> int:
    """Expire every copy whose time is up; return how many."""
    with database.atomic():
        due = list(Copy.select().where(Copy.state.in_(states.LIVE), Copy.expires <= now))
        for copy in due:
            states.expire(copy)
    return len(due)


def purge_due(now: int, blobs: Path) -> int:
    """End the grace of expired copies and take bodies that nobody can open; return how many copies went."""
    with database.atomic():
        due = list(Copy.select().where(
            Copy.state == "expired", Copy.ended_at <= now - GRACE, Copy.expires <= now))
        for copy in due:
            states.move(copy, "gone")
    states.purge_bodies(blobs)
    return len(due)


def sweep(blobs: Path, age: int = 3600) -> int:
    """Remove blobs older than `age` seconds that no body and no outbox row wants (left by a kill); return how many."""
    wanted = {row_id for (row_id,) in Body.select(Body.id).where(~Body.purged).tuples()}
    wanted |= {name for (name,) in Outbox.select(Outbox.blob).where(Outbox.blob != "").tuples()}
    return blob_store.sweep(blobs, wanted, age)
