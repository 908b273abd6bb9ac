"""What a corpus should look like: one `Expectation` for each, made from the measures below and the bands of the seeds.

A band is what was published (``seeds/vocabularies/corpus_bands.csv``), or the exact limit of what was seen in some
letters (``null_rates.csv``, ``diagnostic_rates.csv``). `imrdata.quality.limits` widens it for the size of the corpus in
hand. No rule here is about one row: those are pandera's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import polars as pl

from imrdata.analysis.quantiles import exact_interval
from imrdata.figures import Figure, figures
from imrdata.quality.views import indicators
from imrdata.resources import vocabulary

FEW_LETTERS = 30  # with fewer letters, the design effect cannot be told
FEW_OF_LAYOUT = 20  # with fewer letters, what was seen of a layout says little
UNSEEN = 0.5  # of a layout of which no letter was measured: a value that most letters lack was lost by the reader
EACH_YEAR = ("letters_of_year", "first_half_share", "middle_half_share")  # whose bands hold for every year of a row
SPREAD = 3.0  # standard deviation of the requests of a letter: 2.9 in 102 published letters

MEAN, MEDIAN = "expect_column_mean_to_be_between", "expect_column_median_to_be_between"
ROWS, DISTINCT = "expect_table_row_count_to_be_between", "expect_column_proportion_of_unique_values_to_be_between"
NULL, FILLED = "expect_column_values_to_be_null", "expect_column_values_to_not_be_null"
BETWEEN, NOT_NULL = "expect_column_values_to_be_between", "expect_column_proportion_of_non_null_values_to_be_between"
BY_VALUE = frozenset({NULL, FILLED, BETWEEN})  # they count rows, and show the rows that they count


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows a rule is about: those whose ``column`` is ``operator`` (``==``, ``>=``, ``<=``) ``value``."""

    column: str
    operator: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of one table of a corpus.

    Attributes:
        name: Its name, of this table alone.
        table: ``letters``, ``decisions`` or ``citations``.
        expectation: The type of the expectation, as Great Expectations calls it.
        description: What is measured, in one sentence.
        source: Where the band comes from.
        column: The column of the table's view; None for a count of rows.
        low: The least that is expected before the margin; None for no limit. Of rules by value (`BY_VALUE`) `high` is
            the greatest share of rows that may break the rule.
        high: The most that is expected before the margin.
        conditions: The rows that it is about.
        margin: How the band is widened: ``binomial`` (a share), ``normal`` (a mean) or empty (not at all).
        minimum: With fewer letters than this the rule is not applicable.
        unit: ``share``, ``days``, ``years``, ``rows`` or ``requests``.
        relative_to: Of a count of rows: what `low` and `high` are multiples of (``documents``, ``letters``,
            ``decisions``, ``baseline``); empty for rows themselves.
        is_drift: The limits come from a baseline.
        is_of_whole_year: It is about a year that the letters of the corpus span from its first month to its last.
        arguments: Further arguments of the expectation.
    """

    name: str
    table: str
    expectation: str
    description: str
    source: str
    column: str | None = None
    low: float | None = None
    high: float | None = None
    conditions: tuple[Condition, ...] = ()
    margin: str = ""
    minimum: int = 0
    unit: str = "share"
    relative_to: str = ""
    is_drift: bool = False
    is_of_whole_year: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_by_value(self) -> bool:
        """Whether it counts the rows that break it, and can show some."""
        return self.expectation in BY_VALUE

    def is_measured(self) -> pl.Expr:
        """The rows that have what it looks at, whatever its conditions."""
        if self.column is None or self.expectation in (NULL, FILLED, NOT_NULL, ROWS):
            return pl.col("case_number").is_not_null()
        return pl.col(self.column).is_not_null()

    def is_counted(self) -> pl.Expr:
        """The rows that it is about."""
        ways = {"==": pl.Expr.eq, ">=": pl.Expr.ge, "<=": pl.Expr.le}
        holds = (ways[one.operator](pl.col(one.column), pl.lit(one.value)) for one in self.conditions)
        return pl.all_horizontal(self.is_measured(), *holds).fill_null(value=False)

    def is_part(self) -> pl.Expr:
        """Of these, the rows whose share is observed; all where no share is."""
        column = pl.col(str(self.column))
        if self.expectation == FILLED:
            return column.is_null()
        if self.expectation in (NULL, NOT_NULL):
            return column.is_not_null()
        if self.expectation == BETWEEN:
            least, most = self.arguments.get("min_value"), self.arguments.get("max_value")
            return ~column.is_between(least if least is not None else column, most if most is not None else column)
        return column == 1 if self.unit == "share" and self.expectation == MEAN else self.is_measured()


# How a measure of ``corpus_measures.csv`` is judged: the type of its expectation, its margin, and the fewest letters.
_KINDS = {
    "share": (MEAN, "binomial", FEW_LETTERS),
    "mean": (MEAN, "normal", FEW_LETTERS),
    "null": (NULL, "binomial", FEW_OF_LAYOUT),
    "filled": (FILLED, "binomial", FEW_OF_LAYOUT),
    "between": (BETWEEN, "binomial", FEW_OF_LAYOUT),
    "median": (MEDIAN, "", FEW_OF_LAYOUT),
    "distinct": (DISTINCT, "", FEW_OF_LAYOUT),
    "rows": (ROWS, "", 0),
}


@cache
def measures() -> dict[str, Expectation]:
    """What is measured, by the measure's name in ``corpus_measures.csv``, without bands and years."""
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
        margin=margin,
        minimum=minimum or int(row["measure"] == "letters_a_year"),
        unit=row["unit"],
        relative_to=row["relative_to"],
        is_of_whole_year=bool(row["needs_whole_year"]),
        arguments={name: int(row[name]) for name in ("min_value", "max_value") if row[name]},
    )


