"""Letters with labelled outcomes of 2018 and later: they differ in a label and in their guidelines."""

from __future__ import annotations

from imrdata.synthetic.cases import Case
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.draft import Draft
from imrdata.synthetic.labelled_outcomes import labelled_outcomes

REVIEWER_LABELS = ("Maximus guideline:", "IMR guideline:")


def labelled_outcomes_2018(case: Case, disputes: list[DisputedRequest]) -> Draft:
    """The letter in blocks."""
    return labelled_outcomes(case, disputes, REVIEWER_LABELS)
