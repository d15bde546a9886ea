"""Read a message: every text in it with its place, every attachment by name and type, everything unreadable."""

import email
import email.policy
import hashlib
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message as StandardMessage
from typing import Protocol

from sealgate_milter import charsets, media, mime, plain, text, transfer
from sealgate_milter.extract import formats, pool
from sealgate_milter.extract.found import File
from sealgate_milter.extract.walk import Said
from sealgate_milter.kinds import Kind, kind_of
from sealgate_milter.message import Message
from sealgate_milter.mime import Header, Part, Tree
from sealgate_milter.verdict import Unreadable

INLINE = 256_000
"""Octets of the longest text part that is read in this process; longer ones go where documents are read."""
PATIENCE = 12.0
"""Seconds that all documents of one message get together; judging fits into the milter's deadline as well."""


class Documents(Protocol):
    """What reads documents: `extract.pool`, whose processes are confined, or `extract.walk` right here."""

    def extract(self, file: File, path: str, patience: float) -> Iterable[Said]:
        """Return what is in `file`, which stands at `path`, within about `patience` seconds."""


_SOFT_END = re.compile(rb"(?<!^--) \r?\n(?:>+ ?| )?", re.MULTILINE)
_TEXTUAL = (Kind.TEXT, Kind.HTML, Kind.HEADER)


@dataclass(frozen=True)
class Text:
    """A text as a reader sees it, as normalised UTF-8; `scope` is one of those that tests may name.

    One that nobody is shown, such as attributes and comments of HTML, is `aside`.
    """

    scope: str
    part: str
    octets: bytes
    aside: bool = False

    @property
    def text(self) -> str:
        """The text as `str`."""
        return self.octets.decode("utf-8", "replace")


@dataclass(frozen=True)
class Attachment:
    """A part by name and type; `body` is its content, or `digest` that content's SHA-256 where only that is here."""

    part: str
    name: str
    type: str
    body: bytes = field(default=b"", repr=False)
    digest: bytes = b""

    @property
    def sha256(self) -> bytes:
        """The SHA-256 of the content, empty when it was not kept (an enclosed message)."""
        return self.digest or (hashlib.sha256(self.body).digest() if self.body else b"")


@dataclass
class Content:
    """All that rules can look at."""

    texts: list[Text] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    documents: list[tuple[str, str, File]] = field(default_factory=list)
    """Scope, part and content of what is yet to be read elsewhere."""
    size: int = 0

    def add(self, scope: str, part: str, raw: str) -> None:
        """Add a text, normalised, unless there is nothing in it or too much in the message."""
        for octets in plain.octets(raw):
            self.add_octets(scope, part, octets, aside=isinstance(raw, plain.Aside))

    def add_octets(self, scope: str, part: str, octets: bytes, *, aside: bool = False) -> None:
        """Add a text that is normalised UTF-8 already, as far as it fits."""
        if self.size + len(octets) > plain.MAX_TEXT:
            self.refuse(part, "too-large")
            octets = octets[: plain.MAX_TEXT - self.size]
        self.size += len(octets)
        self.texts.append(Text(scope, part, octets, aside))

    def refuse(self, part: str, reason: str) -> None:
        """Note once that a part cannot be read."""
        entry = Unreadable(part, reason)
        if entry not in self.unreadable:
            self.unreadable.append(entry)


def read(message: Message, documents: Documents | None = None) -> Content:
    """Return what `message` says; `documents` reads what is no short text (by default this process's pool)."""
    content = Content()
    _header(content, message.header, "", "subject", "headers")
    tree = mime.walk(message.header, message.body)
    _parts(content, tree)
    if tree.odd and not tree.unreadable:
        _second_reading(content, message)
    if content.documents:
        _documents(content, documents or pool.shared())
    return content


def _documents(content: Content, documents: Documents) -> None:
    end = time.monotonic() + PATIENCE
    for scope, part, file in content.documents:
        path = f"{part}/{file.name}" if file.name else part
        for said in documents.extract(file, path, end - time.monotonic()):
            match said.kind:
                case "text" | "aside" as kind:
                    where = scope if said.path == path else "attachment"
                    content.add_octets(where, said.path, said.octets, aside=kind == "aside")
                case "file":
                    digest, full = said.octets[:32], said.octets[32:].decode("utf-8", "replace")
                    name = full.replace("\\", "/").rpartition("/")[2]
                    content.add("file-name", said.path, name)
                    content.attachments.append(Attachment(said.path, text.normalise(name), "", digest=digest))
                case "unread":
                    content.refuse(said.path, said.octets.decode("ascii", "replace"))
    content.documents.clear()


def _header(content: Content, header: Header, part: str, subject: str, others: str) -> None:
    lines = []
    for name, value in header:
        lower = name.lower()
        if lower == b"subject":
            content.add(subject, part or "subject", transfer.words(value[: mime.MAX_HEADER]))
        elif lower in plain.READ_FIELDS:
            lines.append(transfer.words(value[: mime.MAX_HEADER]))
        if len(value) > mime.MAX_HEADER:
            content.refuse(part or "header", "too-large")
    content.add(others, part or "header", "\n".join(lines))


