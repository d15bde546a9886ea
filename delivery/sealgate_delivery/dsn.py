"""Delivery status notifications that we write to a sender, about a message that went the secure way (RFC 3464).

In our words, with the original address, and without a byte of the message or of the notice: that one holds the key.
They travel as the secure message did, over verified TLS to the sender's own gateway.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
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
    now = format_datetime(datetime.now(UTC))
    host = settings["hostname"]
    parts = [
        f"Your confidential message has not reached\n\n    {recipient}\n\n{sentence}\n",
        f"Reporting-MTA: dns; {host}\nArrival-Date: {now}\n\nFinal-Recipient: rfc822; {_line(recipient)}\n"
        f"Action: {FAILED}\nStatus: {status}\n",
        f"Message-ID: {_line(message_id)}\n",
    ]
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Mail delivery <postmaster@{host}>"
    message["Subject"] = "Undelivered confidential message"
    message["Date"] = now
    message["Message-ID"] = f"<sealgate.{uuid.uuid4()}@{host}>"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(parts[0], cte="quoted-printable")
    message.make_mixed()
    for text, kind in ((parts[1], "delivery-status"), (parts[2], "rfc822-headers")):
        part = EmailMessage(policy=SMTP)
        part["Content-Type"] = f"{'text' if kind == 'rfc822-headers' else 'message'}/{kind}"
        part.set_payload(text.encode("ascii", "replace").decode())
        message.attach(part)
    body = message.as_bytes().replace(b"multipart/mixed", b"multipart/report; report-type=delivery-status", 1)
    return b"To: <" + _line(sender).encode("utf-8", "surrogateescape") + b">\r\n" + body


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
