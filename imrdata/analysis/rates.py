"""Rates of overturned requests. One reviewer decides all requests of a letter, and the intervals allow for that."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

import polars as pl

from imrdata.analysis.groups import LETTER, SMALL_GROUP, Verbs, counted, names_of
from imrdata.analysis.quantiles import t_quantile
from imrdata.errors import UnknownTermError, alternatives

Method = Literal["cluster", "wilson"]
_METHODS = ("cluster", "wilson")
_TWO_SIDED_95 = 0.975
_NORMAL = NormalDist().inv_cdf(_TWO_SIDED_95)
FEW = 2  # letters; fewer have no variance between letters


def overturn_rate(
    self: Verbs, by: str | Sequence[str] | None = None, *, small_below: int = SMALL_GROUP, method: Method = "cluster"
) -> pl.DataFrame:
    """Compute the share of treatment requests overturned, with a 95% interval.

    The unit is the treatment request. A row of decisions is one request; a row of letters counts all requests of
    the letter; in citations joined with decisions, a request counts once in each group.

    One reviewer decides all requests of a letter, so they are not independent. The interval treats letters as
    clusters: it is Wilson's interval for the effective number of independent requests
    (``decided_count / design_effect``), with Student's t quantile, which is larger if few letters have most of the
    requests; but never wider than if all requests of a letter had the same outcome. It reflects chance only, not which
    cases come to review.

    Published and synthetic letters are never combined: ``provenance`` is always a group.

    Args:
        by: One or more columns to group by, or ``year``, that of the decision date; None for a single rate. In a
            column of lists, such as ``drugs`` or ``reviewer_specialties``, a request counts in each of its groups,
            so the group counts may add up to more than the number of requests. Nulls and empty lists form the
            group null.
        small_below: Groups with fewer letters are marked as small.
        method: ``cluster``; or ``wilson``, the plain interval, which assumes independent requests and is
            too narrow for most groups.

    Returns:
        One row per group, sorted by group, null last: the columns of `by`; ``decided_count``,
        ``overturned_count``, ``letter_count`` (Int64); ``overturn_rate`` (Float64, 0 to 1), ``interval_low``,
        ``interval_high`` (Float64), null if nothing was decided; ``design_effect`` (Float64, at least 1: the
        variance relative to independent requests; null if all outcomes are equal or there is only one letter;
        the interval then assumes that all requests of a letter have the same outcome);
        ``is_small_group`` (Boolean).

    Raises:
        UnknownTermError: The frame lacks a column, which the message names; an outcome is neither Upheld nor
            Overturned; or the method is unknown.
        ValueError: The frame contains a request or a letter twice in a group.

    Source:
        R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, method 3; W. G. Cochran, Sampling Techniques
        (1977), 6.3; L. Kish, Survey Sampling (1965), 8.2; R. M. Bell and D. F. McCaffrey, Survey Methodology 28
        (2002), 169-181.

    Example:
        >>> import imrdata
        >>> decisions = imrdata.load_decisions(imrdata.example_letter())
        >>> decisions.imr.overturn_rate().select("provenance", "decided_count", "overturned_count").row(0)
        ('published', 1, 0)
        >>> decisions.imr.overturn_rate("body_parts").columns[:3]
        ['provenance', 'body_parts', 'decided_count']
    """
    frame = self._frame
    rows, groups = counted(frame, names_of(by), "overturn_rate")
    rates = with_rates(sums_of(rows, groups), small_below, method)
    return rates.sort(groups, nulls_last=True)


def sums_of(rows: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Return the sums that `with_rates` needs from the rows of `groups.counted`, one row per group.

    The residual of a letter is divided by the share of requests in the other letters, as the jackknife does, because a
    letter with many requests pulls the rate to itself. The sums are in the order of the letters, so that the last
    digit does not depend on the run.
    """
    m, y = pl.col("decided"), pl.col("overturned")
    n, k = m.sum().over(groups), y.sum().over(groups)
    letters = rows.group_by([*groups, LETTER]).agg(m.sum().cast(pl.Int64), y.sum().cast(pl.Int64)).sort(LETTER)
    letters = letters.with_columns(_residual=pl.when(n > m).then((y - k / n * m) / (n - m)).otherwise(0.0))
    sums = {
        "decided_count": m.sum(),
        "overturned_count": y.sum(),
        "letter_count": (m > 0).sum().cast(pl.Int64),
        "_mm": (m * m).sum(),
        "_squares": (pl.col("_residual") ** 2).sum(),
        "_fourths": (pl.col("_residual") ** 4).sum(),
    }
    return letters.group_by(groups, maintain_order=True).agg(**sums)


