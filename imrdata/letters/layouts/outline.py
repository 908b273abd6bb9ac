"""What every layout of a letter gives: its sections, and its treatment requests as spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.found import Section, Span

OUTCOMES = {
    "upheld": "Upheld",
    "uphold": "Upheld",
    "overturned": "Overturned",
    "overturn": "Overturned",
}


class Item(NamedTuple):
    """A treatment request and its decision, as spans of the cleaned text; a part that is not there is None."""

    number: int
    request: Span
    outcome: str
    outcome_span: Span
    claims_administrator_guideline: Span | None = None
    reviewer_guideline: Span | None = None
    rationale: Span | None = None


class Outline(NamedTuple):
    """A letter's layout, its sections from the first character to the last, and its requests."""

    layout: str
    sections: tuple[Section, ...]
    items: tuple[Item, ...]

    def section(self, name: str) -> Section | None:
        """The section of this name outside of the requests, or None."""
        for one in self.sections:
            if one.name == name and one.item == 0:
                return one
        return None


def spread(text: str, marks: Iterable[tuple[str, int, int]], first: str = "header") -> list[Section]:
    """Sections from labels ``(name, start, body)``: each runs to the next, the first begins at 0."""
    ordered = [(first, 0, 0), *marks]
    ends = [start for _, start, _ in ordered[1:]] + [len(text)]
    return [Section(name, 0, start, body, end) for (name, start, body), end in zip(ordered, ends, strict=True)]


def cut(section: Section, places: Sequence[tuple[str, int, int, int]]) -> list[Section]:
    """A section cut at ``(name, item, start, body)``, in order; what comes before them stays its own."""
    ends = [place[2] for place in places] + [section.end]
    sections = [Section(section.name, section.item, section.start, min(section.body, ends[0]), ends[0])]
    for (name, item, start, body), end in zip(places, ends[1:], strict=True):
        sections.append(Section(name, item, start, body, end))
    return sections


def refusal(reason: str, message: str, excerpt: str | None = None) -> LetterError:
    """The error of a letter whose sections cannot be found."""
    return LetterError(message, step="sections", reason=reason, excerpt=excerpt)


def require_numbers(numbers: Sequence[int]) -> None:
    """Requests are numbered 1, 2, 3 ...: a number left out is a request lost.

    Raises:
        LetterError: They are not.
    """
    if list(numbers) != list(range(1, len(numbers) + 1)):
        listed = ", ".join(map(str, numbers))
        raise refusal("labels_do_not_add_up", f"the requests are numbered {listed}")
