"""The audit log: append-only, hash-chained, verifiable; holds who, when and what, never content.

Each row's hash covers the row and the hash before it, so a changed, removed or inserted row breaks the chain from
there on. Rows cut off at the end show only against a hash noted elsewhere: `sealgate-cloud audit verify` prints it.
"""

import hashlib
import json

from sealgate_core import seal
from sealgate_delivery.store import Audit, database, hold, now

FIRST = "0" * 64
"""What the first row follows."""


def _hash(at: int, event: str, tenant: str, subject_id: str, detail: str, previous: str) -> str:
    bound = seal.context("audit/v1", at, event, tenant, subject_id, detail, previous)
    return hashlib.sha256(bound).hexdigest()


def record(event: str, tenant: str = "", subject_id: str = "", **detail: str | int | bool | None) -> None:
    """Append one event; inside the caller's transaction when there is one, so that both happen or neither."""
    with database.atomic():
        hold("audit")
        last = Audit.select(Audit.hash).order_by(Audit.sequence.desc()).first()
        previous = last.hash if last else FIRST
        text, at = json.dumps(detail, sort_keys=True, ensure_ascii=True), now()
        Audit.create(
            at=at, event=event, tenant=tenant, subject_id=subject_id, detail=text, previous=previous,
            hash=_hash(at, event, tenant, subject_id, text, previous),
        )


def verify() -> int | None:
    """Return the sequence number of the first row that does not fit the chain, `None` when all do."""
    previous = FIRST
    for row in Audit.select().order_by(Audit.sequence).iterator():
        fits = _hash(row.at, row.event, row.tenant, row.subject_id, row.detail, row.previous)
        if row.previous != previous or row.hash != fits:
            return int(row.sequence)
        previous = row.hash
    return None
