"""Figures that the state and others published about all letters, each with its source."""

from __future__ import annotations

import polars as pl

from imrdata.analysis.groups import LETTER, SMALL_GROUP, need, need_letters
from imrdata.analysis.rates import sums_of, with_rates
from imrdata.resources import vocabulary

_NEEDED = ["decision_date", "outcome", "treatment_category", "treatment_subcategory"]


def published_figures() -> pl.DataFrame:
    """Return the figures that the DWC and the CWCI published about the letters of all years.

    They come from news releases and press reports. The DWC counts treatment requests in the categories of its
    decision search, which this package uses too; the CWCI counts primary service decisions in its own categories.
    Compare only figures of the same ``category_scheme``. If the share upheld was printed, ``value`` is 100
    minus that share, and ``wording`` says so.

    Returns:
        A frame in the order ``measure, scope, period, publisher``: ``measure`` (String: letters, requests,
        overturned_share, share_of_requests, share_of_drugs, share_of_letters_with_several_requests,
        days_from_assignment_to_decision), ``scope`` (String: a treatment category or drug class; null for all),
        ``period`` (String, e.g. 2018 or Q1 2025), ``year`` (Int16), ``publisher`` (String: DWC or CWCI), ``value``
        (Float64), ``unit`` (String: count, percent or days), ``bound`` (String: ``at least``, ``at most`` or
        ``about``, if printed so: "over 40 %" is at least 40; null if exact), ``wording`` (String, the printed
        words), ``source`` (String: the release or report), ``url`` (String: its address or that of a copy; null if
        not known), ``is_cited`` (Boolean: false if the source was not noted; do not quote such a figure) and
        ``category_scheme`` (String: whose category ``scope`` is, DWC or CWCI; null for all requests).

    Source:
        The column ``source``; ``seeds/vocabularies/published_figures.csv``.

    Example:
        >>> import imrdata
        >>> figures = imrdata.published_figures().filter(measure="share_of_drugs", scope="Opioids", publisher="DWC")
        >>> dict(figures.select("period", "value").rows())["2018"]
        33.0
    """
    frame = pl.DataFrame(vocabulary("published_figures"))
    empty_is_null = pl.col("scope", "bound", "wording", "url").replace("", None)
    typed = frame.with_columns(empty_is_null, pl.col("year").cast(pl.Int16), pl.col("value").cast(pl.Float64))
    return typed.with_columns(
        is_cited=~pl.col("source").str.starts_with("uncited"),
        category_scheme=pl.when(pl.col("scope").is_not_null()).then("publisher"),
    )


def compare_with_published(decisions: pl.DataFrame) -> pl.DataFrame:
    """Compare decisions with published figures, by year of the decision.

    Published and synthetic letters are never combined. Only figures of whole years are compared, and only for years
    in the data. Requests without a decision date are left out.

    The comparison says nothing about synthetic letters, which are generated at the published rates.

    Args:
        decisions: Decisions from `load_decisions`, with all requests of each letter.

    Returns:
        One row per published figure and provenance, sorted by ``measure, scope, year, publisher, provenance``:
        ``unit`` (String: share or count), ``published_value`` (Float64: a share of 1, or a count), ``bound``,
        ``wording``, ``is_cited``, ``source`` and ``category_scheme`` as of `published_figures`, ``part_count`` and
        ``whole_count`` (Int64) of the given letters or requests, ``value`` (Float64: in the unit of
        ``published_value``), ``letter_count`` (Int64), ``interval_low``, ``interval_high`` (Float64: the 95% interval
        of a share, as in `frame.imr.overturn_rate`; null for a count), ``design_effect`` (Float64), and
        ``is_small_group`` (Boolean: a share of fewer than 30 letters).

    Raises:
        UnknownTermError: The frame lacks a column, which the message names.

    Source:
        See `published_figures`.

    Example:
        >>> import imrdata
        >>> compared = imrdata.compare_with_published(imrdata.load_decisions(imrdata.example_letter()))
        >>> compared.filter(measure="share_of_requests", scope="Surgery").select("published_value", "value").row(0)
        (0.042, 0.0)
    """
    need_letters(decisions, "compare_with_published")
    need(decisions, _NEEDED, "compare_with_published")
    own = _own_figures(decisions)
    published = published_figures().filter(pl.col("period") == pl.col("year").cast(pl.String))
    as_share = pl.when(pl.col("unit") == "percent").then(pl.col("value") / 100).otherwise(pl.col("value"))
    unit = pl.col("unit").replace("percent", "share")
    given = ["measure", "scope", "year", "publisher"]
    told = ["bound", "wording", "is_cited", "source", "category_scheme"]
    published = published.select(*given, unit, as_share.alias("published_value"), *told)
    joined = published.join(own, on=["measure", "scope", "year"], nulls_equal=True)
    return joined.sort("measure", "scope", "year", "publisher", "provenance")


def _own_figures(decisions: pl.DataFrame) -> pl.DataFrame:
    """Compute the figures of the given letters by measure, scope, provenance and year."""
    rows = decisions.select(
        "case_number",
        pl.col("provenance").cast(pl.String),
        pl.col("decision_date").dt.year().cast(pl.Int16).alias("year"),
        (pl.col("outcome").cast(pl.String) == "Overturned").alias("is_overturned"),
        pl.col("treatment_category").cast(pl.String).alias("category"),
        pl.col("treatment_subcategory").alias("subcategory"),
    )
    letters = rows.group_by("provenance", "year", "case_number").agg((pl.len() > 1).alias("has_several"))
    everything = pl.lit(None, dtype=pl.String)
    figures = [
        _shares(rows, "overturned_share", everything, pl.col("is_overturned")),
        _shares(rows, "overturned_share", pl.col("category"), pl.col("is_overturned")),
        _shares(letters, "share_of_letters_with_several_requests", everything, pl.col("has_several")),
    ]
    drugs = rows.filter(category="Pharmaceuticals")
    for of, measure, column in ((rows, "share_of_requests", "category"), (drugs, "share_of_drugs", "subcategory")):
        scopes = {row["scope"] for row in vocabulary("published_figures") if row["measure"] == measure}
        figures += [_shares(of, measure, pl.lit(name), pl.col(column) == name) for name in sorted(scopes)]
    return pl.concat([*figures, _counts(letters, "letters"), _counts(rows, "requests")])


def _shares(rows: pl.DataFrame, measure: str, scope: pl.Expr, is_part: pl.Expr) -> pl.DataFrame:
    """Compute the share of rows by scope, provenance and year."""
    groups = ["scope", "provenance", "year"]
    parts = rows.select(
        scope.alias("scope"),
        "provenance",
        "year",
        pl.col("case_number").alias(LETTER),
        decided=pl.lit(1, dtype=pl.Int64),
        overturned=is_part.cast(pl.Int64),
    )
    names = {"overturned_count": "part_count", "decided_count": "whole_count", "overturn_rate": "value"}
    rates = with_rates(sums_of(parts, groups), SMALL_GROUP).rename(names)
    counts = ["part_count", "whole_count", "letter_count"]
    shown = [*groups, *counts, "value", "interval_low", "interval_high", "design_effect", "is_small_group"]
    return rates.select(pl.lit(measure).alias("measure"), *shown)


def _counts(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Count the rows of each provenance and year."""
    counted = _shares(rows, measure, pl.lit(None, dtype=pl.String), pl.lit(value=True))
    unknown = {name: pl.lit(None, pl.Float64) for name in ("interval_low", "interval_high", "design_effect")}
    value = pl.col("part_count").cast(pl.Float64)
    return counted.with_columns(value=value, is_small_group=pl.lit(value=False), **unknown)
