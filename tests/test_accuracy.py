"""Test the accuracy measured before release, and where it is shown."""

from __future__ import annotations

import polars as pl
import pytest
from scipy.stats import binomtest

import imrdata
from imrdata import charts
from imrdata.analysis.accuracy import accuracy_notes, shipped_accuracy
from imrdata.analysis.quantiles import exact_interval


@pytest.mark.parametrize(("right", "number"), [(0, 5), (5, 5), (195, 203), (1, 93), (92, 93)])
def test_exact_intervals_are_those_of_scipy(right: int, number: int) -> None:
    expected = binomtest(right, number).proportion_ci()
    assert exact_interval(right, number) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_counted_says_nothing() -> None:
    assert exact_interval(0, 0) == (0.0, 1.0)


def test_requests_of_one_letter_count_as_alike() -> None:
    row = shipped_accuracy().row(by_predicate=pl.col("column") == "treatment_category", named=True)
    assert (row["right_count"], row["checked_count"], row["letter_count"]) == (195, 203, 93)
    assert (row["interval_low"], row["interval_high"]) == exact_interval(195 / 203 * 93, 93)
    assert row["interval_high"] - row["interval_low"] > 0.08  # of 203 independent requests it would be 0.06


def test_every_measured_column_is_one_of_the_tables() -> None:
    of_tables = {name for table in ("letters", "decisions") for name in imrdata.columns(table)["column"]}
    assert set(shipped_accuracy()["column"]) <= of_tables
    assert imrdata.columns().filter(column="treatment_category")["accuracy"].to_list() == ["195 of 203"]
    assert imrdata.columns().filter(column="treatment_name")["accuracy"].to_list() == [None]


def test_a_derived_grouping_says_how_right_it_is() -> None:
    assert accuracy_notes(["provenance", "outcome"]) == []
    (measured, unmeasured) = accuracy_notes(["treatment_category", "treatment_name"])
    assert "195 of 203 right in 93 letters" in measured
    assert "was not measured" in unmeasured
    assert [note.partition(" ")[0] for note in accuracy_notes(["scope", "reviewer_cites", "reviewer_specialties"])] == [
        "treatment_category", "treatment_subcategory", "reviewer_cites", "reviewer_specialties"
    ]  # fmt: skip
    decisions = imrdata.load_decisions()
    by_category = decisions.imr.overturn_rate(by="treatment_category")
    drawn = charts.rates(by_category.filter(provenance="synthetic"), of=decisions)
    assert measured in drawn.to_dict()["title"]["subtitle"]
    assert "195 of 203 right" in charts.table(by_category, of=decisions, title="By category").as_raw_html()
