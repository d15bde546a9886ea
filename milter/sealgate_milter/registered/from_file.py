"""Read a file to be registered, by the very reader of messages: what is registered is what a message will show."""

import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from sealgate_milter.extract import formats
from sealgate_milter.kinds import Kind, kind_of
from sealgate_milter.message import Message
from sealgate_milter.reading import Text, read
from sealgate_milter.registered.registering import Reading
from sealgate_milter.verdict import Unreadable

_PROGRAM = re.compile(
    r"/(?:docProps/.*|customXml/.*|(?:.*/)?(?:slideMasters|slideLayouts|notesMasters|handoutMasters|theme|printerSettings)/.*"
    r"|(?:word|xl|ppt)/(?:styles|settings|webSettings|fontTable|numbering|presProps|viewProps|tableStyles)\.xml"
    r"|meta\.xml|settings\.xml|properties|objects|header|script|[^/]*\.(?:bin|plist|emf|wmf|jpe?g|png|gif))\Z"
)
"""Places in a file that a program fills: properties, templates, printer settings; and the addresses of a letter."""


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
    body = path.read_bytes()
    content = read(Message("", (), header, body))
    letter = kind == "message/rfc822"
    # Of a format that nobody knows, what looks like text may be the same in every file of its program.
    known = kind_of(kind, path.name, body) is not Kind.DOCUMENT or formats.binary(body)
    told = [text for text in content.texts if known and _tells(text)]
    texts = [text.octets for text in told if not (letter and text.part == "1")]
    # Of the file itself only: a logo that is in it may be anywhere.
    digests = [digest for part in content.attachments[:1] if (digest := part.sha256)]
    reading = Reading(label, str(path.resolve()), texts, digests, form, added)
    return Sheet(reading, tuple(content.unreadable))


def _tells(text: Text) -> bool:
    """Tell whether a text is of this document, rather than the same in many that one program made."""
    return text.scope in ("body", "attachment") and not text.aside and not _PROGRAM.search(text.part)


def _quoted(name: str) -> bytes:
    return b"".join(b"%%%02X" % octet for octet in name.encode("utf-8", "surrogateescape"))
