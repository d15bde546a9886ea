"""Where office files keep text that is neither in a paragraph nor in a cell."""

import pytest
from packages import xlsx

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
