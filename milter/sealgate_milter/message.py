"""What is classified: one message as the milter (or a file) gives it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sealgate_core import tag
from sealgate_milter import mime


@dataclass(frozen=True)
class Message:
    """One message: envelope and content.

    `header` is the header section in order, each field as `(name, raw value)`, folded lines included; `body` is
    everything after the empty line. Addresses are `str` without angle brackets, with surrogate escapes for octets
    that are not UTF-8.
    """

    sender: str
    recipients: tuple[str, ...]
    header: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @cached_property
    def digest(self) -> str:
        """What tells this message from every other: a digest of all it says but the Subject, which we may change."""
        return tag.content_digest([entry for entry in self.header if entry[0].lower() != b"subject"], self.body)

    @property
    def size(self) -> int:
        """Octets of the content, near enough to what Postfix counts."""
        return sum(len(name) + len(value) + 4 for name, value in self.header) + len(self.body)


def from_bytes(content: bytes, sender: str, recipients: tuple[str, ...]) -> Message:
    """Return the message whose content is `content` (header section, empty line, body)."""
    header, body = mime.split_header(content)
    return Message(sender, recipients, header, body)


def from_file(path: Path, sender: str, recipients: tuple[str, ...]) -> Message:
    """Return the message in the file at `path`; a leading mbox `From ` line is dropped."""
    content = path.read_bytes()
    if content.startswith(b"From "):
        content = content.partition(b"\n")[2]
    return from_bytes(content, sender, recipients)
