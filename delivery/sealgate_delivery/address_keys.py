"""Address keys: the openers of `address` wraps. The private half rests sealed to the account keys of its holders."""

import uuid

from sealgate_core import seal
from sealgate_core.address import identity
from sealgate_delivery.store import Account, AccountAddress, AddressKey, AddressKeyHolder, database


def _bound(key_id: str, address: str, account: Account) -> bytes:
    return seal.context("address-key", key_id, address, account.id)


def held(account: Account, private: bytes, address: str) -> dict[str, bytes]:
    """Return the private address keys of `address` that this account key opens, by id; replaced ones included."""
    address, found = identity(address), {}
    rows = AddressKeyHolder.select(AddressKeyHolder, AddressKey).join(AddressKey).where(
        AddressKeyHolder.account == account, AddressKey.address == address)
    for row in rows:
        try:
            found[row.key_id] = seal.open_with(private, _bound(row.key_id, address, account), bytes(row.sealed))
        except seal.SealBroken:
            # Sealed to the account key of before or after a reset: another opener of this account holds it.
            continue
    return found


def ensure(account: Account, private: bytes, address: str) -> AddressKey:
    """Return the present key of an address that this account has proved; make it, or replace one nobody can open.

    Key and sealed half are stored together (law 3). Raises `ValueError` for an address of another account.
    """
    address = identity(address)
    with database.atomic():
        if not AccountAddress.get_or_none(AccountAddress.address == address, AccountAddress.account == account):
            raise ValueError("this account has not proved this address")
        present = AddressKey.get_or_none(AddressKey.address == address, AddressKey.current)
        if present is not None and present.holders.exists():
            return present
        AddressKey.update(current=False).where(AddressKey.address == address).execute()
        pair = seal.new_pair()
        key = AddressKey.create(id=str(uuid.uuid4()), address=address, public=pair.public)
        public = bytes(Account.get_by_id(account.id).public)
        AddressKeyHolder.create(
            key=key, account=account, sealed=seal.seal_to(public, _bound(key.id, address, account), pair.private))
    return key


def retire(account: Account, forget: bool) -> None:
    """Make the account's address keys no targets any more; `forget` also what it holds of them."""
    mine = AddressKeyHolder.select(AddressKeyHolder.key).where(AddressKeyHolder.account == account)
    ids = [key_id for (key_id,) in mine.tuples()]
    AddressKey.update(current=False).where(AddressKey.id.in_(ids)).execute()
    if forget:
        AddressKeyHolder.delete().where(AddressKeyHolder.account == account).execute()
