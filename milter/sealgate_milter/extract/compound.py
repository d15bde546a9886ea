"""The compound file: a small FAT file system within one file, in which doc, xls, ppt and msg keep their streams.

Structure from [MS-CFB] of Microsoft's Open Specifications. Read tolerantly, since a damaged file opens in an office
program too: what a chain of sectors still gives counts, and streams that hang on no directory are read as well.
"""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_ENTRIES = 20_000
"""Directory entries that are looked at."""
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_NONE = 0xFFFFFFFF
_ENTRY = struct.Struct("<64sHBxIII36xIQ")


class Damaged(Exception):
    """The file is no compound file that could be read at all."""


@dataclass(frozen=True)
class Entry:
    """A stream or storage: its path from the root, joined by `/`, and where its octets begin."""

    path: str
    storage: bool
    start: int
    size: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path without its last part, `""` in the root."""
        return self.path.rpartition("/")[0]


class Compound:
    """The streams of one compound file; `damaged` becomes True when sectors of what was read are missing."""

    def __init__(self, body: bytes) -> None:
        """Read the tables of `body`; raise `Damaged` when there are none."""
        if len(body) < 512 or not body.startswith(MAGIC):
            raise Damaged
        self._body = body
        self.damaged = False
        self._given = 0
        shift, mini_shift = struct.unpack_from("<HH", body, 30)
        directory, _, self._cutoff, mini_fat, _, difat = struct.unpack_from("<6I", body, 48)
        if shift not in range(7, 17) or mini_shift not in range(4, 13):
            raise Damaged
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        self._fat = array("I")
        self._read_fat(difat)
        self._mini_fat = _integers(self._chain(mini_fat, len(body)))
        self._mini = b""
        self.entries = self._directory(self._chain(directory, MAX_ENTRIES * 128))

    def _read_fat(self, difat: int) -> None:
        sectors = [number for number in struct.unpack_from("<109I", self._body, 76) if number < 0xFFFFFFFA]
        in_sector = self._size // 4 - 1
        for _ in range(len(self._body) // self._size):
            if difat >= 0xFFFFFFFA:
                break
            numbers = _integers(self._sector(difat))
            if len(numbers) <= in_sector:
                break
            sectors += [number for number in numbers[:in_sector] if number < 0xFFFFFFFA]
            difat = numbers[in_sector]
        for number in sectors[: len(self._body) // self._size // (self._size // 4) + 2]:
            self._fat.extend(_integers(self._sector(number)))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._body[start : start + self._size]

    def _chain(self, start: int, size: int) -> bytes:
        """Return up to `size` octets of the chain of sectors that begins with number `start`."""
        return _joined(self._body, self._size, self._size, self._fat, start, size)

    def _directory(self, listing: bytes) -> list[Entry]:
        raw = []
        for offset in range(0, len(listing) // 128 * 128, 128):
            name, length, kind, left, right, child, start, size = _ENTRY.unpack_from(listing, offset)
            text = name[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").replace("/", "_")
            # Before version 4 the upper half of the size is not defined.
            raw.append((text, kind, left, right, child, start, size if self._size > 512 else size & _NONE))
        if not raw or raw[0][1] != _ROOT:
            raise Damaged
        root = raw[0]
        self._mini = self._chain(root[5], root[6])
        return list(_entries(raw))

    def read(self, entry: Entry) -> bytes:
        """Return the octets of the stream `entry`; notes in `damaged` when some are missing."""
        if entry.size < self._cutoff:
            found = _joined(self._mini, self._mini_size, 0, self._mini_fat, entry.start, entry.size)
        else:
            found = self._chain(entry.start, entry.size)
        if len(found) < entry.size:
            self.damaged = True
        # Streams do not share sectors in an honest file; in a hostile one a thousand could be the whole file each.
        self._given += len(found)
        if self._given > 2 * len(self._body):
            self.damaged = True
            return b""
        return found

    def streams(self, folder: str | None = None) -> Iterator[Entry]:
        """Yield the streams, or those directly in the storage `folder`."""
        for entry in self.entries:
            if not entry.storage and (folder is None or entry.folder == folder):
                yield entry

    def find(self, path: str) -> bytes | None:
        """Return the octets of the stream at `path` (upper and lower case alike), `None` when there is none."""
        wanted = path.lower()
        return next((self.read(entry) for entry in self.streams() if entry.path.lower() == wanted), None)


def _joined(source: bytes, unit: int, skip: int, fat: "array[int]", start: int, size: int) -> bytes:
    """Return up to `size` octets of the units of `source` that the chain in `fat` names, `start` first.

    Each round takes at least one whole unit or is the last, so that a chain that bites its tail ends too.
    """
    pieces: list[bytes] = []
    wanted = min(size, len(source))
    first = start
    while wanted > 0 and first < len(fat):
        last = first
        # Neighbours are copied in one go: files are mostly written without gaps.
        while fat[last] == last + 1 < len(fat) and (last + 1 - first) * unit < wanted:
            last += 1
        piece = source[skip + first * unit : skip + (last + 1) * unit][:wanted]
        pieces.append(piece)
        if len(piece) < (last + 1 - first) * unit:
            break
        wanted -= len(piece)
        first = fat[last]
    return b"".join(pieces)


def _integers(raw: bytes) -> "array[int]":
    numbers = array("I")
    numbers.frombytes(raw[: len(raw) // 4 * 4])
    return numbers


def _entries(raw: list[tuple[str, int, int, int, int, int, int]]) -> Iterator[Entry]:
    """Yield what hangs on the root, level by level, then what hangs on nothing."""
    seen = {0}
    waiting = [(raw[0][4], "")]
    while waiting:
        number, folder = waiting.pop()
        if number >= len(raw) or number in seen:
            continue
        seen.add(number)
        name, kind, left, right, child, start, size = raw[number]
        path = f"{folder}/{name}" if folder else name
        waiting += [(left, folder), (right, folder)]
        if kind in (_STORAGE, _STREAM):
            yield Entry(path, kind == _STORAGE, start, size)
        if kind == _STORAGE:
            waiting.append((child, path))
    for number, (name, kind, _, _, _, start, size) in enumerate(raw):
        if number not in seen and kind == _STREAM:
            yield Entry(f"lost/{name}", False, start, size)
