# ruff: noqa: E501  (one case a line)
"""Messages taken apart: which text, which pictures, which attachments; character sets; and limits that hold."""

import base64
import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from sealgate_portal import content
from sealgate_portal.charsets import decode, decode_html
from sealgate_portal.filenames import disposition, is_risky, safe_name
from sealgate_portal.frame import document
from sealgate_portal.mime import Unreadable, parse, words

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def texts(raw: bytes) -> list:
    return [piece.text for piece in content.read(raw).pieces]


@pytest.mark.parametrize(("octets", "charset", "text"), [
    ("Grüße".encode(), "utf-8", "Grüße"),
    ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
    (b"\x93quoted\x94 \x80", "iso-8859-1", "“quoted” €"),
    ("Grüße".encode(), "us-ascii", "Grüße"),
    ("Grüße".encode(), "iso-8859-1", "Grüße"),
    ("Grüße".encode("latin-1"), "", "Grüße"),
    ("Grüße".encode(), "x-unknown-7", "Grüße"),
    ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
    ("Привет".encode("koi8-r"), "KOI8-R", "Привет"),
    ("日本語".encode("iso-2022-jp"), "iso-2022-jp", "日本語"),
    ("日本語".encode("cp932"), "shift_jis", "日本語"),
    ("中文".encode("gb18030"), "gb2312", "中文"),
    ("한국어".encode("cp949"), "ks_c_5601-1987", "한국어"),
    ("hello".encode("utf-16"), "utf-16", "hello"),
    (b"plain", "hex", "plain"),
    (b"plain", "idna", "plain"),
    (b"plain", "zlib_codec", "plain"),
    (b"a\r\nb\rc\x00d", "us-ascii", "a\nb\ncd"),
    (b"x", "\udcff'\"", "x"),
    (b"x", "utf-8\x00", "x"),
])
def test_character_sets(octets, charset, text):
    assert decode(octets, charset) == text


def test_html_names_its_own_character_set():
    assert "Привет" in decode_html('<meta charset="windows-1251">Привет'.encode("cp1251"))


def test_alternative_related_and_attachments():
    message = EmailMessage(policy=SMTP)
    message.set_content("plain form")
    message.add_alternative('<p>rich <img src="cid:a%40b"></p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<a@b>")
    message.add_attachment(b"data", maintype="application", subtype="x-thing", filename="t.bin")
    message.add_attachment("note", filename="note.txt")
    inner = EmailMessage()
    inner["Subject"] = "Forwarded"
    inner.set_content("inside")
    message.add_attachment(inner)
    found = content.read(bytes(message))
    (piece,) = found.pieces
    assert piece.text.strip() == "plain form"
    assert "rich" in piece.html
    assert [(a.name, a.picture) for a in found.attachments()] == [
        ("t.bin", False), ("note.txt", False), ("Forwarded.eml", False)]
    page, blocked = document(found)
    assert 'src="data:image/png;base64,' in page
    assert blocked == 0


def test_several_stretches_of_text_are_all_shown():
    raw = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>one</p>\r\n"
           b"--b\r\n\r\ntwo <b>\r\n--b--\r\n")
    page, _ = document(content.read(raw))
    assert "<p>one</p>" in page
    assert "two &lt;b&gt;" in page


def test_cid_of_what_is_no_picture_is_not_shown():
    raw = (b'Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:x">'
           b"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <x>\r\n\r\n<svg onload=alert(1)>\r\n--b--\r\n")
    page, _ = document(content.read(raw))
    assert "data:" not in page
    assert "<svg" not in page


def test_format_flowed():
    raw = b"Content-Type: text/plain; format=flowed; delsp=no\r\n\r\nOne \r\nline.\r\n> quoted \r\n> text\r\n-- \r\nsig"
    assert texts(raw) == ["One line.\n> quoted text\n-- \nsig"]


@pytest.mark.parametrize("raw", [
    b"", b"\r\n", b"\n\nbody", b"no header at all", b"Content-Type\r\n\r\nx", b": x\r\n\r\n", b"\x00\xff\xfe\r\n\r\n\x00",
    b"Content-Type: multipart/mixed\r\n\r\nno boundary", b"Content-Type: multipart/mixed; boundary=\r\n\r\nx",
    b'Content-Type: multipart/mixed; boundary="\xff\xfe"\r\n\r\n--\xff\xfe\r\n\r\nx',
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
    b"Content-Type: ///;;;=\xe4*0*=x\r\nContent-Disposition: attachment; filename*0*=utf-8''%ff; filename*2=x\r\n\r\nx",
    b"Content-Type: text/plain; charset*=bogus'x'utf-8\r\n\r\nx", b"Content-Transfer-Encoding: base64\r\n\r\n====\xff",
    b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n", b"Subject: =?utf-8?B?////?=\r\n\r\nx",
    b"Content-Disposition: attachment; filename==?bogus?Q?=FF?=\r\n\r\nx",
])
def test_malformed_messages_never_fail(raw):
    found = content.read(raw)
    found.attachments()
    document(found)
    for name in ("Subject", "From"):
        words(str(parse(raw).fields.get(name, "")))


def timed(raw: bytes) -> content.Content:
    begin = time.process_time()
    found = content.read(raw)
    if found.readable:
        found.attachments()
    assert time.process_time() - begin < 5
    return found


def test_limits_hold_and_hold_quickly():
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500))
    assert not timed(nested).readable
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000
    assert not timed(many).readable
    timed(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" + b"--c\r\n" * 2_000_000)
    assert not timed(b"X: " + b"a" * 300_000 + b"\r\n\r\nx").readable
    timed(b"Content-Type: text/plain; " + b";" * 200_000 + b"\r\n\r\nx")
    timed(b"Subject: " + b"=?utf-8?q?x?= " * 15_000 + b"\r\n\r\nx")
    timed(b"A: b\r\n" * 40_000 + b"\r\nx")
    assert timed(b"Content-Type: message/rfc822\r\n\r\n" * 5000).attachments()


def test_header_too_long_is_unreadable():
    with pytest.raises(Unreadable):
        parse(b"a" * 300_000)


@pytest.mark.parametrize(("name", "safe"), [
    ("report.pdf", "report.pdf"), ("../../etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("C:\\a.txt", "a.txt"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"), ("a\r\nSet-Cookie: x", "x"), ("a\x00b.txt", "ab.txt"), ("", "attachment-4"),
    ("...", "attachment-4"), (".htaccess", "htaccess"), ("con.txt", "_con.txt"), ("a        .exe", "a .exe"),
    ("x" * 300 + ".docx", "x" * 100 + ".docx"), ("Käse 日本.pdf", "Käse 日本.pdf"), ('a"b<c>.txt', "a_b_c_.txt"),
    ("\u200b\ufeff", "attachment-4"), ("\ud800x", "x"),
])
def test_names_are_one_safe_component(name, safe):
    assert safe_name(name, "", 4) == safe
    header = disposition(safe)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_risky_names():
    assert is_risky("a.pdf.EXE")
    assert is_risky("page.html")
    assert not is_risky("a.pdf")
