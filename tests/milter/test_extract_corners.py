"""Where office files keep text that is neither in a paragraph nor in a cell."""

import gzip
import io
import tarfile
import zipfile

import pytest
from packages import TYPES, docx, xlsx, zipped

from sealgate_milter.extract import attributes
from sealgate_milter.extract.found import File
from sealgate_milter.extract.walk import walk


def everything(body: bytes, name: str = "f") -> str:
    return "\n".join(entry.octets.decode() for entry in walk(File(name, body), "2") if entry.kind == "text")


@pytest.mark.parametrize("cells", ["<sheetData/>", "<sheetData></sheetData>", '<sheetData><row><c r="A1"><v>7</v></c>'
                                   "</row></sheetData>", "<x:sheetData />"])  # fmt: skip
def test_a_sheet_without_cells_has_headers_and_lists(cells):
    around = ('<dataValidations><dataValidation prompt="Pick one"><formula1>"x,512-43-8870"</formula1></dataValidation>'
              "</dataValidations><headerFooter><oddHeader>&amp;COn top</oddHeader></headerFooter>")  # fmt: skip
    body = xlsx("", "", "", "", ("xl/worksheets/sheet2.xml", f"<worksheet>{cells}{around}</worksheet>"))
    text = everything(body)
    assert all(said in text for said in ("512-43-8870", "On top", "Pick one"))


@pytest.mark.parametrize("place", [
    '<w:r><w:drawing><wp:docPr id="1" name="SSN 512-43-8870"/></w:drawing></w:r>',
    '<w:fldSimple w:instr=" QUOTE &quot;512-43-8870&quot; "/>',
    '<w:ddList><w:listEntry w:val="SSN 512-43-8870"/></w:ddList>',
    '<w:tblPr><w:tblCaption w:val="512-43-8870"/></w:tblPr>',
    '<w:lvl><w:lvlText w:val="SSN 512-43-8870 %1"/></w:lvl>',
    '<w:customXmlPr><w:attr w:name="ssn" w:val="512-43-8870"/></w:customXmlPr>',
    "".join(f'<w:r><w:sym w:font="Arial" w:char="{ord(sign):04X}"/></w:r>' for sign in "512-43-8870"),
    "".join(f'<w:r><w:sym w:font="Symbol" w:char="F0{ord(sign):02x}"/></w:r>' for sign in "512-43-8870"),
    '<pivotCacheRecords><r><s v="512-43-8870"/></r></pivotCacheRecords>',
    '<cmAuthor name="512-43-8870" initials="x"/>', "<a:buChar char='512-43-8870'/>",
    '<scenario><inputCells r="A1" val="512-43-8870"/></scenario>',
    '<text:list-level-style-number style:num-prefix="512-43-8870"/>', '<form:text form:current-value="512-43-8870"/>',
    '<table:content-validation table:condition="cell-content-is-in-list(&quot;512-43-8870&quot;)"/>',
])  # fmt: skip
def test_numbers_in_attributes(place):
    assert "512-43-8870" in everything(docx(f"<w:p>{place}</w:p>"))


def test_variables_have_their_names():
    assert "SSN: 512438870" in everything(docx('<w:docVars><w:docVar w:name="SSN" w:val="512438870"/></w:docVars>'))


def test_passwords_and_cards_in_attributes():
    connection = '<dbPr connection="Provider=x;User=sa;Password=Hunter2!x" other="4111111111111111"/>'
    said = attributes.values(connection.encode()).split()
    assert said == ["Provider=x;User=sa;Password=Hunter2!x", "4111111111111111"]


@pytest.mark.parametrize("value", [
    "00A77B3E00123456", "{28A0092B-C50C-407E-A947-70E740481C1C}", "251659264", "-1234567890", "2024-05-06T07:08:09Z",
    "0 0 21600 21600", "position:absolute;margin-left:0;z-index:251659264", "0.593055555556",
    "M 123 45 6789 L 512 43 8870 L 512 43 8870", "http://schemas.microsoft.com/office/2004/123456789/", "16.0300",
])  # fmt: skip
def test_what_programs_put_into_attributes_is_nothing(value):
    assert attributes.values(f'<w:x w:y="{value}"/>'.encode()) == ""


