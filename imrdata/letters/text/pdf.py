"""Read the pages of a PDF with PDFium, and check that its text matches what the pages show.

The published letters are encrypted with an empty user password and have a no-copy flag; PDFium opens them.
PDFium is not thread-safe, and a hostile file may crash it: call this in a child process
(`imrdata.datasets.workers`).
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from typing import TYPE_CHECKING

from imrdata.errors import LetterError
from imrdata.letters.found import Diagnostic
from imrdata.letters.text import streams
from imrdata.letters.text.visible import angle_of, struck_words, unseen_words, word_boxes, words_within

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

MAX_PAGES = 400  # letters have 2 to 20 pages
_FAR = 1e6  # points; a box around any page
_STAMP = 8  # most words of a stamp or a page number on a scan
_IMAGE = 3  # PDFium's type number
_SHOWN = 40  # characters of words in a message
TURN_ON = 'ocr="auto" reads it, with Tesseract'

# PDFium's error codes that users can act on; all other codes mean a damaged file.
_PASSWORD, _SECURITY = 4, 5
_WORDY_ANNOTATIONS = {  # by PDFium's type numbers; links and highlights do not change words
    1: "a note",
    3: "words",
    4: "a line",
    5: "a box",
    6: "a circle",
    7: "a shape",
    8: "a shape",
    12: "struck-out words",
    13: "a stamp",
    14: "a caret",
    15: "ink",
    17: "an attached file",
    20: "a form's field",
    24: "a watermark",
    27: "a form's field",
    28: "a redaction",
}


def read_pdf(content: bytes, recognized: Container[int] = ()) -> tuple[list[str], list[Diagnostic]]:
    """Return the text of each page, and diagnostics.

    Args:
        content: The bytes of the file.
        recognized: Pages, counted from 0, whose words are recognized from images; their texts are empty.

    Raises:
        LetterError: The file is damaged, needs a password, has too many pages or no text; or words would be lost: a
            page is a scan, or has invisible text or text in different directions.
    """
    import pypdfium2 as pdfium  # noqa: PLC0415 - not needed for letters that are text already

    told: list[Diagnostic] = []
    last = content.rfind(b"%PDF-")
    if content[:last].rstrip().endswith(b"%%EOF"):
        raise _refusal("damaged_pdf", "the file holds two PDFs, one after another")
    try:
        with pdfium.PdfDocument(content) as document:
            if len(document) > MAX_PAGES:
                raise _refusal("too_many_pages", f"the PDF has {len(document)} pages; a letter has at most {MAX_PAGES}")
            _tell_attachments(document, told)
            pages = [
                "" if number in recognized else _page_text(document[number], number + 1, told)
                for number in range(len(document))
            ]
            scans = [number for number in _scans(document, pages) if number not in recognized]
            if not recognized and not any(page.strip() for page in pages):
                why = f"it is a scan; {TURN_ON}" if scans else "its pages are blank or damaged"
                raise _refusal("no_text_layer", f"the PDF has no text layer: {why}")
            if scans:
                raise _refusal("scanned_page", f"page {scans[0] + 1} is an image without words; {TURN_ON}")
            told += streams.check(
                document, content, [number in recognized or bool(page.strip()) for number, page in enumerate(pages)]
            )
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (_PASSWORD, _SECURITY):
            raise _refusal("needs_password", "the PDF needs a password") from error
        raise _refusal("damaged_pdf", f"the PDF is damaged: {error}") from error
    return pages, told


def scanned_pages(content: bytes, *, every: bool = False) -> list[int]:
    """Return the pages of a PDF that are images without words, or all that are not blank; none if it is unreadable."""
    import pypdfium2 as pdfium  # noqa: PLC0415

    with suppress(pdfium.PdfiumError), pdfium.PdfDocument(content) as document:
        if len(document) <= MAX_PAGES:
            pages = [""] * len(document)
            for number, page in enumerate(() if every else document):
                textpage = page.get_textpage()
                pages[number] = textpage.get_text_range()
                textpage.close()
                page.close()
            return _scans(document, pages, every=every)
    return []


def _page_text(page: PdfPage, number: int, told: list[Diagnostic]) -> str:
    """Return the words of a page, regardless of its rotation."""
    from pypdfium2 import raw  # noqa: PLC0415

    textpage: PdfTextPage | None = None
    try:
        if raw.FPDFPage_GetRotation(page.raw):
            page.set_rotation(0)
        _tell_annotations(page, number, told)
        textpage = page.get_textpage()
        angle = angle_of(textpage)
        if angle is None:
            message = f"page {number} has words in another direction than the others"
            raise _refusal("turned_words", message)
        if angle:
            textpage.close()
            page.set_rotation(360 - angle)
            textpage = page.get_textpage()
        text: str = textpage.get_text_range() if angle in (90, 270) else words_within(textpage, page.get_bbox())
        everywhere = raw.FPDFText_GetBoundedText(textpage.raw, -_FAR, _FAR, _FAR, -_FAR, None, 0)
        if angle not in (90, 270) and everywhere != len(text.encode("utf-16-le")) // 2:
            message = f"page {number} has {everywhere} characters, {len(text)} of them within what is shown"
            raise _refusal("text_outside_page", message)
        boxes = word_boxes(textpage)
        if words := unseen_words(page, textpage, boxes):
            message = f"page {number} has invisible words, such as {words[:_SHOWN]!r}"
            raise _refusal("unseen_text", message)
        if angle == 0 and (words := struck_words(page, textpage, boxes)):
            message = f"page {number} has a line drawn through words, such as {words[:_SHOWN]!r}"
            told.append(Diagnostic("annotated_page", message))
    finally:
        if textpage is not None:
            textpage.close()
        page.close()
    return text


def _scans(document: PdfDocument, pages: list[str], *, every: bool = False) -> list[int]:
    """Return the pages that are not blank and have no known words, or only a stamp on a large image."""
    from pypdfium2 import raw  # noqa: PLC0415

    found = []
    for number, text in enumerate(pages):
        words = text.split()
        if len(words) > _STAMP or (words and words[-1].endswith(".")):
            continue
        page = document[number]
        if words:
            is_scan = any(_is_large(image.get_bounds(), page.get_size()) for image in page.get_objects([_IMAGE]))
        else:
            kinds = {one.type for one in page.get_objects(max_depth=1)}
            is_scan = bool(kinds - {raw.FPDF_PAGEOBJ_TEXT} or (kinds and every))
        page.close()
        if is_scan:
            found.append(number)
    return found


def _is_large(box: tuple[float, float, float, float], size: tuple[float, float]) -> bool:
    left, bottom, right, top = box
    return 3 * (right - left) * (top - bottom) > size[0] * size[1]


def _tell_attachments(document: PdfDocument, told: list[Diagnostic]) -> None:
    from pypdfium2 import raw  # noqa: PLC0415

    count = raw.FPDFDoc_GetAttachmentCount(document.raw)
    if count > 0:
        if b"/Collection" in streams.saved(document):
            raise _refusal("portfolio", f"the PDF is a portfolio of {count} files; take them out and read each")
        told.append(Diagnostic("attached_files", f"the PDF has {count} attached files, which are not read"))


def _tell_annotations(page: PdfPage, number: int, told: list[Diagnostic]) -> None:
    """Report annotations that change what a page says; its words are read without them."""
    from pypdfium2 import raw  # noqa: PLC0415

    for at in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, at)
        kind = _WORDY_ANNOTATIONS.get(raw.FPDFAnnot_GetSubtype(annotation))
        raw.FPDFPage_CloseAnnot(annotation)
        if kind:
            told.append(Diagnostic("annotated_page", f"page {number} has an annotation, {kind}, which is not read"))
            return


def _refusal(reason: str, message: str) -> LetterError:
    return LetterError(message, step="text", reason=reason)
