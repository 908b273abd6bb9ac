"""Figures that the state and others published about all letters of a year, for whoever computes with them.

``seeds/vocabularies/published_figures.csv`` is the one place where they stand. `imrdata.published_figures` gives them
as they were printed; here shares are of 1, and each is known by measure, scope and year.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from imrdata.resources import vocabulary


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure.

    Attributes:
        year: Of the decisions.
        period: Which of the year's: the year itself, or a part such as Q1 2025.
        value: A share of 1, a count or days.
        publisher: DWC or CWCI.
        bound: Whether it was printed as a bound (``at least`` of "over 40 %", ``at most`` of "nearly 30") or ``about``;
            empty where it was printed as it stands.
        source: The release or report.
    """

    year: int
    period: str
    value: float
    publisher: str
    bound: str
    source: str


@cache
def figures() -> dict[tuple[str, str], tuple[Figure, ...]]:
    """The figures of each measure and scope, by year; the scope is empty for all letters."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for row in vocabulary("published_figures"):
        value = float(row["value"])
        share = round(value / 100, 6) if row["unit"] == "percent" else value
        figure = Figure(int(row["year"]), row["period"], share, row["publisher"], row["bound"], row["source"])
        found.setdefault((row["measure"], row["scope"]), []).append(figure)
    return {key: tuple(sorted(of, key=lambda one: one.year)) for key, of in found.items()}


def preferred(of: tuple[Figure, ...]) -> dict[int, float]:
    """One value a year: one that was printed exactly rather than about, the DWC's rather than another's."""
    return {one.year: one.value for one in sorted(of, key=lambda one: (not one.bound, one.publisher == "DWC"))}
