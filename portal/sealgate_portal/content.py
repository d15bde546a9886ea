"""What a message says: which part is its text, which pictures belong into it, and what is attached."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from sealgate_portal import mime
from sealgate_portal.charsets import decode, decode_html
from sealgate_portal.filenames import is_risky, safe_name
from sealgate_portal.mime import Part, Unreadable

MOST_TEXT = 4_000_000
"""Characters of text that a page shows; the whole is in the file."""
_MAGIC = {
    "image/png": (b"\x89PNG\r\n\x1a\n",), "image/jpeg": (b"\xff\xd8\xff",), "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
_CID = re.compile(r"""\bcid:([^\s"'<>)]{1,500})""", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """One stretch of the message's text, in the forms that its author gave it."""

    text: str | None = None
    html: str | None = None


@dataclass(frozen=True)
class Attachment:
    """One attached part, as the page lists it."""

    number: int
    name: str
    type: str
    size: int
    picture: bool
    """It is a picture that a browser may show."""
    risky: bool


@dataclass
class Content:
    """A message taken apart. `readable` is false when it cannot be: then there is only the file."""

    raw: bytes
    readable: bool = True
    pieces: list[Piece] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    parts: dict[int, Part] = field(default_factory=dict)

    @property
    def has_html(self) -> bool:
        """Whether some of the text is HTML."""
        return any(piece.html is not None for piece in self.pieces)

    def picture(self, content_id: str) -> Part | None:
        """Return the part of that content id if it is a picture that browsers show."""
        for part in self.parts.values():
            if part.content_id == content_id and picture_type(part.octets()):
                return part
        return None

    def attachments(self) -> list[Attachment]:
        """Return what to list: all that is not text, less the pictures that stand in the text."""
        shown = {unquote(name).strip("<>") for piece in self.pieces for name in _CID.findall(piece.html or "")}
        return [_attachment(part) for part in self.attached if not (part.content_id in shown and _is_image(part))]

    def attachment(self, number: int) -> tuple[Attachment, bytes] | None:
        """Return the attached part of that number and its octets."""
        for part in self.attached:
            if part.number == number:
                return _attachment(part), part.octets()
        return None


def read(raw: bytes) -> Content:
    """Take a message apart. Never fails: what cannot be read is offered as a file."""
    content = Content(raw)
    try:
        top = mime.parse(raw)
    except Unreadable:
        content.readable = False
        return content
    content.parts = {part.number: part for part in top.walk()}
    _collect(top, content)
    return content


def picture_type(octets: bytes) -> str | None:
    """Return the type of a picture that browsers show as a picture and nothing else, by its first octets."""
    for media_type, marks in _MAGIC.items():
        if octets.startswith(marks) and (media_type != "image/webp" or octets[8:12] == b"WEBP"):
            return media_type
    return None


def _collect(part: Part, content: Content) -> None:
    """Sort `part` and what is below it into texts and attachments."""
    if part.type == "multipart/alternative" and part.children:
        _alternative(part, content)
    elif part.type.startswith("multipart/") and part.children:
        for child in part.children:
            _collect(child, content)
    elif _is_text(part):
        content.pieces.append(_piece(part))
    elif part.octets().strip():
        content.attached.append(part)


def _alternative(part: Part, content: Content) -> None:
    """Take the best HTML and the best plain form as one piece; keep what else the alternatives bring along."""
    branches = []
    for child in part.children:
        branch = Content(content.raw)
        _collect(child, branch)
        branches.append(branch)
        content.attached.extend(branch.attached)
    html = [b for b in branches if b.has_html]
    text = [b for b in branches if b.pieces and not b.has_html]
    if html:
        # The last one is the richest (RFC 2046 section 5.1.4). A branch may hold several stretches of text.
        chosen = html[-1].pieces
        plain = "\n".join(piece.text or "" for piece in text[-1].pieces) if text else None
        first = next(piece for piece in chosen if piece.html is not None)
        content.pieces += [Piece(plain, piece.html) if piece is first else piece for piece in chosen]
    elif text:
        content.pieces += text[-1].pieces


def _is_text(part: Part) -> bool:
    return part.type in {"text/plain", "text/html"} and part.disposition != "attachment" and not (
        part.name and part.disposition != "inline" and part.number != 0)


def _is_image(part: Part) -> bool:
    return part.type.startswith("image/") or part.type == "application/octet-stream"


def _piece(part: Part) -> Piece:
    octets = part.octets()[:MOST_TEXT]
    if part.type == "text/html":
        return Piece(html=decode_html(octets, part.charset))
    text = decode(octets, part.charset)
    if str(part.fields.get_param("format", "")).lower() == "flowed":
        text = unflow(text, str(part.fields.get_param("delsp", "")).lower() == "yes")
    return Piece(text=text)


def unflow(text: str, delete_space: bool) -> str:
    """Return `format=flowed` text with its soft line breaks joined (RFC 3676)."""
    lines: list[str] = []
    open_quote = -1
    for line in text.split("\n"):
        quote = len(line) - len(line.lstrip(">"))
        plain = line[quote:]
        plain = plain.removeprefix(" ")
        flows = plain.endswith(" ") and plain != "-- "
        if open_quote == quote and plain != "-- ":
            lines[-1] += plain
        else:
            lines.append(">" * quote + (" " if quote else "") + plain)
        if flows and delete_space:
            lines[-1] = lines[-1][:-1]
        open_quote = quote if flows else -1
    return "\n".join(lines)


def _attachment(part: Part) -> Attachment:
    octets = part.octets()
    picture = picture_type(octets)
    media_type = picture or part.type
    name = part.name
    if not name and part.type == "message/rfc822":
        name = _subject_of(octets) + ".eml"
    name = safe_name(name, media_type, part.number)
    return Attachment(part.number, name, media_type, len(octets), picture is not None, is_risky(name))


def _subject_of(octets: bytes) -> str:
    """Return the subject of an attached message, for its name."""
    try:
        subject = mime.words(str(mime.parse(octets).fields.get("Subject", "")))
    except Unreadable:
        subject = ""
    return subject[:80] or "message"
