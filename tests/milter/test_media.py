"""What is called a picture is one only by its octets, and what hangs behind a picture is read."""

import gzip
import struct
import zlib

import pytest

from sealgate_milter import media
from sealgate_milter.extract.found import File
from sealgate_milter.extract.walk import walk
from sealgate_milter.kinds import Kind, kind_of

SECRET = b"the number is 123-45-6789"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\10\0\0\0\0") + chunk(b"IDAT", b"\0" * 9)
PNG += chunk(b"IEND", b"")
JPEG = b"\xff\xd8\xff\xff\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\2ab\xff\0c\xff\xd0d\xff\xd9"
GIF = b"GIF89a\1\0\1\0\x80\0\0" + b"\0" * 6 + b"!\xfe\3abc\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
BMP = b"BM" + struct.pack("<LL", 70, 0) + b"\x36" + b"\0" * 59
WEBP = b"RIFF" + struct.pack("<L", 66) + b"WEBP" + b"\0" * 62
FILM = b"\0\0\0\x18ftypmp42" + b"\0\1\2" * 5000


def said(body: bytes, name: str = "photo.jpg", kind: str = "image/png") -> str:
    return " ".join(found.octets.decode("utf-8", "replace") for found in walk(File(name, body, kind), "2"))


@pytest.mark.parametrize("body", [PNG, JPEG, GIF, BMP, WEBP, FILM])
@pytest.mark.parametrize(
    "behind", [b"", b"\0" * 9000, b"\r\n", b"\0\1camera\0\2", JPEG, FILM, b"\0\0\1\x0a" + b"\1" * 9000 + b"SEFT"]
)
def test_pictures_say_nothing(body, behind):
    assert kind_of("image/png", "photo.jpg", body) is Kind.MEDIA
    assert not said(body + behind)


@pytest.mark.parametrize("cut", range(20, 60, 3))
def test_pictures_that_are_cut_off_say_nothing(cut):
    assert not [said(body[:cut]) for body in (PNG, JPEG, GIF) if said(body[:cut])]


@pytest.mark.parametrize("body", [PNG, JPEG, GIF, BMP, WEBP, PNG + JPEG, JPEG + JPEG, PNG[:8] + b"\0" * 100])
@pytest.mark.parametrize(
    "behind",
    [gzip.compress(SECRET), b"\0\1" * 999 + gzip.compress(SECRET), SECRET, b"\2\3" * 3000 + SECRET],
    ids=["gzip", "padded gzip", "text", "unknown"],
)
def test_what_hangs_behind_a_picture_is_read(body, behind):
    assert "123-45-6789" in said(body + behind)


@pytest.mark.parametrize(
    "body",
    [
        SECRET.decode().encode("utf-16-le"),
        b"SQLite format 3\0" + b"\0\1" * 50 + SECRET,
        b"\0\1\0\0Standard Jet DB\0" + b"\0" * 4000 + SECRET,
        b"RIFF\0\1" + SECRET,
        b"\1\2\3" + SECRET,
    ],
)
@pytest.mark.parametrize("name", ["a.png", "notes.gif", "x.mp3", "font.ttf", "font.odttf", "smime.p7s"])
@pytest.mark.parametrize("kind", ["image/png", "audio/mpeg", "application/octet-stream", "application/pgp-signature"])
def test_a_name_or_a_type_makes_no_picture(body, name, kind):
    assert "123-45-6789" in said(body, name, kind)
    assert "unsupported" in said(body, name, kind)


def test_text_that_starts_as_a_sound_is_text():
    assert kind_of("application/octet-stream", "x.bin", b"ID3 numbers: " + SECRET) is Kind.TEXT


@pytest.mark.parametrize(
    "start",
    [b"\0\0\1\0\1\0", b"II*\0\0", b"wOF2\0", b"\0\1\0\0\0\x10\1", b"\xff\xfb\x90\x44\0", b"ID3\3\0", b"OggS\0\2",
     b"\x1aE\xdf\xa3\1", b"\1\0\0\0" + b"\x6c" * 36 + b" EMF", b"\x88\5", b"II\xbc\1\0"],
)  # fmt: skip
def test_other_media(start):
    assert media.is_media("application/pgp-signature", "x", start + b"\0" * 100)


def test_a_font_that_word_hid_is_media():
    font = bytes(range(128, 172)) + b"cvt \0\0\0\0\0\0\0\0\0\0\0\0fpgm\0\0\0\0\0\0\0\0\0\0\0\0glyf" + b"\0" * 99
    assert not said(font, "font1.odttf", "")


def test_many_empty_blocks_end():
    assert media.appended(b"GIF89a\1\0\1\0\0\0\0!\xfe" + b"\1\1" * 900_000)
