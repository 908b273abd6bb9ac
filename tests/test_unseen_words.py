"""Test that hidden words of a PDF page are refused, and visible words are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from imrdata.errors import LetterError
from imrdata.letters.text import letter_text
from imrdata.letters.text.pdf import read_pdf

pytest.importorskip("pymupdf")

A, B, MORE = "The first page\nhas words.", "The second page\nhas others.", "Acupuncture: Overturned"
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
SEPARATION = "/S[/Separation/Spot/DeviceGray<</FunctionType 2/Domain[0 1]/C0[1]/C1[0]/N 1>>]"
LETTERS = sorted(set(MORE) - set(": "))


def added(page: Any, dictionary: str, stream: bytes = b"") -> str:
    number = page.parent.get_new_xref()
    page.parent.update_object(number, dictionary)
    page.parent.update_stream(number, stream)
    return f"{number} 0 R"


def drawn(page: Any, operators: str, **resources: str) -> None:
    """Add words in black to a page, after some operators."""
    page.insert_text((40, 500), "x")
    resources = {"Font": f"<</H {HELVETICA}{resources.pop('font', '')}>>", **resources}
    own = int(page.parent.xref_get_key(page.xref, "Resources")[1].split()[0])
    for kind, value in resources.items():
        page.parent.xref_set_key(own, kind, value)
    words = f"q 0 g BT /H 10 Tf 1 0 0 1 40 1700 Tm {operators} ({MORE}) Tj ET Q"
    page.parent.update_stream(page.get_contents()[-1], words.encode())


def profiled(page: Any, color: str) -> None:
    profile = b"no profile: the alternative is used"
    drawn(
        page,
        f"/I cs {color} sc",
        ColorSpace=f"<</I[/ICCBased {added(page, '<</N 3/Alternate/DeviceRGB>>', profile)}]>>",
    )


def tiled(page: Any) -> None:
    head = "<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9/Resources<<>>>>"
    drawn(page, "/Pattern cs /P scn", Pattern=f"<</P {added(page, head, b'1 g 0 0 9 9 re f')}>>")


def within_form(page: Any, color: str) -> None:
    head = f"<</Type/XObject/Subtype/Form/BBox[0 0 900 2000]/Resources<</Font<</H {HELVETICA}>>>>>>"
    form = added(page, head, f"BT {color} /H 10 Tf 40 1690 Td ({MORE}) Tj ET".encode())
    drawn(page, "ET /F Do BT 0 Tz", XObject=f"<</F {form}>>")


def masked(page: Any) -> None:
    head = "<</Type/XObject/Subtype/Form/BBox[0 0 900 2000]/Group<</S/Transparency/CS/DeviceGray>>>>"
    mask = added(page, head, b"0 g 0 0 900 2000 re f")
    drawn(page, "/G gs", ExtGState=f"<</G<</SMask<</S/Luminosity/G {mask}>>>>>>")


def blank_glyphs(page: Any) -> None:
    glyph = added(page, "<<>>", b"600 0 d0")
    glyphs = " ".join(f"/{letter} {glyph}" for letter in LETTERS)
    codes = " ".join(f"{ord(letter)} /{letter}" for letter in LETTERS)
    font = (
        "/T<</Type/Font/Subtype/Type3/FontBBox[0 0 600 600]/FontMatrix[.001 0 0 .001 0 0]"
        f"/CharProcs<<{glyphs}>>/Encoding<</Type/Encoding/Differences[{codes}]>>/Resources<<>>"
        f"/FirstChar 0/LastChar 127/Widths[{'600 ' * 128}]>>"
    )
    drawn(page, "/T 10 Tf", font=font)


def under_image(page: Any) -> None:
    import pymupdf

    page.insert_text((40, 300), MORE)
    white = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 40, 40))
    white.clear_with(255)
    page.insert_image(pymupdf.Rect(30, 280, 300, 310), pixmap=white, keep_proportion=False)


def under_annotation(page: Any) -> None:
    import pymupdf

    page.insert_text((40, 300), MORE)
    box = page.add_rect_annot(pymupdf.Rect(30, 280, 300, 310))
    box.set_colors(stroke=(1, 1, 1), fill=(1, 1, 1))
    box.update()


def between_lines(page: Any) -> None:
    for y, color in ((300, 0), (311, 1), (322, 0)):
        page.insert_text((40, y), "gyp bdl " * 12 if color == 0 else MORE, fontsize=10, color=(color,) * 3)


def replaced(page: Any) -> None:
    import pymupdf

    page.insert_text((40, 300), "Acupuncture: Upheld")
    page.draw_rect(pymupdf.Rect(100, 285, 200, 305), color=(1, 1, 1), fill=(1, 1, 1))
    page.insert_text((104, 300), ": Overturned")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced, "unseen_text"),
        (partial(drawn, operators="1 1 1 rg"), "unseen_text"),
        (partial(drawn, operators="0 0 0 0 k"), "unseen_text"),
        (partial(drawn, operators="/S cs 0 scn", ColorSpace=f"<<{SEPARATION}>>"), "unseen_text"),
        (partial(drawn, operators="/S cs 1 scn", ColorSpace=f"<<{SEPARATION}>>"), None),
        (partial(profiled, color="1 1 1"), "unseen_text"),
        (partial(profiled, color="0 0 0"), None),
        (tiled, "unseen_text"),
        (partial(within_form, color="1 g"), "unseen_text"),
        (partial(within_form, color="0 g"), None),
        (partial(drawn, operators="3 Tr"), "unseen_text"),
        (partial(drawn, operators="7 Tr"), "unseen_text"),
        (partial(drawn, operators="1 Tr"), None),  # outlines
        (partial(drawn, operators="/G gs", ExtGState="<</G<</ca 0.01>>>>"), "unseen_text"),
        (masked, "unseen_text"),
        (blank_glyphs, "unseen_text"),
        (partial(drawn, operators="ET 0 0 10 10 re W n BT"), "unseen_text"),
        (partial(drawn, operators=".01 0 0 .01 40 1700 Tm"), "unseen_text"),  # too small to be seen
        (partial(drawn, operators=".1 0 0 .1 40 1700 Tm"), "unseen_text"),
        (partial(drawn, operators="1 Tz"), "unseen_text"),  # too narrow
        (partial(drawn, operators=".4 0 0 .4 40 1700 Tm"), None),  # small print
        (under_image, "unseen_text"),
        (under_annotation, "unseen_text"),
        (between_lines, "unseen_text"),
        (lambda page: page.insert_text((-300, 300), MORE), "text_outside_page"),
        (lambda page: page.insert_text((40, 300), "I  1    1    " + MORE), None),  # strokes as high as their line
    ],
)
def test_words_that_are_hidden(pdf_of: Callable[..., bytes], change: Callable[..., object], reason: str | None) -> None:
    import pymupdf

    with pymupdf.open(stream=pdf_of(f"{A}\f{B}")) as document:
        change(document[1])
        content = document.tobytes()
    if reason is None:
        assert MORE in letter_text(content).text
        return
    with pytest.raises(LetterError) as refusal:
        letter_text(content)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("operators", ["0 Tz", "0 0 0 0 40 1700 Tm"])
def test_words_without_any_extent_are_no_words(pdf_of: Callable[..., bytes], operators: str) -> None:
    import pymupdf

    with pymupdf.open(stream=pdf_of(f"{A}\f{B}")) as document:
        drawn(document[1], operators)
        assert letter_text(document.tobytes()).text == f"{A}\n{B}"


@pytest.mark.parametrize("font", ["helv", "tiro", "cour"])
def test_wide_spaces_between_words_hide_none(pdf_of: Callable[..., bytes], font: str) -> None:
    import pymupdf

    with pymupdf.open(stream=pdf_of(A)) as document:
        for at in range(40):
            words = f"Case 1    {at}     Page {at % 10}    of 7     on    it"
            document[0].insert_text((40 + at / 13, 100 + 15 * at), words, fontsize=7 + at / 8, fontname=font)
        (page,), _ = read_pdf(document.tobytes())
    assert page.count("Case 1") == 40
