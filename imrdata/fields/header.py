"""The header of a letter: case number, dates, priority.

Readers print the header's table in many orders: label and value on a line, all labels of a column and then its
values, even a value before its label. So labels and values are read as two ordered lists. Where a label has its
value beside it, they belong together; what is left is matched in order, and only if the counts agree.
"""

from __future__ import annotations

import re
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
_DATE = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)"
_WORD = r"[A-Za-z()'/#\u2019-]+"


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says; a date that it does not give is absent from `dates`."""

    case_number: Found[str]
    dates: dict[str, Found[date]]
    priority: Found[str] | None
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
    labels = [f"(?P<{row['name']}>\\b{row['pattern']}\\s*:)" for row in rows]
    known = "|".join(row["pattern"] for row in rows) + "|Application|Received"
    return re.compile(
        "|".join(labels)
        + r"|(?P<application>\bApplication\b)|(?P<received>\bReceived\s*:)"
        + rf"|(?P<case>{_CASE_NUMBER})|(?P<date>{_DATE})|(?P<level>(?i:\b(?:standard|regular|expedited)\b))"
        + rf"|(?P<other>(?=[A-Z]){_WORD}(?: (?!{known}){_WORD}){{0,5}} ?:)"
    )


def read_header(text: str, end: int) -> Header:
    """The header in ``text[:end]``.

    Raises:
        LetterError: There is no case number, or more than one, or a date that no calendar has.
    """
    tokens = _tokens(text, end)
    case_number = _case_number(tokens)
    dates, diagnostics = _dates(text, tokens)
    level = next((token for token in tokens if token.kind == "level"), None)
    if level is None:
        diagnostics.append(Diagnostic("missing_priority", "the header gives no priority"))
    priority = Found(PRIORITIES[level.words.lower()], level.start, level.end) if level else None
    other = _other_lines(text, tokens, end)
    diagnostics += [Diagnostic("unknown_header_line", f"{label} {value}".strip()) for label, value in other]
    return Header(case_number, dates, priority, other, tuple(diagnostics))


def _tokens(text: str, end: int) -> list[_Token]:
    tokens = []
    for match in _token_pattern().finditer(text, 0, end):
        kind = match.lastgroup or ""
        if kind == "received":
            continue
        kind = "application_received_date" if kind == "application" else kind
        tokens.append(_Token(kind, kind not in ("case", "date", "level"), match.start(), match.end(), match.group()))
    return tokens


def _case_number(tokens: list[_Token]) -> Found[str]:
    printed = [token for token in tokens if token.kind == "case"]
    numbers = {normal_case_number(token.words) for token in printed}
    if not numbers:
        raise LetterError("the header has no case number", step="fields", reason="no_case_number", section="header")
    if len(numbers) > 1:
        listed = ", ".join(sorted(numbers))
        raise LetterError(
            f"the header has {len(numbers)} case numbers: {listed}",
            step="fields",
            reason="several_letters",
            section="header",
        )
    return Found(numbers.pop(), printed[0].start, printed[0].end)


def normal_case_number(printed: str) -> str:
    """``CMyy-nnnnnnn`` for every printed form, e.g. ``IMR 13-000004``."""
    year, number = re.sub(r"[^\d-]", "", printed).split("-")
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
    diagnostics += [
        Diagnostic("missing_date", f"the header gives no {name}") for name in CHRONOLOGY if name not in pairs
    ]
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
    month, day, year = (int(part) for part in re.split(r"[/.-]", token.words))
    if year < 100:  # noqa: PLR2004 - a two-digit year; IMR letters are of this century
        year += 2000
    try:
        value = date(year, month, day)
    except ValueError:
        value = None
    if value is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise LetterError(
            f"{name} is {token.words!r}, which no calendar has",
            step="fields",
            reason="impossible_date",
            section="header",
            span=(token.start, token.end),
            excerpt=token.words,
        )
    return Found(value, token.start, token.end)


def _other_lines(text: str, tokens: list[_Token], end: int) -> tuple[tuple[str, str], ...]:
    """Labels that no layout knows, with the words up to the next token."""
    lines = []
    for place, token in enumerate(tokens):
        if token.kind == "other":
            stop = tokens[place + 1].start if place + 1 < len(tokens) else end
            lines.append((" ".join(token.words.split()), " ".join(text[token.end : stop].split())))
    return tuple(lines)
