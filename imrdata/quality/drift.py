"""Drift: compare shares in new letters with those in old letters of the same layouts and years.

In each stratum (a layout and a year of decision), the expected share is that of all rows, old and new. The
difference, summed over strata, has the Cochran-Mantel-Haenszel variance times the design effect, because the requests
of a letter are decided together. The count of new rows is tested as binomial among all rows counted, with counts
divided so that the binomial distribution has this variance: for rare rows, this is the exact conditional test of two
Poisson counts. The variance is estimated from letters, so the normal quantile of the probability is compared with
Student's t. Because many shares are compared, the level is Benjamini and Hochberg's, which keeps the probability of
any false alarm at `FALSE_ALARMS` if nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import polars as pl

from imrdata.quality.expectations import FALSE_ALARMS, Expectation

STRATUM = ("letter_layout", "decision_year")
Sums = Sequence[float]  # over letters: their number, and the sums of m, y, m * m, m * y and y * y, see `by_letter`
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Change:
    """The counts that a drift rule compares, in the strata that old and new letters share."""

    rows: int  # new ones, in strata in which some rows are counted and some are not
    letters: int  # new ones
    old_letters: int
    found: float  # new rows counted
    expected: float  # of `found`
    total: float  # old and new rows counted
    all_rows: float  # old and new
    variance: float  # of `found` if rows were independent
    design_effect: float  # the factor by which the actual variance is larger
    degrees: float = inf  # of freedom of the variance: one less than the letters of the side that has fewer
    sure_rows: float = 0.0  # new ones in the other strata, where no difference is possible
    sure_found: float = 0.0  # those of them that are counted

    def p_value(self, found: float | None = None) -> float:
        """Return the probability of a difference at least this large if nothing has changed."""
        count = self.found if found is None else found
        if not self.variance:
            return 1.0
        if self.total * 2 > self.all_rows:  # count the rarer of the two kinds
            return self._p(self.rows - count, self.rows - self.expected, self.all_rows - self.total)
        return self._p(count, self.expected, self.total)

    def _p(self, count: float, expected: float, total: float) -> float:
        from scipy.special import betainc, ndtri, stdtr  # noqa: PLC0415 - part of an extra

        share = expected / total
        each = self.variance * self.design_effect / (expected * (1 - share))  # rows that count as one
        k, n = count / each, total / each
        if k > n:
            return 0.0
        most = betainc(n - k, k + 1, 1 - share) if k < n else 1.0  # k or fewer
        least = betainc(k, n - k + 1, share) if k > 0 else 1.0
        return float(min(1.0, 2 * stdtr(self.degrees, ndtri(min(most, least)))))

    def limits(self, level: float) -> tuple[float, float]:
        """Return the range of shares of the new rows that do not differ significantly at a level."""
        most = float(min(self.rows, self.total))
        ends = [self._limit(end, level) for end in (0.0, most)]
        low, high = ((end + self.sure_found) / (self.rows + self.sure_rows) for end in ends)
        return low, high

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
    """Return the change of each drift rule, from the views of the new and of the old letters."""
    each = [(rule.name, rule.is_measured(), rule.is_part()) for rule in rules]
    strata: dict[tuple[Any, ...], list[Mapping[str, Sums]]] = {}
    for at, rows in enumerate((new, old)):
        for key, sums in sums_of(by_letter(rows, each, STRATUM), [rule.name for rule in rules], STRATUM):
            strata.setdefault(key, [{}, {}])[at] = sums
    both = [of for _, of in sorted(strata.items(), key=lambda one: str(one[0])) if all(of)]
    return {rule.name: change_of([(of[0][rule.name], of[1][rule.name]) for of in both]) for rule in rules}


def by_letter(rows: pl.LazyFrame, each: Sequence[tuple[str, pl.Expr, pl.Expr]], by: Sequence[str] = ()) -> pl.LazyFrame:
    """Return, for each letter and rule, the rows that the rule is about (m), and those of them that are counted (y).

    `each` has the name of a rule, the rows that it is about, and those that it counts.
    """
    return rows.group_by("case_number", *by).agg(
        *(about.sum().cast(pl.Float64).alias(f"{name} m") for name, about, _ in each),
        *((about & part).sum().cast(pl.Float64).alias(f"{name} y") for name, about, part in each),
    )


def sums_of(
    letters: pl.LazyFrame, names: Sequence[str], by: Sequence[str] = ()
) -> Iterator[tuple[tuple[Any, ...], dict[str, Sums]]]:
    """Sum the result of `by_letter` over letters, by group. The sums are whole numbers: no order changes them."""
    columns = []
    for name in names:
        m, y = pl.col(f"{name} m"), pl.col(f"{name} y")
        of = ((m > 0).sum(), m.sum(), y.sum(), m.dot(m), m.dot(y), y.dot(y))
        columns += [one.cast(pl.Float64).alias(f"{name} {at}") for at, one in enumerate(of)]
    grouped = letters.group_by(by).agg(columns) if by else letters.select(columns)
    for row in grouped.collect(engine="streaming").iter_rows():
        key, values = row[: len(by)], row[len(by) :]
        yield key, {name: values[6 * at : 6 * at + 6] for at, name in enumerate(names)}


def change_of(strata: Iterable[tuple[Sums, Sums]]) -> Change:
    """Return the change of a rule from the sums of the new and of the old letters of each stratum."""
    letters = old_letters = mixed = old_mixed = rows = found = expected = total = all_rows = 0.0
    variance = clustered = alone = sure_rows = sure_found = 0.0
    for new, old in strata:
        _, n, k, mm, my, yy = (one + other for one, other in zip(new, old, strict=True))
        share, n1 = k / n if n else 0.0, new[1]
        if not 0 < n1 < n:
            continue
        letters, old_letters = letters + new[0], old_letters + old[0]
        if share in (0.0, 1.0):  # all rows are alike: nothing can differ
            sure_rows, sure_found = sure_rows + n1, sure_found + new[2]
            continue
        mixed, old_mixed = mixed + new[0], old_mixed + old[0]
        rows, found, total, all_rows = rows + n1, found + new[2], total + k, all_rows + n
        expected += n1 * share
        variance += n1 * (n - n1) * share * (1 - share) / (n - 1)
        clustered += yy - 2 * share * my + share**2 * mm
        alone += n * share * (1 - share)
    effect = max(1.0, clustered / alone) if alone else 1.0
    counts = (int(rows), int(letters), int(old_letters))
    degrees = max(1, min(mixed, old_mixed) - 1)
    return Change(*counts, found, expected, total, all_rows, variance, effect, degrees, sure_rows, sure_found)
