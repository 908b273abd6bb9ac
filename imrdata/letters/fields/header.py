"""The header of a letter: case number, dates, priority.

Readers print the header's table in many orders: label and value on a line, all labels of a column and then its
values, even a value before its label. So labels and values are read as two ordered lists. Where a label has its
value beside it, they belong together; what is left is matched in order, and only if the counts agree.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.case_numbers import PRINTED_CASE_NUMBER, normal_case_number
from imrdata.letters.dates import CHRONOLOGY, PRINTED_DATE, calendar_date
from imrdata.letters.found import Diagnostic, Found
from imrdata.resources import vocabulary

PRIORITIES = {"standard": "Standard", "regular": "Standard", "expedited": "Expedited"}
_REDACTED = re.compile(r"\[[^\]\n]*\]")
_OUTCOME_WORD = re.compile(r"(?i)\s*(?P<partial>partial(?:ly)?\s+)?(?P<outcome>uph[eo]ld|overturn(?:ed)?)\b")
_WORD = r"(?<![A-Za-z])[A-Za-z()'/#\u2019-]{1,30}"


class Header(NamedTuple):
    """What the header says; what it does not say is None, or absent from `dates`."""

    case_number: Found[str] | None
    dates: dict[str, Found[date]]
    priority: Found[str] | None
    case_outcome: str | None
    other: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


class _Token(NamedTuple):
    kind: str  # a field's name for a label; "case", "date", "level" for a value; "other" for an unknown label
    is_label: bool
    start: int
    end: int
    words: str


@cache
def _token_pattern() -> re.Pattern[str]:
    rows = [row for row in vocabulary("labels") if row["kind"] == "header"]
    # -layout prints "Application  11/14/2016" over "Received:", so the first word alone stands for the label.
    labels = [f"(?P<{row['name']}>(?i:{row['pattern']})\\s*:)" for row in rows]
    known = "|".join(f"(?i:{row['pattern']})" for row in rows) + "|Application|Received"
    values = rf"(?P<case>{PRINTED_CASE_NUMBER})|(?P<date>{PRINTED_DATE})|(?P<level>(?i:standard|regular|expedited)\b)"
    return re.compile(  # a token begins where a word does: most places of a text are passed over at once
        r"(?<![A-Za-z0-9])(?=[A-Za-z0-9])(?:"
        + "|".join(labels)
        + r"|(?P<application>Application\b(?=\s+(?:[0-9]|Received\b|\Z)))|(?P<received>Received\s*:)"
        + rf"|{values}|(?P<other>(?=[A-Z]){_WORD}(?: (?!{known}){_WORD}){{0,5}} ?:))"
    )


def read_header(text: str, end: int) -> Header:
    """The header in ``text[:end]``.

    Raises:
        LetterError: There is more than one case number, or a date that no calendar has.
    """
    tokens = _tokens(text, end)
    dates, diagnostics = _dates(text, tokens)
    level = _level(text, tokens)
    priority = Found(PRIORITIES[level.words.lower()], level.start, level.end) if level else None
    other = _other_labels(tokens)
    diagnostics += [Diagnostic("unknown_header_line", label) for label in other]
    return Header(_case_number(tokens), dates, priority, _case_outcome(text, tokens, end), other, tuple(diagnostics))


def _level(text: str, tokens: list[_Token]) -> _Token | None:
    """The level after the label of the priority: beside it, or at the beginning of a line of its own."""
    labels = [place for place, token in enumerate(tokens) if token.kind == "priority"]
    for token in tokens[labels[0] + 1 :] if labels else ():
        if token.kind == "level":
            before = text[: token.start].rstrip(" ")
            if before.endswith(("\n", ":")):
                return token
    return None


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


def _case_outcome(text: str, tokens: list[_Token], end: int) -> str | None:
    """The outcome of the whole case that a cover page prints: UPHOLD, OVERTURN or PARTIAL OVERTURN."""
    label = next((token for token in tokens if token.kind == "case_outcome"), None)
    word = _OUTCOME_WORD.match(text, label.end, end) if label else None
    if word is None:
        return None
    if word["partial"]:
        return "Partially overturned"
    return "Upheld" if word["outcome"].lower().startswith("up") else "Overturned"


def _dates(text: str, tokens: list[_Token]) -> tuple[dict[str, Found[date]], list[Diagnostic]]:
    pairs = _beside(text, tokens)
    if len(pairs) > 1:  # an inline header: what stands under its label is the label's too
        pairs |= _beside(text, tokens, gap=" \n")
    tokens = _own_tokens(text, tokens)
    taken = {id(value) for value in pairs.values()}
    waiting = [token for token in tokens if token.kind in CHRONOLOGY and token.kind not in pairs]
    free = [token for token in tokens if token.kind == "date" and id(token) not in taken]
    if len(waiting) == len(free):
        pairs |= {label.kind: value for label, value in zip(waiting, free, strict=True)}
    else:
        pairs |= _equal_runs(tokens, waiting, free)
    diagnostics = []
    if lost := [label for label in waiting if label.kind not in pairs]:
        names = ", ".join(label.words.strip(" :") for label in lost)
        diagnostics.append(
            Diagnostic("unmatched_dates", f"{len(free)} dates for {len(waiting)} labels, without: {names}")
        )
    return {name: _calendar_date(name, token) for name, token in pairs.items()}, diagnostics


def _beside(text: str, tokens: list[_Token], gap: str = " ") -> dict[str, _Token]:
    """The labels that have a date of their own beside them, with nothing but a gap between."""
    pairs = {}
    for label, value in pairwise(tokens):
        if label.is_label and label.kind in CHRONOLOGY and value.kind == "date":
            between = text[label.end : value.start]
            if not between.strip(gap) and between.count("\n") <= 1:
                pairs[label.kind] = value
    return pairs


def _own_tokens(text: str, tokens: list[_Token]) -> list[_Token]:
    """The tokens of the header's table, without dates that are not its own.

    A date beside a label that is none of ours (a date of birth, say) is that label's. One above the first label is
    a stamp. Words between the tokens end the table: a date further down is not the header's.
    """
    own: list[_Token] = []
    before: _Token | None = None
    for token in tokens:
        if before is not None and _has_words(text[before.end : token.start], before):
            if any(one.kind == "date" for one in own):
                break
            own = []
        is_foreign = before is None or (
            before.kind in ("other", "private", "address") and token.start - before.end <= 1
        )
        before = token
        if not (token.kind == "date" and is_foreign):
            own.append(token)
    return own


def _has_words(gap: str, before: _Token) -> bool:
    """Whether words stand between two tokens of the header, which are no value of the first."""
    if before.kind in ("other", "private", "address", "disputed_list"):
        gap = gap.partition("\n")[2]
    if len(gap) <= 1:
        return False
    return re.search(r"[A-Za-z]{2}", _REDACTED.sub("", gap).replace("Received", "")) is not None


def _equal_runs(tokens: list[_Token], waiting: list[_Token], free: list[_Token]) -> dict[str, _Token]:
    """Labels and dates of a header with blanks: a run of labels is matched with as many dates right after it."""
    pairs: dict[str, _Token] = {}
    labels: list[_Token] = []
    values: list[_Token] = []
    marks = {id(token): "label" for token in waiting} | {id(token): "value" for token in free}
    for token in [*tokens, None]:
        mark = marks.get(id(token)) if token is not None else None
        if mark == "value" and token is not None:
            values.append(token)
            continue
        is_ignored = token is not None and token.kind in ("case_number", "case", "priority", "level")
        if is_ignored and labels:
            continue
        if labels and len(labels) == len(values):
            pairs |= {label.kind: value for label, value in zip(labels, values, strict=True)}
        if values or mark is None:
            labels, values = [], []
        if mark == "label" and token is not None:
            labels.append(token)
    return pairs


def _calendar_date(name: str, token: _Token) -> Found[date]:
    return Found(calendar_date(name, token.words, (token.start, token.end)), token.start, token.end)


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


def _other_labels(tokens: list[_Token]) -> tuple[str, ...]:
    """Labels that no layout knows. Their words are left out: mailed copies name persons and claims there."""
    labels = []
    is_list = False  # a cover lists the treatments in dispute, and these hold colons
    for token in tokens:
        if token.is_label and token.kind != "other":
            is_list = token.kind == "disputed_list"
        if token.kind == "other" and not is_list:
            labels.append(" ".join(token.words.split()))
    return tuple(labels)
