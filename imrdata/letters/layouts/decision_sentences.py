"""Letters of about Dec 2013 to mid 2014: four headings, and requests as numbered outcome sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from imrdata.letters.found import Section
from imrdata.letters.layouts.documents import front, letter_end, require_decision, require_one_letter
from imrdata.letters.layouts.labels import marks, part_pattern
from imrdata.letters.layouts.outcome_sentences import Statement, require_sentences, statements, told_again
from imrdata.letters.layouts.outline import (
    Item,
    Outline,
    Place,
    after_letter,
    cut,
    incomplete,
    refusal,
    require_numbers,
    require_sections,
    spread,
)  # fmt: skip
from imrdata.letters.layouts.request_start import ends_a_sentence, is_complete, require_whole

LAYOUT = "decision_sentences"


@cache
def _parts() -> dict[str, re.Pattern[str]]:
    """Return the first words of the parts of a request, in order."""
    return {
        "claims_administrator_guideline": part_pattern(LAYOUT, "claims_administrator_guideline"),
        "reviewer_guideline": part_pattern(LAYOUT, "reviewer_guideline"),
        "rationale": part_pattern(LAYOUT, "rationale", "reviewer_rationale"),
    }


def is_layout(text: str) -> bool:
    """Return whether the text has the layout's last heading."""
    return any(name == "decisions" for name, _, _ in marks(text, LAYOUT))


def outline(text: str) -> Outline:
    """Find the sections and requests of a letter with outcome sentences.

    Raises:
        LetterError: It decides nothing, or its requests are not numbered consecutively.
    """
    headings = marks(text, LAYOUT)
    first = headings[0].start
    require_decision(text, first)
    told = require_sections(LAYOUT, [mark.name for mark in headings], text[-200:])
    require_one_letter(text, LAYOUT, headings[-1].start)
    told += front(text, first)
    sections = spread(text, headings)
    decisions = sections[-1]
    rationales = list(_parts()["rationale"].finditer(text, first, decisions.end))
    if rationales and rationales[0].start() < decisions.body:
        raise refusal("labels_do_not_add_up", "a rationale is above the heading of the decisions")
    end, behind = letter_end(text, _last_label(text, rationales), decisions.end) if rationales else (decisions.end, ())
    decisions = decisions._replace(end=end)
    found = _decided(text, decisions)
    if len(rationales) > len(found):
        raise refusal("labels_do_not_add_up", f"more rationales than the {len(found)} numbered requests")
    places, items = _items(text, found, end)
    whole = (*sections[:-1], *cut(decisions, places), *after_letter(end, len(text)))
    return Outline(
        LAYOUT,
        whole,
        tuple(items),
        (*told, *behind, *told_again(text, len(items), items[-1].rationale), *incomplete(items)),
    )


def _last_label(text: str, rationales: Sequence[re.Match[str]]) -> int:
    """Return the end of the last label of a rationale, or of an outcome sentence of another request behind it."""
    last = rationales[-1].end()
    return max([last, *(one.end for one in statements(text, last, len(text)) if one.number > len(rationales))])


def _items(text: str, found: list[Statement], end: int) -> tuple[list[Place], list[Item]]:
    places: list[Place] = []
    items: list[Item] = []
    ends = [one.start for one in found[1:]] + [end]
    for statement, stop in zip(found, ends, strict=True):
        of_item, item = _item(text, statement, stop)
        places += of_item
        items.append(item)
    if places[-1].name == "request" or not is_complete(text[places[-1].body : end]):
        raise refusal("cut_off", "the letter is cut off within its last request", text[-200:])
    require_whole(text, items)
    return places, items


def _decided(text: str, decisions: Section) -> list[Statement]:
    """Return the outcome sentences followed by a guideline or a rationale, without numbered lists in a rationale.

    Raises:
        LetterError: There are none, they are not numbered consecutively, or a request would be lost or decided in part.
    """
    every = list(statements(text, decisions.body, decisions.end))
    found = [one for one in every if any(part.match(text, _line_end(text, one.end)) for part in _parts().values())]
    numbers = {one.number for one in found}
    other = [one for one in every if one.number not in numbers and not ends_a_sentence(text, *one.request)]
    lost = [one for one in other if one.number - 1 in numbers or one.number == 1]
    if lost:
        message = f"nothing follows the outcome of request {lost[0].number}, or its sentence continues"
        raise refusal("cut_off", message, text[lost[0].start : lost[0].end + 100])
    if not found:
        raise refusal("no_outcome", "the letter decides no treatment request", text[decisions.body :][:200])
    require_numbers([one.number for one in found])
    require_sentences(text, found)
    return found


def _line_end(text: str, at: int) -> int:
    while at < len(text) and text[at] in " .":
        at += 1
    return at


def _item(text: str, statement: Statement, end: int) -> tuple[list[Place], Item]:
    """Return one request: the sentence and the parts after it; a part that may have words of another has no span."""
    number, at = statement.number, statement.end
    places = [Place("request", number, statement.start, statement.request[0])]
    for name, pattern in _parts().items():
        match = pattern.search(text, at, end)
        if match:
            is_label = name == "rationale"  # the first words of a guideline part belong to it
            places.append(Place(name, number, match.start() + 1, match.end() if is_label else match.start() + 1))
            at = match.end()
    stops = [place.start for place in places[2:]] + [end]
    spans = {place.name: (place.body, stop) for place, stop in zip(places[1:], stops, strict=False)}
    rationale = spans.get("rationale")
    if len(spans) < len(_parts()):  # the words of a missing part are in the part before it
        spans = {}
    return places, Item(
        number, statement.request, statement.outcome, statement.outcome_span,
        spans.get("claims_administrator_guideline"), spans.get("reviewer_guideline"), rationale,
    )  # fmt: skip
