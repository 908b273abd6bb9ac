"""A letter as a record: what its text says, frozen.

`read_text` turns a letter's cleaned text into a `Letter`; `read_bytes` takes the bytes of a file. Both are pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from imrdata.display.letter import letter_html
from imrdata.display.markup import Page
from imrdata.display.spans import spans_page
from imrdata.errors import ImrDataError, LetterError
from imrdata.fields.citations import read_citations
from imrdata.fields.contradictions import case_outcome_of, contradictions
from imrdata.fields.found import Diagnostic, Found, found_text
from imrdata.fields.header import CHRONOLOGY, Header, case_number_in_name, prose_dates, read_header
from imrdata.fields.page_citations import read_page_citations
from imrdata.fields.patient import Patient, read_patient
from imrdata.fields.requests import is_retrospective, read_parts
from imrdata.fields.reviewer import read_reviewer
from imrdata.fields.treatments import read_treatment
from imrdata.sections import find_outline
from imrdata.sections.outline import Item, Outline, Section, Span
from imrdata.sections.prose import line_start
from imrdata.text import letter_text
from imrdata.text.cleaning import collapse

# The first line of every letter that this package makes; whoever finds such a letter can tell what it is.
SYNTHETIC_MARK = "Synthetic letter made by imrdata; it is about nobody and decides nothing."
_MARK_REACH = 200


@dataclass(frozen=True, slots=True)
class Citation:
    """A guideline that one party cites for one request.

    Attributes:
        cited_by: ``claims_administrator`` or ``reviewer``.
        citation_number: 1-based, in printed order, for the party and the request.
        found_in: ``guideline`` (the party's guideline line) or ``rationale``.
        guideline_source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        guideline_title: The MTUS chapter as printed, without the year.
        edition_year: The year of the edition.
        sections: The sections named.
        pages: The pages named.
        citation_text: The words of the citation.
    """

    cited_by: str
    citation_number: int
    found_in: str
    guideline_source: str
    guideline_title: str | None
    edition_year: int | None
    sections: tuple[str, ...]
    pages: str | None
    citation_text: str


@dataclass(frozen=True, slots=True)
class TreatmentRequest:
    """One treatment request and its decision. The columns of ``decisions`` tell what each attribute means.

    Attributes:
        citations: The guidelines that the parties cite for it: the claims administrator's, then the reviewer's.
    """

    request_number: int
    request_text: str
    original_request_text: str | None
    authorized_text: str | None
    disputed_treatment_text: str
    ur_decision: str
    is_retrospective: bool
    outcome: str
    claims_administrator_guideline_text: str | None
    reviewer_guideline_text: str | None
    rationale_text: str | None
    citations: tuple[Citation, ...]
    treatment_category: str = "Other"
    treatment_subcategory: str = "Other"
    drugs: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    laterality: str | None = None
    quantity: float | None = None
    quantity_unit: str | None = None
    strength: str | None = None
    frequency: str | None = None
    duration: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One final determination letter. The columns of ``letters`` tell what each attribute means.

    Two letters are equal when they say the same, whichever reader or file they came from: `source`,
    `source_sha256`, `text`, `sections`, `spans` and `diagnostics` are not compared.

    Attributes:
        requests: The treatment requests, in printed order.
        extra: Labels of the header that no layout knows; their words are left out, for they may name a person.
        text: The cleaned text.
        sections: Its labelled spans.
        spans: Where the text says a field, by the field's name, e.g. ``"requests[1].outcome"``.
        diagnostics: What its reader should know, and is no error.
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
    text: str = field(default="", compare=False, repr=False)
    sections: tuple[Section, ...] = field(default=(), compare=False, repr=False)
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False, hash=False)
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

    def show_spans(self) -> Page:
        """The cleaned text with what was read from it marked: each of `spans`, under its name.

        Returns:
            A page that shows itself in a notebook; its ``html`` is self-contained.

        Example:
            >>> import imrdata
            >>> page = imrdata.read_letter(imrdata.example_letter()).show_spans()
            >>> '<mark class="span" title="decision_date">10/23/2015</mark>' in page.html
            True
        """
        return spans_page(self.case_number, self.text, self.spans)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON holds it: dates as ISO 8601 text, tuples as lists, what is missing as None.

        The keys are those of ``schemas/letter.json``. The text is left out, and with it the places in it
        (`sections`, `spans`).

        Example:
            >>> import imrdata
            >>> imrdata.read_letter(imrdata.example_letter()).to_dict()["decision_date"]
            '2015-10-23'
        """
        return {name: _plain(getattr(self, name)) for name in LETTER_FIELDS}

    def _repr_html_(self) -> str:
        return letter_html(self)


_OF_THE_TEXT = ("text", "sections", "spans")
_DERIVED = ("case_outcome", "request_count", "overturned_count")
CITATION_FIELDS = tuple(one.name for one in fields(Citation))
REQUEST_FIELDS = tuple(one.name for one in fields(TreatmentRequest))
LETTER_FIELDS = (*(one.name for one in fields(Letter) if one.name not in _OF_THE_TEXT), *_DERIVED)


def _plain(value: Any) -> Any:
    """A value of a record as JSON holds it."""
    if isinstance(value, Diagnostic):
        return value._asdict()
    if isinstance(value, TreatmentRequest | Citation):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def fingerprint(letter: Letter) -> str:
    """A SHA-256 of what the letter says: equal letters have equal ones, in every process."""
    said = [getattr(letter, one.name) for one in fields(letter) if one.compare]
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


class _Spans(dict[str, Span]):
    """Collects where each field was found, on the way from a found value to the bare one."""

    def keep(self, name: str, found: Found[object] | None) -> None:
        if found is not None:
            self[name] = (found.start, found.end)

    def value(self, name: str, found: Found[str] | None) -> str | None:
        self.keep(name, found)
        return found.value if found is not None else None


def read_bytes(content: bytes, source: str = "<bytes>") -> Letter:
    """The letter in the bytes of a PDF or text file.

    Args:
        content: The bytes of the file.
        source: How the file is called in messages and tables.

    Raises:
        LetterError: It is no letter, or a part of it cannot be read; the error names `source`.
    """
    try:
        return read_text(letter_text(content), source, hashlib.sha256(content).hexdigest())
    except ImrDataError as error:
        error.source = source
        raise


def read_text(text: str, source: str = "<text>", source_sha256: str | None = None) -> Letter:
    """The letter in a cleaned text.

    Raises:
        LetterError: The text is no letter, or a part of it cannot be read.
    """
    outline = find_outline(text)
    spans = _Spans()
    diagnostics: list[Diagnostic] = []
    header = _header(text, outline, spans, diagnostics)
    case_number = _case_number(header, source, diagnostics)
    dates = {name: found.value for name, found in header.dates.items()}
    states, specialties = _reviewer(text, outline, spans, diagnostics)
    summary = outline.section("clinical_summary")
    patient = read_patient(text, summary.body, summary.end) if summary else Patient(None, None, None)
    for name, found in zip(Patient._fields, patient, strict=True):
        spans.keep("is_represented" if name == "is_represented" else f"patient_{name}", found)
    requests = tuple(_request(text, item, spans, dates.get("decision_date"), diagnostics) for item in outline.items)
    if outline.layout.startswith("labelled_outcomes") and summary is None:
        diagnostics.append(Diagnostic("missing_section", "the letter has no clinical case summary"))
    if outline.layout == "unrecognised":
        message = "no known layout; a request may lack words of the lines above it"
        diagnostics.append(Diagnostic("unrecognised_layout", message))
    reasonless = [item.number for item in outline.items if item.rationale is None]
    diagnostics += [Diagnostic("missing_rationale", f"request {number} has no rationale") for number in reasonless]
    decided = [(request.outcome, request.rationale_text) for request in requests]
    diagnostics += contradictions(dates, decided, header.case_outcome)
    return Letter(
        case_number=case_number,
        injury_date=dates.get("injury_date"),
        ur_denial_date=dates.get("ur_denial_date"),
        application_received_date=dates.get("application_received_date"),
        assigned_date=dates.get("assigned_date"),
        decision_date=dates.get("decision_date"),
        priority=header.priority.value if header.priority else None,
        reviewer_states=states,
        reviewer_specialties=specialties,
        patient_age=patient.age.value if patient.age else None,
        patient_sex=patient.sex.value if patient.sex else None,
        is_represented=patient.is_represented.value if patient.is_represented else None,
        determination_text=_section_text(text, outline, spans, "determination"),
        clinical_summary_text=_section_text(text, outline, spans, "clinical_summary"),
        documents_reviewed_text=_section_text(text, outline, spans, "documents_reviewed"),
        letter_layout=outline.layout,
        requests=requests,
        extra=header.other,
        provenance="synthetic" if SYNTHETIC_MARK in collapse(text[:_MARK_REACH]) else "published",
        source=source,
        source_sha256=source_sha256,
        text=text,
        sections=outline.sections,
        spans=dict(spans),
        diagnostics=tuple(diagnostics),
    )


def _header(text: str, outline: Outline, spans: _Spans, diagnostics: list[Diagnostic]) -> Header:
    """The header, with the dates that a notice of 2013 gives in prose."""
    place = outline.section("header")
    notice = outline.section("notice")
    end = notice.end if notice else place.end if place else 0
    header = read_header(text, min(end, line_start(text, outline.items[0].request[0])))
    determination = outline.section("determination")
    if notice and determination:
        for name, found in prose_dates(text, determination.body, determination.end).items():
            known = header.dates.setdefault(name, found)
            if known.value != found.value:
                diagnostics.append(Diagnostic("dates_disagree", f"{name}: {known.value} and {found.value}"))
    spans.keep("case_number", header.case_number)
    spans.keep("priority", header.priority)
    for name, found in header.dates.items():
        spans.keep(name, found)
    diagnostics += header.diagnostics
    if outline.layout.startswith("labelled_outcomes"):  # older layouts print fewer
        diagnostics += [
            Diagnostic("missing_date", f"the header gives no {name}") for name in CHRONOLOGY if name not in header.dates
        ]
    return header


def _case_number(header: Header, source: str, diagnostics: list[Diagnostic]) -> str:
    named = case_number_in_name(source)
    if header.case_number is None:
        if named is None:
            message = "neither the letter nor its file's name has a case number"
            raise LetterError(message, step="fields", reason="no_case_number", section="header")
        diagnostics.append(Diagnostic("case_number_from_name", f"the case number {named} is that of the file's name"))
        return named
    is_marked = re.search(r"(?i)CM|IMR", source) is not None  # any number may look like a case number
    if named is not None and is_marked and named != header.case_number.value:
        message = f"the letter says {header.case_number.value}, the file's name {named}"
        diagnostics.append(Diagnostic("case_number_differs_from_name", message))
    return header.case_number.value


def _reviewer(
    text: str, outline: Outline, spans: _Spans, diagnostics: list[Diagnostic]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    place = outline.section("reviewer") or outline.section("determination")
    states, specialties, told = read_reviewer(text, place.start, place.end) if place else ([], [], [])
    diagnostics += told
    for at, state in enumerate(states):
        spans.keep(f"reviewer_states[{at}]", state)
    for at, specialty in enumerate(specialties):
        spans.keep(f"reviewer_specialties[{at}]", specialty)
    return tuple(state.value for state in states), tuple(specialty.value for specialty in specialties)


def _section_text(text: str, outline: Outline, spans: _Spans, name: str) -> str | None:
    section = outline.section(name)
    if section is None:
        return None
    end = section.end
    reviewer = outline.section("reviewer")
    if name == "determination" and reviewer and reviewer.start == end:
        end = reviewer.end  # the credentials are a part of how the determination was made
    return spans.value(f"{name}_text", _filled(found_text(text, section.body, end)))


def _request(
    text: str, item: Item, spans: _Spans, decided_by: date | None, diagnostics: list[Diagnostic]
) -> TreatmentRequest:
    prefix = f"requests[{item.number}]."
    request = found_text(text, *item.request)
    parts = read_parts(text, request.start, request.end)
    spans[prefix + "outcome"] = item.outcome_span
    spans.keep(prefix + "request_text", request)
    spans.keep(prefix + "disputed_treatment_text", parts.disputed)

    def words(name: str, span: Span | None) -> str | None:
        return spans.value(prefix + name, _filled(found_text(text, *span))) if span else None

    treatment = read_treatment(parts.disputed.value)
    if parts.is_modified and (parts.original is None or parts.authorized is None):
        message = f"request {item.number} was modified, but what was requested or authorized is not told apart"
        diagnostics.append(Diagnostic("incomplete_modification", message))
    if treatment.is_unknown:
        diagnostics.append(Diagnostic("unknown_treatment", parts.disputed.value))
    return TreatmentRequest(
        request_number=item.number,
        request_text=request.value,
        original_request_text=spans.value(prefix + "original_request_text", parts.original),
        authorized_text=spans.value(prefix + "authorized_text", parts.authorized),
        disputed_treatment_text=parts.disputed.value,
        ur_decision="modified" if parts.is_modified else "denied",
        is_retrospective=is_retrospective(request.value, decided_by),
        outcome=item.outcome,
        claims_administrator_guideline_text=words(
            "claims_administrator_guideline_text", item.claims_administrator_guideline
        ),
        reviewer_guideline_text=words("reviewer_guideline_text", item.reviewer_guideline),
        rationale_text=words("rationale_text", item.rationale),
        citations=tuple(_citations(text, item, spans, prefix, diagnostics)),
        treatment_category=treatment.category,
        treatment_subcategory=treatment.subcategory,
        drugs=treatment.drugs,
        body_parts=treatment.body_parts,
        laterality=treatment.laterality,
        quantity=treatment.quantity,
        quantity_unit=treatment.quantity_unit,
        strength=treatment.strength,
        frequency=treatment.frequency,
        duration=treatment.duration,
    )


def _filled(found: Found[str]) -> Found[str] | None:
    return found if found.value else None


def _citations(text: str, item: Item, spans: _Spans, prefix: str, diagnostics: list[Diagnostic]) -> Iterator[Citation]:
    """What each party cites: the claims administrator, then the reviewer, the pages of the rationale last."""
    places = (
        ("claims_administrator", "guideline", item.claims_administrator_guideline),
        ("reviewer", "guideline", item.reviewer_guideline),
        ("reviewer", "rationale", item.rationale),
    )
    numbers = {"claims_administrator": 0, "reviewer": 0}
    for cited_by, found_in, place in places:
        if place is None:
            continue
        read = read_page_citations if found_in == "rationale" else read_citations
        for cited in read(text, *place):
            numbers[cited_by] += 1
            spans[f"{prefix}citations[{cited_by}, {numbers[cited_by]}].citation_text"] = (cited.start, cited.end)
            diagnostics += [Diagnostic("unknown_section", f"{cited.title}: {section}") for section in cited.unknown]
            yield Citation(
                cited_by=cited_by,
                citation_number=numbers[cited_by],
                found_in=found_in,
                guideline_source=cited.source,
                guideline_title=cited.title,
                edition_year=cited.edition_year,
                sections=cited.sections,
                pages=cited.pages,
                citation_text=cited.text,
            )
