"""What was found, where it stands: the text around, the matches themselves masked and marked.

Terms of a lexicon are marked only: whoever wrote the policy knows them, and they say why a rule held.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sealgate_milter.reading import Text
from sealgate_milter.scores import LEXICON
from sealgate_milter.search import masked
from sealgate_milter.verdict import Finding

AROUND = 48
"""Characters that are shown before and after a match."""
EXCERPTS = 4
"""Excerpts of one text; the whole text can be asked for."""
WHOLE = 20_000
"""Octets of one text that are shown when all of it is asked for."""


_DIGITS = 3
"""A term with so many digits is masked all the same: the `*` at a term's end may stand for a number."""


class _Span(NamedTuple):
    """A stretch of octets that matched; `shown`: only terms of lexicons did."""

    start: int
    end: int
    shown: bool


@dataclass(frozen=True)
class Marks:
    """What is put before and after a match."""

    before: str = "«"
    after: str = "»"


COLOURS = Marks("\033[1;7m", "\033[0m")


def excerpts(text: Text, findings: Iterable[Finding], marks: Marks) -> Iterator[str]:
    """Yield pieces of `text` of a line each, around the matches of `findings`; near ones share a piece."""
    spans = _merged(findings)
    groups: list[list[_Span]] = []
    for span in spans:
        if groups and span.start - groups[-1][-1].end < 2 * AROUND:
            groups[-1].append(span)
        else:
            groups.append([span])
    for group in groups[:EXCERPTS]:
        start, end = max(group[0][0] - 4 * AROUND, 0), group[-1][1] + 4 * AROUND
        before = plain(text.octets[start : group[0][0]])
        after = plain(text.octets[group[-1][1] : end])
        lead = ("…" if start or len(before) > AROUND else "") + before[-AROUND:]
        tail = after[:AROUND] + ("…" if len(after) > AROUND or end < len(text.octets) else "")
        yield (lead + _marked(text.octets, group, marks) + tail).strip()
    if len(groups) > EXCERPTS:
        yield f"… and {len(groups) - EXCERPTS} more places"


def whole(text: Text, findings: Iterable[Finding], marks: Marks) -> str:
    """Return all of `text`, matches masked and marked; a very long one ends early."""
    spans = [span for span in _merged(findings) if span[0] < WHOLE]
    shown = _marked(text.octets, [_Span(0, 0, True), *spans], marks, lines=True) if spans else ""
    position = spans[-1][1] if spans else 0
    rest = plain(text.octets[position : max(position, WHOLE)], lines=True)
    return shown + rest + ("\n…" if len(text.octets) > WHOLE else "")


def _merged(findings: Iterable[Finding]) -> list[_Span]:
    """Return the spans of `findings` in order, those that overlap or touch made one."""
    merged: list[_Span] = []
    spans = (_Span(*span, finding.detector == LEXICON) for finding in findings for span in finding.spans)
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            last = merged[-1]
            merged[-1] = _Span(last.start, max(span.end, last.end), last.shown and span.shown)
        else:
            merged.append(span)
    return merged


def _marked(octets: bytes, spans: Sequence[_Span], marks: Marks, *, lines: bool = False) -> str:
    """Return the stretch from the first span to the end of the last, spans marked, and masked where they must be."""
    pieces = []
    position = spans[0][0]
    for start, end, shown in spans:
        pieces.append(plain(octets[position:start], lines=lines))
        if end > start:
            term = plain(octets[start:end])
            kept = term if shown and sum(map(str.isdigit, term)) < _DIGITS else masked(term)
            pieces.append(marks.before + kept + marks.after)
        position = end
    return "".join(pieces)


def plain(octets: bytes, *, lines: bool = False) -> str:
    """Return a text as a terminal may be shown it: no control characters; one line, or with `lines` as it stands."""
    text = octets.decode("utf-8", "ignore")
    kept = "".join(char if char.isprintable() or (lines and char in "\n\t") else " " for char in text)
    return kept if lines else re.sub(" {2,}", " ", kept)
