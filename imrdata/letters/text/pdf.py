"""The text of a PDF, by PDFium.

The published letters are encrypted with an empty user password and carry a no-copy flag; PDFium opens them.
PDFium is not safe in threads and a hostile file may crash it: call this in a process that may be lost
(`imrdata.datasets.workers`).
"""

from __future__ import annotations

from imrdata.errors import LetterError

MAX_PAGES = 400  # letters have 2 to 20 pages

# PDFium's error codes that a reader can act upon; all other codes mean a damaged file.
_PASSWORD, _SECURITY = 4, 5


def pdf_text(content: bytes) -> str:
    """The text of all pages, joined by form feeds.

    Args:
        content: The bytes of the file.

    Raises:
        LetterError: The file is damaged, needs a password, has too many pages, or holds no text.
    """
    import pypdfium2 as pdfium  # noqa: PLC0415 - not needed for letters that are text already

    try:
        with pdfium.PdfDocument(content) as document:
            if len(document) > MAX_PAGES:
                raise _refusal("too_many_pages", f"the PDF has {len(document)} pages; a letter has at most {MAX_PAGES}")
            pages = [_page_text(document, number) for number in range(len(document))]
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (_PASSWORD, _SECURITY):
            raise _refusal("needs_password", "the PDF needs a password") from error
        raise _refusal("damaged_pdf", f"the PDF is damaged: {error}") from error
    if not any(page.strip() for page in pages):
        raise _refusal("no_text_layer", "the PDF has no text layer; a scanned letter needs OCR first")
    return "\f".join(pages)


def _page_text(document: object, number: int) -> str:
    page = document[number]  # type: ignore[index]
    try:
        textpage = page.get_textpage()
        try:
            text: str = textpage.get_text_bounded()
        finally:
            textpage.close()
    finally:
        page.close()
    return text


def _refusal(reason: str, message: str) -> LetterError:
    return LetterError(message, step="text", reason=reason)
