"""Letters with labelled outcomes from 2018 on, whose labels need not name MAXIMUS.

No letters of these years were available: the layout is that of `labelled_outcomes` with more tolerant labels.
"""

from __future__ import annotations

from imrdata.letters.layouts import labelled_outcomes
from imrdata.letters.layouts.outline import Outline

LAYOUT = "labelled_outcomes_2018"


def is_layout(text: str) -> bool:
    """Return whether the text has one of the layout's labels."""
    return labelled_outcomes.has_labels(text)


def outline(text: str) -> Outline:
    """Find the sections and requests of a letter with labelled outcomes.

    Raises:
        LetterError: A heading occurs twice, or its requests are cut off or inconsistent.
    """
    return labelled_outcomes.outline(text, LAYOUT)
