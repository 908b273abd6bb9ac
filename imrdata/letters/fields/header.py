"""Read the header of a letter: case number, dates, priority."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.case_numbers import case_year, misprinted_case_number, normal_case_number
from imrdata.letters.dates import CHRONOLOGY, LAST_YEAR, PRINTED_DATE, calendar_date, is_day_first, possible_years
from imrdata.letters.fields.header_table import Pair, Token, bare_labels, read_table
from imrdata.letters.found import Diagnostic, Found

PRIORITIES = {"standard": "Standard", "regular": "Standard", "expedited": "Expedited"}
_OUTCOME_WORD = re.compile(r"(?i)\b(?P<partial>partial(?:ly)?\s+)?(?P<outcome>uph[eo]ld|overturn)")
_SHOWN = 40  # characters that a diagnostic shows after a label


class Header(NamedTuple):
    """The values of the header; missing ones are None, or absent from `dates`. `other` has the unknown labels."""

    case_number: Found[str] | None
    dates: dict[str, Found[date]]
    priority: Found[str] | None
    case_outcome: str | None
    other: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


class _Printed(NamedTuple):
    """A date as printed, and its column; `is_sure` if it is printed beside its label."""

    name: str
    words: str
    start: int
    end: int
    is_sure: bool


def read_header(text: str, end: int, notice: tuple[int, int] | None = None, last_year: int = LAST_YEAR) -> Header:
    """Read the header in ``text[:end]``, and the dates in the prose of a notice in ``text[slice(*notice)]``.

    Dates after `last_year` are impossible.

    Raises:
        LetterError: There is more than one case number, or the number does not fit the years of the letter.
    """
    of_table, matched = read_table(text, end)
    case_number = _case_number(text, of_table)
    printed = _printed_dates(text, matched) + (_prose_dates(text, *notice) if notice else [])
    dates, diagnostics = _dates(printed, case_year(case_number.value) if case_number else None, last_year)
    if case_number is None and (misprinted := misprinted_case_number(text, 0, end)):
        message = f"{misprinted} is not a case number: it needs CM, a year from 2013 on, and seven digits"
        diagnostics.append(Diagnostic("misprinted_case_number", message))
    if unmatched := _unmatched(text, end, of_table, {one.name for one in printed}):
        diagnostics.append(unmatched)
    priority, unread = _priority(text, of_table, matched)
    case_outcome, unread_outcome = _case_outcome(text, of_table, end)
    other = tuple([" ".join(token.words(text).split()) for token in of_table if token.kind == "other"])
    diagnostics += unread + unread_outcome + [Diagnostic("unknown_header_line", label) for label in other]
    return Header(case_number, dates, priority, case_outcome, other, tuple(diagnostics))


def _case_number(text: str, of_table: Sequence[Token]) -> Found[str] | None:
    printed, is_of_other = [], False  # a related case may be named
    for token in of_table:
        if token.is_label:
            is_of_other = token.kind == "other_case"
        elif token.kind == "case" and not is_of_other:
            printed.append(token)
    numbers = {normal_case_number(token.words(text)) for token in printed}
    if len(numbers) > 1:
        message = f"the header has {len(numbers)} case numbers: {', '.join(sorted(numbers))}"
        raise LetterError(message, step="fields", reason="several_letters", section="header")
    if printed:
        return Found(numbers.pop(), printed[0].start, printed[0].end)
    return None


def _priority(
    text: str, of_table: Sequence[Token], matched: Sequence[Pair]
) -> tuple[Found[str] | None, list[Diagnostic]]:
    """Return the priority of its label; None and a diagnostic if other words are printed there, or it has no label."""
    of_label = [pair.value for pair in matched if pair.label.kind == "priority"]
    levels = [value for value in of_label if value.kind == "level"]
    values = {PRIORITIES[level.words(text).lower()] for level in levels}
    if len(values) > 1:
        return None, [Diagnostic("priorities_disagree", f"priority: {' and '.join(sorted(values))}")]
    if values:
        return Found(values.pop(), levels[0].start, levels[0].end), []
    first = next((token for token in of_table if token.kind in {"priority", "level"}), None)
    if first is None or of_label:  # "Priority: N/A"
        return None, []
    line = text[first.start : first.end + _SHOWN].split("\n", 1)[0].strip()
    return None, [Diagnostic("unknown_priority", f"no priority is certain: {line!r}", column="priority")]


def _case_outcome(text: str, of_table: Sequence[Token], end: int) -> tuple[str | None, list[Diagnostic]]:
    """Return the outcome of the whole case on a cover page: UPHOLD, OVERTURN or PARTIAL OVERTURN.

    It is the word behind its label, or else the only outcome of the page.
    """
    label = next((token for token in of_table if token.kind == "case_outcome"), None)
    printed = text[:end].lower()
    if not label and "uph" not in printed and "overturn" not in printed:  # nearly all letters have no cover
        return None, []
    words = [one for one in _OUTCOME_WORD.finditer(text, 0, end) if not label or one.start() >= label.end]
    if label and (not words or text[label.end : words[0].start()].strip()):
        printed = text[label.start : min(end, label.end + _SHOWN)].split("\n", 1)[0].strip()
        return None, [Diagnostic("case_outcome_differs", f"the cover gives no known outcome: {printed!r}")]
    outcomes = {
        "Partially overturned" if one["partial"] else "Upheld" if one["outcome"][0] in "uU" else "Overturned"
        for one in (words[:1] if label else words)
    }
    return outcomes.pop() if len(outcomes) == 1 else None, []


def _printed_dates(text: str, matched: Iterable[Pair]) -> list[_Printed]:
    return [
        _Printed(label.kind, value.words(text), value.start, value.end, is_beside)
        for label, value, is_beside in matched
        if value.kind == "date" and label.kind in CHRONOLOGY
    ]


def _unmatched(text: str, end: int, of_table: Sequence[Token], matched: set[str]) -> Diagnostic | None:
    lost = [token.words(text) for token in of_table if token.kind in CHRONOLOGY and token.kind not in matched]
    lost += bare_labels(text, end) if len(matched) < len(CHRONOLOGY) else []
    if not lost:
        return None
    names = ", ".join(" ".join(words.strip(" :-\u2013").split()) for words in lost)
    return Diagnostic("unmatched_dates", f"no date certainly belongs to: {names}")


# The notices of 2013 print three of their dates in prose.
_PROSE_DATES = {
    "application_received_date": r"(?:application|request)\s+for\s+Independent\s+Medical\s+Review\s+was\s+"
    r"(?:filed|received|submitted)\s+(?:by\s+\w+\s+)?on",
    "ur_denial_date": r"disputing\s+the\s+(?:Utilization\s+Review|UR)\s+"
    r"(?:Denial|Modification|Decision|Determination)?(?:/\w+)?\s*(?:dated|of)",
    "assigned_date": r"Notice\s+of\s+Assignment\b.{0,60}?\bwas\s+(?:provided|sent|mailed|issued)\b.{0,60}?\bon",
}


def _prose_dates(text: str, start: int, end: int) -> list[_Printed]:
    """Return the dates in the sentences of ``text[start:end]``."""
    found = []
    for name, words in _PROSE_DATES.items():
        match = re.compile(rf"(?is){words}\s+(?P<date>{PRINTED_DATE})").search(text, start, end)
        if match:
            found.append(_Printed(name, match["date"], *match.span("date"), is_sure=True))
    return found


def _dates(
    printed: Sequence[_Printed], year: int | None, last_year: int
) -> tuple[dict[str, Found[date]], list[Diagnostic]]:
    """Return the dates that are possible and not contradicted, and diagnostics about the others.

    Raises:
        LetterError: The application and the date before or after it are in another year than the case number.
    """
    diagnostics: list[Diagnostic] = []
    if day_first := [one for one in printed if is_day_first(one.words)]:  # then the order of day and month is unknown
        message = f"{day_first[0].name} is {day_first[0].words!r}, the day first: no date in numbers is kept"
        diagnostics.append(Diagnostic("impossible_date", message))
        printed = [one for one in printed if any(map(str.isalpha, one.words))]
    found: dict[str, Found[date]] = {}
    by_name: dict[str, dict[date | None, _Printed]] = {}
    for one in printed:
        by_name.setdefault(one.name, {})[calendar_date(one.words)] = one
    for name in CHRONOLOGY:
        if name not in by_name:
            continue
        values = by_name[name]
        day, one = next(iter(values.items()))
        if len(values) > 1:
            days = " and ".join(repr(other.words) for other in values.values())
            diagnostics.append(Diagnostic("dates_disagree", f"{name}: {days}", column=name))
        elif day is None:
            message = f"{name} is {one.words!r}, which is not in the calendar"
            diagnostics.append(Diagnostic("impossible_date", message, column=name))
        else:
            found[name] = Found(day, one.start, one.end)
    diagnostics += _drop_impossible(found, year, last_year)
    kept = [day.value for day in found.values()]
    if kept != sorted(kept):
        diagnostics += _drop_guesses(found, {one.start for one in printed if not one.is_sure})
    return found, diagnostics


def _drop_impossible(found: dict[str, Found[date]], year: int | None, last_year: int) -> Iterator[Diagnostic]:
    """Remove dates whose years are impossible in a case of that year."""
    impossible = [name for name, day in found.items() if day.value.year not in possible_years(name, year, last_year)]
    application = found.get("application_received_date")
    if year and year <= last_year and application and "application_received_date" in impossible:
        others = [found[name].value.year for name in ("ur_denial_date", "assigned_date") if name in found]
        if any(abs(other - application.value.year) <= 1 for other in others):
            message = f"the case number is of {year}, but the application of {application.value}"
            raise LetterError(message, step="fields", reason="impossible_case_number", section="header")
    for name in impossible:
        message = f"{name} is {found.pop(name).value}, not possible in a case of {year}"
        yield Diagnostic("impossible_date", message, column=name)


def _drop_guesses(found: dict[str, Found[date]], guessed: set[int]) -> Iterator[Diagnostic]:
    """Remove dates that were matched by their order, because the dates are not in chronological order."""
    known = list(found.items())
    for (earlier, first), (later, second) in combinations(known, 2):
        if second.value < first.value and {first.start, second.start} & guessed:
            yield Diagnostic("unmatched_dates", f"{later} {second.value} would be before {earlier} {first.value}")
            for name, day in known:
                if day.start in guessed:
                    del found[name]
            return
