"""Letters of before mid 2014: professional reviews, determination notices, letters with decision sentences."""

from __future__ import annotations

from imrdata.records import TreatmentRequest
from imrdata.synthetic.cases import Case, bare_figures, figures, spoken
from imrdata.synthetic.chance import between
from imrdata.synthetic.disputes import Dispute
from imrdata.synthetic.guidelines import CLAIMS_ADMINISTRATOR, REVIEWER, Citing, chapters_for
from imrdata.synthetic.pages import Block, Kind
from imrdata.synthetic.reasons import clinical_summary, rationale
from imrdata.synthetic.written import DECISIONS_LEAD, HEADING, SUMMARY_LEAD, Written, request_record, stacked

COVER_SHARE = 0.6  # of the letters with decision sentences: many posted copies lack the cover
LOST_SPACE_SHARE = 0.03  # of the refusals in a notice: "is notmedically necessary"
VENDOR = "MAXIMUS FEDERAL SERVICES, INC."
ADDRESS = (
    "Independent Medical Review",
    "P.O. Box 138009",
    "Sacramento, CA 95813-8009",
    "(855) 865-8873 Fax: (916) 605-4270",
)
DETERMINED = "MAXIMUS Federal Services, Inc. has determined the request for "
DOCUMENTS_LEAD = (
    "The following relevant documents received from the interested parties and the documents provided with the "
    "application were reviewed and considered. These documents included:"
)
RELIED_UPON = (
    "Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision"
)
COVER_WORDS = {"Upheld": ("UPHOLD", "none"), "Overturned": ("OVERTURN", "all")}


def _necessity(outcome: str) -> str:
    return f"is {'not ' if outcome == 'Upheld' else ''}medically necessary and appropriate."


def _documents(case: Case) -> list[str]:
    found = dict.fromkeys(case.speaker.say("document") for _ in range(between(case.rng, 3, 6)))
    return list(found)


def _parties(case: Case, dispute: Dispute) -> tuple[Citing, Citing]:
    chapters = chapters_for(dispute.treatment, case.decision_date, case.rng)
    chapters = [chapter for chapter in chapters if chapter.pages]
    administrator, reviewer = (
        Citing(party, dispute.treatment, chapters, case.speaker, case.rng) for party in (CLAIMS_ADMINISTRATOR, REVIEWER)
    )
    return administrator, reviewer


# --- PROFESSIONAL REVIEW, SPRING 2013 --- #


def professional_review(case: Case, disputes: list[Dispute]) -> Written:
    """The letter in blocks: one request, no dates, no case number, the reviewer last."""
    (dispute,) = disputes
    summary = clinical_summary(case)
    dated = f"dated {bare_figures(case.ur_denial_date)}"
    documents = "; ".join(f"{name} {dated}" for name in _documents(case))
    _, reviewer = _parties(case, dispute)
    guideline = f"{reviewer.prose_chapter(is_notice=True)}, because it speaks of treatment of this kind."
    why = rationale(case, dispute, reviewer, says_closing=False)
    why = f"{why} Therefore, the request {_necessity(dispute.outcome)}"
    blocks = [
        Block("MEDICAL PROFESSIONAL REVIEW", Kind.FIXED),
        stacked("ISSUE AT DISPUTE:", f"Whether {dispute.text} is medically necessary."),
        stacked("CASE SUMMARY:", summary),
        stacked("DOCUMENTS REVIEWED FOR DETERMINATION:", documents),
        stacked("MEDICAL TREATMENT GUIDELINE(S) RELIED UPON BY PROFESSIONAL", "REVIEWER AND WHY:", guideline),
        stacked("RATIONALE FOR WHY THE REQUESTED TREATMENT/SERVICE IS/WAS NOT", "MEDICALLY NECESSARY:", why),
        stacked("MEDICAL REVIEWER QUALIFICATIONS:", case.reviewer.credentials()),
    ]
    record = request_record(
        dispute,
        1,
        claims_administrator_guideline=None,
        reviewer_guideline=guideline,
        rationale=why,
        citations=reviewer.citations,
    )
    return Written(blocks, None, summary, documents, (record,))


# --- DETERMINATION NOTICE, JULY TO NOVEMBER 2013 --- #


def determination_notice(case: Case, disputes: list[Dispute]) -> Written:
    """The letter in blocks: the outcomes as numbered sentences, printed twice, and a block of reasons for each."""
    case.speaker.facts["credentials"] = case.reviewer.credentials()
    outcomes = [f"{at}) {DETERMINED}{one.text} {_necessity(one.outcome)}" for at, one in enumerate(disputes, start=1)]
    received, denied, assigned = (
        bare_figures(day) for day in (case.application_received_date, case.ur_denial_date, case.assigned_date)
    )
    told = (
        f"An application for Independent Medical Review was filed on {received} disputing the Utilization Review "
        f"Denial dated {denied}. A Notice of Assignment and Request for Information was provided to the above parties "
        f"on {assigned}. A decision has been made for each of the treatment and/or services that were in dispute:"
    )
    qualified = case.speaker.say("qualified")
    qualifications = "Medical Qualifications of the Expert Reviewer:"
    disclaimer = (
        "Disclaimer: The following case summary was taken directly from the utilization review denial/modification "
        f"dated {spoken(case.ur_denial_date)}."
    )
    summary = f"\u201c{clinical_summary(case)}\u201d"
    documents = [f"\u2022 {name}" for name in _documents(case)]
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
    requests = []
    for number, dispute in enumerate(disputes, start=1):
        of_request, record = _reasons(case, dispute, number)
        blocks += of_request
        requests.append(record)
    blocks += [
        stacked("Effect of the Decision:", case.speaker.say("effect")),
        Block("Sincerely,\n[REDACTED]\nMedical Director", Kind.FIXED),
        Block("cc: Department of Industrial Relations, Division of Workers' Compensation", Kind.FIXED),
        Block(f"Disclaimer: {case.speaker.say('disclaimer')}"),
    ]
    determination = " ".join((told, *outcomes, qualifications, qualified))
    documents_text = " ".join((DOCUMENTS_LEAD, *documents))
    return Written(blocks, determination, f"{disclaimer} {summary}", documents_text, tuple(requests))


