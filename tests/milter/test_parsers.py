"""Properties of what reads messages: a planted number is found wherever it stands, and limits are kept."""

import base64
import binascii
import codecs
import itertools
import quopri
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate_milter import mime, plain, transfer
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy
from sealgate_milter.reading import read
from sealgate_milter.search import Search

NUMBER = "123-45-6789"
PLANTED = f"My SSN is {NUMBER}, as you know."
_CHARSETS = (
    "us-ascii utf-8 utf-16 utf-16le utf-16be utf-32 utf-7 iso-8859-1 iso-8859-15 iso-8859-8 windows-1252 windows-1251 "
    "koi8-r cp437 macintosh shift_jis euc-jp iso-2022-jp iso-2022-kr euc-kr gb2312 gbk gb18030 hz big5 tis-620 cp037 "
    "cp500 x-unknown"
)
CHARSETS = _CHARSETS.split()
WORDS = st.lists(st.text(string.ascii_letters, min_size=1, max_size=9), max_size=60).map(" ".join)


def policy_of(folder):
    path = folder / "policy.toml"
    path.write_text('[tests.ssn]\ndetector = "us-ssn"\n[[rules]]\nname = "r"\nwhen = "ssn"\nthen = "hold"\n')
    return load_policy(path)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return policy_of(tmp_path_factory.mktemp("policy"))


def found(content: bytes, policy) -> bool:
    return Search(read(from_bytes(content, "a@b.example", ("c@d.example",))).texts, policy).holds("ssn")


def encoded(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(body)
    if encoding == "quoted-printable":
        return quopri.encodestring(body)
    if encoding == "x-uuencode":
        lines = (binascii.b2a_uu(body[start : start + 45]) for start in range(0, len(body), 45))
        return b"begin 644 a.txt\n" + b"".join(lines) + b"`\nend\n"
    return body


def octets(text: str, charset: str) -> bytes:
    return text.encode("ascii" if charset == "x-unknown" else "mac-roman" if charset == "macintosh" else charset)


@st.composite
def split_by_tags(draw) -> str:
    """The number with tags, comments and character references between and for its characters."""
    pieces = []
    between = st.sampled_from(["", "", "<b>", "</b>", "<!-- 7 -->", "<span style='x:\">'>", "</o:p>", "<wbr>"])
    for char in NUMBER:
        pieces.append(draw(between))
        pieces.append(draw(st.sampled_from([char, char, f"&#{ord(char)};", f"&#x{ord(char):x};"])))
    return "<html><body><p>My SSN is " + "".join(pieces) + " ok</p></body></html>"


@st.composite
def leaves(draw) -> bytes:
    """A text part that holds the number, in any charset and transfer encoding."""
    charset = draw(st.sampled_from(CHARSETS))
    kind = draw(st.sampled_from(["plain", "html", "calendar", "x-unheard-of"]))
    shown = draw(split_by_tags()) if kind == "html" else PLANTED
    text = f"{draw(WORDS)}\n{shown}\n{draw(WORDS)}\n"
    wide = charset.startswith(("utf-16", "utf-32", "cp037", "cp500"))
    # A line end of quoted-printable is that of the message, not of the charset.
    encodings = ["base64", "x-uuencode"] + ([] if wide else ["quoted-printable", "7bit", "8bit", ""])
    encoding = draw(st.sampled_from(encodings))
    named = draw(st.sampled_from([charset, charset.upper(), f'"{charset}"']))
    header = f"Content-Type: text/{kind}; charset={named}\n"
    header += f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    header += draw(st.sampled_from(["", "Content-Disposition: attachment; filename=a.txt\n", "X-Other: 1\n"]))
    return header.encode() + b"\n" + encoded(octets(text, charset), encoding)


@st.composite
def wrapped(draw, inner: bytes, level: int) -> bytes:
    """`inner` inside one more multipart or attached message."""
    boundary = draw(st.text(string.ascii_letters + "='()+_,-./:?", min_size=1, max_size=20)) + str(level)
    match draw(st.sampled_from(["mixed", "alternative", "related", "digest", "message"])):
        case "message":
            return b"Content-Type: message/rfc822\n\nFrom: x@y.example\nSubject: inner\n" + inner
        case "digest":
            inner = b"\nFrom: x@y.example\n" + inner
            kind = "digest"
        case kind:
            pass
    mark = f"--{boundary}".encode()
    others = [b"Content-Type: text/plain\n\nnothing here\n", b"\nno header\n", b"Content-Type: image/png\n\n\x89PNG\n"]
    others = [] if kind == "digest" else draw(st.lists(st.sampled_from(others), max_size=2))
    parts = draw(st.permutations([inner, *others]))
    close = draw(st.sampled_from([mark + b"--\n", mark + b"--", b""]))
    head = f'Content-Type: multipart/{kind};\n boundary="{boundary}"\n\n'.encode()
    head += draw(st.sampled_from([b"", b"preamble\n"]))
    return head + b"".join(mark + b"\n" + part + b"\n" for part in parts) + close


@st.composite
def messages(draw) -> bytes:
    """A message that holds the number somewhere deep."""
    content = draw(leaves())
    for level in range(draw(st.integers(0, 4))):
        content = draw(wrapped(content, level))
    content = b"From: a@b.example\nSubject: hello\nMIME-Version: 1.0\n" + content
    return content.replace(b"\n", b"\r\n") if draw(st.booleans()) and b"\r" not in content else content


@settings(max_examples=250, deadline=None)
@given(content=messages())
def test_a_planted_number_is_found_wherever_it_was_planted(policy, content):
    assert found(content, policy)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([charset for charset in CHARSETS if charset != "x-unknown"]),
    st.sampled_from("BQbq"),
    st.lists(st.integers(1, len(PLANTED) - 1), max_size=4),
    st.sampled_from([" ", "\n ", "\r\n\t"]),
    st.sampled_from(["Subject", "SUBJECT", "To", "Comments"]),
)
def test_a_planted_number_is_found_in_encoded_words(policy, charset, encoding, cuts, between, name):
    marks = [0, *sorted(set(cuts)), len(PLANTED)]
    words = []
    for start, end in itertools.pairwise(marks):
        raw = octets(PLANTED[start:end], charset)
        shown = base64.b64encode(raw).decode() if encoding in "Bb" else "".join(f"={octet:02X}" for octet in raw)
        words.append(f"=?{charset}?{encoding}?{shown}?=")
    assert found(f"{name}: {between.join(words)}\n\nbody".encode(), policy)


