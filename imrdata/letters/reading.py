"""Read the bytes or text of a letter into a record. All functions are pure: the same bytes give the same record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from imrdata.errors import ImrDataError, LetterError
from imrdata.letters.case_numbers import case_number_in_name, case_numbers_in, case_year
from imrdata.letters.dates import CHRONOLOGY, LAST_YEAR
from imrdata.letters.fields.citations import citations_of
from imrdata.letters.fields.contradictions import contradictions
from imrdata.letters.fields.guideline_citations import without_impossible_editions
from imrdata.letters.fields.header import Header, read_header
from imrdata.letters.fields.patient import Patient, read_patient
from imrdata.letters.fields.requests import RequestParts, is_retrospective, read_parts
from imrdata.letters.fields.reviewer import read_reviewer
from imrdata.letters.fields.treatments import read_request_treatment
from imrdata.letters.found import Diagnostic, Found, Span, collapse, text_and_span
from imrdata.letters.layouts import find_outline
from imrdata.letters.layouts.outline import Item, Outline
from imrdata.letters.layouts.request_start import line_start
from imrdata.letters.model import Citation, Letter, Treatment, TreatmentRequest
from imrdata.letters.text import letter_text
from imrdata.terms import SYNTHETIC_MARK


class _Spans(dict[str, Span]):
    """The spans of the fields found, collected while values are extracted."""

    def keep(self, name: str, found: Found[object] | None) -> None:
        """Keep the span of a value, if it was found."""
        if found is not None:
            self[name] = (found.start, found.end)

    def words(self, name: str, found: tuple[str, int, int] | None) -> str | None:
        """Keep the span of the words found, and return them; None if there are none."""
        if found is None or not found[0]:
            return None
        self[name] = found[1:]
        return found[0]


def read_bytes(
    content: bytes,
    source: str = "<bytes>",
    recognized: Mapping[int, str] | None = None,
    *,
    keep_unrecognised: bool = False,
    last_year: int = LAST_YEAR,
) -> Letter:
    """Read the letter in the bytes of a PDF or text file.

    Args:
        content: The bytes of the file.
        source: The name of the file in messages and tables.
        recognized: The words of pages that are images, by page number from 0.
        keep_unrecognised: As for `read_text`.
        last_year: As for `read_text`.

    Raises:
        LetterError: The file is not a letter, or a part cannot be read; the error names `source`.
    """
    try:
        text, of_file, origin, starts = letter_text(content, recognized)
        digest = hashlib.sha256(content).hexdigest()
        letter = read_text(text, source, digest, keep_unrecognised=keep_unrecognised, last_year=last_year)
        diagnostics = (*of_file, *letter.diagnostics)
        if origin is None:
            return replace(letter, diagnostics=diagnostics) if of_file else letter
        return replace(letter, diagnostics=diagnostics, text_origin=origin, page_starts=starts)
    except ImrDataError as error:
        error.source = source
        raise


def read_text(
    text: str,
    source: str = "<text>",
    source_sha256: str | None = None,
    *,
    keep_unrecognised: bool = False,
    last_year: int = LAST_YEAR,
) -> Letter:
    """Read the letter in a cleaned text.

    Args:
        text: The cleaned text.
        source: The name of the text in messages and tables.
        source_sha256: The SHA-256 of the bytes of the text.
        keep_unrecognised: Read a text of unknown layout as far as its outcomes allow, instead of refusing it.
        last_year: The last possible year of a date, for example next year. Reading a letter does not ask for the time.

    Raises:
        LetterError: The text is not a letter, or a part cannot be read.
    """
    outline = find_outline(text, keep_unrecognised=keep_unrecognised)
    spans = _Spans()
    diagnostics: list[Diagnostic] = list(outline.diagnostics)
    header = _header(text, outline, spans, diagnostics, last_year)
    case_number = _case_number(text, outline, header, source, diagnostics)
    _require_past(case_number, last_year)
    dates = {name: found.value for name, found in header.dates.items()}
    states, specialties = _reviewer(text, outline, spans, diagnostics)
    patient = _patient(text, outline, spans, diagnostics)
    years = [case_year(case_number), *(day.year for day in dates.values())]
    requests = _requests(text, outline, spans, dates.get("decision_date"), max(years), diagnostics=diagnostics)
    decided = [(request.outcome, request.rationale_text) for request in requests]
    is_rationale_last = outline.sections[-1].name == "rationale"
    diagnostics += contradictions(dates, decided, header.case_outcome, is_rationale_last=is_rationale_last)
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
        provenance="synthetic" if _has_mark(text) else "published",
        source=source,
        source_sha256=source_sha256,
        text=text,
        sections=outline.sections,
        spans=dict(spans),
        diagnostics=tuple(diagnostics),
    )


def _has_mark(text: str) -> bool:
    return "imrdata" in text and (SYNTHETIC_MARK in text or SYNTHETIC_MARK in collapse(text))


def _header(text: str, outline: Outline, spans: _Spans, diagnostics: list[Diagnostic], last_year: int) -> Header:
    """Read the header, with the dates that a notice of 2013 prints in prose."""
    place = outline.section("header")
    notice = outline.section("notice")
    end = notice.end if notice else place.end if place else 0
    prose = outline.section("determination") if notice else None
    request = outline.items[0].request[0]
    header_end = min(end, line_start(text, request) or request)
    header = read_header(text, header_end, (prose.body, prose.end) if prose else None, last_year)
    spans.keep("case_number", header.case_number)
    spans.keep("priority", header.priority)
    for name, found in header.dates.items():
        spans.keep(name, found)
    diagnostics += header.diagnostics
    if outline.layout.startswith("labelled_outcomes"):  # older layouts print fewer
        diagnostics += [
            Diagnostic("missing_date", f"the header gives no {name}", column=name)
            for name in CHRONOLOGY
            if name not in header.dates
        ]
    return header


def _case_number(text: str, outline: Outline, header: Header, source: str, diagnostics: list[Diagnostic]) -> str:
    named = case_number_in_name(source)
    if header.case_number is None:
        if named is not None and outline.layout == "unrecognised":
            message = "only the file name has a case number, and the text has no known layout"
            raise LetterError(message, step="fields", reason="no_case_number", section="header")
        if named is None:
            misprinted = [one.message for one in header.diagnostics if one.code == "misprinted_case_number"]
            message = "; ".join(["neither the letter nor its file name has a case number", *misprinted])
            raise LetterError(message, step="fields", reason="no_case_number", section="header")
        diagnostics.append(Diagnostic("case_number_from_name", f"the case number {named} is from the file name"))
        if others := [one for one in case_numbers_in(text) if one != named]:
            message = f"the letter names {others[0]}, the file name {named}"
            diagnostics.append(Diagnostic("case_number_differs_from_name", message))
        return named
    if named is not None and named != header.case_number.value:
        message = f"the letter says {header.case_number.value}, the file name {named}"
        diagnostics.append(Diagnostic("case_number_differs_from_name", message))
    return header.case_number.value


def _require_past(case_number: str, last_year: int) -> None:
    if (year := case_year(case_number)) > last_year:
        message = f"the case number {case_number} is of {year}, which is in the future"
        raise LetterError(message, step="fields", reason="impossible_case_number", section="header")


def _reviewer(
    text: str, outline: Outline, spans: _Spans, diagnostics: list[Diagnostic]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    place = outline.section("reviewer") or outline.section("determination")
    states, specialties, of_reviewer = read_reviewer(text, place.start, place.end) if place else ([], [], [])
    diagnostics += of_reviewer
    for at, state in enumerate(states):
        spans.keep(f"reviewer_states[{at}]", state)
    for at, specialty in enumerate(specialties):
        spans.keep(f"reviewer_specialties[{at}]", specialty)
    return tuple(state.value for state in states), tuple(specialty.value for specialty in specialties)


def _patient(text: str, outline: Outline, spans: _Spans, diagnostics: list[Diagnostic]) -> Patient:
    summary = outline.section("clinical_summary")
    patient = read_patient(text, summary.body, summary.end) if summary else Patient(None, None, None)
    spans.keep("patient_age", patient.age)
    spans.keep("patient_sex", patient.sex)
    spans.keep("is_represented", patient.is_represented)
    diagnostics += patient.diagnostics
    return patient


def _section_text(text: str, outline: Outline, spans: _Spans, name: str) -> str | None:
    section = outline.section(name)
    if section is None:
        return None
    end = section.end
    reviewer = outline.section("reviewer")
    if name == "determination" and reviewer and reviewer.start == end:
        end = reviewer.end  # the credentials are in the section on how the determination was made
    return spans.words(f"{name}_text", text_and_span(text, section.body, end))


def _requests(
    text: str,
    outline: Outline,
    spans: _Spans,
    decision_date: date | None,
    last_year: int,
    *,
    diagnostics: list[Diagnostic],
) -> tuple[TreatmentRequest, ...]:
    not_modified = "denied" if outline.layout.startswith("labelled_outcomes") else None  # older layouts do not say
    requests = tuple(
        _request(text, item, spans, decision_date, not_modified, diagnostics=diagnostics) for item in outline.items
    )
    if outline.layout == "unrecognised":
        message = "unknown layout; a request may lack words of the lines above it"
        diagnostics.append(Diagnostic("unrecognised_layout", message))
    diagnostics += [
        Diagnostic("missing_rationale", f"request {item.number} has no rationale", item.number, "rationale_text")
        for item in outline.items
        if item.rationale is None
    ]
    requests, impossible = without_impossible_editions(requests, last_year)
    diagnostics += impossible
    return requests


def _request(
    text: str,
    item: Item,
    spans: _Spans,
    decision_date: date | None,
    not_modified: str | None,
    *,
    diagnostics: list[Diagnostic],
) -> TreatmentRequest:
    """Read a request; `not_modified` is the ``ur_decision`` of a request that utilization review did not modify."""
    prefix = f"requests[{item.number}]."
    request, start, end = text_and_span(text, *item.request)
    parts = read_parts(text, start, end)
    spans[prefix + "outcome"] = item.outcome_span
    spans[prefix + "request_text"] = start, end
    spans.keep(prefix + "disputed_treatment_text", parts.disputed)

    def words(part: str) -> str | None:
        span: Span | None = getattr(item, part)
        return spans.words(f"{prefix}{part}_text", text_and_span(text, *span)) if span else None

    treatment = read_request_treatment(parts)
    diagnostics += _doubts(item.number, parts, treatment)
    return TreatmentRequest(
        request_number=item.number,
        request_text=request,
        original_request_text=spans.words(prefix + "original_request_text", parts.original),
        authorized_text=spans.words(prefix + "authorized_text", parts.authorized),
        disputed_treatment_text=parts.disputed.value,
        ur_decision="modified" if parts.is_modified else not_modified,
        is_retrospective=is_retrospective(request, decision_date),
        outcome=item.outcome,
        claims_administrator_guideline_text=words("claims_administrator_guideline"),
        reviewer_guideline_text=words("reviewer_guideline"),
        rationale_text=words("rationale"),
        citations=_citations(text, item, spans, diagnostics),
        treatment=treatment,
    )


def _citations(text: str, item: Item, spans: _Spans, diagnostics: list[Diagnostic]) -> tuple[Citation, ...]:
    cited, told = citations_of(text, item)
    for one, span, _ in cited:
        spans[f"requests[{item.number}].citations[{one.cited_by}, {one.citation_number}].citation_text"] = span
    diagnostics += told
    return tuple(one for one, _, _ in cited)


def _doubts(number: int, parts: RequestParts, treatment: Treatment) -> Iterator[Diagnostic]:
    if parts.is_modified and (parts.original is None or parts.authorized is None):
        message = f"request {number} was modified, but what was requested or authorized is not told apart"
        yield Diagnostic("incomplete_modification", message, number)
    if treatment.is_unknown:
        yield Diagnostic("unknown_treatment", parts.disputed.value, number)
    if treatment.is_contested:
        message = f"request {number} names several treatments of one rank; the first was taken"
        yield Diagnostic("several_treatments", message, number, excerpt=parts.disputed.value)
    for printed, right in treatment.guesses:
        message = f"request {number}: {printed!r} is read as {right!r}"
        yield Diagnostic("guessed_word", message, number, excerpt=printed)
