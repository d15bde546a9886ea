"""`sealgate-cloud audit`: is the log whole?"""

import argparse

from sealgate_delivery import audit
from sealgate_delivery.commands.base import Failure, Nouns, Session, noun, verb
from sealgate_delivery.store import Audit


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "audit", "the audit log")
    verb(verbs, "verify", _verify, "check the chain of hashes")


def _verify(session: Session, _given: argparse.Namespace) -> None:
    broken = audit.verify()
    if broken is not None:
        raise Failure(f"the audit log does not fit from entry {broken} on: it was altered")
    last = Audit.select().order_by(Audit.sequence.desc()).first()
    count, final = Audit.select().count(), last.hash if last else audit.FIRST
    session.say(f"the audit log is whole: {count} entries, last hash {final}", entries=count, hash=final)
