"""How right the tables were where people measured them before release, of ``seeds/vocabularies/accuracy.csv``."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from imrdata.analysis.quantiles import exact_interval
from imrdata.resources import vocabulary

# Columns that rules read from words of a request or a citation: a letter prints none of them as such.
DERIVED = (
    "treatment_category", "treatment_subcategory", "treatment_name", "drugs", "body_parts", "laterality", "quantity",
    "guideline_source", "guideline_title", "guideline_subject", "citation_agreement",
)  # fmt: skip


def shipped_accuracy() -> pl.DataFrame:
    """What was measured before release, on letters that no rule of the reader was made on.

    The requests of one letter may be wrong together, and how they go together was not kept. So they count as alike:
    the exact interval (Clopper and Pearson) is that of as many fields as there were letters.

    Returns:
        One row a column and layout, sorted: ``column``, ``letter_layout``, ``checked_count``, ``right_count``,
        ``letter_count``, ``accuracy``, ``interval_low``, ``interval_high``; ``letters``, which; ``measured_on``;
        ``version`` of the package. A column or a layout that is not there was not measured.
    """
    rows = []
    for row in vocabulary("accuracy"):
        checked, right, letters = int(row["checked"]), int(row["right"]), int(row["letter_count"])
        share = right / checked
        counts = {"checked_count": checked, "right_count": right, "letter_count": letters, "accuracy": share}
        low, high = exact_interval(share * letters, letters)
        names = {"column": row["column"], "letter_layout": row["letter_layout"]}
        told = {name: row[name] for name in ("letters", "measured_on", "version")}
        rows.append({**names, **counts, "interval_low": low, "interval_high": high, **told})
    return pl.DataFrame(rows)


def accuracy_notes(columns: Iterable[str]) -> list[str]:
    """How right the derived ones of some columns are, in words to stand under a table or a chart."""
    measured = {row["column"]: row for row in shipped_accuracy().rows(named=True)}
    notes = []
    for name in (one for one in columns if one in DERIVED):
        row = measured.get(name)
        if row is None:
            notes.append(f"{name} is read from words; nobody has measured how often rightly")
            continue
        notes.append(
            f"{name} is read from words: {row['right_count']} of {row['checked_count']} right in {row['letter_count']} "
            f"letters of the layout {row['letter_layout']} (95 % interval {row['interval_low']:.0%} to "
            f"{row['interval_high']:.0%}); other layouts are unmeasured".replace("%", " %").replace("  %", " %")
        )
    return notes
