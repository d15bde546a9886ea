"""Small archives and office documents, made by code."""

import io
import zipfile

TYPES = ("[Content_Types].xml", "<Types/>")


def zipped(*files, method=zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of `(name, content)` pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def runs(*texts: str) -> str:
    """A Word paragraph of these runs."""
    return "<w:p>" + "".join(f"<w:r><w:rPr><w:b/></w:rPr><w:t>{text}</w:t></w:r>" for text in texts) + "</w:p>"


def docx(document: str, *others) -> bytes:
    """A Word document with this body, and further parts."""
    body = f'<?xml version="1.0"?><w:document xmlns:w="x"><w:body>{document}</w:body></w:document>'
    return zipped(TYPES, ("word/document.xml", body), *others)


def xlsx(rows: str, formats: str = "", texts: str = "", more: str = "", *others) -> bytes:
    """A workbook with one sheet of these rows; `formats` are codes between bars, style 1 and up."""
    codes = [code for code in formats.split("|") if code]
    declared = "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{code}"/>' for i, code in enumerate(codes))
    styles = "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(codes)))
    return zipped(
        TYPES,
        ("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{rows}</sheetData>{more}</worksheet>"),
        ("xl/sharedStrings.xml", f"<sst>{texts}</sst>"),
        ("xl/styles.xml", f'<styleSheet><numFmts>{declared}</numFmts><cellXfs><xf numFmtId="0"/>{styles}</cellXfs>'
                          "</styleSheet>"),
        *others,
    )  # fmt: skip
