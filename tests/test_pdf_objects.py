"""Test what the objects of a PDF tell: pages of several PDFs, fonts without widths, lines drawn through words."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
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


def kids(document: Any, change: Callable[[list[str]], list[str]]) -> None:
    """Change the list of the document's pages."""
    tree = int(document.xref_get_key(document.pdf_catalog(), "Pages")[1].split()[0])
    pages = change([f"{page.xref} 0 R" for page in document])
    document.xref_set_key(tree, "Kids", f"[{' '.join(pages)}]")
    document.xref_set_key(tree, "Count", str(len(pages)))


def packed(document: Any, change: Callable[[bytes], bytes]) -> None:
    """Pack the words of the second page, and damage them."""
    (words,) = document[1].get_contents()
    document.update_stream(words, change(zlib.compress(document.xref_stream(words))), compress=False)
    document.xref_set_key(words, "Filter", "/FlateDecode")


def mapped(document: Any, printed: str, read: str) -> None:
    """Let a font print one character, and say that it is another."""
    table = document.get_new_xref()
    document.update_object(table, "<<>>")
    codes = f"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <{ord(printed):02X}> <{ord(read):04X}>"
    document.update_stream(table, f"begincmap {codes} endbfchar endcmap".encode())
    for font in {font[0] for page in document for font in page.get_fonts()}:
        document.xref_set_key(font, "ToUnicode", f"{table} 0 R")


def contents(document: Any, number: int, value: str) -> None:
    document.xref_set_key(document[number].xref, "Contents", value)


TOLD, REFUSED, SILENT = "told", "refused", "silent"


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda document: kids(document, lambda pages: [pages[0], *pages[2:]]), TOLD),
        (lambda document: kids(document, lambda pages: pages[:2]), TOLD),
        (lambda document: contents(document, 1, "null"), TOLD),
        (lambda document: contents(document, 1, "9999 0 R"), TOLD),
        (lambda document: document[1].add_file_annot((60, 600), b"words", "more.txt"), TOLD),
        (lambda document: packed(document, lambda words: words[: len(words) // 2]), REFUSED),
        (lambda document: packed(document, lambda words: words[2:]), REFUSED),
        (lambda document: document.xref_set_key(document[1].get_contents()[0], "Filter", "/Unknown"), REFUSED),
        (lambda document: None, SILENT),
        # What cannot be told from the objects of a PDF:
        (lambda document: contents(document, 2, "null"), SILENT),  # a letter may end with a blank page
        (lambda document: mapped(document, "6", "9"), SILENT),  # only text recognition sees what a font draws
    ],
)
def test_a_pdf_whose_objects_were_changed(change: Callable[[Any], object], result: str) -> None:
    document = pdf_of_pages(["tiro", "tiro", "tiro"])
    change(document)
    try:
        found = TOLD if codes(document.tobytes()) else SILENT
    except LetterError:
        found = REFUSED
    assert found == result


def test_a_page_that_was_written_again_is_one_page(tmp_path: Path) -> None:
    pdf_of_pages(["tiro", "tiro"]).save(tmp_path / "a.pdf")
    with pymupdf.open(tmp_path / "a.pdf") as document:
        document[1].set_rotation(0)
        document.xref_set_key(document[1].xref, "LastModified", "(D:20170101)")
        document.saveIncr()
    assert (tmp_path / "a.pdf").read_bytes().count(b"%%EOF") > 1
    assert codes((tmp_path / "a.pdf").read_bytes()) == []
