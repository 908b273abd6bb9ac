"""Make PDFs of texts, for tests and benchmarks."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

_LINES_A_PAGE = 48


def make_pdf(
    text: str, *, size: tuple[int, int] = (900, 2000), spacing: float = 14, font: int = 10, **save: Any
) -> bytes:
    """Make the PDF of a text. A form feed begins a page; each line of the text is a printed line."""
    pages = [page.split("\n") for page in text.split("\f")]
    return _drawn(pages, size, (40, 40), spacing, {"fontsize": font}, save)


def on_letter_paper(text: str) -> bytes:
    """Make the PDF of a text in Times of 11 points on letter paper."""
    pages = []
    for page in text.split("\f"):
        lines = [part for line in page.split("\n") for part in wrap(line, 95) or [""]]
        pages += [lines[at : at + _LINES_A_PAGE] for at in range(0, len(lines), _LINES_A_PAGE)]
    return _drawn(pages, (612, 792), (60, 72), 13.5, {"fontsize": 11, "fontname": "tiro"}, {})


def _drawn(
    pages: list[list[str]],
    size: tuple[int, int],
    corner: tuple[int, int],
    spacing: float,
    font: dict[str, Any],
    save: dict[str, Any],
) -> bytes:
    import pymupdf

    with pymupdf.open() as document:
        for lines in pages:
            page = document.new_page(width=size[0], height=size[1])
            for number, line in enumerate(lines):
                page.insert_text((corner[0], corner[1] + spacing * number), line, **font)
        content: bytes = document.tobytes(**save)
    return content
