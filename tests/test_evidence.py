"""The words that derived fields were read from, and the row of a vocabulary that decided each."""

from __future__ import annotations

import pytest
from conftest import LETTER

import imrdata
from imrdata.letters.reading import read_text


def evidence(request: str) -> list[tuple[str, str, str]]:
    letter = read_text(LETTER.replace("MRI of the left knee", request))
    return [
        (one.name.removeprefix("requests[1]."), " ".join(letter.text[one.start : one.end].split()), one.why)
        for one in letter.evidence()
        if one.name.startswith("requests[1].")
    ]


@pytest.mark.parametrize(
    ("request_text", "column", "words", "why"),
    [
        ("MRI of the left knee", "treatment_category", "MRI", "of treatments.csv, rank service: Diagnostic Testing"),
        ("MRI of the left knee", "body_parts", "knee", "`knees?` of body_parts.csv: knee"),
        ("MRI of the left knee", "laterality", "left", "`left` of laterality.csv: left"),
        ("Norco 10/325 mg #60", "treatment_category", "Norco", "of drugs.csv: acetaminophen/hydrocodone, Opioids"),
        ("Norco 10/325 mg #60", "drugs", "Norco", "`norco` of drugs.csv"),
        ("Norco 10/325 mg #60", "quantity", "60", "as printed"),
        ("Aquatic therapy 2 times a\nweek for 6 weeks", "frequency", "2 times a week", "as printed"),
        ("Repair of the shoulder", "treatment_category", "Repair", "`repair` of treatments.csv, rank service: Surgery"),
        ("Consultation before the operation", "treatment_category", "operation", "beside it: Surgery, Surgical Con"),
        ("Carpal tunnel release", "body_parts", "Carpal tunnel release", "implies wrist"),
        ("MRI of the lum-\nbar spine", "treatment_category", "MRI", "of treatments.csv"),
    ],
)  # fmt: skip
def test_the_words_and_the_row(request_text: str, column: str, words: str, why: str) -> None:
    found = [(text, told) for name, text, told in evidence(request_text) if name == column]
    assert [text for text, told in found if why in told] == [words], found


@pytest.mark.parametrize("request_text", ["Zzyzx", "\u0130 MRI of the knee"])  # the lower case of this I is longer
def test_nothing_is_marked_where_nothing_is_sure(request_text: str) -> None:
    assert evidence(request_text) == []


def test_spans_show_the_derived_fields_and_why() -> None:
    page = read_text(LETTER).show_spans().html
    assert 'title="requests[1].body_parts: `knees?` of body_parts.csv: knee">knee</mark>' in page


def test_a_letter_from_another_process_explains_itself() -> None:
    assert imrdata.read_letter(imrdata.example_letter()).evidence() != ()
