"""Letters with labelled outcomes, from mid-2014 on: ``<request>: Upheld`` with three labels below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from imrdata.letters.case_numbers import header_shape
from imrdata.letters.found import Diagnostic, Section
from imrdata.letters.layouts.documents import front, letter_end, require_decision, require_one_letter
from imrdata.letters.layouts.labels import Mark, header_label, header_lines, label_examples, marks
from imrdata.letters.layouts.outline import (
    OUTCOMES,
    Item,
    Outline,
    Place,
    after_letter,
    cut,
    refusal,
    require_sections,
    spread,
)  # fmt: skip
from imrdata.letters.layouts.request_marks import number_mark, without_marks
from imrdata.letters.layouts.request_start import ends_a_sentence, is_complete, request_start
from imrdata.letters.layouts.request_words import OUTCOME_WORD
from imrdata.letters.verdict import ends_with_another_decision

LAYOUT = "labelled_outcomes"
PARTS = ("claims_administrator_guideline", "reviewer_guideline", "rationale")
_OWN_LABELS = frozenset((*PARTS[:2], "decisions"))

_LABEL_ENDS = ("uideline:", "ationale:")
_GUIDELINE_LABEL = re.compile(r"guideline(?:s|\(s\))?(?:\s+cited)?\s*:")  # of any layout, in lower case
_REVIEWER_GUIDELINE = re.compile(r"MAXIMUS(?<=\sMAXIMUS)\s+(?i:guidelines?\s*:)")
_OUTCOME_LINE = re.compile(r"(?i):\s*(?:upheld|overturned)\.?(?=\n|\Z)")
# The verb before the outcome is part of the request's heading: "... portion, Norco #30 is: Upheld".
_OUTCOME = re.compile(
    r"""(?ix)
    (?P<colon> [\s,]* (?: [:;] | (?<=\s)[\u2013\u2014-](?=\s) ) | [\s,]*\n(?!(?:is|are)\s*:)
        | (?=\s(?:is|are)\s(?!\s*:)) )
    [\s,\u2013\u2014-]* (?: \b(?:is|are)\b [\s:]* )? ["'\u2018\u201c*\[]*
    (?P<outcome> upheld | overturned | uphold | overturn )
    (?P<after> [\s.*"'\u2019\u201d\]]* ) \Z
    """
)
# "MRI. Outcome: Upheld", "MRI: Final: Upheld"
_OUTCOME_LABEL = re.compile(r"(?:[\s:;,.]+(?i:final|outcome|(?:final\s+)?(?:decision|determination)|result))?[\s:]*\Z")
_LAST_OF_LABEL = ("utcome", "ecision", "Final", "etermination", "esult", ":")
_OTHER_OUTCOME = re.compile(r"(?i):\s*(?P<outcome>modified|withdrawn|partial(?:ly)?\s+\w+|\w+\s+in\s+part)\W*\Z")
_REACH = 90  # characters before a label in which its outcome is searched
_INTRODUCTION = re.compile(
    r"""(?isx) \s* The\s* Fina[l1I]\s* Determination\s* was\s* based
    (?: .{0,200}? set\s*forth\s*below\s*[:.;]? | [^:.]{0,160} [:.] )"""
)
_LATE_INTRODUCTION = re.compile(r"\nThe\s+Final\s+Determination\s+was\s+based\s+on\s+decisions\b")
_LEAKED = re.compile(
    r"""(?x) [SsDd] (?<!\w.) (?i: (?<=s) et\s*forth\s*below\b | (?<=d) etermination\s*was\s*based
        | (?<=d) isputed\s+items )"""
)
_HEADER_LABELS = 2  # minimum in the header of a complete letter


def is_layout(text: str) -> bool:
    """Return whether the text has the layout's label for the reviewer's guideline."""
    return _REVIEWER_GUIDELINE.search(text) is not None


def has_labels(text: str) -> bool:
    """Return whether the text has a label of requests, or the heading of decisions, of layouts from 2018 on."""
    return not _OWN_LABELS.isdisjoint([name for name, _, _ in _marks(text, "labelled_outcomes_2018")])


def outline(text: str, layout: str = LAYOUT) -> Outline:
    """Find the sections and requests of a letter with labelled outcomes.

    Raises:
        LetterError: It is incomplete, several letters, or not a letter; or its requests are cut off or inconsistent.
    """
    found = _marks(text, layout)
    headings = _headings([mark for mark in found if mark.name not in PARTS])
    first = min([mark.start for mark in headings] or [len(text)])
    require_decision(text, first)
    names = [mark.name for mark in headings]
    told = require_sections(layout, names, text[-200:])
    decisions = headings[-1]
    require_one_letter(text, layout, decisions.start)
    if len(header_lines(header_shape(text[:first]))) < _HEADER_LABELS and not _is_one_line(text, first):
        raise refusal("cut_off", "the letter has no header; its first page may be missing", text[:200])
    if not header_label("case_number").search(text, 0, first):
        raise refusal("cut_off", "the header has no label of the case number", text[:200])
    told += front(text, first)
    parts = [mark for mark in found if mark.name in PARTS]
    outside = [mark for mark in parts[:1] if mark.start < decisions.start]
    if outside or _OUTCOME_LINE.search(text, 0, decisions.start) or _has_outcome_cell(text, decisions.start):
        message = "a label or an outcome of a request is above the heading of the decisions"
        raise refusal("labels_do_not_add_up", message, text[outside[0].start :][:200] if outside else None)
    end, behind = letter_end(text, parts[-1].end, len(text)) if parts else (len(text), ())
    sections = spread(text, headings)
    last = sections[-1]._replace(end=end)
    _require_parts(text, layout, last, parts)
    introduction = _INTRODUCTION.match(text, last.body, last.end)
    places, items = _items(text, layout, last, parts, introduction.end() if introduction else last.body)
    if not introduction:
        told += (Diagnostic("missing_section", "the decisions have no introduction; a page may be missing"),)
    whole = (*sections[:-1], *cut(last, places), *after_letter(end, len(text)))
    return Outline(layout, whole, tuple(items), (*told, *behind))


def _is_one_line(text: str, end: int) -> bool:
    """Return whether the header is a line of its own, perhaps below a title, as in web copies."""
    lines = text[:end].strip().split("\n")
    return any("Case Number" in line and (len(lines) == 1 or line.count(":") > _HEADER_LABELS) for line in lines)


@lru_cache(maxsize=2)  # asked for once to know the layout, and again for the sections
def _marks(text: str, layout: str) -> Sequence[Mark]:
    """Return the labels at line starts; if requests do not have three labels each, also labels within lines.

    Where a paragraph is one line, the labels at line starts may be three of more: other capitalized labels count too.
    """
    found = marks(text, layout)
    is_whole = _are_whole(found)
    if is_whole and sum(map(text.count, _LABEL_ENDS)) <= sum(name in PARTS for name, _, _ in found):
        return found
    if not is_whole and _GUIDELINE_LABEL.search(text.lower()) is None:  # letters of older layouts
        return found
    anywhere = marks(text, layout, within_lines=True)
    if is_whole:
        return [mark for mark in anywhere if mark in found or text[mark.start].isupper()]
    return anywhere if _are_whole(anywhere) else found


def _are_whole(found: Sequence[Mark]) -> bool:
    names = [name for name, _, _ in found if name in PARTS]
    return bool(names) and names == list(PARTS) * (len(names) // len(PARTS))


def _headings(headings: list[Mark]) -> list[Mark]:
    """Return the headings up to the decisions; later ones are prose, unless another letter begins."""
    names = [name for name, _, _ in headings]
    if "decisions" not in names:
        return headings
    last = names.index("decisions") + 1
    return headings[:last] + [mark for mark in headings[last:] if mark.name in ("determination", "decisions")]


def _items(
    text: str, layout: str, decisions: Section, parts: Sequence[Mark], first: int
) -> tuple[list[Place], list[Item]]:
    """Return the requests, of which the first begins at `first` or after it, and their labels."""
    places: list[Place] = []
    items: list[Item] = []
    late = _LATE_INTRODUCTION.search(text, parts[0].start, decisions.end)
    if late:
        message = "the introduction of the decisions follows a request; the pages may be out of order"
        raise refusal("labels_do_not_add_up", message, text[late.start() :][:200])
    for number, at in enumerate(range(0, len(parts), len(PARTS)), start=1):
        three = parts[at : at + len(PARTS)]
        outcome, outcome_at, request_end = _outcome(text, layout, number, first, three[0].start)
        is_alone = number == 1 and decisions.name == "decisions"  # only the introduction precedes it
        style = items[0].request if items else None
        start = _first_word(text, first) if is_alone else request_start(text, first, request_end, number, style)
        words = text[start:request_end]
        if not words.strip():
            raise refusal("no_request_text", f"request {number} has an outcome but no words")
        if number == 1 and _is_leaked(text, start, request_end):
            message = "the introduction of the decisions, or a rationale, and the first request cannot be separated"
            raise refusal("unclear_request", message, words)
        if items:  # its rationale ends at the start of this request
            items[-1] = items[-1]._replace(rationale=(first, start))
        places.append(Place("request", number, start, start))
        places += [Place(mark.name, number, mark.start, mark.end) for mark in three]
        administrator, reviewer, rationale = three
        items.append(
            Item(
                number,
                (start, request_end),
                outcome,
                outcome_at,
                (administrator.end, reviewer.start),
                (reviewer.end, rationale.start),
                (rationale.end, decisions.end),
            )
        )
        first = rationale.end
    return places, without_marks(text, items)


def _is_leaked(text: str, start: int, end: int) -> bool:
    """Return whether the words of the first request have words of the introduction, or of a rationale."""
    mark = number_mark(text, (start, end))
    return _LEAKED.search(text, start, end) is not None or ends_a_sentence(text, mark.end() if mark else start, end)


def _outcome(text: str, layout: str, number: int, start: int, end: int) -> tuple[str, tuple[int, int], int]:
    """Return the outcome before a label: its word, its span, and the end of the request's words."""
    reach = max(start, end - _REACH)
    words = text[reach:end].rstrip()
    heading, _, outcome = words.rpartition(": ")
    if outcome in ("Upheld", "Overturned") and not ends_with_another_decision(heading):  # nearly all
        if heading.endswith(_LAST_OF_LABEL):
            heading = _OUTCOME_LABEL.sub("", heading)
        stop = reach + len(words)
        return outcome, (stop - len(outcome), stop), reach + len(heading.rstrip(" \n,"))
    found = _OUTCOME.search(text, reach, end)
    if found and not ends_with_another_decision(heading := text[reach : found.start()]):
        return OUTCOMES[found["outcome"].lower()], found.span("outcome"), reach + len(_OUTCOME_LABEL.sub("", heading))
    other = _OTHER_OUTCOME.search(text, reach, end) or OUTCOME_WORD.search(text, reach, end)
    label = label_examples(layout)[PARTS[0]]
    excerpt = text[max(start, end - 160) : end]
    if other is None:
        raise refusal("no_outcome", f"request {number} has no outcome before {label!r}", excerpt)
    line = text[text.rfind("\n", 0, other.start()) + 1 : end].strip()
    message = (
        f"request {number} has an outcome neither Upheld nor Overturned, or both, before {label!r}: {line[-80:]!r}"
    )
    raise refusal("unclear_outcome", message, excerpt)


def _first_word(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _has_outcome_cell(text: str, end: int) -> bool:
    """Return whether ``text[:end]`` has an outcome at the end of a line without a colon, as in a row of a table."""
    places = [text.find(f" {outcome}\n", 0, end) for outcome in ("Upheld", "Overturned")]
    return any([at >= 0 and text[text.index("\n", at) + 1].isupper() for at in places])  # noqa: C419 - faster than a generator


def _require_parts(text: str, layout: str, decisions: Section, parts: Sequence[Mark]) -> None:
    """Check that each outcome has its three labels, so that no request is silently dropped."""
    outcomes = len(_OUTCOME_LINE.findall(text, decisions.body))
    names = [name for name, _, _ in parts]
    if not parts:
        raise refusal("no_outcome", "the letter decides no treatment request", text[decisions.body :][:200])
    examples = label_examples(layout)
    complete = list(PARTS) * (len(names) // len(PARTS))
    if names != complete:
        rest = names[len(complete) :]
        is_cut = names[: len(complete)] == complete and rest == list(PARTS)[: len(rest)]
        counts = ", ".join(f"{examples[name]!r} {names.count(name)}" for name in PARTS)
        message = "the letter is cut off within a request" if is_cut else "the labels of the requests are inconsistent"
        raise refusal("cut_off" if is_cut else "labels_do_not_add_up", f"{message}: {counts}", text[-200:])
    count = len(complete) // len(PARTS)
    if outcomes > count:
        raise refusal("labels_do_not_add_up", f"{outcomes} outcomes but {count} labelled requests")
    if not is_complete(text[max(decisions.end - 120, parts[-1].end) : decisions.end]):
        raise refusal("cut_off", "the letter is cut off: its last rationale does not end", text[-200:])
