"""Classify a message: the one engine of milter and command line. Pure but for what `known_thread` looks up."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sealgate_core.address import domain_of
from sealgate_milter import subject
from sealgate_milter.conditions import Facts, FactTest
from sealgate_milter.message import Message
from sealgate_milter.policy import Policy
from sealgate_milter.reading import read
from sealgate_milter.rules import Rule, copies, decide
from sealgate_milter.search import Search
from sealgate_milter.verdict import Action, Decision, Finding, Verdict


def classify(
    message: Message,
    policy: Policy,
    known_thread: Callable[[Sequence[str]], bool],
    known_recipient: Callable[[Message, str, bool], bool] = lambda *_: False,
    now: datetime | None = None,
) -> Verdict:
    """Return the verdict on `message`: for each recipient what the policy's rules decide; internal ones stay clear.

    `known_thread(message_ids)` tells whether one of these was a secure message; `known_recipient(message, recipient,
    anyone)` whether the sender (`anyone`: one of us) wrote to the recipient before; time windows rest on `now`.
    """
    content = read(message)
    search = Search(content.texts, policy, content.refuse)
    facts = Facts(message, content, known_thread, known_recipient, now or datetime.now(UTC), policy.registered)
    shared: dict[str, bool] = {}
    unreadable = -1
    while unreadable != len(content.unreadable):
        # A search that stops makes a part unreadable while rules are asked: then they are asked once more.
        unreadable = len(content.unreadable)
        shared.clear()
        decisions = {
            recipient: Decision(Action.CLEAR)
            if internal(recipient, policy.internal)
            else _decide(policy, facts, search, shared, recipient)
            for recipient in message.recipients
        }
    return Verdict(
        recipients=decisions,
        findings=tuple(_findings(policy, search, shared, facts)),
        unreadable=tuple(content.unreadable),
        mode=policy.mode,
        copies=copies(
            decisions,
            lambda who: internal(who, policy.internal),
            lambda who: _decide(policy, facts, search, shared, who),
        ),
        subjects=_untagged(message, policy, shared, decisions),
    )


def internal(recipient: str, domains: frozenset[str]) -> bool:
    """Tell whether mail to `recipient` stays with us; without a domain it is completed with our own."""
    domain = domain_of(recipient)
    return not domain or domain in domains


def _decide(
    policy: Policy, facts: Facts, search: Search, shared: dict[str, bool], recipient: str
) -> Decision:
    """Return the decision for one external recipient; `shared` remembers answers that hold for every recipient."""
    own: dict[str, bool] = {}

    def known(name: str) -> bool:
        test = policy.tests[name]
        varies = isinstance(test.test, FactTest) and test.test.varies
        answers = own if varies else shared
        if name not in answers:
            answers[name] = (
                test.test.holds(facts, recipient) if isinstance(test.test, FactTest) else search.holds(name)
            )
        return answers[name]

    return decide(policy.rules, policy.match, lambda rule: rule.holds(known, recipient, facts.now))


def _findings(policy: Policy, search: Search, shared: dict[str, bool], facts: Facts) -> list[Finding]:
    """Return the evidence: every match of a text test, and every fact that was looked at and true."""
    found = search.findings()
    for name, holds in shared.items():
        test = policy.tests[name]
        if holds and isinstance(test.test, FactTest) and test.test.evidence is not None:
            found += test.test.evidence(facts, name)
        elif holds and isinstance(test.test, FactTest):
            part = test.key if test.key in ("subject", "header") else "message"
            found.append(Finding(name, test.test.detector, 1, part, 0, ""))
    return found


def _untagged(
    message: Message, policy: Policy, shared: dict[str, bool], decisions: dict[str, Decision]
) -> dict[int, bytes]:
    """Return the Subjects without their tags when a rule that names a true subject test decided for someone."""
    fired = {name for decision in decisions.values() for name in (decision.rule, decision.vetoed)}
    rules: list[Rule] = [rule for rule in policy.rules if rule.name in fired]
    tags: list[str] = []
    for name, holds in shared.items():
        test = policy.tests[name].test
        if holds and isinstance(test, FactTest) and any(name in rule.names for rule in rules):
            tags += test.tags
    if not tags or policy.mode != "enforce":
        return {}
    # A message may have several; whichever one a reader is shown, the tag is not in it.
    given = [value for name, value in message.header if name.lower() == b"subject"]
    plain = {place: subject.without(raw, tags) for place, raw in enumerate(given, 1)}
    return {place: value for place, value in plain.items() if value != given[place - 1]}
