"""Frequencies by year: published figures, and assumptions if nothing was published.

Published figures come from `imrdata.figures`. Assumptions are rows of ``seeds/vocabularies/synthetic_rates.csv``, which
can also replace published values. A year without a figure is interpolated linearly; before the first and after the last
figure, the nearest is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from imrdata.figures import figures, preferred
from imrdata.resources import vocabulary

PHARMACEUTICALS = "Pharmaceuticals"
# Categories whose shares stay fixed if published and assumed shares do not add up to 1.
HELD = frozenset((PHARMACEUTICALS, "Diagnostic Testing", "Rehabilitation", "Surgery"))


@dataclass(frozen=True, slots=True)
class Rates:
    """The figures of one year; shares are fractions of 1."""

    category_shares: dict[str, float]  # of requests; they add up to 1
    drug_class_shares: dict[str, float]  # of requests for drugs; of the classes with published figures
    overturn_rates: dict[str, float]  # of requests, by treatment category
    several_share: float  # of letters: decide more than one request
    requests_per_letter: float
    modified_share: float  # of requests: utilization review modified them rather than denied
    decision_days: float  # mean, from assignment to decision


@cache
def _figures() -> dict[tuple[str, str], dict[int, float]]:
    known = {key: preferred(of) for key, of in figures().items()}
    for row in vocabulary("synthetic_rates"):
        known.setdefault((row["measure"], row["scope"]), {})[int(row["year"])] = float(row["value"])
    return dict(sorted(known.items()))


def figure(measure: str, year: int, scope: str = "") -> float:
    """Return a published figure, interpolated between years if needed."""
    known = _figures()[measure, scope]
    within = min(max(year, min(known)), max(known))
    before, after = max(at for at in known if at <= within), min(at for at in known if at >= within)
    return known[before] + (known[after] - known[before]) * (within - before) / max(1, after - before)


def _of_scopes(measure: str, year: int) -> dict[str, float]:
    """Return the figures of a measure in one year, by scope."""
    return {scope: figure(measure, year, scope) for name, scope in _figures() if name == measure}


@cache
def rates_of(year: int) -> Rates:
    """Return the rates of one year."""
    shares = _of_scopes("share_of_requests", year)
    held = sum(shares[name] for name in HELD)
    fill = (1 - held) / (sum(shares.values()) - held)
    shares = {name: share if name in HELD else share * fill for name, share in shares.items()}
    relative = dict.fromkeys(shares, 1.0) | _of_scopes("relative_overturn_rate", year)
    mean = sum(share * relative[category] for category, share in shares.items())
    overturned = figure("overturned_share", year) / mean
    per_letter = figure("requests_per_letter", year)
    several = figure("share_of_letters_with_several_requests", year)
    return Rates(
        category_shares=shares,
        drug_class_shares=_of_scopes("share_of_drugs", year),
        overturn_rates={category: overturned * factor for category, factor in relative.items()},
        several_share=several * (per_letter - 1) / (figure("requests_per_letter", 2015) - 1),
        requests_per_letter=per_letter,
        modified_share=figure("share_modified_by_utilization_review", year),
        decision_days=figure("days_from_assignment_to_decision", year),
    )
