"""Test `frame.imr.citation_agreement`: what both parties cite, by source and title."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

import imrdata
from imrdata.errors import UnknownTermError
from imrdata.resources import vocabulary
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
            "provenance": ["published"],
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
        ([ODG_KNEE], [ODG], "cannot tell"),  # one names a chapter, the other does not
        ([ODG], [ODG_KNEE, BACK], "cannot tell"),
        ([ODG_KNEE], [ODG, ODG_KNEE], "cannot tell"),
        ([KNEE, ODG], [KNEE, ODG_KNEE], "cannot tell"),  # the same or partly
        ([KNEE, BACK, ODG], [KNEE, ODG_KNEE], "partly"),  # any chapter of ODG
        ([KNEE, ODG], [KNEE], "partly"),
        ([KNEE], [ODG], "different"),
        ([ODG], [ODG], "same"),
        ([BOOK], [BOOK_TOO], "same"),
        ([BOOK], [PAPER], "different"),  # two unknown works that differ
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


def test_the_matrix_counts_each_request_in_the_cells_of_what_both_parties_cite() -> None:
    data = imrdata.load()
    cells = data.decisions.imr.citation_matrix(data.citations)  # type: ignore[attr-defined]
    names = ["claims_administrator_cites", "reviewer_cites"]
    agreement = data.decisions.imr.citation_agreement(data.citations)  # type: ignore[attr-defined]
    silent = agreement.filter(pl.col("citation_agreement").is_null()).height
    assert cells.filter(pl.any_horizontal(pl.col(names).is_null()))["decided_count"].sum() >= silent > 0
    neither = cells.filter(pl.all_horizontal(pl.col(names) == "none"))["decided_count"].sum()
    assert neither == (agreement["citation_agreement"] == "neither").sum()
    assert set(cells["reviewer_cites"].drop_nulls()) <= {"MTUS", "ODG", "ACOEM", "Other", "none"}
    titles = data.decisions.imr.citation_matrix(data.citations, titles=True)  # type: ignore[attr-defined]
    assert "MTUS: Low Back Complaints" in set(titles["reviewer_cites"])


@pytest.mark.parametrize(
    ("source", "subject", "year", "day", "expected"),
    [
        ("MTUS", "chronic pain", 2009, date(2009, 7, 17), "not yet in force"),
        ("MTUS", "chronic pain", 2009, date(2016, 7, 27), "in force"),
        ("MTUS", "chronic pain", 2009, date(2016, 7, 28), "superseded"),
        ("MTUS", "low back", 2020, date(2021, 11, 30), "in force"),
        ("MTUS", "low back", 2020, date(2021, 12, 1), "cannot tell"),  # no later order is known
        ("MTUS", "low back", 2019, date(2024, 5, 1), "superseded"),
        ("MTUS", "low back", 2004, None, "cannot tell"),
        ("MTUS", "low back", None, date(2016, 5, 1), "cannot tell"),
        ("MTUS", None, 2004, date(2016, 5, 1), "cannot tell"),
        ("ODG", "low back", 2004, date(2016, 5, 1), None),
    ],
)
def test_editions_are_held_against_the_day_of_the_decision(
    source: str, subject: str | None, year: int | None, day: date | None, expected: str | None
) -> None:
    cited = pl.DataFrame(
        {
            "case_number": ["a"],
            "provenance": ["published"],
            "guideline_source": source,
            "guideline_subject": subject,
            "edition_year": year,
        },
        schema_overrides={"edition_year": pl.Int16, "guideline_subject": pl.String},
    )
    letters = pl.DataFrame({"case_number": ["a", "b"], "decision_date": [day, date(2016, 1, 1)]})
    letters = letters.with_columns(provenance=pl.lit("published"))
    found = cited.imr.edition_status(pl.concat([letters, letters]))  # type: ignore[attr-defined]
    assert found["edition_status"].to_list() == [expected]
    assert found.columns == [*cited.columns, "edition_status"]


def test_editions_of_a_subject_follow_each_other() -> None:
    rows = vocabulary("mtus_editions")
    assert {row["subject"] for row in rows} <= {row["subject"] for row in vocabulary("guideline_titles")}
    for row in rows:
        after = [one for one in rows if one["subject"] == row["subject"] and one["edition_year"] > row["edition_year"]]
        assert bool(after) == (row["then"] == "replaced"), row
        if after:
            last = date.fromisoformat(row["in_force_to"])
            assert date.fromisoformat(after[0]["in_force_from"]) == last + timedelta(days=1), row


def test_citations_of_other_letters_are_refused() -> None:
    data = imrdata.load(imrdata.example_letter())
    others = data.citations.with_columns(case_number=pl.lit("CM99-0000001"))
    empty = pl.DataFrame(schema=schema("citations"))
    for citations in (others, empty):
        with pytest.raises(UnknownTermError, match="1 of 1 decisions that name a guideline have no citation"):
            data.decisions.imr.citation_agreement(citations)  # type: ignore[attr-defined]
    with pytest.raises(UnknownTermError, match="citation_agreement of citations needs cited_by"):
        data.decisions.imr.citation_agreement(data.decisions)  # type: ignore[attr-defined]
    lines = ("claims_administrator_guideline_text", "reviewer_guideline_text")
    nothing = data.decisions.with_columns(pl.lit("The guidelines do not address this.").alias(line) for line in lines)
    alone = nothing.imr.citation_agreement(others)  # type: ignore[attr-defined]
    assert alone["citation_agreement"].to_list() == ["neither"]
