"""The walker sees what the standard library sees, and reads parameters as mail programs do."""

import email
import email.policy
from pathlib import Path

import pytest

from sealgate_milter import mime, transfer
from sealgate_milter.message import from_bytes

MESSAGES = sorted((Path(__file__).resolve().parents[1] / "messages").glob("*.eml"))
DELIBERATE = {"ssn-eml-attached", "ssn-encoded-multipart", "ssn-two-content-types", "ssn-preamble", "ssn-epilogue"}


@pytest.mark.parametrize("path", [path for path in MESSAGES if path.stem not in DELIBERATE], ids=lambda path: path.stem)
def test_leaves_are_those_of_the_standard_library(path):
    """But for preamble, epilogue and the header section of attached messages, which we read too."""
    message = from_bytes(path.read_bytes(), "", ())
    tree = mime.walk(message.header, message.body)
    ours = [part.type for part in tree.parts if part.number[-1:].isdigit() and part.type != "message/rfc822"]
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    theirs = [part.get_content_type() for part in parsed.walk() if not part.is_multipart()]
    if not tree.odd and "bounce" not in path.stem:
        assert ours == theirs


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"text/plain", ("text/plain", {})),
        (b' TEXT/HTML ; Charset="UTF-8" ; x=y', ("text/html", {"charset": "UTF-8", "x": "y"})),
        (b'a/b; name="a\\"b;c"', ("a/b", {"name": 'a"b;c'})),
        (b"a/b; name*=utf-8'en'%e2%82%ac.txt", ("a/b", {"name": "\u20ac.txt"})),
        (b"a/b; name*1=two; name*0=one", ("a/b", {"name": "onetwo"})),
        (b"a/b; name*0*=utf-8''%c3; name*1*=%a9", ("a/b", {"name": "\u00e9"})),
        (b"a/b; name=first; name=second", ("a/b", {"name": "first"})),
        (b"", ("", {})),
    ],
)
def test_parameters(raw, expected):
    assert mime.parse_parameters(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"A: 1\r\nB: 2\r\n 3\r\n\r\nx", (((b"A", b" 1"), (b"B", b" 2\r\n 3")), b"x")),
        (b"\nbody", ((), b"body")),
        (b"\r\nbody", ((), b"body")),
        (b"body only\n\nmore", ((), b"body only\n\nmore")),
        (b"A: 1\nnot a field\nB: 2\n\nx", (((b"A", b" 1"),), b"not a field\nB: 2\n\nx")),
        (b"", ((), b"")),
    ],
)
def test_header_section(raw, expected):
    assert mime.split_header(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?a_b?= =?utf-8?Q?c?= d", "a bc d"),
        (b"=?utf-8?B?w6k=?=\r\n =?utf-8?B?w6k=?=", "\u00e9\u00e9"),
        (b"=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "\u20ac"),
        (b"=?iso-8859-1*en?Q?caf=E9?=", "caf\u00e9"),
        (b"=?none?Q?x?=", "x"),
        (b"caf\xe9", "caf\u00e9"),
        (b"caf\xc3\xa9", "caf\u00e9"),
        (b"=?utf-8?B?!!!?=", ""),
    ],
)
def test_encoded_words(raw, expected):
    assert transfer.words(raw) == expected


def test_base64_reads_over_padding_in_the_middle():
    assert transfer.base64(b"YQ==YmM=\r\nZGVm") == b"abcdef"
    assert transfer.base64(b"YWJj*ZGVm") == b"abcdef"
