"""How far a share of a corpus may lie outside its band by chance alone.

A band describes a whole year, or about a hundred letters. A corpus is a sample of these, and its share differs from
the true one by chance. So each side of a band is widened until a corpus whose true share lies on the band's edge
would leave it only once in `1 / CHANCE` times: by the exact quantile of the binomial distribution for a share, by
the normal one for a mean. The requests of a letter are decided together and are no independent draws, so the size
of the draw is the effective one, ``(sum of m)**2 / sum of m**2`` over the ``m`` rows of each letter (Kish): the
number of letters where each has as many, fewer where a few letters have many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

from imrdata.quality.expectations import DRIFT, SPREAD, Expectation

CHANCE = 1e-4  # on each side; a report of 200 expectations at the edges of their bands fails by chance 1 time in 50
_ROUNDING = 1e-9  # a share that equals its bound keeps it


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a rule is about, of how many letters, and how many independent draws they are worth."""

    rows: int
    letters: int
    effective: float

    @classmethod
    def of(cls, rows: int | None, letters: int | None, squares: int | None) -> Size:
        """From the number of rows and of letters, and the sum of the squares of the rows of each letter."""
        count, square = int(rows or 0), int(squares or 0)
        return cls(count, int(letters or 0), count * count / square if square else 0.0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that passes; None for no limit."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What another dataset has: its share, and of how many rows."""

    share: float
    size: Size


def bounds(rule: Expectation, size: Size, counts: Mapping[str, int], baseline: Baseline | None = None) -> Bounds:
    """What a corpus of this size must keep to.

    Args:
        rule: The rule.
        size: The size of the part of the corpus that it is about.
        counts: What the bounds of counts of rows are multiples of.
        baseline: What a rule about drift compares with.
    """
    if rule.unit == "rows":
        return _row_bounds(rule, counts)
    if rule.is_drift:
        if baseline is None:
            raise ValueError(f"{rule.name} compares with a baseline")
        return _drift_bounds(size, baseline)
    if rule.margin == "binomial":
        return _widened(rule, size)
    if rule.margin != "normal":
        return Bounds(rule.low, rule.high)
    by = NormalDist().inv_cdf(1 - CHANCE) * SPREAD / sqrt(size.effective) + _ROUNDING
    return Bounds(None if rule.low is None else rule.low - by, None if rule.high is None else rule.high + by)


def _row_bounds(rule: Expectation, counts: Mapping[str, int]) -> Bounds:
    of = counts[rule.relative_to] if rule.relative_to else 1
    low = None if rule.low is None else max(1, _up(rule.low * of))
    return Bounds(low, None if rule.high is None else max(low or 0, int(rule.high * of)))


def _up(number: float) -> int:
    return -int(-number // 1)


def _widened(rule: Expectation, size: Size) -> Bounds:
    distribution = _binomial()
    draws = max(1, int(size.effective))
    low = None if rule.low is None else distribution.ppf(CHANCE, draws, rule.low) / draws - _ROUNDING
    high = None if rule.high is None else distribution.isf(CHANCE, draws, rule.high) / draws + _ROUNDING
    return Bounds(None if low is None else max(0.0, float(low)), None if high is None else min(1.0, float(high)))


def _drift_bounds(size: Size, baseline: Baseline) -> Bounds:
    """The baseline's share, give or take `DRIFT` and what chance does to both.

    For the latter the share is drawn towards one half by a row of each kind (Laplace), or a share of nought would
    leave chance no room.
    """
    draws, its_draws = max(1.0, size.effective), max(1.0, baseline.size.effective)
    share = (baseline.share * its_draws + 1) / (its_draws + 2)
    by = DRIFT + NormalDist().inv_cdf(1 - CHANCE) * sqrt(share * (1 - share) * (1 / draws + 1 / its_draws))
    return Bounds(max(0.0, baseline.share - by), min(1.0, baseline.share + by))


def _binomial() -> Any:
    from scipy.stats import binom  # noqa: PLC0415 - part of an extra

    return binom
