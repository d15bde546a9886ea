"""Read a message: every text in it with its place, every attachment by name and type, everything unreadable."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as StandardMessage

from sealgate_milter import mime, text, transfer
from sealgate_milter.kinds import Kind, kind_of
from sealgate_milter.message import Message
from sealgate_milter.mime import Header, Part, Tree
from sealgate_milter.verdict import Unreadable

MAX_TEXT = 32_000_000
"""Characters of text that are read in one message; what follows is `unreadable: too-big`."""
READ_FIELDS = (b"from", b"sender", b"reply-to", b"to", b"cc", b"comments", b"keywords", b"thread-topic",
               b"content-description")  # fmt: skip
"""Header fields whose text is read besides the subject. Others carry machine's numbers that look like people's."""


@dataclass(frozen=True)
class Text:
    """A text as a reader sees it, as normalised UTF-8; `scope` is `subject`, `headers`, `body` or `attachment`."""

    scope: str
    part: str
    octets: bytes

    @property
    def text(self) -> str:
        """The text as `str`."""
        return self.octets.decode("utf-8", "replace")


@dataclass(frozen=True)
class Attachment:
    """A part by name and type."""

    part: str
    name: str
    type: str


@dataclass
class Content:
    """All that rules can look at."""

    texts: list[Text] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    size: int = 0

    def add(self, scope: str, part: str, raw: str) -> None:
        """Add a text, normalised, unless there is nothing in it or too much in the message."""
        if not raw or raw.isspace():
            return
        if self.size + len(raw) > MAX_TEXT:
            self.refuse(part, "too-big")
            raw = raw[: MAX_TEXT - self.size]
        self.size += len(raw)
        plain = text.normalise(raw)
        self._add(scope, part, plain)
        escaped = text.unquoted(plain)
        if escaped is not None:
            self._add(scope, part, text.normalise(escaped))

    def _add(self, scope: str, part: str, plain: str) -> None:
        self.texts.append(Text(scope, part, plain.encode("utf-8", "replace")))

    def refuse(self, part: str, reason: str) -> None:
        """Note once that a part cannot be read."""
        entry = Unreadable(part, reason)
        if entry not in self.unreadable:
            self.unreadable.append(entry)


def read(message: Message) -> Content:
    """Return what `message` says."""
    content = Content()
    _header(content, message.header, "", "subject", "headers")
    tree = mime.walk(message.header, message.body)
    _parts(content, tree)
    if tree.odd and not tree.unreadable:
        _second_reading(content, message)
    return content


def _header(content: Content, header: Header, part: str, subject: str, others: str) -> None:
    lines = []
    for name, value in header:
        lower = name.lower()
        if lower == b"subject":
            content.add(subject, part or "subject", transfer.words(value[: mime.MAX_HEADER]))
        elif lower in READ_FIELDS:
            lines.append(transfer.words(value[: mime.MAX_HEADER]))
        if len(value) > mime.MAX_HEADER:
            content.refuse(part or "header", "too-big")
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
    if word == "attachment" or name or not part.type.startswith("text/"):
        content.attachments.append(Attachment(part.number, name, part.type))
        content.add("attachment", part.number, name)
    if part.type == "message/rfc822":
        _header(content, part.header, part.number, "attachment", "attachment")
        return
    for lower, value in part.header:
        if lower.lower() == b"content-description" and part.number != "1":
            content.add("attachment", part.number, transfer.words(value))
    body = transfer.decoded(part.field(b"content-transfer-encoding"), part.body)
    scope = "attachment" if attached else "body"
    kind, reason = kind_of(part.type, name, body)
    if reason:
        content.refuse(part.number, reason)
    for raw in _texts(kind, part, body):
        content.add(scope, part.number, raw)


def _texts(kind: Kind, part: Part, body: bytes) -> Iterator[str]:
    if kind is Kind.BINARY:
        return
    if len(body) > MAX_TEXT:
        body = body[: MAX_TEXT + 1]
    for raw in transfer.readings(body, part.parameters.get("charset", "")):
        if kind is Kind.HTML:
            yield from text.from_html(raw)
        else:
            yield raw
    if kind is Kind.HEADER:
        for name, value in mime.split_header(body)[0]:
            if name.lower() == b"subject" or name.lower() in READ_FIELDS:
                yield transfer.words(value)


def name_of(part: Part) -> str:
    """Return the file name of a part, from Content-Disposition or Content-Type, decoded; `""` when it has none."""
    given = part.disposition[1].get("filename") or part.parameters.get("filename") or part.parameters.get("name", "")
    try:
        return text.normalise(transfer.words(given.encode("latin-1"))) if given else ""
    except UnicodeEncodeError:
        return text.normalise(given)


def _second_reading(content: Content, message: Message) -> None:
    """Add what the standard library's parser sees in a message of ambiguous structure."""
    header = b"".join(name + b":" + value + b"\r\n" for name, value in message.header)
    try:
        # As text of one character an octet: from bytes, get_payload would look up charsets that a stranger names.
        source = transfer.octets(header + b"\r\n" + message.body)
        parsed = email.message_from_string(source, policy=email.policy.compat32)
        leaves = [part for part in parsed.walk() if not part.is_multipart()][: mime.MAX_PARTS]
    except RecursionError:
        content.refuse("1", "too-deep")
        return
    known = {(entry.scope, entry.octets) for entry in content.texts}
    extra = Content(size=content.size)
    for number, leaf in enumerate(leaves, 1):
        _part(extra, _standard_part(leaf, number))
    content.texts += [entry for entry in extra.texts if (entry.scope, entry.octets) not in known]
    content.attachments += [entry for entry in extra.attachments if entry.name]
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
