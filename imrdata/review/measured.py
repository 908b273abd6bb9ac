"""`accuracy`: the share of correct fields, in a sample or as measured before release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from imrdata.analysis.accuracy import shipped_accuracy
from imrdata.analysis.quantiles import exact_interval, t_quantile
from imrdata.datasets.filled_in import RIGHT
from imrdata.dwc.comparing import Comparison
from imrdata.errors import CorrectionError
from imrdata.review.drawing import QUARANTINED, WHOLE_LETTER
from imrdata.review.marks import SKIPPED, Marks, merge

_TWO_SIDED_95 = 0.975
_MEASURED = pl.Schema(
    {
        **dict.fromkeys(("column", "letter_layout"), pl.String()),
        **dict.fromkeys(("checked_count", "right_count", "letter_count", "skipped_count"), pl.Int64()),
        **dict.fromkeys(("accuracy", "interval_low", "interval_high", "design_effect"), pl.Float64()),
    }
)
ALL = "all"


def accuracy(marks: Marks | Comparison | None = None) -> pl.DataFrame:
    """Compute the share of correct fields, by column and layout.

    Fields of one letter are not independent, and some were more likely to be drawn than others. So the share is
    weighted by the number of fields that each checked field represents, and the Clopper-Pearson interval uses the
    effective number of independent fields. A field that several people marked counts once, as in `merge`.

    Args:
        marks: The marks of a sample: one or more files, or a frame. Or the result of `imrdata.dwc.compare`: the
            state's entries then count as correct, although either side may be wrong. None for the accuracy before
            release, measured by people on letters that were not used to develop the reader.

    Returns:
        One row per column and layout; with several layouts, also a row ``all`` for each column; and one row
        for all fields. ``column``, ``letter_layout``, ``checked_count``, ``right_count``, ``letter_count``,
        ``skipped_count`` (undecided fields, not in the share), ``accuracy``, ``interval_low``, ``interval_high``,
        ``design_effect``. With marks, also the accuracy before release: ``shipped_accuracy``, ``shipped_low``,
        ``shipped_high``, ``shipped_count``; null if not measured. Without marks, ``letters``, ``measured_on`` and
        ``version`` describe the measurement.

    Raises:
        CorrectionError: The marks are not from `sample`. A queue has only fields in doubt.

    Source:
        E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number of positive counts
        estimated from survey data, Survey Methodology 24 (1998).

    Example:
        >>> import imrdata
        >>> imrdata.review.accuracy().row(0, named=True)["column"]
        'application_received_date'
    """
    shipped = shipped_accuracy()
    if marks is None:
        return shipped
    if isinstance(marks, Comparison):
        return _agreeing(marks.agreement)
    drawn = _drawn(merge(marks))
    rows = [_measured(names, fields) for names, fields in _groups(drawn.rows(named=True))]
    named = {"accuracy": "accuracy", "low": "interval_low", "high": "interval_high", "count": "checked_count"}
    beside = shipped.select("column", "letter_layout", **{f"shipped_{name}": column for name, column in named.items()})
    return pl.DataFrame(rows, schema=_MEASURED, orient="row").join(beside, on=["column", "letter_layout"], how="left")


def _agreeing(agreement: pl.DataFrame) -> pl.DataFrame:
    """Convert the agreement with the state's entries to accuracy; values missing on one side are skipped."""
    renamed = {"compared_count": "checked_count", "agreed_count": "right_count", "agreement": "accuracy"}
    skipped = pl.col("unread_count") + pl.col("unknown_count")
    made = agreement.rename(renamed).with_columns(
        letter_layout=pl.lit(ALL), skipped_count=skipped, design_effect=pl.lit(None)
    )
    return made.select(list(_MEASURED)).cast(_MEASURED)


def _drawn(marks: pl.DataFrame) -> pl.DataFrame:
    """Return the marks with the number of fields that each represents; refuse any not drawn at random."""
    doubtful = marks.filter(pl.col("drawn_of").is_null()).height
    if doubtful:
        message = (
            f"{doubtful:,} of {marks.height:,} marks are not of a drawn sample: fields are in a queue because they are "
            "in doubt, so their share of right ones says nothing about all others; draw fields with review.sample"
        )
        raise CorrectionError(message, reason="not_a_sample")
    decided = (pl.col("verdict") != SKIPPED).sum().over("stratum")
    return marks.with_columns(weight=pl.when(decided > 0).then(pl.col("drawn_of") / decided))


def _groups(rows: Sequence[dict[str, Any]]) -> Iterable[tuple[tuple[str, str], list[dict[str, Any]]]]:
    """Group the fields by column and layout, by column if it has several layouts, and all together."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    layouts = {row["letter_layout"] for row in rows}
    for row in rows:
        groups[row["column"], row["letter_layout"] or ALL].append(row)
        if len(layouts) > 1 and row["letter_layout"]:
            groups[row["column"], ALL].append(row)
        if row["column"] not in (WHOLE_LETTER, QUARANTINED):
            groups[ALL, ALL].append(row)
    return sorted(groups.items())


class Share(NamedTuple):
    """A share with its Clopper-Pearson interval and design effect."""

    share: float
    low: float
    high: float
    design_effect: float


def share_of(fields: Iterable[tuple[str, bool, float]]) -> Share | None:
    """Compute the weighted share of correct fields, each given with its letter and how many fields it represents.

    Letters are clusters. If all fields are right or all wrong, no variance can be computed; then those of a letter
    count as equal.
    """
    letters: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for letter, is_right, weight in fields:
        letters[letter].append((is_right, weight))
    sums = [(sum(w for _, w in one), sum(w for right, w in one if right)) for one in letters.values()]
    count = sum(map(len, letters.values()))
    total = sum(weight for weight, _ in sums)
    if not count:
        return None
    share = sum(right for _, right in sums) / total
    if 0 < share < 1 and len(sums) > 1:
        between = sum((right - share * weight) ** 2 for weight, right in sums) * len(sums) / (len(sums) - 1)
        effect = max(between / total**2 / (share * (1 - share) / count), 1.0)
    else:
        effect = sum(weight**2 for weight, _ in sums) / total**2 * count
    number = count / effect
    if 0 < share < 1 and count > 1 and len(sums) > 1:  # of few letters, the variance itself is uncertain
        number *= (t_quantile(_TWO_SIDED_95, count - 1) / t_quantile(_TWO_SIDED_95, len(sums) - 1)) ** 2
    return Share(share, *exact_interval(share * number, number), effect)


def _measured(names: tuple[str, str], fields: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    decided = [row for row in fields if row["verdict"] != SKIPPED]
    found = share_of((row["case_number"] or row["source"], row["verdict"] == RIGHT, row["weight"]) for row in decided)
    right = sum(row["verdict"] == RIGHT for row in decided)
    letters = len({row["case_number"] or row["source"] for row in decided})
    counts = (len(decided), right, letters, len(fields) - len(decided))
    return (*names, *counts, *(found or (None,) * len(Share._fields)))
