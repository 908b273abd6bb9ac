"""Rates of overturned requests, with Wilson's interval."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import polars as pl

from imrdata.analysis.groups import SMALL_GROUP, counted, names_of

_Z = NormalDist().inv_cdf(0.975)  # two-sided 95 %


def overturn_rate(
    frame: pl.DataFrame, by: str | Sequence[str] | None = None, *, small_below: int = SMALL_GROUP
) -> pl.DataFrame:
    """The verb behind ``frame.imr.overturn_rate``, which tells all."""
    rows, groups = counted(frame, names_of(by), "overturn_rate")
    sums = (pl.col("decided").sum().alias("decided_count"), pl.col("overturned").sum().alias("overturned_count"))
    if not groups:
        return rows.select(sums).with_columns(measures(small_below))
    counts = rows.group_by(groups).agg(sums).sort(groups, nulls_last=True)
    return counts.with_columns(measures(small_below))


def measures(small_below: int) -> list[pl.Expr]:
    """Rate, interval and mark of a small group, of the columns ``decided_count`` and ``overturned_count``."""
    decided, overturned = pl.col("decided_count"), pl.col("overturned_count")
    low, high = wilson(overturned, decided)
    return [
        pl.when(decided > 0).then(overturned / decided).alias("overturn_rate"),
        low.alias("interval_low"),
        high.alias("interval_high"),
        (decided < small_below).alias("is_small_group"),
    ]


def wilson(successes: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Wilson's score interval of a proportion, 95 %, without correction for continuity; null where nothing was tried.

    Source:
        R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998),
        method 3.
    """
    square = _Z**2
    middle = successes + square / 2
    # (z / 2) sqrt(z^2 + 4 k (n - k) / n), written so that no intermediate value is negative
    half = _Z * (successes * (trials - successes) / trials + square / 4).sqrt()
    low = pl.when(successes == 0).then(0.0).otherwise((middle - half) / (trials + square))
    high = pl.when(successes == trials).then(1.0).otherwise((middle + half) / (trials + square))
    tried = trials > 0
    return pl.when(tried).then(low), pl.when(tried).then(high)
