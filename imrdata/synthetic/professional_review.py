"""Professional reviews, spring 2013."""

from __future__ import annotations

from imrdata.synthetic.cases import Case, bare_figures
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.draft import Draft, documents_of, necessity, parties_of, request_record, stacked
from imrdata.synthetic.printing import Block, Kind
from imrdata.synthetic.rationales import clinical_summary, rationale


def professional_review(case: Case, disputes: list[DisputedRequest]) -> Draft:
    """Draft the letter: one request, no dates, no case number, the reviewer last."""
    (dispute,) = disputes
    summary = clinical_summary(case)
    dated = f"dated {bare_figures(case.ur_denial_date)}"
    documents = "; ".join(f"{name} {dated}" for name in documents_of(case))
    _, reviewer = parties_of(case, dispute)
    guideline = f"{reviewer.prose_chapter(is_notice=True)}, because it speaks of treatment of this kind."
    why = rationale(case, dispute, reviewer, says_closing=False)
    why = f"{why} Therefore, the request {necessity(dispute.outcome)}"
    blocks = [
        Block("MEDICAL PROFESSIONAL REVIEW", Kind.FIXED),
        stacked("ISSUE AT DISPUTE:", f"Whether {dispute.text} is medically necessary."),
        stacked("CASE SUMMARY:", summary),
        stacked("DOCUMENTS REVIEWED FOR DETERMINATION:", documents),
        stacked("MEDICAL TREATMENT GUIDELINE(S) RELIED UPON BY PROFESSIONAL", "REVIEWER AND WHY:", guideline),
        stacked("RATIONALE FOR WHY THE REQUESTED TREATMENT/SERVICE IS/WAS NOT", "MEDICALLY NECESSARY:", why),
        stacked("MEDICAL REVIEWER QUALIFICATIONS:", case.reviewer.credentials()),
    ]
    record = request_record(dispute, 1, (None, guideline), why, [reviewer])
    return Draft(blocks, None, summary, documents, [([], record)])
