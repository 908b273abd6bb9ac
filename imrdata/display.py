"""How letters and data sets look in a notebook.

Every word comes from a letter, and letters come from the web: all of it is escaped. This module draws what it is
given and knows no other, so that records can show themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """<style>
.imrdata { font-family: var(--jp-content-font-family, sans-serif); max-width: 60em }
.imrdata table { border-collapse: collapse; margin: .4em 0 }
.imrdata td { text-align: left; padding: .15em .8em .15em 0; vertical-align: top }
.imrdata .outcome { font-weight: bold }
.imrdata p { margin: .3em 0 }
</style>"""
_HEADER = {
    "Decision date": "decision_date",
    "Date of injury": "injury_date",
    "UR denial date": "ur_denial_date",
    "Application received": "application_received_date",
    "Date assigned": "assigned_date",
    "Priority": "priority",
}
_SHOWN = 10


def letter_html(letter: Any) -> str:
    """A letter as a page: header, reviewer, summary, and each request with its outcome and rationale."""
    rows = [(label, getattr(letter, name)) for label, name in _HEADER.items()]
    rows.append(("Reviewer", _listed(letter.reviewer_specialties, licensed=letter.reviewer_states)))
    rows.append(("Injured worker", _listed([letter.patient_age, letter.patient_sex])))
    parts = [f"<h3>{_text(letter.case_number)}: {_text(letter.case_outcome)}</h3>", _table(rows)]
    if letter.clinical_summary_text:
        parts.append(f"<h4>Clinical case summary</h4><p>{_text(letter.clinical_summary_text)}</p>")
    for request in letter.requests:
        parts.append(
            f"<h4>{request.request_number}. {_text(request.request_text)}: "
            f'<span class="outcome">{_text(request.outcome)}</span></h4>'
        )
        amounts = [request.quantity, request.quantity_unit, request.strength, request.frequency, request.duration]
        parts.append(
            _table(
                [
                    ("Treatment", f"{request.treatment_category}: {request.treatment_subcategory}"),
                    ("Drugs", _listed(request.drugs)),
                    ("Body parts", _listed([request.laterality, *request.body_parts])),
                    ("Amounts", _listed(amounts)),
                    ("Utilization review", request.ur_decision),
                    ("Claims administrator", request.claims_administrator_guideline_text),
                    ("Reviewer", request.reviewer_guideline_text),
                    ("Rationale", request.rationale_text),
                ]
            )
        )
    return _page(parts)


def dataset_html(title: str, summary: Iterable[Sequence[object]], quarantine: Sequence[Mapping[str, object]]) -> str:
    """A data set: its figures, and the first of what was quarantined."""
    parts = [f"<h3>{_text(title)}</h3>", _table(summary)]
    if quarantine:
        parts.append("<h4>Quarantined</h4>")
        parts.append(_table((row["source"], row["reason"], row["message"]) for row in quarantine[:_SHOWN]))
    if len(quarantine) > _SHOWN:
        parts.append(f"<p>and {len(quarantine) - _SHOWN:,} more</p>")
    return _page(parts)


def _listed(values: Iterable[object], licensed: Sequence[str] = ()) -> str:
    listed = ", ".join(
        f"{value:g}" if isinstance(value, float) else str(value) for value in values if value is not None
    )
    return f"{listed} (licensed in {', '.join(licensed)})" if licensed else listed


def _page(parts: Iterable[str]) -> str:
    return f'{_STYLE}<div class="imrdata">{"".join(parts)}</div>'


def _table(rows: Iterable[Sequence[object]]) -> str:
    cells = ("".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _text(value: object) -> str:
    return "" if value is None else escape(str(value), quote=True)
