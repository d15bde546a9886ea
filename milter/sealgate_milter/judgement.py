"""One message, one outcome: what rests on the whole message, between the callbacks and the pure plan.

`load` reads everything a decision rests on into one `Basis`; a reload swaps that one reference, and a message keeps
the basis it began with.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sealgate_core import tag
from sealgate_core.address import domain_of, unsecured
from sealgate_core.parameters import ParameterError, secret_file
from sealgate_core.status import TOO_LARGE, Refusal
from sealgate_core.tag import Field, new_stamp
from sealgate_milter import bounces, settings, tagging
from sealgate_milter.changes import Change
from sealgate_milter.classify import classify
from sealgate_milter.message import Message
from sealgate_milter.notices import Notice, is_notice, notices
from sealgate_milter.outbox import Outbox
from sealgate_milter.policy import Policy, PolicyError, load_policy
from sealgate_milter.recipient_memory import RecipientMemory
from sealgate_milter.registered.registry import Registered
from sealgate_milter.routing import judged_address
from sealgate_milter.thread_memory import ThreadMemory
from sealgate_milter.transaction import Recipient, Transaction
from sealgate_milter.verdict import Action, Decision, Verdict

UNKNOWN_ORIGIN = "origin.invalid"
"""Stands for an origin that is not ours."""


@dataclass(frozen=True)
class Outcome:
    """What happens to a message: `changes` in order, what to keep in mind, `log` for its one log line.

    `remember` is the Message-ID of a secure message, else `""`; `met` are outside addresses that it goes to; `notices`
    are to be sent; `refusal` ends it all: nothing is changed, the message is not taken.
    """

    changes: tuple[Change, ...] = ()
    remember: str = ""
    log: str = ""
    message: Message | None = None
    met: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Basis:
    """What a decision rests on."""

    policy: Policy
    key: bytes
    internal: frozenset[str]
    sender_domains: frozenset[str]
    threads: ThreadMemory
    people: RecipientMemory
    outbox: Outbox
    max_size: int
    max_memory: int
    deadline: int
    reject_text: str
    origin: str = ""

    def is_internal(self, address: str) -> bool:
        """Tell whether mail to `address` stays with us; Postfix completes one without a domain with `origin`."""
        return (domain_of(address) or self.origin) in self.internal

    @property
    def host(self) -> str:
        """A domain of ours, for names that we make up."""
        return self.origin if self.origin in self.internal else min(self.internal, default="localhost")

    def note(self, outcome: Outcome) -> None:
        """Keep what is to be remembered of a message, before Postfix is told anything."""
        if outcome.remember:
            self.threads.remember(outcome.remember)
        if outcome.message and outcome.met:
            self.people.remember(outcome.message, outcome.met)
        if outcome.notices:
            self.outbox.put(outcome.notices)


def load(config: Path, only_check: bool = False) -> Basis:
    """Return the basis that the gateway's files describe; raise `ParameterError` when one of them is no good.

    `only_check` leaves the thread memory alone: root, who checks, would create it where the milter cannot write it.
    """
    values = settings.load(config)
    try:
        policy = load_policy(values["policy"], values["internal"]).knowing(Registered.at(values))
    except PolicyError as error:
        raise ParameterError(str(error)) from error
    if not policy.rules:
        # Most likely a file cut off while it was written; obeying it would let everything out in clear.
        raise ParameterError(f"{values['policy']}:1: has no [[rules]], so nothing would be secured; write at least one")
    key = secret_file(values["tag_key"], 32)
    threads, people = ThreadMemory(values["thread_db"], key), RecipientMemory(values["thread_db"], key)
    origin = values["origin"] or min(policy.internal, default="localhost")
    outbox = Outbox(values["thread_db"], key, *settings.host_and_port(config, values["notice_smtp"]), origin)
    try:
        if not only_check:
            for memory in (threads, people, outbox):
                memory.sweep()
    except sqlite3.Error as error:
        raise ParameterError(f"{config}: thread_db: {values['thread_db']} cannot be used ({error})") from error
    return Basis(
        policy=policy,
        key=key,
        internal=frozenset(policy.internal),
        sender_domains=frozenset(values["sender_domains"]),
        threads=threads,
        people=people,
        outbox=outbox,
        max_size=values["max_size"],
        max_memory=values["max_memory"],
        deadline=values["deadline"],
        reject_text=values["reject_text"],
        origin=values["origin"],
    )


def judge(transaction: Transaction, basis: Basis) -> Outcome:
    """Return the outcome for a complete message; raise `Refusal` when it is refused or put off as a whole."""
    if transaction.too_large:
        if basis.policy.mode == "observe":
            return Outcome(log=f"observed=unjudged reason=too-large size={transaction.size}")
        raise Refusal(TOO_LARGE, f"over {basis.max_size} bytes")
    proven = tagging.proof(transaction, basis.key)
    open_recipients = [r for r in transaction.recipients if not tagging.stays(r, proven)]
    try:
        verdict = _verdict(transaction, open_recipients, basis)
    except Refusal as undecided:
        if basis.policy.mode != "observe":
            raise
        # Who only watches must not make mail wait, say for a directory that does not answer.
        return Outcome(log=f"observed=unjudged reason=undecided cause={undecided.cause!r} size={transaction.size}")
    decisions = {
        recipient.rcpt_to: _decision(judged_address(recipient, basis.is_internal), verdict, basis)
        for recipient in open_recipients
    }
    if verdict.mode == "observe":
        log = _log("observed", decisions, verdict, transaction, "-", basis)
        return Outcome(log=log, message=_message(transaction, ()), met=_met(transaction, decisions, basis))
    return _enforced(transaction, basis, proven, verdict, decisions)


def _enforced(
    transaction: Transaction,
    basis: Basis,
    proven: tagging.Proof | None,
    verdict: Verdict,
    decisions: Mapping[str, Decision],
) -> Outcome:
    """Return the outcome where verdicts are obeyed; `decisions` are those for the recipients without a route."""
    every = [*decisions.values(), *verdict.copies.values()]
    tagging.refuse_foreign(transaction.sender, basis.sender_domains, every)
    # A message that comes by again has been told of already.
    told = () if proven else _notices(transaction, decisions, basis)
    refusal = tagging.rejected(transaction, decisions, basis.is_internal, basis.reject_text)
    if refusal:
        return Outcome(notices=told, refusal=refusal)
    stamp = proven.stamp if proven else new_stamp()
    changes = tagging.plan(
        transaction,
        decisions,
        verdict.subjects,
        basis.key,
        proven=proven,
        body=bounces.cleaned(transaction.sender, transaction.header, transaction.body),
        stamp=stamp,
        routed=frozenset(r.rcpt_to for r in transaction.recipients if r.rcpt_to in decisions and _is_routed(r, basis)),
        copies=verdict.copies,
    )
    secure = any(decision.route is Action.SECURE for decision in every)
    tagged = proven or any(decision.action is not Action.CLEAR for decision in every)
    log = _log("requeued" if proven else "verdict", decisions, verdict, transaction, stamp if tagged else "-", basis)
    return Outcome(
        changes=tuple(changes),
        remember=message_id(transaction.header) if secure else "",
        log=f"{log} told={len(told)} copies={len(verdict.copies)}",
        message=_message(transaction, ()),
        met=_met(transaction, decisions, basis),
        notices=told,
    )


def _met(transaction: Transaction, decisions: Mapping[str, Decision], basis: Basis) -> tuple[str, ...]:
    """Return the outside addresses that the message is let out to, when the policy asks who was written to before."""
    if not transaction.sender or all(test.key != "first_time_recipient" for test in basis.policy.tests.values()):
        return ()
    let_out = {rcpt_to for rcpt_to, decision in decisions.items() if decision.action in (Action.CLEAR, Action.SECURE)}
    addresses = [judged_address(r, basis.is_internal) for r in transaction.recipients if r.rcpt_to in let_out]
    return tuple(address for address in addresses if not basis.is_internal(address))


def _notices(transaction: Transaction, decisions: Mapping[str, Decision], basis: Basis) -> tuple[Notice, ...]:
    if not any(decision.effects for decision in decisions.values()):
        return ()
    named = {judged_address(r, basis.is_internal): decisions[r.rcpt_to] for r in transaction.recipients
             if r.rcpt_to in decisions}
    content = tag.content_digest(transaction.header, transaction.body)
    return tuple(notices(transaction, named, content, basis.internal, basis.host))


def _message(transaction: Transaction, recipients: tuple[str, ...]) -> Message:
    return Message(transaction.sender, recipients, tuple(transaction.header), transaction.body)


def message_id(header: list[Field]) -> str:
    """Return the Message-ID in `header`, `""` when it has none."""
    for name, value in header:
        if name.lower() == b"message-id":
            return value.decode("utf-8", "surrogateescape").strip()
    return ""


def _verdict(transaction: Transaction, recipients: list[Recipient], basis: Basis) -> Verdict:
    """Classify for `recipients`; when all of them have their route already, nothing is left to judge."""
    addresses = (judged_address(recipient, basis.is_internal) for recipient in recipients)
    named = tuple(dict.fromkeys(_whole(address) for address in addresses if _leaves(address, basis)))
    if not named:
        return Verdict({}, mode=basis.policy.mode)
    return classify(_message(transaction, named), basis.policy, basis.threads.known, basis.people.known)


def _whole(address: str) -> str:
    """Return an address without a domain as one that is outside: the engine takes a bare one for ours."""
    return address if domain_of(address) else f"{address}@{UNKNOWN_ORIGIN}"


def _leaves(address: str, basis: Basis) -> bool:
    """Tell whether `address` is to be judged: any with a domain, and one without where `origin` is not ours."""
    return bool(domain_of(address)) or not basis.is_internal(address)


def _decision(address: str, verdict: Verdict, basis: Basis) -> Decision:
    """Return the verdict on `address`; one that Postfix completes with our own domain never leaves our hosts."""
    return verdict.recipients[_whole(address)] if _leaves(address, basis) else Decision(Action.CLEAR)


def _is_routed(recipient: Recipient, basis: Basis) -> bool:
    return judged_address(recipient, basis.is_internal) != unsecured(recipient.address)


def _log(
    word: str,
    decisions: Mapping[str, Decision],
    verdict: Verdict,
    transaction: Transaction,
    stamp: str,
    basis: Basis,
) -> str:
    counts = Counter(decision.action.value for decision in decisions.values())
    kept = len(transaction.recipients) - len(decisions)
    shown = [f"{name}:{count}" for name, count in sorted(counts.items())] + ([f"kept:{kept}"] if kept else [])
    tests = sorted({finding.test for finding in verdict.findings})
    return (
        f"stamp={stamp} {word}={','.join(shown) or '-'} rule={_rule(decisions)} "
        f"tests={','.join(tests) or '-'} unreadable={len(verdict.unreadable)} size={transaction.size} "
        f"kind={_kind(transaction, verdict, basis)}"
    )


def _rule(decisions: Mapping[str, Decision]) -> str:
    """Return the rule that made the message confidential, else the first that let it out in clear; `-` without one."""
    confidential = tagging.rule_of(decisions)
    granted = (decision.rule for decision in decisions.values() if decision.rule)
    return confidential if confidential != "-" else next(granted, "-")


def _kind(transaction: Transaction, verdict: Verdict, basis: Basis) -> str:
    """Return `outside`, `internal` (all of it stays with our own people) or `notice` (one of our own notices)."""
    addresses = [*(judged_address(r, basis.is_internal) for r in transaction.recipients), *verdict.copies]
    if not all(map(basis.is_internal, addresses)):
        return "outside"
    return "notice" if is_notice(transaction, basis.host) else "internal"
