"""Records of an Excel 5 to 2003 workbook, and its texts with their several ways of being written.

A record is type, length and content; what does not fit into 8 KB goes on in CONTINUE records ([MS-XLS] 2.1.4). A text
that is cut there begins anew with an octet that says how wide its characters are from there on.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_HEAD = struct.Struct("<HH")
_CONTINUE = 0x003C
_WIDE, _PHONETIC, _RICH = 1, 4, 8
"""Flags of a text: two octets a character; with a pronunciation behind it; with runs of formatting behind it."""


class Record(NamedTuple):
    """A record: what it holds, in the pieces that it came in, and where it stands in the stream."""

    type: int
    pieces: list[bytes]
    start: int
    end: int

    @property
    def body(self) -> bytes:
        """All octets of the record."""
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)


def records(raw: bytes) -> Iterator[Record]:
    """Yield the records of `raw`, each with what continues it."""
    at, size = 0, len(raw)
    kind, pieces, start = 0, [b""], 0
    while at + 4 <= size:
        number, length = _HEAD.unpack_from(raw, at)
        body = raw[at + 4 : at + 4 + length]
        if number == _CONTINUE and kind:
            pieces.append(body)
        else:
            if kind:
                yield Record(kind, pieces, start, at)
            kind, pieces, start = number, [body], at
        at += 4 + length
    if kind:
        yield Record(kind, pieces, start, at)


class Cursor:
    """Reads the texts of one record across its pieces."""

    def __init__(self, pieces: list[bytes], at: int = 0) -> None:
        """Begin at offset `at` of the first piece."""
        self._pieces = pieces
        self._index = 0
        self._at = at

    def _rest(self) -> bool:
        """Go on to the next piece that has something left; False at the end."""
        while self._index < len(self._pieces) and self._at >= len(self._pieces[self._index]):
            self._index += 1
            self._at = 0
        return self._index < len(self._pieces)

    def number(self, size: int) -> int:
        """Return the next number of `size` octets; raise `EOFError` at the end."""
        if not self._rest():
            raise EOFError
        start = self._at
        self._at += size
        return int.from_bytes(self._pieces[self._index][start : self._at], "little")

    def skip(self, size: int) -> None:
        """Pass over `size` octets."""
        while size > 0 and self._rest():
            step = min(size, len(self._pieces[self._index]) - self._at)
            self._at += step
            size -= step

    def text(self, size: int = 2) -> str:
        """Return the next text, whose length stands in `size` octets; raise `EOFError` at the end."""
        count = self.number(size)
        flags = self.number(1)
        runs = self.number(2) if flags & _RICH else 0
        phonetic = self.number(4) if flags & _PHONETIC else 0
        text = self.characters(count, flags)
        self.skip(4 * runs + phonetic)
        return text

    def characters(self, count: int, flags: int) -> str:
        """Return `count` characters; wherever a piece ends within them, the next begins with new flags."""
        found: list[str] = []
        while count > 0 and self._index < len(self._pieces):
            width = 2 if flags & _WIDE else 1
            piece = self._pieces[self._index][self._at : self._at + count * width]
            found.append(piece.decode("utf-16-le" if width == 2 else "latin-1", "replace"))
            self._at += max(len(piece), 0)
            count -= (len(piece) + width - 1) // width
            if count > 0:
                if not self._rest():
                    break
                flags = self.number(1)
        return "".join(found)


def shared_texts(pieces: list[bytes]) -> list[str]:
    """Return the texts of the table (SST) that cells refer to by number."""
    cursor = Cursor(pieces, 8)
    texts: list[str] = []
    try:
        while True:
            texts.append(cursor.text())
    except EOFError:
        return texts


def real(packed: int) -> float:
    """Return the number in an RK ([MS-XLS] 2.5.217): 30 bits of a whole or the upper ones of a real, perhaps x 100."""
    value: float
    if packed & 2:
        value = (packed >> 2) - (1 << 30 if packed & 0x80000000 else 0)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value
