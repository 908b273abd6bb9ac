"""A readable page of a letter."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

from imrdata.display.html import Markup, chips, facts, joined, outcome, page, tag

if TYPE_CHECKING:
    from imrdata.letters.model import Amounts, Citation, Letter, TreatmentRequest

_DATES = {
    "Date of injury": "injury_date",
    "UR denial date": "ur_denial_date",
    "Application received": "application_received_date",
    "Date assigned": "assigned_date",
    "Decision date": "decision_date",
}
_TEXTS = {"Clinical case summary": "clinical_summary_text", "Documents reviewed": "documents_reviewed_text"}
_SYNTHETIC = "Synthetic letter, made by this package; it is about nobody and decides nothing."


def letter_html(letter: Letter) -> str:
    """Return the page of a letter: header, reviewer, summary, each request with its outcome, and diagnostics."""
    parts = [tag("h3", tag("span", letter.case_number), " ", outcome(letter.case_outcome))]
    if letter.provenance != "published":
        parts.append(tag("p", _SYNTHETIC, kind="notice"))
    if letter.ocr_engine:
        recognized = (
            f"Words were recognized in images by {letter.ocr_engine}. letter.show_page(1) shows a page beside them."
        )
        parts.append(tag("p", recognized, kind="notice"))
    parts.append(_header(letter))
    for heading, name in _TEXTS.items():
        if getattr(letter, name):
            parts += [tag("h4", heading), tag("p", getattr(letter, name))]
    parts += [_request(request) for request in letter.requests]
    if letter.diagnostics:
        told = [tag("li", tag("code", one.code), " ", one.message) for one in letter.diagnostics]
        parts += [tag("h4", "Notes about this letter"), tag("ul", *told, kind="told")]
    parts.append(tag("p", f"Source: {PureWindowsPath(letter.source).name}", kind="source"))
    return page(parts)


def _header(letter: Letter) -> Markup:
    states = ", ".join(letter.reviewer_states)
    worker = [
        f"{letter.patient_age} years" if letter.patient_age is not None else None,
        letter.patient_sex,
        {True: "represented by an attorney", False: "not represented", None: None}[letter.is_represented],
    ]
    return facts(
        [
            *((label, getattr(letter, name)) for label, name in _DATES.items()),
            ("Priority", letter.priority),
            ("Reviewer", joined([chips(letter.reviewer_specialties), f"licensed in {states}" if states else ""])),
            ("Injured worker", _listed(worker)),
        ]
    )


def _request(request: TreatmentRequest) -> Markup:
    heading = tag("h4", f"{request.request_number}. {request.request_text} ", outcome(request.outcome))
    treatment = request.treatment
    side = f" ({treatment.laterality})" if treatment.laterality else ""
    rows = facts(
        [
            ("Treatment", ": ".join(dict.fromkeys([treatment.category, treatment.subcategory]))),
            ("Drugs", chips(treatment.drugs)),
            ("Body parts", f"{_listed(treatment.body_parts)}{side}".strip()),
            ("Amounts", _listed(_amounts(treatment.amounts))),
            ("Date of service", "retrospective: the treatment was already given" if request.is_retrospective else None),
            *_utilization_review(request),
            ("Claims administrator's guideline", _cited(request, "claims_administrator")),
            ("Reviewer's guideline", _cited(request, "reviewer")),
        ]
    )
    rationale = [tag("h5", "Rationale"), tag("p", request.rationale_text)] if request.rationale_text else []
    return tag("section", heading, rows, *rationale, kind=f"request {request.outcome.lower()}")


def _utilization_review(request: TreatmentRequest) -> list[tuple[str, object]]:
    if request.ur_decision != "modified":
        return [("Utilization review", request.ur_decision)]
    return [
        ("Utilization review", "modified the request"),
        ("Requested at first", request.original_request_text),
        ("Authorized", request.authorized_text),
        ("In dispute", request.disputed_treatment_text),
    ]


def _cited(request: TreatmentRequest, party: str) -> Markup:
    """Return the guidelines that a party cites, and its guideline line as printed."""
    cited = [_citation(one) for one in request.citations if one.cited_by == party]
    return joined([chips(cited), getattr(request, f"{party}_guideline_text")])


def _citation(one: Citation) -> str:
    """Return a short form of a citation: source, title, year, sections, pages."""
    name = one.guideline_title or ""
    source = "" if one.guideline_source in {"Other", name.split(" ")[0]} else f"{one.guideline_source} "
    whole = f"{source}{name}".strip() or one.citation_text
    year = f" ({one.edition_year})" if one.edition_year is not None else ""
    places = [*one.sections, *([f"p. {one.pages}"] if one.pages else [])]
    where = "; in the rationale" if one.found_in == "rationale" else ""
    return f"{whole}{year}{': ' if places else ''}{'; '.join(places)}{where}"


def _amounts(amounts: Amounts) -> Iterable[str | None]:
    if amounts.quantity is not None:
        number = int(amounts.quantity) if amounts.quantity.is_integer() else amounts.quantity
        yield f"{number} {amounts.quantity_unit or ''}".strip()
    yield from (amounts.strength, amounts.frequency, amounts.duration)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values if value is not None)
