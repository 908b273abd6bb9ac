"""Letters with labelled outcomes from 2018 on, with another label and other guidelines."""

from __future__ import annotations

from imrdata.synthetic.cases import Case
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.draft import Draft
from imrdata.synthetic.labelled_outcomes import labelled_outcomes

REVIEWER_LABELS = ("Maximus guideline:", "IMR guideline:")


def labelled_outcomes_2018(case: Case, disputes: list[DisputedRequest]) -> Draft:
    """Draft the letter."""
    return labelled_outcomes(case, disputes, REVIEWER_LABELS)
