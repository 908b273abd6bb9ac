"""Letters with labelled outcomes of 2018 and later: the labels need not name MAXIMUS.

No letter of these years was at hand: the layout is that of `labelled_outcomes` with tolerant labels.
"""

from __future__ import annotations

from imrdata.letters.layouts import labelled_outcomes
from imrdata.letters.layouts.outline import Outline

LAYOUT = "labelled_outcomes_2018"


def is_layout(text: str) -> bool:
    """Whether the text has one of the layout's labels."""
    return labelled_outcomes.has_labels(text)


def outline(text: str) -> Outline:
    """The sections and requests of a letter with labelled outcomes.

    Raises:
        LetterError: Its headings are there twice, or its requests break off or do not add up.
    """
    return labelled_outcomes.outline(text, LAYOUT)
