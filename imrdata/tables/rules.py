"""The rules of a row: what each value must keep to, and what must hold between the columns of one row.

A rule belongs here only if an error of the reader would break it. A letter may print dates that contradict each
other; that is data, and the table of diagnostics tells of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from imrdata.letters.case_numbers import CASE_NUMBER
from imrdata.resources import vocabulary
from imrdata.tables.columns import columns
from imrdata.terms import CASE_OUTCOMES

SHA256 = r"^[0-9a-f]{64}$"
PARENTS = {"decisions": "letters", "citations": "decisions", "diagnostics": "letters"}  # whose keys they carry
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fact about one row, as a polars expression that is true where it holds."""

    name: str
    column: str  # the one that is at fault
    description: str
    holds: pl.Expr
    has_few_values: bool = False  # its columns do: each of their combinations need be looked at only once


@cache
def row_rules(table: str) -> tuple[Rule, ...]:
    """The rules between the columns of one row."""
    col = pl.col
    upheld, overturned, partially = CASE_OUTCOMES
    case_outcome = col("case_outcome")
    derived = (
        pl.when(col("overturned_count") == 0).then(case_outcome == upheld)
        .when(col("overturned_count") == col("request_count")).then(case_outcome == overturned)
        .otherwise(case_outcome == partially)
    )  # fmt: skip
    denied = col("ur_decision") == "denied"
    category, subcategory = col("treatment_category"), col("treatment_subcategory")
    belongs = pl.any_horizontal(
        (category == one) & subcategory.is_in(theirs) for one, theirs in _subcategories().items()
    )
    rules = {
        "letters": [
            Rule("overturned_within_requests", "overturned_count",
                 "overturned_count is at most request_count",
                 col("overturned_count") <= col("request_count")),
            Rule("case_outcome_follows_counts", "case_outcome",
                 "case_outcome is what the counts say", derived),
        ],
        "decisions": [
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
        ],
        "citations": [
            Rule("rationale_is_the_reviewers", "found_in",
                 "only the reviewer cites in the rationale",
                 (col("found_in") == "guideline") | (col("cited_by") == "reviewer")),
        ],
        "quarantine": [],
        "diagnostics": [],
    }  # fmt: skip
    return tuple(rules[table])


def _subcategories() -> dict[str, list[str]]:
    """The subcategories of each category."""
    found: dict[str, list[str]] = {}
    for row in vocabulary("treatment_categories"):
        found.setdefault(row["category"], []).append(row["subcategory"])
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value of a column must keep to, beyond its type; what is None or false does not apply."""

    pattern: str | None = None
    minimum: float | date | None = None
    maximum: float | date | None = None
    above: float | None = None
    is_finite: bool = False
    min_length: int | None = None
    has_words: bool = False  # a list, and each element of it is a string that is not empty

    def are_broken(self, value: pl.Expr) -> pl.Expr:
        """Whether any value of a column does not keep to them, in the way that is fastest."""
        if self.has_words:
            words = value.list.explode(empty_as_null=False)
            return (words.str.len_bytes().fill_null(0) == 0).any()
        if self.pattern is not None:
            new = value.filter(value.ne_missing(value.shift(1)))  # the requests of a letter stand together
            return (~new.str.contains(self.pattern)).any()
        if self.min_length is not None:
            return (value.str.len_bytes() < self.min_length).any()
        parts = [value < self.minimum] if self.minimum is not None else []
        parts += [value > self.maximum] if self.maximum is not None else []
        parts += [value <= self.above] if self.above is not None else []
        parts += [value >= math.inf] if self.is_finite else []  # to polars, no number is greater than NaN
        return pl.any_horizontal(parts).any()

    def checks(self, check: Any) -> list[Any]:
        """The same as pandera checks."""
        found = []
        if self.has_words:
            found.append(check(_has_words, name="list_of_words", error="list_of_words: each is a string, not empty"))
        if self.pattern is not None:
            found.append(check.str_matches(self.pattern))
        if self.min_length is not None:
            found.append(check.str_length(min_value=self.min_length))
        if self.minimum is not None and self.maximum is not None:
            found.append(check.in_range(self.minimum, self.maximum))
        elif self.minimum is not None:
            found.append(check.ge(self.minimum))
        if self.above is not None:
            found.append(check.gt(self.above))
        if self.is_finite:
            found.append(check(_is_finite, name="is_finite", error="is_finite: a number, and not without end"))
        return found


def _has_words(data: Any) -> pl.LazyFrame:
    words = pl.col(data.key).list.eval(pl.element().fill_null("") != "")
    result: pl.LazyFrame = data.lazyframe.select(words.list.all())
    return result


def _is_finite(data: Any) -> pl.LazyFrame:
    result: pl.LazyFrame = data.lazyframe.select(pl.col(data.key).is_finite())
    return result


def limits(name: str) -> Limits:
    """What the values of a column must keep to."""
    by_name = {
        "case_number": Limits(pattern=CASE_NUMBER),
        "source_sha256": Limits(pattern=SHA256),
        "request_number": Limits(minimum=1),
        "citation_number": Limits(minimum=1),
        "request_count": Limits(minimum=1),
        "overturned_count": Limits(minimum=0),
        "patient_age": Limits(minimum=10, maximum=110),
        "quantity": Limits(above=0, is_finite=True),
        "edition_year": Limits(minimum=1990, maximum=2100),
    }
    if name in by_name:
        return by_name[name]
    dtype = columns()[name].dtype
    if dtype == pl.Date():
        return Limits(minimum=FIRST_DAY, maximum=LAST_DAY)
    return Limits(min_length=1 if dtype == pl.String() else None, has_words=isinstance(dtype, pl.List))
