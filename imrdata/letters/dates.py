"""Printed dates and years: how letters write them, and which of them are possible."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import lru_cache

from imrdata.errors import LetterError

# The dates of a header, in the order in which they happen.
CHRONOLOGY = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")

FIRST_YEAR, LAST_YEAR = 1900, 2100
FIRST_EDITION_YEAR, LAST_EDITION_YEAR = 1990, 2100  # of guidelines
TURN_OF_CENTURY = 50  # injuries of 1950 are still reviewed

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]{{0,6}}\.?"
_DATE = r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?![0-9A-Za-z])"
PRINTED_DATE = rf"(?:{_DATE}|(?i:{_MONTH})\s+\d{{1,2}}\s*,\s*\d{{4}}(?![0-9A-Za-z]))"


def calendar_date(name: str, words: str, span: tuple[int, int]) -> date:
    """The date that is printed as 9/26/2013, 09-26-2013 or September 26, 2013.

    Raises:
        LetterError: No calendar has it.
    """
    value = _day(words)
    if value is None:
        message = f"{name} is {words!r}, which no calendar has"
        raise LetterError(message, step="fields", reason="impossible_date", section="header", span=span, excerpt=words)
    return value


@lru_cache(maxsize=2**14)
def _day(words: str) -> date | None:
    month, day, year = _month_day_year(words)
    if year < 100:  # noqa: PLR2004 - a two-digit year: of this century, unless that is far ahead
        year += 2000 if year < TURN_OF_CENTURY else 1900
    with suppress(ValueError):
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    return None


def _month_day_year(words: str) -> tuple[int, int, int]:
    if len(words) == 10 and words[2] == words[5] == "/":  # noqa: PLR2004 - 09/26/2013, as nearly all are printed
        return int(words[:2]), int(words[3:5]), int(words[6:])
    parts = re.findall(r"[A-Za-z]+|\d+", words)
    month = MONTHS.index(parts[0][:3].lower()) + 1 if parts[0].isalpha() else int(parts[0])
    return month, int(parts[1]), int(parts[2])


def edition_year(printed: str) -> int | None:
    """The year of a guideline's edition as a number; None where no guideline can be of that year."""
    year = int(printed)
    return year if FIRST_EDITION_YEAR <= year <= LAST_EDITION_YEAR else None
