"""Letters with labelled outcomes, mid 2014 on: ``<request>: Upheld`` and three labels below it.

From 2018 on the labels may no longer name MAXIMUS; that is a layout of its own, with tolerant labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from imrdata.sections.labels import label_examples, marks
from imrdata.sections.outline import OUTCOMES, Item, Outline, Section, cut, refusal, spread
from imrdata.sections.prose import request_start

LAYOUT, LAYOUT_2018 = "labelled_outcomes", "labelled_outcomes_2018"
PARTS = ("claims_administrator_guideline", "reviewer_guideline", "rationale")

_LABEL = re.compile(r"\nMAXIMUS\s+guideline")
_PROBE = re.compile(
    r"\n(?i:(?:Claims\s+Administrator|MAXIMUS|IMRO?|(?:Expert\s+|Physician\s+)?Reviewer)(?:['\u2019]s)?\s+guideline(?:s|\(s\))?\s*:"
    r"|IMR\s+ISSUES\s*,\s+DECISIONS)"
)
_FURTHER_LETTER = re.compile(r"\n(?i:Case\s+Number\s*:)")
_OUTCOME_LINE = re.compile(r"(?i):\s*(?:upheld|overturned)\.?(?=\n)")
_OUTCOME = re.compile(r"(?i)(?:\s*[:;]|\s+is)?\s*\b(?P<outcome>upheld|overturned|uphold|overturn)\W*\Z")
_OTHER_OUTCOME = re.compile(r"(?i):\s*(?P<outcome>modified|partial(?:ly)?\s+\w+)\W*\Z")
_REACH = 60  # characters in which an outcome stands before the label below it
_INTRODUCTION = re.compile(r"(?is)\s*The\s+Final\s+Determination\s+was\s+based\b.{0,120}?set\s+forth\s+below\s*:?")
_COMPLETE = re.compile(
    r"(?:[.?!][\"'\u2019\u201d)\]]*|\b(?:necessary|necessity|appropriate|indicated|upheld|overturned|certified|authorized))\Z"
)


def is_layout(text: str) -> bool:
    """Whether the text has one of the layouts' labels."""
    return _PROBE.search(text) is not None


def outline(text: str) -> Outline:
    """The sections and requests of a letter with labelled outcomes.

    Raises:
        LetterError: Its headings are there twice, or its requests break off or do not add up.
    """
    layout = LAYOUT if _LABEL.search(text) else LAYOUT_2018
    found = marks(text, layout)
    headings = [mark for mark in found if mark[0] not in PARTS]
    names = [name for name, _, _ in headings]
    if "decisions" not in names and not any(mark[0] in PARTS for mark in found):
        raise refusal("cut_off", f"the letter has no {label_examples(layout)['decisions']!r}", text[-200:])
    if len(set(names)) < len(names) or ("decisions" in names and names[-1] != "decisions"):
        raise refusal("several_letters", "the headings of a letter are there more than once, or out of order")
    decisions = headings[-1][1] if headings else 0
    if _FURTHER_LETTER.search(text, decisions):
        raise refusal("several_letters", "the text holds more than one letter")
    sections = spread(text, headings)
    parts = [mark for mark in found if mark[0] in PARTS and mark[1] > decisions]
    _require_parts(text, layout, sections[-1], parts)
    places, items = _items(text, layout, sections[-1], parts)
    return Outline(layout, (*sections[:-1], *cut(sections[-1], places)), tuple(items))


def _items(
    text: str, layout: str, decisions: Section, parts: Sequence[tuple[str, int, int]]
) -> tuple[list[tuple[str, int, int, int]], list[Item]]:
    places: list[tuple[str, int, int, int]] = []
    items: list[Item] = []
    introduction = _INTRODUCTION.match(text, decisions.body, decisions.end)
    first = introduction.end() if introduction else decisions.body
    for number, at in enumerate(range(0, len(parts), len(PARTS)), start=1):
        three = parts[at : at + len(PARTS)]
        outcome, outcome_at, request_end = _outcome(text, layout, number, first, three[0][1])
        is_alone = number == 1 and decisions.name == "decisions"  # no prose before it but the introduction
        start = _first_word(text, first) if is_alone else request_start(text, first, request_end)
        if not text[start:request_end].strip():
            raise refusal("no_request_text", f"request {number} has an outcome but no words")
        ends = [part[1] for part in three[1:]] + [parts[at + 3][1] if at + 3 < len(parts) else decisions.end]
        places += [("request", number, start, start), *((name, number, begin, body) for name, begin, body in three)]
        spans = [(body, end) for (_, _, body), end in zip(three, ends, strict=True)]
        items.append(Item(number, (start, request_end), outcome, outcome_at, *spans))
        first = three[-1][2]
    return places, _rationales_ended(items)


def _rationales_ended(items: list[Item]) -> list[Item]:
    """The items, each rationale ending where the next request begins."""
    ended = []
    for item, following in zip(items, [*items[1:], None], strict=True):
        end = following.request[0] if following else item.rationale[1] if item.rationale else 0
        start = item.rationale[0] if item.rationale else 0
        ended.append(
            Item(
                item.number, item.request, item.outcome, item.outcome_span,
                item.claims_administrator_guideline, item.reviewer_guideline, (start, end),
            )
        )  # fmt: skip
    return ended


def _outcome(text: str, layout: str, number: int, start: int, end: int) -> tuple[str, tuple[int, int], int]:
    """The outcome before a label: its word, its span, and where the request's words end."""
    found = _OUTCOME.search(text, max(start, end - _REACH), end)
    if found is None:
        other = _OTHER_OUTCOME.search(text, max(start, end - _REACH), end)
        label = label_examples(layout)[PARTS[0]]
        words = f"the outcome {other['outcome']!r}, which is neither Upheld nor Overturned," if other else "no outcome"
        raise refusal("no_outcome", f"request {number} has {words} before {label!r}", text[max(start, end - 160) : end])
    return OUTCOMES[found["outcome"].lower()], found.span("outcome"), found.start()


def _first_word(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _require_parts(text: str, layout: str, decisions: Section, parts: Sequence[tuple[str, int, int]]) -> None:
    """The labels of the requests come in threes and each outcome has its three; nothing is silently dropped."""
    outcomes = len(_OUTCOME_LINE.findall(text, decisions.body, decisions.end))
    names = [name for name, _, _ in parts]
    if not parts:
        raise refusal("no_outcomes", "the letter decides no treatment request", text[decisions.body :][:200])
    examples = label_examples(layout)
    complete = list(PARTS) * (len(names) // len(PARTS))
    if names != complete:
        rest = names[len(complete) :]
        is_cut = names[: len(complete)] == complete and rest == list(PARTS)[: len(rest)]
        counts = ", ".join(f"{examples[name]!r} {names.count(name)}" for name in PARTS)
        message = "the letter breaks off within a request" if is_cut else "the labels of the requests do not add up"
        raise refusal("cut_off" if is_cut else "labels_do_not_add_up", f"{message}: {counts}", text[-200:])
    count = len(complete) // len(PARTS)
    if outcomes > count:
        raise refusal("labels_do_not_add_up", f"{outcomes} outcomes but {count} labelled requests")
    if not _COMPLETE.search(text[decisions.end - 40 : decisions.end].rstrip()):
        raise refusal("cut_off", "the letter breaks off: its last rationale does not end", text[-200:])
