"""The limits of a corpus: a band, widened by the effect of chance on a corpus of its size.

A band comes from figures published about all letters of a year, or from observations of some letters. The share in a
corpus differs from the true share by chance. Each side of a band is therefore widened so that a corpus whose true share
is at the edge of the band fails with probability `chance`, by the exact quantile of the binomial distribution for its
effective rows (`imrdata.quality.corpus.Size`), or by the normal quantile for a mean. The probability for all bands of a
report together is `FALSE_ALARMS`, so `chance` is `FALSE_ALARMS` divided by the number of their ends (Bonferroni).
``benchmarks/false_alarms.py`` counts how often good corpora fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from imrdata.quality.corpus import Size
from imrdata.quality.drift import Change
from imrdata.quality.expectations import SPREAD, Expectation

POWER = NormalDist().inv_cdf(0.8)  # a choice: a shift is detected if four of five corpora would fail
_MANY = 10**9  # letters, of which the design effect is known
_ROUNDING = 1e-9  # so that a share equal to its limit passes


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a value; None for no limit."""

    low: float | None = None  # the smallest value that passes
    high: float | None = None
    seen_below: float | None = None  # a true value below this would be detected: four of five such corpora fail
    seen_above: float | None = None


def limits(rule: Expectation, size: Size, counts: Mapping[str, int], chance: float) -> Limits:
    """Return the limits of a rule, other than a drift rule, for a corpus of this size.

    Limits of row counts are multiples of one of the counts; `chance` is as above.
    """
    if rule.unit == "rows":
        of = counts[rule.relative_to] if rule.relative_to else 1
        low = None if rule.low is None else max(1, -int(-rule.low * of // 1))
        if rule.margin:
            low = max(1, round((_of_share(rule, Size(of, _MANY, of), chance).low or 0.0) * of))
        return Limits(low, None if rule.high is None else max(low or 0, int(rule.high * of)))
    if rule.margin == "all":
        return Limits(high=1 - 1 / size.rows)
    return (_of_mean if rule.margin == "normal" else _of_share)(rule, size, chance)


def _of_mean(rule: Expectation, size: Size, chance: float) -> Limits:
    deviation = SPREAD / sqrt(size.effective)
    by = NormalDist().inv_cdf(1 - chance) * deviation + _ROUNDING
    seen = by + POWER * deviation
    low, high = rule.low, rule.high
    below = (None, None) if low is None else (low - by, low - seen)
    above = (None, None) if high is None else (high + by, high + seen)
    return Limits(below[0], above[0], below[1], above[1])


def _of_share(rule: Expectation, size: Size, chance: float) -> Limits:
    from scipy.special import stdtrit  # noqa: PLC0415 - part of an extra
    from scipy.stats import binom  # noqa: PLC0415

    # With few letters the design effect is uncertain, so it is scaled by Student's quantile over the normal one.
    uncertain = (NormalDist().inv_cdf(chance) / stdtrit(max(1, size.letters - 1), chance)) ** 2
    draws = max(1, int(size.effective * uncertain))
    low = None if rule.low is None else max(0.0, float(binom.ppf(chance, draws, rule.low) / draws - _ROUNDING))
    high = None if rule.high is None else min(1.0, float(binom.isf(chance, draws, rule.high) / draws + _ROUNDING))
    return _seen(low, high, draws)


def drift_limits(change: Change, level: float) -> Limits:
    """Return the limits of shares of new letters that do not differ from the old ones."""
    low, high = change.limits(level)
    draws = (change.rows + change.sure_rows) / change.design_effect
    return _seen(max(0.0, low - _ROUNDING), min(1.0, high + _ROUNDING), draws)


def _seen(low: float | None, high: float | None, draws: float) -> Limits:
    """Return limits of a share, with the smallest shift that would be detected."""
    below, above = (
        None if one is None else one + side * POWER * sqrt(one * (1 - one) / draws)
        for one, side in ((low, -1), (high, 1))
    )
    below = below if below is not None and below > 0 else None
    return Limits(low, high, below, above if above is not None and above < 1 else None)
