"""Compressed streams: gzip, bzip2, xz and lzma, unpacked piece by piece within the budget."""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Protocol

from sealgate_milter.extract.found import Budget, Exceeded, File, Found, Unread

LZMA_MEMORY = 256_000_000
_IN = 1 << 16
_OUT = 1 << 18
_MAX_STREAMS = 10_000
MAX_LABEL = 65_536
"""Octets of a name or comment in front of a stream."""
_FAULTS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class Unpacker(Protocol):
    """What the decompressors of zlib, bz2 and lzma have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most `max_length` octets more."""


def unpack(unpacker: Unpacker, packed: memoryview, budget: Budget) -> tuple[bytes, int, bool]:
    """Return what a stream holds, how many octets of `packed` it takes, and whether it is whole.

    Before a fault everything counts. Raises `Exceeded` over the budget.
    """
    pieces: list[bytes] = []
    at = 0
    tail = b""
    try:
        while not unpacker.eof:
            data = tail
            # bz2 and lzma keep what they have not used yet, zlib gives it back.
            if not tail and getattr(unpacker, "needs_input", True):
                data = bytes(packed[at : at + _IN])
                at += len(data)
            piece = unpacker.decompress(data, _OUT)
            tail = getattr(unpacker, "unconsumed_tail", b"")
            if not data and not piece:
                break
            budget.take(len(piece))
            pieces.append(piece)
    except _FAULTS:
        return b"".join(pieces), at, False
    return b"".join(pieces), at - len(tail) - len(unpacker.unused_data), unpacker.eof


def _new(magic: bytes) -> Unpacker:
    if magic == b"\x1f\x8b":
        return zlib.decompressobj(31)
    if magic == b"BZ":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(memlimit=LZMA_MEMORY)


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the file in a `.gz`, `.bz2`, `.xz` or `.lzma`; streams that follow one another are one file."""
    rest = memoryview(body)
    magic = bytes(rest[:2])
    pieces: list[bytes] = []
    whole = True
    while whole and len(rest) > 2 and bytes(rest[:2]) == magic:
        piece, used, whole = unpack(_new(magic), rest, budget)
        pieces.append(piece)
        rest = rest[used:]
        if len(pieces) > _MAX_STREAMS:
            raise Exceeded("too-many")
    if not whole:
        yield Unread("corrupt")
    name, comment = _labels(body)
    yield comment
    yield File(name, b"".join(pieces))


def _labels(body: bytes) -> tuple[str, str]:
    """Return the name and the comment that a gzip header gives (RFC 1952 section 2.3), `""` when there is none."""
    if body[:2] != b"\x1f\x8b" or len(body) < 10:
        return "", ""
    start = 10
    if body[3] & 4:
        start = 12 + int.from_bytes(body[10:12], "little")
    name = comment = b""
    if body[3] & 8:
        name, _, _ = body[start : start + MAX_LABEL].partition(b"\0")
        start += len(name) + 1
    if body[3] & 16:
        comment, _, _ = body[start : start + MAX_LABEL].partition(b"\0")
    return name[:255].decode("latin-1"), comment.decode("latin-1")
