"""What goes between the milter and the processes that read files: plain lengths and octets, nothing to execute."""

import os
import socket
import struct
from collections.abc import Iterator
from typing import BinaryIO, Literal

from sealgate_milter.extract.found import File
from sealgate_milter.extract.walk import Said

_REQUEST = struct.Struct("!IIHHH")
_FRAME = struct.Struct("!BHI")
_KINDS: dict[int, Literal["text", "aside", "file", "unread"]] = {1: "text", 2: "file", 3: "unread", 4: "aside"}
_NUMBERS = {word: number for number, word in _KINDS.items()}
_END = 0
_BATCH = 1 << 16
MOST = 40_000_000
"""Octets that are taken of one answer; an honest reader keeps to `plain.MAX_TEXT`."""
MOST_FRAMES = 500_000


class BrokenAnswer(Exception):
    """The other side does not keep to the form."""


def ask(line: socket.socket, file: File, path: str, seconds: float) -> None:
    """Send `file` to be read in `seconds`: what it is called on the line, its content as a nameless file beside it."""
    strings = [text.encode("utf-8", "replace")[:60_000] for text in (path, file.name, file.type)]
    held = os.memfd_create("attachment", os.MFD_CLOEXEC)
    try:
        view = memoryview(file.body)
        while view:
            view = view[os.write(held, view) :]
        head = _REQUEST.pack(len(file.body), max(1, int(seconds * 1000)), *map(len, strings))
        socket.send_fds(line, [head], [held])
        line.sendall(b"".join(strings))
    finally:
        os.close(held)


def asked(line: socket.socket) -> tuple[File, str, float] | None:
    """Return the next file to read, its path and the seconds for it, `None` when the other side is gone."""
    head, descriptors, _, _ = socket.recv_fds(line, _REQUEST.size, 1)
    if not head:
        return None
    size, milliseconds, *lengths = _REQUEST.unpack(head)
    path, name, kind = (_exactly(line, length).decode("utf-8", "replace") for length in lengths)
    held = descriptors[0]
    try:
        body = bytearray()
        while len(body) < size and (piece := os.pread(held, size - len(body), len(body))):
            body += piece
    finally:
        os.close(held)
    return File(name, bytes(body), kind), path, milliseconds / 1000


def _exactly(line: socket.socket, length: int) -> bytes:
    octets = b""
    while len(octets) < length and (piece := line.recv(length - len(octets))):
        octets += piece
    return octets


def answer(line: socket.socket, found: Iterator[Said]) -> None:
    """Send what is found as it is found, then the end."""
    held = bytearray()
    for said in found:
        path = said.path.encode("utf-8", "replace")[:60_000]
        held += _FRAME.pack(_NUMBERS[said.kind], len(path), len(said.octets)) + path + said.octets
        if len(held) > _BATCH:
            line.sendall(held)
            held.clear()
    line.sendall(bytes(held) + _FRAME.pack(_END, 0, 0))


def answered(stream: BinaryIO) -> Iterator[Said]:
    """Yield what comes; raise `BrokenAnswer` when it breaks off before its end, or has none."""
    room = MOST
    for _ in range(MOST_FRAMES):
        number, path_length, length = _FRAME.unpack(_all(stream, _FRAME.size))
        room -= length
        if number == _END:
            return
        if number not in _KINDS or room < 0:
            raise BrokenAnswer("no such frame")
        path = _all(stream, path_length).decode("utf-8", "replace")
        yield Said(_KINDS[number], path, _all(stream, length))
    raise BrokenAnswer("too many frames")


def _all(stream: BinaryIO, length: int) -> bytes:
    octets = stream.read(length)
    if len(octets) < length:
        raise BrokenAnswer("broke off")
    return octets
