"""Test what the objects of a PDF tell: pages of several PDFs, fonts without widths, lines drawn through words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imrdata.errors import LetterError
from imrdata.letters.text import letter_text

pymupdf = pytest.importorskip("pymupdf")

WORDS = "Acupuncture of six visits: Upheld"
OTHERS = "The reviewer agrees with the rest.", "It is not medically necessary."


def pdf_of_pages(fonts: list[str], *, first: int = 0, stamp: str = "") -> Any:
    """Make a PDF with a page per font."""
    document = pymupdf.open()
    for words, font in zip((WORDS, *OTHERS)[first:], fonts, strict=False):
        page = document.new_page()
        page.insert_text((40, 100), words, fontname=font)
        if stamp:
            page.insert_text((40, 700), stamp, fontname="cobo")
    return document


def joined(*documents: Any, stamp: str = "") -> bytes:
    whole = pymupdf.open()
    for document in documents:
        whole.insert_pdf(document)
    for page in whole if stamp else ():
        page.insert_text((40, 700), f"{stamp} {page.number}", fontname="cobo")
    content: bytes = whole.tobytes()
    return content


def codes(content: bytes) -> list[str]:
    return [one.code for one in letter_text(content).diagnostics]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (joined(pdf_of_pages(["tiro", "tiro", "tiro"])), []),
        (joined(pdf_of_pages(["tiro", "tibo"], stamp="COPY")), []),
        (joined(pdf_of_pages(["tiro", "tiro"]), pdf_of_pages(["helv"], first=2)), ["joined_pages"]),
        (joined(pdf_of_pages(["tiro"]), pdf_of_pages(["tiro"], first=1)), ["joined_pages"]),
        (joined(pdf_of_pages(["tiro"]), pdf_of_pages(["tiro"], first=1), stamp="COPY"), ["joined_pages"]),
    ],
)
def test_pages_of_several_pdfs_are_told(content: bytes, told: list[str]) -> None:
    assert codes(content) == told


def crossed(page: Any, where: float, **line: Any) -> None:
    (box,) = page.search_for("six")
    y = box.y0 + where * box.height
    page.draw_line((box.x0, y), (box.x1, y), **line)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda page: crossed(page, 0.55), "six"),
        (lambda page: page.draw_rect(pymupdf.Rect(30, 96, 250, 97), fill=(0, 0, 0)), WORDS),
        (lambda page: crossed(page, 0.95), None),  # under the word
        (lambda page: page.draw_rect(page.search_for("six")[0] + (-2, -2, 2, 2)), None),  # a frame
        (lambda page: page.draw_line((250, 96), (400, 96)), None),  # beside the words
        (lambda page: page.draw_line((61, 90), (61, 105)), None),  # upright
    ],
)
def test_a_line_through_words_is_told(draw: Callable[[Any], object], words: str | None) -> None:
    document = pdf_of_pages(["tiro"])
    draw(document[0])
    told = [one.message for one in letter_text(document.tobytes()).diagnostics]
    assert bool(told) == (words is not None)
    assert words is None or words in told[0]


@pytest.mark.parametrize(("width", "is_read"), [(500, True), (0, False)])
def test_a_font_without_widths_is_refused(width: int, *, is_read: bool) -> None:
    document = pdf_of_pages(["tiro"])
    ((font, *_),) = document[0].get_fonts()
    for key, value in (("FirstChar", "0"), ("LastChar", "255"), ("Widths", f"[{f'{width} ' * 256}]")):
        document.xref_set_key(font, key, value)
    if is_read:
        assert WORDS in letter_text(document.tobytes()).text
        return
    with pytest.raises(LetterError) as refusal:
        letter_text(document.tobytes())
    assert refusal.value.reason in ("damaged_page", "unseen_text")
