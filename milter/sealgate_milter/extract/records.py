"""Records of PowerPoint and of Office's drawings: type, length, content; containers hold further ones.

Structure from [MS-PPT] 2.3.1 and [MS-ODRAW] 2.2.1.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = struct.Struct("<HHI")
_CONTAINER = 15
_TAGGED = 0x138B
"""PowerPoint's data of later versions, such as comments: records inside a record that is called none."""
_OPTIONS = (0xF00B, 0xF121, 0xF122)
"""Tables of a shape's options: the first, second and third kind."""
_SAID = (0x00C0, 0x0105, 0x0380, 0x0381, 0x038D)
"""Options that hold text: WordArt, picture's file name, name, description and tool tip of a shape."""
_LINK, _PACKAGE = 0x0382, 0x03A9


@dataclass(frozen=True)
class Atom:
    """A record that holds no others: `instance` is its type's own number, the content stands from `start` to `end`."""

    type: int
    instance: int
    start: int
    end: int


def atoms(raw: bytes) -> Iterator[Atom]:
    """Yield the records of `raw` that are no containers, in order; one that is cut short is the last."""
    at = 0
    while at + 8 <= len(raw):
        version, kind, length = _HEAD.unpack_from(raw, at)
        at += 8
        # What a container holds just follows its head, so that walking in is going on.
        if version & 15 != _CONTAINER and kind != _TAGGED:
            yield Atom(kind, version >> 4, at, at + length)
            at += length


def drawn_texts(raw: bytes, atom: Atom) -> Iterator[str]:
    """Yield the texts among a shape's options, if that is what `atom` is."""
    if atom.type not in _OPTIONS:
        return
    table = [struct.unpack_from("<HI", raw, at) for at in range(atom.start, min(atom.end, len(raw)) - 5, 6)]
    at = atom.start + 6 * min(atom.instance, len(table))
    for name, value in table[: atom.instance]:
        if not name & 0x8000:
            continue
        content = raw[at : min(at + value, atom.end)]
        at += value
        if name & 0x3FFF in _SAID:
            yield content.decode("utf-16-le", "replace").strip("\0")
        elif name & 0x3FFF == _LINK:
            yield from wide_runs(content)


def wide_runs(content: bytes) -> Iterator[str]:
    """Yield the UTF-16 texts among other octets, such as a link's address in its structure."""
    # an odd number of octets may stand before a text
    for shift in (0, 1):
        text = content[shift:].decode("utf-16-le", "replace")
        yield from (run for run in _printable(text) if len(run) > 3)


def _printable(text: str) -> list[str]:
    return "".join(c if " " <= c < "\u0600" else "\n" for c in text).split("\n")
