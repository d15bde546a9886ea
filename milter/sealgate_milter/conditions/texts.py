"""Conditions on texts: detectors, words, regular expressions."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sealgate_core.parameters import like
from sealgate_milter import text
from sealgate_milter.conditions.declare import Condition, Test, TextTest
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.detectors.match import Match
from sealgate_milter.matching import ConditionError, compiled, strings


def _detector(value: object, folder: Path) -> Test:
    tests = []
    for name in strings(value, folder):
        found = DETECTORS.get(name)
        if found is None:
            meant = like(name, DETECTORS) or ";"
            raise ConditionError(f"knows no {name!r}{meant} `sealgate-gateway detectors` lists them")
        tests.append(TextTest(found.name, found.gate, found.find))
    return replace(tests[0], more=tuple(tests[1:]))


def _regex(value: object, folder: Path) -> Test:
    patterns = strings(value, folder)
    for pattern in patterns:
        compiled(pattern)
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    found = compiled(joined)

    def find(text: bytes) -> Iterator[Match]:
        return (Match(match.start(), match.end(), match[0]) for match in found.finditer(text) if match[0])

    return TextTest("regex", joined, find)


def _words(value: object, folder: Path) -> Test:
    entries = sorted({text.normalise(entry.strip()) for entry in strings(value, folder)}, key=len, reverse=True)
    ends = [r"\s+".join(re.escape(word).replace(r"\*", r"[\pL\pN_]*") for word in entry.split()) for entry in entries]
    gate = rf"(?i)(?:\A|[^\pL\pN_])({'|'.join(ends)})(?:[^\pL\pN_]|\z)"
    found = compiled(gate)

    def find(octets: bytes) -> Iterator[Match]:
        position = 0
        while match := found.search(octets, position):
            start, position = match.span(1)
            yield Match(start, position, b" ".join(match[1].lower().split()))

    return TextTest("words", gate, find)


DECLARED = (
    Condition(
        "detector",
        "Numbers found by the detector of this name, or by any of several; `sealgate-gateway detectors` lists them.",
        '["us-ssn", "us-itin"]',
        _detector,
    ),
    Condition(
        "words",
        "Words or phrases, in any case, whole words only; `*` stands for any rest of a word. `file:PATH` reads one a "
        "line.",
        '["strictly confidential", "diagnos*"]',
        _words,
    ),
    Condition(
        "regex",
        "Regular expressions in RE2 syntax (linear time; no look-around, no back-references), case-sensitive unless "
        "they begin with `(?i)`.",
        r"'(?i)\bproject[ -]falcon\b'",
        _regex,
    ),
)
