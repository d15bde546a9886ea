"""Delivery status notifications that we write to a sender, about a message that went the secure way (RFC 3464).

In our words, with the original address, and without a byte of the message or of the notice: that one holds the key.
They travel as the secure message did, over verified TLS to the sender's own gateway.
"""

import quopri
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from sealgate_core.address import domain_of
from sealgate_delivery import audit, outbox_rows
from sealgate_delivery.store import Copy, Outbox, Tenant

FAILED = "failed"


def report(settings: Mapping[str, Any], sender: str, recipient: str, status: str, sentence: str,
           message_id: str) -> bytes:
    """Return a multipart/report to `sender` about `recipient`; `status` is enhanced, `sentence` says what to do."""
    host, boundary = settings["hostname"], f"sealgate-{uuid.uuid4().hex}"
    now = format_datetime(datetime.now(UTC))
    text = f"Your confidential message has not reached\n\n    {_line(recipient)}\n\n{sentence}\n"
    lines = [
        f"To: <{_line(sender)}>", f"From: Mail delivery <postmaster@{host}>",
        "Subject: Undelivered confidential message", f"Date: {now}",
        f"Message-ID: <sealgate.{uuid.uuid4()}@{host}>", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"', "",
        f"--{boundary}", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
        *quopri.encodestring(text.encode("utf-8", "replace")).decode("ascii").split("\n"),
        f"--{boundary}", "Content-Type: message/delivery-status", "",
        f"Reporting-MTA: dns; {host}", "",
        f"Final-Recipient: {_typed(recipient)}", f"Action: {FAILED}", f"Status: {status}", "",
    ]
    if message_id:
        lines += [f"--{boundary}", "Content-Type: text/rfc822-headers", "",
                  f"Message-ID: {_ascii(_line(message_id))}", ""]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode("utf-8", "replace")


def _typed(address: str) -> str:
    """Return an address as a delivery status shows it in ASCII (RFC 3464 section 2.1.2, RFC 6533 section 3)."""
    clean = _line(address)
    return f"rfc822; {clean}" if clean.isascii() else f"utf-8; {_ascii(clean)}"


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in text)


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:900]


def undelivered_notice(copy: Copy, sentence: str, settings: Mapping[str, Any]) -> Outbox | None:
    """Tell a copy's sender that its notice could not be delivered; `None` when the sender is the null sender."""
    message = copy.message
    if not message.sender:
        return None
    mail = report(settings, message.sender, copy.address, "5.1.1", sentence, message.message_id)
    return enqueue(message.tenant, message.sender, mail, settings, copy.id)


def enqueue(tenant: Tenant | None, sender: str, mail: bytes, settings: Mapping[str, Any], subject_id: str) -> Outbox:
    """Queue a finished report to `sender` over its own gateway."""
    row = outbox_rows.enqueue(
        "dsn", "direct", "", sender, mail, transit_dir=Path(settings["transit_keys"]), blobs=Path(settings["blobs"]),
        tenant=tenant, subject_id=subject_id,
    )
    audit.record("dsn-queued", tenant.name if tenant else "", subject_id, domain=domain_of(sender))
    return row
