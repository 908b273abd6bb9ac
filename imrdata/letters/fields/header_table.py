"""Match the labels of a header table with their values.

PDF readers print the table in different orders: label and value on one line, all labels of a column and then its
values, or even a value before its label. A value beside a label belongs to it. Other values are matched in order, and
only if a single match is possible. Unknown labels are included, because they may have values too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import NamedTuple

from imrdata.letters.case_numbers import PRINTED_CASE_NUMBER, header_shape
from imrdata.letters.dates import CHRONOLOGY, PRINTED_DATE
from imrdata.resources import vocabulary, words_pattern

_LETTERS = re.compile(r"[A-Za-z0-9\[]")
blank = partial(words_pattern, r"(?i)\[[^\]\n]*\]|WORDS", "reading_words", "no_value")  # a redaction, or "N/A"
_WORD = r"(?<![A-Za-z])[A-Za-z()'/#\u2019-]{1,30}"
_QUALIFIER = re.compile(
    rf" *(?P<words>(?!(?i:review) |\(){_WORD}(?: {_WORD}){{0,5}}) "
)  # "Standard review" is a priority
_CUMULATIVE = r"(?i: C/?T\b | cumulative[ ](?:trauma|injury) ) :?"  # before the dates of a cumulative injury
_WEEKDAY = r"(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}[.,]{0,2}"

# The kinds of values that a label can have, by its name; "blank" is a redaction or "N/A".
_VALUES = {
    **dict.fromkeys(CHRONOLOGY, ("date", "blank")),
    "case_number": ("case", "blank"),
    "other_case": ("case", "blank"),
    "priority": ("level", "blank"),
    "private": ("words", "blank"),
    "case_outcome": ("words", "blank"),
}
_ANY = ("date", "words", "blank")
_VALUE_KINDS = frozenset(("case", "date", "level", "words", "blank"))
_FIELDS = {"application": "application_received_date", "received": "other"}  # of labels that may be on two lines


class Token(NamedTuple):
    """A label or value of the table."""

    kind: str  # a field's name for a label, "other" for an unknown one; the kind of a value
    is_label: bool
    start: int
    end: int

    def words(self, text: str) -> str:
        """Return the words of the token as printed."""
        return text[self.start : self.end]


class Pair(NamedTuple):
    """A label and its value; `is_beside` if both are on one line."""

    label: Token
    value: Token
    is_beside: bool


@cache
def _token_pattern() -> re.Pattern[str]:
    rows = [row for row in vocabulary("labels") if row["kind"] == "header"]
    wordings: dict[str, list[str]] = {}
    for row in rows:
        wordings.setdefault(row["name"], []).append(f"(?i-x:{row['pattern']})")
    labels = [f"(?P<{name}>(?:{'|'.join(patterns)})\\s*[:;])" for name, patterns in wordings.items()]
    known = "|".join(f"(?i-x:{row['pattern']})" for row in rows) + "|Application|Received"
    # Tokens begin at words, and only dates begin with a digit, so most positions are skipped quickly.
    # "Application  11/14/2016" may be above "Received:".
    return re.compile(
        rf"""(?x) (?<![A-Za-z0-9]) (?=[A-Za-z0-9]) (?: (?![0-9]) (?:
        {"|".join(labels)}
        | (?P<application> Application\b (?= \s+ (?: [0-9] | Received\b | \Z ) ) )
        | (?P<received> Received\s*: )
        | (?P<weekday> (?: {_WEEKDAY} | {_CUMULATIVE} ) (?= \s+ {PRINTED_DATE} ) )
        | (?P<case> {PRINTED_CASE_NUMBER} ) )
        | (?P<date> {PRINTED_DATE} )
        | (?P<level> (?i:standard|regular|expedited)\b
            (?= (?i:\s+review)? \s* (?: \n | \Z | {known} | [A-Z]\w*: | -\s[0-9] | \|
                | [(] (?!changed|from|was|not|formerly) ) ) )
        | (?P<other> (?=[A-Z][^:\n]{{0,190}}:) {_WORD} (?: [ ] (?!{known}) {_WORD} ){{0,5}} [ ]? : )
        )"""
    )


@cache
def _bare_label() -> re.Pattern[str]:
    """Match the label of a date without a colon before a date, at the start of a line: "Date of Injury 10/10/2016"."""
    labels = "|".join(row["pattern"] for row in vocabulary("labels") if row["name"] in CHRONOLOGY)
    return re.compile(rf"(?m)^[ ]*(?=[A-Z])(?i-x:{labels})(?:[ ]+[0-9][: ]|[ ]*[-\u2013])?[ ]*(?={PRINTED_DATE})")


def bare_labels(text: str, end: int) -> list[str]:
    """Return the labels of dates without a colon in ``text[:end]``, whose dates are not read."""
    return [match.group() for match in _bare_label().finditer(text, 0, end)]


def read_table(text: str, end: int) -> tuple[tuple[Token, ...], tuple[Pair, ...]]:
    """Return the labels and values in ``text[:end]``, in order, and the labels whose values are certain, with these."""
    return _table(header_shape(text[:end]))


@lru_cache(maxsize=2**8)  # most headers have one of a few shapes
def _table(shape: str) -> tuple[tuple[Token, ...], tuple[Pair, ...]]:
    of_table = tuple(tokens(shape))
    return of_table, _pairs(shape, of_table)


def tokens(text: str) -> list[Token]:
    """Return the labels and values in a header, in order; each line of other words is a value too."""
    found: list[Token] = []
    end = len(text)
    at, is_split, is_list = 0, False, False  # a cover lists disputed treatments, which contain colons and dates
    for match in _token_pattern().finditer(text):
        kind = match.lastgroup or ""
        before, (start, at) = at, match.span()
        if is_list and kind in ("other", "received", "weekday", *_VALUE_KINDS):
            continue
        if kind == "decision_date" and (longer := _longer_label(text, before, start, found)) is not None:
            kind, start = "other", longer
        if not is_list and not text[before:start].isspace():
            found += _words(text, before, start)
        if kind == "weekday" or (kind == "received" and is_split):
            is_split = False
            continue
        is_label = kind not in _VALUE_KINDS
        is_split = kind == "application" or (is_split and not is_label)
        is_list = kind == "disputed_list"
        found.append(Token(_FIELDS.get(kind, kind), is_label, start, at))
    return found if is_list else found + _words(text, at, end)


def _longer_label(text: str, start: int, end: int, found: Sequence[Token]) -> int | None:
    """Return where a longer label begins that ends with the one at `end`: "Carrier Decision Date:" is another date."""
    line = text.rfind("\n", start, end) + 1 or start
    if line == start and found and found[-1].is_label and "words" in _VALUES.get(found[-1].kind, _ANY):
        return None  # the words are the value of the label before
    words = _QUALIFIER.fullmatch(text, line, end)
    return words.start("words") if words and not blank().fullmatch(words["words"]) else None


def _words(text: str, start: int, end: int) -> list[Token]:
    found = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        words = text[start:stop]
        if _LETTERS.search(words):
            kind = "blank" if blank().fullmatch(words.strip()) else "words"
            found.append(Token(kind, False, start, stop))
        start = stop + 1
    return found


def _pairs(text: str, of_table: Sequence[Token]) -> tuple[Pair, ...]:
    at, shape = 0, []
    for token in of_table:
        shape.append((token.kind, text[at : token.start].strip(" ")))
        at = token.end
    return tuple(Pair(of_table[label], of_table[value], is_beside) for label, value, is_beside in _matched(shape))


class _Slot(NamedTuple):
    """A token by its position; `gap` is the text before it without spaces, usually a line break."""

    at: int
    kind: str
    is_label: bool
    gap: str


_Matched = tuple[int, int, bool]  # positions of label and value, and whether they are beside each other


def _matched(shape: Sequence[tuple[str, str]]) -> tuple[_Matched, ...]:
    """Return the matching labels and values in a table, given the kind of each token and the gap before it."""
    slots = [_Slot(at, kind, kind not in _VALUE_KINDS, gap) for at, (kind, gap) in enumerate(shape)]
    joined = ["\n" not in slot.gap for slot in slots[1:]] + [False]  # whether the next token is on the same line
    found: list[_Matched] = []
    segment: list[_Slot] = []
    at = 0
    while at < len(slots):
        if joined[at] and _is_beside(slots, joined, at):
            found += _of_segment(segment, is_first=not found)
            found.append((at, at + 1, True))
            segment = []
            at += 2
            continue
        segment.append(_alone(slots, joined, at))
        at += 1
    found += _of_segment(segment, is_first=not found)
    return _without_lists(found, slots)


def _without_lists(found: Sequence[_Matched], slots: Sequence[_Slot]) -> tuple[_Matched, ...]:
    """Return the pairs without dates that are followed by another on the next line, which belongs to no label."""
    taken = {value for _, value, _ in found}
    kinds = [slot.kind for slot in slots]
    lists = {at for at in taken if kinds[at : at + 2] == ["date", "date"] and at + 1 not in taken}
    lists = {at for at in lists if slots[at + 1].gap == "\n" and slots[at + 2 :] and slots[at + 2].is_label}
    return tuple(pair for pair in found if pair[1] not in lists)


def _is_beside(slots: Sequence[_Slot], joined: Sequence[bool], at: int) -> bool:
    """Return whether the token after a label on its line is its value, and cannot belong to another label."""
    label, value = slots[at : at + 2]
    if not label.is_label or not _takes(label, value):
        return False
    is_claimed = at > 0 and joined[at - 1] and slots[at - 1].is_label
    return not is_claimed and (value.kind != "date" or not _has_another_date(slots, joined, at + 1))


def _has_another_date(slots: Sequence[_Slot], joined: Sequence[bool], at: int) -> bool:
    """Return whether a date follows a date on its line, perhaps after words: "01/05/2014 to 01/05/2015"."""
    while joined[at] and not slots[at + 1].is_label:
        at += 1
        if slots[at].kind == "date":
            return True
    return False


def _takes(label: _Slot, value: _Slot) -> bool:
    return value.kind in _VALUES.get(label.kind, _ANY)


def _alone(slots: Sequence[_Slot], joined: Sequence[bool], at: int) -> _Slot:
    """Return the token; a date with words on its line is a stamp or prose, not a value."""
    slot = slots[at]
    if slot.kind == "date":
        is_behind_words = at > 0 and joined[at - 1] and slots[at - 1].kind == "words"
        if is_behind_words or (joined[at] and slots[at + 1].kind == "words"):
            return slot._replace(kind="words")
    return slot


def _of_segment(segment: Sequence[_Slot], *, is_first: bool) -> Iterator[_Matched]:
    """Return the pairs between two pairs of one line each: groups of labels, each followed by its group of values."""
    runs = list(_runs(segment))
    if not runs:
        return
    leading, trailing = not runs[0][0].is_label, runs[-1][0].is_label
    is_strange = (leading and runs[0][-1].kind == "date") or any(slot.kind == "other" for slot in segment)
    if trailing and is_strange:  # the values may be before their labels
        if len(runs) == 2 and not is_first and _stand_over(runs[0], runs[1]):  # noqa: PLR2004 - values, labels
            yield from _in_order(runs[1], runs[0])
        return
    for labels, values in zip(runs[leading:-1:2], runs[1 + leading :: 2], strict=True):
        yield from _in_order(labels, values)
    if trailing and not leading and len(runs) > 1:  # a date above its label, after the priority
        over = runs[-2][len(runs[-3]) :]
        if over and _ends_with_priority(runs[-3], runs[-2]) and _stand_over(over, runs[-1]):
            yield from _in_order(runs[-1], over)


def _runs(segment: Sequence[_Slot]) -> Iterator[list[_Slot]]:
    run: list[_Slot] = []
    for slot in segment:
        if run and run[-1].is_label != slot.is_label:
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def _stand_over(values: Sequence[_Slot], labels: Sequence[_Slot]) -> bool:
    """Return whether dates are on their own lines directly above labels."""
    return values[0].gap.endswith("\n") and labels[0].gap == "\n"


def _in_order(labels: Sequence[_Slot], values: Sequence[_Slot]) -> Iterator[_Matched]:
    """Return the values with the same label in every match in order; the last values may be other words."""
    ends = [len(values), *(at for at in range(len(values) - 1, 0, -1) if values[at].kind == "words")]
    if _ends_with_priority(labels, values):
        ends = [len(labels)]  # the rest has labels further down
    for end in ends:
        if end > len(labels):
            continue
        first = _earliest(labels, values[:end])
        last = _earliest(labels[::-1], values[:end][::-1]) if first else None
        if first and last:
            for value, early, late in zip(values, first, reversed(last), strict=False):
                if early == len(labels) - 1 - late:
                    yield labels[early].at, value.at, False
            return


def _ends_with_priority(labels: Sequence[_Slot], values: Sequence[_Slot]) -> bool:
    """Return whether the value at the position of the last label is a priority, followed by more values."""
    return len(values) > len(labels) and values[len(labels) - 1].kind == "level"


def _earliest(labels: Sequence[_Slot], values: Sequence[_Slot]) -> list[int] | None:
    """Return the first possible label of each value, in order; None if a value has none."""
    places: list[int] = []
    at = 0
    for value in values:
        while at < len(labels) and not _takes(labels[at], value):
            at += 1
        if at == len(labels):
            return None
        places.append(at)
        at += 1
    return places
