"""The pages of a PDF, by PDFium, and what a reader of their text does not see.

The published letters are encrypted with an empty user password and carry a no-copy flag; PDFium opens them.
PDFium is not safe in threads and a hostile file may crash it: call this in a process that may be lost
(`imrdata.datasets.workers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imrdata.errors import LetterError
from imrdata.letters.found import Diagnostic
from imrdata.letters.text import streams

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MAX_PAGES = 400  # letters have 2 to 20 pages
_FAR = 1e6  # points: a box that holds every page

# PDFium's error codes that a reader can act upon; all other codes mean a damaged file.
_PASSWORD, _SECURITY = 4, 5
_WORDY_ANNOTATIONS = {  # by PDFium's number of their kind; links and highlights change no word
    1: "a note",
    3: "words",
    5: "a box",
    12: "struck-out words",
    13: "a stamp",
    14: "a caret",
    15: "ink",
    20: "a form's field",
    28: "a redaction",
}


def read_pdf(content: bytes) -> tuple[list[str], list[Diagnostic]]:
    """The text of each page, and what a reader of it should know.

    Args:
        content: The bytes of the file.

    Raises:
        LetterError: The file is damaged, needs a password, has too many pages, or holds no text; or words of it would
            be lost: a page is a scan, has text outside of what is shown, or is in layers that are switched off.
    """
    import pypdfium2 as pdfium  # noqa: PLC0415 - not needed for letters that are text already

    told: list[Diagnostic] = []
    try:
        with pdfium.PdfDocument(content) as document:
            if len(document) > MAX_PAGES:
                raise _refusal("too_many_pages", f"the PDF has {len(document)} pages; a letter has at most {MAX_PAGES}")
            _tell_attachments(document, told)
            pages = [_page_text(document[number], number + 1, told) for number in range(len(document))]
            if not any(page.strip() for page in pages):
                raise _refusal("no_text_layer", "the PDF has no text layer; a scanned letter needs OCR first")
            _refuse_scans(document, pages)
            streams.check(document)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (_PASSWORD, _SECURITY):
            raise _refusal("needs_password", "the PDF needs a password") from error
        raise _refusal("damaged_pdf", f"the PDF is damaged: {error}") from error
    return pages, told


def _page_text(page: PdfPage, number: int, told: list[Diagnostic]) -> str:
    """The words of a page, read upright whichever way it is shown."""
    from pypdfium2 import raw  # noqa: PLC0415

    try:
        if raw.FPDFPage_GetRotation(page.raw):
            page.set_rotation(0)
        _tell_annotations(page, number, told)
        textpage = page.get_textpage()
        try:
            text: str = textpage.get_text_bounded()
            everywhere = raw.FPDFText_GetBoundedText(textpage.raw, -_FAR, _FAR, _FAR, -_FAR, None, 0)
            if everywhere != len(text.encode("utf-16-le")) // 2:
                message = f"page {number} has {everywhere} characters, {len(text)} of them within what is shown"
                raise _refusal("text_outside_page", message)
        finally:
            textpage.close()
    finally:
        page.close()
    return text


def _refuse_scans(document: PdfDocument, pages: list[str]) -> None:
    """Refuses a PDF of which a page shows something and has no words; a blank page is none."""
    from pypdfium2 import raw  # noqa: PLC0415

    for number, text in enumerate(pages):
        if text.strip():
            continue
        page = document[number]
        kinds = {
            raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page.raw, at))
            for at in range(raw.FPDFPage_CountObjects(page.raw))
        }
        page.close()
        if kinds - {raw.FPDF_PAGEOBJ_TEXT}:
            raise _refusal("scanned_page", f"page {number + 1} is an image without words; it needs OCR first")


def _tell_attachments(document: PdfDocument, told: list[Diagnostic]) -> None:
    from pypdfium2 import raw  # noqa: PLC0415

    count = raw.FPDFDoc_GetAttachmentCount(document.raw)
    if count > 0:
        if b"/Collection" in streams.saved(document):
            raise _refusal("portfolio", f"the PDF is a portfolio of {count} files; take them out and read each")
        told.append(Diagnostic("attached_files", f"the PDF carries {count} attached files, which are not read"))


def _tell_annotations(page: PdfPage, number: int, told: list[Diagnostic]) -> None:
    """Tells of annotations that change what a page says: the words of the page are read without them."""
    from pypdfium2 import raw  # noqa: PLC0415

    for at in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, at)
        kind = _WORDY_ANNOTATIONS.get(raw.FPDFAnnot_GetSubtype(annotation))
        raw.FPDFPage_CloseAnnot(annotation)
        if kind:
            told.append(Diagnostic("annotated_page", f"page {number} carries an annotation, {kind}, which is not read"))
            return


def _refusal(reason: str, message: str) -> LetterError:
    return LetterError(message, step="text", reason=reason)
