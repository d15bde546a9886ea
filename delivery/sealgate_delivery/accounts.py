"""Accounts: one person, one key pair, and what opens it: a password or a remembered device (`sealing.md` 2).

An account key exists only while an opener holds it (law 3). A password that was forgotten is replaced together with
the account key: what the old key opened stays with the openers that hold it, and with the notices.
"""

import hashlib
import secrets
import threading
import unicodedata
import uuid
from dataclasses import dataclass

from peewee import Select

from sealgate_core import seal
from sealgate_core.address import identity
from sealgate_core.seal import PasswordCost
from sealgate_delivery import address_keys as keys
from sealgate_delivery import audit
from sealgate_delivery.store import Account, AccountAddress, AccountOpener, database, now

address_keys = keys.held
ensure_address_key = keys.ensure
DEVICE_DAYS = 90
# Each Argon2id run takes its memory; two at once bound what a flood of sign-ins can take.
_running = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class OpenedAccount:
    """An account and the private half of its key."""

    account: Account
    private: bytes


class AddressTaken(Exception):
    """An account with this address exists; `reset_password` is the way."""


class StaleKey(Exception):
    """The private key at hand is of before a reset: it opens old messages, but must not become the password's."""


def _password_keys(password: str, salt: bytes, cost: PasswordCost) -> tuple[bytes, bytes]:
    with _running:
        return seal.password_keys(unicodedata.normalize("NFKC", password), salt, cost)


def _bound(account: Account, opener_id: str, kind: str) -> bytes:
    return seal.context("account-key", account.id, kind, opener_id)


def _add_password(account: Account, private: bytes, password: str, cost: PasswordCost) -> AccountOpener:
    salt, opener_id = secrets.token_bytes(16), str(uuid.uuid4())
    verifier, opener = _password_keys(password, salt, cost)
    with database.atomic():
        AccountOpener.delete().where(AccountOpener.account == account, AccountOpener.kind == "password").execute()
        return AccountOpener.create(
            id=opener_id, account=account, kind="password", salt=salt, cost=str(cost), verifier=verifier,
            sealed=seal.seal(opener, _bound(account, opener_id, "password"), private),
        )


def create(name: str, address: str, password: str, cost: PasswordCost) -> OpenedAccount:
    """Make an account for an address that was proved, with its address key; raise `AddressTaken`.

    With an empty `password` the account has no opener yet: remember a device in the same transaction.
    """
    address, pair = identity(address), seal.new_pair()
    with database.atomic():
        if AccountAddress.get_or_none(AccountAddress.address == address):
            raise AddressTaken(address)
        account = Account.create(id=str(uuid.uuid4()), name=name[:200], public=pair.public)
        AccountAddress.create(address=address, account=account)
        if password:
            _add_password(account, pair.private, password, cost)
        keys.ensure(account, pair.private, address)
        audit.record("account-created", subject_id=account.id)
    return OpenedAccount(account, pair.private)


def of_address(address: str) -> Account | None:
    """Return the account that has proved `address`."""
    row = AccountAddress.get_or_none(AccountAddress.address == identity(address))
    return row.account if row else None


def add_address(account: Account, private: bytes, address: str) -> None:
    """Let an account have one more proved address; raise `AddressTaken`. It opens nothing old by itself."""
    address = identity(address)
    with database.atomic():
        present = of_address(address)
        if present is not None and present.id != account.id:
            raise AddressTaken(address)
        AccountAddress.get_or_create(address=address, defaults={"account": account})
        keys.ensure(account, private, address)


def _password_opener(account: Account | None) -> AccountOpener | None:
    query = AccountOpener.select().where(AccountOpener.account == account, AccountOpener.kind == "password")
    return query.first() if account else None


def has_password(account: Account) -> bool:
    """Tell whether a password opens the account; without one, only remembered devices do."""
    return _password_opener(account) is not None


def _usual_cost() -> PasswordCost:
    passwords = AccountOpener.select().where(AccountOpener.kind == "password")
    latest = passwords.order_by(AccountOpener.created.desc()).first()
    return PasswordCost.parse(latest.cost) if latest else PasswordCost()


def sign_in(address: str, password: str, cost: PasswordCost | None = None) -> OpenedAccount | None:
    """Return the account that address and password open, else `None`; the same work whether or not there is one.

    With `cost`, a password that was stored at another cost is stored anew.
    """
    account = of_address(address)
    row = _password_opener(account)
    if account is None or row is None:
        _password_keys(password, secrets.token_bytes(16), cost or _usual_cost())
        return None
    verifier, opener = _password_keys(password, bytes(row.salt), PasswordCost.parse(row.cost))
    if not seal.same(verifier, bytes(row.verifier)):
        return None
    try:
        private = seal.open_sealed(opener, _bound(account, row.id, "password"), bytes(row.sealed))
    except seal.SealBroken:
        return None
    if cost and str(cost) != row.cost:
        _add_password(account, private, password, cost)
    return OpenedAccount(account, private)


