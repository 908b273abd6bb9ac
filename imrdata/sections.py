"""The sections of a letter: labelled spans that cover the cleaned text without a gap.

A layout is known by its labels, never by a date. The labels are data (``seeds/vocabularies/labels.csv``); a heading
that no label knows stays in the section where it is printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from imrdata.errors import LetterError
from imrdata.resources import vocabulary

LAYOUT = "labelled_outcomes"
ITEM_PARTS = ("claims_administrator_guideline", "reviewer_guideline", "rationale")

_FURTHER_LETTER = re.compile(r"\n(?i:Case\s+Number\s*:)")
_OUTCOME_LINE = re.compile(r"(?i):\s*(?:upheld|overturned)\.?(?=\n)")
_SPOKEN_OUTCOME = re.compile(r"(?i)(?:\s*[:;]|\s+is)?\s*\b(?P<outcome>upheld|overturned)\W*\Z")
_DECISIONS_INTRODUCTION = re.compile(
    r"(?is)\s*The\s+Final\s+Determination\s+was\s+based\b.{0,120}?set\s+forth\s+below\s*:?"
)

# A request follows the rationale of the one before it. Its first line is the one after a sentence's end ...
_SENTENCE_END = re.compile(
    r"(?:[.?!][\"'\u2019\u201d)\]]*|\b(?:necessary|appropriate|indicated|warranted|supported|established))\Z"
)
# ... but not after an abbreviation.
_ABBREVIATION = re.compile(
    r"(?i)(?:\b(?:qty|no|nos|approx|vs|dr|mr|mrs|ms|tabs?|caps?|hrs?|min|wks?|mos?|oz|lbs?|ft|mg|ml|inj|eval|st|e\.g|i\.e|a\.m|p\.m))\.\Z"
)
_ORIGINAL_REQUEST = re.compile(r"(?i)\b(?:was|were)\s+the\s+original\s+request\b")
_MODIFICATION = re.compile(
    r"(?i)\bremaining\s+IMR|\bauthorized\s+by\s+the\s+Claims\s+Administrator|\bClaims\s+Administrator\s+authorized|"
    r"\bleaving\s+the\s+original\s+request|\bThe\s+original\s+request\s*,"
)
# What a request does not hold: it swallowed prose whose full stop is lost.
_PROSE = re.compile(r"(?i)\bmedically\s+(?:necessary|appropriate)\b|(?-i:[a-z]{3}[.?!]\s+[A-Z])")
_COMPLETE = re.compile(
    r"(?:[.?!:;][\"'\u2019\u201d)\]]*|\b(?:necessary|necessity|appropriate|indicated|upheld|overturned|certified|authorized))\Z"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A labelled span of the cleaned text.

    Attributes:
        name: What the section is, e.g. ``"clinical_summary"``.
        item: Number of the treatment request it belongs to; 0 outside of the requests.
        start: Where its label begins.
        body: Where its words begin, after the label.
        end: Where the next section begins.
    """

    name: str
    item: int
    start: int
    body: int
    end: int


@cache
def _label_pattern(layout: str) -> re.Pattern[str]:
    rows = [row for row in vocabulary("labels") if row["layout"] == layout and row["kind"] in ("section", "item")]
    labels = "|".join(f"(?P<{row['name']}>{row['pattern']})" for row in rows)
    return re.compile(rf"\n(?i:{labels})")


@cache
def label_examples(layout: str) -> dict[str, str]:
    """Each label of a layout as it is printed."""
    return {row["name"]: row["example"] for row in vocabulary("labels") if row["layout"] == layout}


