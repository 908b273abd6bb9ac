"""The sections of a letter and its treatment requests: labelled spans that cover the cleaned text without a gap.

A layout is known by its labels, never by a date, and the labels are data (``seeds/vocabularies/labels.csv``). A
heading that no label knows stays in the section where it is printed.

`outline` holds what every layout gives. Each layout has a module of its own, named as the value of `letter_layout`:
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

__all__ = ["find_outline"]

# Asked in this order; each says by its own labels whether a text is of its layout.
_LAYOUTS: tuple[tuple[Callable[[str], bool], Callable[[str], Outline]], ...] = (
    (labelled_outcomes.is_layout, labelled_outcomes.outline),
    (labelled_outcomes_2018.is_layout, labelled_outcomes_2018.outline),
    (decision_sentences.is_layout, decision_sentences.outline),
    (determination_notice.is_layout, determination_notice.outline),
    (professional_review.is_layout, professional_review.outline),
)


_LISTED = 4


def find_outline(text: str, *, keep_unrecognised: bool = False) -> Outline:
    """The sections and the treatment requests of a letter.

    Args:
        text: The cleaned text.
        keep_unrecognised: Read a text of no known layout as far as its outcomes tell, and do not refuse it.

    Raises:
        LetterError: It is no letter, or its parts do not add up.
    """
    for is_layout, outline in _LAYOUTS:
        if is_layout(text):
            return outline(text)
    require_decision(text, len(text))
    found = unrecognised.outline(text)
    if found is None or not keep_unrecognised:
        seen, missed = labels_found(text)
        more = f" and {len(missed) - _LISTED} more" if len(missed) > _LISTED else ""
        listed = f"labels found: {', '.join(seen) or 'none'}; labels missed: {', '.join(missed[:_LISTED])}{more}"
        if found is not None:
            message = f"this text has outcomes, but is of no known layout; {listed}"
            raise refusal("unrecognised_layout", message, text[:200])
        message = f"this is no IMR final determination letter; {listed}"
        raise refusal("no_outcome" if seen else "not_a_letter", message, text[:200])
    return found
