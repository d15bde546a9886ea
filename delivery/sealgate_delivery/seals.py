"""What each sealed value of a message is bound to: body, summary and wraps. Formats: `docs/sealing.md`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sealgate_core import seal
from sealgate_delivery import blobs as blob_store
from sealgate_delivery.store import AddressKey, Body, Copy, Wrap

SYMMETRIC = frozenset({"link", "service"})
"""Kinds of wraps whose opener is a 32-octet key; the others are HPKE."""


@dataclass(frozen=True)
class AttachmentFact:
    """Name, media type and size in octets of one attachment."""

    name: str
    type: str
    size: int


@dataclass(frozen=True)
class Summary:
    """What the inbox shows of a message; rests sealed under the message key."""

    subject: str = ""
    sender_name: str = ""
    header_from: str = ""
    date: str = ""
    attachments: list[AttachmentFact] = field(default_factory=list)


def body_bound(tenant: str, message_id: str, body_id: str, part: str) -> bytes:
    """Return what a body's blob (`part` = `message`) or its summary (`summary`) is bound to."""
    return seal.context("body", tenant, message_id, body_id, part)


def wrap_bound(copy: Copy, kind: str, opener: str) -> bytes:
    """Return what a wrap is bound to: kind, tenant, message, body, copy, address, opener."""
    return seal.context(
        "wrap", kind, copy.message.tenant_id, copy.message_id, copy.body_id, copy.id, copy.address, opener)


def wrap_key(copy: Copy, kind: str, opener: str, key: bytes, message_key: bytes) -> bytes:
    """Return the message key sealed for one opener.

    `opener`: its id; `key`: link opener or tenant key (`link`, `service`), public half of the pair (`address`,
    `tenant`).
    """
    bound = wrap_bound(copy, kind, opener)
    return seal.seal(key, bound, message_key) if kind in SYMMETRIC else seal.seal_to(key, bound, message_key)


def unwrap(copy: Copy, wrap: Wrap, opener: bytes) -> bytes:
    """Return the message key in `wrap`; `opener` is the link opener, the tenant key or the private half of the pair.

    Raises `seal.SealBroken` for a wrong opener and for a wrap of another copy.
    """
    bound = wrap_bound(copy, wrap.kind, wrap.opener)
    opening = seal.open_sealed if wrap.kind in SYMMETRIC else seal.open_with
    return opening(opener, bound, bytes(wrap.sealed))


def seal_body(key: bytes, tenant: str, message_id: str, body_id: str, raw: bytes) -> Iterable[bytes]:
    """Yield the sealed message."""
    return seal.seal_stream(key, body_bound(tenant, message_id, body_id, "message"), (raw,))


def seal_summary(key: bytes, tenant: str, message_id: str, body_id: str, summary: Summary) -> bytes:
    """Return the sealed summary."""
    text = json.dumps(asdict(summary), ensure_ascii=True).encode()
    return seal.seal(key, body_bound(tenant, message_id, body_id, "summary"), text)


def _bound(copy: Copy, part: str) -> bytes:
    return body_bound(copy.message.tenant_id, copy.message_id, copy.body_id, part)


def open_body(copy: Copy, key: bytes, blobs: Path) -> Iterator[bytes]:
    """Yield the message as it came, piece by piece; raise `seal.SealBroken` where it is not whole or not there."""
    try:
        yield from seal.open_stream(key, _bound(copy, "message"), blob_store.read(blobs, copy.body_id))
    except FileNotFoundError as error:
        raise seal.SealBroken("the sealed body is not there") from error


def open_summary(copy: Copy, key: bytes) -> Summary:
    """Return the summary; raise `seal.SealBroken`."""
    body: Body = copy.body
    if body.summary is None:
        raise seal.SealBroken("the summary was purged")
    values = json.loads(seal.open_sealed(key, _bound(copy, "summary"), bytes(body.summary)))
    values["attachments"] = [AttachmentFact(**item) for item in values["attachments"]]
    return Summary(**values)


def heal(copy: Copy, message_key: bytes, address_key: AddressKey) -> bool:
    """Add the `address` wrap for `address_key` to a copy that was opened otherwise; tell whether it was missing.

    `sealing.md` laws 2 and 4. Only who opened the copy has `message_key`: it must open the summary first
    (`seal.SealBroken`). A key that was replaced, or of another address, is a `ValueError`.
    """
    if address_key.address != copy.address or not address_key.current:
        raise ValueError("this address key is not the present one of the copy's address")
    open_summary(copy, message_key)
    sealed = wrap_key(copy, "address", address_key.id, bytes(address_key.public), message_key)
    made = Wrap.insert(
        copy=copy, kind="address", opener=address_key.id, sealed=sealed).on_conflict_ignore().as_rowcount().execute()
    return bool(made)
