"""`sealgate-cloud status`: what waits, what rests, since when."""

import argparse

from peewee import fn

from sealgate_delivery.commands.base import Nouns, Session, time_text
from sealgate_delivery.store import Account, Copy, Member, Message, Outbox, Tenant, now


def register(nouns: Nouns) -> None:
    """Add the noun; it needs no verb."""
    made = nouns.add_parser("status", help="what waits and what rests", description="What waits and what rests.")
    made.set_defaults(run=_status)


def _status(session: Session, _given: argparse.Namespace) -> None:
    oldest = Outbox.select(fn.MIN(Outbox.created)).where(Outbox.state == "waiting").scalar()
    states = Copy.select(Copy.state, fn.COUNT(Copy.id)).group_by(Copy.state).tuples()
    waiting = Outbox.select(Outbox.kind, fn.COUNT(Outbox.id)).where(Outbox.state == "waiting")
    row = {
        "time": time_text(now()), "tenants": Tenant.select().count(), "members": Member.select().count(),
        "accounts": Account.select().count(), "messages": Message.select().count(),
        "copies": dict(states), "waiting": dict(waiting.group_by(Outbox.kind).tuples()),
        "oldest_waiting": time_text(oldest), "failed": Outbox.select().where(Outbox.state == "failed").count(),
    }
    if not session.json:
        for name in ("copies", "waiting"):
            row[name] = [f"{count} {kind}" for kind, count in sorted(row[name].items())]
    session.record(row)
