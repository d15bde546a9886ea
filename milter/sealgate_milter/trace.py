"""Why a rule holds for one recipient and not for another: every rule asked, with the answers of its tests.

The engine stops at the first rule that decides; this asks all of them, for people who want to know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sealgate_milter.classify import internal
from sealgate_milter.conditions import Facts, FactTest
from sealgate_milter.expression import Expression
from sealgate_milter.message import Message
from sealgate_milter.policy import Policy
from sealgate_milter.reading import Content
from sealgate_milter.rules import Rule
from sealgate_milter.search import Search


@dataclass(frozen=True)
class Answer:
    """One rule asked about one recipient: whether it holds, and what its tests say."""

    rule: Rule
    holds: bool
    tests: Mapping[str, bool]

    def because(self) -> str:
        """Return in a clause why the rule holds, or why it does not."""
        when, unless = self._said(self.rule.when), self._said(self.rule.unless)
        if self.holds and self.rule.when is not None:
            return f"{when or 'none of its tests'} true ({' '.join(self.rule.when.source.split())})"
        if self.holds:
            return "it always holds"
        if self.rule.when is not None and not self.rule.when(self.tests.__getitem__):
            return f"{', '.join(name for name in sorted(self.rule.when.names) if not self.tests[name])} not true"
        if self.rule.unless is not None and self.rule.unless(self.tests.__getitem__):
            return f"unless {unless}"
        return "it is about other recipients" if self.rule.to is not None else "it is not in force now"

    def _said(self, expression: Expression | None) -> str:
        return ", ".join(name for name in sorted(expression.names) if self.tests[name]) if expression else ""


def answers(
    message: Message,
    content: Content,
    policy: Policy,
    known_thread: Callable[[Sequence[str]], bool],
    known_recipient: Callable[[Message, str, bool], bool],
    now: datetime,
) -> dict[str, tuple[Answer, ...]]:
    """Return for each recipient outside what every rule says about the copy, in the order of the rules."""
    facts = Facts(message, content, known_thread, known_recipient, now, policy.registered)
    search = Search(content.texts, policy, content.refuse)
    outside = [recipient for recipient in message.recipients if not internal(recipient, policy.internal)]
    return {recipient: tuple(_answers(policy, facts, search, recipient)) for recipient in outside}


def _answers(policy: Policy, facts: Facts, search: Search, recipient: str) -> list[Answer]:
    held: dict[str, bool] = {}

    def known(name: str) -> bool:
        if name not in held:
            test = policy.tests[name].test
            held[name] = test.holds(facts, recipient) if isinstance(test, FactTest) else search.holds(name)
        return held[name]

    found = []
    for rule in policy.rules:
        names = rule.names | (rule.unless.names if rule.unless else frozenset())
        tests = {name: known(name) for name in names}
        found.append(Answer(rule, rule.holds(known, recipient, facts.now), tests))
    return found
