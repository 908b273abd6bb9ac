"""`frame.imr.citation_agreement`: what both parties cite, by source and title."""

from __future__ import annotations

import polars as pl
import pytest

import imrdata
from imrdata.errors import UnknownTermError
from imrdata.tables.columns import schema

KNEE, BACK = ("MTUS", "Knee Complaints", "guideline", "MTUS Knee"), ("MTUS", "Low Back", "guideline", "MTUS Back")
ODG_KNEE, ODG = ("ODG", "Knee", "guideline", "ODG, Knee"), ("ODG", None, "guideline", "ODG")
BOOK, PAPER = ("Other", None, "guideline", "A book, 2011."), ("Other", None, "guideline", "A paper")
BOOK_TOO = ("Other", None, "guideline", "a book, 2011")
IN_RATIONALE = ("MTUS", "Knee Complaints", "rationale", "page 7")


def agreement(theirs: list[tuple[str | None, ...]], ours: list[tuple[str | None, ...]]) -> str:
    decisions = pl.DataFrame(
        {
            "case_number": ["a"],
            "request_number": [1],
            "claims_administrator_guideline_text": ["x"],
            "reviewer_guideline_text": ["y"],
        }
    )
    rows = [("a", 1, "claims_administrator", *one) for one in theirs] + [("a", 1, "reviewer", *one) for one in ours]
    names = ["case_number", "request_number", "cited_by", "guideline_source", "guideline_title", "found_in"]
    citations = pl.DataFrame(rows, schema=[*names, "citation_text"], orient="row")
    if not rows:
        citations = citations.cast(pl.String).with_columns(pl.col("request_number").cast(pl.Int64))
    result: str = decisions.imr.citation_agreement(citations)["citation_agreement"][0]  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ([KNEE], [KNEE], "same"),
        ([KNEE, BACK], [BACK, KNEE, KNEE], "same"),
        ([KNEE], [KNEE, ODG_KNEE], "partly"),
        ([KNEE], [BACK], "different"),
        ([ODG_KNEE], [ODG], "different"),  # one names a chapter, the other does not
        ([ODG], [ODG], "same"),
        ([BOOK], [BOOK_TOO], "same"),
        ([BOOK], [PAPER], "different"),  # both unknown works, and not the same
        ([], [KNEE], "reviewer only"),
        ([KNEE], [], "claims administrator only"),
        ([KNEE], [IN_RATIONALE], "claims administrator only"),
        ([], [], "neither"),
    ],
)
def test_states(theirs: list[tuple[str | None, ...]], ours: list[tuple[str | None, ...]], expected: str) -> None:
    assert agreement(theirs, ours) == expected


def test_sample_keeps_its_rows_and_says_nothing_where_a_line_is_missing() -> None:
    data = imrdata.load()
    rows = data.decisions.imr.citation_agreement(data.citations)  # type: ignore[attr-defined]
    assert rows.select(data.decisions.columns).equals(data.decisions)
    is_silent = rows["claims_administrator_guideline_text"].is_null() | rows["reviewer_guideline_text"].is_null()
    assert rows["citation_agreement"].is_null().equals(is_silent)
    assert is_silent.any()
    rates = rows.imr.overturn_rate("citation_agreement")
    assert rates["decided_count"].sum() == data.decisions.height
    agreed = rows.filter(citation_agreement="same")
    assert agreed["claims_administrator_citations"].equals(agreed["reviewer_citations"], check_names=False)


def test_citations_of_other_letters_are_refused() -> None:
    data = imrdata.load(imrdata.example_letter())
    others = data.citations.with_columns(case_number=pl.lit("CM99-0000001"))
    with pytest.raises(UnknownTermError, match="no citation belongs to any of the decisions"):
        data.decisions.imr.citation_agreement(others)  # type: ignore[attr-defined]
    with pytest.raises(UnknownTermError, match="citation_agreement of citations needs cited_by"):
        data.decisions.imr.citation_agreement(data.decisions)  # type: ignore[attr-defined]
    empty = pl.DataFrame(schema=schema("citations"))
    alone = data.decisions.imr.citation_agreement(empty)  # type: ignore[attr-defined]
    assert alone["citation_agreement"].to_list() == ["neither"]
