"""Determination notices, July to November 2013."""

from __future__ import annotations

from imrdata.synthetic.cases import Case, bare_figures, spoken
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.draft import (
    SENDER,
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

LOST_SPACE_SHARE = 0.03  # of upheld requests in a notice: "is notmedically necessary"
DETERMINED = "MAXIMUS Federal Services, Inc. has determined the request for "
DOCUMENTS_LEAD = (
    "The following relevant documents received from the interested parties and the documents provided with the "
    "application were reviewed and considered. These documents included:"
)
RELIED_UPON = (
    "Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision"
)


def determination_notice(case: Case, disputes: list[DisputedRequest]) -> Draft:
    """Draft the letter: the outcomes as numbered sentences, printed twice, and a rationale for each."""
    case.phrases.facts["credentials"] = case.reviewer.credentials()
    outcomes = [f"{at}) {DETERMINED}{one.text} {necessity(one.outcome)}" for at, one in enumerate(disputes, start=1)]
    told = _told(case)
    qualified = case.phrases.say("qualified")
    qualifications = "Medical Qualifications of the Expert Reviewer:"
    disclaimer = (
        "Disclaimer: The following case summary was taken directly from the utilization review denial/modification "
        f"dated {spoken(case.ur_denial_date)}."
    )
    summary = f"\u201c{clinical_summary(case)}\u201d"
    documents = [f"\u2022 {name}" for name in documents_of(case)]
    blocks = [
        *_notice_header(case),
        *(Block(_lost_space(case, sentence)) for sentence in outcomes),
        Block("INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE", Kind.FIXED),
        Block(told),
        *map(Block, outcomes),
        stacked(qualifications, qualified),
        stacked("Expert Reviewer Case Summary:", disclaimer),
        Block(summary),
        stacked("Documents Reviewed for Determination:", DOCUMENTS_LEAD, *documents),
    ]
    requests = [_reasons(case, dispute, number) for number, dispute in enumerate(disputes, start=1)]
    blocks += [
        *blocks_of(requests),
        stacked("Effect of the Decision:", case.phrases.say("effect")),
        Block("Sincerely,\n[REDACTED]\nMedical Director", Kind.FIXED),
        Block("cc: Department of Industrial Relations, Division of Workers' Compensation", Kind.FIXED),
        Block(f"Disclaimer: {case.phrases.say('disclaimer')}"),
    ]
    determination = " ".join((told, *outcomes, qualifications, qualified))
    documents_text = " ".join((DOCUMENTS_LEAD, *documents))
    return Draft(blocks, determination, f"{disclaimer} {summary}", documents_text, requests)


def _told(case: Case) -> str:
    """Return the sentences before the outcomes: when the review was asked for and assigned."""
    received, denied, assigned = (
        bare_figures(day) for day in (case.application_received_date, case.ur_denial_date, case.assigned_date)
    )
    return (
        f"An application for Independent Medical Review was filed on {received} disputing the Utilization Review "
        f"Denial dated {denied}. A Notice of Assignment and Request for Information was provided to the above parties "
        f"on {assigned}. A decision has been made for each of the treatment and/or services that were in dispute:"
    )


def _notice_header(case: Case) -> list[Block]:
    header = (
        "Employee: [REDACTED]\nClaim Number: [REDACTED]\n"
        f"Date of UR Decision: {bare_figures(case.ur_denial_date)}\n"
        f"Date of Injury: {bare_figures(case.injury_date)}\n"
        f"IMR Application Received: {bare_figures(case.application_received_date)}\n"
        f"MAXIMUS Case Number: {case.case_number}"
    )
    return [
        SENDER,
        Block("Notice of Independent Medical Review Determination", Kind.FIXED),
        Block(f"Dated: {bare_figures(case.decision_date)}", Kind.FIXED),
        Block(header, Kind.FIXED),
    ]


def _lost_space(case: Case, sentence: str) -> str:
    is_lost = case.rng.random() < LOST_SPACE_SHARE
    return sentence.replace("is not medically", "is notmedically") if is_lost else sentence


def _reasons(case: Case, dispute: DisputedRequest, number: int) -> Request:
    parties = parties_of(case, dispute)
    administrator = parties[0].prose("Claims Administrator", "its", is_notice=True)
    reviewer = parties[1].prose("Expert Reviewer", "his/her", is_notice=True)
    why = rationale(case, dispute, parties[1], says_closing=False)
    why = f"{why} The request for {dispute.text} {necessity(dispute.outcome)}"
    blocks = [
        Block(f"{number}) Regarding the request for {dispute.text}:", Kind.BOLD),
        stacked(RELIED_UPON, f"{administrator} {reviewer}"),
        stacked("Rationale for the Decision:", why),
    ]
    return blocks, request_record(dispute, number, (administrator, reviewer), why, parties)
