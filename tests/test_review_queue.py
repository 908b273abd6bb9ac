"""Test the fields in doubt: an example of each reason, and the share of wrong fields among them."""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.datasets.dataset import Dataset
from imrdata.letters.fields.treatments import read_treatment
from imrdata.resources import vocabulary
from imrdata.review import queue
from imrdata.review.unread import unread_words, with_unread_words

with (Path(__file__).parent / "unseen_requests.csv").open(encoding="utf-8", newline="") as file:
    UNSEEN = list(csv.DictReader(file))
OF_A_TREATMENT = ("drugs", "treatment_category", "treatment_name", "treatment_subcategory")
FIRST, SECOND = "CM16-0000123", "CM16-0000124"


def letters(*changes: tuple[str, str]) -> Dataset:
    """Make two letters with the same text, and change the second."""
    second = LETTER.replace(FIRST, SECOND)
    for old, new in changes:
        assert old in second
        second = second.replace(old, new)
    return imrdata.load([LETTER, second])


def found(data: Dataset) -> list[tuple[str, int | None, str, str, str]]:
    return queue(data).select("case_number", "request_number", "column", "reason", "severity").rows()


def test_letters_without_doubt_have_an_empty_queue() -> None:
    none = queue(letters())
    assert none.height == 0
    assert none.columns[:7] == ["case_number", "request_number", "column", "value", "words", "reason", "severity"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("Decision Date: 12/19/2016", "Decision Date: 11/17/2016"),
            [(None, name, "dates_out_of_order", "high") for name in ("assigned_date", "decision_date")],
        ),
        (
            ("scan is not medically necessary", "scan is medically necessary"),
            [(1, "outcome", "outcome_contradicts_rationale", "high")],
        ),
        (("Pain Management", "Wombat Care"), [(None, "reviewer_specialties", "unknown_specialty", "low")]),
        (
            ("MRI of the left knee:", "Zzyzx wrap for the left knee:"),
            [
                *((1, name, "unknown_treatment", "medium") for name in OF_A_TREATMENT),
                (1, "body_parts", "unread_words", "low"),
            ],
        ),
        (
            ("MRI of the left knee:", "MRI of the left knee and TENS unit:"),
            [(1, name, "several_treatments", "medium") for name in OF_A_TREATMENT],
        ),
        (
            ("MRI of the left knee:", "Gabapentun 600mg:"),
            [(1, name, "guessed_word", "medium") for name in sorted((*OF_A_TREATMENT, "body_parts", "laterality"))],
        ),
        (
            ("MRI of the left knee:", "MRI of the left zygomatic:"),
            [(1, name, "unread_words", "low") for name in ("body_parts", "drugs")],
        ),
        (("Date of Injury: 10/10/2016", ""), [(None, "injury_date", "missing_date", "medium")]),
    ],
    ids=lambda case: case[0] if isinstance(case[0], str) else "",
)
def test_what_a_letter_says_itself(change: tuple[str, str], expected: list[tuple[Any, ...]]) -> None:
    assert found(letters(change)) == [(SECOND, *one) for one in expected]


def test_the_gravest_comes_first_with_its_value_and_words() -> None:
    data = letters(("Pain Management", "Wombat Care"), ("Decision Date: 12/19/2016", "Decision Date: 11/17/2016"))
    rows = queue(data).rows(named=True)
    assert [row["severity"] for row in rows] == ["high", "high", "low"]
    assert rows[1]["value"] == "2016-11-17"
    assert rows[1]["message"] == "decision_date 2016-11-17 is before assigned_date 2016-11-18"
    assert rows[2]["value"] == "Physical Medicine & Rehabilitation; Wombat Care"
    assert "Wombat Care" in rows[2]["words"]


def planted(data: Dataset, case_number: str, number: int, **values: Any) -> Dataset:
    """Return the data with other values in one decision."""
    is_row = (pl.col("case_number") == case_number) & (pl.col("request_number") == number)
    dtypes = data.decisions.schema
    changed = {
        name: pl.when(is_row).then(pl.lit(value, dtypes[name])).otherwise(name) for name, value in values.items()
    }
    return replace(data, decisions=data.decisions.with_columns(**changed))


def test_another_answer_for_the_same_words_is_in_doubt_in_both_letters() -> None:
    data = planted(
        letters(("MRI of the left knee:", "Left knee, MRI of the:")), SECOND, 1, treatment_category="Surgery"
    )
    assert found(data) == [(case, 1, "treatment_category", "other_answer", "medium") for case in (FIRST, SECOND)]
    assert "Surgery" in queue(data)["message"][0]


def test_the_answer_of_most_letters_or_a_corrected_one_is_not_in_doubt() -> None:
    third = LETTER.replace(FIRST, "CM16-0000125")
    data = planted(imrdata.load([LETTER, LETTER.replace(FIRST, SECOND), third]), SECOND, 1, laterality="right")
    assert found(data) == [(SECOND, 1, "laterality", "other_answer", "medium")]
    corrected = planted(data, SECOND, 1, corrected_columns=["laterality"])
    assert [row[:3] for row in found(corrected)] == [(FIRST, 1, "laterality"), ("CM16-0000125", 1, "laterality")]


