"""One message, one outcome: what rests on the whole message, between the callbacks and the pure plan.

`load` reads everything a decision rests on into one `Basis`; a reload swaps that one reference, and a message keeps
the basis it began with.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sealgate_core.address import domain_of, unsecured
from sealgate_core.parameters import ParameterError, secret_file
from sealgate_core.status import TOO_LARGE, Refusal
from sealgate_core.tag import Field, new_stamp
from sealgate_milter import bounces, settings, tagging
from sealgate_milter.changes import Change
from sealgate_milter.classify import classify
from sealgate_milter.message import Message
from sealgate_milter.policy import Policy, PolicyError, load_policy
from sealgate_milter.routing import judged_address
from sealgate_milter.thread_memory import ThreadMemory
from sealgate_milter.transaction import Recipient, Transaction
from sealgate_milter.verdict import Action, Decision, Verdict

UNKNOWN_ORIGIN = "origin.invalid"
"""Stands for an origin that is not ours."""


@dataclass(frozen=True)
class Basis:
    """What a decision rests on."""

    policy: Policy
    key: bytes
    internal: frozenset[str]
    sender_domains: frozenset[str]
    threads: ThreadMemory
    max_size: int
    max_memory: int
    deadline: int
    reject_text: str
    origin: str = ""

    def is_internal(self, address: str) -> bool:
        """Tell whether mail to `address` stays with us; Postfix completes one without a domain with `origin`."""
        return (domain_of(address) or self.origin) in self.internal


@dataclass(frozen=True)
class Outcome:
    """What happens to a message: `changes` in order, `remember` (a Message-ID or `""`), `log` for its one log line."""

    changes: tuple[Change, ...] = ()
    remember: str = ""
    log: str = ""


def load(config: Path, only_check: bool = False) -> Basis:
    """Return the basis that the gateway's files describe; raise `ParameterError` when one of them is no good.

    `only_check` leaves the thread memory alone: root, who checks, would create it where the milter cannot write it.
    """
    values = settings.load(config)
    try:
        policy = load_policy(values["policy"], values["internal"])
    except PolicyError as error:
        raise ParameterError(str(error)) from error
    if not policy.rules:
        # Most likely a file cut off while it was written; obeying it would let everything out in clear.
        raise ParameterError(f"{values['policy']}:1: has no [[rules]], so nothing would be secured; write at least one")
    key = secret_file(values["tag_key"], 32)
    threads = ThreadMemory(values["thread_db"], key)
    try:
        if not only_check:
            threads.sweep()
    except sqlite3.Error as error:
        raise ParameterError(f"{config}: thread_db: {values['thread_db']} cannot be used ({error})") from error
    return Basis(
        policy=policy,
        key=key,
        internal=frozenset(policy.internal),
        sender_domains=frozenset(values["sender_domains"]),
        threads=threads,
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
    verdict = _verdict(transaction, open_recipients, basis)
    decisions = {
        recipient.rcpt_to: _decision(judged_address(recipient, basis.is_internal), verdict, basis)
        for recipient in open_recipients
    }
    stamp = proven.stamp if proven else new_stamp()
    if verdict.mode == "observe":
        return Outcome(log=_log("observed", decisions, verdict, transaction, "-"))
    tagging.refuse_foreign(transaction.sender, basis.sender_domains, decisions)
    tagging.refuse_rejected(transaction, decisions, basis.is_internal, basis.reject_text)
    changes = tagging.plan(
        transaction,
        decisions,
        verdict.subjects,
        basis.key,
        proven=proven,
        body=bounces.cleaned(transaction.sender, transaction.header, transaction.body),
        stamp=stamp,
        routed=frozenset(r.rcpt_to for r in open_recipients if _is_routed(r, basis)),
    )
    secure = any(decision.action is Action.SECURE for decision in decisions.values())
    tagged = proven or any(decision.action is not Action.CLEAR for decision in decisions.values())
    return Outcome(
        changes=tuple(changes),
        remember=message_id(transaction.header) if secure else "",
        log=_log("requeued" if proven else "verdict", decisions, verdict, transaction, stamp if tagged else "-"),
    )


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
    message = Message(transaction.sender, named, tuple(transaction.header), transaction.body)
    return classify(message, basis.policy, basis.threads.known)


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


def _log(word: str, decisions: Mapping[str, Decision], verdict: Verdict, transaction: Transaction, stamp: str) -> str:
    counts = Counter(decision.action.value for decision in decisions.values())
    kept = len(transaction.recipients) - len(decisions)
    shown = [f"{name}:{count}" for name, count in sorted(counts.items())] + ([f"kept:{kept}"] if kept else [])
    tests = sorted({finding.test for finding in verdict.findings})
    return (
        f"stamp={stamp} {word}={','.join(shown) or '-'} rule={tagging.rule_of(decisions)} "
        f"tests={','.join(tests) or '-'} unreadable={len(verdict.unreadable)} size={transaction.size}"
    )
