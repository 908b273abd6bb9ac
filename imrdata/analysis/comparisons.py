"""Compare groups of requests: differences and ratios of overturn rates, crude and standardized."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from imrdata.analysis.groups import LETTER, SMALL_GROUP, Verbs, counted, names_of, need, with_year
from imrdata.analysis.quantiles import t_beyond
from imrdata.analysis.rates import FEW, degrees_of_freedom, design_effect, student_quantile, wilson
from imrdata.errors import UnknownTermError

Correction = Literal["holm", "benjamini-hochberg"]
REST = "all others"
_CORRECTIONS = ("holm", "benjamini-hochberg")
_STRATUM, _PAIR = "_stratum", ["provenance", "group", "figure"]
_SIDES = (1, 2)  # the group, and what it is compared with
_FARTHEST, _HALVINGS = 64.0, 60  # p is 0 beyond this quantile; steps of the search for p


def compare(
    self: Verbs,
    by: str,
    groups: Sequence[object] | None = None,
    *,
    standardize: str | Sequence[str] | None = None,
    correction: Correction = "holm",
    small_below: int = SMALL_GROUP,
) -> pl.DataFrame:
    """Compare the overturn rates of groups: difference and ratio, crude and standardized.

    Letters are the clusters, as in `overturn_rate`, also if a letter has requests on both sides. A crude
    difference may reflect the mix of requests: one specialty may decide on more surgery. Standardized rates are
    means over the strata that both sides have (Mantel-Haenszel weights). They adjust for the columns named and
    for nothing else; no difference proves a cause.

    Args:
        by: The column of the groups, or ``year``. In a column of lists, a request is in each of its groups.
        groups: Two or more values: each is compared with the first. None compares each with all others.
        standardize: The columns to standardize for.
        correction: How to correct p values for multiple comparisons: ``holm`` controls the family-wise error
            rate, ``benjamini-hochberg`` the false discovery rate.
        small_below: Pairs with fewer letters on a side are marked as small.

    Returns:
        One row per comparison and figure, sorted: ``provenance``, the column of `by` (String), ``compared_with``
        (String: the first group, or ``all others``), ``figure`` (String: crude, standardized); ``decided_count``,
        ``overturned_count``, ``letter_count`` (Int64) and ``overturn_rate`` (Float64), and the same for the
        others as ``other_decided_count`` and so on, in strata that both have; ``difference`` and ``ratio``
        (Float64) with 95% intervals (``difference_low``, ``difference_high``, ``ratio_low``, ``ratio_high``,
        null if unbounded), ``p_value`` and ``adjusted_p_value`` (Float64), null if a side has fewer
        than 2 letters; ``is_small_group`` (Boolean).

    Raises:
        UnknownTermError: As for `overturn_rate`, or the group or correction is unknown.
        ValueError: As for `overturn_rate`, or fewer than two groups are given.

    Source:
        R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890; A. Donner and G. Y. Zou, Statistical Methods in
        Medical Research 21 (2012), 347-359; S. Greenland and J. M. Robins, Biometrics 41 (1985), 55-68.

    Example:
        >>> import imrdata
        >>> decisions = imrdata.load_decisions(imrdata.example_letter())
        >>> compared = decisions.imr.compare("treatment_category", standardize="year")
        >>> compared.select("compared_with", "figure", "decided_count", "p_value").rows()
        [('all others', 'crude', 0, None), ('all others', 'standardized', 0, None)]
    """
    frame = self._frame
    if not isinstance(by, str):
        raise TypeError("compare takes the name of one column; join several into one with polars.concat_str")
    if correction not in _CORRECTIONS:
        message = f"no correction {correction!r}; there are: {', '.join(_CORRECTIONS)}"
        raise UnknownTermError(message, reason="unknown_method")
    strata = names_of(standardize)
    known = _with_stratum(frame, strata)
    sums = pl.col("decided", "overturned").sum().cast(pl.Float64)
    key = ["provenance", _STRATUM, LETTER]
    cells = counted(known, list(dict.fromkeys([by, _STRATUM])), "compare")[0].rename({by: "group"})
    cells = cells.with_columns(_text("group")).drop_nulls("group").group_by(*key, "group").agg(sums)
    wanted = _wanted(by, groups, set(cells["group"]))
    if wanted is None:
        others = counted(known, [_STRATUM], "compare")[0].group_by(key).agg(sums)
        names = cells.select("provenance", "group").unique()
    else:
        others = cells.filter(group=wanted[0]).drop("group")
        names = cells.select("provenance").unique().join(pl.DataFrame({"group": wanted[1:]}), how="cross")
    crude, standardized = pl.lit("crude").alias("figure"), pl.lit("standardized").alias("figure")
    pairs = _pairs(cells, others, names, is_rest=wanted is None).with_columns(crude)
    all_pairs = names.with_columns(crude)
    if strata:
        whole = pairs.with_columns(pl.lit("").alias(_STRATUM))
        pairs = pl.concat([whole, pairs.with_columns(standardized)])
        all_pairs = pl.concat([all_pairs, names.with_columns(standardized)])
    measured = all_pairs.join(_measured(_sides(pairs)), on=_PAIR, how="left")
    compared = measured.with_columns(compared_with=pl.lit(REST if wanted is None else wanted[0]))
    return _shown(_corrected(compared, correction), by, small_below)


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String)


def _with_stratum(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Add the stratum of each row: its values in the columns to standardize for, as text."""
    frame = with_year(frame, names, "compare")
    need(frame, names, "compare")
    lists = {name for name in names if isinstance(frame.schema[name], pl.List)}
    values = [
        _text(name) if name not in lists else pl.col(name).cast(pl.List(pl.String)).list.sort().list.join("; ")
        for name in names
    ]
    stratum = pl.concat_str([pl.lit(""), *(value.fill_null("-") for value in values)], separator="\n")
    return frame.with_columns(stratum.alias(_STRATUM))


