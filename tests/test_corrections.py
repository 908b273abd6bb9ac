"""Test corrections: they are checked, applied, kept by later builds, and undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import DECISIONS, DETERMINATION, HEADER, ITEMS, SUMMARY
from test_builds import content, letter, overturned

import imrdata
from imrdata.datasets.store import committed


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"{number}.txt").write_text(letter(number))
    return folder


@pytest.fixture
def dataset(source: Path, tmp_path: Path) -> Path:
    imrdata.build(source, tmp_path / "data")
    return tmp_path / "data"


def correction(case: int, request: int | None, column: str, value: str | None) -> dict[str, Any]:
    number = f"CM16-{case:07d}"
    place = {"case_number": number, "request_number": request, "column": column, "value": value}
    return place | {"reason": "the letter says so", "corrected_by": "A. Reader"}


def frame(*corrections: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(corrections, infer_schema_length=None)


def row(data: imrdata.Dataset, table: str, **key: Any) -> dict[str, Any]:
    return getattr(data, table).filter(**key).row(0, named=True)  # type: ignore[no-any-return]


# --- what a correction does ---


def test_a_value_of_a_request_is_corrected_and_the_row_says_so(dataset: Path) -> None:
    report = imrdata.correct(
        dataset, frame(correction(2, 2, "quantity", "9"), correction(2, 2, "body_parts", "knee; hip"))
    )
    assert (report.applied_count, report.agreeing_count, report.without_row_count, report.version) == (2, 0, 0, 2)
    assert report.corrections.select("column", "value_read").rows() == [("body_parts", None), ("quantity", "12")]
    found = row(imrdata.load(dataset), "decisions", case_number="CM16-0000002", request_number=2)
    assert (found["quantity"], found["body_parts"]) == (9.0, ["knee", "hip"])
    assert found["corrected_columns"] == ["body_parts", "quantity"]
    others = imrdata.load_decisions(dataset).filter(pl.col("corrected_columns").list.len() == 0)
    assert others.height == 5
    imrdata.verify(dataset)
    assert imrdata.load_decisions(dataset, version=1).filter(quantity=9).is_empty()


def test_a_correction_may_name_a_drug_that_no_vocabulary_has(dataset: Path) -> None:
    assert imrdata.correct(dataset, frame(correction(2, 2, "drugs", "newdrugine"))).applied_count == 1
    assert row(imrdata.load(dataset), "decisions", case_number="CM16-0000002", request_number=2)["drugs"] == [
        "newdrugine"
    ]


def test_a_corrected_outcome_moves_the_counts_and_the_outcome_of_the_case(dataset: Path) -> None:
    imrdata.correct(dataset, frame(correction(1, 1, "outcome", "Overturned")))
    data = imrdata.load(dataset)
    case = row(data, "letters", case_number="CM16-0000001")
    assert (case["overturned_count"], case["case_outcome"]) == (2, "Overturned")
    assert case["corrected_columns"] == ["case_outcome", "overturned_count"]
    rows = (
        data.decisions.filter(case_number="CM16-0000001").select("outcome", "case_outcome", "corrected_columns").rows()
    )
    moved = ["case_outcome"]
    assert rows == [("Overturned", "Overturned", [*moved, "outcome"]), ("Overturned", "Overturned", moved)]
    back = frame(correction(1, 1, "outcome", "Upheld"), correction(1, 2, "outcome", "Upheld"))
    imrdata.correct(dataset, back)  # another count, and the same outcome of the case as without corrections of 1
    case = row(imrdata.load(dataset), "letters", case_number="CM16-0000001")
    assert (case["case_outcome"], case["corrected_columns"]) == ("Upheld", ["case_outcome", "overturned_count"])


def test_a_corrected_column_of_the_letter_is_corrected_in_its_decisions(dataset: Path) -> None:
    imrdata.correct(
        dataset, frame(correction(3, None, "decision_date", "2016-12-20"), correction(3, None, "patient_age", None))
    )
    data = imrdata.load(dataset)
    for table in ("letters", "decisions"):
        for found in getattr(data, table).filter(case_number="CM16-0000003").iter_rows(named=True):
            assert (str(found["decision_date"]), found["patient_age"]) == ("2016-12-20", None)
            assert found["corrected_columns"] == ["decision_date", "patient_age"]


def test_a_correction_replaces_an_earlier_one_and_remembers_what_was_read(dataset: Path) -> None:
    imrdata.correct(dataset, frame(correction(1, 2, "quantity", "9")))
    report = imrdata.correct(dataset, frame(correction(1, 2, "quantity", "10")))
    assert report.corrections.select("value", "value_read").rows() == [("10", "12")]
    assert row(imrdata.load(dataset), "decisions", case_number="CM16-0000001", request_number=2)["quantity"] == 10


def test_a_build_keeps_the_files_of_corrected_rows_that_it_does_not_change(source: Path, dataset: Path) -> None:
    imrdata.correct(dataset, frame(correction(3, None, "patient_age", "50")))
    before = {table: committed(dataset).files[table] for table in ("letters", "decisions", "corrections")}
    (source / "4.txt").write_text(letter(4))
    imrdata.build(source, dataset)
    for table, files in before.items():
        assert [file for file in committed(dataset).files[table] if file in files] == files
    assert imrdata.load_letters(dataset)["patient_age"].to_list()[2] == 50
    assert imrdata.load_letters(dataset).height == 4


def test_undo_gives_back_what_was_read(dataset: Path) -> None:
    before = content(dataset)
    three = frame(
        correction(1, 1, "outcome", "Overturned"),
        correction(1, None, "patient_age", "50"),
        correction(1, 2, "quantity", "9"),
    )
    imrdata.correct(dataset, three)
    assert content(dataset) != before
    report = imrdata.correct(dataset, three.head(2), undo=True)
    assert report.corrections["column"].to_list() == ["quantity"]
    data = imrdata.load(dataset)
    assert row(data, "letters", case_number="CM16-0000001")["case_outcome"] == "Partially overturned"
    imrdata.correct(dataset, three.tail(1), undo=True)
    assert content(dataset) == before


def test_undo_needs_the_same_value_and_commits_nothing_if_there_is_none(dataset: Path) -> None:
    imrdata.correct(dataset, frame(correction(1, 2, "quantity", "9"), correction(1, None, "patient_age", "50")))
    before = (dataset / "manifest.json").read_bytes()
    other = frame(correction(1, 2, "quantity", "10"), correction(1, 2, "drugs", None))
    report = imrdata.correct(dataset, other, undo=True)
    assert (report.version, report.undone_count, report.applied_count) == (2, 0, 2)
    no_such = "the dataset has no such correction"
    assert report.ignored.select("row", "column", "why").rows() == [(1, "quantity", no_such), (2, "drugs", no_such)]
    assert str(report).endswith("version 2; 2 of the given rows ignored")
    assert (dataset / "manifest.json").read_bytes() == before
    nameless = frame(correction(1, 2, "quantity", "9.0") | {"reason": None, "corrected_by": ""})
    report = imrdata.correct(dataset, nameless, undo=True)
    assert (report.version, report.undone_count, report.corrections["column"].to_list()) == (3, 1, ["patient_age"])


def test_the_same_corrections_again_commit_nothing(dataset: Path) -> None:
    given = frame(correction(1, 2, "quantity", "9"), correction(1, None, "patient_age", "50"))
    assert [imrdata.correct(dataset, one).version for one in (given, given.reverse(), given)] == [2, 2, 2]


def test_rows_that_a_later_row_replaces_are_reported(dataset: Path, tmp_path: Path) -> None:
    first, second = correction(1, 2, "quantity", "9"), correction(1, 2, "quantity", "10")
    frame(first, correction(1, None, "patient_age", "50"), second).write_csv(tmp_path / "both.csv")
    for given, number in ((frame(first, second), 1), (tmp_path / "both.csv", 2)):
        report = imrdata.correct(dataset, given)
        assert report.corrections.filter(column="quantity")["value"].to_list() == ["10"]
        (ignored,) = report.ignored.rows(named=True)
        assert (ignored["row"], ignored["value"], ignored["why"]) == (number, "9", "a later row has the same field")
        assert imrdata.correct(dataset, given, undo=True).undone_count == report.corrections.height


# --- later builds ---


def test_builds_keep_corrections_and_say_where_the_reader_agrees(
    source: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imrdata.correct(
        dataset, frame(correction(2, 1, "outcome", "Overturned"), correction(9, 1, "outcome", "Overturned"))
    )
    (source / "4.txt").write_text(letter(4))
    imrdata.build(source, dataset)
    assert row(imrdata.load(dataset), "decisions", case_number="CM16-0000002")["outcome"] == "Overturned"
    (source / "2.txt").write_text(overturned(2))  # the letter was issued again, and now says the same
    (source / "9.txt").write_text(letter(9))  # the case of the other correction
    imrdata.build(source, dataset)
    data = imrdata.load(dataset)
    assert row(data, "decisions", case_number="CM16-0000002")["corrected_columns"] == ["outcome"]
    assert row(data, "decisions", case_number="CM16-0000009")["outcome"] == "Overturned"
    report = imrdata.correct(dataset, frame(correction(7, 1, "outcome", "Upheld")))
    states = dict(report.corrections.select("case_number", "state").rows())
    assert states == {"CM16-0000002": "agrees", "CM16-0000007": "without row", "CM16-0000009": "applied"}
    assert str(report) == "corrections: 1 applied, 1 equal to the value read, 1 without a row; version 5"


def test_a_correction_of_a_request_that_is_no_longer_read_stays_and_can_be_given_again(
    source: Path, dataset: Path
) -> None:
    given = frame(correction(2, 2, "quantity", "9"))
    imrdata.correct(dataset, given)
    letter_of_one = (HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0]).replace("CM16-0000123", "CM16-0000002")
    (source / "2.txt").write_text(letter_of_one)
    imrdata.build(source, dataset)
    assert imrdata.load_decisions(dataset).filter(case_number="CM16-0000002").height == 1
    assert imrdata.correct(dataset, given).without_row_count == 1
    with pytest.raises(imrdata.errors.CorrectionError, match="no request 2; the letter has 1"):
        imrdata.correct(dataset, frame(correction(2, 2, "strength", "5 mg")))


def test_a_reading_by_another_version_keeps_corrections(
    source: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imrdata.correct(dataset, frame(correction(2, 2, "quantity", "9")))
    before = content(dataset)
    monkeypatch.setattr("imrdata.datasets.builds.engine.reader_version", lambda: "99.0.0+0")
    assert imrdata.build(source, dataset, reread=True).read_count == 3
    assert content(dataset) == before


# --- datasets in memory ---


def test_load_takes_corrections(source: Path, dataset: Path, tmp_path: Path) -> None:
    given = frame(correction(1, 1, "outcome", "Overturned"), correction(2, None, "priority", "Expedited"))
    imrdata.correct(dataset, given)
    file = tmp_path / "marks.csv"
    given.write_csv(file)
    for corrections in (given, file):
        data = imrdata.load(source, corrections=corrections)
        for table in ("letters", "decisions"):
            assert getattr(data, table).equals(getattr(imrdata.load(dataset), table))
        assert imrdata.load_decisions(source, corrections=corrections).equals(data.decisions)


def test_load_tells_of_corrections_of_letters_that_are_not_there_and_refuses_those_of_no_request(source: Path) -> None:
    given = frame(correction(1, 1, "outcome", "Overturned"), correction(8, 1, "outcome", "Overturned"))
    with pytest.warns(imrdata.ImrDataWarning, match="1 corrected letters are not in the source, first CM16-0000008"):
        assert imrdata.load(source, corrections=given).decisions["outcome"][0] == "Overturned"
    with pytest.raises(imrdata.errors.CorrectionError, match="there is no request 3; the letter has 2"):
        imrdata.load_decisions(source, corrections=frame(correction(1, 3, "outcome", "Overturned")))


# --- what is refused ---


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            correction(1, 1, "outcome", "granted"),
            "row 1: outcome cannot be 'granted': it is one of Upheld, Overturned",
        ),
        (correction(1, 1, "outcome", None), "row 1: outcome is never null"),
        (correction(1, 1, "quantity", "many"), "row 1: quantity cannot be 'many': could not convert"),
        (
            correction(1, None, "decision_date", "19/12/2016"),
            "row 1: decision_date cannot be '19/12/2016': it is a date such as",
        ),
        (correction(1, None, "is_represented", "maybe"), "it is true or false"),
        (
            correction(1, 1, "case_number", "CM16-0000009"),
            "column 'case_number' cannot be corrected; there are: ",
        ),
        (
            correction(1, None, "case_outcome", "Upheld"),
            "column 'case_outcome' cannot be corrected; there are: ",
        ),
        (correction(1, None, "outcome", "Upheld"), "row 1: outcome is a column of a request: give its request_number"),
        (correction(1, 1, "patient_age", "50"), "patient_age is a column of the letter: leave out the request_number"),
        (
            correction(1, None, "reviewer_states", "CA, TX"),
            "'CA, TX': no such value; lists are joined by ;; there are: ",
        ),
        (correction(1, None, "reviewer_specialties", "Neurology, Surgery"), "no such value; lists are joined by ;"),
        (correction(1, 1, "body_parts", "knees"), "body_parts cannot be 'knees': no such value; did you mean knee"),
        (correction(1, 1, "quantity_unit", "session"), "no such value; did you mean sessions"),
        (correction(1, 1, "outcom", "Upheld"), "row 1: column 'outcom' cannot be corrected; did you mean outcome"),
        (correction(1, 3, "outcome", "Upheld"), "CM16-0000001, outcome: there is no request 3; the letter has 2"),
        (correction(1, 1, "quantity", "-3"), "the corrected decisions break their contract"),
        (correction(1, None, "patient_age", "500"), "the corrected letters break their contract"),
        (correction(1, 1, "treatment_category", "Surgery"), "break their contract; correct the other columns too"),
    ],
)
def test_a_value_that_the_contract_forbids_is_refused_and_nothing_changes(
    dataset: Path, one: dict[str, Any], words: str
) -> None:
    before = (dataset / "manifest.json").read_bytes()
    with pytest.raises(imrdata.errors.CorrectionError, match=words.replace("(", r"\(")):
        imrdata.correct(dataset, frame(one))
    assert (dataset / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"case_number": "CM99-1"}, "'CM99-1' is not a case number"),
        ({"reason": " "}, "row 1: reason is empty"),
        ({"corrected_by": None}, "row 1: corrected_by is empty"),
        ({"request_number": 0}, "request_number is '0', which is not the number of a request"),
        ({"request_number": 99999}, "request_number is '99999', which is not the number of a request"),
    ],
)
def test_a_row_without_a_request_reason_or_person_is_refused(dataset: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(imrdata.errors.CorrectionError, match=words):
        imrdata.correct(dataset, frame(correction(1, 1, "outcome", "Upheld") | change))


def test_a_case_number_may_be_typed_in_other_forms(dataset: Path) -> None:
    report = imrdata.correct(dataset, frame(correction(1, 1, "quantity", "3") | {"case_number": "cm16 0000001"}))
    assert report.corrections["case_number"].to_list() == ["CM16-0000001"]
    assert report.corrections["state"].to_list() == ["applied"]


def test_a_file_that_is_not_there_is_said_so(dataset: Path, tmp_path: Path) -> None:
    for file, words in ((tmp_path / "none.csv", "none.csv: there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(imrdata.errors.SourceError, match=words):
            imrdata.correct(dataset, file)


def test_every_row_at_fault_is_named(dataset: Path) -> None:
    with pytest.raises(imrdata.errors.CorrectionError, match=r"(?s)2 corrections cannot be applied.*row 1.*row 3"):
        imrdata.correct(
            dataset,
            frame(
                correction(1, 1, "outcome", "x"), correction(1, 2, "quantity", "1"), correction(1, 2, "nothing", "1")
            ),
        )
    with pytest.raises(imrdata.errors.CorrectionError, match="lack the columns value, reason, corrected_by"):
        imrdata.correct(dataset, frame(correction(1, 1, "outcome", "Upheld")).drop("value", "reason", "corrected_by"))