def find_sections(text: str) -> tuple[Section, ...]:
    """The sections of a letter, from the first character to the last.

    Args:
        text: The cleaned text.

    Raises:
        LetterError: The headings of a letter are not there, are there twice, or break off.
    """
    found = list(_label_pattern(LAYOUT).finditer(text))
    marks = [(match.lastgroup or "", match.start() + 1, match.end()) for match in found]
    headings = [mark for mark in marks if mark[0] not in ITEM_PARTS]
    _require_headings(text, [name for name, _, _ in headings])
    decisions = next(start for name, start, _ in headings if name == "decisions")
    items = [mark for mark in marks if mark[0] in ITEM_PARTS and mark[1] > decisions]
    if _FURTHER_LETTER.search(text, decisions):
        raise _letter_error("several_letters", "the text holds more than one letter")
    sections = _outer_sections(text, headings)
    return (*sections[:-1], *_item_sections(text, sections[-1], items))


def _require_headings(text: str, names: Sequence[str]) -> None:
    examples = label_examples(LAYOUT)
    if not names:
        raise LetterError(
            "this is no IMR final determination letter: none of its headings is there",
            step="sections",
            reason="not_a_letter",
            excerpt=text[:200],
        )
    missing = [name for name in ("determination", "reviewer", "clinical_summary", "decisions") if name not in names]
    if missing:
        labels = ", ".join(repr(examples[name]) for name in missing)
        reason = "cut_off" if missing[-1] == "decisions" else "missing_section"
        raise _letter_error(reason, f"the letter has no {labels}", text[-200:])
    if len(set(names)) < len(names) or names[-1] != "decisions":
        raise _letter_error("several_letters", "the headings of a letter are there more than once, or out of order")


def _outer_sections(text: str, headings: Sequence[tuple[str, int, int]]) -> list[Section]:
    sections = [Section("header", 0, 0, 0, headings[0][1])]
    ends = [start for _, start, _ in headings[1:]] + [len(text)]
    sections += [Section(name, 0, start, body, end) for (name, start, body), end in zip(headings, ends, strict=True)]
    return sections


def _item_sections(text: str, decisions: Section, items: Sequence[tuple[str, int, int]]) -> list[Section]:
    """The decisions' introduction, then request, two guidelines and rationale of each item."""
    _require_items(text, decisions, items)
    introduction = _DECISIONS_INTRODUCTION.match(text, decisions.body, decisions.end)
    first = introduction.end() if introduction else decisions.body
    while first < decisions.end and text[first].isspace():
        first += 1
    sections = [Section("decisions", 0, decisions.start, decisions.body, first)]
    for number, at in enumerate(range(0, len(items), len(ITEM_PARTS)), start=1):
        parts = items[at : at + len(ITEM_PARTS)]
        request_end = parts[0][1]
        outcome = _SPOKEN_OUTCOME.search(text, max(first, request_end - 60), request_end)
        if outcome is None:
            raise LetterError(
                f"request {number} has no outcome before {label_examples(LAYOUT)[ITEM_PARTS[0]]!r}",
                step="sections",
                reason="no_outcome",
                span=(first, request_end),
                excerpt=text[max(first, request_end - 160) : request_end],
            )
        start = first if number == 1 else request_start(text, first, outcome.start())
        if not text[start : outcome.start()].strip():
            raise _letter_error("no_request_text", f"request {number} has an outcome but no words")
        if number > 1:
            previous = sections[-1]
            sections[-1] = Section(previous.name, previous.item, previous.start, previous.body, start)
        sections.append(Section("request", number, start, start, request_end))
        ends = [part[1] for part in parts[1:]] + [items[at + 3][1] if at + 3 < len(items) else decisions.end]
        sections += [
            Section(name, number, begin, body, end) for (name, begin, body), end in zip(parts, ends, strict=True)
        ]
        first = parts[-1][2]
    return sections


