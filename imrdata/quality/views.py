"""The views of the tables of a corpus that expectations are computed on.

Great Expectations and pandas handle lists, Enums and long texts poorly, and each share needs its own column. So each
table has a view with identifiers, indicators (1 or 0), days between dates, and the beginnings of texts. Polars makes
the views, for pandas and for Spark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from imrdata.resources import vocabulary
from imrdata.tables.columns import columns

TEXT_LENGTH = 80  # characters of a text to keep, enough to recognize it
JUDGED_TABLES = ("letters", "decisions", "citations")
DRUGS, OPIOIDS, OTHER = "Pharmaceuticals", "Opioids", "Other"
_DATES = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")
_HALF, _QUARTER = 6, 3  # months

Tables = Mapping[str, pl.LazyFrame]


def view(table: str, tables: Tables) -> pl.LazyFrame:
    """Return the view of a table, with Int32 integers: on Spark, Great Expectations has no mean of smaller ones."""
    made = {"letters": _letters, "decisions": _decisions, "citations": _citations}[table](tables)
    return made.with_columns(pl.col(pl.Int8, pl.Int16).cast(pl.Int32))


def codes() -> list[str]:
    """Return the codes of diagnostics; the view of letters has a column for each, with the message or null."""
    return [row["code"] for row in vocabulary("diagnostic_rates")]


def indicators(column: str) -> dict[str, str]:
    """Return the indicator columns of an Enum column, each with its value."""
    dtype = columns()[column].dtype
    if not isinstance(dtype, pl.Enum):
        raise TypeError(f"{column} has no fixed values")
    return {f"{column}_is_{re.sub('[^a-z0-9]+', '_', one.lower()).strip('_')}": one for one in dtype.categories}


def _letters(tables: Tables) -> pl.LazyFrame:
    messages = tables["diagnostics"].group_by("case_number").agg(
        pl.col("message").filter(pl.col("code") == code).min().str.slice(0, TEXT_LENGTH).alias(code) for code in codes()
    )  # fmt: skip
    rows = tables["letters"].join(messages, on="case_number", how="left")
    texts = ("priority", "patient_sex", "is_represented", "case_outcome", "determination_text", "clinical_summary_text")
    steps = zip(("injury", "denial", "application", "assignment"), _DATES, _DATES[1:], strict=False)
    names = ("denial", "application", "assignment", "decision")
    month = pl.col("decision_date").dt.month()
    case_year = 2000 + pl.col("case_number").str.slice(2, 2).cast(pl.Int32)
    return rows.select(
        "case_number", "request_count", "patient_age", *_DATES, *codes(),
        *_texts(*texts, "documents_reviewed_text", "letter_layout", "source"),
        *_lists("reviewer_states", "reviewer_specialties"),
        *((pl.col(after) - pl.col(before)).dt.total_days().cast(pl.Int32).alias(f"days_from_{start}_to_{end}")
          for (start, before, after), end in zip(steps, names, strict=True)),
        pl.col("decision_date").dt.year().alias("decision_year"),
        (pl.col("application_received_date").dt.year() - case_year).alias("years_from_case_number_to_application"),
        (month <= _HALF).cast(pl.Int32).alias("is_in_first_half"),
        month.is_between(_QUARTER + 1, _QUARTER + _HALF).cast(pl.Int32).alias("is_in_middle_half"),
        _is("request_count", "1", "is_single_request"),
        _is("priority", "Expedited", "is_expedited"),
        _is("patient_sex", "female", "is_female"),
        pl.when(pl.col("reviewer_states").list.len() > 0)
        .then(pl.col("reviewer_states").list.contains("CA").cast(pl.Int32)).alias("is_licensed_in_california"),
        _is_commonest("clinical_summary_text", "is_commonest_summary"),
        *_indicators("case_outcome"),
    )  # fmt: skip


def _decisions(tables: Tables) -> pl.LazyFrame:
    is_drug = pl.col("treatment_category").cast(pl.String) == DRUGS
    is_other = pl.col("treatment_category").cast(pl.String) == OTHER
    is_opioid = (pl.col("treatment_subcategory").cast(pl.String) == OPIOIDS).cast(pl.Int32)
    guidelines = ("claims_administrator_guideline_text", "reviewer_guideline_text", "rationale_text")
    request = ["case_number", "request_number"]
    cited = tables["citations"].group_by(request).agg(citation_count=pl.len())
    return tables["decisions"].join(cited, on=request, how="left").select(
        "case_number", "request_number", "quantity",
        *_texts("letter_layout", *guidelines, "laterality", "strength", "frequency"),
        *_lists("body_parts"),
        pl.when(is_drug).then(*_lists("drugs")).alias("drugs"),
        pl.col("decision_date").dt.year().alias("decision_year"),
        pl.col("letter_layout").cast(pl.String).str.starts_with("labelled_outcomes").cast(pl.Int32).alias("is_labelled"),
        _is("outcome", "Overturned", "is_overturned"),
        _is("ur_decision", "modified", "is_modified"),
        _is("is_retrospective", "true", "is_retrospective"),
        is_drug.cast(pl.Int32).alias("is_drug"),
        pl.when(is_drug).then(is_opioid).alias("is_opioid"),
        pl.when(is_other).then(*_texts("disputed_treatment_text")).alias("treatment_of_no_category"),
        _is_commonest("rationale_text", "is_commonest_rationale"),
        (pl.col("citation_count").fill_null(0) == 0).cast(pl.Int32).alias("is_uncited"),
        *_indicators("treatment_category"),
    )  # fmt: skip


def _citations(tables: Tables) -> pl.LazyFrame:
    """Return the view of citations, with the layout and year of their letters."""
    dated = tables["letters"].select("case_number", "letter_layout", "decision_date")
    rows = tables["citations"].select(pl.exclude("letter_layout", "decision_date"))
    source = pl.col("guideline_source").cast(pl.String)
    is_by_reviewer = pl.col("cited_by").cast(pl.String) == "reviewer"
    decided = pl.col("decision_date").dt.year()
    return rows.join(dated, on="case_number", how="left").select(
        "case_number", "request_number", "citation_number", "edition_year",
        *_texts("cited_by", "letter_layout", "guideline_title", "citation_text"),
        decided.alias("decision_year"),
        (decided.cast(pl.Int32) - pl.col("edition_year")).alias("years_from_edition_to_decision"),
        is_by_reviewer.cast(pl.Int32).alias("is_by_reviewer"),
        pl.when(is_by_reviewer).then(_is("found_in", "rationale", "is_in_rationale")),
        pl.when(is_by_reviewer).then(_is("guideline_source", "MTUS", "is_mtus_of_reviewer")),
        pl.when(source == OTHER).then(*_texts("citation_text")).alias("source_of_no_list"),
        pl.when(source == "MTUS").then(*_texts("guideline_title")).alias("mtus_title"),
        _is("guideline_source", "MTUS", "is_mtus"),
        *_indicators("guideline_source"),
    )  # fmt: skip


def _texts(*names: str) -> list[pl.Expr]:
    return [pl.col(name).cast(pl.String).str.slice(0, TEXT_LENGTH) for name in names]


def _lists(*names: str) -> list[pl.Expr]:
    """Join the values of a list; null if it is empty."""
    joined = [pl.col(name).list.join(", ").str.slice(0, TEXT_LENGTH).alias(name) for name in names]
    return [pl.when(pl.col(name).list.len() > 0).then(one) for name, one in zip(names, joined, strict=True)]


def _is(column: str, value: str, name: str) -> pl.Expr:
    """Return 1 if a column has the value, else 0; null if it is null."""
    return (pl.col(column).cast(pl.String) == value).cast(pl.Int32).alias(name)


def _indicators(column: str) -> list[pl.Expr]:
    return [_is(column, value, name) for name, value in indicators(column).items()]


def _is_commonest(column: str, name: str) -> pl.Expr:
    """Return 1 if a text is the most frequent one, else 0; null if there is no text."""
    text = pl.when(pl.col(column).is_not_null()).then(pl.col(column).hash())
    return (text == text.drop_nulls().mode().min()).cast(pl.Int32).alias(name)
