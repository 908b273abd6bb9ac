"""The accuracy of the tables, measured by people before release, from ``seeds/vocabularies/accuracy.csv``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from imrdata.analysis.quantiles import exact_interval
from imrdata.resources import vocabulary
from imrdata.tables.columns import amount_columns, treatment_columns

# Columns that rules derive from words, beside those of the treatment itself.
DERIVED = (
    *("reviewer_specialties", "guideline_source", "guideline_title", "guideline_subject", "edition_status"),
    *("citation_agreement", "claims_administrator_cites", "reviewer_cites"),
)
_SHIPPED = [
    *("column", "letter_layout", "checked_count", "right_count", "letter_count", "accuracy", "interval_low"),
    *("interval_high", "letters", "measured_on", "version"),
]
SCOPES = ("treatment_category", "treatment_subcategory")  # what ``scope`` of a published figure may be


def shipped_accuracy() -> pl.DataFrame:
    """Return the accuracy before release, measured on letters that were not used to develop the reader.

    Errors in requests of one letter may be correlated, and the correlation was not recorded. So the
    interval treats them as equal: it is the Clopper-Pearson interval of the share for the number of letters.

    Returns:
        One row per column and layout, sorted: ``column``, ``letter_layout``, ``checked_count``, ``right_count``,
        ``letter_count``, ``accuracy``, ``interval_low``, ``interval_high``; ``letters``, a description of them;
        ``measured_on``; ``version`` of the package. Other columns and layouts were not measured.
    """
    rows = []
    for row in vocabulary("accuracy"):
        checked, right, letters = int(row["checked"]), int(row["right"]), int(row["letter_count"])
        share = right / checked
        measured = (checked, right, letters, share, *exact_interval(share * letters, letters))
        described = (row["letters"], row["measured_on"], row["version"])
        rows.append((row["column"], row["letter_layout"], *measured, *described))
    return pl.DataFrame(rows, schema=_SHIPPED, orient="row")


def accuracy_notes(columns: Iterable[str]) -> list[str]:
    """Describe the accuracy of derived columns in words, for the notes of a table or a chart."""
    measured = shipped_accuracy().rows_by_key("column", named=True)
    derived = {*treatment_columns(), *amount_columns(), *DERIVED}
    named = [name for one in columns for name in (SCOPES if one == "scope" else (one,))]
    notes = []
    for name in (one for one in dict.fromkeys(named) if one in derived):
        layouts = "; ".join(map(_of_layout, measured.get(name, [])))
        told = f": {layouts}; other layouts were not measured" if layouts else "; its accuracy was not measured"
        notes.append(f"{name} is derived from words{told}")
    return notes


def _of_layout(row: dict[str, Any]) -> str:
    low, high = (f"{100 * row[bound]:.0f}%" for bound in ("interval_low", "interval_high"))
    return (
        f"{row['right_count']} of {row['checked_count']} right in {row['letter_count']} letters of the layout "
        f"{row['letter_layout']}, read by version {row['version']} (95% interval {low} to {high})"
    )
