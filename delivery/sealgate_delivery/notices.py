"""Notices: a fresh link secret for one address, its wraps, and the finished mail in the outbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sealgate_core import seal
from sealgate_delivery import audit, crash, outbox_rows, seals, tenant_keys
from sealgate_delivery.store import Copy, Notice, NoticeCopy, Tenant, Wrap, database, now


@dataclass(frozen=True)
class NoticeFacts:
    """What the text of a notice is made from. `secret_text` is the key; `count` how many messages it opens."""

    tenant: Tenant
    sender: str
    sender_name: str
    address: str
    reference: str
    secret_text: str
    expires: int
    outbox_id: str
    count: int = 1


@dataclass(frozen=True)
class StoreKeys:
    """Where sealed things rest, what opens `service` wraps, and who writes the notice's text.

    `notice_domain`: domain of the notices' envelope sender `notice+<outbox id>@…`; without it the row's sender is
    empty and the worker fills it in.
    """

    blobs: Path
    transit: Path
    master: bytes
    compose: Callable[[NoticeFacts], bytes]
    notice_domain: str = ""


class NoServiceWrap(Exception):
    """The cloud cannot make a new notice by itself: it holds no opener of this copy."""


def issue(copies: Mapping[Copy, bytes], sender: str, sender_name: str, keys: StoreKeys) -> Notice:
    """Make one notice for `copies` (with their message keys), all of one address and tenant, and queue its mail.

    Runs inside the caller's transaction. The link secret is forgotten when this returns.
    """
    first = next(iter(copies))
    tenant, secret = first.message.tenant, seal.new_link_secret()
    notice = Notice.create(
        id=outbox_rows.new_id(), tenant=tenant, address=first.address, reference=_free_reference(),
        lookup=seal.link_lookup(secret).hex(),
    )
    opener = seal.link_opener(secret)
    for copy, message_key in copies.items():
        NoticeCopy.create(notice=notice, copy=copy)
        sealed = seals.wrap_key(copy, "link", notice.id, opener, message_key)
        Wrap.create(copy=copy, kind="link", opener=notice.id, sealed=sealed)
    crash.point("notice.inserted")
    row_id = outbox_rows.new_id()
    mail = keys.compose(NoticeFacts(
        tenant, sender, sender_name, first.address, notice.reference, seal.link_text(secret),
        min(copy.expires for copy in copies), row_id, len(copies),
    ))
    outbox_rows.enqueue(
        "notice", "notice", f"notice+{row_id}@{keys.notice_domain}" if keys.notice_domain else "", first.address,
        mail, transit_dir=keys.transit, blobs=keys.blobs, tenant=tenant, subject_id=notice.id, outbox_id=row_id,
    )
    return notice


def _free_reference() -> str:
    while Notice.select().where(Notice.reference == (reference := seal.new_reference())).exists():
        pass
    return reference


def renew(copies: Sequence[Copy], keys: StoreKeys) -> Notice:
    """Make a new notice for copies of one address and tenant from their `service` wraps (`sealing = "service"`).

    Raises `NoServiceWrap` when one of them has none, `ValueError` when they do not belong together or have ended.
    """
    with database.atomic():
        fresh = [Copy.get_by_id(copy.id) for copy in copies]
        if len({(copy.address, copy.message.tenant_id) for copy in fresh}) != 1:
            raise ValueError("one notice is for one address of one tenant")
        if any(copy.state in {"recalled", "gone"} or copy.expires <= now() for copy in fresh):
            raise ValueError("a notice is only for copies that can be read")
        message_keys = {copy: _by_service(copy, keys.master) for copy in fresh}
        newest = max(fresh, key=lambda copy: copy.message.received)
        name = seals.open_summary(newest, message_keys[newest]).sender_name
        notice = issue(message_keys, newest.message.sender, name, keys)
        audit.record("notice-renewed", notice.tenant_id, notice.id, copies=len(fresh))
    return notice


def _by_service(copy: Copy, master_key: bytes) -> bytes:
    wrap = Wrap.select().where(Wrap.copy == copy.id, Wrap.kind == "service").first()
    if wrap is None:
        raise NoServiceWrap(f"copy {copy.id} has no service wrap")
    return seals.unwrap(copy, wrap, tenant_keys.key(copy.message.tenant, int(wrap.opener), master_key))


def extend(copy: Copy, days: int, keys: StoreKeys) -> None:
    """Let a copy live `days` from now. Before it expired only the date moves; after, a new notice goes out as well."""
    with database.atomic():
        present = Copy.get_by_id(copy.id)
        if present.state in {"recalled", "gone"}:
            raise ValueError(f"a copy that is {present.state} cannot be extended")
        Copy.update(expires=now() + days * 86400).where(Copy.id == copy.id).execute()
        audit.record("copy-extended", copy.message.tenant_id, copy.id, days=days)
        if present.state == "expired":
            renew([present], keys)
