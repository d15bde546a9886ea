"""Code within a text is undone in its place; what is no code stays."""

import base64
import quopri
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate_milter.encoded import revealed

SECRET = "My SSN is 123-45-6789, thanks"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("a%20b", "a b"),
        ("&#49;&#x32;3", "123"),
        ("123=2D45=2D6789", "123-45-6789"),
        ("SSN: MTIzLTQ1LTY3ODk=", "SSN: 123-45-6789"),
        ("ssn MTIzNDU2Nzg5MA== end", "ssn 1234567890 end"),
        (f"x {base64.b64encode(SECRET.encode()).decode()} y", f"x {SECRET} y"),
        (base64.urlsafe_b64encode("The size: 5 ÿþ?>".encode()).decode(), "The size: 5 ÿþ?>"),
        (base64.encodebytes(SECRET.encode() * 9).decode(), SECRET * 9 + "\n"),
        (urllib.parse.quote(SECRET, safe=""), SECRET),
        ("".join(f"%{octet:02x}" for octet in SECRET.encode()), SECRET),
        ("123%252D45%25252D6789", "123-45-6789"),
        ("&#0000000049;&#x0000031;&ndash;&nbsp;", "11–\xa0"),
        (r'{"x":"123\u002d45\u002D6789"}', '{"x":"123-45-6789"}'),
        (r"123\x2d45%u002D6789", "123-45-6789"),
        ("**123**-**45**-**6789** *1* `4`-`5` ~~6 7~~", "123-45-6789 1 4-5 6 7"),
        (base64.b64encode(f"ü{SECRET}".encode()).decode(), f"ü{SECRET}"),
        (f"x {base64.b64encode(SECRET.encode('utf-16-le')).decode()} y", f"x {SECRET} y"),
        (base64.encodebytes(f"Grüße: {SECRET} " .encode() * 9).decode(), f"Grüße: {SECRET} " * 9 + "\n"),
        (quopri.encodestring(SECRET.replace("-", "=2D").encode()).decode().replace("=3D", "="), SECRET),
    ],
)
def test_code_is_undone(code, shown):
    assert revealed(code) == shown


@pytest.mark.parametrize(
    "text",
    [
        "", "plain", "100% of 5 % off", "a & b &amp; c", "x=30; y = 20",
        "internationalization of counterrevolutionaries",
        "2*3*4", "a **b** c", "*", "~~", "2 * 3 * 4", r"C:\users\x", "AT&T; &copy;", "%u",
        "-" * 70, "/usr/lib/python3/dist-packages/nothing", "3f786850e387550fdab836ed7e6dc881de23001b",
        "https://x.example/aB3dE5fG7hJ9kL1mN3pQ5rS7t", base64.b64encode(bytes(range(256))).decode(),
    ],
)  # fmt: skip
def test_what_is_no_code_stays(text):
    assert revealed(text) is None


@given(st.text())
def test_any_text_will_do(text):
    assert revealed(text) != text


@given(st.text(max_size=40), st.from_regex(r"\A[0-9]{3}-[0-9]{2}-[0-9]{4}\Z"))
def test_a_number_is_found_in_code(before, number):
    text = f"ssn {number}"
    assert number in (revealed(f"{before} {base64.b64encode(text.encode()).decode()}") or "")
    assert number in (revealed(f"{before} {urllib.parse.quote(text, safe='').replace('-', '%2D')}") or "")
