"""From a message to a durable outcome for each recipient: what stands behind both ways in, pipe and LMTP.

Four kinds come in, told apart by who could have put what above the first `Received:` line:

- a tenant's message: exactly one peer field of our own smtpd;
- a member's copy that could not be delivered directly and falls to the portal: our ticket field, no peer;
- the bounce of a notice: addressed to `notice+<outbox id>@…`, null sender, no peer;
- any other bounce that this cloud's Postfix wrote: null sender, no peer; it goes to the sender's own gateway.

Nothing else is taken. A reply is given only after the outcome is durable.
"""

import errno
import logging
import pwd
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import peewee

from sealgate_core import fields, tag
from sealgate_core.address import domain_of, from_orcpt, identity, split, unsecured
from sealgate_core.status import DELIVERED, SOFTWARE, STORAGE, Refusal, Reply
from sealgate_core.tag import Field
from sealgate_delivery import audit, copies, crash, directory, dsn, outbox_rows
from sealgate_delivery.copies import Deposit, NoticeFacts, StoreKeys
from sealgate_delivery.decide import Way, decide
from sealgate_delivery.lmtp import Envelope, Recipient
from sealgate_delivery.store import Copy, Message, NoticeCopy, Outbox, Relayed, Tenant, database, now, session
from sealgate_delivery.summary import summarise

log = logging.getLogger(__name__)

