"""Pictures, sound, video, fonts and signatures: told by their first octets, and what hangs behind their end.

Nobody reads these, so a name or a type is not enough: a table called `photo.jpg` is no photo. Where a picture ends is
known for PNG (W3C, chunks), JPEG (T.81, markers), GIF (blocks), BMP and RIFF (a size); viewers stop there.
"""

import re
from typing import cast

from sealgate_milter.extract import formats

SMALL = 4096
"""Octets of unknown meaning that cameras and programs leave behind a picture, and that tell nothing."""
_REACH = 65_536
"""Octets behind a picture in which the start of a document is looked for."""
_BLOCKS = 400_000
"""Chunks or blocks of one picture that are followed."""

_MAGIC = re.compile(
    rb"\x89PNG\r\n\x1a\n|[\x8a\x8b][MJ]NG\r\n|GIF8[79]a|\xff\xd8\xff|BM....\0\0\0\0|II\*\0|MM\0\*|II\+\0|MM\0\+|"
    rb"II\xbc\x01|IIU\0|IIRO|RIF[FX]....(?:WAVE|AVI |WEBP|ACON|RMID|QLCM|CDR)|RF64|"
    rb"\0\0[\x01\x02]\0[\x01-\x40]\0|8BP[SB]|\0\0\0\x0c(?:jP  |JXL )|\xff\x4f\xff\x51|\xff\x0a|"
    rb"....(?:ftyp|moov|mdat|wide|free|skip|pnot)|icns|AT&TFORM|FUJIFILM|gimp xcf|\x0a[\0-\x05]\x01[\x01-\x08]|"
    rb"\x01\0\0\0.{36} EMF|\xd7\xcd\xc6\x9a|[\x01\x02]\0\x09\0\0[\x01\x03]|ID3[\x02-\x04]|"
    rb"\xff[\xe2\xe3\xf1-\xf5\xf8-\xfd]|OggS\0|fLaC\0|MThd\0|#!AMR|#!SILK|\x02#!SILK|FORM....AIF[FC]|\.snd\0|"
    rb"caff\0|wvpk|MAC |\x0b\x77|[\x02\x03]ds[s2]|\x1aE\xdf\xa3|\x30\x26\xb2\x75\x8e\x66\xcf\x11|FLV\x01|"
    rb"\0\0\x01[\xb3\xba]|G.{187}G.{187}G|wOF[F2]|OTTO\0|ttcf\0|true\0|\0\x01\0\0\0[\x04-\x40]|.{34}LP|"
    rb"\x80\x01..\0\0%!",
    re.DOTALL,
)
_PICT = b"\0\x11\x02\xff"
"""What stands 522 octets into a picture of old Macintosh programs."""
_HIDDEN_FONT = re.compile(rb".{44}[A-Za-z0-9/ ]{4}.{12}[A-Za-z0-9/ ]{4}.{12}[A-Za-z0-9/ ]{4}", re.DOTALL)
"""The table directory of a font that Word has hidden by changing its first 32 octets (ISO/IEC 29500-1, 17.8.1)."""
_OPENPGP = {"application/pgp-signature": b"\x88\x89\x8a\xc2", "application/pgp-keys": b"\x98\x99\x9a\xc6"}
"""The first octets of signatures and keys that are not armoured (RFC 9580, section 4.2)."""
_DOCUMENT = re.compile(
    rb"PK\x03\x04|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x1f\x8b\x08|\xfd7zXZ\0|BZh[1-9]1AY|%PDF-|"
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|"
    rb"\{\\rt|MSCF\0\0\0\0|\x28\xb5\x2f\xfd|SQLite format 3\0|\0\x01\0\0Standard (?:Jet|ACE) DB"
)
_SEGMENTS = 20_000
"""Segments of one JPEG that are followed: a long one has a few thousand."""
_FILL = re.compile(rb"\xff*")
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_BESIDE = re.compile(rb"\xff\xd8\xff|....ftyp|\x89PNG\r\n\x1a\n", re.DOTALL)


