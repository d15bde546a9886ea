"""ZIP: its directory, and besides it what lies between the members (APPNOTE.TXT 6.3.10, sections 4.3 to 4.5).

The standard library's reader believes the directory: it builds an object for each of a million entries, and stops
at the size an entry declares. Here members come one by one and are unpacked to their true end.
"""

import bz2
import contextlib
import itertools
import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sealgate_milter.extract.found import Budget, Exceeded, File, Found, Unread
from sealgate_milter.extract.packed import LZMA_MEMORY, Unpacker, unpack

LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END_REACH = 66_000
"""The end record and its comment fit into so many octets."""
_DIRECTORY = struct.Struct("<4s4xHH8xLLHHH8xL")
_HEAD = struct.Struct("<4s2xHH8xLLHH")
STORED, DEFLATED, BZIP2, LZMA, XZ = 0, 8, 12, 14, 95
MAX_PARTS = 20_000
"""Parts of a document that are looked at: a workbook or a deck may have thousands."""


@dataclass(frozen=True)
class Member:
    """An entry: where its local header starts, how it is packed, whether it is encrypted."""

    name: str
    start: int
    method: int
    packed: int
    encrypted: bool
    comment: bytes = b""


class BrokenArchive(Exception):
    """The archive's structure does not hold."""


def is_zip(body: bytes) -> bool:
    """Tell whether `body` is, or ends as, a ZIP archive: programs and pictures can carry one behind them."""
    return body.startswith((LOCAL, _END, b"PK\x07\x08" + LOCAL, b"PK00" + LOCAL)) or _end_of(body) >= 0


def _end_of(body: bytes) -> int:
    """Return where the last end record that fits starts, -1 when there is none."""
    at = len(body)
    while (at := body.rfind(_END, max(0, len(body) - _END_REACH), at)) >= 0:
        if at + 22 <= len(body) and at + 22 + int.from_bytes(body[at + 20 : at + 22], "little") <= len(body):
            return at
    return -1


def members(body: bytes) -> Iterator[Member]:
    """Yield the entries of the directory; raise `BrokenArchive` where it is broken."""
    end = _end_of(body)
    if end < 0:
        raise BrokenArchive("no directory")
    size, offset = struct.unpack_from("<LL", body, end + 12)
    count = int.from_bytes(body[end + 10 : end + 12], "little")
    if 0xFFFFFFFF in (size, offset) or count == 0xFFFF:
        end, size, offset = _zip64(body, end, size, offset)
    # A ZIP file with something put in front of it: every offset is too small by that much.
    shift = end - size - offset
    at = end - size
    if shift < 0 or at < 0:
        raise BrokenArchive("directory out of the file")
    while at < end:
        member, at = _entry(body, at, shift)
        yield member


def _zip64(body: bytes, end: int, size: int, offset: int) -> tuple[int, int, int]:
    """Return end, size and offset of the directory by the ZIP64 records, which stand right before `end`."""
    if end < 20 or body[end - 20 : end - 16] != b"PK\x06\x07":
        return end, size, offset
    at = body.rfind(b"PK\x06\x06", max(0, end - 20 - 4096), end - 20)
    if at < 0 or at + 56 > end:
        raise BrokenArchive("no ZIP64 record")
    size, offset = struct.unpack_from("<QQ", body, at + 40)
    return at, size, offset


def _entry(body: bytes, at: int, shift: int) -> tuple[Member, int]:
    try:
        mark, flags, method, packed, size, *lengths, start = _DIRECTORY.unpack_from(body, at)
    except struct.error as error:
        raise BrokenArchive("directory cut off") from error
    if mark != _CENTRAL:
        raise BrokenArchive("no entry where one belongs")
    name_end = at + _DIRECTORY.size + lengths[0]
    extra = body[name_end : name_end + lengths[1]]
    if 0xFFFFFFFF in (packed, size, start):
        packed, start = _extended(extra, packed, size, start)
    name = _name(body[at + _DIRECTORY.size : name_end], flags)
    end = name_end + lengths[1] + lengths[2]
    return Member(name, start + shift, method, packed, bool(flags & 1), body[end - lengths[2] : end]), end


