"""Drift: compare shares in new letters with those in old letters of the same layouts and years.

In each stratum (a layout and a year of decision), the expected share is that of all rows, old and new. The difference,
summed over strata, is tested with its Cochran-Mantel-Haenszel variance times the design effect, because the requests
of a letter are decided together. For small expected counts, the exact conditional test of two Poisson counts replaces
the normal test. Because many shares are compared, the level is Benjamini and Hochberg's, which keeps the probability of
any false alarm at `FALSE_ALARMS` if nothing has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import polars as pl

from imrdata.quality.expectations import Expectation

FALSE_ALARMS = 0.005  # for all comparisons of a report together
FEW_EXPECTED = 50  # counts below which the normal distribution is too inaccurate
STRATUM = ("letter_layout", "decision_year")
_NORMAL = NormalDist()
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Change:
    """The counts that a drift rule compares, in the strata that old and new letters share.

    Attributes:
        rows: Number of new rows.
        letters: Number of new letters.
        old_letters: Number of old letters.
        found: Number of new rows counted.
        expected: Expected number of new rows counted.
        total: Number of old and new rows counted.
        all_rows: Number of old and new rows.
        variance: Variance of `found` if rows were independent.
        design_effect: Factor by which the actual variance is larger.
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
        """Return the probability of a difference at least this large if nothing has changed."""
        count = self.found if found is None else found
        if not self.variance:
            return 1.0
        if self.total * 2 > self.all_rows:  # count the rarer of the two kinds
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
        most = betainc(n - k, k + 1, 1 - share) if k < n else 1.0  # k or fewer
        least = betainc(k, n - k + 1, share) if k > 0 else 1.0
        return float(min(1.0, 2 * min(most, least)))

    def limits(self, level: float) -> tuple[float, float]:
        """Return the range of shares of the new rows that do not differ significantly at a level."""
        low = self._limit(0.0, level)
        high = self._limit(float(min(self.rows, self.total)), level)
        return low / self.rows, high / self.rows

    def _limit(self, end: float, level: float) -> float:
        """Return the count farthest from the expected one, toward an end, that does not differ significantly."""
        inside, outside = self.expected, end
        if self.p_value(end) > level:
            return end
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if self.p_value(middle) > level else (inside, middle)
        return inside


def level(changes: Mapping[Any, Change]) -> float:
    """Return the level for each of several changes that keeps the probability of a false alarm at `FALSE_ALARMS`."""
    values = sorted(change.p_value() for change in changes.values())
    count = len(values) or 1
    rank = max((at for at, p in enumerate(values, start=1) if p <= FALSE_ALARMS * at / count), default=1)
    return FALSE_ALARMS * rank / count


def compared(new: pl.LazyFrame, old: pl.LazyFrame, rules: Sequence[Expectation]) -> dict[str, Change]:
    """Return the change of each rule.

    Args:
        new: The view of the new letters.
        old: The view of the old letters.
        rules: The drift rules.
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
    return Change(  # rounded, to be independent of the order of letters
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
