"""Charsets that nobody declares, or that a page declares itself."""

import pytest

from sealgate_milter import charsets, message, reading

NUMBER = b"123-45-6789"


def texts(kind: str, body: bytes) -> reading.Content:
    source = f"Content-Type: {kind}\n\n".encode() + body
    return reading.read(message.from_bytes(source, "a@example.com", ("b@example.org",)))


@pytest.mark.parametrize(("charset", "shown"), [
    ("shift_jis", "１２３-45-6789"), ("gb2312", "１２３-45-6789"), ("iso-2022-jp", "１２３-45-6789"),
    ("utf-7", "+ADEAMgAz-+AC0-45-6789"), ("euc-kr", "１２３-45-6789"), ("cp037", NUMBER.decode()),
])  # fmt: skip
@pytest.mark.parametrize("head", [
    "<html><head><meta charset={}></head><body>", '<meta http-equiv=content-type content="text/html; charset={}">',
    '<?xml version="1.0" encoding="{}"?><html>',
])  # fmt: skip
def test_a_page_names_its_charset(charset, shown, head):
    encoded = shown.encode("ascii" if charset == "utf-7" else charset)
    page = head.format(charset).encode() + encoded
    for kind in ("text/html", "text/html; charset=utf-8"):
        assert any(NUMBER in text.octets for text in texts(kind, page).texts)


@pytest.mark.parametrize("encoded", [
    "SSN １２３-45-6789".encode("shift_jis"), "１２３-45-6789".encode("euc-kr"), "１２３-45-6789".encode("big5"),
    "１２３-45-6789".encode("iso-2022-jp"), b"12\x1b(B3\x1b(J-45-\x1b(B6789", "社外 123-45-6789".encode("utf-32-le"),
    "社外 １23–45-6789".encode("utf-32-be"), ("社" * 80 + "１23–45-6789").encode("utf-16-le"),
])  # fmt: skip
def test_undeclared(encoded):
    assert any(NUMBER in text.octets for text in texts("text/plain", encoded).texts)


@pytest.mark.parametrize(("charset", "encoded", "legible"), [
    ("x-foo", "Her SSN is 123-45-6789".encode("cp037"), False), ("bocu-1", b"\xfb\xee\x28", False),
    ("x-foo", "Her café".encode("latin-1"), True), ("x-foo", "社外秘".encode(), True), ("cp037", b"\xc8\x85", True),
    ("", "漢字".encode("shift_jis"), True), ("x-foo", b"", True),
])  # fmt: skip
def test_unknown_charsets(charset, encoded, legible):
    assert charsets.legible(encoded, charset) == legible
    found = texts(f"text/plain; charset={charset}", encoded).unreadable
    assert [entry.reason for entry in found] == ([] if legible else ["unsupported"])


def test_code_pages_by_their_long_name():
    found = texts("text/plain; charset=ibm01140", NUMBER.decode().encode("cp1140")).texts
    assert any(NUMBER in text.octets for text in found)


def test_ordinary_text_is_read_once():
    for kind, body in (
        ("text/html; charset=iso-8859-1", b"<meta charset=windows-1252>caf\xe9"),
        ("text/html", b"<meta charset=iso-8859-1>plain"),
        ("text/plain", b"caf\xe9 au lait"),
    ):
        assert len([text for text in texts(kind, body).texts if text.part == "1" and not text.aside]) == 1
