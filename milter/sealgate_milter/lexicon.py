"""Lexicons: words and phrases with weights, all looked for in one pass (Aho-Corasick).

A file has one term a line: `term`, or `term = weight`; a line `[2]` gives the terms below it the weight 2, `#` begins a
comment. A term matches whole words in any case,
whatever space, hyphen or punctuation stands between them; `*` at its end stands for any rest of the word. Where terms
overlap, the longest counts, so a term of weight 0 shields a phrase: `be patient = 0` beside `patient = 2`.
"""

import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from sealgate_milter import text
from sealgate_milter.detectors.match import Match

SHIPPED = Path(__file__).with_name("lexicons")
LARGEST = 1000
"""Weights lie between -LARGEST and LARGEST."""
CHUNK, LONGEST = 1 << 18, 1 << 10
"""A text is looked at in pieces of so many octets, which overlap by the length of the longest term."""

_WORD = bytes(
    octet if octet > 127 or chr(octet).isalnum() else 32 for octet in bytes(range(256)).lower()
)  # Every ASCII character that is no letter or digit separates words.
_PUNCTUATION = (  # Beyond ASCII, as UTF-8, by its length.
    (re.compile(rb"\xe2[\x80-\x81][\x80-\xbf]|\xe3\x80[\x80-\xbf]"), b"   "),
    (re.compile(rb"\xc2[\xa0-\xbf]"), b"  "),
)
_WEIGHT = re.compile(r"\[(-?\d+)\]")
_LINE = re.compile(r"(?P<term>[^=]+?)(?:\s*=\s*(?P<weight>-?\d+))?")


class LexiconError(ValueError):
    """A lexicon that cannot be used; `str()` says what is wrong and what to write instead."""


def names() -> list[str]:
    """Return the names of the lexicons that come with Sealgate."""
    return sorted(path.stem for path in SHIPPED.glob("*.txt"))


def read(path: Path) -> dict[str, int]:
    """Return the terms of a lexicon file with their weights; raise `LexiconError`."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"cannot read {path} ({error})") from error
    terms: dict[str, int] = {}
    usual = 1
    for number, line in enumerate(lines, 1):
        given = line.partition("#")[0].strip()
        if heading := _WEIGHT.fullmatch(given):
            usual = _weight(heading[1])
            continue
        if not given:
            continue
        match = _LINE.fullmatch(given)
        if match is None:
            raise LexiconError(f"{path}:{number}: wants a term, or `term = weight` with a whole number, not {given!r}")
        terms[match["term"]] = _weight(match["weight"]) if match["weight"] else usual
    if not terms:
        raise LexiconError(f"{path} has no term; write one a line")
    return terms


def _weight(digits: str) -> int:
    return max(-LARGEST, min(LARGEST, int(digits[:6])))


class Lexicon:
    """Terms with weights, ready to be looked for."""

    def __init__(self, terms: Mapping[str, int]) -> None:
        patterns: dict[bytes, tuple[bytes, int, bool]] = {}
        for term, weight in terms.items():
            for key, value, open_end in _patterns(term):
                patterns[key] = (value, weight, open_end)
        self._entries = list(patterns.values())
        self._automaton = BytesAhoCorasick(list(patterns), MatchKind.Standard)

    def find(self, octets: bytes) -> Iterator[Match]:
        """Yield every term in `octets` (normalised UTF-8), the longest where some overlap; `value` is the term."""
        start = 0
        while start < len(octets):
            stop = _seam(octets, start + CHUNK)
            for match in self._in(octets[start : _seam(octets, stop + LONGEST)]):
                if start + match.start < stop:
                    yield match._replace(start=start + match.start, end=start + match.end)
            start = stop

    def _in(self, octets: bytes) -> Iterator[Match]:
        folded = _fold(octets)
        reached, places = 0, _Places(octets)
        for start, end, index in _longest(self._automaton.find_matches_as_indexes(folded, overlapping=True)):
            value, weight, open_end = self._entries[index]
            # The spaces round a term belong to its neighbours as well.
            last = folded.index(b" ", end) if open_end else end - 1
            if last <= reached:
                continue
            reached = last
            if weight:
                yield Match(places.of(start + 1), places.of(last - 1) + 1, value, weight)


def _seam(octets: bytes, place: int) -> int:
    """Return the first place from `place` on where a space stands, a little later where none does."""
    found = octets.find(b" ", place, place + LONGEST)
    return found if found >= 0 else min(place, len(octets))


def _patterns(term: str) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield what to look for: the term between spaces, in each form that lower-casing ASCII alone leaves it in."""
    plain = text.normalise(term.strip())
    open_end = plain.endswith("*")
    for form in dict.fromkeys((plain.lower(), plain.upper(), plain.title())):
        words = b" ".join(_plain(form.encode("utf-8")).split())
        if words and len(words) < LONGEST:
            yield b" " + words + (b"" if open_end else b" "), words + b"*" * open_end, open_end


def _longest(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return `(start, end, entry)` of the matches by place, the longest first where some begin together."""
    return sorted(((start, end, index) for index, start, end in found), key=lambda match: (match[0], -match[1]))


def _plain(octets: bytes) -> bytes:
    """Return `octets` in lower case with a space for all that separates words, as long as before."""
    plain = octets.translate(_WORD)
    if not plain.isascii():
        for pattern, spaces in _PUNCTUATION:
            plain = pattern.sub(spaces, plain)
    return plain


@functools.lru_cache(maxsize=16)
def _fold(octets: bytes) -> bytes:
    """Return the words of `octets` in lower case, one space before, between and after them.

    Kept for a moment: every lexicon of a policy wants the same texts of the same message.
    """
    return b" " + b" ".join(_plain(octets).split()) + b" "


class _Places:
    """Where a place in the folded text was in the original: measured when the first is asked for."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._folded: list[int] = []
        self._original: list[int] = []

    def of(self, place: int) -> int:
        """Return the octet of the original that became the octet `place` of the folded text."""
        if not self._folded:
            self._measure()
        at = bisect_right(self._folded, place) - 1
        return self._original[at] + place - self._folded[at]

    def _measure(self) -> None:
        """Note the places from which on more spaces are gone: those alone tell where a word was."""
        plain = _plain(self._octets)
        before = len(plain) - len(plain.lstrip(b" "))
        gone = before - 1
        self._folded, self._original = [0], [before - 1]
        for spaces in re.finditer(rb"  +", plain[before:]):
            start, end = spaces.span()
            self._folded.append(before + start + 1 - gone)
            gone += end - start - 1
            self._original.append(before + end)


@functools.lru_cache(maxsize=64)
def _built(terms: tuple[tuple[str, int], ...]) -> Lexicon:
    return Lexicon(dict(terms))


def build(paths: Iterable[Path]) -> Lexicon:
    """Return the lexicon of the terms in all these files; of a term in several, the last weight counts.

    Raises `LexiconError`. Tests with the same files share one lexicon.
    """
    terms: dict[str, int] = {}
    for path in paths:
        terms.update(read(path))
    return _built(tuple(terms.items()))
