"""PDF: the text of pages, what annotations, fields and bookmarks say, embedded files, and strings nobody shows.

PDFium reads what a reader's program would show, also of a file that opens without a password. Besides, all strings of
the file's objects are read: alternative texts, scripts, and what an earlier revision said. Of an encrypted file that
opens without a password they are read from a copy that PDFium decrypts.
"""

import io
import re
import time
from collections.abc import Iterator
from ctypes import c_float

import pypdfium2
from pypdfium2 import raw as pdfium

from sealgate_milter.extract import pdf_annotations, pdf_strings
from sealgate_milter.extract.found import Budget, File, Found, Passage, Unread
from sealgate_milter.extract.pdf_annotations import wide

MAX_SECONDS = 3.5
"""Seconds for the pages of one file; the rest is `timeout`, and what was read till then counts."""
_SPACED = re.compile(r"(?<!\S)(?>(?:\S ){7,})(?:\S(?!\S))?")
_GAP = re.compile(r"(?<=[^\W\d]) (?=[^\W\d])|(?<=[\d./-]) (?=[\d./-])")
MAX_BOOKMARKS = 10_000
MAX_OBJECTS = 100
"""Objects of a page without text among which a picture is looked for."""
MAX_INNER = 20
"""Objects within such an object."""
LITTLE_TEXT = 100
"""A page with fewer characters than these may be a scan with a number or a stamp put on it, …"""
COVERED = 0.6
"""… when pictures cover more of it than this."""
_FIELDS = (b"Title", b"Author", b"Subject", b"Keywords", b"Creator")


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield what a PDF says, page by page, and the files in it."""
    body = body[max(0, body[:1024].find(b"%PDF-")) :]
    said: set[str] = set()
    files: list[bytes] = []
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            yield Unread("encrypted")
            return
        yield Unread("corrupt")
        yield from pdf_strings.texts(body, said, files, budget)
        return
    try:
        # What annotations look like is going to be drawn into the pages, so the copy is made first.
        encrypted = pdfium.FPDF_GetSecurityHandlerRevision(document) >= 0
        strings = _decrypted(document, budget) if encrypted else body
        for found in _document(document, budget):
            if isinstance(found, File):
                files.append(found.body)
            elif isinstance(found, Passage):
                said.update(found.text.split("\n"))
            yield found
        yield from pdf_strings.texts(strings, said, files, budget)
    except pypdfium2.PdfiumError:
        yield Unread("corrupt")
    finally:
        document.close()


def _decrypted(document: pypdfium2.PdfDocument, budget: Budget) -> bytes:
    copy = io.BytesIO()
    document.save(copy, flags=pdfium.FPDF_REMOVE_SECURITY)
    budget.take(copy.tell())
    return copy.getvalue()


def _document(document: pypdfium2.PdfDocument, budget: Budget) -> Iterator[Found]:
    forms = pdfium.FPDF_GetFormType(document) != pdfium.FORMTYPE_NONE
    if forms:
        document.init_forms()
        yield from _packets(document, budget)
    said = [wide(pdfium.FPDF_GetMetaText, document, field) for field in _FIELDS]
    yield Passage("properties", "\n".join(filter(None, said)))
    yield Passage("bookmarks", "\n".join(filter(None, _bookmarks(document))))
    for index in range(pdfium.FPDFDoc_GetJavaScriptActionCount(document)):
        action = pdfium.FPDFDoc_GetJavaScriptAction(document, index)
        if action:
            yield Passage("script", wide(pdfium.FPDFJavaScriptAction_GetScript, action))
            pdfium.FPDFDoc_CloseJavaScriptAction(action)
    for index in range(pdfium.FPDFDoc_GetAttachmentCount(document)):
        yield from pdf_annotations.attached(pdfium.FPDFDoc_GetAttachment(document, index), budget)
    yield from _pages(document, budget)


def _packets(document: pypdfium2.PdfDocument, budget: Budget) -> Iterator[Found]:
    """Yield the parts of an XFA form: its data and its template are XML."""
    for index in range(max(0, pdfium.FPDF_GetXFAPacketCount(document))):
        size = pdf_annotations.size_of(pdfium.FPDF_GetXFAPacketContent, document, index)
        budget.enclose(size)
        packet = pdf_annotations.content(pdfium.FPDF_GetXFAPacketContent, size, document, index)
        yield File(f"form-{index}.xml", packet, "text/xml")


def _bookmarks(document: pypdfium2.PdfDocument) -> Iterator[str]:
    """Yield the titles of bookmarks; those of a hostile file may go round in circles."""
    waiting = [pdfium.FPDFBookmark_GetFirstChild(document, None)]
    for _ in range(MAX_BOOKMARKS):
        if not waiting:
            return
        bookmark = waiting.pop()
        if bookmark:
            yield wide(pdfium.FPDFBookmark_GetTitle, bookmark)
            waiting.append(pdfium.FPDFBookmark_GetNextSibling(document, bookmark))
            waiting.append(pdfium.FPDFBookmark_GetFirstChild(document, bookmark))


def _pages(document: pypdfium2.PdfDocument, budget: Budget) -> Iterator[Found]:
    end = time.monotonic() + MAX_SECONDS
    written = scanned = covered = False
    for index in range(len(document)):
        place = f"page {index + 1}"
        if time.monotonic() > end:
            yield Unread("timeout", place)
            return
        try:
            found, text, pictured = _page(document, index, place, budget)
        except pypdfium2.PdfiumError:
            yield Unread("corrupt", place)
            continue
        yield from found
        yield Passage(place, text)
        written |= bool(text)
        scanned |= pictured > 0
        covered |= pictured > COVERED
    if covered or (scanned and not written):
        # Pictures of paper, and nobody has read them yet.
        yield Unread("unsupported")


def _page(document: pypdfium2.PdfDocument, index: int, place: str, budget: Budget) -> tuple[list[Found], str, float]:
    """Return what stands beside a page's text, that text, and when it is little how much pictures cover."""
    page = document[index]
    found: list[Found] = []
    try:
        if pdfium.FPDFPage_GetAnnotCount(page) > 0:
            found, draws = pdf_annotations.read(page, place, budget)
            if draws:
                # What annotations and fields look like becomes part of the page, and of its text.
                pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
                page.close()
                page = document[index]
        letters = page.get_textpage()
        try:
            text = _mended(letters.get_text_range()).strip()
        finally:
            letters.close()
        return found, text, _pictured(page) if len(text) < LITTLE_TEXT else 0.0
    finally:
        page.close()