def with_rates(sums: pl.DataFrame, small_below: int, method: Method = "cluster") -> pl.DataFrame:
    """Add each group's rate, interval, and whether it is small; see `overturn_rate`.

    The rate is a ratio estimator for clusters of unequal size (Cochran, 6.3 and 9A); its variance is the jackknife's,
    from the residuals of letters (Bell and McCaffrey). The quantile of one letter is that of two, so that fewer letters
    never give a narrower interval.
    """
    if method not in _METHODS:
        raise UnknownTermError(f"no method {method!r}; {alternatives(method, _METHODS)}", reason="unknown_method")
    n, k, letters = pl.col("decided_count"), pl.col("overturned_count"), pl.col("letter_count")
    rate, squares, alike = k / n, pl.col("_squares"), pl.col("_mm") / n
    if method == "wilson":
        effect: pl.Expr = pl.lit(1.0)
        low, high = wilson(k, n, pl.lit(_NORMAL))
    else:
        equal_letters = n / alike
        degrees = degrees_of_freedom(squares, pl.col("_fourths"), letters, equal_letters)
        fewest = (equal_letters - 1).clip(lower_bound=1)
        sums = sums.with_columns(_degrees=pl.when(n > 0).then(degrees), _fewest=pl.when(n > 0).then(fewest))
        effect = design_effect(rate, letters, squares, rate * (1 - rate) / n)
        low, high = wilson(k / effect, n / effect, student_quantile(sums["_degrees"]))
        widest_low, widest_high = wilson(k / alike, n / alike, student_quantile(sums["_fewest"]))
        low, high = pl.max_horizontal(low, widest_low), pl.min_horizontal(high, widest_high)  # without nulls
    decided = n > 0
    return sums.with_columns(
        overturn_rate=pl.when(decided).then(rate),
        interval_low=pl.when(decided).then(low),
        interval_high=pl.when(decided).then(high),
        design_effect=pl.when(decided).then(effect),
        is_small_group=letters < small_below,
    ).drop("_mm", "_squares", "_fourths", "_degrees", "_fewest", strict=False)


def design_effect(rate: pl.Expr, letters: pl.Expr, variance: pl.Expr, independent: pl.Expr) -> pl.Expr:
    """Return how many times the variance of a rate is that of independent requests; null if it cannot be computed."""
    is_computed = (rate > 0) & (rate < 1) & (letters >= FEW) & (independent > 0)
    return pl.when(is_computed).then(pl.max_horizontal(variance / independent, 1.0))


def degrees_of_freedom(squares: pl.Expr, fourths: pl.Expr, letters: pl.Expr, *equal_letters: pl.Expr) -> pl.Expr:
    """Return the degrees of freedom of a variance, which are fewer if letters differ in size or few have residuals.

    `squares` and `fourths` are sums of powers of the letters' residuals; `equal_letters`, of each rate, is the number
    of letters of equal size that would tell as much.

    Source:
        F. E. Satterthwaite, Biometrics Bulletin 2 (1946), 110-114, with the fourth moment of the residuals.
    """
    spread = fourths - squares**2 / letters
    known = pl.when(spread > 0).then(2 * squares**2 / spread).otherwise(letters)
    return (pl.min_horizontal(known, *equal_letters) - 1).clip(lower_bound=1)


def student_quantile(degrees: pl.Series) -> pl.Expr:
    """Return Student's quantile of 95% intervals for a column of degrees of freedom; where null, the normal one."""
    normal = pl.lit(_NORMAL)
    quantiles = {one: t_quantile(_TWO_SIDED_95, one) for one in degrees.unique().drop_nulls()}
    column = pl.col(degrees.name)
    return column.replace_strict(quantiles, default=normal, return_dtype=pl.Float64) if quantiles else normal


def wilson(successes: pl.Expr, trials: pl.Expr, z: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return Wilson's score interval of a proportion, without continuity correction (Newcombe 1998, method 3)."""
    square = z**2
    middle = successes + square / 2
    # (z / 2) sqrt(z^2 + 4 k (n - k) / n), written so that no intermediate value is negative
    half = z * (pl.max_horizontal(successes * (trials - successes) / trials, 0.0) + square / 4).sqrt()
    low = pl.when(successes <= 0).then(0.0).otherwise((middle - half) / (trials + square))
    high = pl.when(successes >= trials).then(1.0).otherwise((middle + half) / (trials + square))
    return low, high
