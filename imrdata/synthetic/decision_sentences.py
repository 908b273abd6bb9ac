"""Letters with decision sentences, December 2013 to June 2014."""

from __future__ import annotations

from imrdata.synthetic.cases import Case
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.draft import (
    DECISIONS_LEAD,
    HEADING,
    SENDER,
    SUMMARY_LEAD,
    Draft,
    Request,
    blocks_of,
    documents_of,
    necessity,
    parties_of,
    request_record,
    stacked,
)
from imrdata.synthetic.printing import Block, Kind
from imrdata.synthetic.rationales import clinical_summary, rationale

COVER_SHARE = 0.6  # of letters with decision sentences; many posted copies lack the cover
COVER_WORDS = {"Upheld": ("UPHOLD", "none"), "Overturned": ("OVERTURN", "all")}


def decision_sentences(case: Case, disputes: list[DisputedRequest], *, has_cover: bool) -> Draft:
    """Draft the letter: an optional cover with the case outcome, four headings, and numbered outcome sentences."""
    case.phrases.facts["credentials"] = case.reviewer.credentials()
    made = case.phrases.say("made sentences")
    documents = [f"\u2022 {name}" for name in documents_of(case)]
    summary = clinical_summary(case)
    blocks = [
        *(_cover(case, disputes) if has_cover else []),
        Block(HEADING, Kind.FIXED),
        Block(made),
        Block("DOCUMENTS REVIEWED", Kind.FIXED),
        stacked(*documents),
        Block("CLINICAL CASE SUMMARY", Kind.FIXED),
        Block(SUMMARY_LEAD),
        Block(summary),
        Block("IMR DECISION(S) AND RATIONALE(S)", Kind.FIXED),
        Block(DECISIONS_LEAD),
    ]
    requests = [_sentence(case, dispute, number) for number, dispute in enumerate(disputes, start=1)]
    return Draft(blocks + blocks_of(requests), made, f"{SUMMARY_LEAD} {summary}", " ".join(documents), requests)


def _cover(case: Case, disputes: list[DisputedRequest]) -> list[Block]:
    outcomes = {dispute.outcome for dispute in disputes}
    word, part = COVER_WORDS[outcomes.pop()] if len(outcomes) == 1 else ("PARTIAL OVERTURN", "some (but not all)")
    box = (
        f"IMR Case Number: {case.case_number} Date of Injury: {case.injury_date:%m/%d/%Y}\n"
        f"Claims Number: [REDACTED] UR Denial Date: {case.ur_denial_date:%m/%d/%Y}\n"
        f"Priority: {case.priority.upper()} Application Received: {case.application_received_date:%m/%d/%Y}\n"
        "Employee Name: [REDACTED]\nProvider Name: [REDACTED]"
    )
    listed = "Treatment(s) in Dispute Listed on IMR Application:"
    meaning = f"This means we decided that {part} of the disputed items/services are"
    return [
        SENDER,
        Block("Independent Medical Review Final Determination Letter", Kind.FIXED),
        Block(f"Dated: {case.decision_date:%m/%d/%Y}", Kind.FIXED),
        Block(box, Kind.FIXED),
        stacked(listed, *(dispute.text for dispute in disputes)),
        Block("DEAR [REDACTED],", Kind.FIXED),
        Block(f"Final Determination: {word}. {meaning} medically necessary and appropriate."),
    ]


def _sentence(case: Case, dispute: DisputedRequest, number: int) -> Request:
    parties = parties_of(case, dispute)
    administrator = parties[0].prose("Claims Administrator", "its", is_notice=False)
    reviewer = parties[1].prose("Physician Reviewer", "his/her", is_notice=False)
    why = rationale(case, dispute, parties[1])
    blocks = [
        Block(f"{number}. {dispute.text} {necessity(dispute.outcome)}", Kind.BOLD),
        Block(administrator),
        Block(reviewer),
        stacked("The Physician Reviewer\u2019s decision rationale:", why),
    ]
    return blocks, request_record(dispute, number, (administrator, reviewer), why, parties)
