"""Letters with labelled outcomes, mid 2014 on: ``<request>: Upheld`` and three labels below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imrdata.letters.found import Section
from imrdata.letters.layouts.labels import label_examples, marks
from imrdata.letters.layouts.outline import OUTCOMES, Item, Outline, cut, refusal, spread
from imrdata.letters.layouts.request_start import request_start

LAYOUT = "labelled_outcomes"
PARTS = ("claims_administrator_guideline", "reviewer_guideline", "rationale")

_LABEL = re.compile(r"\nMAXIMUS\s+guideline")
_PROBE = re.compile(
    r"\n(?i:(?:Claims\s+Administrator|MAXIMUS|IMRO?|(?:Expert\s+|Physician\s+)?Reviewer)(?:['\u2019]s)?\s+guideline(?:s|\(s\))?\s*:"
    r"|IMR\s+ISSUES\s*,\s+DECISIONS)"
)
_FURTHER_LETTER = re.compile(r"\n(?i:Case\s+Number\s*:\s*(?P<number>CM\d\d-\d+))")
_OUTCOME_LINE = re.compile(r"(?i):\s*(?:upheld|overturned)\.?(?=\n)")
# The verb before the outcome is a part of the request's heading: "... portion, Norco #30 is: Upheld".
_OUTCOME = re.compile(
    r"(?i)(?P<dash>[\s,]*[:;\u2013-])?\s*(?P<hedge>\b(?:not|part\w*|modified|in\s+part)\s+)?\b(?P<outcome>upheld|overturned|uphold|overturn)"
    r"(?P<after>[^\w]*(?:in\s+part|part\w*)?)\W*\Z"
)
_OTHER_OUTCOME = re.compile(r"(?i):\s*(?P<outcome>modified|withdrawn|partial(?:ly)?\s+\w+|\w+\s+in\s+part)\W*\Z")
_REACH = 60  # characters in which an outcome stands before the label below it
_INTRODUCTION = re.compile(
    r"(?is)\s*The\s*Fina[l1I]\s*Determination\s*was\s*based(?:.{0,200}?set\s*forth\s*below\s*[:.;]?|[^:.]{0,160}[:.])"
)
_LEAKED = re.compile(r"(?i)\bset\s*forth\s*below\b|\bDetermination\s*was\s*based|\bdisputed\s+items")
_COMPLETE = re.compile(
    r"(?:[.?!\u2026%)\]][\"'\u2019\u201d)\]]*|(?:https?:|www\.)\S+"
    r"|\b(?:necessary|necessity|appropriate|indicated|upheld|overturned|certified|certification|authorized|approved|denied"
    r"|recommended|warranted|supported|established))\Z"
)
_NUMBERED = re.compile(r"\s*(?P<number>\d{1,2})\s?[.)]\s+(?=\S)")


def is_layout(text: str) -> bool:
    """Whether the text has the layout's label for the reviewer's guideline."""
    return "\nMAXIMUS guideline:" in text or (_LABEL.search(text) is not None and has_labels(text))


def has_labels(text: str) -> bool:
    """Whether the text has one of the labels of letters with labelled outcomes."""
    return _PROBE.search(text) is not None


def outline(text: str, layout: str = LAYOUT) -> Outline:
    """The sections and requests of a letter with labelled outcomes.

    Raises:
        LetterError: Its headings are there twice, or its requests break off or do not add up.
    """
    found = _marks(text, layout)
    headings = _headings([mark for mark in found if mark[0] not in PARTS])
    names = [name for name, _, _ in headings]
    if "decisions" not in names and not any(mark[0] in PARTS for mark in found):
        raise refusal("cut_off", f"the letter has no {label_examples(layout)['decisions']!r}", text[-200:])
    if len(set(names)) < len(names):
        raise refusal("several_letters", "the headings of a letter are there more than once, or out of order")
    decisions = headings[-1][1] if headings else 0
    numbers = {match["number"] for match in _FURTHER_LETTER.finditer("\n" + text)}
    if len(numbers) > 1:
        raise refusal("several_letters", f"the text holds more than one letter: {', '.join(sorted(numbers))}")
    sections = spread(text, headings)
    parts = [mark for mark in found if mark[0] in PARTS and mark[1] > decisions]
    _require_parts(text, layout, sections[-1], parts)
    places, items = _items(text, layout, sections[-1], parts)
    return Outline(layout, (*sections[:-1], *cut(sections[-1], places)), tuple(items))


def _marks(text: str, layout: str) -> list[tuple[str, int, int]]:
    """The labels at line starts; where those of the requests do not come in threes, labels within lines too."""
    found = marks(text, layout)
    names = [name for name, _, _ in found if name in PARTS]
    if names == list(PARTS) * (len(names) // len(PARTS)):
        return found
    anywhere = marks(text, layout, within_lines=True)
    names = [name for name, _, _ in anywhere if name in PARTS]
    return anywhere if names == list(PARTS) * (len(names) // len(PARTS)) else found


def _headings(headings: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """The headings up to the decisions; after them, a heading's words are prose, unless a letter begins anew."""
    names = [name for name, _, _ in headings]
    if "decisions" not in names:
        return headings
    last = names.index("decisions") + 1
    return headings[:last] + [mark for mark in headings[last:] if mark[0] in ("determination", "decisions")]


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
        if number == 1 and _LEAKED.search(text, start, request_end):
            message = "the introduction of the decisions and the first request cannot be told apart"
            raise refusal("unclear_request", message, text[start:request_end])
        ends = [part[1] for part in three[1:]] + [parts[at + 3][1] if at + 3 < len(parts) else decisions.end]
        places += [("request", number, start, start), *((name, number, begin, body) for name, begin, body in three)]
        spans = [(body, end) for (_, _, body), end in zip(three, ends, strict=True)]
        items.append(Item(number, (start, request_end), outcome, outcome_at, *spans))
        first = three[-1][2]
    return places, _rationales_ended(_without_numbers(text, items))


