"""Amounts, in the many ways in which requests print them."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from imrdata.letters.model import Amounts
from imrdata.synthetic.chance import WeightedChoice, one_of

LONGEST_COURSE = 12  # weeks

_WORDS = {
    3: "three", 4: "four", 6: "six", 8: "eight", 10: "ten", 12: "twelve", 18: "eighteen", 20: "twenty",
    24: "twenty-four", 40: "forty",
}  # fmt: skip
_GRAMS = ("{n}gm", "{n} grams", "{n} gm")
_DRUGS = {"#{n}": 60.0, "quantity {n}": 8, "qty: {n}": 6, "#{n} with {refills}": 6, "{n} {unit}": 12}
_COURSES = {"count": 40.0, "rate": 30, "grid": 12, "times": 8, "both": 6, "spelled": 4}
_DRUG_STYLES, _COURSE_STYLES = WeightedChoice(_DRUGS.items()), WeightedChoice(_COURSES.items())
_TOTALS = {"count": "{n} {unit}", "times": "x {n} {unit}", "spelled": "{word} ({n}) {unit}"}
_REFILLS = ("1 refill", "2 refills", "3 refills")


class PrintedAmount(NamedTuple):
    """The words of an amount and their values."""

    words: str
    amounts: Amounts = Amounts()


def drug_amount(rng: Random, number: int, unit: str, *, is_named: bool, is_plain: bool) -> PrintedAmount:
    """Write a number of tablets, patches or grams.

    Some requests print the form before the amount: "Butrans patch ... #4". Those that utilization review modified
    have the shortest wording.
    """
    if unit == "grams":
        words = _GRAMS[0] if is_plain else one_of(rng, _GRAMS)
        return PrintedAmount(words.format(n=number), Amounts(float(number), unit))
    style = "#{n}" if is_plain else _DRUG_STYLES.draw(rng)
    if is_named and "{unit}" in style:
        style = "#{n}"
    words = style.format(n=number, unit=unit, refills=one_of(rng, _REFILLS))
    return PrintedAmount(words, Amounts(float(number), unit if is_named or "{unit}" in style else None))


def course(rng: Random, number: int, unit: str, *, is_plain: bool) -> PrintedAmount:
    """Write a number of sessions: a total, or a number per week for some weeks."""
    style = "count" if is_plain else _COURSE_STYLES.draw(rng)
    weekly = next((times for times in (2, 3, 1) if number % times == 0), 1)
    weeks = number // weekly
    if style in _TOTALS or not 1 < weeks <= LONGEST_COURSE:
        words = _TOTALS.get(style, "{n} {unit}").format(n=number, unit=unit, word=_WORDS.get(number, number))
        return PrintedAmount(words, Amounts(float(number), unit))
    if style == "grid":
        return PrintedAmount(f"{weekly}x{weeks}", Amounts(float(number), "sessions"))
    frequency = _rate(rng, weekly)
    duration = f"{weeks} weeks"
    if style == "both":
        words = f"{number} {unit}, {frequency} for {duration}"
        return PrintedAmount(words, Amounts(float(number), unit, frequency=frequency, duration=duration))
    amounts = Amounts(float(number), "sessions", frequency=frequency, duration=duration)
    return PrintedAmount(f"{frequency} for {duration}", amounts)


def _rate(rng: Random, weekly: int) -> str:
    times = f"{weekly} time{'s' if weekly > 1 else ''}"
    adverb = {1: "once", 2: "twice"}.get(weekly, times)
    forms = (f"{times} a week", f"{times} per week", f"{weekly}x/week", f"{adverb} a week", f"{times} weekly")
    return one_of(rng, forms)
