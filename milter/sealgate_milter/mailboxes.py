"""Messages from files: one message, a folder of them, a Maildir, a mbox; and who wrote them to whom.

A saved message has no envelope: the sender is its From, the recipients are its To, Cc and Bcc.
"""

import email.utils
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sealgate_milter import transfer
from sealgate_milter.message import Message, from_bytes
from sealgate_milter.mime import first

MAX_SIZE = 200_000_000
"""Octets of the longest message in a mbox; the rest of it is passed over."""


@dataclass(frozen=True)
class Stored:
    """One message as stored: a name for people, its content, and what share of the mailbox is behind it."""

    name: str
    content: bytes
    done: float


def stored(path: Path) -> Iterator[Stored]:
    """Yield the messages at `path`: a mbox or a message, a Maildir, else a folder with `*.eml` anywhere below it.

    Raises `OSError` when `path` cannot be read.
    """
    if path.is_dir():
        folders = [path / name for name in ("cur", "new")]
        if any(folder.is_dir() for folder in folders):
            files = [file for folder in folders if folder.is_dir() for file in folder.iterdir() if file.is_file()]
        else:
            files = list(path.rglob("*.eml"))
        for number, file in enumerate(sorted(files), 1):
            yield Stored(file.relative_to(path).as_posix(), without_from_line(file.read_bytes()), number / len(files))
        return
    with path.open("rb") as box:
        size = os.fstat(box.fileno()).st_size or 1
        for number, content in enumerate(_split(box), 1):
            yield Stored(f"message {number}", content, min(box.tell() / size, 1.0))


def _split(file: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of a mbox (a `From ` line after an empty one begins each); a file that is none is one."""
    lines: list[bytes] = []
    held, empty = 0, True
    mbox = False
    for line in file:
        if line.startswith(b"From ") and empty and (mbox or not lines):
            if mbox:
                yield b"".join(lines)
            lines, held, mbox = [], 0, True
        else:
            # Writers of mboxes put ">" before a line that looks like a beginning.
            quoted = mbox and line.startswith(b">") and line.lstrip(b">").startswith(b"From ")
            held += len(line)
            if held <= MAX_SIZE:
                lines.append(line[1:] if quoted else line)
        empty = line in (b"\n", b"\r\n")
    if lines or mbox:
        yield b"".join(lines)


def without_from_line(content: bytes) -> bytes:
    """Return `content` without the `From ` line that a mbox puts before it."""
    return content.partition(b"\n")[2] if content.startswith(b"From ") else content


def addressed(content: bytes, sender: str | None = None, recipients: list[str] | None = None) -> Message:
    """Return the message with this envelope; what is `None` is taken from its header."""
    bare = from_bytes(content, "", ())
    if sender is None:
        sender = next(iter(_addresses(bare, b"from")), "")
    if recipients is None:
        recipients = _addresses(bare, b"to", b"cc", b"bcc")
    plain = (recipient.strip().removeprefix("<").removesuffix(">") for recipient in recipients)
    return Message(sender.strip("<>"), tuple(dict.fromkeys(plain)), bare.header, bare.body)


def _addresses(message: Message, *names: bytes) -> list[str]:
    values = [transfer.words(value) for name, value in message.header if name.lower() in names]
    return [address for _, address in email.utils.getaddresses(values) if "@" in address]


def date_of(message: Message) -> datetime | None:
    """Return when the message says it was written, `None` when it does not."""
    try:
        when = email.utils.parsedate_to_datetime(transfer.octets(first(message.header, b"date")[:200]).strip())
    except (ValueError, TypeError, IndexError):
        return None
    if not datetime.min.year < when.year < datetime.max.year:
        return None  # In another time zone it may lie outside what can be counted.
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def subject_of(message: Message) -> str:
    """Return the first Subject as a reader sees it, on one line and without control characters."""
    shown = transfer.words(first(message.header, b"subject")[:2000])
    return "".join(char if char.isprintable() else " " for char in shown).strip()