def _without_numbers(text: str, items: list[Item]) -> list[Item]:
    """The items without the numbers before their words, where all are numbered 1, 2, 3 ..."""
    found = [_NUMBERED.match(text, *item.request) for item in items]
    if not all(match and int(match["number"]) == item.number for match, item in zip(found, items, strict=True)):
        return items
    return [
        item._replace(request=(match.end(), item.request[1])) for match, item in zip(found, items, strict=True) if match
    ]


def _rationales_ended(items: list[Item]) -> list[Item]:
    """The items, each rationale ending where the next request begins."""
    ends = [(item.request[0]) for item in items[1:]]
    last = items[-1].rationale
    ends.append(last[1] if last else 0)
    return [
        item._replace(rationale=(item.rationale[0], end))
        for item, end in zip(items, ends, strict=True)
        if item.rationale is not None
    ]


def _outcome(text: str, layout: str, number: int, start: int, end: int) -> tuple[str, tuple[int, int], int]:
    """The outcome before a label: its word, its span, and where the request's words end."""
    reach = max(start, end - _REACH)
    words = text[reach:end].rstrip()
    if words.endswith((": Upheld", ": Overturned")):  # as nearly all are printed
        heading, _, outcome = words.rpartition(": ")
        stop = reach + len(words)
        return outcome, (stop - len(outcome), stop), reach + len(heading.rstrip(" \n,"))
    found = _OUTCOME.search(text, reach, end)
    if found is None or found["hedge"] or found["after"].strip(" .\n"):
        other = found or _OTHER_OUTCOME.search(text, reach, end)
        label = label_examples(layout)[PARTS[0]]
        words = f"the outcome {other.group().strip(' :')!r}, neither Upheld nor Overturned," if other else "no outcome"
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
        raise refusal("no_outcome", "the letter decides no treatment request", text[decisions.body :][:200])
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
    closing = text[max(decisions.end - 120, parts[-1][2]) : decisions.end].rstrip()
    if not closing.endswith((".", "?", "!")) and not _COMPLETE.search(closing):
        raise refusal("cut_off", "the letter breaks off: its last rationale does not end", text[-200:])
