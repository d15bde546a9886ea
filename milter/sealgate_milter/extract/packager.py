"""Files inside of documents as OLE wraps them ([MS-OLEDS] 2.2.4 and 2.3.6)."""

import struct

from sealgate_milter.extract.compound import MAGIC
from sealgate_milter.extract.found import File

_FOUR = struct.Struct("<I")


def native(body: bytes) -> File:
    """Return the file in a stream `\\x01Ole10Native`: a size, and mostly what `package` reads."""
    return package(body[4:]) or File("", body[4:])


def package(body: bytes) -> File | None:
    """Return the file that Windows' packager wrapped (label, path, path again, size, content), `None` for others."""
    pieces = body[2:2000].split(b"\0", 2)
    if len(pieces) < 3 or body[:2] != b"\2\0":
        return None
    at = 2 + len(pieces[0]) + len(pieces[1]) + 2 + 4
    at += 4 + _number(body, at)
    size = _number(body, at)
    return File(pieces[0].decode("cp1252", "replace"), body[at + 4 : at + 4 + size])


def version_1(body: bytes) -> File:
    """Return the file in an object of OLE 1, as RTF holds them: three names and sizes, then the content."""
    inner = body.find(MAGIC)
    if inner >= 0:
        return File("", body[inner:])
    at = 8
    names = []
    for _ in range(3):
        size = _number(body, at)
        names.append(body[at + 4 : at + 4 + min(size, 1000)].rstrip(b"\0"))
        at += 4 + size
    content = body[at + 4 : at + 4 + _number(body, at)]
    if names[0] == b"Package":
        return package(content) or File("", content)
    return File(names[0].decode("cp1252", "replace"), content or body)


def _number(body: bytes, at: int) -> int:
    return _FOUR.unpack_from(body, at)[0] if at + 4 <= len(body) else 0
