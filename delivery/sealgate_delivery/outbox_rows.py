"""Rows of the outbox: how a mail gets in, sealed, and how its bytes come out again. The worker is in `outbox.py`."""

import uuid
from pathlib import Path

from sealgate_core import seal
from sealgate_delivery import blobs as blob_store
from sealgate_delivery import crash, transit
from sealgate_delivery.store import Outbox, Tenant, database, hold

INLINE = 1 << 18
"""Octets up to which a mail rests in the row itself."""


def new_id() -> str:
    """Return a fresh id for a row: 32 hexadecimal characters, fit for a ticket address."""
    return uuid.uuid4().hex


def _bound(row_id: str, kind: str, recipient: str, key_id: str) -> bytes:
    return seal.context("outbox", row_id, kind, recipient, key_id)


def enqueue(
    kind: str, path: str, sender: str, recipient: str, mail: bytes, *, transit_dir: Path, blobs: Path,
    tenant: Tenant | None = None, dsn: str = "", subject_id: str = "", not_before: int = 0, deadline: int = 0,
    outbox_id: str = "",
) -> Outbox:
    """Put a finished mail into the outbox, inside the caller's transaction when there is one; return the row.

    `kind`, `path`, `dsn` and the rest are the columns of `Outbox`. `mail` rests sealed under the transit key, in the
    row or, over `INLINE` octets, in a blob.
    """
    row_id = outbox_id or new_id()
    with database.atomic():
        hold("transit", shared=True)
        key_id, key = transit.current(transit_dir)
        bound = _bound(row_id, kind, recipient, key_id)
        payload = seal.seal(key, bound, mail) if len(mail) <= INLINE else None
        if payload is None:
            blob_store.write(blobs, row_id, seal.seal_stream(key, bound, (mail,)))
        row = Outbox.create(
            id=row_id, kind=kind, path=path, tenant=tenant, sender=sender, recipient=recipient, dsn=dsn,
            subject_id=subject_id, transit_key=key_id, payload=payload, blob="" if payload else row_id,
            not_before=not_before, deadline=deadline,
        )
        crash.point("outbox.inserted")
    return row


def payload(row: Outbox, transit_dir: Path, blobs: Path) -> bytes:
    """Return the mail of a waiting row; raise `seal.SealBroken`, `transit.TransitKeyGone` or `FileNotFoundError`."""
    key = transit.key(transit_dir, row.transit_key)
    bound = _bound(row.id, row.kind, row.recipient, row.transit_key)
    if row.blob:
        return b"".join(seal.open_stream(key, bound, blob_store.read(blobs, row.blob)))
    return seal.open_sealed(key, bound, bytes(row.payload or b""))


def settle(row: Outbox, state: str, blobs: Path) -> None:
    """Put a row into a `state` in which its mail is no longer needed, and remove the mail."""
    Outbox.update(state=state, payload=None, blob="").where(Outbox.id == row.id).execute()
    crash.point("outbox.settled")
    if row.blob:
        blob_store.remove(blobs, row.blob)
