"""Title, author, keywords and the fields that a company adds: the property sets of office documents.

Structure from [MS-OLEPS]: sections of numbered, typed values, behind a table of their offsets.
"""

import struct
from collections.abc import Iterator

from sealgate_milter.extract import strings

MAX_VALUES = 5_000
"""Values of one property set that are read."""
_TEXT, _WIDE, _NUMBER_2, _NUMBER_4, _DOUBLE = 0x1E, 0x1F, 0x02, 0x03, 0x05
_VECTOR, _VARIANT = 0x1000, 0x0C
_CODEPAGE = 1


def texts(body: bytes) -> Iterator[str]:
    """Yield the texts and numbers of the property set `body`, one a line; nothing when it is none."""
    if len(body) < 48:
        return
    reader = _Reader(body)
    for section in range(min(struct.unpack_from("<I", body, 24)[0], 4)):
        at = reader.number(28 + 20 * section + 16)
        lines = [line for line in reader.section(at) if line]
        if lines:
            yield "\n".join(lines)


class _Reader:
    """Reads values of one property set, as many as `MAX_VALUES`, each of which must lie within it."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._charset = "cp1252"
        self._left = MAX_VALUES
        self._room = 2 * len(body)

    def number(self, at: int) -> int:
        """Return the unsigned 32-bit number at offset `at`, 0 beyond the end."""
        return int.from_bytes(self._body[at : at + 4], "little")

    def section(self, start: int) -> Iterator[str]:
        """Yield the values of the section at `start`."""
        count = min(self.number(start + 4), MAX_VALUES)
        table = [(self.number(at), self.number(at + 4)) for at in range(start + 8, start + 8 + 8 * count, 8)]
        for identifier, offset in table:
            if identifier == _CODEPAGE:
                self._charset = strings.code_page(self.number(start + offset + 4) & 0xFFFF)
        for identifier, offset in table:
            if identifier == 0:
                yield from self._names(start + offset)
            elif identifier != _CODEPAGE:
                yield from self._value(start + offset + 4, self.number(start + offset))

    def _names(self, at: int) -> Iterator[str]:
        """Yield the names of the company's own fields."""
        for _ in range(min(self.number(at), MAX_VALUES)):
            size = self.number(at + 8)
            wide = self._charset == "utf-16-le"
            text, at = self._text(at + 12, size * 2 if wide else size, self._charset), at + 8
            at += 4 + (size * 2 + 3 & ~3 if wide else size)
            if not text:
                return
            yield text

    def _value(self, at: int, kind: int) -> Iterator[str]:
        self._left -= 1
        if self._left < 0 or at >= len(self._body):
            return
        if kind & _VECTOR:
            yield from self._values(at + 4, kind & ~_VECTOR, self.number(at))
        elif kind == _TEXT:
            yield self._text(at + 4, self.number(at), self._charset)
        elif kind == _WIDE:
            yield self._text(at + 4, self.number(at) * 2, "utf-16-le")
        elif kind == _NUMBER_4:
            yield str(self.number(at))
        elif kind == _DOUBLE and at + 8 <= len(self._body):
            yield f"{struct.unpack_from('<d', self._body, at)[0]:.15g}"

    def _values(self, at: int, kind: int, count: int) -> Iterator[str]:
        for _ in range(min(count, self._left)):
            one = kind
            if kind == _VARIANT:
                one, at = self.number(at), at + 4
            yield from self._value(at, one)
            size = self.number(at)
            at += 4 + (size + 3 & ~3 if one == _TEXT and kind == _VARIANT else size if one == _TEXT else 0)
            at += size * 2 + 3 & ~3 if one == _WIDE else 0

    def _text(self, at: int, size: int, charset: str) -> str:
        # Hostile values may all be the same long one.
        size = min(size, self._room)
        self._room -= size
        return self._body[at : at + size].decode(charset, "replace").strip("\0 ")
