"""Measure how often clean corpora raise a false alarm: corpora of several sizes, drawn from synthetic letters.

python benchmarks/false_alarms.py [CORPORA [LETTERS]]

No text is read. Whole letters are drawn from the tables of synthetic letters (200,000 by default), so the requests of
a letter stay together. `imrdata.quality.report` needs only sums over letters, so it is enough to draw how often each
letter counts. The limits, and the level of the comparisons, are those of the package.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from imrdata.analysis.quantiles import beta_quantile
from imrdata.quality.corpus import Corpus, Size, size_of
from imrdata.quality.drift import STRATUM, Change, by_letter, change_of
from imrdata.quality.expectations import Expectation, rules
from imrdata.quality.judging import ERROR, Finding, expected
from imrdata.quality.limits import Limits, drift_limits, limits
from imrdata.quality.views import JUDGED_TABLES, view
from imrdata.synthetic import synthesize
from imrdata.tables.frames import frames

LETTERS, CORPORA, AT_ONCE, SOME = 200_000, 1_500, 10_000, 50
NUMBERS = (150, 300, 1_500, 10_000, 30_000, 100_000)
Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
FAMILIES = ("bands", "null rates", "diagnostics", "drift", "any")
_DIAGNOSTIC = "diagnostic_"


def measured(each: Expectation) -> tuple[str, pl.Expr, pl.Expr]:
    """Return the rows that a rule is about, and those that it counts. A drift rule is about all compared letters."""
    return each.name, each.is_measured() if each.is_drift else each.is_counted(), each.is_part()


class Pool:
    """The sums of each letter and rule, with the letters sorted by layout and year."""

    def __init__(self, count: int, seed: int = 14) -> None:
        made = (one.letter for one in synthesize(count, seed=seed))
        judged = {name: [rule for rule in rules(name) if rule.unit != "rows"] for name in JUDGED_TABLES}
        parts: dict[str, list[pl.DataFrame]] = {}
        while some := list(islice(made, AT_ONCE)):
            lazy = {name: table.lazy() for name, table in frames(some).items()}
            known = view("letters", lazy).select("case_number", "decision_date", "request_count", *STRATUM).collect()
            parts.setdefault("known", []).append(known)
            for name, of in judged.items():
                rows = view(name, lazy).with_columns(is_kept=1, is_compared=1)
                counts = by_letter(rows, [measured(rule) for rule in of]).collect()
                found = known.join(counts, on="case_number", how="left", maintain_order="left")
                of_means = [(f"{rule.name} m", f"{rule.name} y") for rule in of if rule.unit == "requests"]
                found = found.with_columns((pl.col(m) * pl.col("request_count")).alias(y) for m, y in of_means)
                parts.setdefault(name, []).append(found.drop(known.columns).fill_null(0).cast(pl.Float32))
        letters = pl.concat(parts["known"]).with_row_index().sort(STRATUM, nulls_last=True, maintain_order=True)
        self.days = letters["decision_date"]
        strata = letters.select(pl.struct(STRATUM).rle_id().alias("at"))["at"].to_numpy()
        self.starts = [*np.flatnonzero(np.diff(strata, prepend=-1)).tolist(), letters.height]
        self.names = {name: [rule.name for rule in of] for name, of in judged.items()}
        self.values = {name: self._sums(pl.concat(parts[name])[letters["index"]], name) for name in judged}

    def _sums(self, frame: pl.DataFrame, table: str) -> Floats:
        values = np.empty((frame.height, len(self.names[table]), 6), dtype=np.float32)
        for at, name in enumerate(self.names[table]):
            m, y = (frame[f"{name} {of}"].to_numpy() for of in "my")
            for place, one in enumerate((m > 0, m, y, m * m, m * y, y * y)):
                values[:, at, place] = one
        return values.reshape(frame.height, -1)

    def draw(self, rng: np.random.Generator, number: int, corpora: int) -> list[Drawn]:
        """Corpora of letters drawn with replacement."""
        size = self.days.len()
        weights = np.stack([np.bincount(rng.integers(0, size, number), minlength=size) for _ in range(corpora)])
        spans = [(of.min(), of.max()) for of in (self.days.filter(pl.Series(one > 0)).drop_nulls() for one in weights)]
        weights = weights.astype(np.float32)
        drawn = csr_array(weights) if number < size / 5 else weights
        between = list(pairwise(self.starts))
        sums = {
            name: np.rint(np.stack([drawn[:, a:b] @ values[a:b] for a, b in between], axis=1), dtype=np.float64)
            for name, values in self.values.items()
        }

        def of_corpus(at: int) -> dict[str, dict[str, Floats]]:
            shape = (len(between), -1, 6)
            by_rule = {name: of[at].reshape(shape).swapaxes(0, 1) for name, of in sums.items()}
            return {name: dict(zip(self.names[name], of, strict=True)) for name, of in by_rule.items()}

        has_letters = np.stack([weights[:, a:b].any(axis=1) for a, b in between], axis=1)
        return [Drawn(of_corpus(at), span, has_letters[at]) for at, span in enumerate(spans)]


class Drawn(Corpus):
    """Draw a corpus: the six sums of each rule and stratum, to judge alone or to compare with another corpus."""

    def __init__(self, sums: dict[str, dict[str, Floats]], span: tuple[Any, Any], has_letters: Any) -> None:
        self.sums, self.span, self.has_letters = sums, span, has_letters
        self.baseline = None
        self.counts = dict.fromkeys((*JUDGED_TABLES, "quarantine", "documents", "duplicates"), 0)

    @property
    def kept_count(self) -> int:
        return 0

    def sizes(self, table: str, rules: Sequence[Expectation]) -> dict[str, Size]:
        sums, other = self.sums[table], self.baseline
        strata = self.has_letters & other.has_letters if isinstance(other, Drawn) else self.has_letters

        def size(one: Expectation) -> Size:
            return size_of(sums[one.name][strata if one.is_drift else slice(None)].sum(0).tolist())

        return {one.name: size(one) if one.name in sums else Size() for one in rules}

    def changes(self, table: str, rules: Sequence[Expectation]) -> dict[str, Change]:
        if not isinstance(self.baseline, Drawn):
            return {}
        new, old = self.sums[table], self.baseline.sums[table]
        both = {one.name: zip(new[one.name].tolist(), old[one.name].tolist(), strict=True) for one in rules}
        return {name: change_of(of) for name, of in both.items()}


def leaves(one: Finding) -> bool:
    share, low, high = one.size.share, one.limits.low, one.limits.high
    if one.status != ERROR or one.rule.unit == "rows" or share is None:
        return False
    return (low is not None and share < low) or (high is not None and share > high)


def quick_limits(rule: Expectation, size: Size, *rest: Any) -> Limits:
    """Return the limits of a share beyond its band; a share within its band is within its limits."""
    share, low, high = size.share, rule.low, rule.high
    is_beyond = share is not None and ((low is not None and share < low) or (high is not None and share > high))
    return limits(rule, size, *rest) if is_beyond or rule.margin == "all" else Limits()


def quick_drift_limits(change: Change, level: float) -> Limits:
    return drift_limits(change, level) if change.p_value() <= level else Limits()


def family(rule: Expectation) -> str:
    if rule.is_drift:
        return "drift"
    if rule.name.startswith(_DIAGNOSTIC):
        return "diagnostics"
    return "null rates" if any(one.column == "letter_layout" for one in rule.conditions) else "bands"


def alarms(pool: Pool, number: int, corpora: int) -> Iterator[set[tuple[str, str]]]:
    """Return the families and rules that fail in each corpus. Each is compared with another of the same size."""
    rng = np.random.default_rng(number)
    for first in range(0, corpora, SOME):
        drawn = pool.draw(rng, number, 2 * min(SOME, corpora - first))
        for new, old in zip(drawn[::2], drawn[1::2], strict=True):
            new.baseline = old
            with patch.multiple("imrdata.quality.judging", limits=quick_limits, drift_limits=quick_drift_limits):
                found = expected(new)
            yield {(family(one.rule), one.rule.name) for of in found.values() for one in of if leaves(one)}


def upper(count: int, of: int) -> float:
    """Return the exact upper limit of a share (95%, one-sided)."""
    return beta_quantile(0.95, count + 1, of - count) if count < of else 1.0


def main(arguments: Sequence[Any]) -> None:
    corpora, letters = (int(one) for one in (*arguments, *(CORPORA, LETTERS)[len(arguments) :]))
    pool = Pool(letters)
    print(f"false alarms of {corpora:,} corpora (exact upper limit, 95 %), drawn from {letters:,} synthetic letters")
    print(f"{'letters':>8}" + "".join(f"{name:>18}" for name in FAMILIES))
    for number in NUMBERS:
        counts: Counter[str] = Counter()
        names: Counter[str] = Counter()
        for failed in alarms(pool, number, corpora):
            counts.update({family for family, _ in failed} | ({"any"} if failed else set()))
            names.update(name for _, name in failed)
        cells = (f"{counts[name]:>6} ({100 * upper(counts[name], corpora):.2f} %)" for name in FAMILIES)
        print(
            f"{number:>8,}" + "".join(f"{cell:>18}" for cell in cells),
            *(f"{n} {k}" for n, k in names.most_common(3)),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
