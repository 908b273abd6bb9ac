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
        value: A share of 1, a count or days.
        publisher: DWC or CWCI.
        is_exact: Whether it was printed as it stands, and not as "about" or "nearly".
        source: The release or report.
    """

    year: int
    value: float
    publisher: str
    is_exact: bool
    source: str


@cache
def figures() -> dict[tuple[str, str], tuple[Figure, ...]]:
    """The figures of each measure and scope, by year; the scope is empty for all letters."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for row in vocabulary("published_figures"):
        value = float(row["value"])
        share = round(value / 100, 6) if row["unit"] == "percent" else value
        figure = Figure(int(row["year"]), share, row["publisher"], not row["wording"], row["source"])
        found.setdefault((row["measure"], row["scope"]), []).append(figure)
    return {key: tuple(sorted(of, key=lambda one: one.year)) for key, of in found.items()}


def preferred(of: tuple[Figure, ...]) -> dict[int, float]:
    """One value a year: one that was printed exactly rather than about, the DWC's rather than another's."""
    return {one.year: one.value for one in sorted(of, key=lambda one: (one.is_exact, one.publisher == "DWC"))}
