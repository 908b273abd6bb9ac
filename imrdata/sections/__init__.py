"""The sections of a letter and its treatment requests: labelled spans that cover the cleaned text without a gap.

A layout is known by its labels, never by a date, and the labels are data (``seeds/vocabularies/labels.csv``). A
heading that no label knows stays in the section where it is printed.

`outline` holds what every layout gives. Each layout has its module: `labelled` (mid 2014 on), `sentences` (Dec 2013
to mid 2014), `notice` (2013), `professional` (spring 2013), `unrecognised` (none of these).
"""

from __future__ import annotations

from collections.abc import Callable

from imrdata.errors import LetterError
from imrdata.sections import labelled, notice, professional, sentences, unrecognised
from imrdata.sections.labels import labels_found
from imrdata.sections.outline import Outline

__all__ = ["find_outline"]

# Asked in this order; each says by its own labels whether a text is of its layout.
_LAYOUTS: tuple[tuple[Callable[[str], bool], Callable[[str], Outline]], ...] = (
    (labelled.is_layout, labelled.outline),
    (sentences.is_layout, sentences.outline),
    (notice.is_layout, notice.outline),
    (professional.is_layout, professional.outline),
)


_LISTED = 4


def find_outline(text: str) -> Outline:
    """The sections and the treatment requests of a letter.

    Args:
        text: The cleaned text.

    Raises:
        LetterError: It is no letter, or its parts do not add up.
    """
    for is_layout, outline in _LAYOUTS:
        if is_layout(text):
            return outline(text)
    found = unrecognised.outline(text)
    if found is None:
        seen, missed = labels_found(text)
        more = f" and {len(missed) - _LISTED} more" if len(missed) > _LISTED else ""
        listed = f"labels found: {', '.join(seen) or 'none'}; labels missed: {', '.join(missed[:_LISTED])}{more}"
        message = f"this is no IMR final determination letter; {listed}"
        reason = "no_outcomes" if seen else "not_a_letter"
        raise LetterError(message, step="sections", reason=reason, excerpt=text[:200])
    return found
