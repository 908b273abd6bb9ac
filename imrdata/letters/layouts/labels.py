"""The labels of the layouts, compiled from the vocabulary on first use."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from imrdata.resources import vocabulary


class Mark(NamedTuple):
    """A label in a text: which it is, where it begins, and where it ends."""

    name: str
    start: int
    end: int


@cache
def header_label(name: str) -> re.Pattern[str]:
    """A label of the header by its name, anywhere in a line, as a word of its own."""
    labels = "|".join(row["pattern"] for row in vocabulary("labels") if row["name"] == name and row["kind"] == "header")
    return re.compile(rf"(?i)(?<![a-z])(?:{labels})")


@cache
def _header_line() -> re.Pattern[str]:
    labels = "|".join(row["pattern"] for row in vocabulary("labels") if row["kind"] == "header")
    return re.compile(rf"\n[ ]*(?i:{labels})\s*:", re.ASCII)


@lru_cache(maxsize=2)
def header_lines(text: str, end: int) -> tuple[int, ...]:
    """Where the lines of ``text[:end]`` begin that begin with a label of the header."""
    return tuple(match.start() for match in _header_line().finditer("\n" + text[:end]))


@cache
def label_pattern(layout: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Every label of a layout's sections and items: at a text's beginning, at a line's, and after any space.

    The name of the group tells which label. A heading fills its line, where the vocabulary says so. The line's own
    pattern begins with its line feed, for which `re` looks much faster than for any of the labels.
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
    """The labels of a part of a request, which older layouts print, or its first words, at the beginning of a line."""
    rows = [row for row in vocabulary("labels") if row["layout"] == layout and row["kind"] == "part"]
    return re.compile(rf"\n(?i:{'|'.join(row['pattern'] for row in rows if row['name'] in names)})", re.ASCII)


@cache
def label_examples(layout: str) -> dict[str, str]:
    """Each label of a layout as it is printed."""
    return {row["name"]: row["example"] for row in vocabulary("labels") if row["layout"] == layout}


@lru_cache(maxsize=4)  # asked for once to know the layout, and again for the sections
def marks(text: str, layout: str, *, within_lines: bool = False) -> tuple[Mark, ...]:
    """The labels of a layout in a text.

    A heading in capitals that shares its line with other words, as web copies print it, is one where its layout has
    no other of its name.
    """
    at_text, at_line, anywhere = label_pattern(layout)
    pattern = anywhere if within_lines else at_line
    first = at_text.match(text)
    found = [Mark(first.lastgroup or "", 0, first.end())] if first else []
    found += [Mark(match.lastgroup or "", match.start() + 1, match.end()) for match in pattern.finditer(text)]
    names = {mark.name for mark in found}
    if all(name in names for name in capital_headings(layout)):
        return tuple(found)
    return tuple(sorted([*found, *_within_lines(text, layout, names)], key=lambda mark: mark.start))


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
    """The headings of a layout that are printed in capitals, wherever they stand, each with its first word."""
    return {
        row["name"]: (row["example"].split()[0], re.compile(rf"(?:{row['pattern']})(?![^\s.:])"))
        for row in vocabulary("labels")
        if row["layout"] == layout and row["fills_line"] == "yes" and row["example"].isupper()
    }


def labels_found(text: str) -> tuple[list[str], list[str]]:
    """The labels of all layouts that are, and are not, at the beginning of a line of a text, as printed."""
    seen: list[str] = []
    missed: list[str] = []
    for row in vocabulary("labels"):
        if row["kind"] in ("header", "part"):
            continue
        is_there = re.search(rf"(?im)^(?:{row['pattern']})", text) is not None
        (seen if is_there else missed).append(repr(row["example"]))
    return list(dict.fromkeys(seen)), list(dict.fromkeys(missed))
