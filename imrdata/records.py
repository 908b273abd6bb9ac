"""A letter as a record: what its text says, frozen.

`read_text` turns a letter's cleaned text into a `Letter`; `read_bytes` takes the bytes of a file. Both are pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from imrdata import display
from imrdata.errors import ImrDataError
from imrdata.fields.citations import read_citations
from imrdata.fields.found import Diagnostic, Found, found_text
from imrdata.fields.header import CHRONOLOGY, Header, read_header
from imrdata.fields.patient import read_patient
from imrdata.fields.requests import is_retrospective, read_parts
from imrdata.fields.reviewer import read_reviewer
from imrdata.sections import LAYOUT, Section, find_sections, outcome_in
from imrdata.text import letter_text

Span = tuple[int, int]


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
    """One treatment request and its decision; the columns of ``decisions`` tell what each attribute means."""

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
    treatment_category: str | None = None
    treatment_subcategory: str | None = None
    drugs: tuple[str, ...] | None = None
    body_parts: tuple[str, ...] | None = None
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
        extra: Header lines that no layout knows, as ``(label, value)``.
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
    extra: tuple[tuple[str, str], ...] = ()
    provenance: str = "published"
    source: str = field(default="<text>", compare=False)
    source_sha256: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    sections: tuple[Section, ...] = field(default=(), compare=False, repr=False)
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False, hash=False)
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)

    @property
    def case_outcome(self) -> str:
        """``Upheld``, ``Overturned`` or ``Partially overturned``, from the requests."""
        outcomes = {request.outcome for request in self.requests}
        return outcomes.pop() if len(outcomes) == 1 else "Partially overturned"

    @property
    def request_count(self) -> int:
        """The number of treatment requests decided."""
        return len(self.requests)

    @property
    def overturned_count(self) -> int:
        """The number of treatment requests overturned."""
        return sum(request.outcome == "Overturned" for request in self.requests)

    def _repr_html_(self) -> str:
        return display.letter_html(self)


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


def read_text(text: str, source: str = "<text>", source_sha256: str = "") -> Letter:
    """The letter in a cleaned text.

    Raises:
        LetterError: The text is no letter, or a part of it cannot be read.
    """
    sections = find_sections(text)
    outer = {section.name: section for section in sections if section.item == 0}
    spans = _Spans()
    header = read_header(text, outer["header"].end)
    dates = _header_spans(spans, header)
    credentials = outer["reviewer"]
    states, specialties, diagnostics = read_reviewer(text, credentials.start, credentials.end)
    for place, state in enumerate(states):
        spans.keep(f"reviewer_states[{place}]", state)
    for place, specialty in enumerate(specialties):
        spans.keep(f"reviewer_specialties[{place}]", specialty)
    summary = outer["clinical_summary"]
    patient = read_patient(text, summary.body, summary.end)
    spans.keep("patient_age", patient.age)
    spans.keep("patient_sex", patient.sex)
    spans.keep("is_represented", patient.is_represented)
    decided_by = dates.get("decision_date")
    requests = tuple(_requests(text, sections, spans, decided_by))
    documents = outer.get("documents_reviewed")
    return Letter(
        case_number=header.case_number.value,
        injury_date=dates.get("injury_date"),
        ur_denial_date=dates.get("ur_denial_date"),
        application_received_date=dates.get("application_received_date"),
        assigned_date=dates.get("assigned_date"),
        decision_date=dates.get("decision_date"),
        priority=header.priority.value if header.priority else None,
        reviewer_states=tuple(state.value for state in states),
        reviewer_specialties=tuple(specialty.value for specialty in specialties),
        patient_age=patient.age.value if patient.age else None,
        patient_sex=patient.sex.value if patient.sex else None,
        is_represented=patient.is_represented.value if patient.is_represented else None,
        determination_text=spans.value(
            "determination_text", found_text(text, outer["determination"].body, credentials.end)
        ),
        clinical_summary_text=spans.value("clinical_summary_text", found_text(text, summary.body, summary.end)),
        documents_reviewed_text=spans.value(
            "documents_reviewed_text", found_text(text, documents.body, documents.end) if documents else None
        ),
        letter_layout=LAYOUT,
        requests=requests,
        extra=header.other,
        source=source,
        source_sha256=source_sha256,
        text=text,
        sections=sections,
        spans=spans,
        diagnostics=(*header.diagnostics, *diagnostics, *contradictions(dates, requests)),
    )


_NOT_NECESSARY = re.compile(
    r"(?i)\b(?:not|cannot|neither|never|n't)\b[^.]{0,60}\bmedically\s+(?:necessary|appropriate)|\bmedical\s+necessity\b[^.]*\bnot\b|\bnot\b[^.]*\bmedical\s+necessity"
)
_NECESSARY = re.compile(
    r"(?i)\b(?:is|are|was|were|be)\s+(?:considered\s+|deemed\s+)?medically\s+(?:necessary|appropriate)"
)


def contradictions(dates: Mapping[str, date], requests: Iterable[TreatmentRequest]) -> Iterator[Diagnostic]:
    """Where a letter contradicts itself. What it prints is data: it is told, not corrected."""
    known = [(name, dates[name]) for name in CHRONOLOGY if name in dates]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            yield Diagnostic("dates_out_of_order", f"{later} {second} is before {earlier} {first}")
    for request in requests:
        closing = _last_sentence(request.rationale_text or "")
        is_refused = _NOT_NECESSARY.search(closing) is not None
        is_granted = not is_refused and _NECESSARY.search(closing) is not None
        if (is_granted and request.outcome == "Upheld") or (is_refused and request.outcome == "Overturned"):
            message = f"request {request.request_number} is {request.outcome}, but its rationale ends: {closing}"
            yield Diagnostic("outcome_contradicts_rationale", message)


def _last_sentence(text: str) -> str:
    return text[max(text.rfind(stop, 0, -1) for stop in (". ", "? ", "! ")) + 1 :].strip()


def _header_spans(spans: _Spans, header: Header) -> dict[str, date]:
    spans.keep("case_number", header.case_number)
    spans.keep("priority", header.priority)
    for name, found in header.dates.items():
        spans.keep(name, found)
    return {name: found.value for name, found in header.dates.items()}


def _requests(
    text: str, sections: tuple[Section, ...], spans: _Spans, decided_by: date | None
) -> Iterator[TreatmentRequest]:
    items = [section for section in sections if section.item]
    for at in range(0, len(items), 4):
        request, claims_administrator, reviewer, rationale = items[at : at + 4]
        yield _request(text, request, (claims_administrator, reviewer, rationale), spans, decided_by)


def _request(
    text: str, section: Section, labelled: tuple[Section, Section, Section], spans: _Spans, decided_by: date | None
) -> TreatmentRequest:
    number = section.item
    prefix = f"requests[{number}]."
    outcome, request_end, outcome_start = outcome_in(text, section)
    request = found_text(text, section.start, request_end)
    parts = read_parts(text, request.start, request.end)
    spans[prefix + "outcome"] = (outcome_start, outcome_start + len(outcome))
    texts = {
        f"{part.name}_text": spans.value(f"{prefix}{part.name}_text", _filled(found_text(text, part.body, part.end)))
        for part in labelled
    }
    spans.keep(prefix + "request_text", request)
    spans.keep(prefix + "disputed_treatment_text", parts.disputed)
    return TreatmentRequest(
        request_number=number,
        request_text=request.value,
        original_request_text=spans.value(prefix + "original_request_text", parts.original),
        authorized_text=spans.value(prefix + "authorized_text", parts.authorized),
        disputed_treatment_text=parts.disputed.value,
        ur_decision="modified" if parts.is_modified else "denied",
        is_retrospective=is_retrospective(request.value, decided_by),
        outcome=outcome,
        **texts,  # type: ignore[arg-type]  # the three labelled texts by name
        citations=tuple(_citations(text, labelled, spans, prefix)),
    )


def _filled(found: Found[str]) -> Found[str] | None:
    return found if found.value else None


def _citations(text: str, labelled: tuple[Section, ...], spans: _Spans, prefix: str) -> Iterator[Citation]:
    for section in labelled[:2]:
        cited_by = section.name.removesuffix("_guideline")
        for number, cited in enumerate(read_citations(text, section.body, section.end), start=1):
            spans[f"{prefix}citations[{cited_by}, {number}].citation_text"] = (cited.start, cited.end)
            yield Citation(
                cited_by=cited_by,
                citation_number=number,
                found_in="guideline",
                guideline_source=cited.source,
                guideline_title=cited.title,
                edition_year=cited.edition_year,
                sections=(),
                pages=None,
                citation_text=cited.text,
            )
