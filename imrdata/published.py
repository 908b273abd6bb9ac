"""Figures that the state and others published about all letters, each with its source."""

from __future__ import annotations

import polars as pl

from imrdata.resources import vocabulary


def published_figures() -> pl.DataFrame:
    """What the DWC and the CWCI published about the letters of all years, for comparison.

    They are copied from news releases and press reports, not computed. The two publishers count alike, but not the same:
    the CWCI has categories of its own and speaks of primary service decisions; the DWC of treatment requests. Where
    they print the share upheld, ``value`` is what it leaves to 100, and ``wording`` says so.

    Returns:
        A frame in the order ``measure, scope, period, publisher``: ``measure`` (String: letters, requests,
        overturned_share, share_of_requests, share_of_drugs, share_of_letters_with_several_requests,
        days_from_assignment_to_decision), ``scope`` (String: a treatment category or drug class; null for all),
        ``period`` (String, e.g. 2018 or Q1 2025), ``year`` (Int16), ``publisher`` (String: DWC or CWCI), ``value``
        (Float64), ``unit`` (String: count, percent or days), ``wording`` (String: how exact it was printed; null where
        as it stands) and ``source`` (String).

    Source:
        ``seeds/vocabularies/published_figures.csv``; its column ``source`` names the release or report of each.

    Example:
        >>> import imrdata
        >>> figures = imrdata.published_figures().filter(measure="share_of_drugs", scope="Opioids", publisher="DWC")
        >>> dict(figures.select("period", "value").rows())["2018"]
        33.0
    """
    frame = pl.DataFrame(vocabulary("published_figures"))
    empty_is_null = pl.col("scope", "wording").replace("", None)
    return frame.with_columns(empty_is_null, pl.col("year").cast(pl.Int16), pl.col("value").cast(pl.Float64))