def _wanted(by: str, groups: Sequence[object] | None, present: set[str]) -> list[str] | None:
    if groups is None:
        return None
    wanted = list(dict.fromkeys(str(one) for one in groups))
    if absent := [one for one in wanted if one not in present]:
        there = ", ".join(sorted(present))
        raise UnknownTermError(f"compare: no {by} is {absent[0]!r}; there are: {there}", reason="unknown_group")
    if len(wanted) < FEW:
        raise ValueError("compare needs two groups or more; the others are compared with the first")
    return wanted


def _pairs(cells: pl.DataFrame, others: pl.DataFrame, names: pl.DataFrame, *, is_rest: bool) -> pl.DataFrame:
    """Count requests (m) and overturned requests (y) by letter and stratum, in a group (1) and in the others (2)."""
    key = ["provenance", "group", _STRATUM, LETTER]
    first = cells.rename({"decided": "m1", "overturned": "y1"}).join(names, on=["provenance", "group"], how="semi")
    second = names.join(others.rename({"decided": "m2", "overturned": "y2"}), on="provenance")
    pairs = first.join(second, on=key, how="full", coalesce=True).with_columns(
        pl.col("m1", "y1", "m2", "y2").fill_null(0)
    )
    return pairs.with_columns(m2=pl.col("m2") - pl.col("m1"), y2=pl.col("y2") - pl.col("y1")) if is_rest else pairs


