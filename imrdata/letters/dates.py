"""Printed dates and years: their forms in letters, and which ones are possible."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import lru_cache

from imrdata.letters.case_numbers import FIRST_CASE_YEAR, LAST_CASE_YEAR

# The dates of a header, in chronological order.
CHRONOLOGY = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")

FIRST_YEAR, LAST_YEAR = 1900, LAST_CASE_YEAR
FIRST_EDITION_YEAR, LAST_EDITION_YEAR = 1990, LAST_YEAR  # editions of guidelines
_MONTHS_OF_YEAR = 12
# How many years after the year of the case number each date may be; the number is assigned on application.
_YEARS_AFTER = {
    "injury_date": 3, "ur_denial_date": 1, "application_received_date": 1, "assigned_date": 3, "decision_date": 3,
}  # fmt: skip

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]{{0,6}}\.?"
# A separated digit belongs to the adjacent number, so these are not dates: "1 2/09/2016", "12/09/20 16".
_NUMBERS = r"""(?x: (?: [0-9]{2} | (?<! (?<![0-9])[0-9][ ] ) [0-9] ) [/.-] [0-9]{1,2} [/.-]
    (?: [0-9]{4} | [0-9]{2} (?! [ ][0-9]{2} (?![0-9/.-]) ) ) (?![0-9A-Za-z])
  | (?: [0-9]{2} | (?<! (?<![0-9])[0-9][ ] ) [0-9] ) (?:
        [ ]?/[ ]?[0-9]{1,2}[ ]?/[ ]? | [ ]?-[ ]?[0-9]{1,2}[ ]?-[ ]? ) [0-9]{4} (?![0-9A-Za-z]) )"""
_DAY = r"[0-9]{1,2}(?i:st|nd|rd|th)?"
_IN_WORDS = rf"""(?x: (?:  # "January 14th, 2014", "Jan/14/2014", "14 January 2014"
    (?i:{_MONTH}) (?: \s+{_DAY}(?:\s*,\s*|\s+) | [/-][0-9]{{1,2}}[/-] )
    | {_DAY} [\s/-]{{1,2}} (?i:{_MONTH}) [\s/,-]{{1,2}} ) [0-9]{{4}} (?![0-9A-Za-z]) )"""
PRINTED_DATE = rf"(?:{_NUMBERS}|{_IN_WORDS})"


@lru_cache(maxsize=2**14)
def calendar_date(words: str) -> date | None:
    """Parse a date such as 9/26/2013, 09-26-2013, September 26, 2013 or 26-Sep-2013; return None if it does not exist.

    A two-digit year is in this century if a review can be of that year; otherwise not: 45 is 1945.
    """
    month, day, year = _month_day_year(words)
    if year < 100:  # noqa: PLR2004 - two digits
        year += 2000 if year <= LAST_YEAR - 2000 else 1900
    with suppress(ValueError):
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    return None


@lru_cache(maxsize=2**14)
def is_day_first(words: str) -> bool:
    """Return whether a date in numbers has the day before the month, e.g. 13/01/2016."""
    first, second, _ = _month_day_year(words)
    return second <= _MONTHS_OF_YEAR < first


@lru_cache(maxsize=2**8)
def possible_years(name: str, case_year: int | None, last_year: int = LAST_YEAR) -> range:
    """Return the possible years of a date of the header, given by its column, in a case of `case_year`."""
    last = min(case_year + _YEARS_AFTER[name], last_year) if case_year else last_year
    if name == "injury_date":
        return range(FIRST_YEAR, last + 1)
    first = max(FIRST_CASE_YEAR, case_year - 1) if case_year and name != "ur_denial_date" else FIRST_CASE_YEAR
    return range(first, last + 1)


def _month_day_year(words: str) -> tuple[int, int, int]:
    if len(words) == 10 and words[2] == words[5] == "/":  # noqa: PLR2004 - 09/26/2013, as nearly all are printed
        return int(words[:2]), int(words[3:5]), int(words[6:])
    parts = re.findall(r"[A-Za-z]{3,}|[0-9]+", words)
    if parts[1].isalpha():  # 26-Sep-2013
        parts[:2] = parts[1::-1]
    month = MONTHS.index(parts[0][:3].lower()) + 1 if parts[0].isalpha() else int(parts[0])
    return month, int(parts[1]), int(parts[2])
