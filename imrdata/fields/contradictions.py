"""Where a letter contradicts itself. What it prints is data: it is told, not corrected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from imrdata.fields.found import Diagnostic
from imrdata.fields.header import CHRONOLOGY

_NOT_NECESSARY = re.compile(
    r"(?i)\b(?:not|cannot|neither|never|n't)\b[^.]{0,60}\bmedically\s+(?:necessary|appropriate)"
    r"|\bmedical\s+necessity\b[^.]*\bnot\b|\bnot\b[^.]*\bmedical\s+necessity"
)
_NECESSARY = re.compile(
    r"(?i)\b(?:is|are|was|were|be)\s+(?:considered\s+|deemed\s+)?medically\s+(?:necessary|appropriate)"
)


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
        is_refused = _NOT_NECESSARY.search(closing) is not None
        is_granted = not is_refused and _NECESSARY.search(closing) is not None
        if (is_granted and outcome == "Upheld") or (is_refused and outcome == "Overturned"):
            message = f"request {number} is {outcome}, but its rationale ends: {closing}"
            yield Diagnostic("outcome_contradicts_rationale", message)


def _last_sentence(text: str) -> str:
    return text[max(text.rfind(stop, 0, -1) for stop in (". ", "? ", "! ")) + 1 :].strip()
