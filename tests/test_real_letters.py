"""Compare the fields of real letters with hand-checked values, if both are available."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import imrdata

LETTER_FIELDS = [
    "injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date",
    "priority", "reviewer_states", "reviewer_specialties", "patient_age", "patient_sex",
]  # fmt: skip
REQUEST_FIELDS = ["outcome", "ur_decision", "is_retrospective"]
TEXTS = ["request_text", "disputed_treatment_text", "claims_administrator_guideline_text", "reviewer_guideline_text"]


@pytest.fixture(scope="module")
def data(real_letters: Path) -> imrdata.Dataset:
    return imrdata.load(real_letters)


def test_no_real_letter_is_quarantined(data: imrdata.Dataset) -> None:
    assert data.quarantine.rows() == []
    assert data.letters.height == data.document_count


def bare(text: str | None) -> str:
    return "".join((text or "").replace("-", "").split())


def test_letters(data: imrdata.Dataset, answers: dict[str, dict[str, Any]]) -> None:
    rows = {row["case_number"]: row for row in data.letters.iter_rows(named=True)}
    wrong = []
    for case_number, answer in answers.items():
        for name in LETTER_FIELDS:
            value = rows[case_number][name]
            value = value.isoformat() if name.endswith("_date") else value
            if value != answer[name]:
                wrong.append((case_number, name, answer[name], value))
    assert wrong == []


def test_requests(data: imrdata.Dataset, answers: dict[str, dict[str, Any]]) -> None:
    rows = {(row["case_number"], row["request_number"]): row for row in data.decisions.iter_rows(named=True)}
    due = {(case, request["request_number"]): request for case, one in answers.items() for request in one["requests"]}
    assert {key for key in rows if key[0] in answers} == set(due)
    wrong = []
    for key, answer in due.items():
        wrong += [(key, name) for name in REQUEST_FIELDS if rows[key][name] != answer[name]]
        wrong += [(key, name) for name in TEXTS if bare(rows[key][name]) != bare(answer[name])]
        rationale = bare(rows[key]["rationale_text"])
        if not rationale.startswith(bare(answer["rationale_first"])):
            wrong.append((key, "rationale_first"))
        if not rationale.endswith(bare(answer["rationale_last"])):
            wrong.append((key, "rationale_last"))
    assert wrong == []


def test_citations(data: imrdata.Dataset, answers: dict[str, dict[str, Any]]) -> None:
    cited: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for row in data.citations.filter(found_in="guideline").iter_rows(named=True):
        cited.setdefault((row["case_number"], row["request_number"], row["cited_by"]), []).append(row)
    wrong = []
    for case_number, answer in answers.items():
        for request in answer["requests"]:
            for party in ("claims_administrator", "reviewer"):
                rows = cited.get((case_number, request["request_number"], party), [])
                due = request[f"{party}_cites"]
                mtus = {
                    f"{row['guideline_title']} {row['edition_year']}"
                    for row in rows
                    if row["guideline_source"] == "MTUS"
                }
                sources = {row["guideline_source"] for row in rows}
                if (mtus, "ODG" in sources, not rows) != (set(due["mtus"]), due["odg"], due["none"]):
                    wrong.append((case_number, request["request_number"], party))
    assert wrong == []
