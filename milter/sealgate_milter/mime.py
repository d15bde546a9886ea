"""Take a message apart: header section, parameters, tree of parts, all in linear time and within limits.

Our own walker, since the standard library's modern parser is quadratic on long header lines and recurses without a
limit. What it finds odd (`Tree.odd`) is parsed again by `email` with the compat32 policy and by our own with a lenient
eye, and all of it is read: where two programs may see two structures, both are judged.
"""

import re
from dataclasses import dataclass, field
from typing import cast

from sealgate_milter import transfer
from sealgate_milter.verdict import Unreadable

Field = tuple[bytes, bytes]
Header = tuple[Field, ...]

MAX_LEVELS = 30
MAX_PARTS = 1000
MAX_TYPES = 3
"""Different types of one part that are believed; more of them are `unreadable: corrupt`."""
MAX_HEADER = 200_000
"""Octets of one part's header section that are looked at; what follows is `unreadable: too-large`."""

_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)\Z", re.DOTALL)
_FOLD = re.compile(rb"\r?\n(?![ \t])")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TAIL = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r|\Z)")
_ANY_TAIL = re.compile(rb"()[^\r\n]*(?:\r?\n|\r|\Z)")
_BOUNDARY = re.compile(rb"(?i)boundary\s*=\s*\"?([^\s;\"()]{1,200})")
_DELIMITER = re.compile(rb"(?m)^--([^\s-][^\s]{0,200}?)(?:--)?[ \t]*\r?$")
_BROKEN = re.compile(rb"(?:[^\r\n]++\r?\n)+?content-t")
"""A body whose first paragraph goes on with header fields: a line before them belonged to none."""
_ENCODING = b"content-transfer-encoding"


@dataclass(frozen=True)
class Part:
    """One leaf of the tree, or the header section of an attached message (`type` `message/rfc822`).

    `body` is what stands in the message, still transfer-encoded; `level` is 0 for the outermost message and grows with
    every attached message around the part.
    """

    number: str
    header: Header
    type: str
    parameters: dict[str, str]
    body: bytes
    level: int

    def field(self, name: bytes) -> bytes:
        """Return the first raw value of the header field `name` (lower case), `b""` when there is none."""
        return first(self.header, name)

    @property
    def bodies(self) -> list[bytes]:
        """What `body` is without its transfer encoding: more than one when the header names several."""
        names, _ = transfer.encodings(every(self.header, _ENCODING))
        return list(dict.fromkeys(transfer.undone(name, self.body) for name in names)) or [self.body]

    @property
    def disposition(self) -> tuple[str, dict[str, str]]:
        """The Content-Disposition: its word in lower case and its parameters."""
        return parse_parameters(self.field(b"content-disposition"))


@dataclass
class Tree:
    """What the walker found: leaves in order, what it could not read, and whether the structure is ambiguous."""

    parts: list[Part] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    odd: bool = False
    lenient: bool = False

    def add(self, part: Part) -> bool:
        """Add a leaf; False, once noted, when there are too many."""
        if len(self.parts) >= MAX_PARTS:
            self.refuse("", "too-many")
            return False
        self.parts.append(part)
        return True

    def refuse(self, part: str, reason: str) -> None:
        """Note once that `part` cannot be read."""
        entry = Unreadable(part, reason)
        if entry not in self.unreadable[-20:]:
            self.unreadable.append(entry)


def first(header: Header, name: bytes) -> bytes:
    """Return the first raw value of the field `name` (lower case), `b""` when there is none."""
    return next((value for given, value in header if given.lower() == name), b"")


def every(header: Header, name: bytes) -> list[bytes]:
    """Return the raw values of all fields `name` (lower case)."""
    return [value for given, value in header if given.lower() == name]


def split_header(content: bytes, *, lenient: bool = False) -> tuple[Header, bytes]:
    """Return the header section and the body of `content`.

    As in Postfix the first line that is no header field ends the header section, and the body begins with it; readers
    that are `lenient` pass over it.
    """
    if content[:1] == b"\n" or content[:2] == b"\r\n":
        return (), content[content.index(b"\n") + 1 :]
    end = _EMPTY_LINE.search(content)
    section, body = (content[: end.start()], content[end.end() :]) if end else (content, b"")
    fields: list[Field] = []
    position = 0
    for line in _FOLD.split(section):
        match = _FIELD.match(line)
        if match is None and not lenient:
            rest = section[position:]
            return tuple(fields), (rest.lstrip(b"\r\n") + content[len(section) :]) if rest.strip() else body
        if match is not None:
            fields.append((match[1], match[2].rstrip(b"\r\n")))
        position += len(line)
        position += 2 if section[position : position + 1] == b"\r" else 1
    return tuple(fields), body


