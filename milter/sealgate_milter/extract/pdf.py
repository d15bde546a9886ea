"""PDF: the text of pages, what annotations, fields and bookmarks say, embedded files, and strings nobody shows.

PDFium reads what a reader's program would show, also of a file that opens without a password. Besides, all strings of
the file's objects are read where they are not encrypted: alternative texts, scripts, and what an earlier revision said.
"""

import re
import time
from collections.abc import Iterator

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
        for found in _document(document, budget):
            if isinstance(found, File):
                files.append(found.body)
            elif isinstance(found, Passage):
                said.update(found.text.split("\n"))
            yield found
        # Of an encrypted file that opens without a password the strings are not plain.
        if pdfium.FPDF_GetSecurityHandlerRevision(document) < 0:
            yield from pdf_strings.texts(body, said, files, budget)
    except pypdfium2.PdfiumError:
        yield Unread("corrupt")
    finally:
        document.close()


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
    written = scanned = False
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
        scanned |= pictured
    if scanned and not written:
        # Pictures of paper, and nobody has read them yet.
        yield Unread("unsupported")


def _page(document: pypdfium2.PdfDocument, index: int, place: str, budget: Budget) -> tuple[list[Found], str, bool]:
    """Return what stands beside a page's text, that text, and whether there are pictures in its stead."""
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
        return found, text, not text and _has_pictures(page)
    finally:
        page.close()


def _has_pictures(page: pypdfium2.PdfPage) -> bool:
    count = min(pdfium.FPDFPage_CountObjects(page), MAX_OBJECTS)
    kinds = {pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index)) for index in range(count)}
    return not kinds.isdisjoint((pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM))


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
