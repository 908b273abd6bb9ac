"""The labels of the layouts, compiled from the vocabulary on first use."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from imrdata.resources import vocabulary


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


@cache
def label_pattern(layout: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a layout's labels: at the start of a text, at the start of a line, and after any space.

    The name of the matching group is the label. A heading must fill its line if the vocabulary says so. The pattern
    for lines begins with the line feed, which `re` finds much faster than the labels.
    """
    patterns: dict[str, list[str]] = {}
    for row in vocabulary("labels"):
        if row["layout"] == layout and row["kind"] != "part":
            rest = r" ?:?(?=\n|\Z)" if row["fills_line"] == "yes" else ""
            patterns.setdefault(row["name"], []).append(f"(?:{row['pattern']}){rest}")
    labels = "|".join(f"(?P<{name}>{'|'.join(alternatives)})" for name, alternatives in patterns.items())
    begins = (rf"(?i:{labels})", rf"\n(?i:{labels})", rf"[\n ](?i:{labels})")
    at_text, at_line, anywhere = (re.compile(pattern, re.ASCII) for pattern in begins)
    return at_text, at_line, anywhere


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
    at_text, at_line, anywhere = label_pattern(layout)
    pattern = anywhere if within_lines else at_line
    first = at_text.match(text)
    found = [Mark(first.lastgroup or "", 0, first.end())] if first else []
    found += [Mark(match.lastgroup or "", match.start() + 1, match.end()) for match in pattern.finditer(text)]
    names = {mark.name for mark in found}
    if capital_headings(layout).keys() <= names:
        return tuple(found)
    other = _within_lines(text, layout, names)
    return tuple(sorted([*found, *other], key=lambda mark: mark.start) if other else found)


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
