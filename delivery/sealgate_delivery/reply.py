"""A recipient's answer from the portal: composed for the sender, queued over verified TLS to the sender's gateway."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from sealgate_core.address import domain_of
from sealgate_delivery import audit, copies, outbox_rows
from sealgate_delivery.notice import plain
from sealgate_delivery.store import Copy, Message, Outbox, database

Attachment = tuple[str, str, bytes]
"""File name, media type, content."""


class NoReplyWay(Exception):
    """The message has no sender who could be answered."""


def compose(original: Message, copy: Copy, reader_name: str, subject: str, text: str,
            attachments: Sequence[Attachment], settings: Mapping[str, Any]) -> bytes:
    """Return the answer as RFC 5322 bytes.

    Names and text are the reader's, so nothing of them reaches a header but as one clean line. `From` is the address
    of the copy; the Message-ID begins with `sealgate.`, so that the gateway keeps later turns secure.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = plain(subject, 200) or "Re: your confidential message"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<sealgate.{uuid.uuid4()}@{settings['hostname']}>"
    message.set_content(text.replace("\r\n", "\n"), charset="utf-8", cte="base64" if not text.isascii() else None)
    for name, kind, content in attachments:
        main, _, sub = kind.partition(";")[0].strip().partition("/")
        safe = kind.isascii() and main.isalnum() and sub.replace("-", "").replace(".", "").replace("+", "").isalnum()
        if not safe or main in {"multipart", "message"}:
            main, sub = "application", "octet-stream"
        message.add_attachment(content, maintype=main, subtype=sub, filename=plain(name, 200) or "file")
    # Addresses and ids stand as they came; each is one line by now, so none can begin another field.
    lines = [f"From: {_phrase(reader_name)}<{_one_line(copy.address)}>", f"To: <{_one_line(original.sender)}>"]
    if original.message_id:
        lines += [f"In-Reply-To: {_one_line(original.message_id)}", f"References: {_one_line(original.message_id)}"]
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape") + message.as_bytes()


def _one_line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:900]


def _phrase(name: str) -> str:
    clean = plain(name).replace("\\", "").replace('"', "")
    if not clean:
        return ""
    return f'"{clean}" ' if clean.isascii() else Header(clean, "utf-8").encode(linesep="\r\n") + " "


def send_reply(copy: Copy, reader_name: str, subject: str, text: str, attachments: Sequence[Attachment],
               settings: Mapping[str, Any]) -> Outbox:
    """Queue the answer to a copy and note that it was answered; raise `NoReplyWay` for a message without a sender."""
    message: Message = copy.message
    if not message.sender:
        raise NoReplyWay("this message has no sender to answer")
    mail = compose(message, copy, reader_name, subject, text, attachments, settings)
    row_id = outbox_rows.new_id()
    # Should it bounce, Postfix's bounce comes to us: one written to the reader would carry the answer in clear.
    envelope_sender = f"reply+{row_id}@{domain_of(settings['notice_from'])}"
    with database.atomic():
        row = outbox_rows.enqueue(
            "reply", "direct", envelope_sender, message.sender, mail, transit_dir=Path(settings["transit_keys"]),
            blobs=Path(settings["blobs"]), tenant=message.tenant, subject_id=copy.id, outbox_id=row_id,
        )
        copies.mark_replied([copy.id])
        audit.record("reply-queued", message.tenant_id, copy.id, domain=domain_of(message.sender), size=len(mail))
    return row
