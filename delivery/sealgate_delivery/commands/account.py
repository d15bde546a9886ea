"""`sealgate-cloud account`: recipients' accounts. Credentials are never shown nor set here."""

import argparse
from pathlib import Path

from sealgate_delivery import accounts, states
from sealgate_delivery.commands.base import Failure, Nouns, Row, Session, noun, time_text, verb
from sealgate_delivery.store import Account, AccountAddress, AddressKey, AddressKeyHolder, Copy, database


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "account", "recipients' accounts")
    verb(verbs, "list", _list, "list accounts")
    verb(verbs, "show", _show, "show one account").add_argument("address")
    removing = verb(verbs, "remove", _remove, "remove an account, its keys and sessions, and what only it has read")
    removing.add_argument("address")


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
    with database.atomic():
        ended = [copy.id for copy in _read_by_nobody_else(account)]
        for copy_id in ended:
            states.move(Copy.get_by_id(copy_id), "gone")
        accounts.remove(account)
    states.purge_bodies(Path(session.settings["blobs"]))
    session.say(f"account {account.id} is removed, and with it {len(ended)} messages that it had read; unread ones "
                "stay for their notices", id=account.id, gone=ended)


def _read_by_nobody_else(account: Account) -> list[Copy]:
    """Return the copies that this account has read and that no other member of their mailbox can open."""
    others = AddressKey.select(AddressKey.address).join(AddressKeyHolder).where(AddressKeyHolder.account != account)
    own = AccountAddress.select(AccountAddress.address).where(AccountAddress.account == account)
    return list(Copy.select().where(Copy.address.in_(own), Copy.address.not_in(others), Copy.state == "opened"))
