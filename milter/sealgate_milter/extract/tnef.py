"""TNEF, the `winmail.dat` of Outlook: the message's texts and bodies, and its attachments ([MS-OXTNEF] 2.1).

A row of attributes of level, number, length, content and checksum. What programs of today write stands in two of
them: all properties of the message, and those of each attachment.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sealgate_milter.extract import mapi
from sealgate_milter.extract.found import Budget, Exceeded, File, Found, Unread

_SUBJECT, _BODY, _TITLE, _DATA, _RENDERING = 0x8004, 0x800C, 0x8010, 0x800F, 0x9002
_MESSAGE, _ATTACHMENT, _CODE_PAGE = 0x9003, 0x9005, 0x9007
_TEXTS = (_SUBJECT, _BODY, 0x8000, 0x8006, 0x8008)
_HEAD = struct.Struct("<BHHI")
MAX_PROPERTIES = 20_000
_SEVERAL, _NAMED = 0x1000, 0x8000
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16, 0x01: 4}
"""Octets of the types of fixed size."""
_VARIABLE = (mapi.TEXT_8, mapi.TEXT_16, mapi.BINARY, mapi.OBJECT)


@dataclass
class _Attachment:
    """What is known so far of one attachment."""

    name: str = ""
    type: str = ""
    body: bytes = b""

    def file(self) -> Iterator[Found]:
        if self.body:
            yield File(self.name, self.body, self.type)


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the texts of a TNEF stream, and the files in it."""
    attachment = _Attachment()
    charset = "cp1252"
    lines: list[str] = []
    at = 6
    while at + _HEAD.size <= len(body):
        _, number, _, length = _HEAD.unpack_from(body, at)
        at += _HEAD.size
        content = body[at : at + length]
        at += length + 2
        if number == _CODE_PAGE and length >= 4:
            charset = mapi.charset_of(struct.unpack_from("<I", content)[0] if len(content) >= 4 else 0)
        elif number == _RENDERING:
            yield from attachment.file()
            attachment = _Attachment()
        elif number == _TITLE:
            attachment.name = attachment.name or mapi.decoded(content, mapi.TEXT_8, charset)
        elif number == _DATA:
            budget.enclose(len(content))
            attachment.body = content
        elif number in _TEXTS:
            lines.append(mapi.decoded(content, mapi.TEXT_8, charset))
        elif number in (_MESSAGE, _ATTACHMENT):
            yield from _properties(content, charset, attachment if number == _ATTACHMENT else None, budget)
    yield from attachment.file()
    yield "\n".join(lines)
    # The checksum of the last attribute is the end of an honest file.
    if at > len(body):
        yield Unread("corrupt")


def _properties(content: bytes, charset: str, attachment: _Attachment | None, budget: Budget) -> Iterator[Found]:
    lines: list[str] = []
    reader = _Properties(content)
    for number, kind, raw in reader.read():
        if number == mapi.ATTACHED and attachment is not None:
            # An object has its interface's number before it: a message in TNEF, or a compound file.
            attachment.body = raw[16:] if kind == mapi.OBJECT else raw
            budget.enclose(len(attachment.body))
            continue
        for found in mapi.found(number, kind, raw, charset, budget):
            if isinstance(found, str):
                lines.append(found)
                if attachment is not None and number == mapi.LONG_NAME:
                    attachment.name = found
                elif attachment is not None and number == mapi.MEDIA_TYPE:
                    attachment.type = found
            else:
                yield found
    yield "\n".join(lines)
    if reader.broken:
        yield Unread("corrupt", "properties")


class _Properties:
    """Reads a list of properties; `broken` when it ends before its time."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 4
        self.broken = len(raw) < 4

    def _number(self) -> int:
        value = int.from_bytes(self._raw[self._at : self._at + 4], "little")
        self._at += 4
        return value

    def read(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield number, type and content of each value."""
        count = int.from_bytes(self._raw[:4], "little")
        for index in range(count):
            if index >= MAX_PROPERTIES:
                raise Exceeded("too-large")
            if self._at + 4 > len(self._raw):
                self.broken = True
                return
            tag = self._number()
            kind, number = tag & 0xFFFF, tag >> 16
            if number >= _NAMED:
                self._name()
            several, kind = kind & _SEVERAL, kind & ~_SEVERAL
            if kind not in _SIZES and kind not in _VARIABLE:
                self.broken = True
                return
            yield from self._values(number, kind, several != 0)

    def _name(self) -> None:
        """Pass over the name of a property that has no number of its own."""
        self._at += 16
        if self._number() == 1:
            length = self._number()
            self._at += _padded(length)
        else:
            self._at += 4

    def _values(self, number: int, kind: int, several: bool) -> Iterator[tuple[int, int, bytes]]:
        size = _SIZES.get(kind)
        for _ in range(self._number() if several or size is None else 1):
            if self._at >= len(self._raw):
                self.broken = True
                return
            length = self._number() if size is None else size
            yield number, kind, self._raw[self._at : self._at + length]
            self._at += _padded(length)


def _padded(length: int) -> int:
    return length + 3 & ~3
