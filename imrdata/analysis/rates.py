"""Rates of overturned requests. One reviewer decides all requests of a letter, and the intervals allow for that."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

import polars as pl

from imrdata.analysis.groups import LETTER, SMALL_GROUP, counted, names_of
from imrdata.analysis.quantiles import t_quantile
from imrdata.errors import UnknownTermError, alternatives

Method = Literal["cluster", "wilson"]
_METHODS = ("cluster", "wilson")
_TWO_SIDED_95 = 0.975
_FEW = 2  # letters; fewer have no variance between letters


def overturn_rate(
    frame: pl.DataFrame,
    by: str | Sequence[str] | None = None,
    *,
    small_below: int = SMALL_GROUP,
    method: Method = "cluster",
) -> pl.DataFrame:
    """Implement ``frame.imr.overturn_rate``; see there."""
    rows, groups = counted(frame, names_of(by), "overturn_rate")
    rates = with_rates(sums_of(rows, groups), small_below, method)
    return rates.sort(groups, nulls_last=True)


def sums_of(rows: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Return the sums that `with_rates` needs from the rows of `groups.counted`, one row per group."""
    letters = rows.group_by([*groups, LETTER]).agg(pl.col("decided", "overturned").sum().cast(pl.Int64))
    m, y = pl.col("decided"), pl.col("overturned")
    sums = {
        "decided_count": m.sum(),
        "overturned_count": y.sum(),
        "letter_count": (m > 0).sum().cast(pl.Int64),
        "_mm": (m * m).sum(),
        "_my": (m * y).sum(),
        "_yy": (y * y).sum(),
    }
    return letters.group_by(groups).agg(**sums) if groups else letters.select(**sums)


def with_rates(sums: pl.DataFrame, small_below: int, method: Method = "cluster") -> pl.DataFrame:
    """Add each group's rate, interval, and whether it is small.

    The rate is a ratio of sums over letters: overturned to decided requests. Its variance is the variance between
    letters. The interval is Wilson's interval for the number of independent requests with the same variance, with
    the quantile of Student's t for the number of letters. If nothing or everything was overturned, or there is only
    one letter, no variance can be computed; then all requests of a letter count as having the same outcome.

    Source:
        W. G. Cochran, Sampling Techniques (1977), 6.3 and 9A: the ratio estimator for clusters of unequal size.
        L. Kish, Survey Sampling (1965), 8.2: the design effect.
    """
    if method not in _METHODS:
        raise UnknownTermError(f"no method {method!r}; {alternatives(method, _METHODS)}", reason="unknown_method")
    n, k, letters = pl.col("decided_count"), pl.col("overturned_count"), pl.col("letter_count")
    is_clustered = method == "cluster"
    rate = k / n
    between = pl.col("_yy") - 2 * rate * pl.col("_my") + rate**2 * pl.col("_mm")
    variance = letters / (letters - 1) * between / n**2
    effect = pl.max_horizontal(variance / (rate * (1 - rate) / n), 1.0)
    is_computed = (k > 0) & (k < n) & (letters >= _FEW)
    design_effect = pl.when(is_computed).then(effect) if is_clustered else pl.lit(1.0)
    divisor = pl.when(is_computed).then(effect).otherwise(pl.col("_mm") / n) if is_clustered else pl.lit(1.0)
    z = pl.lit(NormalDist().inv_cdf(_TWO_SIDED_95))
    if is_clustered and sums.height:
        quantiles = {one: t_quantile(_TWO_SIDED_95, one - 1) for one in sums["letter_count"].unique() if one >= _FEW}
        z = letters.replace_strict(quantiles, default=z, return_dtype=pl.Float64)
    low, high = wilson(k / divisor, n / divisor, z)
    decided = n > 0
    return sums.with_columns(
        overturn_rate=pl.when(decided).then(rate),
        interval_low=pl.when(decided).then(low),
        interval_high=pl.when(decided).then(high),
        design_effect=pl.when(decided).then(design_effect),
        is_small_group=letters < small_below,
    ).drop("_mm", "_my", "_yy")


def wilson(successes: pl.Expr, trials: pl.Expr, z: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return Wilson's score interval of a proportion, without continuity correction.

    Source:
        R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998),
        method 3.
    """
    square = z**2
    middle = successes + square / 2
    # (z / 2) sqrt(z^2 + 4 k (n - k) / n), written so that no intermediate value is negative
    half = z * (pl.max_horizontal(successes * (trials - successes) / trials, 0.0) + square / 4).sqrt()
    low = pl.when(successes <= 0).then(0.0).otherwise((middle - half) / (trials + square))
    high = pl.when(successes >= trials).then(1.0).otherwise((middle + half) / (trials + square))
    return low, high