TICKET_FIELD = "X-Sealgate-Ticket"
QUEUE_OWNER = "postfix"
"""Postfix's `mail_owner`."""
_REPORT = 100_000
"""Octets of a bounce that are looked at."""
_ORCPT = re.compile(r"[A-Za-z0-9-]+;[!-~]+")
_TICKET = re.compile(rb"\.([0-9a-f]{32})-[0-9]+\.direct\.sealgate\.invalid")
_FAILED = re.compile(rb"^Action: *failed", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Arrival:
    """One message as it came: envelope, raw header fields, body."""

    envelope: Envelope
    header: list[Field]
    body: bytes

    def field(self, name: str) -> str:
        """Return the first value of a field, stripped, `""` when there is none."""
        wanted = name.lower().encode()
        value = next((value for key, value in self.header if key.lower() == wanted), b"")
        return value.decode("utf-8", "replace").strip()

    def top(self) -> Sequence[Field]:
        """Return the header as it was before an operator requeued the message."""
        return tag.without_requeues(self.header, _queue_owner())

    def ticket(self) -> str:
        """Return the outbox id that we put on top of what we handed over, `""` when there is none.

        Only one `Received:`, of the instance that took it from us, stands above it; what is below came with a message.
        """
        received = 0
        for key, value in self.top():
            received += key.lower() == b"received"
            if received > 1:
                break
            if key.lower() == TICKET_FIELD.lower().encode():
                return value.decode("ascii", "replace").strip()
        return ""

    def cleaned(self) -> bytes:
        """Return the message without any field of ours."""
        return fields.join(fields.without(self.header, fields.ours), self.body)


class Inbound:
    """Takes messages. `settings` are the cloud's parameters, `keys` what the store seals with."""

    def __init__(self, settings: Mapping[str, Any], keys: StoreKeys) -> None:
        self.settings = settings
        self.keys = keys

    def accept(self, envelope: Envelope, message: bytes) -> list[Reply]:
        """Return one reply a recipient, in order. Never raises: what is unforeseen is a 451, and the mail waits."""
        try:
            with session():
                return self._accept(Arrival(envelope, *fields.split(message)))
        except Refusal as refusal:
            reply, cause = refusal.reply, refusal.cause
        except (OSError, peewee.PeeweeException) as error:
            full = getattr(error, "errno", 0) in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or "full" in str(error)
            reply, cause = (STORAGE if full else SOFTWARE), f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the sender must not get it back
            reply, cause = SOFTWARE, type(error).__name__
        log.error("queue_id=%s deferred: %s", envelope.queue_id, cause)
        return [reply] * len(envelope.recipients)

    def _accept(self, arrival: Arrival) -> list[Reply]:
        peer = tag.trusted_peer(arrival.top())
        if peer:
            return self._tenant_mail(arrival, peer.get("tenant", ""))
        if arrival.ticket():
            return self._returned(arrival)
        if arrival.envelope.sender:
            raise Refusal(SOFTWARE, "mail without a peer field and with a sender: not from a gateway, kept")
        return [self._bounce(arrival, recipient) for recipient in arrival.envelope.recipients]

    # -- a tenant's message --------------------------------------------------------------------------------------------

    def _tenant_mail(self, arrival: Arrival, name: str) -> list[Reply]:
        tenant = Tenant.get_or_none(Tenant.name == name, Tenant.active)
        if tenant is None:
            raise Refusal(SOFTWARE, f"peer field names tenant {name!r}, which is not active")
        digest = tag.content_digest(arrival.header, arrival.body)
        # A gateway always stamps; without a stamp the content itself tells a retry from another message.
        stamp = tag.stamp_of(arrival.field(tag.FIELD)) or str(uuid.uuid5(uuid.NAMESPACE_OID, digest))
        done = _done(tenant, stamp, digest)
        waiting = [r for r in arrival.envelope.recipients if identity(r.address) not in done]
        ways = [(r, decide(lambda a: directory.member_of(a) is not None, r.address).way) for r in waiting]
        direct = [r for r, way in ways if way is Way.RELAY]
        portal = [r.address for r, way in ways if way is Way.PORTAL]
        raw = arrival.cleaned()
        if direct:
            self._relay(arrival, tenant, stamp, digest, direct, raw)
        if portal:
            copies.deposit(self._deposit(arrival, tenant, stamp, digest, portal, raw), self.keys)
        recipients = len(arrival.envelope.recipients)
        log.info("queue_id=%s tenant=%s stamp=%s relay=%d portal=%d done_before=%d", arrival.envelope.queue_id,
                 tenant.name, stamp, len(direct), len(portal), recipients - len(waiting))
        return [DELIVERED] * recipients

    def _deposit(self, arrival: Arrival, tenant: Tenant, stamp: str, digest: str, recipients: list[str],
                 raw: bytes) -> Deposit:
        return Deposit(tenant, stamp, digest, arrival.envelope.sender, arrival.field("Message-ID"), raw,
                       summarise(raw), recipients)

    def _relay(self, arrival: Arrival, tenant: Tenant, stamp: str, digest: str, recipients: list[Recipient],
               raw: bytes) -> None:
        """Queue a copy for each recipient that has none yet, all in one transaction."""
        with database.atomic():
            row = copies.message_row(tenant, stamp, digest, arrival.envelope.sender, arrival.field("Message-ID"))
            have = {address for (address,) in
                    Relayed.select(Relayed.address).where(Relayed.message == row).tuples()}
            for recipient in recipients:
                address = identity(recipient.address)
                if address in have:
                    continue
                have.add(address)
                self._queue_relay(arrival, tenant, row, recipient, raw)
            crash.point("relay.commit")
        crash.point("relay.committed")

    def _queue_relay(self, arrival: Arrival, tenant: Tenant, row: Message, recipient: Recipient, raw: bytes) -> None:
        outbox = outbox_rows.enqueue(
            "relay", "direct", arrival.envelope.sender, recipient.address, raw,
            transit_dir=self.keys.transit, blobs=self.keys.blobs, tenant=tenant, dsn=_dsn_words(recipient),
            subject_id=row.id, deadline=now() + int(self.settings["direct_deadline"]),
        )
        Relayed.create(message=row, address=identity(recipient.address), outbox=outbox)
        audit.record("relay-queued", tenant.name, row.id, domain=domain_of(recipient.address))

    # -- a member's copy whose direct way ran out of time --------------------------------------------------------------

    def _returned(self, arrival: Arrival) -> list[Reply]:
        outbox = Outbox.get_or_none(Outbox.id == arrival.ticket(), Outbox.kind == "relay")
        if outbox is None:
            raise Refusal(SOFTWARE, "a ticket that is not in the outbox")
        wanted = {identity(unsecured(recipient.address)).lower() for recipient in arrival.envelope.recipients}
        if wanted != {identity(outbox.recipient).lower()}:
            raise Refusal(SOFTWARE, "a ticket of another recipient")
        message: Message = Message.get_by_id(outbox.subject_id)
        raw = arrival.cleaned()
        deposit = Deposit(message.tenant, message.stamp, message.digest, message.sender, message.message_id, raw,
                          summarise(raw), [outbox.recipient])
        copies.deposit(deposit, self.keys)
        with database.atomic():
            outbox_rows.settle(outbox, "portal", self.keys.blobs)
            audit.record("relay-to-portal", message.tenant_id, message.id, domain=domain_of(outbox.recipient))
        log.info("queue_id=%s stamp=%s fell to the portal", arrival.envelope.queue_id, message.stamp)
        return [DELIVERED] * len(arrival.envelope.recipients)

    # -- bounces that Postfix wrote ------------------------------------------------------------------------------------

    def _bounce(self, arrival: Arrival, recipient: Recipient) -> Reply:
        local, domain = split(recipient.address)
        ours = domain.lower() in {domain_of(self.settings["notice_from"]), self.settings["hostname"].lower()}
        kind, _, outbox_id = local.partition("+")
        with database.atomic():
            if ours and kind in {"notice", "reply"}:
                self._bounced_notice(outbox_id)
            elif not ours:
                self._bounced_message(recipient, arrival.body)
            else:
                audit.record("bounce-dropped", detail="to ourselves")
        return DELIVERED

    def _bounced_notice(self, outbox_id: str) -> None:
        """Only that it bounced is kept: its text quotes the notice, and that holds the key."""
        outbox = Outbox.get_or_none(Outbox.id == outbox_id)
        if outbox is not None and outbox.state == "waiting":
            # The worker has not noted its hand-over yet, and must not take this for a notice that arrived.
            outbox_rows.settle(outbox, "failed", self.keys.blobs)
        if outbox is not None and outbox.kind == "reply":
            Outbox.update(state="failed").where(Outbox.id == outbox.id).execute()
            audit.record("reply-failed", outbox.tenant_id or "", outbox.subject_id)
            return
        if outbox is None or outbox.kind != "notice":
            audit.record("bounce-dropped", detail="of a code or of nothing we know")
            return
        ids = [link.copy_id for link in NoticeCopy.select().where(NoticeCopy.notice == outbox.subject_id)]
        for copy_id in copies.mark_undeliverable(ids):
            copy = Copy.get_by_id(copy_id)
            dsn.undelivered_notice(copy, "Its mail server did not take our notification. Check the address, and send "
                                   "the message again.", self.settings)

    def _bounced_message(self, recipient: Recipient, body: bytes) -> None:
        """A bounce about a message itself: said again in our words, to the sender's own gateway or to nobody."""
        sender = unsecured(recipient.address)
        if not _FAILED.search(body[:_REPORT]):
            audit.record("status-dropped", domain=domain_of(sender))  # a success or a delay, no failure
            return
        member = directory.member_of(sender)
        if member is None:
            audit.record("bounce-dropped", detail="sender has no gateway here")
            return
        sentence = "Its mail server refused it, or could not be reached securely in the time allowed."
        about = _bounced_relay(body)
        message_id = about.message_id if about and about.sender == sender else ""
        mail = dsn.report(self.settings, sender, _reported(body), "5.0.0", sentence, message_id)
        dsn.enqueue(member.tenant, sender, mail, self.settings, about.id if about else "")


@cache
def _queue_owner() -> int:
    """Return the user of Postfix's queue; one that does not exist when Postfix is not on this host."""
    try:
        return pwd.getpwnam(QUEUE_OWNER).pw_uid
    except KeyError:
        return -1


def _bounced_relay(body: bytes) -> Message | None:
    """Return the message whose direct delivery a bounce is about, by the ticket in it; `None` when it shows none."""
    match = _TICKET.search(body[:_REPORT])
    row = Outbox.get_or_none(Outbox.id == match[1].decode(), Outbox.kind == "relay") if match else None
    return Message.get_or_none(Message.id == row.subject_id) if row else None


def _reported(body: bytes) -> str:
    """Return the recipient that a bounce of Postfix is about: the original address if it tells, never the ticket."""
    text = body[:_REPORT].decode("utf-8", "replace")
    for name in ("Original-Recipient", "Final-Recipient"):
        match = re.search(rf"^{name}: *(rfc822|utf-8); *(\S+)", text, re.MULTILINE | re.IGNORECASE)
        if match:
            return unsecured(from_orcpt(f"{match[1]};{match[2]}"))
    return "one of its recipients"


def _done(tenant: Tenant, stamp: str, digest: str) -> set[str]:
    """Return the addresses that have this message already, whichever way it went: the directory may have changed."""
    message = Message.get_or_none(Message.tenant == tenant, Message.stamp == stamp, Message.digest == digest)
    if message is None:
        return set()
    relayed = Relayed.select(Relayed.address).where(Relayed.message == message).tuples()
    stored = Copy.select(Copy.address).where(Copy.message == message).tuples()
    return {address for (address,) in [*relayed, *stored]}


def _dsn_words(recipient: Recipient) -> str:
    """Return the originator's DSN parameters, NOTIFY and ORCPT only, fit to be given on (RFC 3461 section 5.2).

    Of NOTIFY only whether failures are wanted: reports of success and delay would come to us, who drop them.
    """
    words = {}
    for word in recipient.parameters.split():
        name, _, value = word.partition("=")
        if name.upper() == "NOTIFY":
            words["NOTIFY"] = "FAILURE" if "FAILURE" in value.upper().split(",") else "NEVER"
        elif name.upper() == "ORCPT" and len(value) <= 500 and _ORCPT.fullmatch(value):
            words["ORCPT"] = value
    return " ".join(f"{name}={value}" for name, value in words.items())


def store_keys(settings: Mapping[str, Any], master: bytes, compose: Callable[[NoticeFacts], bytes]) -> StoreKeys:
    """Return what the store seals with, from the cloud's parameters."""
    return StoreKeys(Path(settings["blobs"]), Path(settings["transit_keys"]), master, compose,
                     domain_of(settings["notice_from"]))
