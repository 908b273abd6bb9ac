"""What changed: the share of new letters against that of old ones of the same layouts and years.

The rows of a stratum (a layout and a year of decision) are expected to have as many of what is counted as all rows of
it have on average, old and new. The difference, summed over the strata, is judged by its variance (Cochran, Mantel and
Haenszel) times the design effect, because the requests of a letter are decided together. Where few are expected the
exact conditional test of two Poisson counts stands in for the normal one. Many shares are compared; so
the level is that of Benjamini and Hochberg, which keeps the probability of any false alarm at `FALSE_ALARMS` while
nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import polars as pl

from imrdata.quality.expectations import Expectation

FALSE_ALARMS = 0.005  # of all comparisons of a report together
FEW_EXPECTED = 50  # counts below which the normal distribution is too far off
STRATUM = ("letter_layout", "decision_year")
_NORMAL = NormalDist()
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Change:
    """The counts that a rule about drift compares, in the strata that old and new letters have in common.

    Attributes:
        rows: New rows.
        letters: New letters.
        old_letters: Old letters.
        found: New rows that have what is counted.
        expected: How many new rows should have it.
        total: How many rows have it, old and new.
        all_rows: How many rows there are, old and new.
        variance: Of `found`, were rows independent.
        design_effect: How much larger the variance is.
    """

    rows: int
    letters: int
    old_letters: int
    found: float
    expected: float
    total: float
    all_rows: float
    variance: float
    design_effect: float

    def p_value(self, found: float | None = None) -> float:
        """The probability of a difference as large as this, where nothing changed."""
        count = self.found if found is None else found
        if not self.variance:
            return 1.0
        if self.total * 2 > self.all_rows:  # the rarer of having it and not having it
            rest = self.rows - self.expected
            return self._p(self.rows - count, rest, self.all_rows - self.total)
        return self._p(count, self.expected, self.total)

    def _p(self, count: float, expected: float, total: float) -> float:
        if min(expected, total - expected) / self.design_effect >= FEW_EXPECTED:
            z = abs(count - expected) / sqrt(self.variance * self.design_effect)
            return 2 * _NORMAL.cdf(-z)
        from scipy.special import betainc  # noqa: PLC0415 - part of an extra

        share, k, n = expected / total, count / self.design_effect, total / self.design_effect
        if k > n:
            return 0.0
        most = betainc(n - k, k + 1, 1 - share) if k < n else 1.0  # as many as k, or fewer
        least = betainc(k, n - k + 1, share) if k > 0 else 1.0
        return float(min(1.0, 2 * min(most, least)))

    def limits(self, level: float) -> tuple[float, float]:
        """The shares of the new rows between which no difference is told at a level."""
        low = self._limit(0.0, level)
        high = self._limit(float(min(self.rows, self.total)), level)
        return low / self.rows, high / self.rows

    def _limit(self, end: float, level: float) -> float:
        """Between the expected count and an end: the farthest count that is not told apart."""
        inside, outside = self.expected, end
        if self.p_value(end) > level:
            return end
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if self.p_value(middle) > level else (inside, middle)
        return inside


def level(changes: Mapping[Any, Change]) -> float:
    """The level at which each of several changes is told, so that any false one is as rare as `FALSE_ALARMS`."""
    values = sorted(change.p_value() for change in changes.values())
    count = len(values) or 1
    rank = max((at for at, p in enumerate(values, start=1) if p <= FALSE_ALARMS * at / count), default=1)
    return FALSE_ALARMS * rank / count


def compared(new: pl.LazyFrame, old: pl.LazyFrame, rules: Sequence[Expectation]) -> dict[str, Change]:
    """The change of each rule.

    Args:
        new: The view of the new letters.
        old: The view of the old ones.
        rules: The rules about drift.
    """
    each = [_by_letter(rows, rules).with_columns(is_new=pl.lit(is_new)) for rows, is_new in ((new, 1), (old, 0))]
    letters = pl.concat(each).collect(engine="streaming")
    return {rule.name: _change(letters, rule.name) for rule in rules}


def _by_letter(rows: pl.LazyFrame, rules: Sequence[Expectation]) -> pl.LazyFrame:
    counts = [
        one.sum().cast(pl.Float64).alias(f"{rule.name} {what}")
        for rule in rules
        for what, one in (("m", rule.is_measured()), ("y", rule.is_measured() & rule.is_part()))
    ]
    return rows.group_by("case_number", *STRATUM).agg(counts)


def _change(letters: pl.DataFrame, name: str) -> Change:
    m, y, is_new = pl.col("m"), pl.col("y"), pl.col("is_new") == 1
    rows = letters.select(*STRATUM, "is_new", m=pl.col(f"{name} m"), y=pl.col(f"{name} y")).filter(m > 0)
    strata = [m.sum().over(STRATUM).alias("n"), y.sum().over(STRATUM).alias("k")]
    strata += [m.filter(is_new).sum().over(STRATUM).alias("n1")]
    rows = rows.with_columns(strata).filter(pl.col("n1") > 0, pl.col("n1") < pl.col("n"))
    n, k, n1 = pl.col("n"), pl.col("k"), pl.col("n1")
    share = k / n
    each = rows.unique(STRATUM)
    sums = {"expected": n1 * share, "variance": n1 * (n - n1) * share * (1 - share) / (n - 1), "total": k, "rows": n}
    summed = each.select(**{name: one.sum() for name, one in sums.items()}).row(0, named=True)
    clustered, alone = rows.select(((y - share * m) ** 2).sum(), (m * share * (1 - share)).sum().alias("alone")).row(0)
    found = rows.filter(is_new)
    effect = max(1.0, clustered / alone) if alone else 1.0
    return Change(  # rounded, or the order in which letters were summed would show
        rows=int(found["m"].sum()),
        letters=found.height,
        old_letters=rows.height - found.height,
        found=float(found["y"].sum()),
        expected=round(float(summed["expected"]), 6),
        total=float(summed["total"]),
        all_rows=float(summed["rows"]),
        variance=round(float(summed["variance"]), 6),
        design_effect=round(effect, 6),
    )
