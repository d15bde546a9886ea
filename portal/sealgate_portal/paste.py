"""Finds the key in whatever people paste: the key, the link, or the whole mail, quoted, wrapped or encoded."""

import re
from collections.abc import Iterator

from sealgate_core import seal

LONGEST = 200_000
"""Characters looked at: a notice is short, but people paste whole conversations."""
_MARKED = re.compile(r"(?:#|%23|\bkey\b\W{0,3})([0-9A-Z][0-9A-Z\s>=-]{26,80})", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![0-9A-Z])(?:[0-9A-Z]{4}[\s-]{1,3}){6}[0-9A-Z]{4}(?![0-9A-Z])", re.IGNORECASE)
_PLAIN = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{28}(?![0-9A-Z])", re.IGNORECASE)


def secrets_in(text: str) -> Iterator[bytes]:
    """Yield each link secret that `text` may hold, likeliest first; the two check characters weed out the rest."""
    text = text[:LONGEST]
    whole = seal.parse_link_text(text) if len(text) < 100 else None
    if whole is not None:
        yield whole
    for candidate in _candidates(text):
        secret = seal.parse_link_text(candidate)
        if secret is not None:
            yield secret


def _candidates(text: str) -> Iterator[str]:
    for match in _MARKED.finditer(text):
        yield "".join(c for c in match[1] if c.isalnum())[:28]
    for pattern in (_GROUPED, _PLAIN):
        for match in pattern.finditer(text):
            yield match[0]
