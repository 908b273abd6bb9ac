"""Compute overturn rates by period."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from imrdata.analysis.groups import LETTER, SMALL_GROUP, Verbs, counted, names_of, need
from imrdata.analysis.rates import Method, sums_of, with_rates

_WEEK, _ODD = 7, 0.001  # days without decisions at an end of a period, and the chance of more
_EVERY = re.compile(r"[1-9]\d{0,3}(?:d|w|mo|q|y)")


def trend(
    self: Verbs,
    every: str = "1q",
    by: str | Sequence[str] | None = None,
    *,
    small_below: int = SMALL_GROUP,
    method: Method = "cluster",
) -> pl.DataFrame:
    """Compute `overturn_rate` by period of the decision date.

    Args:
        every: The length of a period: a count and d, w, mo, q or y, e.g. ``1q`` or ``6mo``.
        by, small_below, method: As for `overturn_rate`.

    Returns:
        One row per group and period, sorted: ``provenance``, the columns of `by`, ``period`` and ``last_day``
        (Date, the first and last day of the period), the measures of `overturn_rate`, ``first_date`` and
        ``last_date`` (Date, of the decisions in it), and ``is_partial`` (Boolean): the letters of its provenance
        do not span the period, so do not compare it with others. Either more than a week or a tenth of it lies
        before their first or after their last decision, or more than a week at its start or end has none of its
        decisions, which chance explains less than once in 1,000 times. Every group has every period from the first
        to the last of its provenance; periods without decisions have counts of 0 and null rates. Requests without
        a decision date are in the period null, last in their group.

    Raises:
        UnknownTermError: As for `overturn_rate`.
        ValueError: As for `overturn_rate`, or `every` is invalid.

    Example:
        >>> import imrdata
        >>> decisions = imrdata.load_decisions(imrdata.example_letter())
        >>> decisions.imr.trend("1y").select("period", "decided_count").row(0)
        (datetime.date(2015, 1, 1), 1)
    """
    frame = self._frame
    if not _EVERY.fullmatch(every):
        raise ValueError(f"every is {every!r}; write a count and d, w, mo, q or y, e.g. '1q' or '6mo'")
    names = names_of(by)
    if clash := sorted({"period", "last_day", "first_date", "last_date", "is_partial"} & set(names)):
        raise ValueError(f"trend gives a column {clash[0]} itself; rename the column to group by")
    need(frame, ["decision_date"], "trend")
    dated = frame.with_columns(pl.col("decision_date").dt.truncate(every).alias("period"))
    rows, groups = counted(dated, list(dict.fromkeys(["period", "decision_date", *names])), "trend")
    groups = [name for name in groups if name != "decision_date" or name in names]
    day = pl.col("decision_date")
    dates = rows.group_by(groups).agg(first_date=day.min(), last_date=day.max())
    counts = sums_of(rows, groups).join(dates, on=groups, nulls_equal=True)
    groups = [name for name in groups if name != "period"]
    filled = _periods(counts, groups, every).join(counts, on=["period", *groups], how="left", nulls_equal=True)
    undated = counts.filter(pl.col("period").is_null())
    result = pl.concat([filled, undated.select(filled.columns)])
    sums = [name for name in result.columns if name not in ("period", "first_date", "last_date", *groups)]
    rates = with_rates(result.with_columns(pl.col(sums).fill_null(0)), small_below, method)
    last = pl.col("period").dt.offset_by(every).dt.offset_by("-1d")
    within = rows.group_by("provenance", "period").agg(
        _from=day.min(), _to=day.max(), _letters=pl.col(LETTER).n_unique()
    )
    spanned = rates.with_columns(last_day=last).join(
        within, on=["provenance", "period"], how="left", nulls_equal=True, maintain_order="left"
    )
    spanned = spanned.with_columns(is_partial=_is_partial())
    measures = [name for name in rates.columns if name not in ("period", "first_date", "last_date", *groups)]
    shown = [*groups, "period", "last_day", *measures, "first_date", "last_date", "is_partial"]
    return spanned.sort([*groups, "period"], nulls_last=True).select(shown)


def _is_partial() -> pl.Expr:
    """Return whether the letters of a provenance do not span a period."""
    whose = "provenance"
    first, last = pl.col("first_date").min().over(whose), pl.col("last_date").max().over(whose)
    days = (pl.col("last_day") - pl.col("period")).dt.total_days() + 1

    def gap(first: pl.Expr, last: pl.Expr) -> pl.Expr:
        return pl.max_horizontal(
            (first - pl.col("period")).dt.total_days(), (pl.col("last_day") - last).dt.total_days()
        )

    within = gap(pl.col("_from"), pl.col("_to"))  # of all letters, (1 - gap / days) are in the rest of it by chance
    is_odd = (within > _WEEK) & ((1 - within / days) ** pl.col("_letters") < _ODD)
    return (gap(first, last) > pl.min_horizontal(days // 10, _WEEK)) | is_odd.fill_null(value=False)


def _periods(counts: pl.DataFrame, groups: list[str], every: str) -> pl.DataFrame:
    """Return every period of each group, from the first to the last one of its provenance."""
    dated = counts.filter(pl.col("period").is_not_null())
    if dated.is_empty():
        return counts.select(*groups, "period").clear()
    ends = dated.group_by("provenance").agg(first=pl.col("period").min(), last=pl.col("period").max())
    spans = counts.select(groups).unique().join(ends, on="provenance", nulls_equal=True)
    periods = spans.select(*groups, pl.date_ranges("first", "last", every).alias("period"))
    return periods.explode("period", empty_as_null=True, keep_nulls=True)