SOUP = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([
        b"\n", b"\r\n\r\n", b"--b", b"--b--", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", b"=?utf-8?q?",
        b"?=", b"Content-Type: message/rfc822\n\n", b"Content-Type: text/html\n\n<", b"begin 644 x\n", b"PK\3\4",
        b"Content-Transfer-Encoding: base64\n\n", b"Content-Type: text/plain; charset=utf-7\n\n", b"%PDF-1.4",
        b"filename*0*=utf-8''a", b"{\\rtf1",
    ]),
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(SOUP, max_size=60).map(b"".join))
def test_limits_are_kept_whatever_comes(content):
    message = from_bytes(content, "", ())
    tree = mime.walk(message.header, message.body)
    assert len(tree.parts) <= mime.MAX_PARTS
    assert all(part.level <= mime.MAX_LEVELS for part in tree.parts)
    said = read(message)
    assert said.size <= plain.MAX_TEXT
    assert all(text.octets.decode("utf-8") is not None for text in said.texts)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20), st.sampled_from(["base64", "quoted-printable", "x-uuencode", ""]))
def test_no_octets_and_no_charset_raise(raw, charset, encoding):
    for text in transfer.readings(transfer.decoded(encoding.encode(), raw), charset):
        text.encode("utf-8", "replace")
    transfer.words(raw)
    mime.parse_parameters(raw)
    mime.split_header(raw)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_base64_is_undone_whatever_stands_between(raw):
    assert transfer.decoded(b"base64", base64.encodebytes(raw)) == raw
    noisy = b"\r\n ".join(base64.b64encode(raw)[start : start + 7] for start in range(0, 500, 7))
    assert transfer.decoded(b"base64", noisy) == raw


@pytest.mark.parametrize("charset", CHARSETS)
def test_every_charset_of_the_tests_is_one_that_is_decoded(charset):
    assert charset == "x-unknown" or codecs.lookup("mac-roman" if charset == "macintosh" else charset)
    assert PLANTED in transfer.readings(octets(PLANTED, charset), charset)
