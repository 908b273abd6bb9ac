"""Quantiles of the beta distribution and Student's t distribution for intervals, without SciPy."""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_NORMAL_FROM = 1e7  # degrees of freedom; the t quantile of 0.975 differs from the normal one by less than 3e-7
_TAIL = (1 - 0.95) / 2  # probability on each side of an interval
_STEPS = 200
_TINY = 1e-300
_PRECISION = 1e-15


def _beta_probability(x: float, a: float, b: float) -> float:
    """Return the probability that a beta variable is at most `x`: the regularized incomplete beta function.

    Source:
        W. H. Press et al., Numerical Recipes, section 6.4: the continued fraction by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges faster on the other side
        return 1 - _beta_probability(1 - x, b, a)
    factor = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d, fraction = 1.0, 0.0, 1.0
    for step in range(_STEPS * 10):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or _TINY)
        c = 1 + term / c or _TINY
        fraction *= c * d
        if step and abs(c * d - 1) < _PRECISION:
            break
    return factor * (fraction - 1)


@lru_cache(maxsize=4096)
def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the quantile of a beta distribution with the shape parameters `a` and `b`."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _beta_probability(middle, a, b) < probability else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def t_quantile(probability: float, degrees: float) -> float:
    """Return the quantile of Student's t distribution, for a probability of 0.55 or more."""
    if degrees > _NORMAL_FROM:
        return NormalDist().inv_cdf(probability)
    share = beta_quantile(2 * (1 - probability), degrees / 2, 0.5)
    return sqrt(degrees * (1 - share) / share) if share > 0 else inf


def exact_interval(successes: float, number: float) -> tuple[float, float]:
    """Return the 95% Clopper-Pearson interval of a share; 0 of 0 gives 0 to 1.

    It is exact for whole numbers of independent cases. For others, its beta quantiles are used as an approximation.
    """
    low = beta_quantile(_TAIL, successes, number - successes + 1) if successes > 0 else 0.0
    high = beta_quantile(1 - _TAIL, successes + 1, number - successes) if successes < number else 1.0
    return low, high


def t_beyond(quantile: float, degrees: float) -> float:
    """Return the probability that a variable of Student's t distribution is farther from 0 than a quantile."""
    return _beta_probability(degrees / (degrees + quantile**2), degrees / 2, 0.5)