def test_other_numbers_are_no_other_words_but_another_level_is() -> None:
    assert found(planted(letters(("Acupuncture 12", "Acupuncture 8")), SECOND, 2, treatment_name="Massage")) != []
    levels = [LETTER.replace("MRI of the left knee:", f"Facet injection {one}:") for one in ("L4-L5", "C4-C5")]
    assert found(imrdata.load([levels[0], levels[1].replace(FIRST, SECOND)])) == []


def test_a_corrected_field_is_in_doubt_no_more() -> None:
    data = letters(("scan is not medically necessary", "scan is medically necessary"))
    assert found(planted(data, SECOND, 1, corrected_columns=["outcome"])) == []


def test_letters_of_a_layout_that_nobody_measured_are_told() -> None:
    data = imrdata.load()
    measured = {row["letter_layout"] for row in vocabulary("accuracy")}
    expected = data.letters.filter(~pl.col("letter_layout").cast(pl.String).is_in(list(measured)))["case_number"]
    told = queue(data).filter(reason="unmeasured_layout")
    assert told["case_number"].to_list() == expected.to_list()
    assert set(told["severity"]) == {"low"}


def test_every_reason_is_of_a_vocabulary_and_has_its_severity() -> None:
    known = {row["code"]: row["severity"] for name in ("diagnostics", "doubts") for row in vocabulary(name)}
    rows = queue(imrdata.load()).select("reason", "severity").unique().rows()
    assert {reason: known[reason] for reason, _ in rows} == dict(rows)


# --- THE SHARE OF WRONG FIELDS THAT ARE IN DOUBT --- #


@pytest.mark.parametrize(
    ("text", "is_contested"),
    [
        ("MRI of the knee", False),
        ("MRI of the knee before surgery", False),  # a named service outranks a general word
        ("MRI of the knee and TENS unit", True),
        ("TENS unit and cervical collar", True),
        ("Norco 10/325 mg #60", False),
        ("Norco 10/325 mg and a cervical collar", True),
        ("Arthroscopy with rotator cuff repair", False),  # all are surgery, which has a separate rule
        ("", False),
    ],
)
def test_terms_of_one_rank(text: str, is_contested: bool) -> None:
    assert read_treatment(text).is_contested is is_contested


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("MRI of the lumbar spine without contrast, 3 views", []),
        ("Acupuncture twice a week for six weeks", []),
        ("Carpal tunnel release", []),
        ("MRI of the zygomatic arch", ["zygomatic", "arch"]),
        ("Physical therapy and Frobnicol 10 mg", ["frobnicol"]),
        ("Gabapentun 600 mg, frobnicol", ["gabapentun", "frobnicol"]),  # one is read as gabapentin
        ("", []),
    ],
)
def test_words_that_no_vocabulary_knows(text: str, unread: list[str]) -> None:
    assert unread_words(text) == unread
    found = with_unread_words(pl.DataFrame({"disputed_treatment_text": [text]}))
    assert found["unread"].to_list() == ([", ".join(unread)] if unread else [])


def test_no_ordinary_word_names_a_drug_or_a_body_part() -> None:
    for row in vocabulary("ordinary_words"):
        assert row["word"] in row["example"].lower(), row
        treatment = read_treatment(row["word"])
        assert (treatment.drugs, treatment.body_parts) == ((), ()), row


def test_most_wrong_categories_of_unseen_requests_are_in_doubt_and_few_right_ones() -> None:
    doubtful = {True: [], False: []}  # type: dict[bool, list[bool]]
    for row in UNSEEN:
        treatment = read_treatment(row["text"])
        doubtful["category" in row["wrong_now"].split("; ")].append(treatment.is_unknown or treatment.is_contested)
    assert doubtful[True].count(False) <= 0.01 * len(UNSEEN)
    assert sum(doubtful[False]) <= 0.08 * len(doubtful[False])


def test_a_million_decisions_take_less_than_twenty_seconds() -> None:
    data = imrdata.load()
    copies = [
        [_renumbered(frame, at) for frame in (data.letters, data.decisions, data.diagnostics)] for at in range(80)
    ]
    letters, decisions, diagnostics = (pl.concat(frames) for frames in zip(*copies, strict=True))
    big = replace(data, letters=letters, decisions=decisions, diagnostics=diagnostics)
    began = time.process_time()
    queue(big)
    assert time.process_time() - began < 20 * decisions.height / 1e6


def _renumbered(frame: pl.DataFrame, at: int) -> pl.DataFrame:
    """Copy the rows under other case numbers."""
    number = (pl.col("case_number").str.slice(5).cast(pl.Int64) + at * 10_007) % 10_000_000
    return frame.with_columns(case_number=pl.format("CM16-{}", number.cast(pl.String).str.zfill(7)))
