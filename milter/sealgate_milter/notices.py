"""Who is told what about a message, and the mail that tells it. Pure: nothing is stored or sent here.

A notice names sender, recipients, rule and outcome. It never holds the subject, a word of the text, or what was found.
"""

import email.utils
import quopri
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sealgate_core.address import domain_of
from sealgate_core.tag import Field
from sealgate_milter.transaction import Transaction
from sealgate_milter.verdict import Action, Decision

_NAME = "notice"
"""Stands in the Message-ID of every notice."""
_MESSAGE_ID = re.compile(rb"<[!-;=?-~]{1,200}>")
_SHOWN = 20
"""Recipients that a notice lists; of more it gives the number."""

_Words = Mapping[Action, tuple[str, str]]
_WORDS: _Words = {
    Action.HOLD: ("held", "Held. It waits in the mail queue until an administrator releases or drops it:"),
    Action.REJECT: ("rejected", "Rejected. It does not go out:"),
    Action.SECURE: ("sent securely", "Sent securely:"),
    Action.CLEAR: ("sent in clear", "Sent without protection:"),
}
_LATER: _Words = {
    **_WORDS,
    Action.SECURE: ("held", "To be sent securely, when the message is released:"),
    Action.CLEAR: ("held", "To be sent without protection, when the message is released:"),
}
"""What is said of the other recipients of a message that is held: all of it waits."""
_GONE: _Words = {
    Action.HOLD: ("dropped", "Dropped by an administrator of the mail policy, after it was held. It is not delivered:")
}
_OVERRULED = "The sender asked for clear text, which the organisation's policy does not grant here."


@dataclass(frozen=True)
class Notice:
    """One mail to one person about one message: `mail` is ready to be sent, `about` tells retries of it apart."""

    to: str
    about: tuple[str, ...]
    mail: bytes


def notices(
    transaction: Transaction, decisions: Mapping[str, Decision], content: str, internal: frozenset[str], host: str
) -> list[Notice]:
    """Return who is told about `decisions` (by address, in order): the sender first, then whom the rules name.

    `content`: what tells this message from every other; `internal`: our domains, for outside nobody is told;
    `host`: our domain, for the notice's own name. A bounce (no sender) and mail of programs have no sender to tell.
    """
    words = _LATER if any(decision.action is Action.HOLD for decision in decisions.values()) else _WORDS
    told: dict[str, dict[str, Decision]] = {}
    if _may_answer(transaction):
        told[transaction.sender] = {a: d for a, d in decisions.items() if _tells_sender(d)}
    for address, decision in decisions.items():
        for who in (who for effect in decision.effects for who in effect.tell):
            told.setdefault(who, {})[address] = decision
    return [
        Notice(who, (who, transaction.sender, content), _mail(who, transaction, about, words, host))
        for who, about in told.items()
        if about and domain_of(who) in internal and _sendable(who)
    ]


def dropped(
    transaction: Transaction,
    recipients: Sequence[str],
    rule: str | None,
    content: str,
    internal: frozenset[str],
    host: str,
) -> list[Notice]:
    """Return what tells the sender that a message held by `rule` was dropped; empty where `notices` would not tell."""
    who = transaction.sender
    if not (_may_answer(transaction) and domain_of(who) in internal and _sendable(who)):
        return []
    about = {address: Decision(Action.HOLD, rule) for address in recipients}
    return [Notice(who, (who, who, content, "dropped"), _mail(who, transaction, about, _GONE, host))]


def is_notice(transaction: Transaction, host: str) -> bool:
    """Tell whether a message looks like one of our notices, good enough to count it by."""
    return not transaction.sender and _message_id(transaction.header).endswith(f".{_NAME}@{host}>")


def _sendable(address: str) -> bool:
    """Tell whether an address fits into an SMTP command: no control character, no octet that is no UTF-8."""
    return address.isprintable() and not set(address) & set("<> ")


