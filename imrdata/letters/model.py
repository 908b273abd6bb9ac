"""The frozen record of a letter. `imrdata.letters.reading` makes records from bytes and text."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from importlib import import_module
from typing import Any

from imrdata.display.html import Page
from imrdata.display.letter_page import letter_html
from imrdata.display.spans_page import page_beside_words, spans_page
from imrdata.errors import ImrDataError
from imrdata.letters.found import Diagnostic, Evidence, Section, Span
from imrdata.letters.verdict import case_outcome_of


@dataclass(frozen=True, slots=True)
class Citation:
    """A guideline that one party cites for one request.

    Attributes:
        cited_by: ``claims_administrator`` or ``reviewer``.
        citation_number: 1-based, in printed order, within the party and the request.
        found_in: ``guideline`` (the party's guideline line) or ``rationale``.
        guideline_source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        guideline_title: The title as in the vocabulary, without the year; as printed if the vocabulary lacks it.
        guideline_subject: The subject, e.g. ``low back``: the same for all editions and sources.
        edition_year: The year of the edition.
        sections: The sections cited.
        pages: The pages cited.
        citation_text: The words of the citation.
    """

    cited_by: str
    citation_number: int
    found_in: str
    guideline_source: str
    guideline_title: str | None
    guideline_subject: str | None
    edition_year: int | None
    sections: tuple[str, ...]
    pages: str | None
    citation_text: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a treatment; None if the words state nothing exact.

    The columns of ``decisions`` describe each attribute.
    """

    quantity: float | None = None
    quantity_unit: str | None = None
    strength: str | None = None
    frequency: str | None = None
    duration: str | None = None
    requested_quantity: float | None = None
    authorized_quantity: float | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """A disputed treatment. The columns of ``decisions`` describe each attribute.

    Attributes:
        amounts: The amounts requested.
        is_unknown: Whether none of its words is in a vocabulary.
        is_contested: Whether another term of equal rank would give another subcategory.
        guesses: Its misprinted words, as ``(printed, right)``.
    """

    category: str = "Other"
    subcategory: str = "Other"
    name: str | None = None
    drugs: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    laterality: str | None = None
    amounts: Amounts = Amounts()
    is_unknown: bool = field(default=False, compare=False, repr=False)
    is_contested: bool = field(default=False, compare=False, repr=False)
    guesses: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TreatmentRequest:
    """One treatment request and its decision. The columns of ``decisions`` describe each attribute.

    Attributes:
        treatment: The disputed treatment and its amounts.
        citations: The guidelines that the parties cite for it: the claims administrator's, then the reviewer's.
    """

    request_number: int
    request_text: str
    original_request_text: str | None
    authorized_text: str | None
    disputed_treatment_text: str
    ur_decision: str | None
    is_retrospective: bool
    outcome: str
    claims_administrator_guideline_text: str | None
    reviewer_guideline_text: str | None
    rationale_text: str | None
    citations: tuple[Citation, ...]
    treatment: Treatment = Treatment()


@dataclass(frozen=True, slots=True)
class Letter:
    """One final determination letter. The columns of ``letters`` describe each attribute.

    Two letters are equal if they say the same, whatever reader or file they came from: `source`,
    `source_sha256`, `text_origin`, `ocr_engine`, `text`, `sections`, `spans`, `page_starts`, `draw_page` and
    `diagnostics` are not compared.

    Attributes:
        requests: The treatment requests, in printed order.
        extra: Unknown labels of the header; their values are omitted because they may name a person.
        text: The cleaned text.
        sections: The labeled spans of the text.
        spans: The span of each field in the text, by field name, e.g. ``"requests[1].outcome"``: the number is the
            `request_number`, so this belongs to ``requests[0]`` in Python.
        page_starts: The start of each page of a PDF or an image in the text.
        draw_page: A function that draws a page of the letter's file, counted from 1, as PNG; None for a text.
        diagnostics: Findings that are not errors.
    """

    case_number: str
    injury_date: date | None
    ur_denial_date: date | None
    application_received_date: date | None
    assigned_date: date | None
    decision_date: date | None
    priority: str | None
    reviewer_states: tuple[str, ...]
    reviewer_specialties: tuple[str, ...]
    patient_age: int | None
    patient_sex: str | None
    is_represented: bool | None
    determination_text: str | None
    clinical_summary_text: str | None
    documents_reviewed_text: str | None
    letter_layout: str
    requests: tuple[TreatmentRequest, ...]
    extra: tuple[str, ...] = ()
    provenance: str = "published"
    source: str = field(default="<text>", compare=False)
    source_sha256: str | None = field(default=None, compare=False)
    text_origin: str | None = field(default=None, compare=False)
    ocr_engine: str | None = field(default=None, compare=False)
    text: str = field(default="", compare=False, repr=False)
    sections: tuple[Section, ...] = field(default=(), compare=False, repr=False)
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False, hash=False)
    page_starts: tuple[int, ...] = field(default=(), compare=False, repr=False)
    draw_page: Callable[[int], bytes] | None = field(default=None, compare=False, repr=False)
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)

    @property
    def case_outcome(self) -> str:
        """``Upheld``, ``Overturned`` or ``Partially overturned``, from the requests."""
        return case_outcome_of([request.outcome for request in self.requests])

    @property
    def request_count(self) -> int:
        """The number of treatment requests decided."""
        return len(self.requests)

    @property
    def overturned_count(self) -> int:
        """The number of treatment requests overturned."""
        return sum(request.outcome == "Overturned" for request in self.requests)

    def __repr__(self) -> str:
        outcomes = f"{self.overturned_count} of {self.request_count} requests overturned"
        return f"Letter({self.case_number}, decided {self.decision_date}, {outcomes}, {self.provenance})"

    def evidence(self) -> tuple[Evidence, ...]:
        """Return the words from which each request's category, drugs, body parts, side, and amounts were read.

        Returns:
            One `Evidence` per span: the field's name, start and end in `text`, and the vocabulary row that decided it.

        Example:
            >>> import imrdata
            >>> letter = imrdata.read_letter(imrdata.example_letter())
            >>> [(one.name, letter.text[one.start : one.end]) for one in letter.evidence()]
            [('requests[1].treatment_category', 'work conditioning sessions'), ('requests[1].quantity', '10')]
        """
        reader = import_module("imrdata.letters.fields.treatment_evidence")  # the reader, needed only here
        return tuple(reader.treatment_evidence(self.text, self.spans))

    def show_spans(self) -> Page:
        """Show the cleaned text with the words of `spans` and `evidence` highlighted and named.

        Returns:
            A page for display in a notebook; its ``html`` is self-contained.

        Example:
            >>> import imrdata
            >>> page = imrdata.read_letter(imrdata.example_letter()).show_spans()
            >>> '<mark class="span" title="decision_date">10/23/2015</mark>' in page.html
            True
        """
        derived = {f"{one.name}: {one.why}": (one.start, one.end) for one in self.evidence()}
        note = "requests[1] is the request that the letter numbers 1: letter.requests[0] in Python"
        return spans_page(self.case_number, self.text, {**self.spans, **derived}, note)

    def page_of(self, place: int) -> int:
        """Return the page, from 1, of a position in `text`."""
        return max(1, bisect_right(self.page_starts, place))

    def show_page(self, of: int | str = 1) -> Page:
        """Show a page of the letter's file as an image beside its words, with the fields marked.

        Args:
            of: The number of the page, from 1; or the name of a field in `spans`, to show its page.

        Returns:
            A page for display in a notebook. It says why there is no image if the letter was read from a text, or its
            file is missing or has changed.

        Raises:
            ValueError: The letter has no such page or field.

        Example:
            >>> import imrdata
            >>> letter = imrdata.read_letter(imrdata.example_letter())
            >>> "no image" in letter.show_page("decision_date").html  # it is a text
            True
        """
        number = of if isinstance(of, int) else self.page_of(self.spans[of][0]) if of in self.spans else 0
        count = max(1, len(self.page_starts))
        if not 1 <= number <= count:
            raise ValueError(f"no {of!r}: the letter has {count} pages, and these fields: {', '.join(self.spans)}")
        start, end = ([0, *self.page_starts[1:], len(self.text)][at] for at in (number - 1, number))
        spans = {name: (max(0, left - start), min(right, end) - start) for name, (left, right) in self.spans.items()}
        image, why = self.page_image(number)
        return page_beside_words(
            f"{self.case_number}, page {number} of {count}", self.text[start:end], spans, image, why
        )

    def page_image(self, number: int) -> tuple[bytes, str]:
        """Draw a page of the letter's file, from 1; return the PNG, or no bytes and why there is no image."""
        try:
            return (
                (self.draw_page(number), "") if self.draw_page else (b"", "no image: the letter was read from a text")
            )
        except ImrDataError as error:
            return b"", f"no image: {error}"

    def to_dict(self) -> dict[str, Any]:
        """Return the record as for JSON: dates as ISO 8601 text, tuples as lists, missing values as None.

        The keys are those of ``schemas/letter.json``. `text`, `sections`, and `spans` are omitted.

        Example:
            >>> import imrdata
            >>> imrdata.read_letter(imrdata.example_letter()).to_dict()["decision_date"]
            '2015-10-23'
        """
        return {name: _plain(getattr(self, name)) for name in LETTER_FIELDS}

    def _repr_html_(self) -> str:
        return letter_html(self)


_OF_THE_TEXT = ("text", "sections", "spans", "page_starts", "draw_page")
_DERIVED = ("case_outcome", "request_count", "overturned_count")
LETTER_FIELDS = (*(one.name for one in fields(Letter) if one.name not in _OF_THE_TEXT), *_DERIVED)


def _plain(value: Any) -> Any:
    """Convert a value of a record for JSON."""
    if isinstance(value, Diagnostic):
        return value._asdict()
    if isinstance(value, TreatmentRequest | Treatment | Amounts | Citation):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.compare}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def fingerprint(letter: Letter) -> str:
    """Return a SHA-256 of the compared fields; equal letters have equal fingerprints in every process."""
    said = [getattr(letter, one.name) for one in fields(letter) if one.compare]
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()
