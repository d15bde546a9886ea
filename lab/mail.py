"""Sending and finding mail in the lab."""

import mailbox
import smtplib
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def message(subject: str, text: str, sender: str = "jane@acme.test", to: Sequence[str] = ()) -> EmailMessage:
    """Return a message with the fields that a mail program writes."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Jane Roe <{sender}>"
    mail["To"] = ", ".join(to)
    mail["Subject"] = subject
    mail["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail.set_content(text)
    return mail


def send(
    where: tuple[str, int], mail: EmailMessage | bytes, recipients: Sequence[str], sender: str = "jane@acme.test",
    options: Sequence[str] = (), words: Sequence[str] = (),
) -> None:
    """Send by SMTP; `options` go to MAIL FROM, `words` to every RCPT TO; any refusal is an `SMTPResponseException`."""
    data = mail if isinstance(mail, bytes) else mail.as_bytes()
    with smtplib.SMTP(*where, timeout=60, local_hostname="desktop.acme.test", source_address=(where[0], 0)) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        _expect(client.mail(sender, list(options)))
        for recipient in recipients:
            _expect(client.rcpt(recipient, list(words)))
        _expect(client.data(data))


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, text)


def messages(maildir: Path) -> list[bytes]:
    """Return everything in a Maildir, oldest first."""
    places = [*(maildir / "new").glob("*"), *(maildir / "cur").glob("*")]
    return [place.read_bytes() for place in sorted(places, key=lambda place: (place.stat().st_mtime_ns, place.name))]


def found(maildir: Path, *texts: str | bytes) -> list[bytes]:
    """Return the messages in a Maildir in which every text stands."""
    wanted = [text.encode() if isinstance(text, str) else text for text in texts]
    return [raw for raw in messages(maildir) if all(text in raw for text in wanted)]


def until(ask: Callable[[], Result], seconds: float = 30, what: str = "") -> Result:
    """Ask until the answer is true, and return it; `TimeoutError` after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > end:
            raise TimeoutError(what or "what was waited for did not happen")
        time.sleep(0.05)
    return answer


def arrives(maildir: Path, *texts: str | bytes, seconds: float = 30) -> bytes:
    """Wait for a message with these texts in a Maildir and return it."""
    return until(lambda: found(maildir, *texts), seconds, f"no mail with {texts} in {maildir.parent.parent.name}")[0]


def parsed(raw: bytes) -> mailbox.Message:
    """Return a stored message parsed."""
    return mailbox.Message(raw)


def without_trace(raw: bytes) -> bytes:
    """Return a message without what mail servers put on top of it, and with CRLF line ends."""
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    while lines:
        name = lines[0].partition(b":")[0].lower()
        if name not in (b"received", b"return-path", b"delivered-to", b"x-original-to"):
            break
        lines.pop(0)
        while lines and lines[0][:1] in (b" ", b"\t"):
            lines.pop(0)
    return b"\r\n".join(lines)
