"""Strings of a PDF's objects (ISO 32000-2, 7.3.4) outside of pages' contents, whether or not anything shows them.

Alternative texts, scripts, link targets, values that a later revision replaced: PDFium has no question for them.
"""

import re
import zlib
from collections.abc import Iterator

from sealgate_milter.extract.found import Budget, File, Found, Passage
from sealgate_milter.extract.packed import unpack

_STREAM = re.compile(rb"\bstream\r?\n")
_WANTED = re.compile(rb"/(?:ObjStm|EmbeddedFile|XML)\b")
_MARKED_UP = re.compile(rb">([^<>]{3,})<")
_ENDED = re.compile(rb"\bendstream\b")
_RUN = rb"(?>[^()\\]*(?:\\.[^()\\]*)*)"
_LITERAL = re.compile(rb"\((%s(?>(?:\(%s\)%s){0,20}))\)" % (_RUN, _RUN, _RUN), re.DOTALL)
_HEX = re.compile(rb"(?<!<)<([0-9A-Fa-f\s]{8,20000}+)>(?!>)")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b" ", b"f": b"\n"}
_DATE = re.compile(r"D:\d{4,14}")
_READABLE = re.compile(r"[^\W_]{2}")
"""What has no two letters or digits on end says nothing."""


def texts(body: bytes, said: set[str], files: list[bytes], budget: Budget) -> Iterator[Found]:
    """Yield the strings of `body` as one text, and embedded files, without what is known: `said` and `files`."""
    lines: dict[str, None] = {}
    for dictionary, piece in _objects(body, budget):
        if b"/EmbeddedFile" in dictionary:
            if piece not in files:
                budget.member()
                yield File("", piece)
            continue
        found = _MARKED_UP.findall(piece) if b"/XML" in dictionary else _strings(piece)
        for text in map(_decoded, found):
            if text not in said and _READABLE.search(text) and not _DATE.match(text):
                lines[text] = None
    if lines:
        yield Passage("objects", "\n".join(lines))


def _objects(body: bytes, budget: Budget) -> Iterator[tuple[bytes, bytes]]:
    """Yield what lies between streams, and with its dictionary what is in streams of objects, metadata and files."""
    at = 0
    while match := _STREAM.search(body, at):
        head = body[at : match.start()]
        yield b"", head
        start = match.end()
        end = _ENDED.search(body, start)
        at = end.end() if end else len(body)
        dictionary = head[-2000:].rpartition(b"obj")[2]
        if _WANTED.search(dictionary):
            packed = memoryview(body)[start : end.start() if end else at]
            yield dictionary, _unpacked(dictionary, packed, budget)
    yield b"", body[at:]


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
