"""The views that expectations are computed on: narrow tables of columns derived from the tables of a corpus.

Neither Great Expectations nor pandas takes list columns, enumerations or the letters' long texts well, and a share
needs a column of its own. So each table is judged by a view: identifiers, indicators (1 or 0), days between dates, the
first words of texts. A view is a list of `Derived` columns, which polars (`imrdata.quality.on_polars`) and Spark
(`imrdata.quality.on_spark`) both compute. So both give the same results.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import polars as pl

from imrdata.resources import vocabulary
from imrdata.tables.columns import columns

TEXT_LENGTH = 80  # characters of a text that are kept: enough to know it by
JUDGED_TABLES = ("letters", "decisions", "citations")
DRUGS, OPIOIDS, OTHER = "Pharmaceuticals", "Opioids", "Other"


@dataclass(frozen=True, slots=True)
class Derived:
    """A column of a view.

    Attributes:
        name: Its name in the view.
        how: One of

            - ``take``: the column ``of`` as it is
            - ``text``: its first characters, as a string
            - ``names``: the values of a list, joined; null where it is empty
            - ``is``: 1 where it equals ``value``, else 0; null where it is null
            - ``starts``: 1 where it starts with ``value``, else 0; null where it is null
            - ``has``: 1 where the list holds ``value``, else 0; null where it is empty
            - ``year``: the year of a date
            - ``case_year``: the year that a case number starts with
            - ``days``: the days from the date ``other`` to it
            - ``minus``: a number less the column ``other``
            - ``hash``: a number that stands for a text; null for null
        of: The column it is made of: of the table, or one that stands before it in the view.
        value: What ``is``, ``starts`` and ``has`` compare with.
        other: What ``days`` and ``minus`` take away.
        where: A column and its value: in other rows the result is null.
    """

    name: str
    how: str
    of: str
    value: str | None = None
    other: str | None = None
    where: tuple[str, str] | None = None


def indicator(column: str, value: str) -> str:
    """The name of the column that is 1 where another one has a value: ``outcome_is_upheld``."""
    return f"{column}_is_{re.sub('[^a-z0-9]+', '_', value.lower()).strip('_')}"


def indicators(column: str) -> dict[str, str]:
    """The names of such columns for each value of an enumerated column, with what they stand for."""
    return {one.name: f"{column} {one.value}" for one in _indicators(column)}


def in_two(table: str) -> tuple[list[Derived], list[Derived]]:
    """The columns of a view that are made of the table's columns, and those that are made of the view's own."""
    own = {one.name for one in view(table)} - set(columns())
    late = [one for one in view(table) if {one.of, one.other} & own]
    return [one for one in view(table) if one not in late], late


def is_date(column: str) -> bool:
    """Whether a column of the tables is a date."""
    return column in columns() and columns()[column].dtype == pl.Date()


def is_small(column: str) -> bool:
    """Whether a column of the tables is an integer of two bytes."""
    return column in columns() and columns()[column].dtype == pl.Int16()


@cache
def view(table: str) -> tuple[Derived, ...]:
    """The columns that a table is judged by."""
    return tuple({"letters": _letters, "decisions": _decisions, "citations": _citations}[table]())


def codes() -> list[str]:
    """The codes of diagnostics; the view of letters has a column for each, with the message or null."""
    return [row["code"] for row in vocabulary("diagnostic_rates")]


def _indicators(column: str) -> list[Derived]:
    dtype = columns()[column].dtype
    if not isinstance(dtype, pl.Enum):
        raise TypeError(f"{column} has no fixed values")
    return [Derived(indicator(column, one), "is", column, one) for one in dtype.categories]


def _texts(*names: str) -> list[Derived]:
    return [Derived(name, "text", name) for name in names]


def _letters() -> list[Derived]:
    dates = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")
    return [
        *(Derived(name, "take", name) for name in ("case_number", "request_count", *dates, "patient_age")),
        *_texts("letter_layout", "priority", "patient_sex", "is_represented", "case_outcome"),
        *_texts("determination_text", "clinical_summary_text", "documents_reviewed_text", "source"),
        Derived("reviewer_states", "names", "reviewer_states"),
        Derived("reviewer_specialties", "names", "reviewer_specialties"),
        Derived("decision_year", "year", "decision_date"),
        Derived("days_from_injury_to_denial", "days", "ur_denial_date", other="injury_date"),
        Derived("days_from_denial_to_application", "days", "application_received_date", other="ur_denial_date"),
        Derived("days_from_application_to_assignment", "days", "assigned_date", other="application_received_date"),
        Derived("days_from_assignment_to_decision", "days", "decision_date", other="assigned_date"),
        Derived("application_year", "year", "application_received_date"),
        Derived("case_year", "case_year", "case_number"),
        Derived("years_from_case_number_to_application", "minus", "application_year", other="case_year"),
        Derived("is_single_request", "is", "request_count", "1"),
        Derived("is_expedited", "is", "priority", "Expedited"),
        Derived("is_female", "is", "patient_sex", "female"),
        Derived("is_licensed_in_california", "has", "reviewer_states", "CA"),
        Derived("clinical_summary_hash", "hash", "clinical_summary_text"),
        *_indicators("letter_layout"),
        *_indicators("case_outcome"),
        *_indicators("provenance"),
    ]


def _decisions() -> list[Derived]:
    drug = ("treatment_category", DRUGS)
    return [
        *(Derived(name, "take", name) for name in ("case_number", "request_number", "quantity")),
        *_texts("letter_layout", "treatment_category", "treatment_subcategory", "outcome", "ur_decision"),
        *_texts("claims_administrator_guideline_text", "reviewer_guideline_text", "rationale_text"),
        *_texts("laterality", "strength", "frequency"),
        Derived("body_parts", "names", "body_parts"),
        Derived("drugs", "names", "drugs", where=drug),
        Derived("decision_year", "year", "decision_date"),
        Derived("is_labelled", "starts", "letter_layout", "labelled_outcomes"),
        Derived("is_overturned", "is", "outcome", "Overturned"),
        Derived("is_modified", "is", "ur_decision", "modified"),
        Derived("is_retrospective", "is", "is_retrospective", "true"),
        Derived("is_drug", "is", "treatment_category", DRUGS),
        Derived("is_opioid", "is", "treatment_subcategory", OPIOIDS, where=drug),
        Derived("treatment_of_no_category", "text", "disputed_treatment_text", where=("treatment_category", OTHER)),
        Derived("rationale_hash", "hash", "rationale_text"),
        *_indicators("treatment_category"),
    ]


def _citations() -> list[Derived]:
    """Of citations with their letter's layout and year, which the table itself has not."""
    return [
        *(Derived(name, "take", name) for name in ("case_number", "request_number", "citation_number")),
        *_texts("cited_by", "letter_layout", "guideline_title", "citation_text"),
        Derived("edition_year", "take", "edition_year"),
        Derived("decision_year", "year", "decision_date"),
        Derived("years_from_edition_to_decision", "minus", "decision_year", other="edition_year"),
        Derived("is_by_reviewer", "is", "cited_by", "reviewer"),
        Derived("is_in_rationale", "is", "found_in", "rationale", where=("cited_by", "reviewer")),
        Derived("is_mtus_of_reviewer", "is", "guideline_source", "MTUS", where=("cited_by", "reviewer")),
        Derived("source_of_no_list", "text", "citation_text", where=("guideline_source", OTHER)),
        Derived("mtus_title", "text", "guideline_title", where=("guideline_source", "MTUS")),
        Derived("is_mtus", "is", "guideline_source", "MTUS"),
        *_indicators("guideline_source"),
    ]