def _parts(content: Content, tree: Tree) -> None:
    for refused in tree.unreadable:
        content.refuse(refused.part, refused.reason)
    for part in tree.parts:
        _part(content, part)


def _part(content: Content, part: Part) -> None:
    name = name_of(part)
    word = part.disposition[0]
    attached = part.level > 0 or word == "attachment" or bool(name)
    letter = part.type == "message/rfc822"
    bodies = [b""] if letter else part.bodies
    body = bodies[0]
    if word == "attachment" or name or not part.type.startswith("text/"):
        content.attachments.append(Attachment(part.number, name, part.type, body))
        content.add("file-name", part.number, name)
    if letter:
        _header(content, part.header, part.number, "attachment", "attachment")
        return
    for lower, value in part.header:
        if lower.lower() == b"content-description" and part.number != "1":
            content.add("attachment", part.number, transfer.words(value))
    if not transfer.encodings(mime.every(part.header, b"content-transfer-encoding"))[1]:
        content.refuse(part.number, "unsupported")
    scope = "attachment" if attached else "body"
    for body in bodies:
        _read(content, part, scope, name, body)
    for other in (transfer.bare(body), _flowed(part, body)):
        if other and (formats.binary(other) or kind_of(part.type, name, other) in _TEXTUAL):
            _read(content, part, scope, name, other)


def _read(content: Content, part: Part, scope: str, name: str, body: bytes) -> None:
    """Add what is said in `body`, or note it for those who read documents."""
    kind = kind_of(part.type, name, body)
    if kind is Kind.SEALED:
        content.refuse(part.number, "encrypted")
    if kind is Kind.DOCUMENT or (kind in _TEXTUAL and _belongs_elsewhere(kind, body)):
        content.documents.append((scope, part.number, File(name, body, _typed(part))))
    elif kind in _TEXTUAL:
        charset = part.parameters.get("charset", "")
        if not charsets.legible(body, charset):
            content.refuse(part.number, "unsupported")
        for raw in plain.readings(kind, charset, body):
            content.add(scope, part.number, raw)
    elif kind is Kind.MEDIA and (behind := media.appended(body)):
        content.documents.append((scope, part.number, File("", behind)))


def _flowed(part: Part, body: bytes) -> bytes:
    """Return `body` with its lines joined as RFC 3676 wants it where a space at their end is none of the text's."""
    if part.parameters.get("delsp", "").strip().lower() != "yes":
        return b""
    return _SOFT_END.sub(b"", body)


def _belongs_elsewhere(kind: Kind, body: bytes) -> bool:
    """Tell whether a text is too long for here, or has something encoded in it; in HTML, that is within its lines."""
    encoded = formats.inlined if kind is Kind.HTML else formats.textual
    return len(body) > INLINE or bool(encoded(body))


def _typed(part: Part) -> str:
    charset = part.parameters.get("charset", "")
    return f'{part.type}; charset="{charset}"' if charset else part.type


def name_of(part: Part) -> str:
    """Return the file name of a part, from Content-Disposition or Content-Type, decoded; `""` when it has none."""
    given = part.disposition[1].get("filename") or part.parameters.get("filename") or part.parameters.get("name", "")
    try:
        return text.normalise(transfer.words(given.encode("latin-1"))) if given else ""
    except UnicodeEncodeError:
        return text.normalise(given)


def _second_reading(content: Content, message: Message) -> None:
    """Add what the standard library's parser and a lenient reader see in a message of ambiguous structure."""
    header = b"".join(name + b":" + value + b"\r\n" for name, value in message.header)
    try:
        # As text of one character an octet: from bytes, get_payload would look up charsets that a stranger names.
        source = transfer.octets(header + b"\r\n" + message.body)
        parsed = email.message_from_string(source, policy=email.policy.compat32)
        leaves = [part for part in parsed.walk() if not part.is_multipart()][: mime.MAX_PARTS]
    except RecursionError:
        content.refuse("1", "too-deep")
        return
    others = mime.walk(message.header, message.body, lenient=True)
    known = {(entry.scope, entry.octets) for entry in content.texts}
    extra = Content(size=content.size)
    for number, leaf in enumerate(leaves, 1):
        _part(extra, _standard_part(leaf, number))
    _parts(extra, others)
    new = {(entry.scope, entry.octets): entry for entry in extra.texts}
    content.texts += [entry for key, entry in new.items() if key not in known]
    content.attachments += [entry for entry in extra.attachments if entry.name]
    waiting = {file.body for _, _, file in content.documents}
    documents = {entry[2].body: entry for entry in extra.documents}
    content.documents += [entry for body, entry in documents.items() if body not in waiting]
    for refused in extra.unreadable:
        content.refuse(refused.part, refused.reason)


def _standard_part(leaf: StandardMessage, number: int) -> Part:
    header = tuple((_octets(name), _octets(str(value))) for name, value in leaf.raw_items())
    kind, parameters = mime.parse_parameters(mime.first(header, b"content-type") or b"text/plain")
    payload = leaf.get_payload()
    body = _octets(payload) if isinstance(payload, str) else b""
    return Part(f"second.{number}", header, kind, parameters, body, 0)


def _octets(text: str) -> bytes:
    return text.encode("latin-1", "replace")
