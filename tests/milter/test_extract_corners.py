"""Where office files keep text that is neither in a paragraph nor in a cell."""

import pytest
from packages import TYPES, docx, xlsx, zipped

from sealgate_milter.extract import attributes
from sealgate_milter.extract.found import File
from sealgate_milter.extract.walk import walk


def everything(body: bytes, name: str = "f") -> str:
    return "\n".join(entry.octets.decode() for entry in walk(File(name, body), "2") if entry.kind != "unread")


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
