"""A milter client, written from the protocol: what Postfix's smtpd(8) does on the wire, for tests and measurements."""

import contextlib
import socket
import struct
from dataclasses import dataclass, field

ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF
NO_STEP = {b"C": 0x01, b"H": 0x02, b"M": 0x04, b"R": 0x08, b"B": 0x10, b"L": 0x20, b"N": 0x40, b"T": 0x200}
NO_REPLY = {
    b"L": 0x80, b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"T": 0x10000, b"N": 0x40000, b"B": 0x80000,
}  # fmt: skip
CHUNK = 65535
VERDICTS = {b"c": "continue", b"a": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard"}


@dataclass
class Answer:
    """The final reply to a message (`continue`, or `451 4.3.0 ...`) and the changes that came before it."""

    reply: str = "continue"
    changes: list[tuple] = field(default_factory=list)

    def of(self, kind: str) -> list[tuple]:
        return [change[1:] for change in self.changes if change[0] == kind]


class MilterClient:
    """One connection to a milter."""

    def __init__(self, address: str | tuple[str, int], actions: int = ALL_ACTIONS, timeout: float = 20) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self._send(b"O", struct.pack("!III", 6, actions, ALL_STEPS))
        command, data = self._receive()
        assert command == b"O", command
        self.version, self.actions, self.steps = struct.unpack("!III", data[:12])

    def __enter__(self) -> "MilterClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._send(b"Q")
        self.socket.close()

    def message(self, sender, recipients, header, body, queue_id="4TESTqueue", pause=None) -> Answer:
        """Send one message as smtpd(8) does; recipients are strings or `(rcpt_to, parameters...)`."""
        for command, data in self._steps(sender, recipients, header, body, queue_id):
            if data is None:
                pause = pause and pause()
                continue
            answer = self._step(command, data)
            if answer.reply != "continue" or command == b"E":
                if command != b"E":
                    self._send(b"A")
                return answer
        raise AssertionError("no end of message")

    def _steps(self, sender, recipients, header, body, queue_id):
        yield b"C", b"client.test\x004\x30\x39127.0.0.1\0"
        yield b"H", b"client.test\0"
        yield b"M", _octets(sender) + b"\0"
        for recipient in recipients:
            arguments = (recipient,) if isinstance(recipient, str) else recipient
            yield b"R", b"".join(_octets(argument) + b"\0" for argument in arguments)
        self._send(b"D", b"Ei\0" + queue_id.encode() + b"\0")
        yield b"T", b""
        for name, value in header:
            yield b"L", _octets(name) + b"\0" + _octets(value) + b"\0"
        yield b"N", b""
        half = len(body) // 2 if len(body) < 2 * CHUNK else CHUNK
        yield b"B", body[:half]
        yield b"", None
        for start in range(half, len(body), CHUNK):
            yield b"B", body[start : start + CHUNK]
        self._send(b"D", b"Ei\0" + queue_id.encode() + b"\0")
        yield b"E", b""

    def _step(self, command: bytes, data: bytes) -> Answer:
        answer = Answer()
        if self.steps & NO_STEP.get(command, 0):
            return answer
        self._send(command, data)
        if self.steps & NO_REPLY.get(command, 0):
            return answer
        while True:
            kind, data = self._receive()
            if kind in VERDICTS:
                answer.reply = VERDICTS[kind]
                return answer
            if kind == b"y":
                answer.reply = data.rstrip(b"\0").decode()
                return answer
            answer.changes.append(_change(kind, data))

    def _send(self, command: bytes, data: bytes = b"") -> None:
        self.socket.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def _receive(self) -> tuple[bytes, bytes]:
        (length,) = struct.unpack("!I", self._exactly(4))
        packet = self._exactly(length)
        return packet[:1], packet[1:]

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = self.socket.recv(count)
            if not part:
                raise ConnectionError("the milter closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _octets(text) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _change(kind: bytes, data: bytes) -> tuple:
    texts = [part.decode("utf-8", "surrogateescape") for part in data.split(b"\0")[:-1]]
    if kind == b"h":
        return ("addheader", *texts)
    if kind == b"m":
        name, value = data[4:].split(b"\0")[:2]
        return ("chgheader", struct.unpack("!I", data[:4])[0], name.decode(), value.decode())
    if kind == b"b":
        return ("replacebody", data)
    return ({b"+": "addrcpt", b"2": "addrcpt", b"-": "delrcpt", b"p": "progress", b"q": "quarantine"}[kind], *texts)
