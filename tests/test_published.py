"""Test the comparison of published figures with hand-counted figures of letters."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

import imrdata
from imrdata.quality.expectations import rules

# Three letters of 2018: one decides two requests, two decide one.
DECISIONS = pl.DataFrame(
    [
        ("CM18-0000001", "Pharmaceuticals", "Opioids", "Upheld"),
        ("CM18-0000001", "Surgery", "Spine", "Overturned"),
        ("CM18-0000002", "Pharmaceuticals", "Opioids", "Upheld"),
        ("CM18-0000003", "Pharmaceuticals", "Sedative", "Upheld"),
    ],
    schema=["case_number", "treatment_category", "treatment_subcategory", "outcome"],
    orient="row",
).with_columns(provenance=pl.lit("published"), decision_date=pl.lit(date(2018, 5, 1)))


@pytest.mark.parametrize(
    ("measure", "scope", "part", "whole"),
    [
        ("overturned_share", None, 1, 4),
        ("share_of_requests", "Pharmaceuticals", 3, 4),
        ("share_of_drugs", "Opioids", 2, 3),
        ("letters", None, 3, 3),
    ],
)
def test_figures_of_the_letters_at_hand(measure: str, scope: str | None, part: int, whole: int) -> None:
    row = imrdata.compare_with_published(DECISIONS).filter(
        pl.col("measure").str.replace("overturn_rate", "overturned_share") == measure,
        pl.col("scope").eq_missing(pl.lit(scope)), year=2018,
    )  # fmt: skip
    assert row.select("part_count", "whole_count").unique().rows() == [(part, whole)]


def test_letters_with_several_requests_are_counted_by_letter() -> None:
    years = imrdata.published_figures().filter(measure="share_of_letters_with_several_requests")["year"]
    dated = DECISIONS.with_columns(decision_date=pl.date(int(years[0]), 5, 1))
    row = imrdata.compare_with_published(dated).filter(measure="share_of_letters_with_several_requests")
    assert row.select("part_count", "whole_count").unique().rows() == [(1, 3)]


def test_a_year_without_letters_and_a_request_without_a_date_are_not_compared() -> None:
    assert imrdata.compare_with_published(DECISIONS)["year"].unique().to_list() == [2018]
    undated = DECISIONS.with_columns(decision_date=pl.lit(None, pl.Date))
    assert imrdata.compare_with_published(undated).is_empty()


def test_figures_of_a_part_of_a_year_are_not_compared() -> None:
    quarters = imrdata.published_figures().filter(
        pl.col("period").str.starts_with("Q"), year=2025, measure="share_of_drugs"
    )
    assert quarters["scope"].to_list() == ["Opioids"]
    compared = imrdata.compare_with_published(DECISIONS.with_columns(decision_date=pl.lit(date(2025, 2, 3))))
    assert compared.filter(measure="share_of_drugs", scope="Opioids").is_empty()


def test_provenances_are_never_added_up() -> None:
    both = pl.concat([DECISIONS, DECISIONS.with_columns(provenance=pl.lit("synthetic"))])
    counts = imrdata.compare_with_published(both).filter(measure="letters", year=2018)
    assert set(counts["part_count"]) == {3}
    assert set(counts["provenance"]) == {"published", "synthetic"}


def test_a_figure_that_is_a_bound_says_so_and_an_uncited_one_too() -> None:
    figures = imrdata.published_figures()
    drugs = figures.filter(measure="share_of_requests", scope="Pharmaceuticals", period="2016")
    assert drugs.select("publisher", "value", "bound", "category_scheme", "is_cited").rows() == [
        ("CWCI", 47.9, None, "CWCI", False),
        ("DWC", 40.0, "at least", "DWC", True),
    ]
    assert figures.filter(pl.col("scope").is_null() != pl.col("category_scheme").is_null()).is_empty()
    assert figures.filter("is_cited")["source"].str.contains("uncited| or |not noted").sum() == 0
    assert set(figures["bound"].drop_nulls()) == {"at least", "at most", "about"}


def test_cited_figures_have_the_address_of_their_source() -> None:
    figures = imrdata.published_figures()
    assert figures["url"].drop_nulls().str.starts_with("http").all()
    assert figures.filter("is_cited", pl.col("url").is_null()).height <= 15
    assert figures.filter(~pl.col("is_cited"))["url"].null_count() == figures.filter(~pl.col("is_cited")).height


def test_bands_are_of_whole_years_and_of_one_scheme_of_categories() -> None:
    bands = {rule.name: rule for table in ("letters", "decisions") for rule in rules(table)}
    of_the_letters = ("letters_of_year", "first_half_share", "middle_half_share")  # whether a year is complete
    published = [name for name in bands if not name.startswith(of_the_letters)]
    assert not [name for name in published if name.endswith("_2025")], "of 2025 only the first quarter was published"
    drugs = bands["drug_share_2016"]  # the DWC's "over 40 %", not the CWCI's 47.9
    assert (drugs.low, drugs.high) == (pytest.approx(0.40 - 0.007), None)  # they differ by 0.7 points in 2024
    assert bands["letters_a_year_2019"].high == pytest.approx(164_000 * 143_983 / 143_840)
