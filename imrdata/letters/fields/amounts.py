"""Read the amounts of a requested treatment: quantity, strength, frequency, duration.

A quantity is read only if the text states it, or as the product of an exact frequency and an exact duration.
A range, or two different totals, gives no quantity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache

from imrdata.letters.fields import amount_patterns as patterns
from imrdata.letters.fields.drugs import classes_marked
from imrdata.letters.found import Span
from imrdata.letters.model import Amounts
from imrdata.resources import vocabulary

_Total = tuple[float, str | None, Span] | tuple[None, None, None]  # number, unit and span
_NO_TOTAL = (None, None, None)

COURSE_UNITS = frozenset({"sessions", "visits", "treatments"})
FEWEST_DOSES = 20  # a smaller number before a drug may be that of the item
ADVERBS = {"once": 1, "twice": 2, "thrice": 3}


def _number(text: str) -> float:
    """Return the value of digits or a number word, which may be followed by digits in parentheses."""
    plain = text.partition("(")[0].strip()
    if plain[0].isdigit():
        return float(plain.replace(",", ""))
    number = 0
    for word in plain.replace("-", " ").split():
        number = number * 100 if word == "hundred" else number + (ADVERBS | patterns.NUMBER_WORDS).get(word, 0)
    return float(number)


@cache
def _units() -> dict[str, str]:
    """Return the unit of each printed word, without the words that do not name a unit."""
    return {row["term"]: row["unit"] for row in vocabulary("units") if row["unit"]}


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """Replace the matches of `pattern` by semicolons, so no other pattern matches across them."""
    return pattern.sub(lambda found: ";" * len(found[0]), text)


def _mask(text: str, spans: Iterable[re.Match[str]]) -> str:
    """Replace `spans` of `text` by semicolons; `spans` may be from another text of the same length."""
    for span in spans:
        text = text[: span.start()] + ";" * len(span[0]) + text[span.end() :]
    return text


def _totals(pattern: re.Pattern[str], text: str) -> list[_Total] | None:
    """Return the totals that `pattern` finds; `None` if one is a range."""
    found: list[_Total] = []
    for match in pattern.finditer(text):
        groups = match.groupdict()
        if groups.get("up"):
            return None
        found.append((_number(groups["n"]), _units().get(groups.get("unit") or ""), match.span("n")))
    return found


def _only(totals: list[_Total] | None) -> _Total:
    """Return the total if all are equal."""
    return totals[0] if totals and len({total[:2] for total in totals}) == 1 else _NO_TOTAL


def _course(text: str, rate: re.Match[str]) -> _Total:
    """Return frequency times duration, if both are exact and in the same period."""
    if rate["up"] or rate["flat_up"]:
        return _NO_TOTAL
    period = (rate["period"] or rate["ly"] or rate["plain"])[0]
    rest = _mask(text, [rate])
    lengths = list(patterns.COURSE_SPAN.finditer(rest))
    times = _number(rate["n"] or rate["flat"] or "once")
    if not lengths and times == 1:
        # "once a week x 6": six visits or six weeks, which is the same
        return _only(_totals(patterns.multiple(), rest))
    if len({length.groups() for length in lengths}) != 1:
        return _NO_TOTAL
    low, high, length = lengths[0].groups()
    if high or length[0] != period:
        return _NO_TOTAL
    place = min(rate.start(), lengths[0].start()), max(rate.end(), lengths[0].end())
    return times * _number(low), "sessions", place


def _is_counted(text: str) -> bool:
    """Return whether `text` names what `COUNTED`, `COURSE_COUNT` and `TRAILING` count."""
    return (
        "sess" in text
        or "visit" in text
        or "treatment" in text
        or "tx" in text
        or "inj" in text
        or "appointment" in text
    )  # much faster than a regex


def _without_uncounted(text: str, category: str) -> str:
    """Remove refills, the doses of drugs, and the views and leads of other things from `text`."""
    if "unit" in text:
        text = _blank(patterns.UNITS_A_SESSION, text)
    if "refill" in text:
        text = _blank(patterns.REFILLS, text)
    if category == "Pharmaceuticals":
        return _blank(patterns.dose(), text)
    return text if category == "Rehabilitation" else _blank(patterns.uncounted(), text)


def _quantity(text: str, rates: list[re.Match[str]], category: str, subcategory: str) -> _Total:
    """Return the single total of `text`, whose frequencies are `rates`."""
    is_drug = category == "Pharmaceuticals"
    text = _without_uncounted(text, category)
    untimed = _mask(text, rates)
    searches = []
    if _is_counted(text):
        searches = [(patterns.COUNTED, untimed)]
        if not is_drug:
            searches += [(patterns.COURSE_COUNT, untimed), (patterns.TRAILING, untimed)]
    if subcategory != "Dental Services":  # there "#14" is a tooth
        searches.append((patterns.labelled(), text))
    if category in ("Programs", "Other"):
        searches.append((patterns.PROGRAM, untimed))
    for pattern, part in searches:
        if (totals := _totals(pattern, part)) != []:
            return _only(totals)
    totals = (
        _totals(patterns.packed(), _blank(patterns.STRENGTH, untimed)) if is_drug else _totals(patterns.bulk(), untimed)
    )
    if totals != []:
        return _only(totals)
    timed = text if category != "DMEPOS" else untimed  # "TENS pads monthly x 12 months" is no course
    return _product(timed, untimed, is_drug=is_drug, is_course=subcategory not in classes_marked("has_no_sessions"))


def _counts_doses(head: re.Match[str]) -> bool:
    """Return whether a number before a drug is a count ("90 Norco 10/325 mg") and no strength ("800 ibuprofen")."""
    strength = patterns.STRENGTH.search(head.string, head.end())
    is_of_drug = strength is not None and "," not in head.string[head.end() : strength.start()]
    return is_of_drug and _number(head["n"]) >= FEWEST_DOSES


def _product(text: str, untimed: str, *, is_drug: bool, is_course: bool) -> _Total:
    """Return a total from a frequency and a duration, from "3 x 4", from "times 8", or from a leading number."""
    if not is_drug:
        if text != untimed and (rates := list(patterns.RATE.finditer(text))):
            return _only([_course(text, rate) for rate in rates])
        grids = list(patterns.GRID.finditer(text)) if is_course else []
        if any(grid["high"] or grid["longest"] for grid in grids):
            return _NO_TOTAL
        if grids:
            return _only([(_number(grid["low"]) * _number(grid["length"]), "sessions", grid.span()) for grid in grids])
    if (totals := _totals(patterns.multiple(), untimed)) != []:
        return _only(totals)
    if (head := patterns.HEAD.match(untimed)) and (not is_drug or _counts_doses(head)):
        return _NO_TOTAL if head["range"] else (_number(head["n"]), None, head.span("n"))
    return _NO_TOTAL


def _verbatim(printed: str, found: re.Match[str] | None) -> str | None:
    """Return the matched words as printed."""
    return printed[found.start() : found.end()].strip(" ,") if found else None


def with_parts(amounts: Amounts, requested: Amounts, authorized: Amounts) -> Amounts:
    """Add the quantities of the original request and of the authorized part to the disputed `amounts`.

    The unit is the first that the three state. A quantity of another unit is left out, but visits, treatments and
    sessions count the same.
    """
    unit = amounts.quantity_unit or requested.quantity_unit or authorized.quantity_unit

    def in_unit(part: Amounts) -> float | None:
        units = {part.quantity_unit, unit} - {None}
        return part.quantity if len(units) <= 1 or units <= COURSE_UNITS else None

    return replace(
        amounts,
        quantity_unit=unit,
        requested_quantity=in_unit(requested),
        authorized_quantity=in_unit(authorized),
    )


def read_amounts(printed: str, category: str, subcategory: str) -> Amounts:
    """Read the amounts of a request.

    Args:
        printed: request text with single spaces, as printed.
        category: the treatment category; daily doses of a drug are not sessions.
        subcategory: the treatment subcategory.
    """
    return find_amounts(printed, category, subcategory)[0]


@lru_cache(maxsize=2**14)  # requests repeat, as do the parts of a modified one
def find_amounts(printed: str, category: str, subcategory: str) -> tuple[Amounts, Span | None]:
    """Read the amounts with the span of the quantity; the span of a product includes all its factors."""
    text = printed.lower()
    if not patterns.numeric().search(text):
        return Amounts(), None
    if len(text) != len(printed):
        printed = text
    if text.count("/") > 1 or "dos" in text:
        text = _blank(patterns.DATE, text)
    if patterns.CODED.search(text):
        text = _blank(patterns.CODES, text)
    rates = list(patterns.frequency().finditer(text)) if patterns.periodic().search(text) else []
    quantity, unit, place = _quantity(text, rates, category, subcategory)
    strength = None
    if category == "Pharmaceuticals":
        strengths = {found[0].strip(): found for found in patterns.STRENGTH.finditer(text)}
        strength = next(iter(strengths.values())) if len(strengths) == 1 else None
        if quantity is not None and unit is None and (form := patterns.form().search(text)):
            unit = _units().get(form[0])
    untimed = _mask(text, rates)
    span = patterns.DURATION.search(untimed) if patterns.SPANNED.search(untimed) else None
    frequency = _verbatim(printed, rates[0] if rates else None)
    return Amounts(quantity, unit, _verbatim(printed, strength), frequency, _verbatim(printed, span)), place
