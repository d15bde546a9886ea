"""What stands on the pages of a PDF beside their own text: comments, fields, links, attached files."""

from collections.abc import Callable, Iterator
from ctypes import byref, c_char, c_ulong, c_ushort, create_string_buffer

import pypdfium2
from pypdfium2 import raw as pdfium

from sealgate_milter.extract.found import Budget, File, Found, Passage, Unread

MAX_ANNOTATIONS = 20_000
"""Annotations of one page that are read."""
_TEXTS = (b"Contents", b"T", b"Subj", b"RC", b"V", b"DV", b"TU", b"OverlayText")
MAX_TEXT = 10_000_000


def wide(call: Callable[..., int], *arguments: object) -> str:
    """Return the UTF-16 text that a function of PDFium writes into a buffer."""
    size = call(*arguments, None, 0)
    if not 2 < size <= MAX_TEXT:
        return ""
    buffer = (c_ushort * ((size + 1) // 2))()
    call(*arguments, buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "replace")


def size_of(call: Callable[..., int], *arguments: object) -> int:
    """Return how many octets a function of PDFium would write."""
    size = c_ulong()
    call(*arguments, None, 0, byref(size))
    return size.value


def content(call: Callable[..., int], size: int, *arguments: object) -> bytes:
    """Return the `size` octets that a function of PDFium writes."""
    buffer = (c_char * size)()
    call(*arguments, buffer, size, byref(c_ulong()))
    return buffer.raw


def attached(attachment: object, budget: Budget) -> Iterator[Found]:
    """Yield the embedded file that PDFium knows as `attachment`."""
    if not attachment:
        return
    name = wide(pdfium.FPDFAttachment_GetName, attachment)
    yield wide(pdfium.FPDFAttachment_GetDescription, attachment)
    size = size_of(pdfium.FPDFAttachment_GetFile, attachment)
    budget.enclose(size)
    if size:
        yield File(name, content(pdfium.FPDFAttachment_GetFile, size, attachment))
    else:
        yield Unread("corrupt", name)


def read(page: pypdfium2.PdfPage, place: str, budget: Budget) -> tuple[list[Found], bool]:
    """Return what the annotations of `page` say with the files attached by them, and whether they draw something."""
    found: list[Found] = []
    lines: list[str] = []
    draws = False
    form = page.formenv.raw if page.formenv else None
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        lines += filter(None, _said(annotation, form, page))
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        # Few links look like anything, and a page that nothing is drawn into is read as it is.
        draws |= kind not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP) or (
            pdfium.FPDFAnnot_HasKey(annotation, b"AP") and kind == pdfium.FPDF_ANNOT_LINK
        )
        if kind == pdfium.FPDF_ANNOT_FILEATTACHMENT:
            found += attached(pdfium.FPDFAnnot_GetFileAttachment(annotation), budget)
        pdfium.FPDFPage_CloseAnnot(annotation)
    found.append(Passage(f"{place} annotations", "\n".join(dict.fromkeys(lines))))
    return found, draws


def _said(annotation: object, form: object, page: pypdfium2.PdfPage) -> Iterator[str]:
    for key in _TEXTS:
        yield wide(pdfium.FPDFAnnot_GetStringValue, annotation, key)
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if kind == pdfium.FPDF_ANNOT_LINK:
        action = pdfium.FPDFLink_GetAction(pdfium.FPDFAnnot_GetLink(annotation))
        size = pdfium.FPDFAction_GetURIPath(page.pdf, action, None, 0) if action else 0
        if 1 < size < MAX_TEXT:
            buffer = create_string_buffer(size)
            pdfium.FPDFAction_GetURIPath(page.pdf, action, buffer, size)
            yield buffer.value.decode("utf-8", "replace")
    elif kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
        yield wide(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
        yield wide(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
        for index in range(min(1000, pdfium.FPDFAnnot_GetOptionCount(form, annotation))):
            yield wide(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, index)