def _notice_header(case: Case) -> list[Block]:
    header = (
        "Employee: [REDACTED]\n"
        "Claim Number: [REDACTED]\n"
        f"Date of UR Decision: {bare_figures(case.ur_denial_date)}\n"
        f"Date of Injury: {bare_figures(case.injury_date)}\n"
        f"IMR Application Received: {bare_figures(case.application_received_date)}\n"
        f"MAXIMUS Case Number: {case.case_number}"
    )
    return [
        Block("\n".join((VENDOR, *ADDRESS)), Kind.FIXED),
        Block("Notice of Independent Medical Review Determination", Kind.FIXED),
        Block(f"Dated: {bare_figures(case.decision_date)}", Kind.FIXED),
        Block(header, Kind.FIXED),
    ]


def _lost_space(case: Case, sentence: str) -> str:
    if case.rng.random() < LOST_SPACE_SHARE:
        return sentence.replace("is not medically", "is notmedically")
    return sentence


def _reasons(case: Case, dispute: Dispute, number: int) -> tuple[list[Block], TreatmentRequest]:
    parties = _parties(case, dispute)
    administrator = parties[0].prose("Claims Administrator", "its", is_notice=True)
    reviewer = parties[1].prose("Expert Reviewer", "his/her", is_notice=True)
    why = rationale(case, dispute, parties[1], says_closing=False)
    why = f"{why} The request for {dispute.text} {_necessity(dispute.outcome)}"
    blocks = [
        Block(f"{number}) Regarding the request for {dispute.text}:", Kind.BOLD),
        stacked(RELIED_UPON, f"{administrator} {reviewer}"),
        stacked("Rationale for the Decision:", why),
    ]
    citations = [*parties[0].citations, *parties[1].citations]
    return blocks, request_record(
        dispute,
        number,
        claims_administrator_guideline=administrator,
        reviewer_guideline=reviewer,
        rationale=why,
        citations=citations,
    )


# --- DECISION SENTENCES, DECEMBER 2013 TO JUNE 2014 --- #


def decision_sentences(case: Case, disputes: list[Dispute], *, has_cover: bool) -> Written:
    """The letter in blocks: perhaps a cover with the case's outcome, four headings, numbered outcome sentences."""
    case.speaker.facts["credentials"] = case.reviewer.credentials()
    made = case.speaker.say("made sentences")
    documents = [f"\u2022 {name}" for name in _documents(case)]
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
    requests = []
    for number, dispute in enumerate(disputes, start=1):
        of_request, record = _sentence(case, dispute, number)
        blocks += of_request
        requests.append(record)
    return Written(blocks, made, f"{SUMMARY_LEAD} {summary}", " ".join(documents), tuple(requests))


def _cover(case: Case, disputes: list[Dispute]) -> list[Block]:
    outcomes = {dispute.outcome for dispute in disputes}
    word, part = COVER_WORDS[outcomes.pop()] if len(outcomes) == 1 else ("PARTIAL OVERTURN", "some (but not all)")
    box = (
        f"IMR Case Number: {case.case_number} Date of Injury: {figures(case.injury_date)}\n"
        f"Claims Number: [REDACTED] UR Denial Date: {figures(case.ur_denial_date)}\n"
        f"Priority: {case.priority.upper()} Application Received: {figures(case.application_received_date)}\n"
        "Employee Name: [REDACTED]\nProvider Name: [REDACTED]"
    )
    listed = "Treatment(s) in Dispute Listed on IMR Application:"
    meaning = f"This means we decided that {part} of the disputed items/services are"
    return [
        Block("\n".join((VENDOR, *ADDRESS)), Kind.FIXED),
        Block("Independent Medical Review Final Determination Letter", Kind.FIXED),
        Block(f"Dated: {figures(case.decision_date)}", Kind.FIXED),
        Block(box, Kind.FIXED),
        stacked(listed, *(dispute.text for dispute in disputes)),
        Block("DEAR [REDACTED],", Kind.FIXED),
        Block(f"Final Determination: {word}. {meaning} medically necessary and appropriate."),
    ]


def _sentence(case: Case, dispute: Dispute, number: int) -> tuple[list[Block], TreatmentRequest]:
    parties = _parties(case, dispute)
    administrator = parties[0].prose("Claims Administrator", "its", is_notice=False)
    reviewer = parties[1].prose("Physician Reviewer", "his/her", is_notice=False)
    why = rationale(case, dispute, parties[1])
    blocks = [
        Block(f"{number}. {dispute.text} {_necessity(dispute.outcome)}", Kind.BOLD),
        Block(administrator),
        Block(reviewer),
        stacked("The Physician Reviewer\u2019s decision rationale:", why),
    ]
    citations = [*parties[0].citations, *parties[1].citations]
    return blocks, request_record(
        dispute,
        number,
        claims_administrator_guideline=administrator,
        reviewer_guideline=reviewer,
        rationale=why,
        citations=citations,
    )
