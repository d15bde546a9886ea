"""Files within the lines of a text: `data:` addresses, base64 in JSON, XML and scripts."""

import base64
import contextlib
import gzip
import random

import pytest
from packages import zipped

from sealgate_milter.extract import formats, inlined
from sealgate_milter.extract.found import Budget, Exceeded, File
from sealgate_milter.extract.walk import walk

SSN = "512-43-8870"
ZIP = base64.b64encode(zipped(("a.txt", b"SSN 512-43-8870" * 9))).decode()
SVG = "<svg><text>512-43-<tspan>8870</tspan></text></svg>"


def walked(body: str, name: str = "a.txt") -> str:
    found = walk(File(name, body.encode()), "1")
    return "\n".join(said.octets.decode() for said in found if said.kind in ("text", "aside"))



@pytest.mark.parametrize("body", [
    f'<a download=x.zip href="data:application/zip;base64,{ZIP}">', f"<a href=DATA:;base64,{ZIP}>",
    f"<a href='data&#58;x/y;base64,{ZIP.replace('/', '%2F')}'>", f'<script>atob("{ZIP}")</script>',
    f'<img src="data:image/png;base64,{ZIP}">', '<script>x="' + '" +\n "'.join([ZIP[:70], ZIP[70:]]) + '"</script>',
    '<a href="data:text/plain,SSN 512-43-8870">', '<a href="data:,512-43-8870">',
    f'<img src="data:image/svg+xml,{SVG}">', f"<b style=\"x: url('data:image/svg+xml,{SVG}')\">",
    f'<img src="data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}">',
    f'<a href="data:text/html;base64,{base64.b64encode(f"<img src=data:;base64,{ZIP}>".encode()).decode()}">',
])  # fmt: skip
def test_in_a_page(body):
    assert formats.inlined(body.encode())
    assert SSN in walked(f"<p>Hello</p>{body}", "a.html")


@pytest.mark.parametrize("body", [
    '{"a": "' + ZIP.replace("/", r"\/") + '"}', f"<?xml version='1.0'?><a><b>{ZIP}</b></a>",
    f"x: {ZIP[:64]}\n  {ZIP[64:128]}\n  {ZIP[128:]}\n", r'{"a": "\n' + ZIP[:76] + r"\n" + ZIP[76:] + '"}',
    base64.b64encode(gzip.compress(b"512-43-8870 " * 40 + bytes(range(256)))).decode().join("()"),
    "?e=" + base64.urlsafe_b64encode(gzip.compress(b"9f8e7d6c5b4a" * 9 + SSN.encode())).decode(),
])  # fmt: skip
def test_in_other_texts(body):
    assert SSN in walked(body)


@pytest.mark.parametrize("body", [
    "<img src='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVQI12NoAAAAggCB3UNq'>",
    "data: we have it, and more", "data:audio/mpeg;base64,SUQzBAAAAAAAI1RTU0UAAAA", "data:application/zip;base64,",
    "see ?e=H4sIAAAAAAAAA" + "zMyNTM0" * 20, "UEsDBBQ" + "A" * 20,
])  # fmt: skip
def test_pictures_and_what_is_none(body):
    assert list(inlined.extract(body.encode(), Budget(len(body)))) == []


def test_any_octets_will_do():
    source = random.Random(2)
    pieces = [b"data:", b";base64,", b",", b'"', b"'", b"H4sI", b"UEsDBBQ" + b"A" * 60, b"\n", b"\\n", b"text/html"]
    for _ in range(300):
        list(inlined.extract(b"".join(source.choices(pieces, k=30)), Budget(10**9)))


def test_long_texts_come_to_an_end():
    for piece in (b"data:,", b'"data:,', b"data:" + b";" * 9, b'UEsDB" + "', b"UEsDB\n", b"data&#"):
        with contextlib.suppress(Exceeded):
            list(inlined.extract(piece * (400_000 // len(piece)), Budget(400_000)))
