"""`accuracy`: how many fields were right, of a drawn sample or as measured before release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from imrdata.analysis.accuracy import shipped_accuracy
from imrdata.analysis.quantiles import exact_interval, t_quantile
from imrdata.datasets.corrections import CORRECTED
from imrdata.dwc.comparing import Comparison
from imrdata.errors import CorrectionError
from imrdata.review.drawing import QUARANTINED, WHOLE_LETTER
from imrdata.review.marks import RIGHT, SKIPPED, WRONG, Marks, read_marks

_TWO_SIDED_95 = 0.975
_MEASURED = pl.Schema(
    {
        "column": pl.String(),
        "letter_layout": pl.String(),
        "checked_count": pl.Int64(),
        "right_count": pl.Int64(),
        "letter_count": pl.Int64(),
        "skipped_count": pl.Int64(),
        "accuracy": pl.Float64(),
        "interval_low": pl.Float64(),
        "interval_high": pl.Float64(),
        "design_effect": pl.Float64(),
    }
)
ALL = "all"


def accuracy(marks: Marks | Comparison | None = None) -> pl.DataFrame:
    """Count how many of the checked fields were right, by column and layout.

    The fields of a letter are right or wrong together, and some were more likely to be drawn than others. So the share
    is weighted by how many fields each checked one stands for, and the exact interval (Clopper and Pearson) is that of
    the number of independent fields which would have the same variance between letters.

    Args:
        marks: The marks of a sample: a file that `open` or a person wrote, several, or a frame. Or what
            `imrdata.dwc.compare` returned: the state's own entries are then the answers, although either side may be
            wrong. None for what was measured before release, by people who checked letters that no rule of the reader
            was made on.

    Returns:
        One row a column and layout; where there are several layouts, ``all`` stands for those of a column; one row
        has all fields. ``column``, ``letter_layout``, ``checked_count``, ``right_count``, ``letter_count``,
        ``skipped_count`` (fields that the person could not decide; they are in no share), ``accuracy``,
        ``interval_low``, ``interval_high``, ``design_effect``. With marks, what was measured before release stands
        beside: ``shipped_accuracy``, ``shipped_low``, ``shipped_high``, ``shipped_count``; null where nobody has
        measured. Without marks, ``letters``, ``measured_on`` and ``version`` say what was measured.

    Raises:
        CorrectionError: The marks are not of a sample that `sample` drew. A queue holds the fields in doubt, and says
            nothing about all others.

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
    drawn = _drawn(read_marks(marks))
    rows = [_measured(names, fields) for names, fields in _groups(drawn.rows(named=True))]
    beside = shipped.select(
        "column",
        "letter_layout",
        shipped_accuracy="accuracy",
        shipped_low="interval_low",
        shipped_high="interval_high",
        shipped_count="checked_count",
    )
    return pl.DataFrame(rows, schema=_MEASURED, orient="row").join(beside, on=["column", "letter_layout"], how="left")


def _agreeing(agreement: pl.DataFrame) -> pl.DataFrame:
    """The agreement with the state's own entries as accuracy: what one side does not tell is skipped."""
    return agreement.select(
        "column",
        letter_layout=pl.lit(ALL),
        checked_count="compared_count",
        right_count="agreed_count",
        letter_count="letter_count",
        skipped_count=pl.col("unread_count") + pl.col("unknown_count"),
        accuracy="agreement",
        interval_low="interval_low",
        interval_high="interval_high",
        design_effect=pl.lit(None),
    ).cast(_MEASURED)


def _drawn(marks: pl.DataFrame) -> pl.DataFrame:
    """The marks, if all are of fields that were drawn at random, each with the number of fields it stands for."""
    doubtful = marks.filter(pl.col("drawn_of").is_null()).height
    if doubtful:
        message = (
            f"{doubtful:,} of {marks.height:,} marks are not of a drawn sample: fields are in a queue because they are "
            "in doubt, so their share of right ones says nothing about all others; draw fields with review.sample"
        )
        raise CorrectionError(message, reason="not_a_sample")
    checked = marks.filter(pl.col("verdict").is_in([RIGHT, CORRECTED, WRONG, SKIPPED]))
    decided = (pl.col("verdict") != SKIPPED).sum().over("stratum")
    return checked.with_columns(weight=pl.when(decided > 0).then(pl.col("drawn_of") / decided))


def _groups(rows: Sequence[dict[str, Any]]) -> Iterable[tuple[tuple[str, str], list[dict[str, Any]]]]:
    """The fields of each column and layout, of each column where there are several layouts, and of all columns."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    layouts = {row["letter_layout"] for row in rows}
    for row in rows:
        groups[row["column"], row["letter_layout"] or ALL].append(row)
        if len(layouts) > 1 and row["letter_layout"]:
            groups[row["column"], ALL].append(row)
        if row["column"] not in (WHOLE_LETTER, QUARANTINED):
            groups[ALL, ALL].append(row)
    return sorted(groups.items())


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its exact interval and design effect."""

    share: float
    low: float
    high: float
    design_effect: float


def share_of(fields: Iterable[tuple[str, bool, float]]) -> Share | None:
    """The weighted share of right fields; fields of one letter count as a cluster.

    Where all fields are right or wrong no variance can be computed: then the fields of a letter count as alike.

    Args:
        fields: Each field's letter, whether it is right, and how many fields it stands for.
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
    if 0 < share < 1 and count > 1 and len(sums) > 1:  # few letters tell the variance itself badly
        number *= (t_quantile(_TWO_SIDED_95, count - 1) / t_quantile(_TWO_SIDED_95, len(sums) - 1)) ** 2
    return Share(share, *exact_interval(share * number, number), effect)


def _measured(names: tuple[str, str], fields: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    decided = [row for row in fields if row["verdict"] != SKIPPED]
    found = share_of((row["case_number"] or row["source"], row["verdict"] == RIGHT, row["weight"]) for row in decided)
    right = sum(row["verdict"] == RIGHT for row in decided)
    letters = len({row["case_number"] or row["source"] for row in decided})
    counts = (len(decided), right, letters, len(fields) - len(decided))
    numbers = (found.share, found.low, found.high, found.design_effect) if found else (None,) * 4
    return (*names, *counts, *numbers)
