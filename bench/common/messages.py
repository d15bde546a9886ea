"""Messages and documents to measure with, made from a seed: the same in every run, and no two in a run alike."""

import base64
import io
import random
import zipfile
import zlib
from functools import cache

_TEXT = """\
the meeting is on monday at 10:30 please call 555-010-4477 before order 8812733 leaves for Berlin thanks a lot we will
send the report of 12 March with 3 tables and invoice 2024-0031 over 1,250.00 EUR as agreed with Anna about contract
delivery budget quarterly figures team project schedule question answer attached see below kind regards"""
WORDS = _TEXT.split()
SECRETS = ("SSN 536-90-4399", "card 4111 1111 1111 1111", "IBAN DE89 3704 0044 0532 0130 00")


def words(choice: random.Random, count: int) -> str:
    return " ".join(choice.choices(WORDS, k=count))


def prose(choice: random.Random, size: int) -> str:
    lines: list[str] = []
    length = 0
    while length < size:
        lines.append(words(choice, 12))
        length += len(lines[-1]) + 2
    return "\r\n".join(lines)


def head(choice: random.Random, kind: str) -> bytes:
    date = f"Mon, 23 Nov 2026 10:{choice.randrange(60):02}:00 +0000"
    return (
        f"From: Ann Author <ann@corp.example>\r\nTo: Bob <bob@outside.example>\r\nSubject: {words(choice, 4)}\r\n"
        f"Date: {date}\r\nMessage-ID: <{choice.getrandbits(64):x}@corp.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: {kind}\r\n\r\n"
    ).encode()


def text(seed: int, size: int = 5000, secret: str = "") -> bytes:
    """Return a plain message of about this size."""
    choice = random.Random(seed)
    body = prose(choice, size - 250)
    return head(choice, "text/plain; charset=utf-8") + f"{body}\r\n{secret}\r\n".encode()


def page(choice: random.Random, size: int) -> str:
    """Return HTML as newsletters and office programs write it: tables, styles, links, pictures."""
    rows = ["<html><head><title>News</title><style>body{margin:0} .a{color:#333}</style></head><body><table>"]
    length = 0
    while length < size:
        link = f"https://click.example/c/{choice.getrandbits(64):x}/{choice.getrandbits(64):x}"
        rows.append(
            f'<tr><td style="padding:10px 20px;font-family:Arial,sans-serif;color:#333333" valign="top">'
            f'<a href="{link}" target="_blank" style="color:#0055aa">'
            f'<img src="https://img.example/{choice.getrandbits(40):x}.png" alt="{words(choice, 3)}"></a></td>'
            '\r\n<td style="font-size:14px" class="col"><strong>'
            f"{words(choice, 5)}</strong><br>{words(choice, 25)} &amp; {words(choice, 8)}&nbsp;"
            f'<span style="color:#999999">{words(choice, 6)}</span></td></tr>\r\n'
        )
        length += len(rows[-1])
    return "".join(rows) + "</table></body></html>"


def multipart(seed: int, size: int = 54_000) -> bytes:
    """Return a message of plain text and the same as HTML, of about this size together."""
    choice = random.Random(seed)
    plain, html = prose(choice, size // 8), page(choice, size * 7 // 8 - 500)
    return (
        head(choice, 'multipart/alternative; boundary="b-1"')
        + f"--b-1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n".encode()
        + f"--b-1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b-1--\r\n".encode()
    )


def attached(name: str, body: bytes, kind: str = "application/octet-stream") -> bytes:
    """Return a short message with this file."""
    choice = random.Random(name)
    return (
        head(choice, 'multipart/mixed; boundary="b-2"')
        + f"--b-2\r\nContent-Type: text/plain\r\n\r\n{words(choice, 40)}\r\n--b-2\r\nContent-Type: {kind}\r\n".encode()
        + f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'.encode()
        + base64.encodebytes(body).replace(b"\n", b"\r\n")
        + b"--b-2--\r\n"
    )


@cache
def pdf(pages: int, padding: int = 0) -> bytes:
    """Return a PDF of full pages; `padding` octets of incompressible stream make it as large as one with pictures."""
    choice = random.Random(pages)
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for _ in range(pages):
        lines = " ".join(f"({words(choice, 11)}) Tj T*" for _ in range(45))
        stream = zlib.compress(f"BT /F1 10 Tf 12 TL 50 780 Td {lines} ET".encode())
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream))
        resources = b"/Resources<</Font<</F1 3 0 R>>>>"
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R%s>>"
        objects.append(page % (len(objects), resources))
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Count {pages}/Kids[{' '.join(kids)}]>>".encode()
    if padding:
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (padding, choice.randbytes(padding)))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out) + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def _zip(files: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{}</Relationships>"
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROOT = _RELATIONS.format(f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="{{}}"/>')


@cache
def docx(characters: int) -> bytes:
    """Return a Word document with so many characters of text."""
    choice = random.Random(characters)
    paragraphs, length = [], 0
    while length < characters:
        said = words(choice, 40)
        length += len(said)
        paragraphs.append(f"<w:p><w:r><w:t>{said}</w:t></w:r></w:p>")
    body = "".join(paragraphs)
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _zip({
        "[Content_Types].xml": _TYPES.format(f'<Override PartName="/word/document.xml" ContentType="{kind}"/>'),
        "_rels/.rels": _ROOT.format("word/document.xml"),
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
    })  # fmt: skip


@cache
def xlsx(cells: int) -> bytes:
    """Return a workbook of one sheet with so many cells, half of them numbers, half of them text."""
    choice = random.Random(cells)
    shared = [words(choice, 3) for _ in range(2000)]
    rows = []
    for row in range(1, cells // 10 + 1):
        numbers = "".join(f'<c r="{letter}{row}"><v>{choice.randrange(10**6) / 100}</v></c>' for letter in "ABCDE")
        texts = "".join(f'<c r="{letter}{row}" t="s"><v>{choice.randrange(2000)}</v></c>' for letter in "FGHIJ")
        rows.append(f'<row r="{row}">{numbers}{texts}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    items = "".join(f"<si><t>{one}</t></si>" for one in shared)
    return _zip({
        "[Content_Types].xml": _TYPES.format(
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        ),
        "_rels/.rels": _ROOT.format("xl/workbook.xml"),
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Figures" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(
            f'<Relationship Id="s" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="t" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        ),
        "xl/sharedStrings.xml": f'<?xml version="1.0"?><sst xmlns="{main}">{items}</sst>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{"".join(rows)}'
        "</sheetData></worksheet>",
    })  # fmt: skip
