"""Word 97 to 2003 documents, and the plain ones of Word 6: all text, deleted, hidden and noted one too.

The main stream holds the characters in pieces, the piece table in the table stream says in what order and width
([MS-DOC] 2.4.1). Footnotes, headers, comments and text boxes follow the main text in the same run of pieces.
"""

import struct
from collections.abc import Iterator

from sealgate_milter.extract import records, strings
from sealgate_milter.extract.compound import Compound, Entry
from sealgate_milter.extract.found import Budget, Found, Unread

_WORD_97, _WORD_6 = 0xA5EC, (0xA5DC, 0xA5DB, 0xA59B, 0xA59C)
_ENCRYPTED = 0x0100
_TABLE_1 = 0x0200
_CLX, _DRAWINGS = 0x01A2, 0x022A
"""Where the main stream tells the place and size of two things in the table stream."""
MAX_PIECES = 500_000
_MARKS = str.maketrans({
    "\x07": "\t", "\x0b": "\n", "\x0c": "\n", "\r": "\n", "\x0e": "\n", "\x1e": "-", "\x1f": None, "\x13": " ",
    "\x14": " ", "\x15": " ", **dict.fromkeys("\0\x01\x02\x03\x04\x05\x06\x08", None),
})  # fmt: skip


def stream(container: Compound, entry: Entry, _budget: Budget) -> Iterator[Found]:
    """Yield the text of the document whose main stream is `entry`."""
    body = container.read(entry)
    magic, flags = struct.unpack_from("<H8xH", body) if len(body) >= 0x20 else (0, 0)
    if magic not in (_WORD_97, *_WORD_6):
        yield Unread("corrupt", entry.folder)
        yield from strings.runs(body)
    elif flags & _ENCRYPTED:
        yield Unread("encrypted", entry.folder)
    elif magic in _WORD_6:
        yield from _old(body, entry)
    else:
        table = container.find(f"{entry.folder}/{int(bool(flags & _TABLE_1))}Table".lstrip("/")) or b""
        yield from _pieces(body, table, entry)
        for place, end in _drawings(body, table):
            drawing = table[place:end]
            yield from (text for atom in records.atoms(drawing) for text in records.drawn_texts(drawing, atom))


def _old(body: bytes, entry: Entry) -> Iterator[Found]:
    start, end = struct.unpack_from("<II", body, 0x18)
    text = body[start:end]
    if text:
        yield text.decode("cp1252", "replace").translate(_MARKS)
    else:
        yield Unread("corrupt", entry.folder)
    yield from strings.runs(body)


def _pieces(body: bytes, table: bytes, entry: Entry) -> Iterator[Found]:
    """Yield the text that the piece table leads to; without one the readable runs, which may miss the order."""
    text = "".join(_runs(body, _piece_table(body, table)))
    if text:
        # Two marks of cells on end are the end of a table's row.
        yield text.replace("\x07\x07", "\n").translate(_MARKS)
    else:
        yield Unread("corrupt", entry.folder)
        yield from strings.runs(body)


def _piece_table(body: bytes, table: bytes) -> bytes:
    """Return the PlcPcd ([MS-DOC] 2.8.35), `b""` when there is none."""
    if len(body) < _CLX + 8:
        return b""
    at, size = struct.unpack_from("<II", body, _CLX)
    end = min(at + size, len(table))
    while at + 5 <= end:
        if table[at] == 2:
            return table[at + 5 : min(end, at + 5 + struct.unpack_from("<I", table, at + 1)[0])]
        if table[at] != 1:
            break
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    return b""


def _runs(body: bytes, pieces: bytes) -> Iterator[str]:
    count = min((len(pieces) - 4) // 12, MAX_PIECES)
    if count <= 0:
        return
    places = struct.unpack_from(f"<{count + 1}I", pieces)
    left = 2 * len(body)
    for index in range(count):
        length = places[index + 1] - places[index]
        start = struct.unpack_from("<I", pieces, 4 * (count + 1) + 8 * index + 2)[0]
        if length <= 0 or left <= 0:
            continue
        # Bit 30 says that the characters are one octet each, and the offset is given doubled.
        if start & 0x40000000:
            start = (start & 0x3FFFFFFF) // 2
            run = body[start : start + length].decode("cp1252", "replace")
        else:
            start &= 0x3FFFFFFF
            run = body[start : start + 2 * length].decode("utf-16-le", "replace")
        left -= len(run)
        yield run


def _drawings(body: bytes, table: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the drawings of text and of headers stand in the table stream ([MS-DOC] 2.9.172)."""
    if len(body) < _DRAWINGS + 8:
        return
    at, size = struct.unpack_from("<II", body, _DRAWINGS)
    end = min(at + size, len(table))
    while at + 8 <= end:
        length = 8 + struct.unpack_from("<I", table, at + 4)[0]
        yield at, min(at + length, end)
        # one octet before each drawing says whose it is
        at += length + 1