def parse_parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """Return the leading word (lower case) and the parameters of a Content-Type or Content-Disposition value.

    RFC 2231 continuations and charsets are joined and decoded; of a parameter given twice the first counts.
    """
    text = transfer.octets(raw[:MAX_HEADER])
    word = text.partition(";")[0].strip().lower()
    found: dict[str, str] = {}
    for name, value in _PARAMETER.findall(text):
        value = value.strip()
        if value[:1] == '"':
            value = _ESCAPED.sub(r"\1", value[1:-1] if value[-1:] == '"' and len(value) > 1 else value[1:])
        found.setdefault(name.lower(), value)
    if any("*" in name for name in found):
        found = _continued(found)
    return word, found


def _continued(given: dict[str, str]) -> dict[str, str]:
    """Join `name*0*`, `name*1`, … and `name*` (RFC 2231) into `name`; the extended form wins over the plain one."""
    plain = {name: value for name, value in given.items() if "*" not in name}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in given.items():
        base, star, rest = name.partition("*")
        if star:
            order = rest.rstrip("*")
            pieces.setdefault(base, []).append((int(order) if order.isdecimal() else 0, name.endswith("*"), value))
    for base, found in pieces.items():
        found.sort(key=lambda piece: piece[0])
        plain[base] = _extended(found)
    return plain


def _extended(pieces: list[tuple[int, bool, str]]) -> str:
    charset = "utf-8"
    octets = bytearray()
    for index, (_, encoded, value) in enumerate(pieces):
        if encoded and index == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("latin-1", "replace")
        octets += transfer.percent(raw) if encoded else raw
    return transfer.decode(bytes(octets), charset)


def walk(header: Header, body: bytes, *, lenient: bool = False) -> Tree:
    """Return the leaves of the message with this `header` and `body`.

    Readers that are `lenient` take every line that begins with a boundary for one, try each boundary that is given, and
    pass over lines in a header section that belong to no field.
    """
    tree = Tree(lenient=lenient)
    _entity(tree, header, body, "", 0, 0, "text/plain")
    return tree


def _entity(tree: Tree, header: Header, body: bytes, number: str, depth: int, level: int, default: str) -> None:
    """Add the leaves of one entity (a message or a part)."""
    given = list(dict.fromkeys(value.strip() for value in every(header, b"content-type")))
    if len(given) > 1:
        tree.odd = True
    if len(given) > MAX_TYPES:
        tree.refuse(number or "1", "corrupt")
    for value in given[:MAX_TYPES] or [default.encode()]:
        kind, parameters = parse_parameters(value)
        _typed(tree, Part(number, header, kind or default, parameters, body, level), depth)


def _typed(tree: Tree, part: Part, depth: int) -> None:
    container = part.type.startswith("multipart/")
    nested = part.type in ("message/rfc822", "message/global", "message/news")
    nested = nested or part.parameters.get("name", "").lower().endswith(".eml")
    nested = nested or (not container and part.disposition[1].get("filename", "").lower().endswith(".eml"))
    if not container and not nested:
        tree.add(_numbered(part))
        return
    if depth >= MAX_LEVELS:
        # The raw text is still read, so that plain text below the limit is not lost to the rules.
        tree.refuse(part.number or "1", "too-deep")
        tree.add(Part(part.number or "1", (), "text/plain", {}, part.body, part.level))
        return
    if not transfer.encodings(every(part.header, _ENCODING))[1]:
        tree.refuse(part.number or "1", "unsupported")
    for body in part.bodies:
        if nested:
            _message(tree, part, body, depth)
        else:
            _multipart(tree, part, body, depth)


def _numbered(part: Part) -> Part:
    if part.number:
        return part
    return Part("1", part.header, part.type, part.parameters, part.body, part.level)


