"""Conditions on texts: detectors, words, regular expressions."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import re2

from sealgate_core.parameters import like
from sealgate_milter import text
from sealgate_milter.conditions.declare import Condition, Test, TextTest
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.detectors.match import Match
from sealgate_milter.matching import ConditionError, compiled, strings

_GAP = r"(?:[\s_-]|\n[> ]+)+"
"""What may stand where an entry has a space: white space, a line break of a quoted text, a hyphen, an underscore."""
_GAPS = re.compile(rb"[\s_>-]+")
_SCRIPTS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_UNSPACED = re2.compile(_SCRIPTS)
"""Characters of scripts that put no space between words, or, as Hangul, none between a word and its particle."""
_GREEK = ("αά", "εέ", "ηή", "ιίϊΐ", "οό", "υύϋΰ", "ωώ")
_LETTERS = {letter: f"[{letters}]" for letters in _GREEK for letter in letters}
_LETTERS |= {"*": r"[\pL\pN_]*", "ß": "ss"}


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
    kinds: dict[tuple[str, str], list[str]] = {}
    for entry in sorted({text.normalise(entry.strip()) for entry in strings(value, folder)}, key=len, reverse=True):
        kinds.setdefault(_borders(entry), []).append(_GAP.join(map(_word, entry.split())))
    gate = "(?i)" + "|".join(rf"{before}({'|'.join(ends)}){after}" for (before, after), ends in kinds.items())
    found = compiled(gate)

    def find(octets: bytes) -> Iterator[Match]:
        position = 0
        while match := found.search(octets, position):
            start, position = match.span(match.lastindex)
            shown = octets[start:position].lower()
            yield Match(start, position, shown if shown.isalnum() else b" ".join(_GAPS.split(shown)))

    return TextTest("words", gate, find)


def _borders(entry: str) -> tuple[str, str]:
    """Return what has to stand before and after an entry: nothing where its script puts no spaces between words."""
    letter = r"[^\pL\pN]" if " " in entry else r"[^\pL\pN_]"
    before = "" if _UNSPACED.match(entry) else rf"(?:\A|{letter}|{_SCRIPTS})"
    return before, "" if _UNSPACED.match(entry[-1]) else rf"(?:{letter}|{_SCRIPTS}|\z)"


def _word(word: str) -> str:
    """Return the pattern of one word of an entry: `*`, sharp s, accents that Greek capitals lose, lines that wrap."""
    parts = []
    for place, character in enumerate(word):
        if _UNSPACED.match(character) and place and _UNSPACED.match(word[place - 1]):
            parts.append(r"(?:\n[> ]*)?")
        parts.append(_LETTERS.get(character.lower()) or re.escape(character))
    return "".join(parts).replace("ss", "(?:ss|ß)")


DECLARED = (
    Condition(
        "detector",
        "Numbers found by the detector of this name, or by any of several; `sealgate-gateway detectors` lists them.",
        '["us-ssn", "us-itin"]',
        _detector,
    ),
    Condition(
        "words",
        "Words or phrases, in any case, whole words only; `*` stands for any rest of a word, a space also for "
        "a line break, `-` and `_`. `file:PATH` reads one a line.",
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
