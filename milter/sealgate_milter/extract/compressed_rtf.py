"""The packing of RTF bodies in Outlook messages ([MS-OXRTFCP]): copies out of a window of the last 4,096 octets."""

import struct

from sealgate_milter.extract.found import Budget

_PACKED, _PLAIN = b"LZFu", b"MELA"
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n" rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the window holds at first: words that most documents begin with."""


def unpack(raw: bytes, budget: Budget) -> tuple[bytes, bool]:
    """Return the RTF in `raw` and whether it is whole; raises `Exceeded` over the budget."""
    if len(raw) < 16:
        return b"", False
    packed, size, kind = struct.unpack_from("<II4s", raw)
    end = min(len(raw), packed + 4)
    if kind == _PLAIN:
        body = raw[16 : 16 + size]
        return body, len(body) == size
    if kind != _PACKED:
        return raw, False
    window = bytearray(_START)
    taken = 0
    at = 16
    while at < end:
        control = raw[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not control >> bit & 1:
                window.append(raw[at])
                at += 1
                continue
            reference = int.from_bytes(raw[at : at + 2], "big")
            at += 2
            if not _copy(window, reference):
                end = at
                break
        # A control octet and its eight references give 136 octets at most, so counting after them is soon enough.
        budget.take(len(window) - len(_START) - taken)
        taken = len(window) - len(_START)
    body = bytes(window[len(_START) :])[:size]
    return body, len(body) == size


def _copy(window: bytearray, reference: int) -> bool:
    """Append what the 12 + 4 bits of `reference` point to; False when it points to the end, which ends the stream."""
    position, count = reference >> 4, (reference & 15) + 2
    # Positions count round a ring of 4,096 octets; here the whole output is kept, and the ring's place worked out.
    distance = (len(window) - position) % 4096
    if distance == 0:
        return False
    for _ in range(count):
        at = len(window) - distance
        window.append(window[at] if at >= 0 else 0x20)
    return True
