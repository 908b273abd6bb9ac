"""The outline of a letter, the same for every layout: its sections, and its treatment requests as spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.found import Diagnostic, Section, Span
from imrdata.letters.layouts.labels import Mark
from imrdata.resources import vocabulary

OUTCOMES = {
    "upheld": "Upheld",
    "uphold": "Upheld",
    "overturned": "Overturned",
    "overturn": "Overturned",
}


class Item(NamedTuple):
    """A treatment request and its decision, as spans of the cleaned text; a missing part is None."""

    number: int
    request: Span
    outcome: str
    outcome_span: Span
    claims_administrator_guideline: Span | None = None
    reviewer_guideline: Span | None = None
    rationale: Span | None = None


class Place(NamedTuple):
    """A label within a section: its name, the number of its request, its start, and the start of its words."""

    name: str
    item: int
    start: int
    body: int


class Outline(NamedTuple):
    """A letter's layout, its sections from the first character to the last, its requests, and diagnostics."""

    layout: str
    sections: tuple[Section, ...]
    items: tuple[Item, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def section(self, name: str) -> Section | None:
        """Return the section of this name outside the requests, or None."""
        for one in self.sections:
            if one.name == name and one.item == 0:
                return one
        return None


def spread(text: str, marks: Iterable[Mark], first: str = "header") -> list[Section]:
    """Return sections from labels: each extends to the next, and the first begins at 0."""
    ordered = [Mark(first, 0, 0), *marks]
    ends = [start for _, start, _ in ordered[1:]] + [len(text)]
    return [Section(name, 0, start, body, end) for (name, start, body), end in zip(ordered, ends, strict=True)]


def cut(section: Section, places: Sequence[Place]) -> list[Section]:
    """Split a section at places in order; the words before the first remain the section."""
    ends = [place.start for place in places] + [section.end]
    sections = [Section(section.name, section.item, section.start, min(section.body, ends[0]), ends[0])]
    for (name, item, start, body), end in zip(places, ends[1:], strict=True):
        sections.append(Section(name, item, start, body, end))
    return sections


def refusal(reason: str, message: str, excerpt: str | None = None) -> LetterError:
    """Return the error for a letter whose sections cannot be found."""
    return LetterError(message, step="sections", reason=reason, excerpt=excerpt)


def require_numbers(numbers: Sequence[int]) -> None:
    """Check that requests are numbered 1, 2, 3 ...; a missing number means a lost request.

    Raises:
        LetterError: A number is missing.
    """
    if list(numbers) != list(range(1, len(numbers) + 1)):
        listed = ", ".join(map(str, numbers))
        raise refusal("labels_do_not_add_up", f"the requests are numbered {listed}")


@cache
def _presence(layout: str) -> dict[str, tuple[int, str]]:
    """Return the order of the sections of a layout, and whether each is required."""
    rows = [row for row in vocabulary("layout_sections") if row["layout"] == layout]
    return {row["section"]: (int(row["place"]), row["presence"]) for row in rows}


def require_sections(layout: str, names: Sequence[str], excerpt: str) -> tuple[Diagnostic, ...]:
    """Check that the sections of a layout occur once and in order; return diagnostics of missing ones.

    Raises:
        LetterError: A section occurs twice or out of order, or a required section is missing.
    """
    known = _presence(layout)
    ordered = [known[name][0] for name in names if name in known]
    if len(set(names)) < len(names) or ordered != sorted(ordered):
        message = "the headings of a letter are repeated or out of order"
        raise refusal("several_letters", f"{message}: {', '.join(names)}")
    missing = [name for name in known if name not in names]
    required = [name for name in missing if known[name][1] == "required"]
    if required:
        raise refusal("cut_off", f"the letter has no section {required[0]!r}; a page may be missing", excerpt)
    return tuple(
        Diagnostic("missing_section", f"the letter has no section {name!r}")
        for name in missing
        if known[name][1] == "expected"
    )


def after_letter(end: int, length: int) -> tuple[Section, ...]:
    """Return the section of the words between the end of a letter and the end of its text, if any."""
    return (Section("text_after_letter", 0, end, end, length),) if end < length else ()


def incomplete(items: Iterable[Item]) -> Iterator[Diagnostic]:
    """Return diagnostics of requests whose guidelines and rationale cannot be separated."""
    for item in items:
        if None in (item.claims_administrator_guideline, item.reviewer_guideline, item.rationale):
            message = f"the guidelines and the rationale of request {item.number} cannot be separated"
            yield Diagnostic("incomplete_request", message, item.number)
