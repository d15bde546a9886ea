"""Classify a message: the one engine of milter and command line. Pure but for what `known_thread` looks up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sealgate_core.address import domain_of
from sealgate_milter import subject
from sealgate_milter.conditions import Facts, FactTest, TextTest
from sealgate_milter.detectors.match import Match
from sealgate_milter.message import Message
from sealgate_milter.policy import NamedTest, Policy
from sealgate_milter.reading import Content, Text, read
from sealgate_milter.rules import Rule, decide
from sealgate_milter.verdict import Action, Decision, Finding, Verdict

MAX_MATCHES = 1000
"""Matches of one test in one text that are counted."""


@dataclass
class _Count:
    """What one text test has found so far."""

    values: set[bytes] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    close: bool = False


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
    counts = _search(content, policy)
    facts = Facts(message, content, known_thread, known_recipient, now or datetime.now(UTC))
    shared: dict[str, bool] = {}
    decisions = {
        recipient: Decision(Action.CLEAR)
        if internal(recipient, policy.internal)
        else _decide(policy, facts, counts, shared, recipient)
        for recipient in message.recipients
    }
    return Verdict(
        recipients=decisions,
        findings=tuple(_findings(policy, counts, shared)),
        unreadable=tuple(content.unreadable),
        mode=policy.mode,
        subjects=_untagged(message, policy, shared, decisions),
    )


def internal(recipient: str, domains: frozenset[str]) -> bool:
    """Tell whether mail to `recipient` stays with us; without a domain it is completed with our own."""
    domain = domain_of(recipient)
    return not domain or domain in domains


def _search(content: Content, policy: Policy) -> dict[str, _Count]:
    """Look for every text test in every text."""
    counts: dict[str, _Count] = {}
    for index, text in enumerate(content.texts):
        for name in (*policy.gate.open(text.octets), *policy.ungated):
            test = policy.tests[name]
            if text.scope in test.scope:
                _count(counts.setdefault(name, _Count()), test, text, index)
    return counts


def _count(count: _Count, test: NamedTest, text: Text, index: int) -> None:
    assert isinstance(test.test, TextTest)
    octets = text.octets
    matches: list[Match] = []
    for match in test.test.find(octets):
        matches.append(match)
        if len(matches) >= MAX_MATCHES:
            break
    if not matches:
        return
    values = {match.value for match in matches}
    count.values |= values
    count.close = count.close or _close(matches, test)
    start = matches[0]
    offset = len(octets[: start.start].decode("utf-8", "replace"))
    sample = masked(octets[start.start : start.end].decode("utf-8", "replace"))
    spans = tuple((match.start, match.end) for match in matches)
    count.findings.append(Finding(test.name, test.test.detector, len(values), text.part, offset, sample, index, spans))


def _close(matches: list[Match], test: NamedTest) -> bool:
    """Tell whether `at_least` different matches lie within `within` characters (octets, near enough)."""
    if test.within is None:
        return False
    ordered = sorted(matches)
    first = 0
    for last, match in enumerate(ordered):
        while match.end - ordered[first].start > test.within and first < last:
            first += 1
        if last - first + 1 >= test.at_least and len({m.value for m in ordered[first : last + 1]}) >= test.at_least:
            return True
    return False


def masked(sample: str) -> str:
    """Return `sample` with all but its first and last two characters hidden, at most 40 long, on one line."""
    flat = " ".join(sample.split())[:40]
    edge = 2 if len(flat) > 6 else 1
    hidden = "".join("*" if char.isalnum() else char for char in flat[edge:-edge])
    return flat[:edge] + hidden + flat[-edge:] if len(flat) > 2 else "*" * len(flat)


def _holds(test: NamedTest, counts: dict[str, _Count]) -> bool:
    count = counts.get(test.name)
    if count is None:
        return False
    return count.close if test.within is not None else len(count.values) >= test.at_least


def _decide(
    policy: Policy, facts: Facts, counts: dict[str, _Count], shared: dict[str, bool], recipient: str
) -> Decision:
    """Return the decision for one external recipient; `shared` remembers answers that hold for every recipient."""
    own: dict[str, bool] = {}

    def known(name: str) -> bool:
        test = policy.tests[name]
        varies = isinstance(test.test, FactTest) and test.test.varies
        answers = own if varies else shared
        if name not in answers:
            answers[name] = (
                test.test.holds(facts, recipient) if isinstance(test.test, FactTest) else _holds(test, counts)
            )
        return answers[name]

    return decide(policy.rules, policy.match, lambda rule: rule.holds(known, recipient, facts.now))


def _findings(policy: Policy, counts: dict[str, _Count], shared: dict[str, bool]) -> list[Finding]:
    """Return the evidence: every match of a text test, and every fact that was looked at and true."""
    found = [finding for count in counts.values() for finding in count.findings]
    for name, holds in shared.items():
        test = policy.tests[name]
        if holds and isinstance(test.test, FactTest):
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
