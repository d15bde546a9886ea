"""What a policy says that can be obeyed but hardly be meant: rules and tests without any effect."""

from collections.abc import Iterator

from sealgate_core.parameters import ParameterError
from sealgate_milter.conditions import FactTest
from sealgate_milter.policy import Policy
from sealgate_milter.registered.registry import Registered
from sealgate_milter.rules import Rule
from sealgate_milter.verdict import Action


def doubts(policy: Policy, registered: Registered) -> list[str]:
    """Return sentences, each with file and line."""
    used = policy.used()
    unused = [f"{test.at}: no rule names the test {test.name!r}" for test in policy.tests.values()
              if test.name not in used]  # fmt: skip
    return [*unused, *of_tests(policy, registered), *_of_rules(policy)]


def of_tests(policy: Policy, registered: Registered) -> Iterator[str]:
    """Yield why tests can hardly ever be true with what is registered."""
    for test in policy.tests.values():
        if isinstance(test.test, FactTest) and test.test.doubt is not None:
            try:
                said = test.test.doubt(registered)
            except ParameterError:
                continue  # It cannot even be judged, which is told as such.
            if said:
                yield f"{test.at}: the test {test.name!r} waits in vain: {said}"


def _of_rules(policy: Policy) -> Iterator[str]:
    above: Rule | None = None
    for rule in policy.rules:
        if not rule.says_then:
            yield f"{rule.at}: the rule {rule.name!r} decides nothing, it only notifies; did you lose its `then`?"
        if policy.match == "strongest":
            if rule.then is Action.CLEAR and any(other.then not in (None, Action.CLEAR) for other in policy.rules):
                yield (
                    f'{rule.at}: with match = "strongest", the rule {rule.name!r} (clear) never wins over another one; '
                    f'write match = "first", or `unless` into the rules that must give way'
                )
        elif above is not None and not _matters(rule, above):
            yield f"{rule.at}: the rule {rule.name!r} is never reached: {above.name!r} above always holds and decides"
        elif rule.always and rule.then is not None:
            above = rule


def _matters(rule: Rule, above: Rule) -> bool:
    """Tell whether a rule says anything still when `above` has decided."""
    if above.then is Action.CLEAR:
        return rule.veto
    # What was held is released as the rules below say.
    return above.then is Action.HOLD and rule.then in (Action.SECURE, Action.CLEAR)