def _message(tree: Tree, part: Part, body: bytes, depth: int) -> None:
    """Add an attached message: its header section as a part of its own, then what it contains."""
    header, content = split_header(body.lstrip(b"\r\n"))
    number = part.number or "1"
    name = {**part.parameters, **part.disposition[1]}
    if tree.add(Part(number, header, "message/rfc822", name, b"", part.level + 1)):
        _entity(tree, header, content, f"{number}.1", depth + 1, part.level + 1, "text/plain")


def _multipart(tree: Tree, part: Part, body: bytes, depth: int) -> None:
    if len(tree.parts) >= MAX_PARTS:
        tree.refuse("", "too-many")
        return
    boundaries = _boundaries(tree, part, body)
    found = [_pieces(tree, body, boundary) for boundary in boundaries]
    if not any(len(pieces) >= 2 for pieces in found):
        # No such boundary: whatever a reader's program makes of it, the text is there to be read.
        tree.odd = True
        tree.add(Part(part.number or "1", part.header, "text/plain", {}, body, part.level))
    for pieces in found:
        if len(pieces) >= 2:
            _children(tree, part, pieces, depth)


def _boundaries(tree: Tree, part: Part, body: bytes) -> list[bytes]:
    """Return the boundary that counts; for a lenient reader all that may."""
    given = part.parameters.get("boundary", "").rstrip().encode("latin-1", "replace")
    if part.field(b"content-type").lower().count(b"boundary") > 1:
        tree.odd = True
    if not tree.lenient:
        return [given] if given else []
    values = [value for kind in every(part.header, b"content-type") for value in _BOUNDARY.findall(kind[:MAX_HEADER])]
    if len(values) > MAX_TYPES:
        tree.refuse(part.number or "1", "corrupt")
    guessed = _DELIMITER.search(body[:MAX_HEADER])
    values = [given, *values[:MAX_TYPES], *([guessed[1]] if guessed else [])]
    return list(dict.fromkeys(value for value in values if value))


def _children(tree: Tree, part: Part, pieces: list[bytes], depth: int) -> None:
    """Add what a multipart consists of."""
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    prefix = f"{part.number}." if part.number else ""
    for outside, text in (("preamble", pieces[0]), ("epilogue", pieces[-1])):
        if text.strip():
            tree.add(Part(f"{prefix}{outside}", (), "text/plain", {}, text, part.level))
    for index, piece in enumerate(pieces[1:-1], 1):
        if len(tree.parts) >= MAX_PARTS:
            tree.refuse("", "too-many")
            return
        header, content = split_header(piece, lenient=tree.lenient)
        start = content[:2000].lower()
        tree.odd = tree.odd or (b"\ncontent-t" in start and bool(_BROKEN.match(start)))
        if sum(len(value) for _, value in header) > MAX_HEADER:
            tree.refuse(f"{prefix}{index}", "too-large")
        _entity(tree, header, content, f"{prefix}{index}", depth + 1, part.level, default)


def _pieces(tree: Tree, body: bytes, boundary: bytes) -> list[bytes]:
    """Return preamble, parts and epilogue of a multipart body; fewer than two pieces when no delimiter is there.

    A part that nothing closes ends with the body, as every mail program reads it; the epilogue is then empty. Lines
    that only some take for a delimiter (RFC 2046, section 5.1.1) make it odd.
    """
    delimiter = b"--" + boundary
    pieces: list[bytes] = []
    start = position = 0
    while len(pieces) <= MAX_PARTS + 1:
        found = body.find(delimiter, position)
        if found < 0:
            break
        position = found + len(delimiter)
        if found and body[found - 1 : found] not in (b"\n", b"\r"):
            continue
        tail = _TAIL.match(body, position)
        if tail is None:
            tree.odd = True
            if not tree.lenient:
                continue
            tail = cast(re.Match[bytes], _ANY_TAIL.match(body, position))
        end = found - (2 if body[found - 2 : found] == b"\r\n" else 1) if found else 0
        pieces.append(body[start : max(start, end)])
        # The line end of a delimiter may be the one that begins the next delimiter.
        start = position = tail.end()
        if tail[1] and not tree.lenient:
            tree.odd = tree.odd or body.find(b"\n" + delimiter, start - 1) >= 0
            return [*pieces, body[start:]]
    if pieces:
        pieces += [body[start:], b""]
    return pieces
