"""A sorted table of 52-bit keys with 24-bit payloads: built once, mapped into memory, searched many keys at a time.

Keys are the first bits of what a keyed function gave, so they are spread evenly: their first bits name a bucket, the
others stand beside the payload in one 64-bit entry. An entry takes eight octets, a bucket of four or so another four.
A small map of bits, one for each longer beginning of a key, answers for most keys that are not there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

PAYLOADS = 1 << 24
"""Payloads are below this number."""
_PAYLOAD = np.uint64(PAYLOADS - 1)
_PAYLOAD_BITS = np.uint64(24)
_KEY_BITS = 52
DROPPED_BITS = 64 - _KEY_BITS
"""Last bits of a key that the table does not keep."""
_DROPPED = np.uint64(DROPPED_BITS)
_BUCKET_BITS = range(12, 23)
_PER_BUCKET = 4
_PRESENT_BITS = range(12, 27)


@dataclass(frozen=True)
class Table:
    """`starts[b]` is where bucket `b` begins in `entries`; there is one start more than buckets.

    `present` has a bit set for each beginning that some key has; `steps` tells how often the largest bucket can be
    halved.
    """

    starts: NDArray[np.uint32]
    entries: Words
    present: NDArray[np.uint8]
    steps: int

    @property
    def bits(self) -> int:
        """How many bits of a key name its bucket."""
        return len(self.starts).bit_length() - 1

    def find(self, keys: Words, most: int = 1) -> tuple[Places, Places]:
        """Return `(which, places)`: for each hit the index of its key, and its entry; at most `most` a key."""
        which = self._perhaps(keys)
        keys = keys[which]
        bucket = (keys >> np.uint64(64 - self.bits)).astype(np.int64)
        wanted = _remainder(keys, self.bits) << _PAYLOAD_BITS
        low, end = (self.starts.take(bucket + more, mode="clip").astype(np.int64) for more in (0, 1))
        place = self._first(low, end - low, wanted)
        found: list[tuple[Places, Places]] = []
        for _ in range(most if len(self.entries) else 0):
            entry = self.entries.take(place, mode="clip")
            hit = np.flatnonzero(((entry & ~_PAYLOAD) == wanted) & (place < end))
            if not len(hit):
                break
            which, wanted, end, place = which[hit], wanted[hit], end[hit], place[hit]
            found.append((which, place))
            place = place + 1
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])

    def _perhaps(self, keys: Words) -> Places:
        """Return which keys may be there."""
        beginnings = keys >> np.uint64(64 - (8 * len(self.present)).bit_length() + 1)
        octets = self.present.take((beginnings >> np.uint64(3)).astype(np.int64), mode="clip")
        return np.flatnonzero((octets >> (beginnings & np.uint64(7)).astype(np.uint8)) & 1)

    def payloads(self, places: Places) -> Places:
        """Return the payloads of entries."""
        return (self.entries[places] & _PAYLOAD).astype(np.int64)

    def _first(self, low: Places, size: Places, wanted: Words) -> Places:
        """Return for each key the place of the first entry of its bucket that is not smaller."""
        for _ in range(self.steps if len(self.entries) else 0):
            half = size >> 1
            middle = low + half
            right = (self.entries.take(middle, mode="clip") < wanted) & (size > 0)
            low = np.where(right, middle + 1, low)
            size = np.where(right, size - half - 1, half)
        return low

    def pairs(self) -> tuple[Words, Places]:
        """Return every key and its payload, in order: what a table is built from anew."""
        buckets = np.arange(len(self.starts) - 1, dtype=np.uint64) << np.uint64(64 - self.bits)
        keys = np.repeat(buckets, self.starts[1:].astype(np.int64) - self.starts[:-1])
        keys |= (self.entries >> _PAYLOAD_BITS) << _DROPPED
        return keys, self.payloads(np.arange(len(self.entries)))


def _remainder(keys: Words, bits: int) -> Words:
    return (keys >> _DROPPED) & np.uint64((1 << (_KEY_BITS - bits)) - 1)


def build(keys: Words, payloads: Places) -> Table:
    """Return the table of these pairs; one that is given twice stays twice.

    Raises `ValueError` when there are more of them than one table holds.
    """
    if len(keys) >= 1 << 32 or (len(payloads) and int(payloads.max()) >= PAYLOADS):
        raise ValueError("one index does not hold so much")
    # Stable, because that is fast on what is sorted already but for a few at the end.
    order = np.argsort(keys, kind="stable")
    keys, payloads = keys[order], payloads[order]
    wanted = max(1, len(keys) // _PER_BUCKET).bit_length()
    bits = min(max(wanted, _BUCKET_BITS[0]), _BUCKET_BITS[-1])
    entries = (_remainder(keys, bits) << _PAYLOAD_BITS) | payloads.astype(np.uint64)
    sizes = np.bincount((keys >> np.uint64(64 - bits)).astype(np.int64), minlength=1 << bits)
    starts = np.zeros(len(sizes) + 1, np.uint32)
    np.cumsum(sizes, out=starts[1:])
    return Table(starts, entries, _present(keys), int(sizes.max()).bit_length())


def _present(keys: Words) -> NDArray[np.uint8]:
    bits = min(max(len(keys).bit_length() + 2, _PRESENT_BITS[0]), _PRESENT_BITS[-1])
    flags = np.zeros(1 << bits, np.bool_)
    flags[(keys >> np.uint64(64 - bits)).astype(np.int64)] = True
    return np.packbits(flags, bitorder="little")
