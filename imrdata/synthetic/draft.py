"""A draft of a letter before printing: its blocks, the texts of its sections, and its requests as records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from imrdata.letters.model import TreatmentRequest
from imrdata.synthetic.cases import Case
from imrdata.synthetic.chance import between
from imrdata.synthetic.citing import Citing, chapters_for, two_parties
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.printing import PLAIN_COLUMNS, Block, Kind, wrap

# Headings and standard sentences that several layouts share.
HEADING = "HOW THE IMR FINAL DETERMINATION WAS MADE"
SUMMARY_LEAD = (
    "The expert reviewer developed the following clinical case summary based on a review of the case file, including "
    "all medical records:"
)
DECISIONS_LEAD = "The Final Determination was based on decisions for the disputed items/services set forth below:"

SENDER = Block(
    "MAXIMUS FEDERAL SERVICES, INC.\nIndependent Medical Review\nP.O. Box 138009\nSacramento, CA 95813-8009\n"
    "(855) 865-8873 Fax: (916) 605-4270",
    Kind.FIXED,
)


Request = tuple[list[Block], TreatmentRequest]  # how a request is printed, and its record


class Draft(NamedTuple):
    """The blocks of a letter, with what a reader should find in them."""

    blocks: list[Block]
    determination_text: str | None
    clinical_summary_text: str
    documents_reviewed_text: str | None
    requests: list[Request]


def stacked(*paragraphs: str) -> Block:
    """Join paragraphs without blank lines between them."""
    return Block("\n".join(line for text in paragraphs for line in wrap(text, PLAIN_COLUMNS)), Kind.FIXED)


def request_record(
    dispute: DisputedRequest,
    number: int,
    guidelines: tuple[str | None, str],
    rationale: str,
    citing: Iterable[Citing],
    *,
    unmodified: str | None = None,
) -> TreatmentRequest:
    """Return the true record of one request; `guidelines` are the claims administrator's, then the reviewer's."""
    return TreatmentRequest(
        request_number=number,
        request_text=dispute.text,
        original_request_text=dispute.original,
        authorized_text=dispute.authorized,
        disputed_treatment_text=dispute.disputed or dispute.text,
        ur_decision="modified" if dispute.original else unmodified,
        is_retrospective=dispute.is_retrospective,
        outcome=dispute.outcome,
        claims_administrator_guideline_text=guidelines[0],
        reviewer_guideline_text=guidelines[1],
        rationale_text=rationale,
        citations=tuple(citation for party in citing for citation in party.citations),
        treatment=dispute.treatment.meaning,
    )


def necessity(outcome: str) -> str:
    """Return the end of an outcome sentence."""
    return f"is {'not ' if outcome == 'Upheld' else ''}medically necessary and appropriate."


def blocks_of(requests: Iterable[Request]) -> list[Block]:
    """Return the blocks of all requests, in order."""
    return [block for blocks, _ in requests for block in blocks]


def documents_of(case: Case) -> list[str]:
    """Return the documents that a letter lists as reviewed."""
    return list(dict.fromkeys(case.phrases.say("document") for _ in range(between(case.rng, 3, 6))))


def parties_of(case: Case, dispute: DisputedRequest, *, has_sections: bool = False) -> tuple[Citing, Citing]:
    """Return the claims administrator and the reviewer with the chapters they may cite, by section or by page."""
    chapters = chapters_for(dispute.treatment, case.decision_date, case.rng)
    chapters = [chapter for chapter in chapters if chapter.pages or has_sections]
    return two_parties(dispute.treatment, chapters, case.phrases, case.rng, is_upheld=dispute.outcome == "Upheld")
