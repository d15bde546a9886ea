"""How much of what a test wants was found, for people who ask why it is true, or why it is not quite."""

from collections.abc import Iterator

from sealgate_milter.conditions import NearTest, TextTest
from sealgate_milter.policy import NamedTest, Policy
from sealgate_milter.reading import Content
from sealgate_milter.search import Search

LEXICON = "lexicon"
"""The detector of lexicon tests, as findings name it: its matches are terms that the policy's author wrote down."""


def scores(content: Content, policy: Policy, *, every: bool) -> Iterator[str]:
    """Yield a line for each test that rules name and that counts: lexicons, near tests, scores, several matches.

    A test of which nothing was found is left out; so is, without `every`, a near test of which one side was not found.
    """
    search = Search(content.texts, policy)
    given = [expression for rule in policy.rules for expression in (rule.when, rule.unless) if expression]
    for name in sorted({name for expression in given for name in expression.names}):
        test = policy.tests[name]
        if isinstance(test.test, NearTest):
            sides = {side: search.reached(side, test) for side in test.test.names}
            if (any if every else all)(different for different, _ in sides.values()):
                said = ", ".join(f"{side} {_said(policy.tests[side], *sides[side])}" for side in sorted(sides))
                truth = "true" if search.holds(name) else "not true"
                yield f"{name} is {truth}; within {test.within} characters at best: {said}"
        elif isinstance(test.test, TextTest) and _counts(test):
            different, weight = search.reached(name)
            if different or weight:
                where = f" within {test.within} characters" if test.within is not None else ""
                truth = "true" if search.holds(name) else "not true"
                yield f"{name} is {truth}: {_said(test, different, weight)}{where}"


def _counts(test: NamedTest) -> bool:
    return test.test.detector == LEXICON or test.score is not None or test.at_least > 1


def _said(test: NamedTest, different: int, weight: int) -> str:
    parts = [f"weighs {weight} (wanted {test.score})"] if test.score is not None else []
    if not parts or test.at_least > 1:
        parts.append(f"{different} different (wanted {test.at_least})")
    return " and ".join(parts)
