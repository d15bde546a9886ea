"""Takes a message apart into numbered parts, in time and memory that grow with its size and no faster.

The header sections are read by Python's `email` package under `compat32`; the boundaries are found here, because its
parser recurses with the nesting and compares every line with every open boundary. Parts are slices: nothing is copied
until somebody asks for a part's octets.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

from sealgate_portal.charsets import decode

MOST_PARTS = 1000
DEEPEST = 20
LONGEST_HEADER = 256 * 1024
LONGEST_FIELD = 8192
"""Octets of a structured field; Python's reading of parameters is quadratic, and no honest one is longer."""
_HEADER_END = re.compile(rb"\r?\n(?=\r?\n)")
_STRUCTURED = ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Content-ID")
_SHOWN = ("Subject", "From", "To", "Cc", "Date", "Message-ID", "References", "In-Reply-To")


class Unreadable(Exception):
    """The message is not MIME that we take apart; it can still be downloaded whole."""


@dataclass
class Part:
    """One part: its number in the message, its fields, and where its octets lie."""

    number: int
    fields: Message
    raw: memoryview
    children: list["Part"] = field(default_factory=list)
    default: str = "text/plain"

    @property
    def type(self) -> str:
        """Media type, lower case."""
        if "Content-Type" not in self.fields:
            return self.default
        return self.fields.get_content_type().lower()

    @property
    def charset(self) -> str:
        """The `charset` parameter, or an empty string."""
        value = self.fields.get_param("charset", "")
        return str(value[2] if isinstance(value, tuple) else value)

    @property
    def disposition(self) -> str:
        """`inline`, `attachment` or an empty string."""
        return (self.fields.get_content_disposition() or "").lower()

    @property
    def name(self) -> str:
        """The file name as it came, RFC 2231 and RFC 2047 decoded: not safe for anything yet."""
        found = self.fields.get_param("filename", None, "Content-Disposition")
        if found is None:
            found = self.fields.get_param("name", "")
        if isinstance(found, tuple):
            # RFC 2231: Python hands the octets out as Latin-1 text.
            return decode(found[2].encode("latin-1", "replace"), found[0] or "utf-8")
        return words(str(found))

    @property
    def content_id(self) -> str:
        """The content id without brackets."""
        return str(self.fields.get("Content-ID", "")).strip().strip("<>").strip()

    def octets(self) -> bytes:
        """Return the content with its transfer encoding undone."""
        encoding = str(self.fields.get("Content-Transfer-Encoding", "")).split(";")[0].strip().lower()
        raw = bytes(self.raw)
        if encoding == "quoted-printable":
            return quopri.decodestring(raw)
        if encoding == "base64":
            return _base64(raw)
        return raw

    def walk(self) -> Iterator["Part"]:
        """Yield this part and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse(raw: bytes) -> Part:
    """Return the message `raw` as a tree of parts; raise `Unreadable` beyond the limits."""
    return _Reader(raw).read(0, len(raw), 0, "text/plain")


class _Reader:
    """Takes one message apart and counts its parts. Places are offsets in the whole message: nothing is copied."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.view = memoryview(raw)
        self.count = 0

    def read(self, begin: int, end: int, depth: int, default: str) -> Part:
        """Return the part that lies between `begin` and `end`."""
        if self.count >= MOST_PARTS or depth > DEEPEST:
            raise Unreadable("too many parts, or nested too deep")
        fields, start = _header(self.raw, begin, end)
        part = Part(self.count, fields, self.view[start:end], default=default)
        self.count += 1
        boundary = fields.get_boundary() if part.type.startswith("multipart/") else None
        if boundary:
            below = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
            part.children = [self.read(*place, depth + 1, below) for place in _between(self.raw, start, end, boundary)]
        return part


def _header(raw: bytes, begin: int, end: int) -> tuple[Message, int]:
    """Return the fields at `begin` that matter, and where the content begins."""
    if raw[begin:begin + 1] == b"\n" or raw[begin:begin + 2] == b"\r\n":
        stop, gap = begin, begin
    else:
        found = _HEADER_END.search(raw, begin, min(end, begin + LONGEST_HEADER))
        if found is None and end - begin > LONGEST_HEADER:
            raise Unreadable("the header is too long")
        stop = gap = found.end() if found else end
    start = min(end, gap + (2 if raw[gap:gap + 2] == b"\r\n" else 1))
    parsed = BytesHeaderParser(policy=compat32).parsebytes(raw[begin:stop])
    fields = Message(policy=compat32)
    for name in _STRUCTURED:
        value = _first(parsed, name)
        if value and len(value) <= LONGEST_FIELD:
            fields[name] = value
    for name in _SHOWN:
        value = _first(parsed, name)
        if value:
            fields[name] = value[:LONGEST_FIELD]
    return fields, start


def _first(parsed: Message, name: str) -> str:
    """Return the first field of that name as text on one line, whatever octets it has."""
    for key, value in parsed.raw_items():
        if key.lower() == name.lower():
            plain = decode(str(value).encode("utf-8", "surrogateescape"))
            return re.sub(r"[\x00-\x1f\x7f]+", " ", plain).strip()
    return ""


def _between(raw: bytes, start: int, end: int, boundary: str) -> Iterator[tuple[int, int]]:
    """Yield `(begin, end)` of each part between the boundaries; an unclosed last part ends with the content."""
    mark = re.escape(boundary.encode("utf-8", "surrogateescape"))
    line = re.compile(rb"\r?\n--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    begin = -1
    # One octet earlier: the line break before the first boundary may be the one that ends the header.
    for match in line.finditer(raw, max(0, start - 1), end):
        if begin >= 0:
            yield min(begin, match.start()), match.start()
        if match[1]:
            return
        begin = min(end, match.end() + (2 if raw[match.end():match.end() + 2] == b"\r\n" else 1))
    if 0 <= begin < end:
        yield begin, end


def _base64(raw: bytes) -> bytes:
    """Return what `raw` encodes; garbage between, missing padding and a cut end do no harm."""
    plain = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def words(value: str) -> str:
    """Return the text of a field's value, RFC 2047 decoded, on one line."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value[:LONGEST_FIELD])
    except (ValueError, binascii.Error):
        return value
    text = "".join(piece if isinstance(piece, str) else decode(piece, charset or "utf-8") for piece, charset in pieces)
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
