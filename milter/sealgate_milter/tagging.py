"""From a verdict to what Postfix must change: pure, so every case can be tested without a mail server.

Each secure recipient is replaced by its address under the routing suffix, with the original in ORCPT. One tag field
proves that we decided so; a message that comes by again with a tag that verifies keeps tag, stamp and routes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.header import Header

from sealgate_core import address, tag
from sealgate_core.status import FOREIGN_SENDER_GATEWAY, REJECTED_BY_POLICY, UNSUITABLE_ADDRESS, Refusal, Reply
from sealgate_core.tag import Field
from sealgate_milter.changes import (
    AddField,
    AddRecipient,
    Change,
    ChangeField,
    DeleteRecipient,
    Quarantine,
    ReplaceBody,
)
from sealgate_milter.routing import judged_address
from sealgate_milter.transaction import Recipient, Transaction
from sealgate_milter.verdict import Action, Decision

UNDELIVERABLE = "unsuitable@address.invalid"
"""Stands for a bounce's recipient that cannot be secured: it is rejected as a route, for a refused bounce loops."""

_KINDS = {Action.SECURE: "", Action.REJECT: "reject"}
_HELD = "hold"
"""Kind of a held recipient that is secure once it is released: it goes to the tunnel, too, but is judged anew when an
admin requeues it, so that it does not slip out of the hold queue."""


@dataclass(frozen=True)
class Proof:
    """A tag of ours that verified: its `stamp` and its place, the `index`th `X-Sealgate` field."""

    stamp: str
    index: int


def proof(transaction: Transaction, key: bytes) -> Proof | None:
    """Return the first tag in the header that this gateway made for this very message."""
    wanted = tag.FIELD.lower().encode()
    values = [value for name, value in transaction.header if name.lower() == wanted]
    if not values:
        return None
    content = tag.content_digest(transaction.header, transaction.body)
    for index, value in enumerate(values, 1):
        stamp = tag.verify(value, key, transaction.sender, content)
        if stamp:
            return Proof(stamp, index)
    return None


def stays(recipient: Recipient, proven: Proof | None) -> bool:
    """Tell whether `recipient` was secured by us before and so keeps its route without a new verdict.

    A held or rejected one is judged again: it goes on when it is requeued after the policy changed, else is held again.
    """
    bare = address.unsecured(recipient.address)
    return proven is not None and address.is_secured(recipient.address) and _is_plain(recipient.address, bare)


def _is_plain(given: str, bare: str) -> bool:
    return given.lower() == f"{bare}.{address.SUFFIX}".lower()


def header_text(raw: bytes) -> str:
    """Return a raw header value as libmilter can take it: no CR or NUL, and never octets that are not UTF-8."""
    raw = raw.replace(b"\r", b"").replace(b"\0", b"").strip()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return Header(raw.decode("latin-1"), "iso-8859-1", maxlinelen=76).encode(linesep="\n")


def plan(
    transaction: Transaction,
    decisions: Mapping[str, Decision],
    subjects: Mapping[int, bytes],
    key: bytes,
    *,
    proven: Proof | None,
    body: bytes | None,
    stamp: str,
    routed: frozenset[str] = frozenset(),
    copies: Mapping[str, Decision] | None = None,
) -> list[Change]:
    """Return the changes that carry out `decisions` (by `rcpt_to`; recipients that stay have none), in their order.

    `subjects`: new raw Subject values by place, from 1; `body`: a new body or `None`; `stamp`: the stamp of a new tag;
    `routed`: the `rcpt_to`s that hide their destination in a local part, which no suffix can carry; `copies`: decisions
    on blind copies, by address. One held recipient holds the whole message: Postfix knows no other way.
    Raises `Refusal` when a recipient cannot be secured.
    """
    routes = [
        change
        for recipient in transaction.recipients
        if recipient.rcpt_to in decisions
        for change in _route(recipient, decisions, transaction.sender, routed)
    ]
    every = [*decisions.values(), *(copies or {}).values()]
    tagged = any(decision.action is not Action.CLEAR for decision in every)
    header, subject_changes = _with_subjects(transaction.header, subjects if tagged else {})
    rewritten = bool(subject_changes) or body is not None
    keeps_tag = proven is not None and not rewritten
    changes: list[Change] = [*_forged(transaction.header, proven if keeps_tag else None), *subject_changes, *routes]
    changes += _blind_copies(transaction, copies or {})
    if not keeps_tag and (tagged or proven):
        content = tag.content_digest(header, transaction.body if body is None else body)
        value = tag.make(key, proven.stamp if proven else stamp, rule_of(decisions), transaction.sender, content)
        changes.append(AddField(tag.FIELD, value))
    if body is not None:
        changes.append(ReplaceBody(body))
    if any(decision.action is Action.HOLD for decision in every):
        changes.append(Quarantine(f"rule {printable(rule_of(decisions))}"))
    return changes


def printable(text: str) -> str:
    """Return `text` as Postfix's log can hold it."""
    return "".join(c if " " <= c <= "~" and c != "%" else "?" for c in text)[:100]


