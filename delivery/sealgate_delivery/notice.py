"""The mails that we write to recipients: the notice of a secure message, and the code. Plain text, DKIM-signed.

The text is `docs/sealing.md`'s: who wrote, until when, one link, the key outside the link as well, a reference that
page and mail share, and somebody to ring. Nothing of the message itself, not even its subject.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from textwrap import wrap
from typing import Any
from urllib.parse import urlsplit

from sealgate_core.address import domain_of, split
from sealgate_delivery.dkim_sign import sign
from sealgate_delivery.notices import NoticeFacts

WIDTH = 72
NAME_LIMIT = 60


def plain(text: str, limit: int = NAME_LIMIT) -> str:
    """Return `text` fit for one line of a mail or a header: no control characters, no direction marks, not too long.

    Nor what looks like an encoded word (RFC 2047): a reader's program would decode it into whatever it hides.
    """
    kept = "".join(c if c.isprintable() and c != "\N{REPLACEMENT CHARACTER}" else " " for c in text)
    kept = " ".join(kept.replace("=?", "= ?").split())
    return kept if len(kept) <= limit else kept[: limit - 3].rstrip() + "..."


def name_of(text: str) -> str:
    """Return a sender's name without what could pass for a link, an address or a key: it stands beside ours."""
    return plain(text.translate(dict.fromkeys(map(ord, ':/\\#@<>"'), " ")), 40)


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, break_on_hyphens=False)


def grouped(text: str, size: int = 4) -> str:
    """Return `text` in hyphenated groups, easier to compare and to type."""
    return "-".join(text[i : i + size] for i in range(0, len(text), size))


def _day(moment: int) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {day:%B %Y}"


def _mail(settings: Mapping[str, Any], name: str, to: str, subject: str, text: str, outbox_id: str) -> bytes:
    message = EmailMessage(policy=SMTP.clone(max_line_length=998, refold_source="none"))
    local, _ = split(settings["notice_from"])
    domain = domain_of(settings["notice_from"])
    message["From"] = Address(plain(name, 110), local, domain)
    message["Subject"] = plain(subject, 200)
    message["Date"] = format_datetime(datetime.now(UTC))
    # The same id whenever this row is handed over: a mailbox that gets it twice can tell.
    message["Message-ID"] = f"<sealgate.{outbox_id}@{settings['hostname']}>"
    message["Auto-Submitted"] = "auto-generated"
    ascii_only = text.isascii()
    message.set_content(text, charset="us-ascii" if ascii_only else "utf-8", cte="7bit" if ascii_only else "8bit")
    # The recipient's address stands as it came: it may be one that the header classes would refuse.
    to_line = b"To: <" + to.encode("utf-8", "surrogateescape").replace(b"\r", b"").replace(b"\n", b"") + b">\r\n"
    return sign(to_line + message.as_bytes(), settings)


def composer(settings: Mapping[str, Any]) -> Callable[[NoticeFacts], bytes]:
    """Return what makes the finished notice (RFC 5322 bytes) from its facts."""
    return lambda facts: notice_mail(settings, facts)


def notice_mail(settings: Mapping[str, Any], facts: NoticeFacts) -> bytes:
    """Return the notice: text of at most 72 columns but for the link, the key in the link's fragment and on its own."""
    brand = plain(facts.tenant.display_name)
    person = name_of(facts.sender_name) or facts.sender or brand
    reference = grouped(facts.reference)
    portal, host = settings["portal_url"], urlsplit(settings["portal_url"]).netloc
    who = person if person in {facts.sender, brand} else f"{person} <{facts.sender}>"
    what = "a confidential message" if facts.count == 1 else f"{facts.count} confidential messages"
    waits = "It waits" if facts.count == 1 else "They wait"
    doubts = ", ".join(filter(None, (brand, plain(facts.tenant.contact, 200))))
    paragraphs = [
        [*_wrapped(f"{who} has sent you {what}."), f"{waits} for you until {_day(facts.expires)}."],
        ["Read it here. We will mail you a code to type in:",
         f"{portal}/n/{facts.reference}#{facts.secret_text}"],
        [*_wrapped(f'If that does not open it, go to {host}, choose "I have a notice", and paste this whole mail.'),
         f"Key: {grouped(facts.secret_text)}"],
        [f"The page shows the same reference: {reference}",
         *_wrapped(f"Doubts? {doubts}, or {host}/genuine"),
         "Keep this mail: it opens the message.", "Please reply on the page, not here."],
    ]
    text = "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"
    name = f"{person} via {brand}" if person != brand else brand
    return _mail(settings, name, facts.address, f"Secure message from {person}, {brand} ({reference})", text,
                 facts.outbox_id)


def code_mail(settings: Mapping[str, Any], address: str, digits: str, display_name: str, outbox_id: str) -> bytes:
    """Return the mail that carries a code: its subject begins with it, so that a phone's banner shows it."""
    host = urlsplit(settings["portal_url"]).netloc
    brand = plain(display_name) or host
    code = " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
    text = "\n".join((
        f"{code} is your code.", "",
        *_wrapped(f"Type it on the page {host} that you have open. It is good for 10 minutes."), "",
        *_wrapped("You did not ask for a code? Then somebody else, or a program that checks mail, opened a page with "
                  "your address. Nothing has been shown to them; ignore this mail, and give the code to nobody."), "",
    ))
    return _mail(settings, brand, address, f"{code} is your code - {brand}", text, outbox_id)
