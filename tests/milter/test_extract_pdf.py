"""PDF: everything that a reader may see in one, and what nobody shows."""

import hashlib
import random
import zlib

import pytest

from sealgate_milter.extract import pdf
from sealgate_milter.extract.found import Budget, File, Passage, Unread

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def page(text: bytes) -> bytes:
    return stream(b"BT /F1 12 Tf 72 700 Td (" + text + b") Tj ET")


def build(objects: dict[int, bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """Return a PDF of these numbered objects."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (max(objects) + 1)
    for number in range(1, max(objects) + 1):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    out += b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, trailer, start)
    return bytes(out)


def document(text: bytes = b"Hello", more: dict[int, bytes] | None = None, *, root: bytes = b"", leaf: bytes = b"",
             trailer: bytes = b"/Root 1 0 R") -> bytes:
    """Return a PDF of one page that says `text`; `root` and `leaf` go into the catalogue and the page."""
    return build({
        1: b"<< /Type /Catalog /Pages 2 0 R " + root + b" >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
           b"/Resources << /Font << /F1 5 0 R >> >> " + leaf + b" >>",
        4: page(text), 5: FONT, **(more or {}),
    }, trailer)  # fmt: skip


def read(body: bytes) -> list:
    return list(pdf.extract(body, Budget(len(body))))


def said(body: bytes) -> str:
    return "\n".join(found if isinstance(found, str) else found.text for found in read(body)
                     if isinstance(found, (str, Passage)))  # fmt: skip


def test_pages_are_named():
    found = read(document(b"SSN 512-43-8870"))
    assert Passage("page 1", "SSN 512-43-8870") in found
    assert not [entry for entry in found if isinstance(entry, Unread)]


def test_garbage_before_the_head_is_passed_over():
    assert "512-43-8870" in said(b"\r\n\r\nno pdf yet\n" + document(b"SSN 512-43-8870"))


@pytest.mark.parametrize("annotation", [
    b"/Subtype /Text /Contents (SSN 512-43-8870)",
    b"/Subtype /FreeText /DA (/F1 12 Tf) /Contents <FEFF0035003100320020003400330020003800380037003000200053>",
    b"/Subtype /Popup /Contents (SSN 512-43-8870)",
    b"/Subtype /Link /A << /S /URI /URI (https://example.com/?ssn=512-43-8870) >>",
    b"/Subtype /Highlight /Contents (x) /Subj (512-43-8870)",
    b"/Subtype /Widget /FT /Tx /T (ssn) /V (512-43-8870)",
    b"/Subtype /Widget /FT /Ch /T (ssn) /Opt [(one) (512-43-8870)]",
    b"/Subtype /Text /Contents (x) /RC (<p>512-43-8870</p>)",
    b"/Subtype /Stamp /AP << /N 6 0 R >>",
    b"/Subtype /Widget /Parent 7 0 R",
])  # fmt: skip
def test_annotations_and_fields(annotation):
    leaf = b"/Annots [<< /Type /Annot /Rect [10 10 300 50] /F 4 " + annotation + b" >>]"
    root = b"/AcroForm << /Fields [7 0 R] >>"
    look = b"/Type /XObject /Subtype /Form /BBox [0 0 290 40] /Resources << /Font << /F1 5 0 R >> >>"
    shown = stream(b"BT /F1 12 Tf 2 2 Td (512-43-8870) Tj ET" if b"/AP" in annotation else b"", look)
    value = b"(512-43-8870)" if b"/Parent" in annotation else b"(x)"
    text = said(document(b"x", {6: shown, 7: b"<< /FT /Tx /T (field) /V %s >>" % value}, root=root, leaf=leaf))
    assert "512-43-8870" in text or "512 43 8870" in text


def test_form_of_xml():
    packet = b"<xfa:datasets><ssn>512-43-8870</ssn></xfa:datasets>"
    body = document(b"x", {6: stream(packet)}, root=b"/AcroForm << /Fields [] /XFA [(datasets) 6 0 R] >>")
    assert [found.body for found in read(body) if isinstance(found, File)] == [packet]


def test_embedded_files():
    listed = {6: b"<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F 7 0 R >> >>",
              7: stream(b"SSN 512-43-8870", b"/Type /EmbeddedFile"),
              8: stream(zlib.compress(b"unlisted"), b"/Type /EmbeddedFile /Filter /FlateDecode"),
              9: b"<< /Type /Filespec /F (b.txt) /EF << /F 10 0 R >> >>",
              10: stream(b"clipped to the page", b"/Type /EmbeddedFile")}  # fmt: skip
    leaf = b"/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [1 1 9 9] /FS 9 0 R >>]"
    body = document(b"x", listed, root=b"/Names << /EmbeddedFiles << /Names [(a.txt) 6 0 R] >> >>", leaf=leaf)
    files = [found for found in read(body) if isinstance(found, File)]
    assert sorted(file.body for file in files) == [b"SSN 512-43-8870", b"clipped to the page", b"unlisted"]
    assert {file.name for file in files} == {"a.txt", "b.txt", ""}


def test_what_nobody_shows():
    packed = zlib.compress(b"8 0 << /Alt (512-43-8871) >>")
    body = document(b"x", {
        6: b"<< /Title (Subject 512-43-8872) /Producer <FEFF0035> >>",
        7: stream(packed, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"),
        9: stream(b"<x:xmpmeta><dc:title>512-43-8873</dc:title></x:xmpmeta>", b"/Type /Metadata /Subtype /XML"),
        10: b"<< /Note (escaped \\(512\\)-43-\\0708\\\n74) >>",
    }, root=b"/Metadata 9 0 R", trailer=b"/Root 1 0 R /Info 6 0 R")  # fmt: skip
    text = said(body)
    for number in ("512-43-8871", "512-43-8872", "512-43-8873", "(512)-43-8874"):
        assert number in text, number


@pytest.mark.parametrize(("root", "leaf", "thing"), [
    (b"", b"/Annots [<< /Type /Annot /Subtype /Link /Rect [1 1 9 9] /A << /S /JavaScript /JS 6 0 R >> >>]",
     stream(b"app.alert('512-43-8870')")),
    (b"", b"/Annots [<< /Type /Annot /Subtype /Link /Rect [9 9 300 50] /F 4 /AP << /N 6 0 R >> >>]",
     stream(b"BT /F1 12 Tf 2 2 Td (512-43-8870) Tj ET",
            b"/Type /XObject /Subtype /Form /BBox [0 0 290 40] /Resources << /Font << /F1 5 0 R >> >>")),
    (b"/Later 6 0 R", b"", stream(zlib.compress(b"BT /F1 9 Tf [(512-) -20 (43-88) (70)] TJ ET"),
                                  b"/PatternType 1 /PaintType 1 /Filter /FlateDecode")),
    (b"/Metadata 6 0 R", b"", stream(b"<x:d note='SSN 512-43-8870'/>", b"/Type /Metadata /Subtype /XML")),
    (b"/Names << /Dests << /Names [(512-43-8870) [3 0 R /Fit]] >> >>", b"", b"null"),
])  # fmt: skip
def test_what_is_said_in_odd_places(root, leaf, thing):
    assert "512-43-8870" in said(document(b"x", {6: thing}, root=root, leaf=leaf))


def rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for octet in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(octet ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def encrypted(password: bytes) -> bytes:
    """Return a PDF under the standard handler, revision 2 (ISO 32000-1, 7.6.3)."""
    user = (password + PAD)[:32]
    owner = rc4(hashlib.md5(b"owner" + PAD[:27]).digest()[:5], user)
    key = hashlib.md5(user + owner + b"\xfc\xff\xff\xff" + b"0123456789abcdef").digest()[:5]
    content = b"BT /F1 12 Tf 72 700 Td (SSN 512-43-8870) Tj ET"
    sealed = rc4(hashlib.md5(key + b"\4\0\0\0\0").digest()[:10], content)
    handler = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (
        owner.hex().encode(), rc4(key, PAD).hex().encode(),
    )  # fmt: skip
    identity = b"<" + b"0123456789abcdef".hex().encode() + b">"
    spoken = rc4(hashlib.md5(key + b"\7\0\0\0\0").digest()[:10], b"Number 512-43-8871")
    spoken = b"<< /Type /StructTreeRoot /K << /S /Figure /Alt <%s>>> >>" % spoken.hex().encode()
    attached = rc4(hashlib.md5(key + b"\x08\0\0\0\0").digest()[:10], b"SSN 512-43-8872")
    return document(b"", {4: stream(sealed), 6: handler, 7: spoken, 8: stream(attached)},
                    root=b"/StructTreeRoot 7 0 R /AF [<< /Type /Filespec /F 9 0 R /EF << /F 8 0 R >> >>]",
                    trailer=b"/Root 1 0 R /Encrypt 6 0 R /ID [%s %s]" % (identity, identity))  # fmt: skip


def test_password():
    assert read(encrypted(b"secret")) == [Unread("encrypted")]
    found = read(encrypted(b""))
    assert Passage("page 1", "SSN 512-43-8870") in found
    assert "512-43-8871" in said(encrypted(b""))
    assert File("", b"SSN 512-43-8872") in found


@pytest.mark.parametrize(("text", "scan", "size"), [
    (b"", True, b"100 0 0 100"), (b"(x) Tj", False, b"100 0 0 100"), (b"(Page 1) Tj", True, b"600 0 0 700"),
    (b"(" + b"It was read by a machine. " * 5 + b") Tj", False, b"600 0 0 700"),
])  # fmt: skip
def test_scan(text, scan, size):
    dots = b"/Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"
    image = stream(b"\0", b"/Type /XObject /Subtype /Image " + dots)
    content = stream(b"q " + size + b" 1 1 cm /I Do Q BT /F1 12 Tf 72 700 Td " + text + b" ET")
    resources = b"/Resources << /Font << /F1 5 0 R >> /XObject << /I 6 0 R >> >>"
    body = document(b"", {4: content, 6: image}).replace(b"/Resources << /Font << /F1 5 0 R >> >>", resources)
    assert (Unread("unsupported") in read(body)) is scan


def test_broken_file_gives_its_strings():
    body = b"%PDF-1.7\n1 0 obj << /Contents (SSN 512-43-8870) >> endobj\n"
    found = read(body)
    assert Unread("corrupt") in found
    assert "512-43-8870" in said(body)


def test_hyphen_at_the_line_end():
    assert pdf._mended("512-43\ufffe\r\n8870 confi\ufffedential") == "512-43-\n8870 confidential"


def test_noise_raises_nothing():
    chance = random.Random(4)
    original = document(b"SSN 512-43-8870", {6: b"<< /Title (x) >>"}, root=b"/AcroForm << /Fields [] >>")
    for _ in range(300):
        body = bytearray(original)
        for _ in range(chance.choice((1, 5, 40))):
            body[chance.randrange(len(body))] = chance.randrange(256)
        for found in read(bytes(body[: chance.randrange(len(body))] if chance.random() < 0.2 else body)):
            assert isinstance(found, (str, Passage, File)) or found.reason in ("corrupt", "encrypted")


def test_spaced_letters():
    assert pdf._mended("S S N 5 1 2 - 4 3 - 8 8 7 0\r\na b c") == "SSN 512-43-8870\na b c"
