"""What a request asks for: about 1,700 invented requests with their meaning, in ``treatment_requests.csv``."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from imrdata.letters.fields.treatments import read_treatment
from imrdata.letters.model import Amounts

with (Path(__file__).parent / "treatment_requests.csv").open(encoding="utf-8", newline="") as file:
    REQUESTS = list(csv.DictReader(file))


KNOWN_MISSES = {"Vancomycin IV 1 gram daily"}  # a dose, read as a quantity


@pytest.mark.parametrize("column", ["category", "subcategory", "body_parts", "laterality", "drugs", "quantity"])
def test_invented_requests(column: str) -> None:
    wrong = []
    for row in REQUESTS:
        found = read_treatment(row["text"])
        value = {
            "category": found.category,
            "subcategory": found.subcategory,
            "body_parts": "; ".join(found.body_parts),
            "laterality": found.laterality or "",
            "drugs": "; ".join(found.drugs),
            "quantity": "" if found.amounts.quantity is None else f"{found.amounts.quantity:g}",
        }[column]
        due = f"{float(row[column]):g}" if column == "quantity" and row[column] not in ("", "?") else row[column]
        if due not in ("?", value):  # a question mark: what is right is open
            wrong.append((row["text"], due, value))
    assert [one for one in wrong if one[0] not in KNOWN_MISSES] == []


@pytest.mark.parametrize(
    ("text", "quantity", "unit", "strength", "frequency", "duration"),
    [
        ("Norco 10/325mg #60", 60, None, "10/325mg", None, None),
        (
            "Physical therapy 2 times a week for 6 weeks (12 sessions)",
            12,
            "sessions",
            None,
            "2 times a week",
            "6 weeks",
        ),
        ("Physical therapy 2 times a week for 6 weeks", 12, "sessions", None, "2 times a week", "6 weeks"),
        ("Physical therapy 2-3 times a week for 6 weeks", None, None, None, "2-3 times a week", "6 weeks"),
        ("Ibuprofen 600mg tablets #90 with 2 refills", 90, "tablets", "600mg", None, None),
        ("Eight acupuncture visits", 8, "visits", None, None, None),
        ("MRI of the left knee", None, None, None, None, None),
    ],
)
def test_amounts(
    text: str,
    quantity: float | None,
    unit: str | None,
    strength: str | None,
    frequency: str | None,
    duration: str | None,
) -> None:
    assert read_treatment(text).amounts == Amounts(quantity, unit, strength, frequency, duration)


def test_words_are_matched_whole() -> None:
    found = read_treatment("Intense pain, Aromasomatics")  # no TENS, no Soma
    assert (found.category, found.drugs, found.is_unknown) == ("Other", (), True)
