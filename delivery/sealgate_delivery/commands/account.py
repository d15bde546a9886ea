"""`sealgate-cloud account`: recipients' accounts. Credentials are never shown nor set here."""

import argparse

from sealgate_delivery import accounts
from sealgate_delivery.commands.base import Failure, Nouns, Row, Session, noun, time_text, verb
from sealgate_delivery.store import Account


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "account", "recipients' accounts")
    verb(verbs, "list", _list, "list accounts")
    verb(verbs, "show", _show, "show one account").add_argument("address")
    verb(verbs, "remove", _remove, "remove an account with its keys and sessions").add_argument("address")


def _row(account: Account) -> Row:
    return {
        "id": account.id, "name": account.name, "created": time_text(account.created),
        "addresses": sorted(row.address for row in account.addresses),
        "openers": sorted(row.kind for row in account.openers),
    }


def _find(address: str) -> Account:
    found = accounts.of_address(address)
    if found is None:
        raise Failure(f"there is no account with address {address!r}")
    return found


def _list(session: Session, _given: argparse.Namespace) -> None:
    session.table([_row(account) for account in Account.select().order_by(Account.created)], "no accounts yet")


def _show(session: Session, given: argparse.Namespace) -> None:
    session.record(_row(_find(given.address)))


def _remove(session: Session, given: argparse.Namespace) -> None:
    account = _find(given.address)
    accounts.remove(account)
    session.say(f"account {account.id} is removed; its messages stay for their notices", id=account.id)
