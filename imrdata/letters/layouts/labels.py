"""The labels of the layouts, compiled from the vocabulary on first use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from imrdata.resources import vocabulary

CASE_NUMBER, OTHER_HEADING = "case_number", "other_heading"  # names of marks of other letters


class Mark(NamedTuple):
    """A label in a text: its name, start and end."""

    name: str
    start: int
    end: int


def header_wordings(name: str) -> str:
    """Return a pattern of the wordings of a label of the header, in any case."""
    return "|".join(row["pattern"] for row in vocabulary("labels") if row["name"] == name and row["kind"] == "header")


@cache
def header_label(name: str) -> re.Pattern[str]:
    """Match a label of the header by its name, as a separate word anywhere in a line."""
    return re.compile(rf"(?i)(?<![a-z])(?:{header_wordings(name)})")


@cache
def header_date_label() -> re.Pattern[str]:
    """Match a label of a date of the review or of its priority, with its colon; a request may have the other labels."""
    names = ("application_received_date", "assigned_date", "decision_date", "priority", "ur_denial_date")
    return re.compile(rf"(?i)(?<![a-z])(?:{'|'.join(map(header_wordings, names))})\s*:")


@cache
def _header_line() -> re.Pattern[str]:
    labels = "|".join(row["pattern"] for row in vocabulary("labels") if row["kind"] == "header")
    return re.compile(rf"\n[ ]*(?i:{labels})\s*:", re.ASCII)


@lru_cache(maxsize=2**8)  # most headers have one of a few shapes
def header_lines(shape: str) -> tuple[int, ...]:
    """Return the starts of the lines of a header that begin with one of its labels, given its `header_shape`."""
    return tuple(match.start() for match in _header_line().finditer("\n" + shape))


def _label_groups(layout: str) -> str:
    """Match a label of a layout; the name of the group is the label. A heading may have to fill its line."""
    patterns: dict[str, list[str]] = {}
    for row in vocabulary("labels"):
        if row["layout"] == layout and row["kind"] != "part":
            rest = r" ?:?(?=\n|\Z)" if row["fills_line"] == "yes" else ""
            patterns.setdefault(row["name"], []).append(f"(?:{row['pattern']}){rest}")
    return "|".join(f"(?P<{name}>{'|'.join(alternatives)})" for name, alternatives in patterns.items())


@cache
def _line_pattern(layout: str) -> re.Pattern[str]:
    """Match a label of a layout, or words of another letter, at the start of a line; `re` finds the line feed fast."""
    return re.compile(rf"\n(?:(?i:{_label_groups(layout)})|[ ]*(?=[A-Zcim])(?i:{_of_others(layout)}))", re.ASCII)


@cache
def _space_pattern(layout: str) -> re.Pattern[str]:
    return re.compile(rf"[\n ](?i:{_label_groups(layout)})", re.ASCII)


def _of_others(layout: str) -> str:
    """Match headings of other layouts that fill their lines, labels of only one layout, and case numbers."""
    rows = [row for row in vocabulary("labels") if row["kind"] == "section"]
    own = {row["pattern"] for row in rows if row["layout"] == layout}
    others = {row["pattern"] for row in rows if row["fills_line"] == "yes"} - own
    # A review for a health plan, or a notice, may also have a summary and documents.
    shared = {row["pattern"] for row in rows if row["name"] in ("clinical_summary", "documents_reviewed")}
    labels = [rf"(?:{pattern})[ ]?:?(?=\n|\Z)" for pattern in sorted(others - shared)]
    labels += [f"(?:{row['pattern']})" for row in vocabulary("labels") if _is_peculiar(row) and row["layout"] != layout]
    case_number = rf"(?:{header_wordings('case_number')})\s*:\s*(?P<{CASE_NUMBER}>CM\s?\d\d-\d+)"
    return "|".join([case_number, rf"(?P<{OTHER_HEADING}>{'|'.join(labels)})"])


def _is_peculiar(row: dict[str, str]) -> bool:
    """Return whether a label with other words on its line belongs to only one layout."""
    return (row["layout"], row["name"]) in {
        ("professional_review", "request"),
        ("professional_review", "rationale"),
        ("decision_sentences", "reviewer_rationale"),
    }


@cache
def part_pattern(layout: str, *names: str) -> re.Pattern[str]:
    """Match the labels or first words of the parts of a request in older layouts, at the start of a line."""
    rows = [row for row in vocabulary("labels") if row["layout"] == layout and row["kind"] == "part"]
    return re.compile(rf"\n(?i:{'|'.join(row['pattern'] for row in rows if row['name'] in names)})", re.ASCII)


@cache
def label_examples(layout: str) -> dict[str, str]:
    """Return each label of a layout as printed."""
    return {row["name"]: row["example"] for row in vocabulary("labels") if row["layout"] == layout}


@lru_cache(maxsize=4)  # used to find the layout, and again for the sections
def marks(text: str, layout: str, *, within_lines: bool = False) -> tuple[Mark, ...]:
    """Return the labels of a layout in a text.

    A heading in capitals with other words on its line, as in web copies, counts if there is no other with its name.
    """
    found = list(_marks_of_lines(text, layout)[0])
    if within_lines:
        places = _space_pattern(layout).finditer(f"\n{text}")
        found = [Mark(match.lastgroup or "", match.start(), match.end() - 1) for match in places]
    names = {mark.name for mark in found}
    if capital_headings(layout).keys() <= names:
        return tuple(found)
    other = _within_lines(text, layout, names)
    return tuple(sorted([*found, *other], key=lambda mark: mark.start) if other else found)


def marks_of_others(text: str, layout: str) -> Sequence[Mark]:
    """Return the headings of other layouts in a text, and the case numbers behind their label."""
    return _marks_of_lines(text, layout)[1]


@lru_cache(maxsize=4)
def _marks_of_lines(text: str, layout: str) -> tuple[list[Mark], list[Mark]]:
    own: list[Mark] = []
    others: list[Mark] = []
    for match in _line_pattern(layout).finditer(f"\n{text}"):
        name = match.lastgroup or ""
        if name in (CASE_NUMBER, OTHER_HEADING):
            others.append(Mark(name, match.start(name) - 1, match.end() - 1))
        else:
            own.append(Mark(name, match.start(), match.end() - 1))
    return own, others


def _within_lines(text: str, layout: str, known: set[str]) -> list[Mark]:
    found: list[Mark] = []
    for name, (word, pattern) in capital_headings(layout).items():
        if name not in known and word in text:
            places = [match.span() for match in pattern.finditer(text)]
            places = [place for place in places if text[place[0] - 1 : place[0]].strip(" \n.:") == ""]
            found += [Mark(name, *places[0])] if len(places) == 1 else []
    return found


@cache
def capital_headings(layout: str) -> dict[str, tuple[str, re.Pattern[str]]]:
    """Return patterns of the headings of a layout in capitals, anywhere in a text, each with its first word."""
    return {
        row["name"]: (row["example"].split()[0], re.compile(rf"(?:{row['pattern']})(?![^\s.:])"))
        for row in vocabulary("labels")
        if row["layout"] == layout and row["fills_line"] == "yes" and row["example"].isupper()
    }


def labels_found(text: str) -> tuple[list[str], list[str]]:
    """Return the labels of all layouts at the start of a line of a text, and those that are missing, as printed."""
    seen: list[str] = []
    missed: list[str] = []
    for row in vocabulary("labels"):
        if row["kind"] in ("header", "part"):
            continue
        is_there = re.search(rf"(?im)^(?:{row['pattern']})", text) is not None
        (seen if is_there else missed).append(repr(row["example"]))
    return list(dict.fromkeys(seen)), list(dict.fromkeys(missed))
