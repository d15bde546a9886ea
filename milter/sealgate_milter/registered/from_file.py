"""Read a file to be registered, by the very reader of messages: what is registered is what a message will show."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from sealgate_milter.message import Message
from sealgate_milter.reading import read
from sealgate_milter.registered.registering import Reading
from sealgate_milter.verdict import Unreadable


@dataclass(frozen=True)
class Sheet:
    """What a file says, and what of it could not be read."""

    reading: Reading
    unreadable: tuple[Unreadable, ...]


def read_file(path: Path, label: str, *, form: bool = False, added: str = "") -> Sheet:
    """Return what is in the file at `path`, as if it came attached; raise `OSError`."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    header = (
        (b"Content-Type", kind.encode()),
        (b"Content-Disposition", b"attachment; filename*=utf-8''" + _quoted(path.name)),
    )
    content = read(Message("", (), header, path.read_bytes()))
    # Style sheets and the like are the same in every mail of one program.
    texts = [text.octets for text in content.texts if text.scope in ("body", "attachment") and not text.aside]
    # Of the file itself only: a logo that is in it may be anywhere.
    digests = [digest for part in content.attachments[:1] if (digest := part.sha256)]
    reading = Reading(label, str(path.resolve()), texts, digests, form, added)
    return Sheet(reading, tuple(content.unreadable))


def _quoted(name: str) -> bytes:
    return b"".join(b"%%%02X" % octet for octet in name.encode("utf-8", "surrogateescape"))
