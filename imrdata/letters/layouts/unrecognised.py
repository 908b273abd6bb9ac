"""Texts of unknown layout with numbered or labeled decisions, read as far as possible."""

from __future__ import annotations

import re

from imrdata.letters.layouts.outcome_sentences import decided_once, statements
from imrdata.letters.layouts.outline import OUTCOMES, Item, Outline, Place, cut, spread
from imrdata.letters.layouts.request_start import line_start

LAYOUT = "unrecognised"

_CASE_NUMBER = re.compile(r"(?i)\b(?:CM|IMR\s*#?\s*)\s?\d{2}-\d{6,7}\b|\bIndependent\s+Medical\s+Review\b")
_OUTCOME_LINE = re.compile(r"(?P<colon>\s*:\s*)(?P<outcome>(?i:upheld|overturned))\.?(?=\n|\Z)")


def outline(text: str) -> Outline | None:
    """Find the requests of a text about an independent medical review; return None if it decides nothing.

    Raises:
        LetterError: Its requests are not numbered consecutively, or one has two different decisions.
    """
    if not _CASE_NUMBER.search(text):
        return None
    items = _labelled(text) or _sentences(text)
    if not items:
        return None
    places = [Place("request", item.number, item.request[0], item.request[0]) for item in items]
    (whole,) = spread(text, [])
    return Outline(LAYOUT, tuple(cut(whole, places)), tuple(items))


def _labelled(text: str) -> list[Item]:
    items: list[Item] = []
    for match in _OUTCOME_LINE.finditer(text):
        start = line_start(text, match.start())
        if text[start : match.start()].strip():
            outcome = OUTCOMES[match["outcome"].lower()]
            items.append(Item(len(items) + 1, (start, match.start()), outcome, match.span("outcome")))
    return items


def _sentences(text: str) -> list[Item]:
    decided = decided_once(statements(text, 0, len(text)))
    return [Item(one.number, one.request, one.outcome, one.outcome_span) for one in decided]
