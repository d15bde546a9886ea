"""Archives and office documents: what is found, within limits, and why something is not."""

import bz2
import gzip
import io
import lzma
import random
import struct
import subprocess
import tarfile
import zipfile

import pytest
from packages import TYPES, docx, runs, xlsx, zipped

from sealgate_milter.conditions.content import REASONS
from sealgate_milter.extract import found
from sealgate_milter.extract import zipped as zip_module
from sealgate_milter.extract.found import Budget, Exceeded, File
from sealgate_milter.extract.walk import walk


def walked(body: bytes, name: str = "f", kind: str = ""):
    return list(walk(File(name, body, kind), "2"))


def said(body: bytes, name: str = "f", kind: str = "") -> dict[str, str]:
    """All texts by their path."""
    texts: dict[str, str] = {}
    for entry in walked(body, name, kind):
        if entry.kind == "text":
            texts[entry.path] = (texts.get(entry.path, "") + "\n" + entry.octets.decode()).strip()
    return texts


def reasons(body: bytes, name: str = "f", kind: str = "") -> set[tuple[str, str]]:
    return {(entry.path, entry.octets.decode()) for entry in walked(body, name, kind) if entry.kind == "unread"}


def everything(body: bytes) -> str:
    return "\n".join(said(body).values())


@pytest.mark.parametrize("method", [0, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_by_every_method(method):
    body = zipped(("a/x.txt", "first " * 1000), ("é.csv", "second"), method=method)
    assert said(body) == {"2/a/x.txt": "a/x.txt\n" + ("first " * 1000).strip(), "2/é.csv": "é.csv\nsecond"}
    assert not reasons(body)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_streams(pack):
    body = pack(b"one ") + pack(b"two")
    found = [(entry.path, entry.octets) for entry in walk(File("a.csv.gz", body), "2/a.csv.gz") if entry.kind == "text"]
    assert found == [("2/a.csv.gz/a.csv", b"a.csv"), ("2/a.csv.gz/a.csv", b"one two")]
    assert ("2", "corrupt") in reasons(pack(b"x" * 50_000)[:-9])


def test_a_compressed_tar_is_one_archive():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("deep.zip")
        inner = zipped(("in.zip", zipped(("t.txt", "found"))))
        member.size = len(inner)
        archive.addfile(member, io.BytesIO(inner))
    assert "found" in everything(out.getvalue())
    assert not reasons(out.getvalue())


@pytest.mark.parametrize(
    "form", ["--format=7zip", "--format=iso9660", "--format=cpio", "--format=ar", "--format=xar", "--zstd", "--lz4"]
)
def test_other_archives(tmp_path, form):
    (tmp_path / "a.txt").write_text("kept in here")
    subprocess.run(["bsdtar", form, "-cf", "t", "a.txt"], cwd=tmp_path, check=True)
    body = (tmp_path / "t").read_bytes()
    assert said(body) == {"2/a.txt": "a.txt\nkept in here"}
    for size in range(8, len(body), max(len(body) // 20, 1)):
        assert {reason for _, reason in reasons(body[:size])} <= {"corrupt", "unsupported"}


def test_an_archive_behind_a_picture_or_a_program():
    body = zipped(("t.txt", "stowaway"))
    assert "stowaway" in everything(b"\x89PNG\r\n\x1a\n" + b"\0" * 500 + body)
    assert "stowaway" in everything(b"MZ" + b"\0" * 500 + body)


def test_members_that_the_directory_leaves_out():
    hidden, shown = zipped(("h.txt", "hidden words")), zipped(("s.txt", "shown words"))
    local = hidden[: hidden.index(b"PK\1\2")]
    assert said(local + shown).keys() == {"2/h.txt", "2/s.txt"}


def test_a_zip_cut_off_is_read_as_far_as_it_goes():
    body = zipped(("a.txt", "early words"), ("b.bin", random.Random(1).randbytes(5000)))
    cut = body[: len(body) // 2]
    assert "early words" in everything(cut)
    assert ("2", "corrupt") in reasons(cut)


@pytest.mark.parametrize("field", [14, 18, 22])
def test_declared_sizes_and_checksums_are_not_believed(field):
    body = bytearray(zipped(("a.txt", "all of these words " * 50)))
    body[field : field + 4] = b"\1\0\0\0"
    at = body.index(b"PK\1\2") + field + 2
    body[at : at + 4] = b"\1\0\0\0"
    assert everything(bytes(body)).count("all of these words") == 50


def locked_zip() -> bytes:
    body = bytearray(zipped(("pay.txt", "secret")))
    body[6] |= 1
    body[body.index(b"PK\1\2") + 8] |= 1
    return bytes(body)


def test_encrypted_members():
    assert reasons(locked_zip()) == {("2/pay.txt", "encrypted")}
    manifest = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    locked = zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", b"\x93\x01\x02"),
                    ("META-INF/manifest.xml", manifest))  # fmt: skip
    assert reasons(locked) == {("2", "encrypted")}


def der(tag: int, *content: bytes) -> bytes:
    """An ASN.1 element, of definite length."""
    body = b"".join(content)
    size = len(body).to_bytes(2, "big")
    return bytes([tag, 0x82]) + size + body


def ber(tag: int, *content: bytes) -> bytes:
    """The same, of a length that only its end tells."""
    return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"


@pytest.mark.parametrize("form", [der, ber])
def test_a_message_that_is_only_signed_is_read(form):
    data, signed, sealed = (bytes.fromhex(f"06092a864886f70d01070{kind}") for kind in (1, 2, 3))
    letter = b"Content-Type: text/plain\r\n\r\nsigned words\r\n"
    octets = form(0x24, der(4, letter[:20]), der(4, letter[20:])) if form is ber else der(4, letter)
    inner = form(0x30, b"\2\1\1", b"\x31\0", form(0x30, data, form(0xA0, octets)), b"\x31\0")
    assert "signed words" in everything(form(0x30, signed, form(0xA0, inner)))
    assert not everything(form(0x30, signed, form(0xA0, form(0x30, b"\2\1\1", b"\x31\0", form(0x30, data)))))
    assert reasons(form(0x30, sealed, form(0xA0, inner)), "smime.p7m") == {("2", "encrypted")}


def nested(levels: int) -> bytes:
    body = zipped(("t.txt", "innermost"))
    for _ in range(levels - 1):
        body = zipped(("n.zip", body))
    return body


def test_three_archives_deep_and_no_more():
    assert "innermost" in everything(nested(3))
    assert not reasons(nested(3))
    assert "innermost" not in everything(nested(4))
    assert reasons(nested(4)) == {("2/n.zip/n.zip/n.zip", "too-deep")}


def test_documents_in_documents_come_to_an_end():
    body = docx(runs("inner"))
    for _ in range(12):
        body = docx(runs("x"), ("word/embeddings/a.docx", body))
    assert {reason for _, reason in reasons(body)} == {"too-deep"}


def test_a_gzip_of_itself_comes_to_an_end():
    body = b"x"
    for _ in range(40):
        body = gzip.compress(body)
    assert {reason for _, reason in reasons(body)} == {"too-deep"}


def test_bombs():
    zeros = zipped(("0", b"\0" * 150_000_000))
    assert ("2", "too-large") in reasons(zeros)
    assert ("2", "too-large") in reasons(gzip.compress(b"\0" * 150_000_000))
    # One stream, many entries that share it.
    once = zipped(("0", b"\0" * 5_000_000))
    start, end = once.index(b"PK\1\2"), once.index(b"PK\5\6")
    entries = once[start:end] * 900
    tail = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 900, 900, len(entries), start, 0)
    assert ("2", "too-large") in reasons(once[:start] + entries + tail)


def test_a_million_empty_entries():
    entry = struct.pack("<4s4xHH8xLLHHH8xL", b"PK\1\2", 0, 0, 0, 0, 1, 0, 0, 0) + b"a"
    local = struct.pack("<4s2xHH8xLLHH", b"PK\3\4", 0, 0, 0, 0, 1, 0) + b"a"
    directory = entry * 1_000_000
    tail = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 65535, 65535, len(directory), len(local), 0)
    assert ("2", "too-many") in reasons(local + directory + tail)
    assert ("2", "too-many") in reasons(local + directory + tail + TYPES[0].encode())


def test_xml_bombs_and_foreign_entities_expand_to_nothing():
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><w:d><w:p><w:t>&b; &x;</w:t></w:p></w:d>'
    outside = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:d><w:p><w:t>&x; kept</w:t></w:p></w:d>'
    body = zipped(TYPES, ("word/a.xml", laughs), ("word/b.xml", outside))
    assert "root:" not in everything(body)
    assert "kept" in everything(body)


def test_names_of_members():
    long = "n" * 5000
    texts = said(zipped((f"{long}.txt", "x"), ("../../etc/cron", "y"), ("a\nb\0c.txt", "z"), ("123-45-6789.txt", "")))
    assert all(len(path) < 250 and path.isprintable() for path in texts)
    assert long in texts[f"2/{'n' * 200}"]
    assert texts["2/123-45-6789.txt"] == "123-45-6789.txt"


def test_word_joins_runs_and_breaks_paragraphs():
    comment = f'<w:comment w:author="Ann">{runs("a comment")}</w:comment>'
    comments = ("word/comments.xml", f"<w:comments>{comment}</w:comments>")
    relations = ("word/_rels/document.xml.rels",
                 '<Relationship Id="1" TargetMode="External" Target="https://x.example/?a=1&amp;b=2"/>')  # fmt: skip
    properties = ("docProps/core.xml", "<cp:c><dc:title>The title</dc:title><dc:creator>Ann</dc:creator></cp:c>")
    texts = said(docx(runs("123-45", "-6789") + runs("next"), comments, relations, properties))
    assert texts["2/word/document.xml"] == "123-45-6789\nnext"
    assert texts["2/word/comments.xml"] == "a comment\nAnn"
    assert texts["2/word/_rels/document.xml.rels"] == "https://x.example/?a=1&b=2"
    assert "The title\nAnn" in texts["2/docProps/core.xml"]


def test_links_of_a_document_are_found_amid_any_noise():
    """Also beside an unfinished one as long as a file may be, which takes no longer than its length."""
    link = '<r:Relationship Target="https://x.example/?a>1" TargetMode="External"/>'
    relations = f"<Relationships>{link}<Relationship {'External ' * 200_000}{link}<Relationship Target='inside'/>"
    texts = said(docx(runs("x"), ("word/_rels/document.xml.rels", relations)))
    assert texts["2/word/_rels/document.xml.rels"] == "https://x.example/?a>1\nhttps://x.example/?a>1"


def test_word_before_and_after_tracked_changes():
    change = (
        "<w:p><w:r><w:t>512-43-</w:t></w:r><w:del w:id='1'><w:r><w:delText>8870</w:delText></w:r></w:del>"
        "<w:ins w:id='2'><w:r><w:t>0000</w:t></w:r></w:ins></w:p>"
    )
    text = said(docx(change))["2/word/document.xml"]
    assert "512-43-0000" in text
    assert "512-43-8870" in text


def test_word_text_boxes_and_field_codes_do_not_tear_text():
    box = f"<w:r><w:pict><w:txbxContent>{runs('in the box')}</w:txbxContent></w:pict></w:r>"
    code = '<w:r><w:instrText>HYPERLINK "https://x.example"</w:instrText></w:r>'
    drawing = "<w:drawing><wp:positionH><wp:posOffset>914400</wp:posOffset></wp:positionH></w:drawing>"
    text = said(docx(f"<w:p><w:r><w:t>512-43</w:t></w:r>{box}{code}{drawing}<w:r><w:t>-8870</w:t></w:r></w:p>"))
    assert "512-43-8870" in text["2/word/document.xml"]
    assert "in the box" in text["2/word/document.xml"]
    assert "https://x.example" in text["2/word/document.xml"]


def test_a_word_table_has_a_line_a_row():
    def row(*cells):
        return "<w:tr>" + "".join(f"<w:tc>{runs(cell)}</w:tc>" for cell in cells) + "</w:tr>"

    table = f"<w:tbl>{row('Name', 'SSN')}{row('Ann', '512-43-8870')}</w:tbl>"
    assert said(docx(table + runs("End")))["2/word/document.xml"] == "Name\tSSN\nAnn\t512-43-8870\nEnd"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-15"])
def test_xml_in_other_encodings(encoding):
    xml = f'<?xml version="1.0" encoding="{encoding}"?><w:d><w:p><w:t>Größe €</w:t></w:p></w:d>'
    assert "Größe €" in everything(zipped(TYPES, ("word/document.xml", xml.encode(encoding))))


def test_cells_are_shown_as_their_format_says():
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" s="1"><v>512438870</v></c></row>'
        '<row r="2"><c r="A2" t="str"><f>"x"&amp;"y"</f><v>x&amp;y</v></c><c r="B2" s="2"><v>1599.99</v></c>'
        '<c r="C2" s="3"><v>43363</v></c><c r="D2"><v>4.111111111111111E15</v></c></row>'
    )
    texts = "<si><r><t>Pay </t></r><r><t>&amp;</t></r></si><si><t>b</t></si>"
    body = xlsx(rows, "000\\-00\\-0000|#,##0.00|yyyy\\-mm\\-dd", texts)
    assert said(body)["2/xl/worksheets/sheet1.xml"].splitlines()[:2] == [
        "Pay &\t\t512-43-8870",
        "x&y\t1,599.99\t2018-09-20\t4111111111111111",
    ]


def test_sheets_in_unusual_forms():
    rows = (
        "<x:row><x:c r='A1' t='inlineStr'><x:is><x:r><x:t>in</x:t></x:r><x:r><x:t>line</x:t></x:r></x:is></x:c>"
        "<x:c s='1'><x:f>1+1</x:f><x:v>512438870</x:v></x:c></x:row>"
    )
    body = xlsx(rows, "000-00-0000", more="<headerFooter><oddHeader>On top</oddHeader></headerFooter>")
    text = said(body)["2/xl/worksheets/sheet1.xml"]
    assert "inline" in text
    assert "512-43-8870" in text
    assert "On top" in text


def record(number: int, body: bytes = b"") -> bytes:
    head = bytes([number & 0x7F | 0x80, number >> 7]) if number > 127 else bytes([number])
    return head + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def test_binary_workbooks():
    def cell(number, column, value, style=0):
        return record(number, struct.pack("<II", column, style) + value)

    styles = record(278) + record(44, struct.pack("<H", 170) + wide("000-00-0000")) + record(617)
    styles += record(47, struct.pack("<HH", 0, 0)) + record(47, struct.pack("<HH", 0, 170)) + record(618)
    sheet = record(129) + record(0, b"\0" * 20) + cell(7, 0, struct.pack("<I", 1))
    sheet += cell(5, 2, struct.pack("<d", 512438870), 1)
    sheet += record(0, b"\0" * 20) + cell(6, 0, wide("inline")) + cell(2, 1, struct.pack("<I", 7 << 2 | 2))
    sheet += record(479, wide("&CAt the top"))
    texts = record(159) + record(19, b"\0" + wide("no")) + record(19, b"\0" + wide("Ann Roe"))
    parts = {"worksheets/sheet1.bin": sheet, "styles.bin": styles, "sharedStrings.bin": texts}
    body = zipped(TYPES, *((f"xl/{name}", part) for name, part in parts.items()))
    found = said(body)
    assert found["2/xl/worksheets/sheet1.bin"] == "Ann Roe\t\t512-43-8870\ninline\t7\n&CAt the top"
    assert "Ann Roe" in found["2/xl/sharedStrings.bin"]
    assert not reasons(body)


def test_comments_of_a_sheet():
    runs = "<r><rPr><b/><sz val='9'/></rPr><t>512-43</t></r><r><t>-8870</t></r>"
    comments = f"<comment ref='A1'><text>{runs}</text></comment><comment><text><t>b</t></text></comment>"
    comments = f"<comments><authors><author>Ann</author></authors><commentList>{comments}</commentList></comments>"
    text = said(xlsx("", "", "", "", ("xl/comments1.xml", comments)))["2/xl/comments1.xml"]
    assert text.split() == ["Ann", "512-43-8870", "b"]


def test_slides_notes_and_alternative_texts():
    text = "<a:p><a:r><a:t>Sli</a:t></a:r><a:r><a:t>de</a:t></a:r></a:p>"
    slide = f'<p:sld><p:sp><p:cNvPr descr="A chart of pay"/>{text}</p:sp></p:sld>'
    notes = "<p:notes><a:p><a:r><a:t>Say this</a:t></a:r></a:p></p:notes>"
    texts = said(zipped(TYPES, ("ppt/slides/slide1.xml", slide), ("ppt/notesSlides/n1.xml", notes)))
    assert texts["2/ppt/slides/slide1.xml"] == "Slide\nA chart of pay"
    assert texts["2/ppt/notesSlides/n1.xml"] == "Say this"


def test_files_in_documents_are_entered():
    body = docx(runs("outer"), ("word/embeddings/b.xlsx", xlsx('<row><c r="A1"><v>77</v></c></row>')),
                ("word/media/image1.png", b"\x89PNG\r\n\x1a\n\0\0"),
                ("xl/printerSettings1.bin", b"\0\1LaserJet\0\2"))  # fmt: skip
    assert said(body)["2/word/embeddings/b.xlsx/xl/worksheets/sheet1.xml"] == "77"
    assert not reasons(body)


def test_open_document():
    content = (
        "<office:text><text:p>512-<text:span>43</text:span>-8870<office:annotation><text:p>aside</text:p>"
        "</office:annotation> on</text:p><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell><table:table-cell/></table:table-row>"
        "<table:table-row><table:table-cell><text:p>c</text:p></table:table-cell></table:table-row>"
        '<table:table-cell office:value="4711"/></office:text>'
    )
    styles = "<style:footer><text:p>At the foot</text:p></style:footer>"
    body = zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content),
                  ("styles.xml", styles), ("META-INF/manifest.xml", "<m/>"), ("layout-cache", b"\0\1\2"))  # fmt: skip
    texts = said(body)
    assert "512-43-8870 on\na\tb\t\nc" in texts["2/content.xml"]
    assert "aside" in texts["2/content.xml"]
    assert "4711" in texts["2/content.xml"]
    assert texts["2/styles.xml"] == "At the foot"
    assert not reasons(body)


