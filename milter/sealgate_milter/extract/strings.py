"""Runs of readable characters in octets of unknown meaning: the last resort, so that nothing passes as empty."""

import codecs
import re
from collections.abc import Iterator

from sealgate_milter.extract.found import Budget, Found, Unread

SHORTEST = 5
"""Characters of the shortest run that counts."""
SHORTEST_OF_UNKNOWN = 8
"""The same in a file of no known kind: compressed or encrypted octets are full of short ones that mean nothing."""
_CHUNK = 1_000_000
_RUN = re.compile(rb"[\t\x20-\x7e]{%d,}" % SHORTEST)
# Of two octets each, whichever comes first: what is Latin in it is enough for a last resort.
_WIDE = re.compile(rb"[\t\x20-\x7e\xa0-\xff](?:\0[\t\x20-\x7e\xa0-\xff]){%d,}" % (SHORTEST - 1))


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the readable runs of a file that no module knows, and that it is not supported."""
    for text in runs(body):
        yield "\n".join(line for line in text.split("\n") if len(line) >= SHORTEST_OF_UNKNOWN)
    yield Unread("unsupported")


def runs(body: bytes) -> Iterator[str]:
    """Yield the readable runs of `body`, one a line, in chunks: ASCII first, then UTF-16."""
    yield from _lines(run.decode("ascii") for run in _RUN.findall(body))
    yield from wide_runs(body)


def wide_runs(body: bytes) -> Iterator[str]:
    """Yield the readable runs of two octets a character."""
    yield from _lines(run.replace(b"\0", b"").decode("latin-1") for run in _WIDE.findall(body))


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


def code_page(number: int) -> str:
    """Return Python's name for Windows' code page `number`; the Western one when it is unknown."""
    name = {1200: "utf-16-le", 1201: "utf-16-be", 65001: "utf-8", 10000: "mac-roman"}.get(number, f"cp{number}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
