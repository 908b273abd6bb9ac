"""The expectations of a corpus, made from the measures below and the bands in ``seeds/vocabularies``.

A band comes from published figures (``corpus_bands.csv``), or is the exact limit of what was observed in some letters
(``null_rates.csv``, ``diagnostic_rates.csv``). `imrdata.quality.limits` widens it for the size of the corpus. Rules
about single rows are checked by pandera, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import polars as pl

from imrdata.analysis.quantiles import exact_interval
from imrdata.figures import Figure, figures
from imrdata.quality.views import indicators
from imrdata.resources import vocabulary

# Three choices; the guide about corpora says what they mean.
FALSE_ALARMS = 0.001  # probability of one in all bands together, and in all comparisons together, if nothing is wrong
# With fewer letters, the design effect is too uncertain for a share (as `analysis.groups.SMALL_GROUP`).
FEW_LETTERS = 30
FEW_OF_LAYOUT = 20  # letters; a column that is filled in half of them is empty in all 20 once in a million corpora
EACH_YEAR = ("letters_of_year", "first_half_share", "middle_half_share")  # their bands apply to every year of a row
SPREAD = 2.911778  # standard deviation of the number of requests of a letter, in 102 published letters

MEAN, ROWS = "expect_column_mean_to_be_between", "expect_table_row_count_to_be_between"
NULL, FILLED = "expect_column_values_to_be_null", "expect_column_values_to_not_be_null"
BETWEEN, NOT_NULL = "expect_column_values_to_be_between", "expect_column_proportion_of_non_null_values_to_be_between"
BY_VALUE = frozenset({NULL, FILLED, BETWEEN})  # they count rows, and show examples


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that rows must meet: ``column`` ``operator`` (``==``, ``>=``, ``<=``) ``value``."""

    column: str
    operator: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation of one table of a corpus.

    The band from `low` to `high` is without margin; None is no limit. For rules by value (`BY_VALUE`), `high` is the
    largest share of rows that may break the rule. `margin` says how the band is widened: ``binomial`` (a share),
    ``normal`` (a mean) or empty (not at all). ``all``: nothing was measured; the rule fails only if all rows break it.
    """

    name: str  # unique in the table
    table: str
    expectation: str  # its type in Great Expectations
    description: str  # what is measured
    source: str  # of the band
    column: str | None = None  # of the table's view; None for a count of rows
    low: float | None = None
    high: float | None = None
    conditions: tuple[Condition, ...] = ()  # of the rows that it is about
    margin: str = ""
    minimum: int = 0  # letters; with fewer, it is not applicable
    unit: str = "share"  # or days, years, rows, requests
    relative_to: str = ""  # documents, letters, decisions or baseline: what limits of a count of rows are multiples of
    is_drift: bool = False  # the limits come from a baseline
    is_of_whole_year: bool = False  # it requires letters from the first to the last month of a year
    arguments: Mapping[str, Any] = field(default_factory=dict)  # additional ones of the expectation

    @property
    def place(self) -> str:
        """Return the table, with the column if it is about one."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def is_measured(self) -> pl.Expr:
        """Return an expression for the rows that have a value, regardless of the conditions."""
        if self.column is None or self.expectation in (NULL, FILLED, NOT_NULL, ROWS):
            return pl.col("case_number").is_not_null()
        return pl.col(self.column).is_not_null()

    def is_counted(self) -> pl.Expr:
        """Return an expression for the rows that it is about."""
        ways = {"==": pl.Expr.eq, ">=": pl.Expr.ge, "<=": pl.Expr.le}
        holds = (ways[one.operator](pl.col(one.column), pl.lit(one.value)) for one in self.conditions)
        return pl.all_horizontal(self.is_measured(), *holds).fill_null(value=False)

    def is_part(self) -> pl.Expr:
        """Return an expression for the rows whose share is observed; all if it is not about a share."""
        column = pl.col(str(self.column))
        if self.expectation == FILLED:
            return column.is_null()
        if self.expectation in (NULL, NOT_NULL):
            return column.is_not_null()
        if self.expectation == BETWEEN:
            least, most = self.arguments.get("min_value"), self.arguments.get("max_value")
            return ~column.is_between(least if least is not None else column, most if most is not None else column)
        return column == 1 if self.unit == "share" and self.expectation == MEAN else self.is_measured()