def is_media(kind: str, name: str, body: bytes) -> bool:
    """Tell whether `body`, declared as of type `kind` and called `name` (lower case), starts as such a file does."""
    if _MAGIC.match(body[:400]) or body[522:526] == _PICT:
        return True
    if name.endswith((".odttf", ".obfuscated")):
        return bool(_HIDDEN_FONT.match(body))
    return len(body) < SMALL and body[:1] in _OPENPGP.get(kind, b"") and bool(body)


def appended(body: bytes) -> bytes:
    """Return what stands behind the end of this picture and has to be read as a file of its own; `b""` when nothing.

    Phones put a film, a second picture or a few values there; those tell nothing.
    """
    rest, whole = body, True
    for _ in range(8):
        at, whole = _end(rest)
        rest = rest[at:]
        beside = _BESIDE.search(rest[:64])
        if not beside:
            break
        rest = rest[beside.start() :]
    start = _DOCUMENT.search(rest[:_REACH])
    if start and formats.binary(rest[start.start() :]):
        return rest[start.start() :]
    rest = rest.strip(b"\0\r\n ")
    if whole and len(rest) <= SMALL and (len(rest) < 8 or _controls(rest)) and not start:
        return b""
    return b"" if rest[-4:] == b"SEFT" else rest


def _controls(rest: bytes) -> bool:
    return bool(rest.translate(None, bytes(range(32, 256)) + b"\t\r\n\f"))


def _end(body: bytes) -> tuple[int, bool]:
    """Return where the picture ends, and whether its structure holds that far; of others the end of `body`."""
    if body.startswith(b"\x89PNG"):
        return _end_of_png(body)
    if body.startswith(b"\xff\xd8"):
        return _end_of_jpeg(body)
    if body.startswith(b"GIF8"):
        return _end_of_gif(body)
    if body.startswith(b"BM"):
        return _declared(body, int.from_bytes(body[2:6], "little"))
    if body.startswith(b"RIFF"):
        size = int.from_bytes(body[4:8], "little")
        return _declared(body, size + 8 + size % 2)
    return len(body), True


def _declared(body: bytes, size: int) -> tuple[int, bool]:
    # Programs that write while they record leave the size out.
    return (size if 64 < size <= len(body) else len(body)), True


def _end_of_png(body: bytes) -> tuple[int, bool]:
    at = 8
    for _ in range(_BLOCKS):
        size, name = int.from_bytes(body[at : at + 4], "big"), body[at + 4 : at + 8]
        if at + 8 > len(body):
            return len(body), True
        if not name.isalpha():
            return at, False
        at += size + 12
        if name == b"IEND":
            return at, True
    return at, False


def _end_of_jpeg(body: bytes) -> tuple[int, bool]:
    at = 2
    for _ in range(_SEGMENTS):
        at = max(at, cast(re.Match[bytes], _FILL.match(body, at)).end() - 1)
        mark = body[at : at + 2]
        if mark == b"\xff\xd9":
            return at + 2, True
        if at + 4 > len(body):
            return len(body), True
        size = int.from_bytes(body[at + 2 : at + 4], "big")
        if mark[0] != 0xFF or mark[1] < 0xC0 or size < 2:
            return at, False
        at += 2 + size
        if mark == b"\xff\xda":
            found = _MARKER.search(body, at)
            if found is None:
                return len(body), True
            at = found.start()
    return at, False


def _end_of_gif(body: bytes) -> tuple[int, bool]:
    at = 13 + _colours(body[10:11])
    blocks = 0
    while at < len(body) and blocks < _BLOCKS:
        mark = body[at]
        if mark == 0x3B:
            return at + 1, True
        if mark == 0x21:
            at += 2
        elif mark == 0x2C:
            at += 11 + _colours(body[at + 9 : at + 10])
        else:
            return at, False
        while at < len(body) and body[at] and blocks < _BLOCKS:
            at += body[at] + 1
            blocks += 1
        at += 1
        blocks += 1
    return at, blocks < _BLOCKS


def _colours(packed: bytes) -> int:
    """Return the octets of the table of colours that these flags announce."""
    return 3 << ((packed[0] & 7) + 1) if packed and packed[0] & 0x80 else 0
