"""Find the sections of a letter and its treatment requests: labeled spans that cover the cleaned text without gaps.

A layout is recognized by its labels, never by a date. The labels are data (``seeds/vocabularies/labels.csv``). An
unknown heading stays in the section where it is printed.

`outline` has the result that all layouts share. Each layout has its own module, named as in `letter_layout`:
`labelled_outcomes` (mid 2014 on), `labelled_outcomes_2018`, `decision_sentences` (Dec 2013 to mid 2014),
`determination_notice` (2013), `professional_review` (spring 2013), `unrecognised` (none of these).
"""

from __future__ import annotations

from collections.abc import Callable

from imrdata.letters.layouts import (
    decision_sentences,
    determination_notice,
    labelled_outcomes,
    labelled_outcomes_2018,
    professional_review,
    unrecognised,
)
from imrdata.letters.layouts.documents import require_decision
from imrdata.letters.layouts.labels import labels_found
from imrdata.letters.layouts.outline import Outline, refusal
from imrdata.letters.layouts.request_words import require_different, require_own_words

__all__ = ["find_outline"]

# Tried in this order; each checks its own labels.
_LAYOUTS: tuple[tuple[Callable[[str], bool], Callable[[str], Outline]], ...] = (
    (labelled_outcomes.is_layout, labelled_outcomes.outline),
    (labelled_outcomes_2018.is_layout, labelled_outcomes_2018.outline),
    (decision_sentences.is_layout, decision_sentences.outline),
    (determination_notice.is_layout, determination_notice.outline),
    (professional_review.is_layout, professional_review.outline),
)
_LISTED = 4  # labels in a message


def find_outline(text: str, *, keep_unrecognised: bool = False) -> Outline:
    """Find the sections and the treatment requests of a letter.

    Args:
        text: The cleaned text.
        keep_unrecognised: Read a text of unknown layout as far as its outcomes allow, instead of refusing it.

    Raises:
        LetterError: The text is not a letter, or its parts are inconsistent.
    """
    for is_layout, outline in _LAYOUTS:
        if is_layout(text):
            read = outline(text)
            require_own_words(text, read.items)
            require_different(text, read.items)
            return read
    require_decision(text, len(text))
    found = unrecognised.outline(text)
    if found is None or not keep_unrecognised:
        seen, missed = labels_found(text)
        more = f" and {len(missed) - _LISTED} more" if len(missed) > _LISTED else ""
        listed = f"labels found: {', '.join(seen) or 'none'}; labels missed: {', '.join(missed[:_LISTED])}{more}"
        if found is not None:
            message = f"this text has outcomes, but has no known layout; {listed}"
            raise refusal("unrecognised_layout", message, text[:200])
        if seen:
            raise refusal("no_outcome", f"no outcome was found, so the letter may be cut off; {listed}", text[:200])
        raise refusal("not_a_letter", f"this is not an IMR final determination letter; {listed}", text[:200])
    return found