def is_current(account: Account, private: bytes) -> bool:
    """Tell whether `private` is the present key of the account, not one from before a reset."""
    bound = seal.context("account-key-check", account.id)
    try:
        return seal.open_with(private, bound, seal.seal_to(bytes(account.public), bound, b"check")) == b"check"
    except seal.SealBroken:
        return False


def change_password(account: Account, private: bytes, password: str, cost: PasswordCost | None = None) -> None:
    """Replace the password in a session that holds the account key; nothing else changes. Raises `StaleKey`."""
    account = Account.get_by_id(account.id)
    if not is_current(account, private):
        raise StaleKey(account.id)
    with database.atomic():
        _add_password(account, private, password, cost or _usual_cost())
        audit.record("password-changed", subject_id=account.id)


def reset_password(address: str, password: str, cost: PasswordCost | None = None) -> OpenedAccount:
    """Give an account a new password and new keys after its address was proved; raise `KeyError` for no account.

    Nobody here can open the old account key. Remembered devices still hold it and open what it opened; without any,
    it is gone, and with it the address keys. Either way the address keys are replaced.
    """
    account = of_address(address)
    if account is None:
        raise KeyError("no account has this address")
    with database.atomic():
        opened = _replace_key(account)
        _add_password(account, opened.private, password, cost or _usual_cost())
        audit.record("password-reset", subject_id=account.id)
    return opened


def renew(account: Account) -> OpenedAccount:
    """Give an account that has no password a new key after its address was proved; raise `ValueError` if it has one.

    Its cookies are gone, or it is another device. As with a new password, devices keep what they open. The new key
    has no opener yet: remember a device in the same transaction.
    """
    if has_password(account):
        raise ValueError("the password opens this account")
    with database.atomic():
        opened = _replace_key(account)
        audit.record("account-renewed", subject_id=account.id)
    return opened


def _replace_key(account: Account) -> OpenedAccount:
    pair = seal.new_pair()
    Account.update(public=pair.public).where(Account.id == account.id).execute()
    account.public = pair.public
    keys.retire(account, forget=not _devices(account).exists())
    for row in account.addresses:
        keys.ensure(account, pair.private, row.address)
    return OpenedAccount(account, pair.private)


# -- remembered devices ----------------------------------------------------------------------------------------------


def _devices(account: Account) -> Select:
    return AccountOpener.select().where(
        AccountOpener.account == account, AccountOpener.kind == "device", AccountOpener.expires > now())


def remember_device(account: Account, private: bytes, label: str = "") -> str:
    """Let a device open the account for 90 days; return the token that only its cookie holds."""
    opener_id, secret = uuid.uuid4().hex, seal.new_key()
    AccountOpener.create(
        id=opener_id, account=account, kind="device", salt=b"", verifier=hashlib.sha256(secret).digest(),
        sealed=seal.seal(seal.derive(secret, "device"), _bound(account, opener_id, "device"), private),
        label=label[:120], expires=now() + DEVICE_DAYS * 86400,
    )
    audit.record("device-remembered", subject_id=account.id)
    return opener_id + secret.hex()


def _device(token: str) -> tuple[AccountOpener, bytes] | None:
    try:
        opener_id, secret = token[:32], bytes.fromhex(token[32:])
    except ValueError:
        return None
    row = AccountOpener.get_or_none(AccountOpener.id == opener_id, AccountOpener.kind == "device")
    if row is None or not seal.same(bytes(row.verifier), hashlib.sha256(secret).digest()):
        return None
    return row, secret


def by_device(token: str) -> OpenedAccount | None:
    """Return the account that a remembered device opens, `None` when it is forgotten, expired or not known."""
    found = _device(token)
    if found is None or found[0].expires <= now():
        return None
    row, secret = found
    bound = _bound(row.account, row.id, "device")
    try:
        private = seal.open_sealed(seal.derive(secret, "device"), bound, bytes(row.sealed))
    except seal.SealBroken:
        return None
    return OpenedAccount(row.account, private)


def forget_device(token: str) -> None:
    """Forget the device of `token`, if it is known."""
    found = _device(token)
    if found:
        with database.atomic():
            account = found[0].account
            found[0].delete_instance()
            _close_if_unheld(account)


def forget_devices(account: Account) -> None:
    """Forget every device of the account."""
    with database.atomic():
        AccountOpener.delete().where(AccountOpener.account == account, AccountOpener.kind == "device").execute()
        _close_if_unheld(account)


def sweep_devices() -> int:
    """Remove expired devices; return how many."""
    with database.atomic():
        over = list(AccountOpener.select().where(AccountOpener.kind == "device", AccountOpener.expires <= now()))
        for row in over:
            row.delete_instance()
            _close_if_unheld(row.account)
    return len(over)


def _close_if_unheld(account: Account) -> None:
    """Law 3: without an opener the account key is gone, and its address keys are no targets for wraps any more."""
    if not AccountOpener.select().where(AccountOpener.account == account).exists():
        keys.retire(account, forget=True)


def remove(account: Account) -> None:
    """Remove an account with its openers, keys and sessions. Messages stay for their notices."""
    with database.atomic():
        keys.retire(account, forget=True)
        account.delete_instance()
        audit.record("account-removed", subject_id=account.id)
