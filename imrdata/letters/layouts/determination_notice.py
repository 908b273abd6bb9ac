"""Letters of mid to late 2013, "Notice of Independent Medical Review Determination".

The outcomes are numbered sentences, printed twice. The rationales follow in blocks "Regarding the request for".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from imrdata.letters.found import Section
from imrdata.letters.layouts.documents import front, letter_end, require_decision, require_one_letter, told_behind
from imrdata.letters.layouts.labels import Mark, marks, part_pattern
from imrdata.letters.layouts.outcome_sentences import Statement, decided_once, require_sentences, statements, told_again
from imrdata.letters.layouts.outline import (
    Item,
    Outline,
    Place,
    after_letter,
    cut,
    incomplete,
    refusal,
    require_sections,
    spread,
)  # fmt: skip
from imrdata.letters.layouts.request_start import is_complete, require_whole

LAYOUT = "determination_notice"

_BLOCK = re.compile(
    r"""(?x) \n[ ]* [(\#]? (?P<number>\d{1,2}) \s?[.)]\s+
    (?i: Regarding\s+the\s+(?:retrospective\s+)?requests?\b ) [^:]{0,1500} :"""
)
_REVIEWER = re.compile(r"(?i)(?<=[.\n])\s*(?=The\s+(?:(?:Expert|Physician|MAXIMUS|Medical|IMR)\s+)+Reviewer\b)")


def is_layout(text: str) -> bool:
    """Return whether the text has one of the layout's two headings."""
    return any(name in ("notice", "determination") for name, _, _ in marks(text, LAYOUT))


def outline(text: str) -> Outline:
    """Find the sections and requests of a notice.

    Raises:
        LetterError: It decides nothing, a request has two outcomes, or requests are not numbered consecutively.
    """
    headings = _headings(text)
    require_decision(text, headings[0].start)
    told = require_sections(LAYOUT, [mark.name for mark in headings], text[-200:])
    determination = next(mark.start for mark in headings if mark.name == "determination")
    require_one_letter(text, LAYOUT, determination)
    told += front(text, headings[0].start)
    sections = spread(text, headings)
    found = list(_BLOCK.finditer(text))
    decided = _decided(text, determination, found[0].start() if found else len(text))
    closing = next((section.start for section in sections if section.name == "closing"), len(text))
    blocks = {int(match["number"]): match for match in found if match.start() < closing}
    if sorted(blocks) != [one.number for one in decided] or len(found) > len(blocks):
        message = f"{len(decided)} outcomes, but rationales for request {', '.join(map(str, blocks)) or '(none)'}"
        raise refusal("cut_off" if len(found) < len(decided) else "labels_do_not_add_up", message, text[-200:])
    starts = sorted(match.start() + 1 for match in blocks.values())
    part = part_pattern(LAYOUT, "guideline", "rationale")
    other = part.search(text, closing) or part.search(text, 0, starts[0])
    if other:
        message = f"a part of a request is before the requests, or behind the letter: {other.group().strip()!r}"
        raise refusal("labels_do_not_add_up", message, text[other.start() :][:200])
    end, behind = letter_end(text, max(_last_label(text, closing), starts[-1]), closing)
    closings = [mark for mark in marks(text, LAYOUT) if mark.name == "closing" and mark.start >= closing]
    names = [mark.end for mark in closings if text[mark.start].upper() != "E"]  # not of "Effect of the Decision"
    behind = behind or (told_behind(text, names[0]) if names else ())
    items: list[Item] = []
    places: list[Place] = []
    for statement in decided:
        block = blocks[statement.number]
        stop = min([start for start in starts if start > block.start() + 1] + [end])
        of_item, item = _item(text, statement, (block.start() + 1, block.end()), stop)
        places += of_item
        items.append(item)
    places.sort(key=lambda place: place.start)
    if places[-1].name != "rationale" or not is_complete(text[places[-1].body : end]):
        raise refusal("cut_off", "the letter is cut off within its last request", text[-200:])
    require_whole(text, items)
    whole = _with_items(sections, places, end)
    return Outline(
        LAYOUT,
        tuple(whole),
        tuple(items),
        (*told, *behind, *told_again(text, len(items), items[-1].rationale), *incomplete(items)),
    )


def _last_label(text: str, end: int) -> int:
    return max((match.end() for match in part_pattern(LAYOUT, "rationale").finditer(text, 0, end)), default=0)


def _decided(text: str, determination: int, end: int) -> list[Statement]:
    """Return the outcome sentences, which are the same on the first page and in the determination.

    Raises:
        LetterError: There are none, the two lists differ, or a sentence decides only a part.
    """
    every = list(statements(text, 0, end))
    require_sentences(text, every)
    first = {one.number for one in every if one.start < determination}
    second = {one.number for one in every if one.start >= determination}
    if first and second and first != second:
        message = f"the first page decides {len(first)} requests, the determination {len(second)}"
        raise refusal("labels_do_not_add_up", message, text[determination:][:200])
    decided = decided_once(every)
    if not decided:
        raise refusal("no_outcome", "the letter decides no treatment request", text[:200])
    return decided


def _headings(text: str) -> list[Mark]:
    """Return the headings; of the lines that close the letter, the first after the determination."""
    found = marks(text, LAYOUT)
    determination = next((mark.start for mark in found if mark.name == "determination"), 0)
    closing = [mark for mark in found if mark.name == "closing" and mark.start > determination]
    return sorted([*(mark for mark in found if mark.name != "closing"), *closing[:1]], key=lambda mark: mark.start)


def _item(text: str, statement: Statement, label: tuple[int, int], end: int) -> tuple[list[Place], Item]:
    number = statement.number
    places = [Place("request", number, label[0], label[1])]
    guideline = part_pattern(LAYOUT, "guideline").search(text, label[1] - 1, end)
    rationale = part_pattern(LAYOUT, "rationale").search(text, guideline.end() if guideline else label[1] - 1, end)
    claims_administrator = reviewer = reasons = None
    if guideline:
        stop = rationale.start() + 1 if rationale else end
        places.append(Place("guideline", number, guideline.start() + 1, guideline.end()))
        turn = _REVIEWER.search(text, guideline.end(), stop)
        if turn and rationale:  # otherwise the words of the two parties cannot be separated
            claims_administrator, reviewer = (guideline.end(), turn.end()), (turn.end(), stop)
    if rationale:
        places.append(Place("rationale", number, rationale.start() + 1, rationale.end()))
        reasons = (rationale.end(), end)
    spans = (claims_administrator, reviewer, reasons)
    return places, Item(number, statement.request, statement.outcome, statement.outcome_span, *spans)


def _with_items(sections: Sequence[Section], places: Sequence[Place], end: int) -> list[Section]:
    whole: list[Section] = []
    for section in sections:
        inside = [place for place in places if section.start <= place.start < section.end]
        is_last = places[-1] in inside
        whole += cut(section._replace(end=end) if is_last else section, inside) if inside else [section]
        whole += after_letter(end, section.end) if is_last else ()
    return whole