def _blind_copies(transaction: Transaction, copies: Mapping[str, Decision]) -> Iterator[AddRecipient]:
    """Yield a recipient for every copy that is none already; no notice of its delivery goes to the sender."""
    present = {address.identity(address.unsecured(recipient.address)) for recipient in transaction.recipients}
    for who, decision in copies.items():
        if address.identity(who) not in present and decision.route is not Action.REJECT:
            target = _target(who, decision, transaction.sender, routed=False)
            yield AddRecipient(f"<{target}>", f"ORCPT={address.orcpt(who)} NOTIFY=NEVER")


def rule_of(decisions: Mapping[str, Decision]) -> str:
    """Return the rule that made the message confidential, the one that holds it before others; `-` without one."""
    confidential = (decision for decision in decisions.values() if decision.action is not Action.CLEAR)
    rules = (decision.rule for decision in sorted(confidential, key=lambda d: d.action is not Action.HOLD))
    return next((rule for rule in rules if rule), "-")


def _route(
    recipient: Recipient, decisions: Mapping[str, Decision], sender: str, routed: frozenset[str]
) -> Iterator[Change]:
    given, bare = recipient.address, address.unsecured(recipient.address)
    target = _target(bare, decisions[recipient.rcpt_to], sender, recipient.rcpt_to in routed)
    if target == given:
        return
    if not _encodable(recipient.rcpt_to) or not _encodable(target):
        raise Refusal(UNSUITABLE_ADDRESS, "a recipient address is not UTF-8")
    yield DeleteRecipient(recipient.rcpt_to)
    yield AddRecipient(f"<{target}>", _dsn_parameters(recipient, bare))


def _target(bare: str, decision: Decision, sender: str, routed: bool) -> str:
    if decision.route is Action.CLEAR:
        return bare
    kind = _HELD if decision.action is Action.HOLD else _KINDS[decision.route]
    return _secured(bare, kind, sender, routed)


def _secured(bare: str, kind: str, sender: str, routed: bool) -> str:
    try:
        if routed:
            raise address.AddressRefused("a recipient address hides where it leads (%, !, a comment or a second @)")
        return address.secured(bare, kind)
    except address.AddressRefused as error:
        if not sender:
            return address.secured(UNDELIVERABLE, "reject")
        reply = Reply(UNSUITABLE_ADDRESS.code, UNSUITABLE_ADDRESS.enhanced, f"confidential message: {error}")
        raise Refusal(reply, "a recipient address cannot be secured") from error


def _dsn_parameters(recipient: Recipient, bare: str) -> str:
    given = {name.upper(): value for name, _, value in (item.partition("=") for item in recipient.parameters)}
    original = given.get("ORCPT", "")
    if not original or address.is_secured(address.from_orcpt(original)):
        original = address.orcpt(bare)
    wanted = {"ORCPT": original, "NOTIFY": given.get("NOTIFY")}
    return " ".join(f"{name}={value}" for name, value in wanted.items() if value)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _forged(header: Sequence[Field], keep: Proof | None) -> Iterator[ChangeField]:
    """Yield the removal of every field of ours but the proven one, last one first: an index counts what is left."""
    counts: dict[bytes, int] = {}
    found = []
    for name, _ in header:
        lower = name.lower()
        if lower.startswith(tag.PREFIX):
            counts[lower] = counts.get(lower, 0) + 1
            found.append((name, counts[lower]))
    for name, index in reversed(found):
        if keep is None or (name.lower(), index) != (tag.FIELD.lower().encode(), keep.index):
            yield ChangeField(name.decode("utf-8", "replace"), index, "")


def _with_subjects(
    header: Sequence[Field], subjects: Mapping[int, bytes]
) -> tuple[Sequence[Field], list[ChangeField]]:
    """Return the header with new values of its Subjects, and the changes that make it so."""
    places = [place for place, (name, _) in enumerate(header) if name.lower() == b"subject"]
    changed, changes = [*header], []
    # The last one first: an empty value removes its field, and an index counts what is left.
    for number, raw in sorted(subjects.items(), reverse=True):
        place, text = places[number - 1], header_text(raw)
        changed[place : place + 1] = [(header[place][0], text.encode())] if text else []
        changes.append(ChangeField("Subject", number, text))
    return changed, changes


def refuse_foreign(sender: str, sender_domains: frozenset[str], decisions: Iterable[Decision]) -> None:
    """Raise `Refusal` when confidential mail has a sender the cloud would refuse; a bounce (no sender) may pass."""
    secure = any(decision.route is Action.SECURE for decision in decisions)
    if secure and sender and address.domain_of(sender) not in sender_domains:
        raise Refusal(FOREIGN_SENDER_GATEWAY, "sender domain is not ours")


def rejected(
    transaction: Transaction, decisions: Mapping[str, Decision], is_internal: Callable[[str], bool], text: str
) -> Refusal | None:
    """Return the refusal when policy rejects every outside recipient; bounces are rejected by route, never refused."""
    outside = [r for r in transaction.recipients if not is_internal(judged_address(r, is_internal))]
    actions = {decisions[r.rcpt_to].action if r.rcpt_to in decisions else Action.SECURE for r in outside}
    if transaction.sender and actions == {Action.REJECT}:
        return Refusal(Reply(REJECTED_BY_POLICY.code, REJECTED_BY_POLICY.enhanced, text), rule_of(decisions))
    return None
