"""Test that pages are checked for completeness and joined without headers and footers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from conftest import LETTER

from imrdata.errors import LetterError
from imrdata.letters.reading import read_bytes
from imrdata.letters.text import letter_text
from imrdata.letters.text.pages import join_pages
from imrdata.resources import vocabulary

A = "Case Number: CM16-0900001\nA worker of 44 years fell in a kitchen and hurt\nher left knee."
B = "MRI of the knee: Upheld\nThe file shows no sign\nof a torn ligament. Not needed."
C = "Naproxen: Overturned\nThe drug was of help to her\nand is needed."


@pytest.mark.parametrize(
    ("pages", "joined"),
    [
        ([A, B], [A, B]),
        ([A, "", B, " \r\n"], [A, B]),  # blank pages
        ([f"{A}\nPage 1 of 3", f"{B}\nPage 2 of 3", f"{C}\nPage 3 of 3"], [A, B, C]),
        ([A, f"Page 2 of 3\n{B}", f"Page 3 of 3\n{C}"], [A, B, C]),  # the first page has no number
        ([f"{A}\n1", f"{B}\n2", f"{C}\n3"], [A, B, C]),
        ([f"{A}\nPage 1", f"{B}\nPage 2"], [A, B]),
        ([f"{A}\n- 1 -", f"{B}\n- 2 -"], [A, B]),
        ([f"{A}\n1/2", f"{B}\n2/2"], [A, B]),
        ([f"{A}\n[Page 1]", f"{B}\n[Page 2]"], [A, B]),
        ([f"{A}\n{{page 1}}", f"{B}\n{{page 2}}"], [A, B]),
        ([f"{A}\n[[Page 2]]\n{B}\n[[Page 3]]\n{C}"], [A, B, C]),
        (["not\n- 2 -", "3\nneeded in\n5\nweeks"], ["not", "needed in\n5\nweeks"]),  # 5 is not a page number
        ([f"{A}\nDWC-000123", f"{B}\nDWC-000124"], [A, B]),  # Bates numbers
        ([f"CONFIDENTIAL\n{A}", f"CONFIDENTIAL\n{B}"], [A, B]),
        ([f"COPY\n{A}", f"COPY\n{B}"], [A, B]),
        ([f"12/20/2016 10:31 FAX 555 123-4567 P.{n}\n{page}" for n, page in enumerate((A, B), 1)], [A, B]),
        ([f"{page}\nfile:///C:/letters/a.html {n}/2\n" for n, page in enumerate((A, B), 1)], [A, B]),
        ([A, f"Final Determination Letter for IMR Case Number CM16-0900001\n{B}"], [A, B]),
        ([A, f"IMR Final Determination CM16-0900001 2/2\n{B}"], [A, B]),
        ([A, f"Case: CM16-0900001\nPage 2\n{B}"], [A, B]),
        (["\n".join(f"{n} line {chr(96 + n)}" for n in range(1, 11))], ["\n".join(f"line {c}" for c in "abcdefghij")]),
        (["\n".join([*map(str, range(1, 29)), A])], [A]),  # line numbers of the margin in a block
        # texts without form feeds
        ([f"{A}\nPage 2 of 3\n{B}\n{C}"], [A, B, C]),
        ([f"{A}\nPage 3 of 5\n{B}\n{C}"], [A, B, C]),  # lines with the other page numbers may be lost
        ([f"Page 1 of 2\n{A}\nPage 1 of 2\nPage 2 of 2\n{B}\nPage 2 of 2"], [A, B]),
        ([f"{A}\n1\n{B}\n2\n{C}\n3"], [A, B, C]),
        ([f"{A}\n- 1 -\n{B}\n- 2 -"], [A, B]),
        ([f"1\n{A}\n1\n2\n{B}\n2"], [A, B]),
        ([f"{A}\nIMR 000123\n{B}\nIMR 000124"], [A, B]),
        ([f"COPY\n{A}\nCOPY\n{B}"], [A, B]),
        # with form feeds
        ([f"11\n{A}\n1", f"12\n{B}\n2"], [A, B]),  # two counts
        ([f"{A}\n1", f"{B}\n2", "3"], [A, B]),  # the last page is blank
        ([f"{A}\nDEPO_00012", f"{B}\nDEPO_00013", "DEPO_00014"], [A, B]),
        ([f"{page}\nPage: {n}/2 Date: 3/4/2017" for n, page in enumerate((A, B), 1)], [A, B]),
        ([f"{A}\nExhibit B\nDWC 7", f"{B}\nExhibit B\nDWC 8"], [A, B]),
        ([f"{A}\nIt is not medically necessary.", f"{B}\nIt is not medically necessary."], None),  # words of the letter
        ([A, f"{B}\n60"], None),  # a number that is not a page number
        (["MRI of the left\nknee", "MRI of the right\nknee"], None),
    ],
)
def test_joined(pages: list[str], joined: list[str] | None) -> None:
    text, told, _ = join_pages(pages)
    assert text == "\n".join(joined or pages)
    assert told == []


def test_a_line_that_only_repeats_is_told_and_kept() -> None:
    text, told, _ = join_pages([A, f"Low Back Pain\n{B}", f"Low Back Pain\n{C}"])
    assert text == f"{A}\nLow Back Pain\n{B}\nLow Back Pain\n{C}"
    assert [one.code for one in told] == ["repeated_line"]


def test_a_line_twice_in_a_row_is_told_and_kept() -> None:
    doubled = "her left knee, which has hurt since the fall."
    text, told, _ = join_pages([f"{A}\n{doubled}\n{doubled}\n{B}"])
    assert text == f"{A}\n{doubled}\n{doubled}\n{B}"
    assert [one.code for one in told] == ["repeated_line"]


def test_what_is_told_of_the_pages_of_a_text_is_told_of_its_letter() -> None:
    line = "He had therapy for his low back, without a lasting gain."
    text = LETTER.replace("knee still hurts", f"knee still hurts.\n{line}\n{line}\nIt hurts")
    assert [one.code for one in read_bytes(text.encode()).diagnostics] == ["repeated_line"]


@pytest.mark.parametrize("word", ["CONFIDENTIAL", "COPY"])
def test_a_word_printed_from_top_to_bottom_is_no_part_of_the_text(word: str) -> None:
    letters = [f"{letter}\nline {number} of the text" for number, letter in enumerate(word)]
    assert join_pages(["\n".join([A, *letters, B])])[0] == "\n".join(
        [A, *(f"line {at} of the text" for at in range(len(word))), B]
    )


@pytest.mark.parametrize(
    "line", ["CONFIDENTIAL", "Page 3", "DEC-20-2016 10:31 FAX NO. 555", "To: Max Page 4 of 7 18:22"]
)
def test_a_stamp_within_a_text_is_told(line: str) -> None:
    assert [one.code for one in join_pages([f"{A}\n{line}\n{B}"])[1]] == ["repeated_line"]
    assert join_pages([f"{A}\n{line} was seen in the file of the clinic\n{B}"])[1] == [] or ":" in line


@pytest.mark.parametrize(
    "pages",
    [
        [f"{A}\nRecords of the clinic", f"{B}\nRecords of the clinic", f"{C}\nRecords of the clinic"],
        [f"{A}\nRecords of the clinic", f"{B}\n{C}\nRecords of the clinic"],
        [f"{A}\nRecords of the clinic\n{B}\n{C}\nRecords of the clinic"],  # without form feeds
        [f"{A}\n{B}\n{C}\nE-FILED 3/4/2017"],
        [f"{A}\n{B}\n{C}\nMAXIMUS Federal Services, Inc. Page 1 of 1"],
    ],
)
def test_a_line_behind_the_last_sentence_is_told_and_taken_off(pages: list[str]) -> None:
    text, told, _ = join_pages(pages)
    assert text == f"{A}\n{B}\n{C}"
    assert [one.code for one in told] == ["repeated_line"]


@pytest.mark.parametrize("row", [row for row in vocabulary("page_lines") if row["kind"] == "mark"], ids=str)
def test_a_mark_within_prose_is_told(row: dict[str, str]) -> None:
    assert [one.code for one in join_pages([f"{A}\nHe had {row['example']} in his file.\n{B}"])[1]] == ["repeated_line"]


@pytest.mark.parametrize(
    "row", [row for row in vocabulary("page_lines") if row["kind"] != "mark"], ids=lambda row: row["example"][:30]
)
def test_every_word_of_a_line_at_the_edge_has_an_example(row: dict[str, str]) -> None:
    assert re.search(rf"(?i){row['pattern']}", row["example"])
    line = f"{row['example']} {row['example']}" if row["kind"] == "title_word" else row["example"]
    running = [f"{A}\n{line}", f"{B}\n{line}"]
    assert join_pages(running)[:2] == ("\n".join(running if row["kind"] == "letter" else [A, B]), [])


@pytest.mark.parametrize(
    "pages",
    [
        [f"{A}\ni", f"{B}\nii", f"{C}\niii"],
        [f"{A}\n(continued on next page)", f"{B}\n{C}"],
        [f"{A}\n(continued)\n{B}\n{C}"],  # without form feeds
        [f"{A}\nCM16-0900001 1\n{B}\nCM16-0900001 2\n{C}\nCM16-0900001 3"],
        [f"{A}\n- 2 -\n{B}\nPage 3\n{C}"],
        [f"{A}\n2\n{B}\n3\n{C}"],
        [f"{A}\nPage One of Three", f"PAGE TWO OF THREE\n{B}", f"Page Three of Three\n{C}"],
        [f"{A}\nCONFIDENTIAL\n{B}\nCONFIDENTIAL\n{C}"],
        [
            "\n".join(f"{at} {line}" for at, line in enumerate([*A.split("\n"), *"abcdefgh"])),
            "\n".join(f"{at} {line}" for at, line in enumerate(C.split("\n"))),
        ],
        [
            "\n".join([*map(str, range(1, 9)), f"9 {A}".replace("\n", " ")]),
            "1 \n2 \n3 " + C.replace("\n", "\n4 ", 1).replace("\nand", "\n5 and"),
        ],
    ],
)
def test_numbers_and_continuations_are_no_part_of_the_text(pages: list[str]) -> None:
    text, _, _ = join_pages(pages)
    assert not re.search(r"(?m)^(?:i+|\d|\d .*|- \d -|Page .*|CONFIDENTIAL|.*continued.*|CM.*)$", text)
    assert text.endswith(C)


@pytest.mark.parametrize(
    ("pages", "is_told"),
    [
        ([f"{A}\nABC000001", f"{B}\nABC000002", f"{C}\nABC000003"], False),
        ([f"{A}\nABC000001", f"{B}\nABC000002", f"{C}\nABC000004"], True),
        ([f"Sheet 1\n{A}", f"Sheet 2\n{B}", f"Sheet 4\n{C}"], True),
        ([f"{A}\nABC000001", f"{C}\nABC000003", f"{B}\nABC000002"], True),
        ([f"{A}\nABC 000001\n{B}\nABC 000003"], True),  # without form feeds
        ([f"10:3{n} FAX 555 010 2030 P.0{n}/02\n{page}" for n, page in ((1, A), (2, B))], False),
        ([f"10:3{n} FAX 555 010 2030 P.0{n}/03\n{page}" for n, page in ((1, A), (2, B))], True),
        ([f"10:3{n} FAX 555 010 2030 P.0{n}/03\n{page}" for n, page in ((1, A), (3, C))], True),
    ],
)
def test_stamped_numbers_that_skip_are_told(pages: list[str], is_told: bool) -> None:
    text, told, _ = join_pages(pages)
    assert not re.search("ABC|FAX|Sheet", text)
    assert [one.code for one in told] == ["joined_pages"] * is_told


LONG = "The guideline asks for signs that the file does not show, and " * 3 + "no other sign is there."


@pytest.mark.parametrize("line", ["Figure 2: the spine.", "This determination was not issued in time."])
def test_a_page_may_begin_with_words_that_would_be_a_mark_above_a_letter(line: str) -> None:
    assert line in join_pages([A, f"{line}\n{B}"])[0]


@pytest.mark.parametrize("line", ["2", "(2)", "- 3 -", "CONFIDENTIAL"])
def test_a_line_that_may_be_no_page_number_is_kept(line: str) -> None:
    assert f"\n{line}\n" in join_pages([f"{A}\n{line}\n{B}"])[0]


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([A, LONG, LONG], "repeated_page"),
        ([f"{A}\n1", f"{LONG}\n2", f"{LONG}\n3"], "repeated_page"),
        ([f"{A}\nPage 1 of 3", f"{B}\nPage 3 of 3"], "missing_page"),
        ([f"{A}\nPage 1 of 3", f"{B}\nPage 2 of 3"], "missing_page"),  # the last
        ([f"{B}\nPage 3 of 4", f"{C}\nPage 4 of 4"], "missing_page"),  # the first two
        ([f"{A}\nPage 1", f"{B}\nPage 3"], "missing_page"),
        ([f"{A}\n1", f"{B}\n3"], "missing_page"),
        ([f"{A}\nPage 1 of 3\n{B}\nPage 3 of 3"], "missing_page"),  # without form feeds
        ([f"{A}\n{B}\nPage 3 of 4"], "missing_page"),  # the text ends there
        (
            [f"{A}\nNo surgery is planned.", f"only with a scan of\nher knee. {LONG}"],
            "missing_page",
        ),  # within a sentence
        ([f"{A}\nNo surgery is planned.", f"and this is why it is not covered.\n{C}"], "missing_page"),
        ([f"{A}\nPage 1 of 3", f"{C}\nPage 3 of 3", f"{B}\nPage 2 of 3"], "pages_out_of_order"),
        ([f"{A}\nPage 1 of 3", f"{B}\nPage 2 of 3", f"{C}\nPage 2 of 3"], "repeated_page"),
        ([f"{A}\nPage One", f"{B}\nPage Three", f"{C}\nPage Two"], "pages_out_of_order"),
        ([f"{A}\nPage 1\n{B}\nPage 3\n{C}\nPage 2"], "pages_out_of_order"),  # without form feeds
        ([f"{A}\nPage 1\n{B}\nPage 3\n{C}\nPage 4"], "missing_page"),
        ([A, f"Final Determination Letter for IMR Case Number CM16-0900777\n{B}"], "page_of_another_case"),
        ([A, f"MAXIMUS Case Number: CM16-0900777\n{B}"], "page_of_another_case"),
        ([A, f"{B}\nCM16-0900777"], "page_of_another_case"),
        ([f"DRAFT\n{A}", f"DRAFT\n{B}"], "not_a_decision"),
        ([A, f"{B}\nVOID - DO NOT USE"], "not_a_decision"),
        ([f"{A}\nV O I D", B], "not_a_decision"),
        (["\n".join(["D", A, "R", "A", B, "F", "T", "D", "R"])], "not_a_decision"),
        ([f"This determination was rescinded on 1/3/2017\n{A}"], "not_a_decision"),
    ],
)
def test_refused(pages: list[str], reason: str) -> None:
    with pytest.raises(LetterError) as refusal:
        join_pages(pages)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("words", ["four visits of therapy q.d. #4: Upheld", "See page 3, e.g. a scan.", "of: pain."])
def test_a_page_that_may_follow_a_whole_sentence(words: str) -> None:
    assert join_pages([f"{A}\nNo surgery is planned.", words])[0].endswith(words)


def reason_of(content: bytes) -> str | None:
    with pytest.raises(LetterError) as refusal:
        letter_text(content)
    return refusal.value.reason


def changed(pdf: bytes, change: Callable[..., object]) -> bytes:
    import pymupdf

    document = pymupdf.open(stream=pdf)
    change(document)
    content: bytes = document.tobytes()
    document.close()
    return content


def test_a_page_of_a_pdf_is_read_upright_and_a_blank_one_is_none(pdf_of: Callable[..., bytes]) -> None:
    plain = pdf_of(f"{A}\f{B}\f")
    assert letter_text(plain) == (f"{A}\n{B}", (), "embedded", (0, len(A) + 1, len(A) + len(B) + 2))
    for angle in (90, 180, 270):
        turned = changed(plain, lambda document, angle=angle: [page.set_rotation(angle) for page in document])
        assert letter_text(turned).text == f"{A}\n{B}"


def test_a_pdf_that_shows_other_words_than_it_holds(pdf_of: Callable[..., bytes]) -> None:
    import pymupdf

    plain, box = pdf_of(f"{A}\f{B}"), (40, 40, 400, 400)
    scan = pdf_of(f"{A}\f{B}\f")
    assert reason_of(changed(scan, lambda document: document[2].draw_rect(box))) == "scanned_page"
    stamped = pdf_of(f"{A}\f{B}\fABC 000123 COPY")
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 9, 9))
    picture.clear_with(9)
    scan = changed(stamped, lambda document: document[2].insert_image(document[2].rect, pixmap=picture, overlay=False))
    assert reason_of(scan) == "scanned_page"
    logo = changed(plain, lambda document: document[1].insert_image((0, 0, 9, 9), pixmap=picture))
    assert letter_text(logo).text == f"{A}\n{B}"
    cut = changed(plain, lambda document: document[1].set_cropbox(pymupdf.Rect(0, 50, 900, 2000)))
    assert reason_of(cut) == "text_outside_page"

    noted = changed(plain, lambda document: document[1].add_freetext_annot(box, "Overturned"))
    assert [one.code for one in letter_text(noted).diagnostics] == ["annotated_page"]
    carried = changed(plain, lambda document: document.embfile_add("more.txt", b"words"))
    assert [one.code for one in letter_text(carried).diagnostics] == ["attached_files"]


MORE = "Acupuncture: Overturned"


def hidden_layer(page: Any) -> None:
    page.insert_text((40, 300), MORE, oc=page.parent.add_ocg("more", on=False))


def painted(page: Any, **paint: Any) -> None:
    import pymupdf

    page.insert_text((40, 300), MORE)
    page.draw_rect(pymupdf.Rect(38, 285, 300, 306), **paint)


def painted_word(page: Any) -> None:
    import pymupdf

    page.insert_text((40, 300), "The drug is not needed")
    page.draw_rect(pymupdf.Rect(page.search_for("not")[-1]), color=(1, 1, 1), fill=(1, 1, 1))


def clipped(page: Any) -> None:
    page.insert_text((40, 300), MORE)
    xref = page.get_contents()[-1]
    page.parent.update_stream(xref, b"q 0 0 10 10 re W n " + page.parent.xref_stream(xref) + b" Q")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (hidden_layer, "unseen_text"),
        (partial(painted, color=(1, 1, 1), fill=(1, 1, 1)), "unseen_text"),
        (partial(painted, color=(0, 0, 0), fill=(0, 0, 0)), "unseen_text"),
        (partial(painted, color=(0, 0, 0)), None),  # a frame
        (partial(painted, fill=(0.8, 0.8, 0.8), overlay=False), None),  # behind the words
        (partial(painted, fill=(1, 1, 0.5), fill_opacity=0.3), None),  # a marker
        (painted_word, "unseen_text"),
        (clipped, "unseen_text"),
        (lambda page: page.insert_text((40, 300), MORE, color=(1, 1, 1)), "unseen_text"),
        (lambda page: page.insert_text((40, 300), MORE, color=(0.99, 0.99, 0.99)), "unseen_text"),
        (lambda page: page.insert_text((40, 300), MORE, color=(0.6, 0.6, 0.6)), None),
        (lambda page: page.insert_text((40, 300), MORE, render_mode=3), "unseen_text"),
        (lambda page: page.insert_text((40, 300), 2 * MORE, fontsize=0.001), "unseen_text"),
        (lambda page: page.insert_text((40, 300), "wide      " + MORE), None),
        (lambda page: page.parent.add_ocg("empty", on=False), None),
        (lambda page: page.insert_text((500, 300), MORE, rotate=90), "turned_words"),
        (lambda page: page.insert_text((500, 300), MORE, rotate=180), "turned_words"),
    ],
)
def test_words_of_a_pdf_that_are_not_seen_or_lie_across(
    pdf_of: Callable[..., bytes], change: Callable[..., object], reason: str | None
) -> None:
    content = changed(pdf_of(f"{A}\f{B}"), lambda document: change(document[1]))
    if reason is None:
        assert letter_text(content).text.startswith(f"{A}\n{B}")
    else:
        assert reason_of(content) == reason


def test_white_words_on_black_are_read(pdf_of: Callable[..., bytes]) -> None:
    import pymupdf

    def add(document: Any) -> None:
        document[1].draw_rect(pymupdf.Rect(30, 280, 300, 310), fill=(0, 0, 0))
        document[1].insert_text((40, 300), MORE, color=(1, 1, 1))

    assert letter_text(changed(pdf_of(f"{A}\f{B}"), add)).text == f"{A}\n{B}\n{MORE}"


@pytest.mark.parametrize("shown", [0, 90, 180, 270])
@pytest.mark.parametrize(("turned", "x", "y"), [(0, 72, 100), (90, 100, 700), (180, 540, 700), (270, 500, 100)])
def test_words_turned_alike_are_read_upright(turned: int, x: int, y: int, shown: int) -> None:
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page(width=612, height=792)
        right, down = {0: (0, 15), 90: (15, 0), 180: (0, -15), 270: (-15, 0)}[turned]
        for at, line in enumerate(A.split("\n")):
            page.insert_text((x + right * at, y + down * at), line, rotate=turned)
        page.set_rotation(shown)
        assert letter_text(document.tobytes()).text == A


def test_a_portfolio_is_refused_as_one(pdf_of: Callable[..., bytes]) -> None:
    def collect(document) -> None:  # type: ignore[no-untyped-def]
        document.embfile_add("letter.pdf", b"%PDF-")
        document.xref_set_key(document.pdf_catalog(), "Collection", "<</View/D>>")

    assert reason_of(changed(pdf_of("Open this file in a viewer of portfolios."), collect)) == "portfolio"


@pytest.mark.parametrize("save", [{}, {"encryption": 5, "user_pw": "", "owner_pw": "owner"}])  # 5: AES of 256 bits
def test_a_damaged_stream_is_no_shorter_page(pdf_of: Callable[..., bytes], save: dict[str, object]) -> None:
    whole = pdf_of(f"{A}\f" + "\n".join(f"{n} {LONG[:100]}" for n in range(30)), deflate=True, **save)
    places = [at for at in range(len(whole)) if whole.startswith(b"stream\n", at) and whole[at - 3 : at] != b"end"]
    longest = max(places, key=lambda at: whole.index(b"endstream", at) - at)
    middle = (longest + whole.index(b"endstream", longest)) // 2
    assert letter_text(whole).text
    assert reason_of(whole[:middle] + bytes(64) + whole[middle + 64 :]) in {"damaged_page", "no_text_layer"}


def test_words_without_their_operator_refuse_a_pdf(pdf_of: Callable[..., bytes]) -> None:
    whole = pdf_of(A)
    assert letter_text(whole).text == A
    assert reason_of(whole.replace(b"TJ", b"Tr", 1)) == "damaged_page"


def test_a_pdf_of_too_many_pages_is_no_letter(pdf_of: Callable[..., bytes]) -> None:
    assert letter_text(pdf_of("\f" * 399 + "word")).text == "word"
    assert reason_of(pdf_of("\f" * 400 + "word")) == "too_many_pages"
