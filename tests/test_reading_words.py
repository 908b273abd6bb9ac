"""Test that the example of each row of `reading_words.csv` and `units.csv` is read by that row."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imrdata.letters.fields.amounts import read_amounts
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.parties import agrees_with_administrator
from imrdata.letters.fields.patient import read_patient
from imrdata.letters.fields.requests import read_parts
from imrdata.letters.fields.reviewer import read_reviewer
from imrdata.letters.fields.treatments import read_treatment
from imrdata.letters.layouts import documents, request_start, request_words
from imrdata.letters.layouts.request_marks import number_mark
from imrdata.letters.layouts.request_start import is_complete
from imrdata.resources import split_cell, vocabulary


def age(text: str) -> int | None:
    found = read_patient(text, 0, len(text)).age
    return found.value if found else None


def is_represented(text: str) -> bool:
    return read_patient(text, 0, len(text)).is_represented is not None


def is_credential(text: str) -> bool:
    line = f"The reviewer {text} Chiropractor."
    return [one.value for one in read_reviewer(line, 0, len(line))[1]] == ["Chiropractor"]


def sex(text: str) -> str | None:
    found = read_patient(text, 0, len(text)).sex
    return found.value if found else None


def credential_codes(text: str) -> list[str]:
    line = f"The reviewer is certified in Surgery and is licensed to practice in Ohio, {text} Utah."
    return [one.code for one in read_reviewer(line, 0, len(line))[2]]


def is_on_the_spine(text: str) -> bool:
    return read_treatment(f"Open excision, low back: {text}").subcategory == "Spine"


def is_compounded(text: str) -> bool:
    return read_treatment(text).subcategory == "Topical Compounds"


READ_AS: dict[str, Callable[[str], object]] = {
    "abbreviation": lambda text: request_start.is_abbreviated(f"take 1 {text}"),
    "cited": lambda text: not read_citations(f"Not {text}."),
    "cited_no": lambda text: not read_citations(f"MAXIMUS {text} no guideline."),
    "beside_credentials": lambda text: credential_codes(text) == [] and credential_codes("Bow") == ["unknown_state"],
    "credential": is_credential,
    "decision_line": lambda text: request_start._ends_rationale().fullmatch(text),
    "did_not": lambda text: not read_citations(f"MAXIMUS did not {text} any."),
    "directions": request_start._is_request,
    "evidence": lambda text: not read_citations(f"No {text}."),
    "female": lambda text: sex(f"The worker is a {text}.") == sex(f"A 40-year-old {text}") == "female",
    "frequency": lambda text: read_amounts(text, "", "").frequency == text.removeprefix("1 ").rstrip("."),
    "granted": lambda text: read_parts(f"Norco #90, UR {text}", 0, 99).is_modified,
    "lawyer": lambda text: (
        is_represented(f"He is represented by {text}") and is_represented(f"He, represented by {text}")
    ),
    "last_word": is_complete,
    "male": lambda text: sex(f"The worker is a {text}.") == sex(f"A 40-year-old {text}") == "male",
    "narrative": lambda text: request_words.other_words(text) and request_start._prose().match(text),
    "never_first": request_words.other_words,
    "numbered_word": lambda text: number_mark(text, (0, len(text))),
    "no_value": lambda text: read_reviewer(f"Certification(s)/Specialty: {text}", 0, 99)[1] == [],
    "lapsed": lambda text: credential_codes(f"Ohio {text}") == ["unknown_state"],
    "not_cited": lambda text: not read_citations(f"ODG is not {text}."),
    "not_held": lambda text: not is_credential(f"is {text} certified in"),
    "not_represented": lambda text: not is_represented(f"{text} by counsel"),
    "not_the_spine": lambda text: is_on_the_spine("repair") and not is_on_the_spine(text),
    "not_the_worker": lambda text: age(f"There is {text}") is None,
    "of_another": lambda text: age(f"She was {text} man.") is None,
    "oral_form": lambda text: is_compounded("Gabapentin 5%") and not is_compounded(f"Gabapentin 5% {text}"),
    "other_voice": lambda text: documents._other_writer(text, 0, len(text)) is not None,
    "other_person": lambda text: sex("The worker fell. She left.") and not sex(f"The worker saw the {text}. She left."),
    "past_age": lambda text: age(f"The worker smokes {text} age 41.") is None,
    "prose": lambda text: request_start._prose().fullmatch(text),
    "relevant": lambda text: agrees_with_administrator(f"MAXIMUS found the same guidelines {text}."),
    "reviewer_note": lambda text: (
        not documents._verdict_paragraph(f"It is not medically necessary. {text} ", 0, 200)[1]
    ),
    "sentence_opener": lambda text: request_start._sentence_opener().match(text),
    "sentence_word": lambda text: not request_start._is_request(text),
    "skin_form": lambda text: is_compounded(f"Gabapentin and cyclobenzaprine {text}"),
    "uncounted": lambda text: read_amounts(f"Radiograph x {text}", "Diagnostic Testing", "").quantity is None,
    "verdict_phrase": lambda text: documents._closing_before_title(f"{text}.\nDECLARATION\n", 0, 99),
    "verdict_word": lambda text: (
        is_complete(text) and documents._closing_before_title(f"{text}.\nDECLARATION\n", 0, 99)
    ),
    "worker": lambda text: age(text if "," in text else f"The {text}, a 40 year old man") == 40,
}


@pytest.mark.parametrize("row", vocabulary("reading_words"), ids=lambda row: f"{row['kind']}-{row['pattern']}")
def test_each_row_is_what_its_example_is_read_by(row: dict[str, str]) -> None:
    assert READ_AS[row["kind"]](row["example"])


USED_AS = {
    "bulk": ("DMEPOS", "Liner, 60 {}"),
    "form": ("Pharmaceuticals", "Naproxen {} #60"),
    "package": ("Pharmaceuticals", "Naproxen 60 {}"),
    "program": ("Programs", "Work hardening 60 {}"),
    "total": ("Pharmaceuticals", "Naproxen #60 {}"),
}
PLACES = [(row["term"], use, row["unit"]) for row in vocabulary("units") for use in split_cell(row["used_as"])]


@pytest.mark.parametrize(("term", "use", "unit"), PLACES)
def test_a_printed_unit_counts_as_its_row_says(term: str, use: str, unit: str) -> None:
    if use == "dose":  # an amount per dose is not a total
        assert read_amounts(f"Naproxen x 2 {term} daily", "Pharmaceuticals", "").quantity is None
    else:
        category, text = USED_AS[use]
        found = read_amounts(text.format(term), category, "")
        assert (found.quantity, found.quantity_unit or "") == (60, unit)


@pytest.mark.parametrize("row", vocabulary("units"), ids=lambda row: row["term"])
def test_each_unit_is_in_its_example(row: dict[str, str]) -> None:
    categories = ("Pharmaceuticals", "DMEPOS", "Programs")
    found = {read_amounts(row["example"], category, "").quantity_unit or "" for category in categories}
    assert row["unit"] in found
