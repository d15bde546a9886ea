"""S/MIME in one piece (RFC 8551): a message that is only signed can be read, one that is enveloped cannot.

The structure is ASN.1 in BER (RFC 5652): ContentInfo, SignedData, EncapsulatedContentInfo, an octet string.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from sealgate_milter.extract.found import Budget, File, Found, Unread

_SIGNED = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_HEAD = 40
"""Octets in which the type of the content stands."""
_OCTETS = 0x04
_CONSTRUCTED = 0x20


@dataclass(frozen=True)
class _Element:
    """A value with its tag, from `start` to `end`; `end` is -1 when only its children tell."""

    tag: int
    start: int
    end: int


def extract(body: bytes, _budget: Budget) -> Iterator[Found]:
    """Yield the message that is signed; signatures and certificates say nothing that anybody wrote."""
    if _SIGNED not in body[:_HEAD]:
        yield Unread("encrypted")
        return
    # ContentInfo { type, [0] { SignedData { version, digests, { type, [0] { content } }, … } } }
    element = _element(body, 0)
    for number in (1, 0, 2, 1, 0):
        found = next(itertools.islice(_children(body, element), number, None), None)
        if found is None:
            # Signed apart from what it signs, which is another part then.
            return
        element = found
    yield File("", b"".join(_octets(body, element)), "message/rfc822")


def _element(body: bytes, at: int) -> _Element:
    """Return the element whose tag is at `at`; raise `IndexError` where `body` ends before it."""
    tag, length = body[at], body[at + 1]
    if length == 0x80:
        return _Element(tag, at + 2, -1)
    if length < 0x80:
        return _Element(tag, at + 2, at + 2 + length)
    start = at + 2 + (length & 0x7F)
    return _Element(tag, start, start + int.from_bytes(body[at + 2 : start], "big"))


def _children(body: bytes, parent: _Element) -> Iterator[_Element]:
    at = parent.start
    while at + 1 < (len(body) if parent.end < 0 else min(parent.end, len(body))):
        child = _element(body, at)
        if parent.end < 0 and child.tag == 0 and child.end == child.start:
            return
        yield child
        at = child.end if child.end >= 0 else _end(body, child)


def _end(body: bytes, element: _Element) -> int:
    """Return where an element of indefinite length ends: behind two zeros that follow its last child."""
    at = element.start
    while at + 1 < len(body):
        child = _element(body, at)
        if child.tag == 0 and child.end == child.start:
            return child.end
        at = child.end if child.end >= 0 else _end(body, child)
    return at


def _octets(body: bytes, element: _Element) -> Iterator[bytes]:
    if element.tag == _OCTETS:
        yield body[element.start : element.end]
    elif element.tag & _CONSTRUCTED:
        for child in _children(body, element):
            yield from _octets(body, child)
