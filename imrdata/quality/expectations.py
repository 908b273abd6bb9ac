"""What a corpus should look like: one `Expectation` for each, made from the measures below and the bands of the seeds.

A band is what was published or seen (``seeds/vocabularies/corpus_bands.csv``, ``null_rates.csv``,
``diagnostic_rates.csv``). `imrdata.quality.margins` widens it for the size of the corpus in hand, so that chance alone
fails none. No rule here is about one row: those are pandera's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from imrdata.figures import Figure, figures
from imrdata.quality.views import codes, indicators
from imrdata.resources import vocabulary

FEW_LETTERS = 100  # with fewer letters, what is published of a year says little
FEW_OF_LAYOUT = 20  # with fewer letters, what was seen of a layout says little
DRIFT = 0.02  # a share may differ by 2 points from the baseline's, beyond chance
SHRINKAGE = 0.95  # of the baseline's rows must be there
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
        is_drift: The band is the baseline's share, give or take `DRIFT`.
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
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_by_value(self) -> bool:
        """Whether it counts the rows that break it, and can show some."""
        return self.expectation in BY_VALUE


def _share(table: str, column: str, description: str, **others: Any) -> Expectation:
    return Expectation("", table, MEAN, description, "", column, margin="binomial", minimum=FEW_LETTERS, **others)


def _faults(table: str, column: str, description: str, **others: Any) -> Expectation:
    expectation = others.pop("expectation", NULL)
    return Expectation(
        "", table, expectation, description, "", column, margin="binomial", minimum=FEW_OF_LAYOUT, **others
    )


def _median(column: str, description: str, unit: str = "days") -> Expectation:
    return Expectation("", "letters", MEDIAN, description, "", column, minimum=FEW_OF_LAYOUT, unit=unit)


def _order(column: str, description: str) -> Expectation:
    return _faults("letters", column, description, expectation=BETWEEN, arguments={"min_value": 0})


def _rows(table: str, relative_to: str, description: str) -> Expectation:
    return Expectation("", table, ROWS, description, "", unit="rows", relative_to=relative_to)


LABELLED = Condition("is_labelled", "==", 1)  # only these layouts tell a modified request


@cache
def measures() -> dict[str, Expectation]:
    """What is measured, by the measure's name in ``corpus_bands.csv``, without bands and years."""
    return {
        "letters_of_documents": _rows("letters", "documents", "letters, of the documents that were read"),
        "letters_a_year": replace(_rows("letters", "", "letters, at most those that were issued"), minimum=1),
        "requests_of_letters": _rows("decisions", "letters", "requests, at least one a letter"),
        "citations_a_request": _rows("citations", "decisions", "citations, some a request"),
        "requests_a_letter": Expectation(
            "", "letters", MEAN, "mean number of requests a letter", "", "request_count",
            margin="normal", minimum=FEW_LETTERS, unit="requests",
        ),
        "single_request_share": _share("letters", "is_single_request", "letters that decide one request"),
        "expedited_share": _share("letters", "is_expedited", "expedited reviews"),
        "female_share": _share("letters", "is_female", "injured workers who are female, where the letter says"),
        "california_licensed": _share("letters", "is_licensed_in_california", "reviewers licensed in California"),
        "median_age": _median("patient_age", "median age of the injured worker", "years"),
        "days_from_denial_to_application": _median("days_from_denial_to_application", "median days"),
        "days_from_application_to_assignment": _median("days_from_application_to_assignment", "median days"),
        "days_from_assignment_to_decision": _median("days_from_assignment_to_decision", "median days"),
        "days_out_of_order_before_denial": _order("days_from_injury_to_denial", "UR denial before the injury"),
        "days_out_of_order_before_application": _order(
            "days_from_denial_to_application", "application before the UR denial"
        ),
        "days_out_of_order_before_assignment": _order(
            "days_from_application_to_assignment", "assignment before the application"
        ),
        "days_out_of_order_before_decision": _order(
            "days_from_assignment_to_decision", "decision before the assignment"
        ),
        "decision_before_2013": _faults(
            "letters", "decision_year", "decisions before IMR began",
            expectation=BETWEEN, arguments={"min_value": 2013},
        ),
        "unusual_case_number_year": _faults(
            "letters", "years_from_case_number_to_application", "case number and application more than a year apart",
            expectation=BETWEEN, arguments={"min_value": -1, "max_value": 1},
        ),
        "distinct_summaries": Expectation(
            "", "letters", DISTINCT, "different case summaries", "", "clinical_summary_hash", minimum=FEW_OF_LAYOUT
        ),
        "overturned_share": _share("decisions", "is_overturned", "requests overturned"),
        "drug_share": _share("decisions", "is_drug", "requests for drugs"),
        "opioid_share_of_drugs": _share("decisions", "is_opioid", "opioids, of the requests for drugs"),
        "modified_share": _share(
            "decisions", "is_modified", "requests that UR modified", conditions=(LABELLED,)
        ),
        "retrospective_share": _share("decisions", "is_retrospective", "retrospective requests"),
        "uncategorised_treatment": _faults(
            "decisions", "treatment_of_no_category", "treatments in no category but Other"
        ),
        "drug_without_ingredient": _faults(
            "decisions", "drugs", "drugs without a known ingredient",
            expectation=FILLED, conditions=(Condition("is_drug", "==", 1),),
        ),
        "distinct_rationales": Expectation(
            "", "decisions", DISTINCT, "different rationales", "", "rationale_hash", minimum=FEW_OF_LAYOUT
        ),
        "cited_by_reviewer": _share("citations", "is_by_reviewer", "citations by the reviewer"),
        "mtus_share_of_reviewer": _share("citations", "is_mtus_of_reviewer", "MTUS, of the reviewer's citations"),
        "rationale_citations": _share("citations", "is_in_rationale", "the reviewer's citations that his prose makes"),
        "other_guideline_source": _faults("citations", "source_of_no_list", "guidelines of no body but Other"),
        "mtus_without_title": _faults(
            "citations", "mtus_title", "MTUS without a chapter",
            expectation=FILLED, conditions=(Condition("is_mtus", "==", 1),),
        ),
        "edition_after_decision": _faults(
            "citations", "years_from_edition_to_decision", "editions of later years than the decision",
            expectation=BETWEEN, arguments={"min_value": 0},
        ),
    }  # fmt: skip


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
        own = [row for row in rows if not row["published"]]
        for row in sorted([*own, *derived], key=lambda one: one["first_year"]):
            yield _with_band(measure, rule, row)


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