# How a measure of ``corpus_measures.csv`` is checked: type of expectation, margin, and smallest number of letters.
_KINDS = {
    "share": (MEAN, "binomial", FEW_LETTERS),
    "mean": (MEAN, "normal", FEW_LETTERS),
    "null": (NULL, "binomial", FEW_OF_LAYOUT),
    "filled": (FILLED, "binomial", FEW_OF_LAYOUT),
    "between": (BETWEEN, "binomial", FEW_OF_LAYOUT),
    "rows": (ROWS, "", 0),
}


@cache
def measures() -> dict[str, Expectation]:
    """Return the measures by their names in ``corpus_measures.csv``, without bands and years."""
    return {row["measure"]: _measure(row) for row in vocabulary("corpus_measures")}


def _measure(row: Mapping[str, str]) -> Expectation:
    expectation, margin, minimum = _KINDS[row["kind"]]
    return Expectation(
        name="",
        table=row["table"],
        expectation=expectation,
        description=row["description"],
        source="",
        column=row["column"] or None,
        conditions=(Condition(row["where"], "==", 1),) if row["where"] else (),
        margin="binomial" if row["relative_to"] == "documents" else margin,
        minimum=minimum or int(row["measure"] == "letters_a_year"),
        unit=row["unit"],
        relative_to=row["relative_to"],
        is_of_whole_year=bool(row["needs_whole_year"]),
        arguments={name: int(row[name]) for name in ("min_value", "max_value") if row[name]},
    )


@cache
def rules(table: str) -> tuple[Expectation, ...]:
    """Return the expectations of a table, in the order of a report."""
    made = (*_banded(), *_null_rates(), *_diagnostics(), *_drift())
    return tuple(rule for rule in made if rule.table == table)


def _banded() -> Iterator[Expectation]:
    bands: dict[str, list[dict[str, str]]] = {}
    for row in vocabulary("corpus_bands"):
        bands.setdefault(row["measure"], []).append(row)
    for measure, rule in measures().items():
        rows = bands.get(measure, [])
        years = {row["first_year"] for row in rows if row["first_year"] == row["last_year"]}
        derived = [one for row in rows if row["published"] for one in _published(row) if one["first_year"] not in years]
        own = [one for row in rows if not row["published"] for one in _years(measure, row)]
        for row in sorted([*own, *derived], key=lambda one: one["first_year"]):
            yield _with_band(measure, rule, row)


def _years(measure: str, row: dict[str, str]) -> Iterator[dict[str, str]]:
    """Return the row, or one row for each of its years."""
    if measure not in EACH_YEAR:
        yield row
        return
    for year in range(int(row["first_year"]), int(row["last_year"]) + 1):
        yield {**row, "first_year": str(year), "last_year": str(year)}


