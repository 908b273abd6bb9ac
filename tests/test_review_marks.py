"""Test samples, marks, and the accuracy computed from them."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import LETTER, ROOT

import imrdata
from imrdata.analysis.quantiles import exact_interval
from imrdata.datasets.dataset import Dataset
from imrdata.errors import CorrectionError, UnknownTermError
from imrdata.review import accuracy, form, merge, queue, read_marks, sample
from imrdata.review.fields import checked_columns, is_of_request
from imrdata.review.marks import append, check_own, mark_of
from imrdata.review.measured import share_of

COLUMNS = ["outcome", "treatment_category", "drugs", "body_parts", "decision_date", "patient_age"]


@pytest.fixture(scope="module")
def data() -> Dataset:
    return imrdata.load()


# --- SAMPLES --- #


def test_the_same_seed_and_data_give_the_same_sample(data: Dataset) -> None:
    mixed = {name: getattr(data, name).sample(fraction=1, shuffle=True, seed=3) for name in ("letters", "decisions")}
    drawn = sample(data, 60, seed=4)
    assert drawn.equals(sample(replace(data, **mixed), 60, seed=4))
    assert not drawn.equals(sample(data, 60, seed=5))


@pytest.mark.parametrize("numbers", [{"n": -1}, {"n": 9, "letters": -1}, {"n": 9, "documents": -1}])
def test_no_number_of_a_sample_is_negative(data: Dataset, numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        sample(data, seed=4, **numbers)


def test_each_stratum_gives_as_many_and_knows_its_size(data: Dataset) -> None:
    drawn = sample(data, 60, seed=4, columns=COLUMNS, by=["provenance", "column"], letters=0, documents=0)
    counts = drawn.filter(pl.col("stratum").str.starts_with("synthetic")).group_by("column").len()
    assert drawn.height == 60
    assert counts["len"].min() >= 9
    sizes = dict(drawn.filter(pl.col("stratum").str.starts_with("synthetic")).select("column", "drawn_of").rows())
    assert sizes["outcome"] == data.decisions.filter(provenance="synthetic").height
    assert sizes["patient_age"] == data.letters.filter(provenance="synthetic").height


def test_values_and_words_are_those_of_the_rows(data: Dataset) -> None:
    drawn = sample(data, 40, seed=1, columns=["outcome", "body_parts", "decision_date"], letters=0)
    rows = {(row["case_number"], row["request_number"]): row for row in data.decisions.iter_rows(named=True)}
    for one in drawn.iter_rows(named=True):
        row = rows[one["case_number"], one["request_number"] or 1]
        value = row[one["column"]]
        expected = "; ".join(value) if isinstance(value, list) else str(value or "")
        assert (one["value"] or "") == expected
        if one["column"] == "outcome":
            assert row["rationale_text"].endswith(one["words"])


def test_whole_letters_and_documents_of_quarantine_are_drawn_too() -> None:
    data = imrdata.load([LETTER, LETTER.replace("CM16-0000123", "CM16-0000124")])
    refused = {
        "source": "x.pdf",
        "source_sha256": None,
        "step": "text",
        "reason": "no_text_layer",
        "message": "A scan.",
    }
    quarantine = pl.DataFrame([refused | {"excerpt": None}], schema=data.quarantine.schema)
    drawn = sample(replace(data, quarantine=quarantine), 20, seed=1)
    assert drawn.filter(column="request_count").select("value", "drawn_of").rows() == [("2", 2), ("2", 2)]
    assert drawn.filter(column="quarantine").select("source", "value", "words").rows() == [
        ("x.pdf", "no_text_layer", "A scan.")
    ]


def test_every_field_is_as_likely_to_be_drawn(data: Dataset) -> None:
    few = replace(
        data,
        letters=data.letters.head(20),
        decisions=data.decisions.join(data.letters.head(20), on="case_number", how="semi"),
    )
    drawn = pl.concat([sample(few, 10, seed=at, columns=["outcome"], by=(), letters=0) for at in range(300)])
    counts = drawn.group_by("case_number", "request_number").len()["len"]
    expected = 3000 / few.decisions.height
    assert counts.len() == few.decisions.height
    assert sum((one - expected) ** 2 / expected for one in counts) < 1.6 * few.decisions.height


def test_a_column_that_is_not_there_is_named(data: Dataset) -> None:
    with pytest.raises(UnknownTermError, match=r"colour cannot be checked"):
        sample(data, 5, seed=1, columns="colour")


def test_a_quantity_of_an_unmodified_request_is_checked_against_the_whole_request(data: Dataset) -> None:
    drawn = sample(data, 40, seed=1, by="column", columns=["requested_quantity", "authorized_quantity"], letters=0)
    assert drawn.filter(pl.col("words").is_null()).is_empty()


# --- MARKS --- #


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def field(**changed: Any) -> dict[str, Any]:
    item = {"case_number": "CM16-0000123", "request_number": 1, "column": "drugs", "value": "ibuprofen", "source": "a"}
    return mark_of(item | {"stratum": "drugs", "drawn_of": 9, "letter_layout": "labelled_outcomes"}) | changed


def marked(verdict: str, who: str = "Ann", **changed: Any) -> dict[str, Any]:
    return field(verdict=verdict, corrected_by=who, marked_at="2026-01-01T10:00:00", **changed)


def test_a_mark_is_in_the_file_at_once_and_the_last_one_counts(tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    append(file, marked("right"))
    append(file, marked("corrected", value="naproxen", reason='misread, "see" line\n2'))
    assert len(rows_of(file)) == 2
    row = read_marks(file).row(0, named=True)
    assert (row["verdict"], row["value"], row["value_read"]) == ("corrected", "naproxen", "ibuprofen")
    assert row["reason"] == 'misread, "see" line\n2'


def test_a_file_that_an_editor_left_open_at_its_end_takes_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    append(file, marked("right"))
    file.write_bytes(file.read_bytes().rstrip())
    append(file, marked("right", request_number=2))
    assert read_marks(file)["request_number"].to_list() == [1, 2]


def test_a_text_like_a_formula_is_kept_from_table_programs_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    append(file, marked("corrected", value='=HYPERLINK("http://x")', column="strength"))
    assert "'=HYPERLINK" in file.read_text()
    assert read_marks(file)["value"].to_list() == ['=HYPERLINK("http://x")']


def test_two_kernels_on_one_file_lose_no_mark(tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    code = """if True:
        import sys, pathlib
        from test_review_marks import append, marked
        for number in range(1, 201):
            append(pathlib.Path(sys.argv[1]), marked("right", sys.argv[2], request_number=number, reason="x" * 5000))
    """
    run = [[sys.executable, "-W", "ignore", "-c", code, str(file), name] for name in ("Ann", "Bob")]
    kernels = [subprocess.Popen(one, cwd=ROOT / "tests") for one in run]
    assert [kernel.wait() for kernel in kernels] == [0, 0]
    assert read_marks(file).height == 400


def test_a_form_is_filled_in_with_a_table_program_and_read_back(tmp_path: Path) -> None:
    data = imrdata.load([LETTER, LETTER.replace("CM16-0000123", "CM16-0000124").replace("Pain Management", "Wombat")])
    items = sample(data, 4, seed=1, columns=["outcome"], letters=0)
    file = form(items, tmp_path / "form.csv", corrected_by="Ann")
    assert read_marks(file).height == 0
    rows = rows_of(file)
    other = {"Upheld": "Overturned", "Overturned": "Upheld"}[rows[1]["value_read"]]
    rows[0]["verdict"], rows[1]["value"], rows[2]["verdict"], rows[3]["value"] = (
        "Right",
        other,
        "skipped",
        rows[3]["value_read"],
    )
    with file.open("w", encoding="cp1252", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert read_marks(file)["verdict"].to_list() == ["right", "corrected", "skipped", "right"]
    with pytest.raises(FileExistsError):
        form(items, file)
    assert queue(data).height == len(rows_of(form(queue(data), tmp_path / "queue.csv"))) == 1


SHEETS = {"utf-8-sig": ",", "cp1252": ";", "utf-16": "\t"}


@pytest.mark.parametrize("encoding", SHEETS)
def test_a_form_is_read_as_any_spreadsheet_saves_it(tmp_path: Path, encoding: str) -> None:
    items = sample(imrdata.load([LETTER]), 3, seed=1, columns=["decision_date", "outcome", "injury_date"], letters=0)
    file = form(items, tmp_path / "form.csv", corrected_by="Zoé")
    rows = {row["column"]: row for row in rows_of(file)}
    assert next(iter(rows.values())).keys() >= {"case_number", "words", "verdict"}
    rows["decision_date"] |= {"value_read": "12/19/2016", "value": "12/19/2016"}  # how a spreadsheet shows 2016-12-19
    rows["outcome"]["value"] = "UPHELD"
    rows["injury_date"]["value"] = "11/02/2016"
    rows["outcome"] |= {"request_number": "1.0", "drawn_of": "2.0"}  # as pandas writes a column with missing numbers
    with file.open("w", encoding=encoding, newline="") as opened:
        lines = csv.writer(opened, delimiter=SHEETS[encoding])
        lines.writerows([[*row, ""] for row in ({**rows["outcome"]}, *(one.values() for one in rows.values()))])
    marks = {mark["column"]: mark for mark in read_marks(file).iter_rows(named=True)}
    assert {name: (mark["verdict"], mark["value"]) for name, mark in marks.items()} == {
        "decision_date": ("right", "2016-12-19"),
        "outcome": ("corrected", "Upheld"),
        "injury_date": ("corrected", "2016-11-02"),
    }
    assert [marks["outcome"][name] for name in ("request_number", "drawn_of", "corrected_by")] == [1, 2, "Zoé"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("right", "rihgt"), "rihgt"),
        (lambda text: text.replace("verdict", "opinion"), "lack the columns verdict"),
        (lambda text: text[: len(text) - 20], "row 2 does not have the 13 cells"),
        (lambda text: text.replace("right,", "right,").replace(",,,", ",naproxen,,", 1), "say right and give another"),
        (lambda text: "PK", "save its sheet as CSV"),
    ],
)
def test_marks_that_cannot_be_read_say_why(tmp_path: Path, spoil: Any, message: str) -> None:
    file = tmp_path / "marks.csv"
    append(file, marked("right"))
    file.write_text(spoil(file.read_text()))
    with pytest.raises(CorrectionError, match=message):
        read_marks(file)


def test_corrected_marks_are_corrections(tmp_path: Path) -> None:
    dest = tmp_path / "dataset"
    (tmp_path / "letter.txt").write_text(LETTER)
    imrdata.build(tmp_path / "letter.txt", dest)
    file = tmp_path / "marks.csv"
    append(file, marked("corrected", column="outcome", value="Upheld"))
    append(file, marked("right", column="outcome"))
    append(file, marked("corrected", column="laterality", value="right", reason="the other knee"))
    append(file, marked("wrong", column="request_count", request_number=None))
    for marks in (file, read_marks(file)):
        report = imrdata.correct(dest, marks)
        assert report.corrections.select("column", "value", "value_read").rows() == [("laterality", "right", "left")]
    assert imrdata.load_decisions(dest)["laterality"].to_list() == ["right", None]


def test_a_form_filled_in_with_values_alone_is_corrections(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER)
    imrdata.build(tmp_path / "letter.txt", tmp_path / "dataset")
    items = sample(imrdata.load(tmp_path / "dataset"), 2, seed=1, columns=["laterality"], letters=0)
    file = form(items, tmp_path / "form.csv")
    pl.read_csv(file, infer_schema=False).with_columns(value=pl.lit("right")).write_csv(file)
    report = imrdata.correct(tmp_path / "dataset", file)
    assert report.corrections.select("column", "value").rows() == [("laterality", "right")] * 2
    with pytest.raises(CorrectionError, match=r"does not have the columns of a file of review\.open"):
        check_own(file)


def test_people_who_agree_and_who_do_not(tmp_path: Path) -> None:
    ann, bob = tmp_path / "ann.csv", tmp_path / "bob.csv"
    for number, verdict in enumerate(("right", "right", "corrected", "right"), start=1):
        append(ann, marked(verdict, request_number=number, value="naproxen" if verdict == "corrected" else None))
    append(bob, marked("right", "Bob", request_number=1))
    append(bob, marked("corrected", "Bob", request_number=2, value="naproxen"))
    append(bob, marked("corrected", "Bob", request_number=3, value="naproxen"))
    append(bob, marked("skipped", "Bob", request_number=4))
    merged = merge([ann, bob])
    assert merged["agree"].to_list() == [True, False, True, None]
    assert merged["agreement"][0] == pytest.approx(2 / 3)
    assert merged["verdict"].to_list() == ["right", "skipped", "corrected", "right"]
    assert merged["reason"][1] == "Ann: right ibuprofen; Bob: corrected naproxen"
    row = accuracy([ann, bob]).row(by_predicate=pl.col("column") == "drugs", named=True)
    counts = ("checked_count", "right_count", "skipped_count")
    assert [row[name] for name in counts] == [3, 2, 1]  # four fields, of which the second is in dispute
    assert accuracy(merged).equals(accuracy([ann, bob]))


# --- ACCURACY --- #


def test_marks_stand_beside_what_was_measured_before() -> None:
    marks = pl.DataFrame(
        [marked("right", request_number=one) for one in range(1, 10)] + [marked("skipped", request_number=99)]
    )
    row = accuracy(marks).row(by_predicate=pl.col("column") == "drugs", named=True)
    assert (row["checked_count"], row["skipped_count"], row["accuracy"]) == (9, 1, 1.0)
    assert row["shipped_accuracy"] == pytest.approx(201 / 203)
    assert row["design_effect"] == 9  # all are of one letter, so they count as one field
    assert row["interval_low"] == pytest.approx(0.025)


def test_a_queue_of_doubtful_fields_measures_nothing() -> None:
    with pytest.raises(CorrectionError, match="because they are in doubt") as caught:
        accuracy(pl.DataFrame([marked("right"), marked("right", request_number=2, drawn_of=None)]))
    assert caught.value.reason == "not_a_sample"


@pytest.mark.parametrize(
    ("fields", "share", "effect"),
    [
        ([("a", True, 1.0), ("b", True, 1.0)], 1.0, 1.0),
        ([("a", True, 1.0), ("a", True, 1.0)], 1.0, 2.0),  # one letter
        ([("a", True, 3.0), ("b", False, 1.0)], 0.75, 1.5),
        ([(str(at), at % 2 == 0, 1.0) for at in range(100)], 0.5, 100 / 99),
        (
            [(str(at // 2), at % 4 < 2, 1.0) for at in range(100)],
            0.5,
            100 / 49,
        ),  # both fields of a letter have the same mark
    ],
)
def test_the_fields_of_a_letter_go_together(fields: list[tuple[str, bool, float]], share: float, effect: float) -> None:
    found = share_of(fields)
    assert found is not None
    assert (found.share, found.design_effect) == pytest.approx((share, effect))


def audits(data: Dataset, seeds: range, n: int = 240) -> Iterator[tuple[bool, float]]:
    """Simulate audits of tables with planted errors; return whether each interval has the true accuracy, and its width.

    Errors cluster in some letters. The width is relative to the plain exact interval of the effective number of fields.
    """
    for seed in seeds:
        chance = random.Random(seed)
        bad = {case for case in sorted(data.letters["case_number"]) if chance.random() < 0.05}
        keys = data.decisions.select("case_number", "request_number").sort("case_number", "request_number").rows()
        firsts = [(case, None) for case, number in keys if number == 1]
        fields = [(*key, name) for name in COLUMNS for key in (keys if is_of_request(name) else firsts)]
        wrong = {one for one in fields if chance.random() < (0.6 if one[0] in bad else 0.02)}
        drawn = sample(data, n, seed=seed, by=("column",), columns=COLUMNS, letters=0, documents=0)
        told = [
            mark_of(item)
            | {
                "verdict": "wrong"
                if tuple(item[k] for k in ("case_number", "request_number", "column")) in wrong
                else "right"
            }
            for item in drawn.iter_rows(named=True)
        ]
        for row in accuracy(pl.DataFrame(told, infer_schema_length=None)).iter_rows(named=True):
            if row["column"] == "all":
                number = row["checked_count"] / row["design_effect"]
                low, high = exact_interval(row["accuracy"] * number, number)
                true = 1 - len(wrong) / len(fields)
                yield (
                    row["interval_low"] <= true <= row["interval_high"],
                    (row["interval_high"] - row["interval_low"]) / (high - low),
                )


def test_planted_errors_lie_in_the_interval(data: Dataset) -> None:
    found = list(audits(data, range(30)))
    assert sum(covers for covers, _ in found) >= 27  # of 500: at least 94%
    assert max(width for _, width in found) <= 1.5


def test_the_columns_that_are_checked_are_those_that_can_be_corrected() -> None:
    assert {"outcome", "drugs", "decision_date"} <= set(checked_columns())
    assert not {"rationale_text", "source", "case_outcome", "ocr_engine"} & set(checked_columns())


def test_the_entries_of_the_state_are_an_answer_sheet() -> None:
    pytest.importorskip("selectolax", reason="pip install 'imrdata[fetch]'")
    compared = imrdata.dwc.compare(imrdata.load_decisions(), imrdata.dwc.read_index(imrdata.dwc.example_pages()))
    measured = accuracy(compared)
    category = measured.row(by_predicate=pl.col("column") == "treatment_category", named=True)
    agreement = compared.agreement.row(by_predicate=pl.col("column") == "treatment_category", named=True)
    assert (category["checked_count"], category["right_count"]) == (
        agreement["compared_count"],
        agreement["agreed_count"],
    )
    assert category["right_count"] == category["checked_count"] - 1  # the only entry that was changed
    assert 0 < category["interval_low"] < category["accuracy"] < category["interval_high"] <= 1
