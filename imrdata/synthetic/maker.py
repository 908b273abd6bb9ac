"""Generate letters from a seed: the text of each, and the record that a reader should make of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from imrdata.letters.model import Letter
from imrdata.synthetic.cases import (
    DECISION_SENTENCES,
    DETERMINATION_NOTICE,
    LABELLED_OUTCOMES,
    NUMBERS,
    PROFESSIONAL_REVIEW,
    Case,
    make_case,
)
from imrdata.synthetic.chance import generator
from imrdata.synthetic.decision_sentences import COVER_SHARE, decision_sentences
from imrdata.synthetic.determination_notice import determination_notice
from imrdata.synthetic.disputed_requests import DisputedRequest, make_disputes
from imrdata.synthetic.draft import Draft
from imrdata.synthetic.labelled_outcomes import labelled_outcomes
from imrdata.synthetic.labelled_outcomes_2018 import labelled_outcomes_2018
from imrdata.synthetic.printing import Block, Kind, printed
from imrdata.synthetic.professional_review import professional_review
from imrdata.terms import SYNTHETIC_MARK

YEARS = range(2013, 2026)


@dataclass(frozen=True, slots=True)
class SyntheticLetter:
    """A synthetic letter: its true record, its printed text with form feeds between pages, and a file name.

    The file name is the only place of the case number for the oldest letters.
    """

    letter: Letter  # without text, sections, spans and diagnostics
    text: str
    name: str


def synthesize(count: int, seed: int = 0, years: Iterable[int] = YEARS) -> Iterator[SyntheticLetter]:
    """Generate synthetic letters of every layout, with their true records.

    The letters follow the published rates of their years: letters per year, requests per letter, treatment categories
    and outcomes. No sentence is from a real letter, no real letter has one of their case numbers (``CMyy-9nnnnnn``),
    and every page says that it is synthetic. Letter `i` depends only on `seed`, `i` and `years`, not on `count`.

    Args:
        count: The number of letters; at most 999,983, the number of case numbers.
        seed: The same seed gives the same letters.
        years: The years in which the letters are decided, from 2013 on.

    Returns:
        An iterator of letters.

    Raises:
        ValueError: `count` is too large.

    Example:
        >>> one, two = synthesize(2, seed=1)
        >>> one.letter.provenance
        'synthetic'
    """
    if count > NUMBERS:
        raise ValueError(f"{count:,} letters are too many: there are {NUMBERS:,} case numbers")
    among = tuple(years)
    return (_letter(seed, index, among) for index in range(count))


def _letter(seed: int, index: int, years: tuple[int, ...]) -> SyntheticLetter:
    rng = generator(seed, index)
    case = make_case(seed, index, years, rng)
    disputes = make_disputes(case)
    has_cover = rng.random() < COVER_SHARE
    written = _written(case, disputes, has_cover=has_cover)
    text = printed([Block(SYNTHETIC_MARK, Kind.FIXED), *written.blocks], rng, head=SYNTHETIC_MARK)
    return SyntheticLetter(_record(case, written, text, has_cover=has_cover), text, f"{case.case_number}.txt")


def _written(case: Case, disputes: list[DisputedRequest], *, has_cover: bool) -> Draft:
    if case.layout == DECISION_SENTENCES:
        return decision_sentences(case, disputes, has_cover=has_cover)
    write = {
        PROFESSIONAL_REVIEW: professional_review,
        DETERMINATION_NOTICE: determination_notice,
        LABELLED_OUTCOMES: labelled_outcomes,
    }.get(case.layout, labelled_outcomes_2018)
    return write(case, disputes)


def _record(case: Case, written: Draft, text: str, *, has_cover: bool) -> Letter:
    """Return the true record; a date or priority that the layout does not print is null."""
    is_sentences = case.layout == DECISION_SENTENCES
    has_dates = case.layout != PROFESSIONAL_REVIEW and (has_cover or not is_sentences)
    has_priority = has_dates and case.layout != DETERMINATION_NOTICE
    return Letter(
        case_number=case.case_number,
        injury_date=case.injury_date if has_dates else None,
        ur_denial_date=case.ur_denial_date if has_dates else None,
        application_received_date=case.application_received_date if has_dates else None,
        assigned_date=case.assigned_date if has_dates and not is_sentences else None,
        decision_date=case.decision_date if has_dates else None,
        priority=case.priority if has_priority else None,
        reviewer_states=case.reviewer.states,
        reviewer_specialties=case.reviewer.specialties,
        patient_age=case.age,
        patient_sex=case.sex,
        is_represented=case.is_represented,
        determination_text=written.determination_text,
        clinical_summary_text=written.clinical_summary_text,
        documents_reviewed_text=written.documents_reviewed_text,
        letter_layout=case.layout,
        requests=tuple(record for _, record in written.requests),
        provenance="synthetic",
        source=f"{case.case_number}.txt",
        source_sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )
