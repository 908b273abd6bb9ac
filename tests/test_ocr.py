"""Test text recognition of scans: values are correct, null with a diagnostic, or refused."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import LETTER
from paper import on_letter_paper
from typer.testing import CliRunner

import imrdata
from imrdata import review
from imrdata.cli import app
from imrdata.datasets import ocr
from imrdata.datasets.batches import batch_of
from imrdata.datasets.file_kinds import SCAN_SUFFIXES
from imrdata.datasets.gathering import collect
from imrdata.datasets.ocr import read_recognized
from imrdata.datasets.sources import Document
from imrdata.errors import LetterError, MissingExtraError, UnknownTermError
from imrdata.letters.dates import CHRONOLOGY
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_text
from imrdata.letters.recognition import SURE, Word, agreed, page_text
from imrdata.letters.text.pdf import MAX_PAGES
from imrdata.synthetic import synthesize

needs_engine = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="Tesseract is not installed (Debian package tesseract-ocr)"
)
LETTERS = 12
DATES = [*CHRONOLOGY]


def images_of(content: bytes, dpi: int = 200) -> list[Any]:
    """Draw the pages of a PDF as images."""
    import pymupdf
    from PIL import Image

    with pymupdf.open(stream=content) as document:
        drawn = [page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY) for page in document]
    return [Image.frombytes("L", (one.width, one.height), one.samples) for one in drawn]


def saved(images: list[Any], kind: str = "PDF") -> bytes:
    file = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": images[1:]} if kind in {"PDF", "TIFF"} else {}
    images[0].save(file, kind, resolution=200, **more)
    return file.getvalue()


@needs_engine
def test_scans_of_a_dozen_letters_are_right_or_null_or_refused(tmp_path: Path) -> None:
    short = sorted(synthesize(5 * LETTERS, seed=3), key=lambda one: len(one.text))[:LETTERS]  # a page takes seconds
    made = {one.letter.case_number: one for one in short}
    for name, one in made.items():
        (tmp_path / f"{name}-scan.pdf").write_bytes(saved(images_of(on_letter_paper(one.text))))
    imrdata.build(tmp_path, tmp_path.parent / "read", ocr="auto")
    data = imrdata.load(tmp_path.parent / "read")
    assert data.letters.height >= LETTERS - 1, data.quarantine["message"].to_list()
    assert set(data.letters["text_origin"]) == {"ocr"}
    assert data.letters["ocr_engine"][0].startswith("tesseract ")
    for row in data.letters.iter_rows(named=True):
        truth = made[row["case_number"]].letter
        assert all(row[name] in (None, getattr(truth, name)) for name in DATES)
        assert sum(row[name] is None and getattr(truth, name) is not None for name in DATES) <= 1
    for row in data.decisions.iter_rows(named=True):
        request = made[row["case_number"]].letter.requests[row["request_number"] - 1]
        assert row["outcome"] == request.outcome
        assert row["quantity"] in (None, request.treatment.amounts.quantity)


@needs_engine
def test_each_page_is_read_in_its_own_way() -> None:
    import pymupdf

    text = LETTER.replace("IMR ISSUES", "\fIMR ISSUES")
    first, second = images_of(on_letter_paper(text))
    with pymupdf.open(stream=on_letter_paper(text)) as document:
        document.delete_page(1)
        page = document.new_page(1, width=612, height=792)
        page.insert_image(page.rect, stream=saved([second], "PNG"))
        mixed = document.tobytes()
    with pytest.raises(LetterError, match=r'page 2 .*; ocr="auto"'):
        imrdata.read_letter(mixed)
    truth = read_text(LETTER)
    letter = imrdata.read_letter(mixed, ocr="auto")
    assert (letter.text_origin, letter.case_number) == ("mixed", truth.case_number)
    assert [one.outcome for one in letter.requests] == [one.outcome for one in truth.requests]
    assert imrdata.read_letter(on_letter_paper(text), ocr="auto").text_origin == "embedded"
    assert imrdata.read_letter(on_letter_paper(text), ocr="always").text_origin == "ocr"
    back = first.point(lambda _: 250)
    turned = [first.rotate(180), back, second.rotate(2, fillcolor=255), back]  # two-sided
    letter = imrdata.read_letter(saved(turned, "TIFF"), ocr="auto")
    assert [one.outcome for one in letter.requests] == [one.outcome for one in truth.requests]


@needs_engine
def test_a_build_tries_again_what_it_refused_without_recognition(tmp_path: Path) -> None:
    folder, dest = tmp_path / "scans", tmp_path / "read"
    folder.mkdir()
    (folder / "letter.png").write_bytes(saved(images_of(on_letter_paper(LETTER[: LETTER.index("Acupuncture")])), "PNG"))
    (folder / "letter.md").write_text(LETTER)
    assert imrdata.build(folder, dest).skipped_count == 1
    report = imrdata.build(folder, dest, ocr="auto")
    assert (report.read_count, report.skipped_count) == (1, 0)
    assert imrdata.build(folder, dest, ocr="auto").is_unchanged


@needs_engine
def test_the_command_line_and_a_dataset_read_a_scan(tmp_path: Path) -> None:
    scan, dest = tmp_path / "scan.tif", tmp_path / "data"
    scan.write_bytes(saved(images_of(on_letter_paper(LETTER.partition("Acupuncture")[0])), "TIFF"))
    assert CliRunner().invoke(app, ["show", str(scan)]).exit_code == 4
    for command in (["show", str(scan)], ["check", str(scan)], ["build", str(scan), str(dest)]):
        done = CliRunner().invoke(app, [*command, "--ocr", "auto"])
        assert done.exit_code == 0, done.output
        assert ("CM16-0000123" in done.output) == (command[0] == "show")
    letter = imrdata.load(dest).letter("CM16-0000123")
    assert "Words were recognized in images by tesseract" in letter._repr_html_()
    assert 'alt="CM16-0000123, page 1 of 1"' in letter.show_page("decision_date").html


@needs_engine
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\nno picture", "recognition_failed"),
        (b"\xff\xd8\xff\xe0", "recognition_failed"),
    ],
)
def test_a_damaged_picture_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(LetterError) as refusal:
        imrdata.read_letter(content, ocr="auto")
    assert refusal.value.reason == reason


@needs_engine
def test_a_huge_picture_or_page_is_refused_or_drawn_small(tmp_path: Path) -> None:
    import pymupdf
    from PIL import Image

    (tmp_path / "a.png").write_bytes(saved([Image.new("1", (12_000, 9_000), 1)], "PNG"))
    (tmp_path / "b.tif").write_bytes(saved([Image.new("1", (8, 8))] * (MAX_PAGES + 1), "TIFF"))
    with pymupdf.open() as document:
        page = document.new_page(width=14_000, height=14_000)  # 194 inches: 38,900 pixels at 200 dots an inch
        page.insert_image(page.rect, stream=saved(images_of(on_letter_paper(LETTER)), "PNG"), keep_proportion=False)
        document.save(tmp_path / "c.pdf")
    with pytest.warns(imrdata.ImrDataWarning):
        data = imrdata.load(tmp_path, ocr="auto")
    refused = dict(data.quarantine.select("source", "message").rows())
    assert "12000 x 9000 pixels" in refused[str(tmp_path / "a.png")]
    assert f"{MAX_PAGES + 1} pages" in refused[str(tmp_path / "b.tif")]
    assert {"out_of_memory", "worker_died", "internal_error"}.isdisjoint(data.quarantine["reason"])


def test_a_page_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pytesseract")
    engine = tmp_path / "tesseract"
    engine.write_text('#!/bin/sh\n[ "$1" = --version ] && echo tesseract 5.3.0 && exit\nwhile :; do :; done\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(ocr, "SECONDS_A_PAGE", 1)
    with pytest.raises(LetterError, match="a page takes more than 1 s of CPU") as refusal:
        read_recognized(saved(images_of(on_letter_paper(LETTER))), "scan.pdf", "auto", lambda: None)
    assert (refusal.value.reason, refusal.value.source) == ("recognition_failed", "scan.pdf")


@needs_engine
def test_progress_is_shown_from_the_first_scans_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        (tmp_path / f"{number}.md").write_text(LETTER.replace("CM16-0000123", f"CM16-000012{number}"))
    imrdata.load(tmp_path, ocr="auto", progress=True)
    assert "5 letters" in capsys.readouterr().err
    imrdata.load(tmp_path, progress=True)
    assert capsys.readouterr().err == ""


def test_a_picture_is_refused_with_the_word_that_turns_recognition_on(tmp_path: Path) -> None:
    for content in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"MM\0*"):
        with pytest.raises(LetterError, match='ocr="auto"'):
            imrdata.read_letter(content + bytes(40))
    for suffix in SCAN_SUFFIXES:
        (tmp_path / f"CM16-0000123{suffix}").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "letter.md").write_text(LETTER)
    with pytest.warns(imrdata.ImrDataWarning, match="5 of 6"):
        data = imrdata.load(tmp_path)
    assert all('ocr="auto"' in message for message in data.quarantine["message"])


def test_a_missing_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr.shutil, "which", lambda _: None)
    for call in (imrdata.load, imrdata.load_decisions, imrdata.read_letter):
        with pytest.raises(MissingExtraError) as refusal:
            call(LETTER, ocr="auto")
        for way in (r"imrdata[ocr]", "apt-get install tesseract-ocr", "brew install tesseract", "winget"):
            assert way in str(refusal.value)
    assert imrdata.read_letter(LETTER).text_origin is None


def test_there_are_three_ways_of_reading_images(tmp_path: Path) -> None:
    for call in (imrdata.load, imrdata.read_letter, lambda source, ocr: imrdata.build(source, tmp_path, ocr=ocr)):
        with pytest.raises(UnknownTermError) as refusal:
            call(LETTER, ocr="sometimes")
        assert refusal.value.reason == "unknown_ocr"


def test_nothing_of_it_is_imported_where_it_is_not_asked_for() -> None:
    code = (
        "import sys, imrdata; imrdata.load(imrdata.example_letter()); "
        "print({'pytesseract', 'PIL', 'imrdata.datasets.ocr.pytesseract'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- WHAT TWO PASSES AGREE ON --- #


def pages(text: str, *unsure: str) -> list[list[list[Word]]]:
    """Return the lines of one page; some words are uncertain."""
    return [[[Word(word, SURE - 1 if word in unsure else SURE) for word in line.split()] for line in text.split("\n")]]


def both(change: Callable[[str], str] = lambda text: text, *unsure: str) -> Letter:
    """Read a letter once as it is and once changed, and return the accepted values."""
    second = change(LETTER)
    return agreed([(read_text(text), pages(text, *unsure)) for text in (LETTER, second)])


def test_passes_that_read_alike_and_surely_change_nothing() -> None:
    assert both() == read_text(LETTER)
    assert both().diagnostics == read_text(LETTER).diagnostics


@pytest.mark.parametrize("place", [0, 1])
def test_one_pass_that_is_not_sure_is_enough_for_a_doubt_until_a_third_reads_alike(place: int) -> None:
    truth = read_text(LETTER)

    def unsure(*words: str, count: int = 2) -> Letter:
        return agreed([(truth, pages(LETTER, *words) if at == place else pages(LETTER)) for at in range(count)])

    for word in ("CM16-0000123", "Upheld"):
        with pytest.raises(LetterError, match="uncertain"):
            unsure(word)
    letter = unsure("12/19/2016", "12", "torn")
    assert (letter.decision_date, letter.requests[1].treatment.amounts.quantity) == (None, None)
    told = {(one.code, one.column, one.request_number, one.excerpt) for one in letter.diagnostics}
    assert {
        ("uncertain_value", "decision_date", None, None),
        ("uncertain_value", "quantity", 2, None),
        ("uncertain_words", "rationale_text", 1, "torn"),
        ("uncertain_words", "decision_date", None, "12/19/2016"),
    } <= told
    letter = unsure("CM16-0000123", "Upheld", "12/19/2016", count=3)
    assert letter == truth
    assert {one.code for one in letter.diagnostics} == {"uncertain_words"}
    for thrice in (2, 3):  # uncertain passes of three
        seen = [pages(LETTER, *["12/19/2016"] * (at < thrice)) for at in range(3)]
        letter = agreed([(truth, one) for one in seen])
        assert letter.decision_date == (truth.decision_date if thrice == 2 else None)


def test_a_third_pass_that_reads_otherwise_is_a_doubt() -> None:
    other = LETTER.replace("12/19/2016", "12/18/2016")
    letter = agreed([(read_text(text), pages(text)) for text in (LETTER, LETTER, other)])
    assert letter.decision_date is None


@pytest.mark.parametrize(
    ("change", "unsure"),
    [
        (lambda text: text.replace("CM16-0000123", "CM16-0000128"), ()),
        (lambda text: text.replace("knee: Upheld", "knee: Overturned"), ()),
        (lambda text: text, ("CM16-0000123",)),
        (lambda text: text, ("Upheld",)),
    ],
)
def test_a_doubt_of_the_key_or_of_an_outcome_refuses(change: Callable[[str], str], unsure: tuple[str, ...]) -> None:
    with pytest.raises(LetterError) as refusal:
        both(change, *unsure)
    assert refusal.value.reason == "uncertain_recognition"


@pytest.mark.parametrize(
    ("change", "unsure", "column", "number"),
    [
        (lambda text: text.replace("12/19/2016", "12/18/2016"), (), "decision_date", None),
        (lambda text: text, ("12/19/2016",), "decision_date", None),
        (lambda text: text.replace("41 year", "47 year"), (), "patient_age", None),
        (lambda text: text.replace("sessions is", "session is").replace("12 s", "72 s"), (), "quantity", 2),
    ],
)
def test_a_doubt_of_a_date_or_a_number_is_null_and_told(
    change: Callable[[str], str], unsure: tuple[str, ...], column: str, number: int | None
) -> None:
    letter = both(change, *unsure)
    value = getattr(letter.requests[number - 1].treatment.amounts, column) if number else getattr(letter, column)
    assert value is None
    assert (column, number) in {
        (one.column, one.request_number) for one in letter.diagnostics if one.code == "uncertain_value"
    }


def test_dates_out_of_order_are_null() -> None:
    text = LETTER.replace("11/18/2016", "11/18/2018")  # all passes misread it: it is after the decision
    letter = agreed([(read_text(text), pages(text))] * 2)
    assert (letter.assigned_date, letter.decision_date) == (None, None)
    assert letter.injury_date is not None


def test_uncertain_words_are_told_with_their_column_and_kept() -> None:
    letter = both(lambda text: text.replace("torn ligament", "tom ligament"), "Acupuncture")
    told = {(one.column, one.request_number) for one in letter.diagnostics if one.code == "uncertain_words"}
    assert {("rationale_text", 1), ("disputed_treatment_text", 2), ("request_text", 2)} <= told
    assert letter.requests[0].rationale_text == read_text(LETTER).requests[0].rationale_text
    assert letter.requests[1].treatment.amounts == read_text(LETTER).requests[1].treatment.amounts


def test_the_review_shows_the_doubts_of_a_scan_first() -> None:
    letter = both(lambda text: text.replace("12/19/2016", "12/18/2016"), "Acupuncture", "torn")
    other = LETTER.replace("Date Assigned: 11/18/2016", "Date Assigned: 01/18/2017").replace("CM16", "CM15")
    parts = [batch_of([(Document(name), name, one)]) for name, one in (("a", read_text(other)), ("b", letter))]
    found = review.queue(collect(parts))
    of_scan = found.filter(case_number="CM16-0000123").select("column", "request_number", "words", "reason").rows()
    assert ("decision_date", None, None, "uncertain_value") in of_scan
    assert ("rationale_text", 1, "torn", "uncertain_words") in of_scan
    assert {"uncertain_value", "uncertain_words"} == {reason for *_, reason in of_scan}
    assert found["severity"].head(len(of_scan) + 2).to_list() == ["high"] * (len(of_scan) + 2)  # 2 dates out of order


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Case Number: CM25-9885 140", "Case Number: CM25-9885140"),
        ("CM25-9 885 140", "CM25-9885140"),
        ("CM25-988514 10/20/2016", "CM25-988514 10/20/2016"),  # a digit was lost
        ("CM25-9885140 3", "CM25-9885140 3"),
    ],
)
def test_a_case_number_that_was_read_in_parts_is_whole(line: str, text: str) -> None:
    assert page_text(pages(line)[0]) == text
