"""The rules of a row: limits of each value, and rules between the columns of one row.

A rule belongs here only if it can be broken only by an error of the reader. A letter may print dates that contradict
each other; the table keeps them, and ``diagnostics`` reports them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from imrdata.resources import vocabulary
from imrdata.tables.columns import Column
from imrdata.terms import CASE_OUTCOMES

if TYPE_CHECKING:
    from pandera.api.polars.types import PolarsData
    from pandera.polars import Check


_OF_REQUEST = ("dwc_category", "dwc_subcategory", "request_outcome")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about one row, as a polars expression that is true if the row keeps it."""

    name: str
    column: str  # the column to blame
    description: str
    holds: pl.Expr
    has_few_values: bool = False  # in its columns; then each combination is checked only once


@cache
def row_rules(table: str) -> tuple[Rule, ...]:
    """Return the rules between the columns of one row."""
    of_tables = {"letters": _of_letters, "decisions": _of_decisions, "citations": _of_citations, "index": _of_index}
    return tuple(of_tables[table]()) if table in of_tables else ()


def _of_letters() -> list[Rule]:
    col, case_outcome = pl.col, pl.col("case_outcome")
    upheld, overturned, partially = CASE_OUTCOMES
    derived = (
        pl.when(col("overturned_count") == 0).then(case_outcome == upheld)
        .when(col("overturned_count") == col("request_count")).then(case_outcome == overturned)
        .otherwise(case_outcome == partially)
    )  # fmt: skip
    return [
        Rule("overturned_within_requests", "overturned_count",
             "overturned_count is at most request_count",
             col("overturned_count") <= col("request_count")),
        Rule("case_outcome_follows_counts", "case_outcome",
             "case_outcome agrees with the counts", derived),
    ]  # fmt: skip


def _of_decisions() -> list[Rule]:
    col, case_outcome = pl.col, pl.col("case_outcome")
    upheld, _, partially = CASE_OUTCOMES
    denied = col("ur_decision") == "denied"
    category, subcategory = col("treatment_category"), col("treatment_subcategory")
    belongs = pl.any_horizontal(
        (category == one) & subcategory.is_in(theirs) for one, theirs in _subcategories().items()
    )
    return [
        Rule("parts_only_where_modified", "original_request_text",
             "a denied request has no original or authorized part",
             ~denied | (col("original_request_text").is_null() & col("authorized_text").is_null())),
        Rule("denied_request_is_disputed_whole", "disputed_treatment_text",
             "the whole of a denied request is in dispute",
             ~denied | (col("disputed_treatment_text") == col("request_text"))),
        Rule("case_outcome_allows_outcome", "outcome",
             "the request's outcome is one that the case outcome allows",
             (case_outcome == partially) | ((case_outcome == upheld) == (col("outcome") == upheld))),
        Rule("subcategory_of_category", "treatment_subcategory",
             "treatment_subcategory belongs to treatment_category",
             belongs, has_few_values=True),
    ]  # fmt: skip


def _of_citations() -> list[Rule]:
    return [
        Rule("rationale_is_the_reviewers", "found_in",
             "only the reviewer cites in the rationale",
             (pl.col("found_in") == "guideline") | (pl.col("cited_by") == "reviewer")),
    ]  # fmt: skip


def _of_index() -> list[Rule]:
    return [
        Rule("request_has_a_number", "request_number",
             "a row with the outcome or category of a request has its request_number",
             pl.col("request_number").is_not_null() | pl.all_horizontal(pl.col(_OF_REQUEST).is_null())),
    ]  # fmt: skip


def _subcategories() -> dict[str, list[str]]:
    """Return the subcategories of each category."""
    found: dict[str, list[str]] = {}
    for row in vocabulary("treatment_categories"):
        found.setdefault(row["category"], []).append(row["subcategory"])
    return found


def limits_are_broken(column: Column, value: pl.Expr) -> pl.Expr | None:
    """Return whether any value of a column breaks a limit, by the fastest method; None if it has no limit."""
    if column.has_words:
        words = value.list.explode(empty_as_null=False)
        return (words.str.len_bytes().fill_null(0) == 0).any()
    if column.pattern is not None:
        new = value.filter(value.ne_missing(value.shift(1)))  # requests of a letter are adjacent
        return (~new.str.contains(column.pattern)).any()
    if column.min_length is not None:
        return (value.str.len_bytes() < column.min_length).any()
    parts = [value < column.minimum] if column.minimum is not None else []
    parts += [value > column.maximum] if column.maximum is not None else []
    parts += [value <= column.above] if column.above is not None else []
    parts += [value >= math.inf] if column.is_finite else []  # in polars, NaN is the greatest number
    return pl.any_horizontal(parts).any() if parts else None


def limit_checks(column: Column, check: type[Check]) -> list[Check]:
    """Return the limits of a column as pandera checks."""
    found = []
    if column.has_words:
        found.append(check(_has_words, name="list_of_words", error="list_of_words: each is a string that is not empty"))
    if column.pattern is not None:
        found.append(check.str_matches(column.pattern))
    if column.min_length is not None:
        found.append(check.str_length(min_value=column.min_length))
    if column.minimum is not None and column.maximum is not None:
        found.append(check.in_range(column.minimum, column.maximum))
    elif column.minimum is not None:
        found.append(check.ge(column.minimum))
    if column.above is not None:
        found.append(check.gt(column.above))
    if column.is_finite:
        found.append(check(_is_finite, name="is_finite", error="is_finite: neither infinite nor NaN"))
    return found


def _has_words(data: PolarsData) -> pl.LazyFrame:
    words = pl.col(data.key).list.eval(pl.element().fill_null("") != "")
    result: pl.LazyFrame = data.lazyframe.select(words.list.all())
    return result


def _is_finite(data: PolarsData) -> pl.LazyFrame:
    result: pl.LazyFrame = data.lazyframe.select(pl.col(data.key).is_finite())
    return result
