"""The disputed requests of a case: what was requested, what was decided, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from random import Random

from imrdata.synthetic.cases import LABELLED_OUTCOMES, PROFESSIONAL_REVIEW, Case, bare_figures
from imrdata.synthetic.chance import between, one_of
from imrdata.synthetic.recipes import Catalogue, PrintedTreatment, Recipe, write_treatment
from imrdata.synthetic.yearly_rates import Rates, rates_of

MANY_REQUESTS, MOST_REQUESTS = 12, 21
MANY_SHARE = 0.002  # of the letters: `MANY_REQUESTS` to `MOST_REQUESTS`
# Outcomes of one letter are correlated. These shares are assumed, so that the sample is about as clustered as 439
# requests of published letters: intraclass correlation of the outcomes 0.61, 20 % overturned in letters with one
# request and 8 % in larger letters. The yearly rates remain those that were published.
COMMON_FATE = 0.75  # of requests follow their letter's common outcome; few letters are mixed
SAME_CATEGORY_SHARE = 0.4  # of further requests have the category of the one before
ALONE_TO_SEVERAL = 2.0  # ratio of the overturn rates of letters with one request and with several
MOST_TRIES = 5  # draws, to get a request that prints unlike those before it
SECOND_WORDING_SHARE = 0.1  # of the modified requests: "leaving the original request IMR eligible"
RETROSPECTIVE_SHARE = 0.03
TAIL_SHARE = 0.06  # long requests, up to four lines
CAPITALS_SHARE = 0.25  # of the letters of 2013 to 2015
CAPITALS_UNTIL = 2015


@dataclass(frozen=True, slots=True)
class DisputedRequest:
    """One disputed request, as the letter prints it, and its outcome."""

    text: str
    treatment: PrintedTreatment
    outcome: str
    original: str | None = None
    authorized: str | None = None
    disputed: str | None = None
    is_retrospective: bool = False


@cache
def _catalogue(year: int) -> Catalogue:
    return Catalogue(rates_of(year))


def make_disputes(case: Case) -> list[DisputedRequest]:
    """Generate the requests of a case, in printed order; no two have the same text."""
    rng, year = case.rng, case.decision_date.year
    rates = rates_of(year)
    catalogue = _catalogue(year)
    modified_share = rates.modified_share / catalogue.divisible_share  # only amounts can be modified
    luck = rng.random()
    count = _count(case, rates.several_share, rates.requests_per_letter)
    of_size = _rate_of_size(case, count, rates)
    has_capitals = year <= CAPITALS_UNTIL and rng.random() < CAPITALS_SHARE
    disputes: dict[str, DisputedRequest] = {}  # by text
    before = None
    for _ in range(count * MOST_TRIES):
        recipe = catalogue.draw(rng, before if disputes and rng.random() < SAME_CATEGORY_SHARE else None)
        drawn = luck if rng.random() < COMMON_FATE else rng.random()
        outcome = "Overturned" if drawn < rates.overturn_rates[recipe.category] * of_size else "Upheld"
        dispute = _dispute(case, recipe, outcome, modified_share, has_capitals=has_capitals)
        if dispute.text not in disputes:
            disputes[dispute.text], before = dispute, recipe.category
        if len(disputes) == count:
            break
    return list(disputes.values())


def _rate_of_size(case: Case, count: int, rates: Rates) -> float:
    """Return the factor of the overturn rate for a letter's number of requests; it averages 1 over all requests."""
    if case.layout == PROFESSIONAL_REVIEW:
        return 1.0
    alone = (1 - rates.several_share) / rates.requests_per_letter  # share of requests that are alone in a letter
    of_several = 1 / (ALONE_TO_SEVERAL * alone + 1 - alone)
    return of_several * ALONE_TO_SEVERAL if count == 1 else of_several


def _count(case: Case, several_share: float, mean: float) -> int:
    """Draw the number of requests: one, or a geometric number above one, to match the year's mean."""
    rng = case.rng
    if case.layout == PROFESSIONAL_REVIEW or rng.random() >= several_share:
        return 1
    if rng.random() < MANY_SHARE / several_share:
        return between(rng, MANY_REQUESTS, MOST_REQUESTS)
    most = (MANY_REQUESTS + MOST_REQUESTS) / 2
    more = (mean - 1 - MANY_SHARE * (most - 1)) / (several_share - MANY_SHARE) - 1
    return min(MOST_REQUESTS, 2 + int(math.log(1 - rng.random()) / math.log(more / (1 + more))))


def _dispute(case: Case, recipe: Recipe, outcome: str, modified_share: float, *, has_capitals: bool) -> DisputedRequest:
    rng = case.rng
    is_labelled = case.layout.startswith(LABELLED_OUTCOMES)
    if is_labelled and recipe.is_divisible and rng.random() < modified_share:
        return _modified(case, recipe, outcome)
    treatment = write_treatment(recipe, case.injury, rng)
    if rng.random() < RETROSPECTIVE_SHARE:
        text = _retrospective(case, treatment.text)
        return DisputedRequest(text, replace(treatment, text=text), outcome, is_retrospective=True)
    if rng.random() < TAIL_SHARE:
        tail = case.phrases.say("tail")
        treatment = replace(treatment, text=f"{treatment.text}{'' if tail[0] == ',' else ' '}{tail}")
    if has_capitals:
        treatment = treatment.in_capitals()
    return DisputedRequest(treatment.text, treatment, outcome)


def _retrospective(case: Case, text: str) -> str:
    served = bare_figures(case.ur_denial_date - timedelta(days=between(case.rng, 5, 60)))
    forms = (
        f"Retrospective {text}",
        f"Retrospective request for {text} (DOS {served})",
        f"Retro: {text}",
        f"{text} (DOS: {served})",
        f"Retrospective {text}, date of service {served}",
    )
    return one_of(case.rng, forms)


def _modified(case: Case, recipe: Recipe, outcome: str) -> DisputedRequest:
    """Write a request that utilization review modified: three sentences about one treatment in three amounts."""
    rng = case.rng
    asked = one_of(rng, [quantity for quantity in recipe.quantities if quantity > 1])
    allowed = max(1, asked * between(rng, 1, 3) // 4)
    kept = rng.getrandbits(32)
    whole, part, rest = (
        write_treatment(recipe, case.injury, Random(kept), quantity)  # noqa: S311 - the same draws thrice
        for quantity in (asked, allowed, asked - allowed)
    )
    if rng.random() < SECOND_WORDING_SHARE:
        rest = whole
        text = (
            f"{whole.text} was the original request. The Claims Administrator authorized {part.text}, leaving the "
            f"original request IMR eligible. The original request, {rest.text} is"
        )
    else:
        ending = " is" if rng.random() < 0.7 else ""  # noqa: PLR2004 - "is:" is the rule
        text = (
            f"{whole.text} was the original request. {part.text} was authorized by the Claims Administrator. The "
            f"remaining IMR eligible portion of the original request, {rest.text}{ending}"
        )
    asked_and_allowed = replace(
        rest.meaning.amounts,
        requested_quantity=whole.meaning.amounts.quantity,
        authorized_quantity=part.meaning.amounts.quantity,
    )
    rest = replace(rest, meaning=replace(rest.meaning, amounts=asked_and_allowed))
    return DisputedRequest(text, rest, outcome, whole.text, part.text, rest.text)
