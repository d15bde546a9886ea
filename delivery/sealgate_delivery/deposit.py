"""A delivery into the portal: body sealed and durable, then message, copies, wraps, notices, outbox in one commit."""

import uuid
from dataclasses import dataclass, field

from sealgate_core import seal
from sealgate_core.address import identity
from sealgate_delivery import audit, crash, notices, seals, tenant_keys
from sealgate_delivery import blobs as blob_store
from sealgate_delivery.notices import StoreKeys
from sealgate_delivery.seals import Summary
from sealgate_delivery.store import AddressKey, Body, Copy, Message, Tenant, Wrap, database, now

_NAMESPACE = uuid.UUID("0f1a4f0e-5d1c-4c1b-9d55-3a5e8a3c7b21")


@dataclass(frozen=True)
class Deposit:
    """One delivery: a message and the recipients of it whose copies go to the portal."""

    tenant: Tenant
    stamp: str
    digest: str
    sender: str
    message_id: str
    raw: bytes
    summary: Summary
    recipients: list[str] = field(default_factory=list)
    level: int = 1


def message_key_id(tenant: str, stamp: str, digest: str) -> str:
    """Return the id that a message has from what it is known by: the same in every delivery, known before the row."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((tenant, stamp, digest))))


def message_row(tenant: Tenant, stamp: str, digest: str, sender: str, message_id: str) -> Message:
    """Return the row of a message, made if there is none. Use it for whatever goes out directly, too."""
    made = message_key_id(tenant.name, stamp, digest)
    Message.insert(
        id=made, tenant=tenant, stamp=stamp, digest=digest, sender=sender, message_id=message_id[:998],
    ).on_conflict_ignore().execute()
    row: Message = Message.get_by_id(made)
    return row


def deposit(deposit: Deposit, keys: StoreKeys) -> list[Copy]:
    """Store one delivery and queue its notices; durable when it returns. Return the copies of all its recipients.

    Idempotent on (tenant, stamp, digest, address): who has a copy gets no second one and no second notice. On any
    error nothing is left but, after a kill, a blob that `retention.sweep` takes.
    """
    addresses = list(dict.fromkeys(identity(recipient) for recipient in deposit.recipients))
    message_id = message_key_id(deposit.tenant.name, deposit.stamp, deposit.digest)
    if not _missing(message_id, addresses):
        return _present(message_id, addresses)
    body_id, key = str(uuid.uuid4()), seal.new_key()
    sealed = seals.seal_body(key, deposit.tenant.name, message_id, body_id, deposit.raw)
    blob_store.write(keys.blobs, body_id, sealed)
    try:
        with database.atomic():
            # Asked again under the write lock: another delivery may have come first.
            missing = _missing(message_id, addresses)
            if missing:
                _insert(deposit, keys, body_id, key, missing)
            crash.point("deposit.commit")
    except BaseException:
        blob_store.remove(keys.blobs, body_id)
        raise
    crash.point("deposit.committed")
    if not missing:
        blob_store.remove(keys.blobs, body_id)
    return _present(message_id, addresses)


def _present(message_id: str, addresses: list[str]) -> list[Copy]:
    rows = {row.address: row for row in Copy.select().where(Copy.message == message_id)}
    return [rows[address] for address in addresses if address in rows]


def _missing(message_id: str, addresses: list[str]) -> list[str]:
    have = {copy.address for copy in _present(message_id, addresses)}
    return [address for address in addresses if address not in have]


def _insert(deposit: Deposit, keys: StoreKeys, body_id: str, key: bytes, addresses: list[str]) -> None:
    tenant: Tenant = Tenant.get_by_id(deposit.tenant.name)
    message = message_row(tenant, deposit.stamp, deposit.digest, deposit.sender, deposit.message_id)
    crash.point("deposit.message")
    summary = seals.seal_summary(key, tenant.name, message.id, body_id, deposit.summary)
    body = Body.create(id=body_id, message=message, summary=summary, size=len(deposit.raw))
    service = tenant_keys.ensure(tenant, keys.master) if tenant.sealing == "service" else None
    present = now()
    for address in addresses:
        copy = Copy.create(
            id=str(uuid.uuid4()), message=message, body=body, address=address,
            level=max(tenant.level, deposit.level), expires=present + tenant.retention * 86400,
        )
        _wrap_at_birth(copy, key, service)
        crash.point("deposit.copy")
        notices.issue({copy: key}, deposit.sender, deposit.summary.sender_name, keys)
    audit.record("deposited", tenant.name, message.id, copies=len(addresses), size=len(deposit.raw))


def _wrap_at_birth(copy: Copy, key: bytes, service: tuple[int, bytes] | None) -> None:
    """Add every wrap but the link's, which the notice brings (`sealing.md` law 1)."""
    if service:
        opener = str(service[0])
        sealed = seals.wrap_key(copy, "service", opener, service[1], key)
        Wrap.create(copy=copy, kind="service", opener=opener, sealed=sealed)
    for pair in AddressKey.select().where(AddressKey.address == copy.address, AddressKey.current):
        sealed = seals.wrap_key(copy, "address", pair.id, bytes(pair.public), key)
        Wrap.create(copy=copy, kind="address", opener=pair.id, sealed=sealed)