def _null_rates() -> Iterator[Expectation]:
    for row in vocabulary("null_rates"):
        never = float(row["low"]) > 0  # the layout has nothing of the kind
        yield Expectation(
            name=f"{row['column']}_{'filled' if never else 'empty'}_in_{row['letter_layout']}",
            table=row["table"],
            expectation=NULL if never else FILLED,
            description=f"{row['column']} {'filled' if never else 'empty'}",
            source=row["source"],
            column=row["column"],
            high=round(1 - float(row["low"]), 6) if never else float(row["high"]),
            conditions=(Condition("letter_layout", "==", row["letter_layout"]),),
            margin="binomial",
            minimum=FEW_OF_LAYOUT,
        )


def _diagnostics() -> Iterator[Expectation]:
    highs = {row["code"]: row for row in vocabulary("diagnostic_rates")}
    for code in codes():
        if float(highs[code]["high"]) < 1:
            yield replace(
                _faults("letters", code, f"letters with the diagnostic {code}"),
                name=f"diagnostic_{code}",
                high=float(highs[code]["high"]),
                source=highs[code]["source"],
            )


def _drift() -> Iterator[Expectation]:
    for table in ("letters", "decisions", "citations"):
        source = f"the baseline: at least {SHRINKAGE:.0%} of its rows"
        rows = Expectation("drift_of_rows", table, ROWS, "rows, of the baseline's", source, low=SHRINKAGE, unit="rows")
        yield replace(rows, relative_to="baseline", is_drift=True)
    for table, names in _compared_shares().items():
        for column, words in names.items():
            yield _drifting(table, column, MEAN, words)
    for table, filled in _COMPARED_FILLED.items():
        for column in filled:
            yield _drifting(table, column, NOT_NULL, f"{column} filled")


def _compared_shares() -> dict[str, dict[str, str]]:
    return {
        "letters": {
            **indicators("letter_layout"),
            **indicators("case_outcome"),
            **indicators("provenance"),
            "is_expedited": "expedited reviews",
            "is_single_request": "letters that decide one request",
        },
        "decisions": {
            "is_overturned": "requests overturned",
            "is_modified": "requests that UR modified",
            "is_opioid": "opioids, of the requests for drugs",
            **indicators("treatment_category"),
        },
        "citations": {"is_by_reviewer": "citations by the reviewer", **indicators("guideline_source")},
    }


_COMPARED_FILLED = {
    "letters": (
        "decision_date", "assigned_date", "patient_age", "patient_sex", "is_represented", "clinical_summary_text",
        "documents_reviewed_text",
    ),
    "decisions": (
        "rationale_text", "reviewer_guideline_text", "claims_administrator_guideline_text", "laterality", "quantity",
        "strength", "frequency", "body_parts",
    ),
    "citations": ("guideline_title", "edition_year"),
}  # fmt: skip


def _drifting(table: str, column: str, expectation: str, words: str) -> Expectation:
    kind = "share" if expectation == MEAN else "filled"
    return Expectation(
        f"drift_of_{kind}_{column}",
        table,
        expectation,
        f"{words}, against the baseline",
        f"the baseline: its share, give or take {DRIFT:.0%}",
        column,
        margin="binomial",
        minimum=FEW_LETTERS,
        is_drift=True,
    )
