"""Letters of about Dec 2013 to mid 2014: four headings, and requests as numbered outcome sentences."""

from __future__ import annotations

import re

from imrdata.letters.found import Section
from imrdata.letters.layouts.labels import marks
from imrdata.letters.layouts.outcome_sentences import Statement, statements
from imrdata.letters.layouts.outline import Item, Outline, cut, refusal, require_numbers, spread

LAYOUT = "decision_sentences"

_CLAIMS_ADMINISTRATOR = re.compile(r"\n(?i:The\s+Claims\s+Administrator\s+(?:based|did|relied|cited|found))")
_REVIEWER = re.compile(
    r"\n(?i:(?:The\s+(?:Physician|Expert|MAXIMUS|MTUS)(?:\s+Physician)?\s+Reviewer\s+(?:based|did|relied|found|cited)"
    r"|Per\s+the\s+Strength\s+of\s+Evidence))"
)
_RATIONALE = re.compile(
    r"\n(?i:(?:The\s+(?:Physician|Expert|MAXIMUS)\s+Reviewer\W?s?\s+decision\s+rationale"
    r"|(?:Decision\s+)?Rationale(?:\s+for\s+(?:the\s+)?Decision)?)\s*:)"
)


def is_layout(text: str) -> bool:
    """Whether the text has the layout's last heading."""
    return any(name == "decisions" for name, _, _ in marks(text, LAYOUT))


def outline(text: str) -> Outline:
    """The sections and requests of a letter with outcome sentences.

    Raises:
        LetterError: It decides nothing, or its requests are not numbered through.
    """
    headings = marks(text, LAYOUT)
    names = [name for name, _, _ in headings]
    if len(set(names)) < len(names) or names[-1] != "decisions":
        raise refusal("several_letters", "the headings of a letter are there more than once, or out of order")
    sections = spread(text, headings)
    decisions = sections[-1]
    found = _decided(text, decisions)
    if not found:
        raise refusal("no_outcome", "the letter decides no treatment request", text[decisions.body :][:200])
    require_numbers([one.number for one in found])
    ends = [one.start for one in found[1:]] + [decisions.end]
    places, items = [], []
    for statement, end in zip(found, ends, strict=True):
        of_item, item = _item(text, statement, end)
        places += of_item
        items.append(item)
    if len(_RATIONALE.findall(text, decisions.body, decisions.end)) > len(items):
        raise refusal("labels_do_not_add_up", f"more rationales than the {len(items)} numbered requests")
    return Outline(LAYOUT, (*sections[:-1], *cut(decisions, places)), tuple(items))


def _decided(text: str, decisions: Section) -> list[Statement]:
    """The outcome sentences that the claims administrator's guideline follows; else, all of them.

    A numbered list inside a rationale is told from the requests by what follows it.
    """
    every = list(statements(text, decisions.body, decisions.end))
    followed = [one for one in every if _CLAIMS_ADMINISTRATOR.match(text, _line_end(text, one.end))]
    return followed or every


def _line_end(text: str, at: int) -> int:
    while at < len(text) and text[at] in " .":
        at += 1
    return at


def _item(text: str, statement: Statement, end: int) -> tuple[list[tuple[str, int, int, int]], Item]:
    """One request: the sentence, and the parts that follow it as far as they are there."""
    number, at = statement.number, statement.end
    places = [("request", number, statement.start, statement.request[0])]
    spans: dict[str, tuple[int, int]] = {}
    patterns = {
        "claims_administrator_guideline": _CLAIMS_ADMINISTRATOR,
        "reviewer_guideline": _REVIEWER,
        "rationale": _RATIONALE,
    }
    starts: list[tuple[str, int, int]] = []
    for name, pattern in patterns.items():
        match = pattern.search(text, at, end)
        if match:
            is_label = name == "rationale"  # the guidelines' first words are a part of them
            starts.append((name, match.start() + 1, match.end() if is_label else match.start() + 1))
            at = match.end()
    stops = [start for _, start, _ in starts[1:]] + [end]
    for (name, start, body), stop in zip(starts, stops, strict=True):
        places.append((name, number, start, body))
        spans[name] = (body, stop)
    item = Item(
        number, statement.request, statement.outcome, statement.outcome_span,
        spans.get("claims_administrator_guideline"), spans.get("reviewer_guideline"), spans.get("rationale"),
    )  # fmt: skip
    return places, item
