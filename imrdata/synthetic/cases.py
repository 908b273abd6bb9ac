"""A case: the facts of a letter, before they are written in the layout of its time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from imrdata.synthetic.chance import WeightedChoice, between, one_of
from imrdata.synthetic.injuries import Injury, make_injury
from imrdata.synthetic.phrases import PhraseBook
from imrdata.synthetic.reviewers import Reviewer, make_reviewer
from imrdata.synthetic.yearly_rates import figure, rates_of

PROFESSIONAL_REVIEW, DETERMINATION_NOTICE = "professional_review", "determination_notice"
DECISION_SENTENCES, LABELLED_OUTCOMES = "decision_sentences", "labelled_outcomes"

# The last day of each layout. The dates are not published; the months are those of known letters.
LAST_DAYS = (
    (date(2013, 6, 30), PROFESSIONAL_REVIEW),
    (date(2013, 11, 30), DETERMINATION_NOTICE),
    (date(2014, 6, 30), DECISION_SENTENCES),
    (date(2017, 12, 31), LABELLED_OUTCOMES),
    (date.max, "labelled_outcomes_2018"),
)
FIRST_LETTER = date(2013, 4, 8)
FIRST_INJURY = date(2013, 1, 2)  # until July 2013, only injuries of 2013 could be reviewed
FIRST_DENIAL = date(2013, 1, 2)  # no earlier denial could be reviewed
MONDAY, THURSDAY, SATURDAY, MAY, NOVEMBER = 0, 3, 5, 5, 11
FIXED_HOLIDAYS = frozenset(((1, 1), (3, 31), (7, 4), (11, 11), (12, 25)))
MONDAY_HOLIDAYS = frozenset(((1, 3), (2, 3), (9, 1)))  # month, and which Monday of it; Memorial Day is added
FIRST_LAGS = 30.0  # days from assignment to decision, in the first letters

LATE_SHARE = 0.05  # applications received after the 30th day; assumed, about as many as in published letters

EXPEDITED_SHARE = 0.01
MISSING_AGE_SHARE = 0.04
MISSING_SEX_SHARE = 0.25  # of letters without an age
FEMALE_SHARE = 0.43
REPRESENTED_SHARE, UNREPRESENTED_SHARE = 0.12, 0.02
NOUNS = {"female": ("female", "female", "woman", "lady"), "male": ("male", "male", "man", "gentleman")}
FIRST_NUMBER = 9_000_001  # above all real case numbers: no year has had a million applications
NUMBERS = 999_983  # a prime, so letters of one seed have different numbers
STEP = 7_919
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip  # noqa: E501


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of a case, without its requests."""

    case_number: str
    layout: str
    injury_date: date
    ur_denial_date: date
    application_received_date: date
    assigned_date: date
    decision_date: date
    priority: str
    reviewer: Reviewer
    injury: Injury
    age: int | None
    sex: str | None
    is_represented: bool | None
    phrases: PhraseBook
    rng: Random


@cache
def weighted_years(years: tuple[int, ...]) -> WeightedChoice[int]:
    """Return the years, weighted by the number of letters written in each."""
    return WeightedChoice((year, figure("letters", year)) for year in years)


def make_case(seed: int, index: int, years: tuple[int, ...], rng: Random) -> Case:
    """Generate the case of the letter at a position in the collection of a seed."""
    decided = _decision_date(weighted_years(years).draw(rng), rng)
    layout = next(layout for last, layout in LAST_DAYS if decided <= last)
    is_first = layout == PROFESSIONAL_REVIEW
    mean, most = (FIRST_LAGS, 40) if is_first else (rates_of(decided.year).decision_days, 160)
    assigned = _open_day(rng, decided - _lag(rng, mean, 10, most))
    received = _open_day(rng, assigned - _lag(rng, 6, 0, 10 if is_first else 33))
    received = max(received, FIRST_DENIAL + timedelta(days=1))
    is_late = rng.random() < LATE_SHARE and not is_first
    waited = between(rng, 31, 37) if is_late else between(rng, 1, 10 if is_first else 30)
    denied = _open_day(rng, received - timedelta(days=waited), forward=True)
    denied = max(min(denied, received), FIRST_DENIAL)
    earliest = FIRST_INJURY if is_first else date(1985, 1, 2)
    hurt = max(denied - timedelta(days=20 + int(rng.expovariate(1 / 1100))), earliest)
    age, sex, is_represented = _person(rng)
    injury = make_injury(rng)
    phrases = _phrases(rng, injury, (hurt, denied), age, sex)
    return Case(
        case_number=_case_number(seed, index, received.year),
        layout=layout,
        injury_date=hurt,
        ur_denial_date=denied,
        application_received_date=received,
        assigned_date=assigned,
        decision_date=decided,
        priority="Expedited" if rng.random() < EXPEDITED_SHARE else "Standard",
        reviewer=make_reviewer(rng),
        injury=injury,
        age=age,
        sex=sex,
        is_represented=is_represented,
        phrases=phrases,
        rng=rng,
    )