def test_records_of_somebodys_own_making_have_their_names():
    record = '<?xml version="1.0"?><staff><person ssn="512438870"/></staff>'
    assert "ssn: 512438870" in everything(zipped(TYPES, ("customXml/item1.xml", record)))
    assert "ssn: 512438870" in everything(record.encode())


@pytest.mark.parametrize(("heading", "cell", "said"), [
    ("SSN", '<c r="A2"><v>12345678</v></c>', "012345678"),
    ("Social Security No.", '<c r="A2"><v>1234567</v></c>', "001234567"),
    ("SSN", '<c r="A2" s="1"><v>512438870</v></c>', "512438870"), ("Pay", '<c r="A2"><v>12345678</v></c>', "12345678"),
    ("SSN", '<c r="B2"><v>12345678</v></c>', "12345678"),
])  # fmt: skip
def test_lost_zeros_below_a_heading(heading, cell, said):
    rows = f'<row><c r="A1" t="str"><v>{heading}</v></c></row><row>{cell}</row>'
    assert said in everything(xlsx(rows, "#,##0")).split()


def test_a_lost_zero_beside_a_label():
    rows = '<row><c r="A1" t="str"><v>SSN</v></c><c r="B1"><v>12345678</v></c><c r="C1"><v>12345678</v></c></row>'
    assert "SSN\t012345678\t12345678" in everything(xlsx(rows)).splitlines()


def opened(content: str) -> str:
    manifest = ("META-INF/manifest.xml", "<manifest/>")
    return everything(zipped(("mimetype", "x"), manifest, ("content.xml", f"<?xml version='1.0'?><o>{content}</o>")))


@pytest.mark.parametrize(("cell", "said"), [
    ('office:value="512438870"/>', "SSN\t512438870"),
    ('office:value-type="float" office:value="512438870"><text:p>5.12E+08</text:p></table:table-cell>',
     "SSN\t5.12E+08 512438870"),
    ('office:value="512438870"><text:p>512-43-8870</text:p></table:table-cell>', "SSN\t512-43-8870"),
    ('office:value="5.1243887E8"><text:p><text:s/></text:p></table:table-cell>', "512438870"),
    ('office:value="1.2.3.4.5"/>', "1.2.3.4.5"),
])  # fmt: skip
def test_values_of_cells_that_show_less(cell, said):
    row = f"<table:table-row><table:table-cell><text:p>SSN</text:p></table:table-cell><table:table-cell {cell}"
    assert said in opened(row + "</table:table-row>")


@pytest.mark.parametrize("source", [
    rb"{\shp{\sp{\sn wzDescription}{\sv 512-43-8870}}}", rb"{\sp{\sn gtextUNICODE}{\sv 512-43-8870}}",
])  # fmt: skip
def test_shapes_that_say_numbers(source):
    assert "512-43-8870" in everything(rb"{\rtf1 " + source + rb"{\sp{\sn dxTextLeft}{\sv 91440}}}")
    assert "91440" not in everything(rb"{\rtf1 " + source + rb"{\sp{\sn dxTextLeft}{\sv 91440}}}")


def test_rtf_behind_a_byte_order_mark():
    assert "512-43-8870" in everything(b"\xef\xbb\xbf{\\rtf1 51\\b 2-43-8870}")


def test_comments_of_archives():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = b"SSN 512-43-8870"
        member = zipfile.ZipInfo("a.txt")
        member.comment = b"SSN 512-43-8871"
        archive.writestr(member, "x")
    text = everything(out.getvalue())
    assert "512-43-8870" in text
    assert "512-43-8871" in text
    document = bytearray(docx("<w:p/>"))
    document[-2:] = b"\x0b\0"
    assert "512-43-8872" in everything(bytes(document) + b"512-43-8872")


def test_comment_of_gzip():
    packed = gzip.compress(b"x")
    assert "512-43-8870" in everything(packed[:3] + b"\x18" + packed[4:10] + b"name\0SSN 512-43-8870\0" + packed[10:])


def test_what_a_tar_says_beside_its_files():
    out = io.BytesIO()
    globally = {"comment": "512-43-8870"}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers=globally) as archive:
        link = tarfile.TarInfo("link 512-43-8871")
        link.type, link.linkname, link.pax_headers = tarfile.SYMTYPE, "512-43-8872", {"comment": "512-43-8873"}
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("a.txt"))
    text = everything(out.getvalue())
    for number in ("512-43-8870", "512-43-8871", "512-43-8872", "512-43-8873"):
        assert number in text, number
