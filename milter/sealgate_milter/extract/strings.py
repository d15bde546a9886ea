"""Runs of readable characters in octets of unknown meaning: the last resort, so that nothing passes as empty."""

import re
from collections.abc import Iterator

from sealgate_milter.extract.found import Budget, Found, Unread

SHORTEST = 5
"""Characters of the shortest run that counts."""
_CHUNK = 1_000_000
_RUN = re.compile(rb"[\t\x20-\x7e]{%d,}" % SHORTEST)
# Wide characters of the Latin scripts: the high octet is 0 or 1, or the ones of punctuation.
_WIDE = re.compile(rb"(?:[\t\x20-\x7e\xa0-\xff]\0|[\x00-\x7f]\x01|[\x10-\x3f]\x20|\xac\x20){%d,}" % SHORTEST)
_WIDE_SWAPPED = re.compile(rb"(?:\0[\t\x20-\x7e\xa0-\xff]|\x01[\x00-\x7f]|\x20[\x10-\x3f]){%d,}" % SHORTEST)


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the readable runs of a file that no module knows, and that it is not supported."""
    yield from runs(body)
    yield Unread("unsupported")


def runs(body: bytes) -> Iterator[str]:
    """Yield the readable runs of `body`, one a line, in chunks: single octets first, then UTF-16 of both orders."""
    yield from _lines((run.decode("ascii") for run in _RUN.findall(body)))
    for pattern, charset in ((_WIDE, "utf-16-le"), (_WIDE_SWAPPED, "utf-16-be")):
        yield from _lines((run.decode(charset, "replace") for run in pattern.findall(body)))


def _lines(found: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for line in found:
        held.append(line)
        size += len(line)
        if size > _CHUNK:
            yield "\n".join(held)
            held, size = [], 0
    if held:
        yield "\n".join(held)