def _tells_sender(decision: Decision) -> bool:
    # Of a rejected copy the sender hears from his own mail server.
    if decision.action is Action.REJECT:
        return False
    return any(effect.tell_sender for effect in decision.effects)


def _may_answer(transaction: Transaction) -> bool:
    """Tell whether a person sent it (RFC 3834 section 2: never answer what a program sent)."""
    values = {name.lower(): value.strip().lower() for name, value in transaction.header}
    automatic = values.get(b"auto-submitted", b"no").partition(b";")[0].strip() != b"no"
    bulk = values.get(b"precedence") in (b"bulk", b"list", b"junk") or b"list-id" in values
    return bool(transaction.sender) and not automatic and not bulk


def _mail(who: str, transaction: Transaction, about: Mapping[str, Decision], words: _Words, host: str) -> bytes:
    """Return the mail, written line by line: an address may be anything, and no parser is to stumble over it."""
    domain = domain_of(who)
    outcomes = dict.fromkeys(words[decision.action][0] for decision in about.values())
    mine = who == transaction.sender
    original = _message_id(transaction.header)
    text = _text(who, transaction, about, words)
    header = {
        "From": f'"Mail policy of {domain}" <postmaster@{domain}>',
        "To": f"<{_plain(who)}>",
        "Subject": f"{'Your' if mine else 'A'} message was {' and '.join(outcomes)}",
        "Date": email.utils.formatdate(localtime=True),
        "Message-ID": email.utils.make_msgid(_NAME, host),
        "Auto-Submitted": "auto-replied" if mine else "auto-generated",
        # Exchange and Outlook: no absence note, no receipt.
        "X-Auto-Response-Suppress": "All",
        "In-Reply-To": original,
        "References": original,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "quoted-printable",
    }
    body = quopri.encodestring(text.encode("utf-8")).decode("ascii")
    lines = [*(f"{name}: {value}" for name, value in header.items() if value), "", *body.split("\n")]
    return "\r\n".join(lines).encode("utf-8")


def _text(who: str, transaction: Transaction, about: Mapping[str, Decision], words: _Words) -> str:
    mine = who == transaction.sender
    facts = {"From": "" if mine else _plain(transaction.sender) or "(a mail system)", "Date": _date(transaction.header)}
    head = f"This is an automatic notice of {domain_of(who)} about {'your' if mine else 'a'} message."
    parts = ["\n".join([head, *(f"{name}: {value}" for name, value in facts.items() if value)])]
    groups: dict[tuple[Action, str | None, bool], list[str]] = {}
    for address, decision in about.items():
        groups.setdefault((decision.action, decision.rule, decision.vetoed is not None), []).append(address)
    for (action, rule, vetoed), addresses in groups.items():
        lines = [words[action][1], *(f"    {_plain(address)}" for address in addresses[:_SHOWN])]
        lines += [f"    and {len(addresses) - _SHOWN} more"] if len(addresses) > _SHOWN else []
        lines += [f"Rule of the policy: {rule}"] if rule else []
        lines += [_OVERRULED] if vetoed else []
        parts.append("\n".join(lines))
    if words is _LATER:
        parts.append("The whole message waits, for every recipient. There is no need to send it again.")
    parts.append("Nothing of the message itself stands here. Please do not answer; ask your administrator.")
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Return what a header or a line of text can hold: one line of characters that can be encoded."""
    return "".join(c if c.isprintable() else "?" for c in text.encode("utf-8", "replace").decode("utf-8"))[:320]


def _date(header: Sequence[Field]) -> str:
    """Return the message's Date in our own words; a sender may write anything there."""
    raw = next((value for name, value in header if name.lower() == b"date"), b"")[:100]
    try:
        moment: datetime = email.utils.parsedate_to_datetime(raw.decode("ascii", "replace"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    return email.utils.format_datetime(moment)


def _message_id(header: Sequence[Field]) -> str:
    raw = next((value for name, value in header if name.lower() == b"message-id"), b"").strip()
    return raw.decode("ascii") if _MESSAGE_ID.fullmatch(raw) else ""
