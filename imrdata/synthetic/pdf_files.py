"""Convert the text of a synthetic letter to a PDF."""

from __future__ import annotations

import ctypes
import io

import pypdfium2
import pypdfium2.raw as pdfium

_WIDTH, _HEIGHT, _MARGIN, _LEADING, _SIZE = 612, 792, 54, 11.5, 9  # points; a page grows with its lines


def pdf_of(text: str) -> bytes:
    """Return the PDF of a text, with a new page at each form feed."""
    document = pypdfium2.PdfDocument.new()
    for lines in (part.split("\n") for part in text.split("\f")):
        height = max(_HEIGHT, 2 * _MARGIN + _LEADING * len(lines))
        page = document.new_page(_WIDTH, height)
        for number, line in enumerate(lines):
            if line.strip():
                pdfium.FPDFPage_InsertObject(page, _printed(document, line, height - _MARGIN - _LEADING * number))
        pdfium.FPDFPage_GenerateContent(page)
        page.close()
    content = io.BytesIO()
    document.save(content)
    document.close()
    return content.getvalue()


def _printed(document: pypdfium2.PdfDocument, line: str, height: float) -> object:
    printed = pdfium.FPDFPageObj_NewTextObj(document, b"Helvetica", _SIZE)
    units = f"{line}\0".encode("utf-16-le")
    pdfium.FPDFText_SetText(printed, (ctypes.c_ushort * (len(units) // 2)).from_buffer_copy(units))
    pdfium.FPDFPageObj_Transform(printed, 1, 0, 0, 1, _MARGIN, height)
    return printed
