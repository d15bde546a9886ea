"""Where two mail programs may see two things in one message, both are read."""

import base64

import pytest

from sealgate_milter import mime, transfer
from sealgate_milter.extract import walk
from sealgate_milter.message import from_bytes
from sealgate_milter.reading import Content, read

SECRET = "her number is 123-45-6789 ok\n"
WIDE = base64.encodebytes(SECRET.encode("utf-16-le")).decode()
PAGE = base64.encodebytes(b"<html><body>number 12<b>3</b>-45-<i>67</i>89</body></html>").decode()
MIXED = "multipart/mixed; boundary=AA"


class Here:
    """Reads documents right here."""

    def extract(self, file, path, patience):
        return list(walk.walk(file, path))


def content(kind: str, body: str, *more: str) -> Content:
    lines = ["Subject: hi", f"Content-Type: {kind}", *more]
    message = ("\n".join(lines) + "\n\n" + body).replace("\n", "\r\n").encode()
    return read(from_bytes(message, "a@corp.example", ("b@outside.example",)), Here())


def shown(found: Content) -> str:
    return "\n".join(text.text for text in found.texts)


@pytest.fixture(params=[("text/plain; charset=utf-16le", WIDE), ("text/html", PAGE)], ids=["text", "page"])
def leaf(request):
    return request.param


@pytest.mark.parametrize(
    "encoding",
    ["base64", "(x) base64", "base64 (x)", "base64(x)", "x-base64", "base64.", "base64, 7bit", "7bit base64", "BASE-64",
     "=?us-ascii?Q?base64?=", "7bit", "8bit\nContent-Transfer-Encoding: base64",
     "base64\nContent-Transfer-Encoding: 7bit"],
)  # fmt: skip
def test_every_encoding_that_is_named_is_undone(leaf, encoding):
    found = content(leaf[0], leaf[1], f"Content-Transfer-Encoding: {encoding}")
    assert "123-45-6789" in shown(found)
    assert not found.unreadable


@pytest.mark.parametrize(
    "body",
    [
        "--AAx\n{}\n--AA--\n",
        "--AA\n\nhi\n--AA junk\n{}\n--AA--\n",
        "--AA\n\nhi\n--AA--junk\n{}\n--AA--\n",
        "--AA\n\nhi\n--AA--\n--AA\n{}\n--AA--\n",
        "--AA\nbroken line\n{}\n--AA--\n",
        "--AA\n\nhi\n--BB\n{}\n--BB--\n--AA--\n",
    ],
)
@pytest.mark.parametrize(
    "kind", [MIXED, "multipart/mixed; boundary=AA; boundary=BB", "multipart/mixed; boundary=BB; boundary=AA",
             "multipart/mixed; boundary=AA (c)", "multipart/mixed"],
)  # fmt: skip
def test_boundaries_are_read_both_ways(leaf, kind, body):
    if "BB" in body and "BB" not in kind:
        return
    part = f"Content-Type: {leaf[0]}\nContent-Transfer-Encoding: base64\n\n{leaf[1]}"
    assert "123-45-6789" in shown(content(kind, body.format(part)))


def test_unknown_encodings_and_too_many_types_are_said():
    found = content("text/plain", "x", "Content-Transfer-Encoding: rot13")
    assert [entry.reason for entry in found.unreadable] == ["unsupported"]
    found = content("text/plain", "x", *(f"Content-Type: text/{name}" for name in "abc"))
    assert [entry.reason for entry in found.unreadable] == ["corrupt"]


@pytest.mark.parametrize("encoding", ["", "7bit", " 8BIT ", "7-bit", "8 bit", "binary", "quoted-printable", "none"])
def test_usual_encodings_are_known(encoding):
    assert not content("text/plain", "some words", f"Content-Transfer-Encoding: {encoding}").unreadable


def test_a_boundary_that_begins_with_another_is_usual():
    body = (
        "--AA\nContent-Type: multipart/alternative; boundary=AA1\n\n--AA1\n\nplain words\n"
        "--AA1\nContent-Type: text/html\n\n<p>rich words</p>\n--AA1--\n\n"
        "--AA\nContent-Type: image/gif\n\nGIF89a\1\0\1\0\0\0\0;\n--AA--\n"
    )
    found = content(MIXED, body)
    assert not found.unreadable
    assert sum(text.text.count("plain words") for text in found.texts if text.scope == "body") == 1


@pytest.mark.parametrize("token", ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b", "A" * 64, "word"])
def test_what_only_looks_like_base64_is_no_unknown_file(token):
    assert not content("application/octet-stream; name=sum", token).unreadable
    assert not content("text/plain", token).unreadable


def test_a_file_in_base64_is_read_under_any_encoding():
    body = base64.encodebytes(SECRET.encode("utf-16")).decode()
    assert "123-45-6789" in shown(content("application/octet-stream; name=a.txt", body))
    assert transfer.bare(body.encode())
    assert not transfer.bare(b"Some words of a text that is none of it\r\n")


@pytest.mark.parametrize("body", ["number 12 \n3-45-6789 ok", "> number 12 \n> 3-45-6789", "123 \n -45 \n-6789 ok"])
def test_flowed_lines_are_joined(body):
    assert "123-45-6789" in shown(content("text/plain; format=flowed; DelSp=Yes", body))
    assert "123-45-6789" not in shown(content("text/plain; format=flowed", body))


def test_many_ways_within_each_other_end():
    body = "--AA\n\nhi\n--AA junk\n"
    for level in range(40):
        kinds = "".join(f"Content-Type: multipart/{name}; boundary=B{level}; boundary=AA\n" for name in "xyz")
        body = f"--B{level}\n{kinds}Content-Transfer-Encoding: 7bit, 8bit\n\n{body}\n--B{level}--\n"
    for lenient in (False, True):
        tree = mime.walk(((b"Content-Type", b"multipart/x; boundary=B39"),), body.encode(), lenient=lenient)
        assert len(tree.parts) <= mime.MAX_PARTS


@pytest.mark.parametrize("name", ["Organization", "Resent-Subject", "X-Notes", "X-Comment", "Comments"])
def test_fields_that_people_write_are_read(name):
    assert "123-45-6789" in shown(content("text/plain", "hi", f"{name}: 123-45-6789"))
    assert "123-45-6789" not in shown(content("text/plain", "hi", "X-Job: 123-45-6789"))


def test_both_ways_within_a_message_kept_as_a_file(leaf):
    part = f"Content-Type: {leaf[0]}\nContent-Transfer-Encoding: 7bit, base64\n\n{leaf[1]}"
    kept = f"From: a@corp.example\nContent-Type: {MIXED}\n\n--AA\n\nhi\n--AA junk\n{part}\n--AA--\n"
    found = content("text/plain; name=kept.txt", kept)
    assert "123-45-6789" in shown(found)
    assert not found.unreadable
