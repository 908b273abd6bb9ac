"""Test the evidence of derived fields: the words and the vocabulary row that decided each."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_bytes, read_text
from imrdata.synthetic import synthesize


def evidence(request: str) -> list[tuple[str, str, str]]:
    letter = read_text(LETTER.replace("MRI of the left knee", request))
    return [
        (one.name.removeprefix("requests[1]."), " ".join(letter.text[one.start : one.end].split()), one.why)
        for one in letter.evidence()
        if one.name.startswith("requests[1].")
    ]


_MODIFIED = (
    "Acupuncture, {} was the original request. Acupuncture, {} was authorized by the Claims Administrator."
    " The remaining IMR eligible portion of the original request, Acupuncture, {} is"
)


@pytest.mark.parametrize(
    ("request_text", "column", "words", "why"),
    [
        ("MRI of the left knee", "treatment_category", "MRI", "of treatments.csv, rank service: Diagnostic Testing"),
        ("MRI of the left knee", "body_parts", "knee", "`knees?` of body_parts.csv: knee"),
        ("MRI of the left knee", "laterality", "left", "`left` of laterality.csv: left"),
        ("Norco 10/325 mg #60", "treatment_category", "Norco", "of drugs.csv: acetaminophen/hydrocodone, Opioids"),
        ("Norco 10/325 mg #60", "drugs", "Norco", "`norco` of drugs.csv"),
        ("Norco 10/325 mg #60", "quantity", "60", "60, no unit"),
        ("Aquatic therapy 2 times a\nweek for 6 weeks", "frequency", "2 times a week", "as printed"),
        ("Repair of the shoulder", "treatment_category", "Repair", "`repair` of treatments.csv, rank service: Surgery"),
        ("Consultation before the operation", "treatment_category", "operation", "beside it: Surgery, Surgical Con"),
        ("Carpal tunnel release", "body_parts", "Carpal tunnel release", "implies wrist"),
        ("MRI of the lum-\nbar spine", "treatment_category", "MRI", "of treatments.csv"),
        ("Acupuncture twice a\nweek for 6 weeks, knee", "quantity", "twice a week for 6 weeks", "12, sessions"),
        ("Acupuncture for 6 weeks, 2 times a week", "quantity", "6 weeks, 2 times a week", "12, sessions"),
        ("Acupuncture 2  x 6", "quantity", "2 x 6", "12, sessions"),
        ("Acupuncture once a week x 8", "quantity", "8", "8, no unit"),
        ("12 tubs of ice", "quantity", "12", "12, no unit"),
        ("Ten (10) visits of acupuncture", "quantity", "Ten (10)", "10, visits"),
        ("Norco 60 mg #60", "quantity", "60", "60, no unit"),
        ("Norco 10/325 mg, sixty tablets", "quantity", "sixty", "60, tablets"),
        ("\u0130 acupuncture 3 x 4, neck", "quantity", "3 x 4", "12, sessions"),  # the lower case of this I is longer
        ("\u0130 acupuncture 3 x 4, neck", "body_parts", "neck", "of body_parts.csv: neck"),
        ("Gabapentn\n600 mg for neck pain", "drugs", "Gabapentn", "`gabapentin` of drugs.csv"),
        ("Gabapentn\n600 mg for neck pain", "body_parts", "neck", "of body_parts.csv: neck"),
        ("Zzyzx of\nquux", "treatment_category", "Zzyzx of quux", "no vocabulary has these words"),
        (_MODIFIED.format("2 x 6", "2 x 4", "4 visits"), "quantity", "4", "4, visits"),
        (_MODIFIED.format("2 x 6", "2 x 4", "4 visits"), "requested_quantity", "2 x 6", "12, sessions"),
        (_MODIFIED.format("2 x 6", "2\nx 4", "4 visits"), "authorized_quantity", "2 x 4", "8, sessions"),
    ],
)  # fmt: skip
def test_the_words_and_the_row(request_text: str, column: str, words: str, why: str) -> None:
    found = [(text, told) for name, text, told in evidence(request_text) if name == column]
    assert [text for text, told in found if why in told] == [words], found


_OF_TREATMENT = ("category", "drugs", "body_parts", "laterality")
_OF_AMOUNTS = ("quantity", "requested_quantity", "authorized_quantity", "strength", "frequency", "duration")


def unmarked(letter: Letter) -> list[tuple[int, str]]:
    """Return the derived fields that have a value without words, or words without a value."""
    marked = {one.name for one in letter.evidence()}
    values = [
        (request.request_number, "treatment_category" if name == "category" else name, getattr(part, name))
        for request in letter.requests
        for part, names in ((request.treatment, _OF_TREATMENT), (request.treatment.amounts, _OF_AMOUNTS))
        for name in names
    ]
    return [
        (number, name)
        for number, name, value in values
        if (value not in (None, ())) != (f"requests[{number}].{name}" in marked)
    ]


def test_every_derived_value_has_its_words() -> None:
    letters = [read_bytes(one.text.encode(), one.letter.source) for one in synthesize(100, seed=9)]
    for name in ("treatment_requests.csv", "unseen_requests.csv"):
        texts = pl.read_csv(Path(__file__).with_name(name), infer_schema=False)["text"]
        letters += [read_text(LETTER.replace("MRI of the left knee", text)) for text in texts.gather_every(3)]
    assert [(letter.requests[0].request_text, found) for letter in letters if (found := unmarked(letter))] == []


def test_spans_show_the_derived_fields_and_why() -> None:
    page = read_text(LETTER).show_spans().html
    assert 'title="requests[1].body_parts: `knees?` of body_parts.csv: knee">knee</mark>' in page


def test_a_letter_from_another_process_explains_itself() -> None:
    assert imrdata.read_letter(imrdata.example_letter()).evidence() != ()
