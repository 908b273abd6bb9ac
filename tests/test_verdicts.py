"""Test closing sentences of rationales: none is read as its opposite, and ambiguous ones are not read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from imrdata.letters.verdict import case_outcome_of, last_sentence, verdict_of

LEAST_RECALL = 0.97


def test_verdicts_are_never_read_as_their_opposite() -> None:
    with (Path(__file__).parent / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["verdict"], (verdict_of(row["closing"]) or "none").lower()) for row in csv.DictReader(file)]
    read = [(truth, found) for truth, found in rows if found != "none"]
    right = sum(truth == found for truth, found in read)
    precision, recall = right / len(read), right / sum(truth != "none" for truth, _ in rows)
    print(f"\n{len(rows)} closings: precision {precision:.3f}, recall {recall:.3f}")
    assert precision == 1
    assert recall >= LEAST_RECALL


@pytest.mark.parametrize("before", ["and so on " * 100, "In \u0130zmir, "])
def test_a_sentence_that_is_endless_or_longer_in_lower_case_states_nothing(before: str) -> None:
    assert verdict_of("The brace is not medically necessary.") == "Upheld"
    assert verdict_of(f"{before}the brace is not medically necessary.") is None


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["Upheld"], "Upheld"),
        (["Upheld", "Upheld"], "Upheld"),
        (["Overturned", "Overturned"], "Overturned"),
        (["Upheld", "Overturned"], "Partially overturned"),
    ],
)
def test_a_case_has_the_outcome_of_all_its_requests(outcomes: list[str], expected: str) -> None:
    assert case_outcome_of(outcomes) == expected


@pytest.mark.parametrize(
    ("rationale", "expected"),
    [
        ("Rest helped. The brace is not needed.", "The brace is not needed."),
        ("Did rest help? The brace is not needed.", "The brace is not needed."),
        (
            "As odg.com/knee?part=3 says, the brace is not needed.",
            "As odg.com/knee?part=3 says, the brace is not needed.",
        ),
        ("The brace is not needed", "The brace is not needed"),
    ],
)
def test_the_last_sentence_begins_after_a_stop_and_a_space(rationale: str, expected: str) -> None:
    assert last_sentence(rationale) == expected