def _pictured(page: pypdfium2.PdfPage) -> float:
    """Return how much of a page its pictures cover, strips of one scan together: 1 is all of it, 0 there are none."""
    width, height = page.get_size()
    left, bottom, right, top = (c_float() for _ in range(4))
    covered = 0.0
    for index in range(min(pdfium.FPDFPage_CountObjects(page), MAX_OBJECTS)):
        thing = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(thing) not in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            continue
        covered += 1e-9
        if _is_picture(thing) and pdfium.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
            covered += max(0.0, right.value - left.value) * max(0.0, top.value - bottom.value)
    return float(covered / max(1.0, width * height))


def _is_picture(thing: object, depth: int = 3) -> bool:
    kind = pdfium.FPDFPageObj_GetType(thing)
    if kind != pdfium.FPDF_PAGEOBJ_FORM or not depth:
        return bool(kind == pdfium.FPDF_PAGEOBJ_IMAGE)
    count = min(pdfium.FPDFFormObj_CountObjects(thing), MAX_INNER)
    return any(_is_picture(pdfium.FPDFFormObj_GetObject(thing, index), depth - 1) for index in range(count))


def _mended(text: str) -> str:
    """Return `text` with hyphens at line ends undone where no digits meet, and spaced-out letters drawn together."""
    for mark in ("\ufffe", "\x02"):
        if mark in text:
            pieces = text.split(mark)
            text = pieces[0]
            for piece in pieces[1:]:
                joint = "-" if text[-1:].isdigit() and piece.lstrip()[:1].isdigit() else ""
                text += joint + piece
    return _SPACED.sub(lambda match: _GAP.sub("", match[0]), text.replace("\r\n", "\n"))