def _published(row: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Return a band for each whole year of a published measure: the smallest and the largest published figure.

    The package uses the categories of the DWC; the CWCI has its own. For a category, the band comes from the DWC's
    figures, or from the CWCI's if there are no others. A figure printed as a bound limits only one side. The band is
    widened by the largest difference between the two publishers in any year.
    """
    measure, _, scope = row["published"].partition("; ")
    years: dict[int, list[Figure]] = {}
    for figure in figures()[measure, scope]:
        if figure.period == str(figure.year):
            years.setdefault(figure.year, []).append(figure)
    for year, found in years.items():
        of = [one for one in found if one.publisher == "DWC"] if scope else []
        of = of or found
        lows, highs = ([one.value for one in of if one.bound != bound] for bound in ("at most", "at least"))
        by = _disagreement(measure, scope)
        low, high = (str(min(lows) - by(min(lows))) if lows else "", str(max(highs) + by(max(highs))) if highs else "")
        sources = "; ".join(dict.fromkeys(one.source for one in of))
        years_of = {"first_year": str(year), "last_year": str(year)}
        yield {**row, "low": row["low"] or low, "high": high, "source": sources, **years_of}


def _disagreement(measure: str, scope: str) -> Callable[[float], float]:
    """Return the largest difference between the figures of a whole year; for counts, relative to the count."""
    years: dict[str, list[float]] = {}
    for figure in figures()[measure, scope]:
        if figure.period == str(figure.year) and figure.bound in ("", "about"):
            years.setdefault(figure.period, []).append(figure.value)
    if measure == "letters":
        part = max(max(of) / min(of) - 1 for of in years.values())
        return lambda value: value * part
    most = max(max(of) - min(of) for of in years.values())
    return lambda value: most


def _with_band(measure: str, rule: Expectation, row: Mapping[str, str]) -> Expectation:
    first, last = row["first_year"], row["last_year"]
    years = tuple(
        Condition("decision_year", operator, int(year))
        for operator, year in ([("==", first)] if first and first == last else [(">=", first), ("<=", last)])
        if year
    )
    name = "_".join([measure, *dict.fromkeys(year for year in (first, last) if year)])
    low, high = (float(row[name]) if row[name] else None for name in ("low", "high"))
    if rule.unit == "share":
        low, high = low if low and low > 0 else None, high if high is not None and high < 1 else None
    if rule.unit == "rows":
        low = low if low and low > 0 else None
    return replace(
        rule,
        name=name,
        low=None if low is None else round(low, 6),
        high=None if high is None else round(high, 6),
        conditions=(*rule.conditions, *years),
        source=row["source"],
    )


def _seen(row: Mapping[str, str]) -> float:
    """Return the exact upper limit (Clopper-Pearson, 95% two-sided) of the observed share of exceptions."""
    return round(exact_interval(int(row["exceptions"]), int(row["letters"]))[1], 6)


def _null_rates() -> Iterator[Expectation]:
    for row in vocabulary("null_rates"):
        column, layout = row["column"], row["letter_layout"]
        kind, broken = (NULL, "filled") if row["expected"] == "empty" else (FILLED, "empty")  # empty: never printed
        named = (f"{column}_{broken}_in_{layout}", row["table"], kind, f"{column} {broken}", row["source"], column)
        high, margin = (_seen(row), "binomial") if row["letters"] else (None, "all")
        of = (Condition("letter_layout", "==", layout),)
        yield Expectation(*named, high=high, conditions=of, margin=margin, minimum=FEW_OF_LAYOUT)


def _diagnostics() -> Iterator[Expectation]:
    for row in vocabulary("diagnostic_rates"):
        if row["exceptions"]:
            code = row["code"]
            named = (f"diagnostic_{code}", "letters", NULL, f"letters with the diagnostic {code}", row["source"], code)
            yield Expectation(*named, high=_seen(row), margin="binomial", minimum=FEW_OF_LAYOUT)


def _drift() -> Iterator[Expectation]:
    source, kept = "the baseline: all of its letters", (Condition("is_kept", "==", 1),)
    rule = Expectation("kept_letters", "letters", ROWS, "letters that are also in the baseline", source, low=1.0)
    yield replace(rule, unit="rows", conditions=kept, relative_to="baseline", is_drift=True)
    for table, names in _compared_shares().items():
        for column, words in names.items():
            yield _drifting(table, column, MEAN, words)
    for table, filled in _COMPARED_FILLED.items():
        for column in filled:
            yield _drifting(table, column, NOT_NULL, f"{column} filled")


def _each(column: str) -> dict[str, str]:
    return {name: f"{column} {value}" for name, value in indicators(column).items()}


def _compared_shares() -> dict[str, dict[str, str]]:
    return {
        "letters": {
            **_each("case_outcome"),
            "is_expedited": "expedited reviews",
            "is_single_request": "letters that decide one request",
        },
        "decisions": {
            "is_overturned": "requests overturned",
            "is_modified": "requests that UR modified",
            "is_opioid": "opioids, of the requests for drugs",
            **_each("treatment_category"),
        },
        "citations": {"is_by_reviewer": "citations by the reviewer", **_each("guideline_source")},
    }


_COMPARED_FILLED = {
    "letters": (
        "decision_date", "assigned_date", "patient_age", "patient_sex", "is_represented", "clinical_summary_text",
        "documents_reviewed_text",
    ),
    "decisions": (
        "rationale_text", "reviewer_guideline_text", "claims_administrator_guideline_text", "drugs", "laterality",
        "quantity", "strength", "frequency", "body_parts",
    ),
    "citations": ("guideline_title", "edition_year"),
}  # fmt: skip


def _drifting(table: str, column: str, expectation: str, words: str) -> Expectation:
    name = f"drift_of_{'share' if expectation == MEAN else 'filled'}_{column}"
    source = "the baseline: its letters of the same layouts and years"
    of = (Condition("is_compared", "==", 1),)
    named = (name, table, expectation, f"{words}, against the baseline", source, column)
    return Expectation(*named, conditions=of, margin="binomial", minimum=FEW_LETTERS, is_drift=True)
