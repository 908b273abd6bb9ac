"""Test a review round without the widget: display, position of the words, and resuming after a stop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.datasets.dataset import Dataset
from imrdata.errors import MissingExtraError
from imrdata.letters.reading import read_text
from imrdata.review import open as open_widget
from imrdata.review import read_marks, sample
from imrdata.review.round import Round, pieces, spans_of

COLUMNS = ["outcome", "drugs", "reviewer_specialties", "decision_date", "is_represented"]


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    for number in (123, 124, 125, 126):
        (tmp_path / f"{number}.txt").write_text(LETTER.replace("CM16-0000123", f"CM16-0000{number}"))
    (tmp_path / "other.txt").write_text("This is no letter.\n" * 20)
    with pytest.warns(imrdata.ImrDataWarning):
        return imrdata.load(tmp_path)


@pytest.mark.parametrize(
    ("column", "number", "marked"),
    [
        ("decision_date", None, ["12/19/2016"]),
        ("reviewer_specialties", None, ["Physical Medicine & Rehabilitation", "Pain Management"]),
        ("outcome", 2, ["Overturned"]),
        ("drugs", 1, ["MRI of the left knee"]),
        ("requested_quantity", 2, ["Acupuncture 18 sessions"]),
        ("authorized_text", 2, ["Acupuncture 6 sessions"]),
        ("is_retrospective", 1, ["MRI of the left knee"]),
        ("patient_sex", None, ["female"]),
        ("letter_layout", None, []),
    ],
)
def test_the_words_of_a_field_are_marked(column: str, number: int | None, marked: list[str]) -> None:
    letter = read_text(LETTER)
    found = list(pieces(letter.text, spans_of(letter, column, number)))
    assert "".join(text for text, _ in found) == letter.text
    assert [" ".join(text.split()) for text, is_field in found if is_field] == marked


def test_a_derived_field_is_shown_with_its_words_and_the_row_that_decided(data: Dataset, tmp_path: Path) -> None:
    items = sample(data, 8, seed=1, columns=["treatment_name"], letters=0, documents=0).filter(request_number=1).head(1)
    shown = Round(items, data, tmp_path / "marks.csv", "Ann").letter_pieces()
    assert [text for text, is_field in shown["pieces"] if is_field] == ["MRI"]
    assert "of treatments.csv, rank service" in shown["why"]


def test_all_requests_are_marked_for_a_whole_letter() -> None:
    letter = read_text(LETTER)
    found = [text for text, is_field in pieces(letter.text, spans_of(letter, "request_count", None)) if is_field]
    assert [text[:11] for text in found] == ["MRI of the ", "Acupuncture"]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], [("abcdef", False)]),
        ([(0, 2), (1, 3)], [("ab", True), ("c", True), ("def", False)]),
        ([(4, 6), (0, 1)], [("a", True), ("bcd", False), ("ef", True)]),
        ([(0, 6), (2, 3)], [("abcdef", True)]),
    ],
)
def test_pieces_of_a_text(spans: list[tuple[int, int]], expected: list[tuple[str, bool]]) -> None:
    assert list(pieces("abcdef", spans)) == expected


def test_a_round_goes_on_where_it_stopped_whoever_else_marks(data: Dataset, tmp_path: Path) -> None:
    items, file = sample(data, 10, seed=1, columns=COLUMNS), tmp_path / "marks.csv"
    first = Round(items, data, file, "Ann")
    for _ in range(3):
        first.mark("right")
    assert Round(items, data, file, "Ann").at == 3
    assert Round(items, data, file, "Bob").at == 0
    again = Round(items, data, file, "Ann")
    again.go(-2)
    assert again.screen()["said"]["verdict"] == "right"
    again.mark("skipped", note="blurred")
    assert read_marks(file).filter(verdict="skipped")["reason"].to_list() == ["blurred"]
    assert again.at == 2


def test_the_end_and_the_time_that_is_left(data: Dataset, tmp_path: Path) -> None:
    work = Round(sample(data, 2, seed=1, columns=["outcome"], documents=0), data, tmp_path / "marks.csv", "Ann")
    assert work.screen()["seconds_left"] is None
    work.mark("right")
    assert work.screen()["seconds_left"] == 0
    work.go(5)
    assert (work.screen()["item"], work.letter_pieces()) == (None, {})


@pytest.mark.parametrize(
    ("column", "value", "error"), [("outcome", "Perhaps", "Overturned"), ("decision_date", "19/12/2016", "such as")]
)
def test_a_value_that_the_column_cannot_hold_is_not_written(
    data: Dataset, tmp_path: Path, column: str, value: str, error: str
) -> None:
    work = Round(sample(data, 1, seed=1, columns=[column]), data, tmp_path / "marks.csv", "Ann")
    with pytest.raises(ValueError, match=error):
        work.mark("corrected", value)
    assert not work.file.exists()
    assert work.at == 0


def test_documents_of_quarantine_and_letters_that_are_gone_are_told(data: Dataset, tmp_path: Path) -> None:
    items = sample(data, 0, seed=1, letters=1, documents=1)
    for file in tmp_path.glob("1*.txt"):
        file.unlink()
    work = Round(items, data, tmp_path / "marks.csv", "Ann")
    for question in ("Are they all", "Is that right"):
        assert question in work.screen()["item"]["question"]
        assert work.letter_pieces()["pieces"][0][0].startswith("The letter cannot be shown")
        with pytest.raises(ValueError, match="no value to correct"):
            work.mark("corrected", "3")
        work.mark("wrong")
    assert read_marks(work.file)["drawn_of"].to_list() == [4, 1]


def test_choices_are_those_of_the_column(data: Dataset, tmp_path: Path) -> None:
    for column, choice in (
        ("outcome", "Upheld"),
        ("is_represented", "true"),
        ("reviewer_specialties", "Pain Management"),
    ):
        work = Round(sample(data, 1, seed=1, columns=[column]), data, tmp_path / "marks.csv", "Ann")
        assert choice in work.screen()["item"]["choices"]


def test_without_anywidget_the_extra_is_named(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "imrdata.review.desk", raising=False)
    with pytest.raises(MissingExtraError, match="notebooks"):
        open_widget(pl.DataFrame(), data)


def test_the_page_of_a_fields_words_is_drawn_or_it_is_said_why_not(
    tmp_path: Path, pdf_of: Callable[..., bytes]
) -> None:
    file = tmp_path / "letter.pdf"
    file.write_bytes(pdf_of(LETTER.replace("IMR ISSUES", "\fIMR ISSUES")))
    (tmp_path / "letter.md").write_text(LETTER.replace("CM16-0000123", "CM16-0000124"))
    data = imrdata.load(tmp_path)
    rows = [("CM16-0000123", 2, "outcome"), ("CM16-0000123", None, "decision_date"), ("CM16-0000124", 1, "drugs")]
    schema = {"case_number": pl.String, "request_number": pl.Int16, "column": pl.String}
    items = pl.DataFrame(rows, schema, orient="row")
    desk = Round(items.with_columns(source=None, value=None), data, tmp_path / "marks.csv", "Ann")
    shown = [desk.page(number) for number in (None, 1, 7)]
    assert [(one["number"], one["count"], one["why"]) for one in shown] == [(2, 2, ""), (1, 2, ""), (2, 2, "")]
    assert shown[0]["image"] == shown[2]["image"] != shown[1]["image"]
    assert all(one["image"].startswith("data:image/png;base64,") for one in shown)
    desk.go(1)
    assert desk.page(None)["number"] == 1
    file.write_bytes(b"%PDF-1.7 another")
    assert "was changed" in desk.page(None)["why"]
    desk.go(1)
    why = "no image: the letter was read from a text"
    assert desk.page(None) == {"number": 1, "count": 1, "image": "", "why": why}
    desk.go(1)
    assert desk.page(None) == {}
