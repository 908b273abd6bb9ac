"""Letters of mid to late 2013, "Notice of Independent Medical Review Determination".

The outcomes are numbered sentences, printed twice; the reasons follow in numbered blocks "Regarding the request for".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from imrdata.letters.found import Section
from imrdata.letters.layouts.labels import marks
from imrdata.letters.layouts.outcome_sentences import Statement, decided_once, statements
from imrdata.letters.layouts.outline import Item, Outline, cut, refusal, spread

LAYOUT = "determination_notice"

_BLOCK = re.compile(
    r"\n[ ]*(?P<number>\d{1,2})\s?[.)]\s+(?i:Regarding\s+the\s+(?:retrospective\s+)?requests?\b)[^:]{0,1500}:"
)
_GUIDELINE = re.compile(
    r"\n(?i:(?:Section\(?s?\)?\s+of\s+the\s+Medical\s+Treatment\s+Utilization\s+Schedule|(?:The\s+)?Medical\s+Treatment\s+Guideline(?:s|\(s\))?)"
    r"(?:[^:\n]*\n)?[^:\n]*?Make\s+His/Her\s+Decision\s*:?)"
)
_RATIONALE = re.compile(r"\n(?i:Rationale\s+for\s+the\s+Decision\s*:?)")
_REVIEWER = re.compile(r"(?i)(?<=[.\n])\s*(?=The\s+(?:Expert|Physician|MAXIMUS)\s+Reviewer\b)")


def is_layout(text: str) -> bool:
    """Whether the text has one of the layout's two headings."""
    return any(name in ("notice", "determination") for name, _, _ in marks(text, LAYOUT))


def outline(text: str) -> Outline:
    """The sections and requests of a notice.

    Raises:
        LetterError: It decides nothing, says two outcomes of one request, or its requests are not numbered through.
    """
    headings = _headings(text)
    sections = spread(text, headings)
    block = _BLOCK.search(text)
    decided = decided_once(statements(text, 0, block.start() if block else len(text)))
    if not decided:
        raise refusal("no_outcome", "the letter decides no treatment request", text[:200])
    closing = next((section.start for section in sections if section.name == "closing"), len(text))
    blocks = {int(match["number"]): match for match in _BLOCK.finditer(text) if match.start() < closing}
    unknown = sorted(set(blocks) - {one.number for one in decided})
    if unknown:
        raise refusal("labels_do_not_add_up", f"the letter gives reasons for request {unknown[0]}, but no outcome")
    items, places = [], []
    starts = sorted(match.start() + 1 for match in blocks.values())
    for statement in decided:
        block = blocks.get(statement.number)
        if block is None:
            items.append(Item(statement.number, statement.request, statement.outcome, statement.outcome_span))
            continue
        end = min([start for start in starts if start > block.start() + 1] + [closing])
        of_item, item = _item(text, statement, (block.start() + 1, block.end()), end)
        places += of_item
        items.append(item)
    return Outline(LAYOUT, tuple(_with_items(sections, sorted(places, key=lambda place: place[2]))), tuple(items))


def _headings(text: str) -> list[tuple[str, int, int]]:
    """The headings, each where it first stands; a line "Disclaimer:" or "cc:" within a section is none."""
    first: dict[str, tuple[str, int, int]] = {}
    for mark in marks(text, LAYOUT):
        first.setdefault(mark[0], mark)
    return sorted(first.values(), key=lambda mark: mark[1])


def _item(
    text: str, statement: Statement, label: tuple[int, int], end: int
) -> tuple[list[tuple[str, int, int, int]], Item]:
    number = statement.number
    places = [("request", number, label[0], label[1])]
    guideline = _GUIDELINE.search(text, label[1] - 1, end)
    rationale = _RATIONALE.search(text, guideline.end() if guideline else label[1] - 1, end)
    claims_administrator = reviewer = reasons = None
    if guideline:
        stop = rationale.start() + 1 if rationale else end
        places.append(("guideline", number, guideline.start() + 1, guideline.end()))
        turn = _REVIEWER.search(text, guideline.end(), stop)
        claims_administrator = (guideline.end(), turn.end() if turn else stop)
        reviewer = (turn.end(), stop) if turn else None
    if rationale:
        places.append(("rationale", number, rationale.start() + 1, rationale.end()))
        reasons = (rationale.end(), end)
    spans = (claims_administrator, reviewer, reasons)
    return places, Item(number, statement.request, statement.outcome, statement.outcome_span, *spans)


def _with_items(sections: Sequence[Section], places: Sequence[tuple[str, int, int, int]]) -> list[Section]:
    whole: list[Section] = []
    for section in sections:
        inside = [place for place in places if section.start <= place[2] < section.end]
        whole += cut(section, inside) if inside else [section]
    return whole
