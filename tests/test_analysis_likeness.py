"""Test `frame.imr.split_decisions` and `.recurring_texts`: similarities between letters."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from imrdata.errors import UnknownTermError

WORDS = ["record", "shows", "trial", "care", "before", "request", "made", "again", "first", "line", "pain", "visit"]


def frames(
    *requests: tuple[str, str | None, str, str | None], provenance: str = "published"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make decisions and citations from (case number, treatment, outcome, cited subject)."""
    rows = [
        (case, number, treatment, outcome, provenance) for number, (case, treatment, outcome, _) in enumerate(requests)
    ]
    names = ["case_number", "request_number", "treatment_name", "outcome", "provenance"]
    cited = [(case, number, "reviewer", subject, provenance) for number, (case, _, _, subject) in enumerate(requests)]
    of_citations = ["case_number", "request_number", "cited_by", "guideline_subject", "provenance"]
    citations = pl.DataFrame(cited, schema=of_citations, orient="row").with_columns(found_in=pl.lit("guideline"))
    return pl.DataFrame(rows, schema=names, orient="row"), citations


def split(decisions: pl.DataFrame, citations: pl.DataFrame) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = decisions.imr.split_decisions(citations).rows()  # type: ignore[attr-defined]
    return rows


MRI_UP, MRI_OVER = ("a", "MRI", "Upheld", "low back"), ("b", "MRI", "Overturned", "low back")


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ([MRI_UP, MRI_OVER], [("published", "MRI", "low back", 2, 1, 2, 1, 1, ["a"], ["b"])]),
        ([MRI_UP, ("b", "MRI", "Overturned", "neck")], []),  # another subject
        ([MRI_UP, ("b", "TENS", "Overturned", "low back")], []),  # another treatment
        ([MRI_UP, ("b", "MRI", "Upheld", "low back")], []),  # the same outcome
        ([MRI_UP, ("a", "MRI", "Overturned", "low back")], []),  # within one letter
        ([MRI_UP, ("b", "MRI", "Overturned", None)], []),  # no subject is known
        ([("a", None, "Upheld", "low back"), ("b", None, "Overturned", "low back")], []),  # no treatment is known
        (
            [MRI_UP, MRI_OVER, ("a", "MRI", "Overturned", "low back"), ("c", "MRI", "Upheld", "low back")],
            [("published", "MRI", "low back", 4, 2, 3, 2, 2, ["a", "c"], ["a", "b"])],
        ),
    ],
)
def test_like_requests_decided_both_ways(
    requests: list[tuple[str, str | None, str, str | None]], expected: list[tuple[Any, ...]]
) -> None:
    assert split(*frames(*requests)) == expected


def test_a_synthetic_letter_is_not_held_against_a_published_one() -> None:
    decisions, citations = (
        pl.concat(pair) for pair in zip(frames(MRI_UP), frames(MRI_OVER, provenance="synthetic"), strict=True)
    )
    assert split(decisions, citations) == []


def texts(*rows: tuple[str, str], provenance: str = "published") -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["case_number", "rationale_text"], orient="row")
    return frame.with_columns(outcome=pl.lit("Upheld"), provenance=pl.lit(provenance))


def recurring(frame: pl.DataFrame, **options: Any) -> list[tuple[int, int, list[str]]]:
    found = frame.imr.recurring_texts(**options)  # type: ignore[attr-defined]
    return [tuple(row) for row in found.select("letter_count", "request_count", "case_numbers").rows()]


def sentences(count: int, seed: int) -> str:
    rng = random.Random(seed)
    return " ".join(
        " ".join(f"{rng.choice(WORDS)}{rng.choice('abcdefgh')}" for _ in range(12)) + "." for _ in range(count)
    )


def test_planted_copies_are_found_and_nothing_else() -> None:
    stock = sentences(10, 0)
    copies = [(f"c{number}", stock.replace("record", "chart", number)) for number in range(3)]
    others = [(f"o{number}", sentences(10, number)) for number in range(1, 200)]
    assert recurring(texts(*others, *copies)) == [(3, 3, ["c0", "c1", "c2"])]


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        ("The MRI of 04/02/2016 shows no change, and the request is for the same study again.", True),
        ("the mri of 12/30/2015 shows no change and the request is for the same study again", True),  # figures, case
        ("A new injury and new findings of weakness call for another study of the lumbar spine.", False),
    ],
)
def test_figures_case_and_punctuation_do_not_count(other: str, is_found: bool) -> None:
    frame = texts(
        ("a", "The MRI of 04/02/2016 shows no change, and the request is for the same study again."), ("b", other)
    )
    assert recurring(frame, similarity=1) == ([(2, 2, ["a", "b"])] if is_found else [])


def test_the_same_text_within_one_letter_or_of_another_provenance_does_not_recur() -> None:
    stock = sentences(5, 1)
    assert recurring(texts(("a", stock), ("a", stock))) == []
    assert recurring(pl.concat([texts(("a", stock)), texts(("b", stock), provenance="synthetic")])) == []
    assert recurring(texts(("a", stock), ("a", stock), ("b", stock))) == [(2, 3, ["a", "b"])]
    assert recurring(texts(("a", "Not necessary."), ("b", "Not necessary."))) == []


def test_a_sentence_recurs_in_different_texts() -> None:
    stock = "The guideline asks for a trial of six visits before any more of them are approved."
    frame = texts(
        ("a", f"{sentences(4, 1)} {stock}"), ("b", f"{stock} {sentences(4, 2)} {stock}"), ("c", sentences(4, 3))
    )
    assert recurring(frame) == []
    assert recurring(frame, unit="sentence") == [(2, 2, ["a", "b"])]
    assert frame.imr.recurring_texts(unit="sentence")["text"].to_list() == [stock]  # type: ignore[attr-defined]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(UnknownTermError, match="recurring_texts needs summary"):
        texts(("a", "x")).imr.recurring_texts("summary")  # type: ignore[attr-defined]
    with pytest.raises(UnknownTermError, match="no unit 'word'"):
        texts(("a", "x")).imr.recurring_texts(unit="word")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="similarity is 0"):
        texts(("a", "x")).imr.recurring_texts(similarity=0)  # type: ignore[attr-defined]
