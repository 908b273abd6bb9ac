"""Figures that the state and others published about all letters of a year, for computing.

They are read from ``seeds/vocabularies/published_figures.csv``. `imrdata.published_figures` returns them as printed;
here shares are fractions of 1, looked up by measure, scope and year.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from imrdata.resources import vocabulary


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure."""

    year: int  # of the decisions
    period: str  # the year itself, or a part of it such as Q1 2025
    value: float  # a share of 1, a count or days
    publisher: str  # DWC or CWCI
    bound: str  # "at least" if printed as "over 40 %", "at most" if as "nearly 30", "about"; empty if exact
    source: str  # the release or report


@cache
def figures() -> dict[tuple[str, str], tuple[Figure, ...]]:
    """Return the figures of each measure and scope, by year; the scope is empty for all letters."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for row in vocabulary("published_figures"):
        value = float(row["value"])
        share = round(value / 100, 6) if row["unit"] == "percent" else value
        figure = Figure(int(row["year"]), row["period"], share, row["publisher"], row["bound"], row["source"])
        found.setdefault((row["measure"], row["scope"]), []).append(figure)
    return {key: tuple(sorted(of, key=lambda one: one.year)) for key, of in found.items()}


def preferred(of: tuple[Figure, ...]) -> dict[int, float]:
    """Return one value per year, preferring exact values to approximate ones, and the DWC's to others'."""
    return {one.year: one.value for one in sorted(of, key=lambda one: (not one.bound, one.publisher == "DWC"))}