@cache
def rules(table: str) -> tuple[Expectation, ...]:
    """The expectations of a table, in the order of a report."""
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
    """The row, or one for each of its years."""
    if measure not in EACH_YEAR:
        yield row
        return
    for year in range(int(row["first_year"]), int(row["last_year"]) + 1):
        yield {**row, "first_year": str(year), "last_year": str(year)}


def _published(row: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A band for each whole year of a published measure: the least and the most that was published of it.

    The DWC and the CWCI have categories of their own; those of the package are the DWC's. So of a category the DWC's
    figures make the band, and the CWCI's only where there is no other. A figure that is a bound bounds one side.
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
        low, high = (str(min(lows)) if lows else "", str(max(highs)) if highs else "")
        sources = "; ".join(dict.fromkeys(one.source for one in of))
        years_of = {"first_year": str(year), "last_year": str(year)}
        yield {**row, "low": row["low"] or low, "high": high, "source": sources, **years_of}


def _with_band(measure: str, rule: Expectation, row: Mapping[str, str]) -> Expectation:
    first, last, tolerance = row["first_year"], row["last_year"], float(row["tolerance"])
    years = tuple(
        Condition("decision_year", operator, int(year))
        for operator, year in ([("==", first)] if first and first == last else [(">=", first), ("<=", last)])
        if year
    )
    name = "_".join([measure, *dict.fromkeys(year for year in (first, last) if year)])
    by = float(row["high"] or 1) if rule.unit == "rows" else 1  # the tolerance of a count is a part of it
    low = float(row["low"]) - tolerance * by if row["low"] else None
    high = float(row["high"]) + tolerance * by if row["high"] else None
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
    """The exact upper limit (Clopper and Pearson, 95 % two-sided) of the share of exceptions that some letters had."""
    if not row["letters"]:
        return UNSEEN
    return round(exact_interval(int(row["exceptions"]), int(row["letters"]))[1], 6)


def _null_rates() -> Iterator[Expectation]:
    for row in vocabulary("null_rates"):
        is_never = row["expected"] == "empty"  # the layout has nothing of the kind
        yield Expectation(
            name=f"{row['column']}_{'filled' if is_never else 'empty'}_in_{row['letter_layout']}",
            table=row["table"],
            expectation=NULL if is_never else FILLED,
            description=f"{row['column']} {'filled' if is_never else 'empty'}",
            source=row["source"],
            column=row["column"],
            high=_seen(row),
            conditions=(Condition("letter_layout", "==", row["letter_layout"]),),
            margin="binomial",
            minimum=FEW_OF_LAYOUT,
        )


def _diagnostics() -> Iterator[Expectation]:
    for row in vocabulary("diagnostic_rates"):
        if row["exceptions"]:
            yield Expectation(
                name=f"diagnostic_{row['code']}",
                table="letters",
                expectation=NULL,
                description=f"letters with the diagnostic {row['code']}",
                source=row["source"],
                column=row["code"],
                high=_seen(row),
                margin="binomial",
                minimum=FEW_OF_LAYOUT,
            )


def _drift() -> Iterator[Expectation]:
    source, kept = "the baseline: all of its letters", (Condition("is_kept", "==", 1),)
    rule = Expectation("kept_letters", "letters", ROWS, "letters that the baseline has too", source, low=1.0)
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
    return Expectation(
        f"drift_of_{'share' if expectation == MEAN else 'filled'}_{column}",
        table,
        expectation,
        f"{words}, against the baseline",
        "the baseline: its letters of the same layouts and years",
        column,
        conditions=(Condition("is_compared", "==", 1),),
        margin="binomial",
        minimum=FEW_LETTERS,
        is_drift=True,
    )
