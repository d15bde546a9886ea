"""Keyed numbers of word sequences: what a text is compared by.

A word is a run of letters and digits, in any case. So many words in a row are hashed without what stands between
them: "123-45-6789" is "123456789", and another line break or hyphen changes little. Scripts that put no spaces between
words are cut after certain characters, which the key chooses: two, on average, make a word. All is done on whole
arrays; no loop of ours sees a single character.

The hash is a polynomial over the octets modulo 2**64; its base and the value of each octet come from the key. What is
stored or looked up passes a pseudo-random function besides (`blinded`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sealgate_core import seal
from sealgate_milter.registered.keyed_table import Places, Words

CHUNK = 1 << 16
"""Octets of a text that are looked at in one go; neighbours share `OVERLAP`."""
OVERLAP = 1 << 10
WIDTH = 5
"""Words in a shingle of a document."""
_WINDOW = 4
"""Of so many shingles in a row, at least one is registered."""
_SHORT = 11
"""Shingles with fewer octets, such as "1 2 3 4 5", say nothing."""
_NEVER = np.uint64((1 << 64) - 1)


def _letters() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return every octet's small letter, and whether it belongs to a word."""
    small = [ord(chr(octet).lower()) if octet < 0x80 else octet for octet in range(256)]
    return np.array(small, np.uint8), np.array([octet >= 0x80 or chr(octet).isalnum() for octet in range(256)])


def _small_letters() -> NDArray[np.uint16]:
    """Return every character's small letter, for those that both take two octets in UTF-8."""
    small = [chr(point).lower().replace("ς", "σ") for point in range(0x800)]
    fits = [point >= 0x80 and len(one) == 1 and 0x80 <= ord(one) < 0x800 for point, one in enumerate(small)]
    return np.array([ord(one) if fit else point for point, (one, fit) in enumerate(zip(small, fits, strict=True))],
                    np.uint16)  # fmt: skip


_SMALL, _IN_WORD = _letters()
_SMALL_WIDE = _small_letters()


@dataclass(frozen=True)
class Chunk:
    """The words of one piece of a text, with only the octets that belong to words.

    `sums[i]` is the hash of the first `i` octets, `at` where each word begins and the last ends, `places` where each
    octet stands in the whole text.
    """

    sums: Words
    at: Places
    places: Places

    def spans(self, words: Places, width: int) -> tuple[Places, Places]:
        """Return where in the text `width` words from each of `words` on begin and end."""
        return self.places[self.at[words]], self.places[self.at[words + width] - 1] + 1