def _require_items(text: str, decisions: Section, items: Sequence[tuple[str, int, int]]) -> None:
    """The labels of the items come in threes and each outcome has its three; nothing is silently dropped."""
    outcomes = len(_OUTCOME_LINE.findall(text, decisions.body, decisions.end))
    names = [name for name, _, _ in items]
    if not items:
        raise _letter_error("no_outcomes", "the letter decides no treatment request", text[decisions.body :][:200])
    complete = list(ITEM_PARTS) * (len(names) // len(ITEM_PARTS))
    if names != complete:
        is_cut = (
            names[: len(complete)] == complete
            and names[len(complete) :] == list(ITEM_PARTS)[: len(names) - len(complete)]
        )
        counts = ", ".join(f"{label_examples(LAYOUT)[name]!r} {names.count(name)}" for name in ITEM_PARTS)
        message = "the letter breaks off within a request" if is_cut else "the labels of the requests do not add up"
        raise _letter_error("cut_off" if is_cut else "labels_do_not_add_up", f"{message}: {counts}", text[-200:])
    if outcomes > len(complete) // len(ITEM_PARTS):
        raise _letter_error(
            "labels_do_not_add_up", f"{outcomes} outcomes but {len(names) // len(ITEM_PARTS)} labelled requests"
        )
    last = text[items[-1][2] : decisions.end].rstrip()
    if not _COMPLETE.search(last[-40:]):
        raise _letter_error("cut_off", "the letter breaks off: its last rationale does not end", last[-200:])


def request_start(text: str, start: int, end: int) -> int:
    """Where a request begins that follows a rationale; both stand in ``text[start:end]``.

    The request's first line follows the last sentence of the rationale. A request that utilization review modified
    has sentences of its own, and begins where the first of them does.

    Raises:
        LetterError: The rationale and the request cannot be told apart.
    """
    begin = _after_last_sentence(text, start, end)
    request = text[begin:end]
    if _MODIFICATION.search(request):
        formulas = [] if _ORIGINAL_REQUEST.search(request) else list(_ORIGINAL_REQUEST.finditer(text, start, begin))
        if formulas:
            begin = _after_last_sentence(text, start, formulas[-1].start())
    elif not text[start:begin].strip() or _PROSE.search(request):
        begin = _after_short_line(text, begin, end)
    if not text[start:begin].strip():
        raise _letter_error("unclear_request", "a rationale and the request after it cannot be told apart", request)
    return begin


def _after_last_sentence(text: str, start: int, end: int) -> int:
    """The last line start in the span before which a sentence ends; without lines, the last sentence's start."""
    line_end = text.rfind("\n", start, end)
    if line_end < 0:
        stops = list(re.finditer(r"[.?!]\s+", text[start:end]))
        return start + stops[-1].end() if stops else start
    while line_end > start:
        before = text[max(start, line_end - 40) : line_end]
        if _SENTENCE_END.search(before) and not _ABBREVIATION.search(before):
            return line_end + 1
        line_end = text.rfind("\n", start, line_end)
    return start


def _after_short_line(text: str, start: int, end: int) -> int:
    """The last line start in the span whose line before had room for its first word: a paragraph began there."""
    lengths = sorted(map(len, text[:end].split("\n")))
    width = 0.75 * lengths[int(0.9 * len(lengths))]
    line_end = text.rfind("\n", start, end)
    while line_end > start:
        line_start = text.rfind("\n", 0, line_end) + 1
        word = text[line_end + 1 : end].split(None, 1)
        if word and line_end - line_start + 1 + len(word[0]) < width:
            return line_end + 1
        line_end = text.rfind("\n", start, line_end)
    return start


def outcome_in(text: str, section: Section) -> tuple[str, int, int]:
    """The outcome word at the end of a request's section, as ``(word, start of its colon, start of the word)``."""
    found = _SPOKEN_OUTCOME.search(text, max(section.start, section.end - 60), section.end)
    assert found is not None  # noqa: S101 - find_sections makes no request section without one
    return found["outcome"].capitalize(), found.start(), found.start("outcome")


def _letter_error(reason: str, message: str, excerpt: str | None = None) -> LetterError:
    return LetterError(message, step="sections", reason=reason, excerpt=excerpt)
