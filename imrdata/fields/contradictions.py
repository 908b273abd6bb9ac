"""Where a letter contradicts itself. What it prints is data: it is told, not corrected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from imrdata.fields.found import Diagnostic
from imrdata.fields.header import CHRONOLOGY

_VERDICT = re.compile(r"[Mm](?<!\w.)(?i:edically\s+(?:necessary|appropriate)\b)")
_CLAUSE = re.compile(r"(?i)[,;]|\b(?:and|but|however|therefore|thus|as\s+such|that)\b")
_NEGATION = re.compile(
    r"(?i)\b(?:not|cannot|neither|never|none?|insufficient|fail(?:s|ed)?|unclear|lacks?|without)\b|n't\b"
)
_NEAR = 40  # characters in which the last clause before a verdict mostly begins


def case_outcome_of(outcomes: Sequence[str]) -> str:
    """The outcome of a whole case, which those of its requests make."""
    first = outcomes[0]
    return first if all(outcome == first for outcome in outcomes) else "Partially overturned"


def contradictions(
    dates: Mapping[str, date], decided: Sequence[tuple[str, str | None]], printed_outcome: str | None
) -> Iterator[Diagnostic]:
    """Dates out of order, a cover that disagrees with the requests, a rationale that disagrees with its outcome.

    Args:
        dates: The dates of the header, by the field's name.
        decided: Outcome and rationale of each request, in order.
        printed_outcome: The outcome of the case that the cover prints, where there is one.
    """
    known = [(name, dates[name]) for name in CHRONOLOGY if name in dates]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            yield Diagnostic("dates_out_of_order", f"{later} {second} is before {earlier} {first}")
    derived = case_outcome_of([outcome for outcome, _ in decided])
    if printed_outcome is not None and printed_outcome != derived:
        yield Diagnostic("case_outcome_differs", f"the cover says {printed_outcome}, the requests {derived}")
    for number, (outcome, rationale) in enumerate(decided, start=1):
        closing = _last_sentence(rationale or "")
        verdict = _verdict(closing)
        if verdict is not None and verdict != outcome:
            message = f"request {number} is {outcome}, but its rationale ends: {closing}"
            yield Diagnostic("outcome_contradicts_rationale", message)


def _verdict(sentence: str) -> str | None:
    """The outcome that a sentence says beyond doubt; None where its clauses might be read otherwise."""
    found = list(_VERDICT.finditer(sentence)) if "edically" in sentence else []
    if not found:
        return None
    at = found[-1].start()
    if sentence.endswith(" not ", 0, at):
        return "Upheld"
    breaks = list(_CLAUSE.finditer(sentence, max(0, at - _NEAR), at)) or list(_CLAUSE.finditer(sentence, 0, at))
    if _NEGATION.search(sentence, breaks[-1].end() if breaks else 0, at):
        return "Upheld"
    return None if _NEGATION.search(sentence) else "Overturned"


def _last_sentence(text: str) -> str:
    return text[max(text.rfind(". ", 0, -1), text.rfind("? ", 0, -1), text.rfind("! ", 0, -1)) + 1 :].strip()
