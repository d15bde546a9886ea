"""PowerPoint 97 to 2003: the text of slides, notes and masters, of comments, links and shapes, and embedded files.

All of it stands in one stream of records ([MS-PPT]), where saved changes are added behind what they replace: deleted
slides are read as well.
"""

import zlib
from collections.abc import Iterator

from sealgate_milter.extract import records, strings
from sealgate_milter.extract.compound import Compound, Entry
from sealgate_milter.extract.found import Budget, File, Found, Unread
from sealgate_milter.extract.packed import unpack

_WIDE, _NARROW, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_OBJECT = 0x1011
_CRYPTED = 0x2F14
_ENCRYPTED = b"\xdf\xc4\xd1\xf3"
"""The token of an encrypted presentation, 0xF3D1C4DF, in the stream `Current User`."""
_BREAKS = str.maketrans({"\r": "\n", "\x0b": "\n", "\0": None})


def stream(container: Compound, entry: Entry, budget: Budget) -> Iterator[Found]:
    """Yield the texts of the presentation in the stream `entry`, and the files in it."""
    user = container.find(f"{entry.folder}/Current User".lstrip("/")) or b""
    if user[12:16] == _ENCRYPTED:
        yield Unread("encrypted", entry.folder)
        return
    raw = container.read(entry)
    lines: list[str] = []
    end = 0
    for atom in records.atoms(raw):
        end = atom.end
        if atom.type == _CRYPTED:
            yield Unread("encrypted", entry.folder)
            return
        if atom.type == _OBJECT:
            yield from _object(raw, atom, budget)
        else:
            lines += _texts(raw, atom)
    yield "\n".join(lines).translate(_BREAKS)
    if end != len(raw):
        # The records do not fit together: what lies in them is read in whatever order it stands.
        yield Unread("corrupt", entry.folder)
        yield from strings.runs(raw)


def _texts(raw: bytes, atom: records.Atom) -> Iterator[str]:
    if atom.type in (_WIDE, _STRING):
        yield raw[atom.start : atom.end].decode("utf-16-le", "replace")
    elif atom.type == _NARROW:
        # the low octets of characters below 256
        yield raw[atom.start : atom.end].decode("latin-1")
    else:
        yield from records.drawn_texts(raw, atom)


def _object(raw: bytes, atom: records.Atom, budget: Budget) -> Iterator[Found]:
    body = raw[atom.start : atom.end]
    budget.member()
    if atom.instance == 1:
        size = int.from_bytes(body[:4], "little")
        # PowerPoint itself leaves out the end of the stream: the size says whether all is there.
        body, _, _ = unpack(zlib.decompressobj(), memoryview(body)[4:], budget)
        if len(body) < size:
            yield Unread("corrupt", "object")
    else:
        budget.take(len(body))
    if body:
        yield File("object", body)
