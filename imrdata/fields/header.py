"""The header of a letter: case number, dates, priority.

Readers print the header's table in many orders: label and value on a line, all labels of a column and then its
values, even a value before its label. So labels and values are read as two ordered lists. Where a label has its
value beside it, they belong together; what is left is matched in order, and only if the counts agree.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

from imrdata.errors import LetterError
from imrdata.fields.found import Diagnostic, Found
from imrdata.resources import vocabulary

CHRONOLOGY = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")
PRIORITIES = {"standard": "Standard", "regular": "Standard", "expedited": "Expedited"}
FIRST_YEAR, LAST_YEAR = 1900, 2100

_CASE_NUMBER = r"(?:CM|IMR\s*#?\s*)\s?\d{2}-\d{6,7}(?!\d)"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]{{0,6}}\.?"
_DATE = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)"
PRINTED_DATE = rf"(?:{_DATE}|(?i:{_MONTH})\s+\d{{1,2}}\s*,\s*\d{{4}}(?!\d))"
_OUTCOME_WORD = re.compile(r"(?i)\s*(?P<partial>partial(?:ly)?\s+)?(?P<outcome>uph[eo]ld|overturn(?:ed)?)\b")
_WORD = r"[A-Za-z()'/#\u2019-]+"


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says; what it does not say is None, or absent from `dates`."""

    case_number: Found[str] | None
    dates: dict[str, Found[date]]
    priority: Found[str] | None
    case_outcome: str | None
    other: tuple[tuple[str, str], ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # a field's name for a label; "case", "date", "level" for a value; "other" for an unknown label
    is_label: bool
    start: int
    end: int
    words: str


@cache
def _token_pattern() -> re.Pattern[str]:
    rows = [row for row in vocabulary("labels") if row["kind"] == "header"]
    # -layout prints "Application  11/14/2016" over "Received:", so the first word alone stands for the label.
    labels = [f"(?P<{row['name']}>\\b(?i:{row['pattern']})\\s*:)" for row in rows]
    known = "|".join(f"(?i:{row['pattern']})" for row in rows) + "|Application|Received"
    return re.compile(
        "|".join(labels)
        + r"|(?P<application>\bApplication\b(?=\s+(?:[0-9]|Received\b|\Z)))|(?P<received>\bReceived\s*:)"
        + rf"|(?P<case>{_CASE_NUMBER})|(?P<date>{PRINTED_DATE})|(?P<level>(?i:\b(?:standard|regular|expedited)\b))"
        + rf"|(?P<other>(?=[A-Z]){_WORD}(?: (?!{known}){_WORD}){{0,5}} ?:)"
    )


def read_header(text: str, end: int) -> Header:
    """The header in ``text[:end]``.

    Raises:
        LetterError: There is more than one case number, or a date that no calendar has.
    """
    tokens = _tokens(text, end)
    dates, diagnostics = _dates(text, tokens)
    level = next((token for token in tokens if token.kind == "level"), None)
    priority = Found(PRIORITIES[level.words.lower()], level.start, level.end) if level else None
    other = _other_lines(text, tokens, end)
    diagnostics += [Diagnostic("unknown_header_line", f"{label} {value}".strip()) for label, value in other]
    return Header(_case_number(tokens), dates, priority, _case_outcome(text, tokens, end), other, tuple(diagnostics))


def _tokens(text: str, end: int) -> list[_Token]:
    tokens = []
    for match in _token_pattern().finditer(text, 0, end):
        kind = match.lastgroup or ""
        if kind == "received":
            continue
        kind = "application_received_date" if kind == "application" else kind
        tokens.append(_Token(kind, kind not in ("case", "date", "level"), match.start(), match.end(), match.group()))
    return tokens


def _case_number(tokens: list[_Token]) -> Found[str] | None:
    printed = [token for token in tokens if token.kind == "case"]
    numbers = {normal_case_number(token.words) for token in printed}
    if len(numbers) > 1:
        message = f"the header has {len(numbers)} case numbers: {', '.join(sorted(numbers))}"
        raise LetterError(message, step="fields", reason="several_letters", section="header")
    return Found(numbers.pop(), printed[0].start, printed[0].end) if printed else None


def case_number_in_name(name: str) -> str | None:
    """The case number that a file's name holds, in normal form."""
    found = re.search(r"(?i)(?<![a-z0-9])(?:CM|IMR)?[ _#-]*\d{2}-\d{6,7}(?!\d)", re.split(r"[/\\!]", name)[-1])
    return normal_case_number(found.group().lstrip(" _#-")) if found else None


def _case_outcome(text: str, tokens: list[_Token], end: int) -> str | None:
    """The outcome of the whole case that a cover page prints: UPHOLD, OVERTURN or PARTIAL OVERTURN."""
    label = next((token for token in tokens if token.kind == "case_outcome"), None)
    word = _OUTCOME_WORD.match(text, label.end, end) if label else None
    if word is None:
        return None
    if word["partial"]:
        return "Partially overturned"
    return "Upheld" if word["outcome"].lower().startswith("up") else "Overturned"


def normal_case_number(printed: str) -> str:
    """``CMyy-nnnnnnn`` for every printed form, e.g. ``IMR 13-000004``."""
    year, number = re.sub(r"[^\d-]", "", printed).strip("-").split("-")
    return f"CM{year}-{int(number):07d}"


def _dates(text: str, tokens: list[_Token]) -> tuple[dict[str, Found[date]], list[Diagnostic]]:
    labels = [token for token in tokens if token.is_label and token.kind in CHRONOLOGY]
    values = [token for token in tokens if token.kind == "date"]
    pairs: dict[str, _Token] = {}
    diagnostics = []
    beside = _beside(text, tokens)
    for label in labels:
        if label.kind in beside:
            pairs[label.kind] = beside[label.kind]
    waiting = [label for label in labels if label.kind not in pairs]
    free = [value for value in values if value not in pairs.values()]
    if len(waiting) == len(free):
        pairs |= {label.kind: value for label, value in zip(waiting, free, strict=True)}
    elif waiting:
        names = ", ".join(label.words.strip(" :") for label in waiting)
        diagnostics.append(Diagnostic("unmatched_dates", f"{len(free)} dates for {len(waiting)} labels: {names}"))
    return {name: _calendar_date(name, token) for name, token in pairs.items()}, diagnostics


def _beside(text: str, tokens: list[_Token]) -> dict[str, _Token]:
    """The labels that have a date of their own beside them: nothing but space between, on one line."""
    pairs = {}
    for label, value in pairwise(tokens):
        if label.is_label and label.kind in CHRONOLOGY and value.kind == "date":
            between = text[label.end : value.start]
            if not between.strip(" "):
                pairs[label.kind] = value
    return pairs


def _calendar_date(name: str, token: _Token) -> Found[date]:
    return Found(calendar_date(name, token.words, (token.start, token.end)), token.start, token.end)


def calendar_date(name: str, words: str, span: tuple[int, int]) -> date:
    """The date that is printed as 9/26/2013, 09-26-2013 or September 26, 2013.

    Raises:
        LetterError: No calendar has it.
    """
    value = None
    month, day, year = _month_day_year(words)
    if year < 100:  # noqa: PLR2004 - a two-digit year; IMR letters are of this century
        year += 2000
    with suppress(ValueError):
        value = date(year, month, day)
    if value is None or not FIRST_YEAR <= year <= LAST_YEAR:
        message = f"{name} is {words!r}, which no calendar has"
        raise LetterError(message, step="fields", reason="impossible_date", section="header", span=span, excerpt=words)
    return value


def _month_day_year(words: str) -> tuple[int, int, int]:
    parts = re.findall(r"[A-Za-z]+|\d+", words)
    month = MONTHS.index(parts[0][:3].lower()) + 1 if parts[0].isalpha() else int(parts[0])
    return month, int(parts[1]), int(parts[2])


# The notices of 2013 give three of their dates in prose.
_PROSE_DATES = {
    "application_received_date": r"application\s+for\s+Independent\s+Medical\s+Review\s+was\s+(?:filed|received)\s+on",
    "ur_denial_date": r"disputing\s+the\s+Utilization\s+Review\s+(?:Denial|Modification|Decision)?(?:/\w+)?\s*dated",
    "assigned_date": r"Notice\s+of\s+Assignment\b.{0,60}?\bwas\s+(?:provided|sent|mailed)\b.{0,60}?\bon",
}


def prose_dates(text: str, start: int, end: int) -> dict[str, Found[date]]:
    """The dates that a sentence of ``text[start:end]`` gives, by the field's name.

    Raises:
        LetterError: One of them no calendar has.
    """
    found = {}
    for name, words in _PROSE_DATES.items():
        match = re.compile(rf"(?is){words}\s+(?P<date>{PRINTED_DATE})").search(text, start, end)
        if match:
            value = calendar_date(name, match["date"], match.span("date"))
            found[name] = Found(value, *match.span("date"))
    return found


def _other_lines(text: str, tokens: list[_Token], end: int) -> tuple[tuple[str, str], ...]:
    """Labels that no layout knows, with the words of their line.

    The labels of persons and claims are known, and their words are left out: no name goes into a table.
    """
    lines = []
    for place, token in enumerate(tokens):
        if token.kind == "other":
            stop = tokens[place + 1].start if place + 1 < len(tokens) else end
            line_end = text.find("\n", token.end, stop)
            lines.append((" ".join(token.words.split()), text[token.end : line_end if line_end >= 0 else stop].strip()))
    return tuple(lines)
