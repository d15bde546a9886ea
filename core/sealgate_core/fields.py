"""A message as raw header fields and a body: no decoding, nothing lost, linear time (RFC 5322 section 2.2)."""

from collections.abc import Callable, Iterable

from sealgate_core.tag import PREFIX, Field


def split(message: bytes) -> tuple[list[Field], bytes]:
    """Return `(header, body)` of `message`, CRLF or LF line ends.

    Values keep their folds and leading space but not the last line end. A line that is no field and no continuation
    ends the header section, as Postfix sees it; it then belongs to the body.
    """
    header: list[tuple[bytes, list[bytes]]] = []
    position = 0
    while position < len(message):
        end = message.find(b"\n", position)
        end = len(message) if end < 0 else end + 1
        line = message[position:end]
        stripped = line.rstrip(b"\r\n")
        if not stripped:
            return _joined(header), message[end:]
        if line[:1] in b" \t" and header:
            header[-1][1].append(stripped)
        else:
            name, colon, value = stripped.partition(b":")
            if not colon or not name.strip() or b" " in name.rstrip():
                return _joined(header), message[position:]
            header.append((name.rstrip(), [value]))
        position = end
    return _joined(header), b""


def _joined(header: list[tuple[bytes, list[bytes]]]) -> list[Field]:
    return [(name, b"\r\n".join(lines)) for name, lines in header]


def join(header: Iterable[Field], body: bytes) -> bytes:
    """Return the message again, header lines ending in CRLF."""
    return b"".join(name + b":" + value + b"\r\n" for name, value in header) + b"\r\n" + body


def without(header: Iterable[Field], unwanted: Callable[[bytes], bool]) -> list[Field]:
    """Return the fields whose lower-case name is not `unwanted`."""
    return [field for field in header if not unwanted(field[0].lower())]


def ours(name: bytes) -> bool:
    """Tell whether a lower-case field name is one of Sealgate's own."""
    return name.startswith(PREFIX)
