"""A copy's states and who may lead where (`sealing.md` 4). Every change of `Copy.state` goes through `move`.

Events come late and twice: a mail server takes a notice after the sender recalled, a bounce follows a reading. What
an event cannot change any more is passed over; what a caller asks for and may not have raises `StateError`.
"""

from collections.abc import Iterable
from pathlib import Path

from sealgate_delivery import audit, crash
from sealgate_delivery import blobs as blob_store
from sealgate_delivery.store import Body, Copy, Message, NoticeCopy, Outbox, Wrap, database, now

LIVE = frozenset({"accepted", "noticed", "undeliverable", "opened"})
"""States in which a copy can be read."""
NEXT: dict[str, frozenset[str]] = {
    "accepted": frozenset({"noticed", "undeliverable", "recalled"}),
    "noticed": frozenset({"opened", "undeliverable", "expired", "recalled"}),
    "undeliverable": frozenset({"noticed", "expired", "recalled"}),
    "opened": frozenset({"expired", "recalled", "gone"}),
    "expired": frozenset({"noticed", "gone"}),
    "recalled": frozenset({"gone"}),
    "gone": frozenset(),
}
"""`opened` to `gone` is the recipient's own deletion."""
GRACE_WRAPS = ("tenant", "service")
"""Kinds of wraps that an expired copy keeps through its days of grace."""


class StateError(Exception):
    """A transition that the table of states does not have."""


def move(copy: Copy, state: str) -> None:
    """Put `copy` into `state`, with the wraps that the state leaves; raise `StateError`.

    The row is read again: what the caller holds may be old.
    """
    with database.atomic():
        present = Copy.get_by_id(copy.id).state
        if state not in NEXT[present]:
            raise StateError(f"a copy that is {present} cannot become {state}")
        changes: dict[str, object] = {"state": state}
        stamp = {"noticed": "noticed_at", "opened": "opened_at"}.get(state, "ended_at")
        if state != "undeliverable":
            changes[stamp] = now()
        if present == "expired":
            changes["ended_at"] = None if state == "noticed" else changes["ended_at"]
        Copy.update(changes).where(Copy.id == copy.id).execute()
        _drop_wraps(copy, state)
        audit.record(f"copy-{state}", copy.message.tenant_id, copy.id, was=present)
        crash.point(f"copy.{state}")
    copy.state = state


def _drop_wraps(copy: Copy, state: str) -> None:
    wraps = Wrap.delete().where(Wrap.copy == copy.id)
    if state == "expired":
        wraps.where(Wrap.kind.not_in(GRACE_WRAPS)).execute()
    elif state in {"recalled", "gone"}:
        wraps.execute()
        _drop_waiting_notices(copy)


def _drop_waiting_notices(copy: Copy) -> None:
    """A notice that has not left and covers nothing that can be read any more is not sent."""
    for link in NoticeCopy.select().where(NoticeCopy.copy == copy.id):
        others = NoticeCopy.select().join(Copy).where(NoticeCopy.notice == link.notice_id, Copy.state.in_(LIVE))
        if not others.exists():
            Outbox.update(state="done", payload=None).where(
                Outbox.subject_id == link.notice_id, Outbox.kind == "notice", Outbox.state == "waiting").execute()


def _copies(copy_ids: Iterable[str]) -> list[Copy]:
    return [Copy.get_by_id(copy_id) for copy_id in copy_ids]


def mark_noticed(copy_ids: Iterable[str]) -> list[str]:
    """Note that the mail server took a notice of these copies; return the ids of those whose state it changed."""
    with database.atomic():
        changed = [
            copy for copy in _copies(copy_ids)
            if copy.state in {"accepted", "undeliverable"} or (copy.state == "expired" and copy.expires > now())
        ]
        for copy in changed:
            move(copy, "noticed")
    return [copy.id for copy in changed]


def mark_undeliverable(copy_ids: Iterable[str]) -> list[str]:
    """Note that a notice of these copies bounced; return the ids of those whose state it changed.

    A copy that was opened stays so: its recipient has had an earlier notice.
    """
    with database.atomic():
        changed = [copy for copy in _copies(copy_ids) if copy.state in {"accepted", "noticed"}]
        for copy in changed:
            move(copy, "undeliverable")
    return [copy.id for copy in changed]


def mark_opened(copy_ids: Iterable[str]) -> None:
    """Note the first reading. Reading proves that the notice arrived, whatever was known of it."""
    with database.atomic():
        for copy in _copies(copy_ids):
            if copy.state in {"accepted", "undeliverable"}:
                move(copy, "noticed")
            if copy.state != "opened":
                move(copy, "opened")


def _flag(copy_ids: Iterable[str], name: str) -> None:
    with database.atomic():
        for copy in _copies(copy_ids):
            if copy.state != "opened":
                raise StateError(f"a copy that is {copy.state} cannot be {name}")
            if not getattr(copy, name):
                Copy.update({name: True}).where(Copy.id == copy.id).execute()
                audit.record(f"copy-{name}", copy.message.tenant_id, copy.id)


def mark_downloaded(copy_ids: Iterable[str]) -> None:
    """Note that the recipient saved the message or a part of it."""
    _flag(copy_ids, "downloaded")


def mark_replied(copy_ids: Iterable[str]) -> None:
    """Note that the recipient answered."""
    _flag(copy_ids, "replied")


def expire(copy: Copy) -> None:
    """Expire a copy that can be read. One whose notice never left in all that time was undeliverable."""
    with database.atomic():
        if Copy.get_by_id(copy.id).state == "accepted":
            move(copy, "undeliverable")
        move(copy, "expired")


def recall(what: Copy | Message, blobs: Path) -> list[str]:
    """Take back a copy, or every copy of a message that can be; at once and final. Return the ids of the copies.

    A single copy that is expired or gone raises `StateError`; one that was recalled before stays so.
    """
    with database.atomic():
        copies = [Copy.get_by_id(what.id)] if isinstance(what, Copy) else list(what.copies)
        # Of a message, what can be; a single copy that cannot be is the caller's mistake.
        wanted = LIVE if isinstance(what, Message) else NEXT.keys() - {"recalled"}
        chosen = [copy for copy in copies if copy.state in wanted]
        for copy in chosen:
            move(copy, "recalled")
    purge_bodies(blobs)
    return [copy.id for copy in chosen]


def remove(copy: Copy, blobs: Path) -> None:
    """Remove a copy for its recipient, who has read it."""
    move(copy, "gone")
    purge_bodies(blobs)


def purge_bodies(blobs: Path) -> int:
    """Remove the sealed body and summary of every body for which no wrap is left; return how many."""
    wrapped = Wrap.select(Copy.body).join(Copy)
    bodies = list(Body.select().where(~Body.purged, Body.id.not_in(wrapped)))
    for body in bodies:
        Body.update(purged=True, summary=None).where(Body.id == body.id).execute()
        crash.point("body.purged")
        # A kill here leaves a blob that no row wants: the sweep takes it.
        blob_store.remove(blobs, body.id)
    return len(bodies)