def test_media_say_nothing_and_unknown_files_say_so():
    photo = b"\xff\xd8\xff\xda\0\2" + b"x" * 5000 + b"\xff\xd9"
    assert not walked(photo, "photo.jpg", "image/jpeg")
    assert not walked(photo, "photo", "application/octet-stream")
    assert reasons(b"\0\1\2 plain words \0", "x.bin") == {("2", "unsupported")}
    assert "plain words" in everything(b"\0\1\2 plain words \0")


def odd_docx() -> bytes:
    return docx(runs("some words", "more"), ("word/media/a.bin", b"\0\1"))


def small_xlsx() -> bytes:
    return xlsx('<row><c r="A1"><v>1</v></c></row>')


@pytest.mark.parametrize("make", [odd_docx, small_xlsx, lambda: nested(3), locked_zip])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_mutated_files_raise_nothing(make, pack):
    body = pack(make())
    chance = random.Random(7)
    for _ in range(25):
        broken = bytearray(body)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        broken = broken[: chance.randint(1, len(broken))] if chance.random() < 0.3 else broken
        for entry in walked(bytes(broken)):
            assert entry.kind != "unread" or entry.octets.decode() in REASONS


def test_a_budget_counts_what_is_unpacked():
    budget = Budget(1000)
    budget.take(found.RATIO_FROM)
    with pytest.raises(Exceeded, match="too-large"):
        budget.take(1)


def test_a_directory_of_more_than_fits_in_a_zip():
    """ZIP64: sizes and place of the directory in records of eight octets."""
    body = zipped(("a.txt", "far away"))
    start, end = body.index(b"PK\1\2"), body.index(b"PK\5\6")
    large = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, end - start, start)
    place = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    tail = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    whole = body[:end] + large + place + tail
    assert [member.name for member in zip_module.members(whole)] == ["a.txt"]
    assert "far away" in everything(whole)