def _extended(extra: bytes, packed: int, size: int, start: int) -> tuple[int, int]:
    """Return packed size and start as the ZIP64 extra field has them."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            field = extra[at + 4 : at + 4 + length]
            values = iter(int.from_bytes(field[i : i + 8], "little") for i in range(0, len(field), 8))
            _ = next(values, 0) if size == 0xFFFFFFFF else 0
            packed = next(values, 0) if packed == 0xFFFFFFFF else packed
            start = next(values, 0) if start == 0xFFFFFFFF else start
        at += 4 + length
    return packed, start


def _name(raw: bytes, flags: int) -> str:
    if not flags & 0x800:
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError:
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _content(body: bytes, member: Member, budget: Budget) -> tuple[bytes, int, str]:
    """Return what `member` unpacks to, where its data end, and why it is not whole (`""` when it is).

    Sizes and checksum are not believed: a packed stream tells its own end.
    """
    if body[member.start : member.start + 4] != LOCAL or member.start + _HEAD.size > len(body):
        return b"", member.start, "corrupt"
    _, flags, method, packed, _, *lengths = _HEAD.unpack_from(body, member.start)
    at = member.start + _HEAD.size + sum(lengths)
    size = member.packed or packed
    if (member.encrypted or flags & 1) and size:
        return b"", at + size, "encrypted"
    if method == STORED:
        data = body[at : at + size]
        budget.take(len(data))
        return data, at + size, "" if len(data) == size else "corrupt"
    try:
        unpacker, at = _unpacker(body, at, method)
    except (NotImplementedError, lzma.LZMAError):
        return b"", at + size, "unsupported"
    data, used, whole = unpack(unpacker, memoryview(body)[at:], budget)
    return data, at + used, "" if whole else "corrupt"


def _unpacker(body: bytes, at: int, method: int) -> tuple[Unpacker, int]:
    if method == DEFLATED:
        return zlib.decompressobj(-15), at
    if method == BZIP2:
        return bz2.BZ2Decompressor(), at
    if method == XZ:
        return lzma.LZMADecompressor(memlimit=LZMA_MEMORY), at
    if method == LZMA:
        length = int.from_bytes(body[at + 2 : at + 4], "little")
        # The octets of properties stand in the head of an .lzma file too; it lacks here only the size.
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY)
        unpacker.decompress(body[at + 4 : at + 4 + length] + b"\xff" * 8)
        return unpacker, at + 4 + length
    raise NotImplementedError(method)


def parts(body: bytes, budget: Budget) -> Iterator[File | Unread]:
    """Yield every member, then members that the directory leaves out; folders are none.

    Raises `Exceeded` over the budget.
    """
    taken: list[tuple[int, int]] = []
    try:
        for member in itertools.islice(members(body), MAX_PARTS + 1):
            data, end, reason = _content(body, member, budget)
            taken.append((member.start, end))
            yield from _told(member, data, reason)
    except BrokenArchive:
        yield Unread("corrupt")
    if len(taken) > MAX_PARTS:
        raise Exceeded("too-many")
    for start, end in _gaps(taken, len(body)):
        yield from _stray(body, start, end, budget)


def _told(member: Member, data: bytes, reason: str) -> Iterator[File | Unread]:
    if reason:
        yield Unread(reason, member.name)
    if data or reason == "encrypted" or not member.name.endswith("/"):
        yield File(member.name, data)


def _gaps(taken: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in sorted(taken):
        if start > at:
            yield at, start
        at = max(at, end)
    if at < size:
        yield at, size


def _stray(body: bytes, at: int, end: int, budget: Budget) -> Iterator[File | Unread]:
    """Yield members that start between `at` and `end` without being in the directory."""
    while (at := body.find(LOCAL, at, end)) >= 0 and at + _HEAD.size <= len(body):
        _, flags, method, packed, _, length, extra = _HEAD.unpack_from(body, at)
        if method not in (STORED, DEFLATED, BZIP2, LZMA, XZ) or not 0 < length < 1000:
            at += 4
            continue
        name = _name(body[at + _HEAD.size : at + _HEAD.size + length], flags)
        member = Member(name, at, method, packed, bool(flags & 1))
        if method == STORED and flags & 8 and not packed:
            # Its size follows its data; the next record of whatever kind ends it.
            begin = at + _HEAD.size + length + extra
            following = body.find(b"PK", begin, end)
            member = Member(name, at, method, (following if following >= 0 else end) - begin, member.encrypted)
        data, stop, reason = _content(body, member, budget)
        yield from _told(member, data, reason)
        at = max(stop, at + 4)


def comments(body: bytes) -> str:
    """Return what an archive and its entries are commented with, and how its folders are called."""
    end = _end_of(body)
    said = [_name(body[end + 22 : end + 22 + int.from_bytes(body[end + 20 : end + 22], "little")], 0)]
    # Where the directory is broken `parts` says so.
    with contextlib.suppress(BrokenArchive):
        for member in itertools.islice(members(body), MAX_PARTS):
            if member.comment:
                said.append(_name(member.comment, 0))
            if member.name.endswith("/"):
                said.append(member.name)
    return "\n".join(said) if end >= 0 else ""


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the files of an archive and comments; see `parts`."""
    yield comments(body)
    for found in parts(body, budget):
        if isinstance(found, File):
            budget.member()
        yield found