def _phrases(rng: Random, injury: Injury, days: tuple[date, date], age: int | None, sex: str | None) -> PhraseBook:
    """Return the phrases about a case; `days` are those of the injury and of the denial."""
    hurt, denied = days
    phrases = PhraseBook(rng, {"area": injury.area})
    phrases.facts |= {
        "injured_on": spoken(hurt),
        "seen_on": spoken(denied - timedelta(days=between(rng, 5, 18))),
        "reviewed_on": spoken(denied),
        "asked_on": f"{denied - timedelta(days=between(rng, 2, 5)):%m/%d/%Y}",
    }
    if sex:
        phrases.facts["sex"] = one_of(rng, NOUNS[sex])
    if age:
        phrases.facts["age"] = str(age)
        person = phrases.say("age_form")
        article = "an" if person.startswith(("18", "8")) else "a"
        phrases.facts["a_person"] = f"{article} {person}"
    return phrases


def _decision_date(year: int, rng: Random) -> date:
    first = FIRST_LETTER if year == FIRST_LETTER.year else date(year, 1, 1)
    return one_of(rng, working_days(first, date(year, 12, 31)))


@cache
def working_days(first: date, last: date) -> tuple[date, ...]:
    """Return the working days of a period."""
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(day for day in every if is_working_day(day))


def _open_day(rng: Random, day: date, *, forward: bool = False) -> date:
    """Return the day if it is a working day, else one within a week after or before it."""
    while not is_working_day(day):
        day += timedelta(days=between(rng, 1, 3)) * (1 if forward else -1)
    return day


def is_working_day(day: date) -> bool:
    """Return whether a day is neither on a weekend nor a state holiday."""
    if day.weekday() >= SATURDAY or (day.month, day.day) in FIXED_HOLIDAYS:
        return False
    if day.weekday() == MONDAY:
        is_last = day.day > 31 - 7
        return (day.month, (day.day + 6) // 7) not in MONDAY_HOLIDAYS and not (day.month == MAY and is_last)
    thanksgiving = day.day - day.weekday() + THURSDAY  # or the Thursday of the same week
    return day.month != NOVEMBER or day.weekday() < THURSDAY or not 22 <= thanksgiving <= 28  # noqa: PLR2004


def _lag(rng: Random, mean: float, low: int, high: int) -> timedelta:
    """Draw the time between two steps: at least `low` days, skewed to the right."""
    spread = 0.35
    days = low + (mean - low) * math.exp(rng.gauss(-(spread**2) / 2, spread))
    return timedelta(days=min(high, round(days)))


def _person(rng: Random) -> tuple[int | None, str | None, bool | None]:
    age: int | None = round(rng.triangular(19, 74, 48))
    sex: str | None = "female" if rng.random() < FEMALE_SHARE else "male"
    if rng.random() < MISSING_AGE_SHARE:
        age = None
        sex = None if rng.random() < MISSING_SEX_SHARE else sex
    draw = rng.random()
    is_represented = True if draw < REPRESENTED_SHARE else False if draw > 1 - UNREPRESENTED_SHARE else None
    return age, sex, is_represented


def _case_number(seed: int, index: int, year: int) -> str:
    """Return a case number that no real letter has; it is unique among the first `NUMBERS` letters of a seed."""
    number = FIRST_NUMBER + (index * STEP + seed * 104_729) % NUMBERS
    return f"CM{year % 100:02d}-{number:07d}"


def spoken(day: date) -> str:
    """Format a date as March 4, 2015."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def bare_figures(day: date) -> str:
    """Format a date as 3/4/2015."""
    return f"{day.month}/{day.day}/{day.year}"
