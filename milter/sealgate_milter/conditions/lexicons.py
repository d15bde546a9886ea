"""Conditions on what a text is about: lexicons, and tests whose matches lie near each other."""

from pathlib import Path

from sealgate_core.parameters import like
from sealgate_milter import lexicon
from sealgate_milter.conditions.declare import Condition, NearTest, Test, TextTest
from sealgate_milter.lexicon import LexiconError
from sealgate_milter.matching import ConditionError


def _lexicon(value: object, folder: Path) -> Test:
    paths = []
    for name in value if isinstance(value, list) and value else [value]:
        if isinstance(name, str) and name.startswith("file:"):
            paths.append(folder / name[5:].strip())
        elif isinstance(name, str) and name in lexicon.names():
            paths.append(lexicon.SHIPPED / f"{name}.txt")
        else:
            known = ", ".join(lexicon.names())
            close = like(str(name), lexicon.names())
            raise ConditionError(f'knows no {name!r}{close}; there are {known}, or write "file:YOUR-TERMS.txt"')
    try:
        return TextTest("lexicon", None, lexicon.build(paths).find)
    except LexiconError as error:
        raise ConditionError(f"is no good: {error}") from error


def _near(value: object, folder: Path) -> Test:
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(name, str) for name in value):
        raise ConditionError('wants the names of two or more tests, such as ["card", "expiry-date"]')
    return NearTest("near", tuple(value))


DECLARED = (
    Condition(
        "lexicon",
        "Terms of these lexicons, whole words in any case: health-terms, diagnoses, procedures, drugs, "
        "financial-terms, paying, legal, personnel, or `file:PATH` for your own, one term a line, `term = weight` "
        "where it is to count for more than 1, for nothing (0: shields a phrase) or against it. `*` at the end "
        "stands for any rest of a word. In a test with `score`, lines that only say who writes weigh nothing "
        "(signatures, letterheads, legal notices, domains of addresses). A name of your own in sentences is "
        "shielded by a lexicon that ends the list, such as `file:our-names.txt` with the line `bright smile dental "
        "= 0`.",
        '["health-terms", "drugs"]',
        _lexicon,
    ),
    Condition(
        "near",
        "Matches of all these tests, by name, lie in one text within as many characters of each other as `within` "
        "says, of each as many or as weighty ones as its own `at_least` or `score` asks for. What the subject says "
        "stands near everything.",
        '["identifier", "health"]\nwithin = 300',
        _near,
    ),
)
