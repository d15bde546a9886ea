"""The source of macros in office documents: packed in chunks of 4,096 octets ([MS-OVBA] 2.4.1).

Behind the compiled form of a module, in the same stream, stands its source, and that always begins with the same word.
"""

from collections.abc import Iterator

from sealgate_milter.extract import strings
from sealgate_milter.extract.found import Budget

FOLDER = "vba"
"""The storage that modules stand in."""
COMPILED = ("dir", "_vba_project")
"""What stands there besides: tables of the compiler."""
_BEGINNING = b"\0Attribut"
"""How the first octets of a source look when packed: none of eight is a copy."""
_PACKED = 0x8000


def texts(stream: bytes, budget: Budget) -> Iterator[str]:
    """Yield the source of the module in `stream`, its readable runs when there is none."""
    at = stream.find(_BEGINNING) - 2
    if at < 0:
        yield from strings.runs(stream)
    else:
        yield unpack(stream[at:], budget).decode("cp1252", "replace")


def unpack(chunks: bytes, budget: Budget) -> bytes:
    """Return what `chunks` hold, as far as they are whole; raises `Exceeded` over the budget."""
    out = bytearray()
    at = 0
    while at + 2 <= len(chunks):
        head = int.from_bytes(chunks[at : at + 2], "little")
        end = min(len(chunks), at + (head & 0x0FFF) + 3)
        before = len(out)
        if head & _PACKED:
            _chunk(chunks[at + 2 : end], out)
        else:
            out += chunks[at + 2 : end]
        budget.take(len(out) - before)
        at = end
    return bytes(out)


def _chunk(packed: bytes, out: bytearray) -> None:
    """Append what one chunk holds: eight flags, then for each an octet or a copy of what was there before."""
    start = len(out)
    at = 0
    while at < len(packed):
        flags = packed[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                _copy(int.from_bytes(packed[at : at + 2], "little"), start, out)
                at += 2
            else:
                out += packed[at : at + 1]
                at += 1


def _copy(token: int, start: int, out: bytearray) -> None:
    """Append a copy; the further the chunk is, the more of the token's bits say how far back it begins."""
    bits = max(4, (len(out) - start - 1).bit_length())
    distance = (token >> (16 - bits)) + 1
    if distance > len(out) - start:
        return
    for _ in range((token & (0xFFFF >> bits)) + 3):
        out.append(out[-distance])
