"""Strings of a PDF's objects (ISO 32000-2, 7.3.4) outside of pages' contents, whether or not anything shows them.

Alternative texts, scripts, link targets, values that a later revision replaced: PDFium has no question for them.
"""

import re
import zlib
from collections.abc import Iterator
from enum import Enum

from sealgate_milter.extract.found import Budget, File, Found, Passage
from sealgate_milter.extract.packed import unpack

_STREAM = re.compile(rb"\bstream\r?\n")
_WANTED = re.compile(rb"/(ObjStm|EmbeddedFile|XML)\b")
_TILES = re.compile(rb"/PatternType\s{0,20}1\b")
_SCRIPT = re.compile(rb"/JS\s{0,20}(\d{1,10})\s{1,20}\d{1,5}\s{1,20}R\b")
_FILES = re.compile(rb"/EF\s{0,20}<<([^<>]{1,500})>>")
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,10})\s{1,20}\d{1,5}\s{1,20}R\b")
_KERNING = re.compile(rb"[\s\d.-]{0,100}")
_MARKED_UP = re.compile(rb">([^<>]{3,})<")
_ATTRIBUTE = re.compile(rb"=\s{0,20}(?:\"([^\"<>]{3,})\"|'([^'<>]{3,})')")
_ENDED = re.compile(rb"\bendstream\b")
_RUN = rb"(?>[^()\\]*(?:\\.[^()\\]*)*)"
_LITERAL = re.compile(rb"\((%s(?>(?:\(%s\)%s){0,20}))\)" % (_RUN, _RUN, _RUN), re.DOTALL)
_HEX = re.compile(rb"(?<!<)<([0-9A-Fa-f\s]{8,20000}+)>")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b" ", b"f": b"\n"}
_DATE = re.compile(r"D:\d{4,14}")
_READABLE = re.compile(r"[^\W_]{2}")
"""What has no two letters or digits on end says nothing."""


class Use(Enum):
    """What a piece of a file is."""

    STRINGS = "objects with strings among them"
    FILE = "an embedded file"
    MARKED_UP = "metadata in XML"
    SCRIPT = "a program"
    DRAWN = "content as pages have it"


def texts(body: bytes, said: set[str], files: list[bytes], budget: Budget) -> Iterator[Found]:
    """Yield the strings of `body` as one text, and embedded files, without what is known: `said` and `files`."""
    objects = _Objects()
    lines: dict[str, None] = {}
    for use, piece in objects.read(body, budget):
        if use is Use.FILE:
            if piece not in files:
                budget.member()
                yield File("", piece)
            continue
        for text in _said(use, piece):
            if text not in said and _READABLE.search(text) and not _DATE.match(text):
                lines[text] = None
    if lines:
        yield Passage("objects", "\n".join(lines))


def _said(use: Use, piece: bytes) -> Iterator[str]:
    match use:
        case Use.MARKED_UP:
            return map(_decoded, _MARKED_UP.findall(piece) + [a or b for a, b in _ATTRIBUTE.findall(piece)])
        case Use.SCRIPT:
            return iter(_decoded(piece).splitlines())
        case Use.DRAWN:
            return map(_decoded, _drawn(piece))
        case _:
            return map(_decoded, _strings(piece))


class _Objects:
    """Reads the objects of a file; what a stream is for may be known only by what refers to it."""

    def __init__(self) -> None:
        self._uses: dict[bytes, Use] = {}
        self._others: list[tuple[bytes, bytes, int, int]] = []

    def read(self, body: bytes, budget: Budget) -> Iterator[tuple[Use, bytes]]:
        """Yield what lies between streams, and what is in streams that say something."""
        at = 0
        while match := _STREAM.search(body, at):
            head = body[at : match.start()]
            yield Use.STRINGS, self._noting(head)
            start = match.end()
            end = _ENDED.search(body, start)
            at = end.end() if end else len(body)
            before, _, dictionary = head[-2000:].rpartition(b"obj")
            use = _use(dictionary)
            if use:
                piece = _unpacked(dictionary, memoryview(body)[start : end.start() if end else at], budget)
                yield use, self._noting(piece) if use is Use.STRINGS else piece
            else:
                number = b"".join(before[-20:].split()[-2:-1])
                self._others.append((number, dictionary, start, end.start() if end else at))
        yield Use.STRINGS, self._noting(body[at:])
        for number, dictionary, start, stop in self._others:
            if number in self._uses:
                yield self._uses[number], _unpacked(dictionary, memoryview(body)[start:stop], budget)

    def _noting(self, piece: bytes) -> bytes:
        """Return `piece`, and note which streams it calls a script or a file."""
        self._uses |= dict.fromkeys(_SCRIPT.findall(piece), Use.SCRIPT)
        for entries in _FILES.findall(piece):
            self._uses |= dict.fromkeys(_REFERENCE.findall(entries), Use.FILE)
        return piece


def _use(dictionary: bytes) -> Use | None:
    """Return what a stream is for by its own dictionary."""
    match = _WANTED.search(dictionary)
    if match is None:
        return Use.DRAWN if _TILES.search(dictionary) else None
    return {b"ObjStm": Use.STRINGS, b"EmbeddedFile": Use.FILE}.get(match[1], Use.MARKED_UP)


def _drawn(content: bytes) -> Iterator[bytes]:
    """Yield what a page's kind of content shows, where its fonts leave characters as they are."""
    line: list[bytes] = []
    end = 0
    for match in _LITERAL.finditer(content):
        if end and not _KERNING.fullmatch(content, end, match.start()):
            yield b"".join(line)
            line.clear()
        line.append(_ESCAPE.sub(_plain, match[1]))
        end = match.end()
    yield b"".join(line)


def _unpacked(dictionary: bytes, packed: memoryview, budget: Budget) -> bytes:
    if b"/FlateDecode" in dictionary:
        return unpack(zlib.decompressobj(), packed, budget)[0]
    # The line end before `endstream` is no part of the content.
    return b"" if b"/Filter" in dictionary else bytes(packed).removesuffix(b"\n").removesuffix(b"\r")


def _strings(piece: bytes) -> Iterator[bytes]:
    for match in _LITERAL.finditer(piece):
        yield _ESCAPE.sub(_plain, match[1]) if b"\\" in match[1] else match[1]
    for match in _HEX.finditer(piece):
        digits = b"".join(match[1].split())
        yield bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _plain(match: "re.Match[bytes]") -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 255])
    return b"" if match[2] else _LETTERS.get(match[3], match[3])


def _decoded(raw: bytes) -> str:
    """Return the text of a string: UTF-16 or UTF-8 behind their marks, otherwise one octet a character."""
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    if raw.startswith(b"\xff\xfe"):
        return raw[2:].decode("utf-16-le", "replace")
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", "replace")
    return "" if raw.translate(None, bytes(range(32, 256)) + b"\t\r\n") else raw.decode("cp1252", "replace")
