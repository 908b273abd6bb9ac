"""A letter put in words, but not yet printed: its blocks, the texts of its sections, its requests as records."""

from __future__ import annotations

from typing import NamedTuple

from imrdata.records import Citation, TreatmentRequest
from imrdata.synthetic.disputes import Dispute
from imrdata.synthetic.pages import PLAIN_COLUMNS, Block, Kind, wrap

# Headings and formulas that several layouts print alike.
HEADING = "HOW THE IMR FINAL DETERMINATION WAS MADE"
SUMMARY_LEAD = (
    "The expert reviewer developed the following clinical case summary based on a review of the case file, including "
    "all medical records:"
)
DECISIONS_LEAD = "The Final Determination was based on decisions for the disputed items/services set forth below:"


class Written(NamedTuple):
    """A letter in blocks, with what a reader should find in them."""

    blocks: list[Block]
    determination_text: str | None
    clinical_summary_text: str
    documents_reviewed_text: str | None
    requests: tuple[TreatmentRequest, ...]


def stacked(*paragraphs: str) -> Block:
    """Paragraphs without a blank line between them."""
    return Block("\n".join(line for text in paragraphs for line in wrap(text, PLAIN_COLUMNS)), Kind.FIXED)


def request_record(
    dispute: Dispute,
    number: int,
    *,
    claims_administrator_guideline: str | None,
    reviewer_guideline: str | None,
    rationale: str,
    citations: list[Citation],
) -> TreatmentRequest:
    """What a reader should find in the letter about one request."""
    treatment = dispute.treatment
    recipe = treatment.recipe
    return TreatmentRequest(
        request_number=number,
        request_text=dispute.text,
        original_request_text=dispute.original,
        authorized_text=dispute.authorized,
        disputed_treatment_text=dispute.disputed or dispute.text,
        ur_decision="modified" if dispute.original else "denied",
        is_retrospective=dispute.is_retrospective,
        outcome=dispute.outcome,
        claims_administrator_guideline_text=claims_administrator_guideline,
        reviewer_guideline_text=reviewer_guideline,
        rationale_text=rationale,
        citations=tuple(citations),
        treatment_category=recipe.category,
        treatment_subcategory=recipe.subcategory,
        drugs=recipe.drugs,
        body_parts=treatment.body_parts,
        laterality=treatment.laterality,
        quantity=treatment.quantity,
        quantity_unit=treatment.quantity_unit,
        strength=treatment.strength,
        frequency=treatment.frequency,
        duration=treatment.duration,
    )