def _sides(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return each pair's rates, letters and effective numbers of requests on both sides, and the rates' correlation.

    The rates are means over the strata that both sides have, with Mantel-Haenszel weights. The residuals of a letter
    are from a model with the same difference in all strata, so strata with few letters have residuals too.
    Each is divided by what the letter leaves of its side, as the jackknife does: a letter with many requests pulls the
    rate to itself. All sums are in the order of the keys, so that the last digit does not depend on the run.

    Source:
        R. M. Bell and D. F. McCaffrey, Survey Methodology 28 (2002), 169-181: the jackknife estimator.
    """
    n1, n2, k1, k2 = (pl.col(name) for name in ("n1", "n2", "k1", "k2"))
    sums = {f"{new}{side}": pl.col(f"{old}{side}").sum() for side in _SIDES for new, old in ("nm", "ky")}
    strata = pairs.group_by(*_PAIR, _STRATUM).agg(**sums).filter(n1 > 0, n2 > 0).sort(*_PAIR, _STRATUM)
    weight = n1 * n2 / (n1 + n2)
    strata = strata.with_columns(w=weight / weight.sum().over(_PAIR), pooled=(k1 + k2) / (n1 + n2))
    difference = (pl.col("w") * (k1 / n1 - k2 / n2)).sum().over(_PAIR)
    strata = strata.with_columns(
        p1=(pl.col("pooled") + difference * n2 / (n1 + n2)).clip(0, 1),
        p2=(pl.col("pooled") - difference * n1 / (n1 + n2)).clip(0, 1),
    )
    of_strata: dict[str, pl.Expr] = {}
    of_letters: dict[str, pl.Expr] = {}
    of_pairs: dict[str, pl.Expr] = {}
    for i in _SIDES:
        n, k, p, m, y = (pl.col(f"{name}{i}") for name in "nkpmy")
        w = pl.col("w")
        of_strata |= {f"n{i}": n.sum(), f"k{i}": k.sum(), f"rate{i}": (w * k / n).sum()}
        of_strata |= {f"binomial{i}": (w**2 * p * (1 - p) / n).sum(), f"size{i}": 1 / (w**2 / n).sum()}
        of_letters |= {f"u{i}": (w * (y - p * m) / n).sum(), f"h{i}": (w * m / n).sum()}
        u, h = pl.col(f"u{i}"), pl.col(f"h{i}")
        of_pairs |= {f"letters{i}": (h > 0).sum(), f"uu{i}": (u * u).sum(), f"hh{i}": (h * h).sum()}
    together, between = pl.col("u1") * pl.col("u2"), (pl.col("u1") - pl.col("u2")) ** 2
    of_pairs |= {"u12": together.sum(), "all_letters": pl.len()}
    of_pairs |= {"squares": between.sum(), "fourths": (between**2).sum()}
    cells = pairs.join(strata, on=[*_PAIR, _STRATUM]).sort(*_PAIR, LETTER, _STRATUM)
    letters = cells.group_by(*_PAIR, LETTER, maintain_order=True).agg(**of_letters)
    letters = letters.with_columns(pl.col(f"u{i}") / (1 - pl.col(f"h{i}")) for i in _SIDES)
    of_letters_of_pairs = letters.group_by(_PAIR, maintain_order=True).agg(**of_pairs)
    sides = strata.group_by(_PAIR, maintain_order=True).agg(**of_strata).join(of_letters_of_pairs, on=_PAIR)
    return sides.with_columns(_effective(i).alias(f"effective{i}") for i in _SIDES)


def _effective(i: int) -> pl.Expr:
    """Return the number of independent requests that tell as much of a side's rate as its letters do.

    They never tell less than if all requests of a letter had the same outcome, as in `rates.with_rates`.
    """
    rate, letters, uu, binomial, hh, size = (
        pl.col(f"{name}{i}") for name in ("rate", "letters", "uu", "binomial", "hh", "size")
    )
    return size / pl.min_horizontal(design_effect(rate, letters, uu, binomial), hh * size)  # without nulls


def _measured(sides: pl.DataFrame) -> pl.DataFrame:
    """Compute difference and ratio with intervals, and the p-value at which the difference's interval excludes 0."""
    fewest = pl.min_horizontal("letters1", "letters2")
    product = (pl.col("uu1") * pl.col("uu2")).sqrt()
    known = sides.filter(fewest >= FEW).with_columns(
        together=pl.when(product > 0).then((pl.col("u12") / product).clip(-1, 1)).otherwise(0.0),
        degrees=degrees_of_freedom(
            *map(pl.col, ("squares", "fourths", "all_letters")), 1 / pl.col("hh1"), 1 / pl.col("hh2")
        ),
        difference=pl.col("rate1") - pl.col("rate2"),
        ratio=pl.when(pl.col("rate2") > 0).then(pl.col("rate1") / pl.col("rate2")),
        nearest=pl.lit(0.0),
        farthest=pl.lit(_FARTHEST),
    )
    t = student_quantile(known["degrees"])
    low, high = _difference_interval(t)
    ratio_low, ratio_high = _ratio_interval(t)
    known = known.with_columns(difference_low=low, difference_high=high, ratio_low=ratio_low, ratio_high=ratio_high)
    middle = (pl.col("nearest") + pl.col("farthest")) / 2
    low, high = _difference_interval(middle)
    for _ in range(_HALVINGS):
        known = known.with_columns(middle=middle, excludes=(low > 0) | (high < 0)).with_columns(
            nearest=pl.when("excludes").then("middle").otherwise("nearest"),
            farthest=pl.when("excludes").then("farthest").otherwise("middle"),
        )
    p = [t_beyond(*row) for row in known.select("nearest", "degrees").rows()]
    known = known.with_columns(pl.Series("p_value", p, dtype=pl.Float64))
    added = ["difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high", "p_value"]
    return sides.join(known.select(*_PAIR, *added), on=_PAIR, how="left")


def _limits(quantile: pl.Expr) -> list[pl.Expr]:
    return [
        limit
        for i in _SIDES
        for limit in wilson(pl.col(f"rate{i}") * pl.col(f"effective{i}"), pl.col(f"effective{i}"), quantile)
    ]


def _difference_interval(quantile: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the interval of a difference from the intervals of its two rates.

    Source:
        R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10; for correlated rates, G. Y. Zou and
        A. Donner, Statistics in Medicine 27 (2008), 1693-1702.
    """
    low1, high1, low2, high2 = _limits(quantile)
    rate1, rate2, together = pl.col("rate1"), pl.col("rate2"), pl.col("together")

    def reach(first: pl.Expr, second: pl.Expr) -> pl.Expr:
        return pl.max_horizontal(first**2 + second**2 - 2 * together * first * second, 0.0).sqrt()

    difference = rate1 - rate2
    return difference - reach(rate1 - low1, high2 - rate2), difference + reach(high1 - rate1, rate2 - low2)


def _ratio_interval(quantile: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the interval of a ratio from the intervals of its rates; it has 1 if that of the difference has 0.

    Source:
        A. Donner and G. Y. Zou, Statistical Methods in Medical Research 21 (2012), 347-359.
    """
    low1, high1, low2, high2 = _limits(quantile)
    rate1, rate2, together = pl.col("rate1"), pl.col("rate2"), pl.col("together")

    def root(first: pl.Expr, second: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        middle = rate1 * rate2 + together * (first - rate1) * (second - rate2)
        square = middle**2 - first * second * (2 * rate1 - first) * (2 * rate2 - second)
        return middle, pl.max_horizontal(square, 0.0).sqrt()

    middle, half = root(low1, high2)
    low = pl.when(rate1 > 0).then(low1 * (2 * rate1 - low1) / (middle + half)).otherwise(0.0)
    middle, half = root(high1, low2)
    high = pl.when(low2 > 0).then((middle + half) / (low2 * (2 * rate2 - low2)))
    return low, high


def _corrected(frame: pl.DataFrame, correction: Correction) -> pl.DataFrame:
    """Correct p-values for the number of comparisons, by provenance and figure.

    Source:
        S. Holm, Scandinavian Journal of Statistics 6 (1979), 65-70; Y. Benjamini and Y. Hochberg, Journal of the Royal
        Statistical Society B 57 (1995), 289-300.
    """
    whole = ["provenance", "figure"]
    p, place, many = pl.col("p_value"), pl.int_range(1, pl.len() + 1).over(whole), pl.col("p_value").count().over(whole)
    if correction == "holm":
        adjusted = (p * (many - place + 1)).cum_max().over(whole)
    else:
        adjusted = (p * many / place).cum_min(reverse=True).over(whole)
    return frame.sort("p_value", nulls_last=True).with_columns(adjusted_p_value=adjusted.clip(upper_bound=1))


def _shown(frame: pl.DataFrame, by: str, small_below: int) -> pl.DataFrame:
    counts = {}
    for i, whose in zip(_SIDES, ("", "other_"), strict=True):
        for name, column in (("decided", f"n{i}"), ("overturned", f"k{i}"), ("letter", f"letters{i}")):
            counts[f"{whose}{name}_count"] = pl.col(column).fill_null(0).cast(pl.Int64)
        counts[f"{whose}overturn_rate"] = pl.col(f"rate{i}")
    is_small = pl.min_horizontal("letter_count", "other_letter_count") < small_below
    effects = ["difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high"]
    shown = frame.with_columns(**counts).with_columns(is_small_group=is_small).sort("provenance", "group", "figure")
    named = ["provenance", "group", "compared_with", "figure", *counts, *effects]
    return shown.select(*named, "p_value", "adjusted_p_value", "is_small_group").rename({"group": by})
