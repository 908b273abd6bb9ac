"""Test the accuracy measured before release, and where it is shown."""

from __future__ import annotations

import polars as pl
import pytest
from scipy.stats import binomtest

import imrdata
from imrdata import charts
from imrdata.analysis import accuracy
from imrdata.analysis.accuracy import accuracy_notes, shipped_accuracy
from imrdata.analysis.quantiles import exact_interval
from imrdata.resources import vocabulary
from imrdata.tables import dictionary


@pytest.mark.parametrize(("right", "number"), [(0, 5), (5, 5), (195, 203), (1, 93), (92, 93)])
def test_exact_intervals_are_those_of_scipy(right: int, number: int) -> None:
    expected = binomtest(right, number).proportion_ci()
    assert exact_interval(right, number) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_counted_says_nothing() -> None:
    assert exact_interval(0, 0) == (0.0, 1.0)


def test_requests_of_one_letter_count_as_alike() -> None:
    row = shipped_accuracy().row(by_predicate=pl.col("column") == "treatment_category", named=True)
    assert (row["right_count"], row["checked_count"], row["letter_count"]) == (195, 203, 93)
    of_letters = (0.89851, 0.98997)  # by scipy for 89.33 of 93; for 195 of 203 independent requests 0.9238 to 0.9828
    assert (row["interval_low"], row["interval_high"]) == pytest.approx(of_letters, abs=1e-5)


def test_every_measured_column_is_one_of_the_tables() -> None:
    of_tables = {name for table in ("letters", "decisions") for name in imrdata.columns(table)["column"]}
    assert set(shipped_accuracy()["column"]) <= of_tables
    told = dict(imrdata.columns().select("column", "accuracy").iter_rows())
    assert (told["treatment_category"], told["treatment_name"]) == ("195 of 203 (labelled_outcomes)", None)


def test_each_layout_of_a_column_keeps_its_own_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in vocabulary("accuracy") if row["column"] == "drugs"]
    rows += [{**row, "letter_layout": "decision_sentences", "checked": "50", "right": "40"} for row in rows]
    for module in (accuracy, dictionary):
        monkeypatch.setattr(module, "vocabulary", lambda name: rows)
    assert imrdata.columns().filter(column="drugs")["accuracy"].to_list() == [
        "201 of 203 (labelled_outcomes); 40 of 50 (decision_sentences)"
    ]
    (note,) = accuracy_notes(["drugs"])
    assert "201 of 203 right in 93 letters of the layout labelled_outcomes, read by version 0.1.0 (" in note
    assert "40 of 50 right in 93 letters of the layout decision_sentences, read by version 0.1.0 (" in note


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
    assert measured in " ".join(drawn.to_dict()["title"]["subtitle"])
    assert "195 of 203 right" in charts.table(by_category, of=decisions, title="By category").as_raw_html()
