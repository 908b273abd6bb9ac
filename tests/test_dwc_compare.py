"""Test the comparison of letters with the state's own entries."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import imrdata
from imrdata import dwc
from imrdata.dwc.comparing import kind_of
from imrdata.errors import CorrectionError, UnknownTermError, ValidationError
from imrdata.resources import vocabulary
from imrdata.tables.columns import schema

CASE = "CM16-0000123"
DAY = date(2016, 12, 19)
Request = tuple[str, str | None, str]


def index_of(*requests: Request, **of_case: object) -> pl.DataFrame:
    names = ("dwc_category", "dwc_subcategory", "request_outcome")
    rows = [
        {"case_number": CASE, "request_number": at, "page": "p", "decision_date": DAY, **of_case}
        | dict(zip(names, request, strict=True))
        for at, request in enumerate(requests, 1)
    ]
    return pl.DataFrame(rows or [{"case_number": CASE, "page": "p", **of_case}], schema=schema("index"))


def decisions_of(*requests: Request, **of_case: object) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"case_number": CASE, "request_number": at, "request_text": f"{category} {subcategory}",
             "treatment_category": category, "treatment_subcategory": subcategory, "outcome": outcome,
             "decision_date": DAY, **of_case}
            for at, (category, subcategory, outcome) in enumerate(requests, 1)
        ],
        schema_overrides={"request_number": pl.Int16},
    )  # fmt: skip


MRI, LAB = (
    ("Diagnostic Testing", "Imaging/Radiology", "Upheld"),
    ("Diagnostic Testing", "Lab & Pathology", "Overturned"),
)
NSAID = ("Pharmaceuticals", "NSAID", "Upheld")
AS_ENTERED = ("Diagnostic Testing", "Imaging & Radiology", "Upheld")


@pytest.mark.parametrize(
    ("ours", "theirs", "differing"),
    [
        ((MRI, LAB), (AS_ENTERED, LAB), []),
        ((MRI, NSAID), (NSAID, AS_ENTERED), []),  # in another order
        ((MRI, NSAID), (NSAID,), [("request_count", None, "2", "1")]),
        ((MRI,), ((*AS_ENTERED[:2], "Overturned"),), [("outcome", 1, "Upheld", "Overturned")]),
        ((MRI,), (LAB,), [("outcome", 1, "Upheld", "Overturned"),
                          ("treatment_subcategory", 1, "Imaging/Radiology", "Lab & Pathology")]),
        ((("Other", "Other", "Upheld"), NSAID), (NSAID, ("Surgery", "Spine", "Upheld")),
         [("treatment_category", 1, "Other", "Surgery"), ("treatment_subcategory", 1, "Other", "Spine")]),
        ((MRI,), (("Telepathy", "At a distance", "Upheld"),), []),  # counted as unknown
        ((MRI,), (("Diagnostic Testing", None, "Upheld"),), []),
    ],
)  # fmt: skip
def test_requests_are_joined_in_order_or_by_their_words(
    ours: tuple[Request, ...], theirs: tuple[Request, ...], differing: list[tuple[object, ...]]
) -> None:
    found = dwc.compare(decisions_of(*ours), index_of(*theirs))
    names = ["column", "request_number", "value", "index_value"]
    assert found.disagreements.select(names).rows() == differing
    unknown = dict(found.agreement.select("column", "unknown_count").iter_rows())
    assert unknown["treatment_category"] == (theirs[0][0] == "Telepathy")


@pytest.mark.parametrize(
    ("name", "value", "entered", "verdict"),
    [
        ("decision_date", DAY, DAY, (1, 1, 0, 0)),
        ("decision_date", DAY, date(2016, 12, 20), (1, 0, 0, 0)),
        ("injury_date", None, DAY, (0, 0, 1, 0)),
        ("case_outcome", "Upheld", "Overturned", (1, 0, 0, 0)),
        ("reviewer_specialties", ["Pain Medicine", "Anesthesiology"], "ANESTHESIOLOGY", (1, 1, 0, 0)),
        ("reviewer_specialties", ["Pain Medicine"], "Physical Medicine and Rehabilitation", (1, 0, 0, 0)),
        ("reviewer_specialties", ["Pain Medicine"], "Thaumaturgy", (0, 0, 0, 1)),
    ],
)
def test_values_of_the_case_are_compared_once(
    name: str, value: object, entered: object, verdict: tuple[int, ...]
) -> None:
    column = "reviewer_specialty" if name == "reviewer_specialties" else name
    found = dwc.compare(decisions_of(MRI, NSAID, **{name: value}), index_of(AS_ENTERED, NSAID, **{column: entered}))
    counts = ["compared_count", "agreed_count", "unread_count", "unknown_count"]
    assert found.agreement.filter(column=name).select(counts).row(0) == verdict
    assert found.disagreements.filter(column=name).height == verdict[0] - verdict[1]


def test_the_sample_agrees_with_the_pages_that_ship_but_where_the_state_was_made_to_differ() -> None:
    index = dwc.read_index(dwc.example_pages())
    found = dwc.compare(imrdata.load_decisions(), index)
    assert found.agreement["agreement"].min() > 0.97  # type: ignore[operator]
    assert found.disagreements.select("column", "index_value").rows() == [
        ("treatment_category", "Other"), ("treatment_subcategory", "Other")
    ]  # fmt: skip
    assert found.coverage["missing_count"].sum() == found.missing.height == 1
    assert found.coverage["month"].to_list() == [date(2016, 10, 1), date(2016, 11, 1), date(2016, 12, 1)]
    row = found.agreement.row(by_predicate=pl.col("column") == "treatment_category", named=True)
    assert row["agreed_count"] == row["compared_count"] - 1
    assert row["letter_count"] == index["case_number"].n_unique() - 1
    assert 0.8 < row["interval_low"] < row["agreement"] < row["interval_high"] < 1


def test_what_differs_is_filled_in_by_a_person_like_any_field_in_doubt(tmp_path: Path) -> None:
    differing = dwc.compare(imrdata.load_decisions(), dwc.read_index(dwc.example_pages())).disagreements
    form = imrdata.review.form(differing, tmp_path / "marks.csv", corrected_by="me")
    assert "the state's index says Other" in form.read_text(encoding="utf-8-sig")
    marks = pl.read_csv(form, infer_schema=False).with_columns(verdict=pl.lit("right"), marked_at=pl.lit("2026-01-02"))
    marks.write_csv(form)
    with pytest.raises(CorrectionError):  # they are no sample, and say nothing about other fields
        imrdata.review.accuracy(form)


def test_cases_alone_are_compared_and_what_is_no_index_is_refused() -> None:
    found = dwc.compare(decisions_of(MRI, case_outcome="Upheld"), index_of(case_outcome="Upheld"))
    assert found.agreement.select("column", "agreement").rows() == [("case_outcome", 1.0)]
    assert repr(found) == "Comparison(1 of 1 letters of the index were read, 0 fields differ)"
    with pytest.raises(ValidationError):
        dwc.compare(decisions_of(MRI), decisions_of(MRI))
    with pytest.raises(UnknownTermError, match="case_number"):
        dwc.compare(pl.DataFrame({"outcome": []}), index_of())


def test_a_year_is_compared_in_seconds() -> None:
    count = 20_000
    numbers = pl.Series([f"CM16-{number:07d}" for number in range(count)])
    index = (
        index_of(AS_ENTERED).select(pl.all().repeat_by(count).list.explode()).with_columns(numbers.alias("case_number"))
    )
    ours = decisions_of(MRI).select(pl.all().repeat_by(count).list.explode()).with_columns(numbers.alias("case_number"))
    started = time.process_time()
    assert dwc.compare(ours, index).agreement["compared_count"].to_list()[0] == count
    assert time.process_time() - started < 5


def test_a_category_has_one_spelling_of_ours_and_its_example_says_it() -> None:
    kinds = {(row["category"], row["subcategory"]) for row in vocabulary("treatment_categories")}
    for row in vocabulary("dwc_categories"):
        ours = (row["category"], row["subcategory"])
        assert ours in kinds, row
        assert kind_of(row["example"], None) == kind_of(row["dwc_category"], row["dwc_subcategory"]) == ours, row
    assert {kind_of(*kind) for kind in kinds} == kinds
    assert kind_of("Pharmaceuticals", None) == ("Pharmaceuticals", None)
    assert kind_of("pharmaceuticals", "* * ANTI-EPILEPSY DRUGS") == ("Pharmaceuticals", "Antiepilepsy Drugs")
    assert kind_of(None, None) is kind_of("Telepathy", "Injection") is None
