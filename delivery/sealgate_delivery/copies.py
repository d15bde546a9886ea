"""Copies: the one door to depositing, sealing, states and retention of messages in the portal."""

from sealgate_delivery.admit import CopyFacts
from sealgate_delivery.deposit import Deposit, deposit, message_row
from sealgate_delivery.notices import NoServiceWrap, NoticeFacts, StoreKeys, extend, renew
from sealgate_delivery.retention import expire_due, purge_due, sweep
from sealgate_delivery.seals import (
    AttachmentFact,
    Summary,
    heal,
    open_body,
    open_summary,
    unwrap,
    wrap_key,
)
from sealgate_delivery.states import (
    LIVE,
    StateError,
    mark_downloaded,
    mark_noticed,
    mark_opened,
    mark_replied,
    mark_undeliverable,
    recall,
    remove,
)
from sealgate_delivery.store import Copy, Wrap

__all__ = [
    "LIVE", "AttachmentFact", "Deposit", "NoServiceWrap", "NoticeFacts", "StateError", "StoreKeys", "Summary",
    "deposit", "expire_due", "extend", "facts", "heal", "mark_downloaded", "mark_noticed", "mark_opened",
    "mark_replied", "mark_undeliverable", "message_row", "open_body", "open_summary", "purge_due", "recall", "remove",
    "renew", "sweep", "unwrap", "wrap_for", "wrap_key",
]


def facts(copy: Copy) -> CopyFacts:
    """Return what `admit` wants to know of `copy`, as the database has it now."""
    present = Copy.get_by_id(copy.id)
    wraps = Wrap.select(Wrap.kind, Wrap.opener).where(Wrap.copy == copy.id).tuples()
    return CopyFacts(present.state, present.level, present.expires, frozenset(wraps))


def wrap_for(copy: Copy, kind: str, opener: str) -> Wrap:
    """Return the wrap that `admit` named."""
    wrap: Wrap = Wrap.get(Wrap.copy == copy.id, Wrap.kind == kind, Wrap.opener == opener)
    return wrap
