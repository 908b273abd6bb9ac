"""Letters with labelled outcomes, mid 2014 to 2017."""

from __future__ import annotations

from datetime import date

from imrdata.synthetic.cases import Case
from imrdata.synthetic.chance import one_of
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.draft import (
    DECISIONS_LEAD,
    HEADING,
    SUMMARY_LEAD,
    Draft,
    Request,
    blocks_of,
    parties_of,
    request_record,
    stacked,
)
from imrdata.synthetic.printing import Block, Kind
from imrdata.synthetic.rationales import clinical_summary, rationale
from imrdata.synthetic.reviewers import state_list

SECTIONS_FROM = date(2015, 10, 1)  # before, guideline lines cite pages
TWO_PARAGRAPHS_SHARE = 0.3
CREDENTIALS = "The Expert Reviewer has the following credentials:"


def labelled_outcomes(
    case: Case, disputes: list[DisputedRequest], labels: tuple[str, ...] = ("MAXIMUS guideline:",)
) -> Draft:
    """Draft the letter; it prints one of the labels for the reviewer's guideline."""
    blocks = [Block(_header(case), Kind.FIXED), Block(HEADING, Kind.FIXED)]
    made = case.phrases.say("made labelled")
    credentials = (
        CREDENTIALS,
        f"State(s) of Licensure: {state_list(case.reviewer, case.rng)}",
        f"Certification(s)/Specialty: {', '.join(case.reviewer.specialty_words)}",
    )
    blocks += [Block(made), stacked(*credentials)]
    summary = clinical_summary(case)
    blocks += [Block("CLINICAL CASE SUMMARY", Kind.FIXED), Block(SUMMARY_LEAD), *_paragraphs(case, summary)]
    blocks += [Block("IMR ISSUES, DECISIONS AND RATIONALES", Kind.FIXED), Block(DECISIONS_LEAD)]
    label = labels[0] if len(labels) == 1 else one_of(case.rng, labels)
    requests = [_request(case, dispute, number, label) for number, dispute in enumerate(disputes, start=1)]
    determination = " ".join((made, *credentials))
    return Draft(blocks + blocks_of(requests), determination, f"{SUMMARY_LEAD} {summary}", None, requests)


def _header(case: Case) -> str:
    return (
        f"Case Number: {case.case_number}\n"
        f"Date Assigned: {case.assigned_date:%m/%d/%Y} Date of Injury: {case.injury_date:%m/%d/%Y}\n"
        f"Decision Date: {case.decision_date:%m/%d/%Y} UR Denial Date: {case.ur_denial_date:%m/%d/%Y}\n"
        f"Priority: {case.priority} Application Received: {case.application_received_date:%m/%d/%Y}"
    )


def _paragraphs(case: Case, text: str) -> list[Block]:
    """Split a text into one or two paragraphs; letters start one after any sentence."""
    if case.rng.random() < TWO_PARAGRAPHS_SHARE:
        middle = text.find(". ", len(text) // 2)
        if middle > 0:
            return [Block(text[: middle + 1]), Block(text[middle + 2 :])]
    return [Block(text)]


def _request(case: Case, dispute: DisputedRequest, number: int, label: str) -> Request:
    parties = parties_of(case, dispute, has_sections=True)
    has_pages = case.decision_date < SECTIONS_FROM
    administrator, reviewer = (party.labelled_line(has_pages=has_pages) for party in parties)
    why = rationale(case, dispute, parties[1])
    blocks = [
        Block(f"{dispute.text}: {dispute.outcome}", Kind.BOLD),
        Block(f"Claims Administrator guideline: {administrator}"),
        Block(f"{label} {reviewer}"),
        *_paragraphs(case, f"Decision rationale: {why}"),
    ]
    return blocks, request_record(dispute, number, (administrator, reviewer), why, parties, unmodified="denied")
