"""Find contradictions in a letter. They are reported, not corrected, because printed values are data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise

from imrdata.letters.dates import CHRONOLOGY
from imrdata.letters.found import Diagnostic
from imrdata.letters.verdict import (
    altered,
    case_outcome_of,
    has_closing,
    last_sentence,
    opposite,
    verdict_of,
)
from imrdata.resources import words_pattern

_LONGEST_NOTE = 150  # characters of a last sentence that may say that the decision was changed
_aside = partial(words_pattern, r"WORDS", "verdict_words", "aside")  # in lower case
_reviewer_note = partial(words_pattern, r"\bWORDS\b", "reading_words", "reviewer_note")


def contradictions(
    dates: Mapping[str, date],
    decided: Sequence[tuple[str, str | None]],
    printed_outcome: str | None,
    *,
    is_rationale_last: bool = False,
) -> Iterator[Diagnostic]:
    """Find dates out of order, a cover that contradicts the requests, and a rationale that contradicts its outcome.

    Args:
        dates: The dates of the header, by the field's name.
        decided: Outcome and rationale of each request, in order.
        printed_outcome: The outcome of the case printed on the cover, if any.
        is_rationale_last: Whether the letter ends with the last rationale.
    """
    known = [(name, dates[name]) for name in CHRONOLOGY if name in dates]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            yield Diagnostic("dates_out_of_order", f"{later} {second} is before {earlier} {first}", column=later)
    derived = case_outcome_of([outcome for outcome, _ in decided])
    if printed_outcome is not None and printed_outcome != derived:
        yield Diagnostic("case_outcome_differs", f"the cover says {printed_outcome}, the requests {derived}")
    for number, (outcome, rationale) in enumerate(decided, start=1):
        words = rationale or ""
        closing = last_sentence(words)
        verdict = verdict_of(closing)
        said = opposite(words, closing, outcome) if verdict in (None, outcome) else closing
        is_short = verdict is None and len(closing) < _LONGEST_NOTE
        if not said and (is_short or "[" in words or closing.endswith((")", ")."))):  # few of those that agree
            said = altered(words)
        if said:
            message = f"request {number} is {outcome}, but its rationale says: {said}"
            yield Diagnostic("outcome_contradicts_rationale", message, number, "outcome", said)
        if is_short and not said and number < len(decided) and (note := _note_behind(words, closing)):
            message = f"the verdict of request {number} is followed by: {note}"
            yield Diagnostic("unusual_verdict", message, number, "outcome", note)
        is_end = is_rationale_last and number == len(decided)
        if is_end and verdict is None and not has_closing(words):
            message = f"the letter ends without a verdict, and may be cut off there: {words[-80:]!r}"
            yield Diagnostic("no_verdict", message, number, "rationale_text")


def _note_behind(rationale: str, closing: str) -> str | None:
    """Return the last sentence of a rationale if it follows a verdict and is no usual remark, such as on weaning."""
    words = closing.lower()
    is_usual = _aside().search(words) or _reviewer_note().search(words)
    return None if is_usual or verdict_of(last_sentence(rationale.rstrip()[: -len(closing)])) is None else closing
