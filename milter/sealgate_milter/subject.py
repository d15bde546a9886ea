"""Take a tag such as `[secure]` out of a raw Subject value and leave the rest as it is.

Octets outside the tag stay byte for byte; only RFC 2047 words that hold a piece of the tag are written anew.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sealgate_milter import text, transfer

_SEGMENT = re.compile(rb"(=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=)")
_WORD = re.compile(rb"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=\Z")
_MAX_WORD = 45
"""Octets of text in one encoded word: 60 in base64, and the word stays below 75 (RFC 2047 section 2)."""


@dataclass(frozen=True)
class _Segment:
    """A piece of the value: `raw` as it stands, `shown` as it is read; white space between two words is not shown."""

    raw: bytes
    shown: str
    encoded: bool


def without(raw: bytes, tags: Iterable[str]) -> bytes:
    """Return the Subject value `raw` without every occurrence of `tags`, in any case, encoded or not."""
    for tag in tags:
        wanted = text.normalise(tag)
        for _ in range(20):
            shorter = _once(raw, wanted) if wanted else None
            if shorter is None:
                break
            raw = shorter
    return raw


def _once(raw: bytes, tag: str) -> bytes | None:
    """Return `raw` without the first `tag`, `None` when there is none."""
    segments = _segments(raw)
    shown = "".join(segment.shown for segment in segments)
    found = _find(shown, tag)
    if found is None:
        return None
    start, end = found
    # One space goes with the tag, so that no two meet and the subject does not begin with one.
    if shown[end : end + 1] == " " and (start == 0 or shown[start - 1 : start].isspace()):
        end += 1
    elif end == len(shown) and shown[start - 1 : start] == " " and shown[:start].strip():
        start -= 1
    return _cut(segments, start, end)


def _find(shown: str, tag: str) -> tuple[int, int] | None:
    """Return where `tag` stands in `shown`, disguised or not."""
    match = re.search(re.escape(tag), shown, re.IGNORECASE)
    if match:
        return match.span()
    # Disguised (full-width, invisible characters): fold character by character to keep the positions.
    folded = [text.normalise(character).lower() for character in shown]
    joined = "".join(folded)
    place = joined.find(tag.lower())
    if place < 0:
        return None
    positions = [index for index, piece in enumerate(folded) for _ in piece]
    return positions[place], positions[place + len(tag) - 1] + 1


def _segments(raw: bytes) -> list[_Segment]:
    pieces = [piece for piece in _SEGMENT.split(raw) if piece]
    segments = []
    for index, piece in enumerate(pieces):
        match = _WORD.match(piece)
        if match:
            shown = transfer.decode(transfer.word(match[2], match[3]), transfer.octets(match[1]))
            segments.append(_Segment(piece, shown, encoded=True))
        elif not piece.strip() and 0 < index < len(pieces) - 1:
            segments.append(_Segment(piece, "", encoded=False))
        else:
            segments.append(_Segment(piece, piece.decode("utf-8", "surrogateescape"), encoded=False))
    return segments


def _cut(segments: list[_Segment], start: int, end: int) -> bytes:
    out = []
    position = 0
    for segment in segments:
        low, high = max(0, start - position), max(0, end - position)
        position += len(segment.shown)
        if low >= len(segment.shown) or not high:
            out.append(segment.raw)
            continue
        rest = segment.shown[:low] + segment.shown[high:]
        out.append(_encoded(rest) if segment.encoded else rest.encode("utf-8", "surrogateescape"))
    return b"".join(out)


def _encoded(shown: str) -> bytes:
    """Return `shown` as RFC 2047 words in UTF-8, split between characters."""
    words, held = [], b""
    for character in shown:
        octets = character.encode("utf-8", "replace")
        if len(held) + len(octets) > _MAX_WORD:
            words.append(held)
            held = b""
        held += octets
    words += [held] if held else []
    return b"\n ".join(b"=?utf-8?B?" + base64.b64encode(word) + b"?=" for word in words)