class Shingler:
    """Makes the numbers of one key; `get` gives the one of a key."""

    def __init__(self, key: bytes) -> None:
        self._key = seal.derive(key, "registered/blind")
        secret = np.frombuffer(seal.derive(key, "registered/octets", 257 * 8 + 64), np.uint8)
        self._values = secret[: 256 * 8].view(np.uint64)
        base = int(secret[256 * 8 : 257 * 8].view(np.uint64)[0]) | 1
        self._powers, self._inverses = _powers(base), _powers(pow(base, -1, 1 << 64))
        # By the last octet of a character; half of the 64 there are end a word.
        self._cuts = np.zeros(256, np.bool_)
        self._cuts[0x80 + np.argsort(secret[257 * 8 :], kind="stable")[:32]] = True

    @staticmethod
    @lru_cache(4)
    def get(key: bytes) -> "Shingler":
        """Return the shingler of `key`."""
        return Shingler(key)

    def chunks(self, octets: bytes, *, fine: bool = False) -> Iterator[Chunk]:
        """Yield the words of a normalised text piece by piece; what crosses a border is whole in one of two pieces.

        `fine`: in scripts of three octets a character, each character is a word.
        """
        for start in range(0, max(len(octets) - OVERLAP, 1), CHUNK - OVERLAP):
            count = min(CHUNK, len(octets) - start)
            if count > 0:
                yield self._chunk(np.frombuffer(octets, np.uint8, count, start), start, fine=fine)

    def values(self, values: Sequence[bytes], most: int) -> tuple[Words, Places]:
        """Return the number of the first `most` words of each of these normalised values, and how many words it has.

        Scripts of three octets a character have a word for each. A value without any word has the number 0.
        """
        made = [self._values_of(block, most) for block in _blocks(values)]
        empty = (np.empty(0, np.uint64), np.empty(0, np.int64))
        numbers, words = zip(*made, strict=True) if made else ([empty[0]], [empty[1]])
        return np.concatenate(numbers), np.concatenate(words)

    def _values_of(self, block: Sequence[bytes], most: int) -> tuple[Words, Places]:
        chunk = self._chunk(np.frombuffer(b"\n".join([*block, b""]), np.uint8), 0, fine=True)
        borders = np.cumsum([0, *(len(value) + 1 for value in block)])
        words_at = np.searchsorted(chunk.places[chunk.at[:-1]], borders)
        first, last = words_at[:-1], words_at[1:]
        words = last - first
        begin, end = chunk.at[first], chunk.at[np.minimum(last, first + most)]
        return (chunk.sums[end] - chunk.sums[begin]) * self._inverses[begin], words

    def _chunk(self, piece: NDArray[np.uint8], start: int, *, fine: bool) -> Chunk:
        places = np.flatnonzero(_words_of(piece))
        octets = _SMALL[piece[places]]
        begins = np.ones(len(places), np.bool_)
        begins[1:] = np.diff(places) != 1
        if len(octets) and int(octets.max()) >= 0x80:
            octets = _folded(octets)
            begins[1:] |= (octets[1:] >= 0xE0) & (fine | self._cuts[octets[:-1]])
            begins[3:] |= (octets[3:] < 0x80) & (octets[:-3] >= 0xE0) & (octets[:-3] < 0xF0)
        sums = np.zeros(len(octets) + 1, np.uint64)
        np.cumsum(self._values[octets] * self._powers[: len(octets)], out=sums[1:])
        return Chunk(sums, np.append(np.flatnonzero(begins), len(octets)), places + start)

    def runs(self, chunk: Chunk, width: int) -> Words:
        """Return the number of every run of `width` words, in order; few texts have two of the same number."""
        first, last = chunk.at[: -width or None], chunk.at[width:]
        numbers: Words = (chunk.sums[last] - chunk.sums[first]) * self._inverses[first]
        return numbers

    def shingles(self, chunk: Chunk, width: int = WIDTH) -> tuple[Words, Places]:
        """Return the numbers of all shingles that say something, and the words at which they begin."""
        words = np.flatnonzero(_telling(chunk, width))
        return self.runs(chunk, width)[words], words

    def chosen(self, chunk: Chunk) -> Words:
        """Return the shingles by which a document is registered: those least in some window (winnowing).

        Local choice: an edit changes it nearby only. See Schleimer, Wilkerson, Aiken, "Winnowing", SIGMOD 2003.
        """
        numbers: Words = np.where(_telling(chunk, WIDTH), self.runs(chunk, WIDTH), _NEVER)
        if not len(numbers):
            return numbers
        windows = np.lib.stride_tricks.sliding_window_view(numbers, min(_WINDOW, len(numbers)))
        least: Words = np.unique(windows.min(axis=1))
        return least[:-1] if least[-1] == _NEVER else least

    def blinded(self, numbers: Words, purpose: Words | int) -> Words:
        """Return two new numbers a row for each of `numbers`, which without the key say nothing about it.

        `purpose`, one or one for each, separates what must not be comparable.
        """
        blocks = np.empty((len(numbers), 2), np.uint64)
        blocks[:, 0] = numbers
        blocks[:, 1] = purpose
        hidden: Words = np.frombuffer(seal.blind(self._key, blocks.tobytes()), np.uint64)
        return hidden.reshape(-1, 2)


def _blocks(values: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield values in blocks that fit one chunk; of very long ones only the beginning."""
    block: list[bytes] = []
    size = 0
    for value in values:
        cut = value[:OVERLAP]
        if size + len(cut) >= CHUNK:
            yield block
            block, size = [], 0
        block.append(cut)
        size += len(cut) + 1
    if block:
        yield block


def _telling(chunk: Chunk, width: int) -> NDArray[np.bool_]:
    return (chunk.at[width:] - chunk.at[:-width]) >= _SHORT * width // WIDTH


def _powers(base: int) -> Words:
    steps = np.full(CHUNK + 1, base, np.uint64)
    steps[0] = 1
    return np.cumprod(steps)


def _words_of(piece: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which octets of UTF-8 belong to words: not those of quotation marks, bullets and other signs."""
    inside = _IN_WORD[piece]
    if not len(piece) or int(piece.max()) < 0x80:
        return inside
    after = np.append(piece[1:], np.uint8(0))
    # U+0080 to U+00BF; U+2000 to U+2BFF and U+3000 to U+303F.
    short = np.flatnonzero(piece == 0xC2)
    long = np.flatnonzero(((piece == 0xE2) & (after < 0xB0)) | ((piece == 0xE3) & (after == 0x80)))
    for octets in (short, short + 1, long, long + 1, long + 2):
        inside[octets[octets < len(inside)]] = False
    return inside


def _folded(octets: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return UTF-8 with the letters of two octets made small."""
    leads = np.flatnonzero((octets[:-1] >= 0xC2) & (octets[:-1] < 0xE0))
    tails = octets[leads + 1]
    whole = (tails & 0xC0) == 0x80
    leads, tails = leads[whole], tails[whole]
    small = _SMALL_WIDE[((octets[leads] & 0x1F).astype(np.uint16) << 6) | (tails & 0x3F)]
    octets[leads] = 0xC0 | (small >> 6)
    octets[leads + 1] = 0x80 | (small & 0x3F)
    return octets
