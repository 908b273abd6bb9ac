"""Test that no row of a vocabulary is idle: without the row, its example is read otherwise."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT
from row_readers import ROWS
from test_reading_words import READ_AS

from imrdata import resources
from imrdata.letters.fields.amounts import read_amounts
from imrdata.letters.fields.contradictions import _note_behind
from imrdata.letters.fields.drugs import drug_terms
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.guideline_names import is_adopted, subject_of
from imrdata.letters.fields.header_table import tokens
from imrdata.letters.fields.lexicon import request_form, words_of
from imrdata.letters.fields.reviewer import read_reviewer
from imrdata.letters.fields.treatment_terms import body_part_terms
from imrdata.letters.fields.treatments import read_treatment
from imrdata.letters.layouts.documents import titles
from imrdata.letters.layouts.labels import marks, part_pattern
from imrdata.letters.layouts.professional_review import _has_other_count, _plain
from imrdata.letters.text.margins import page_words
from imrdata.letters.verdict import altered, ends_with_another_decision, has_closing, verdict_of
from imrdata.review.unread import unread_words

Row = dict[str, str]
TURNS = 32
KEPT = resources.vocabulary
with (Path(__file__).parent / "verdicts.csv").open(encoding="utf-8", newline="") as file:
    CLOSINGS = [row["closing"] for row in csv.DictReader(file)]


def forget() -> None:
    """Empty every cache of the package, so that the vocabularies are read again."""
    for name, module in list(sys.modules.items()):
        if name.startswith("imrdata"):
            for value in list(vars(module).values()):
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()


@contextmanager
def without(name: str, rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def reduced(asked: str) -> tuple[Row, ...]:
        return tuple(row for row in KEPT(asked) if asked != name or row not in rows)

    with monkeypatch.context() as patch:
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith("imrdata") and vars(module).get("vocabulary") is KEPT:
                patch.setattr(module, "vocabulary", reduced)
        forget()
        yield
    forget()


def drug(row: Row) -> object:
    scan = request_form(row["term"])
    return drug_terms().find(scan, words_of(scan))


def body_part(row: Row) -> object:
    scan = request_form(row["example"])
    return body_part_terms().find(scan, words_of(scan))


def reviewer(row: Row) -> object:
    if "state" in row:
        line = f"State(s) of Licensure: {row['state']}, {row['code']}"
    else:
        line = f"Certification(s)/Specialty: {row['variant']}"
    return read_reviewer(line, 0, len(line))


def unit(row: Row) -> object:
    texts = (row["example"], f"Naproxen x 2 {row['term']} daily")
    return [read_amounts(text, one, "") for one in ("Pharmaceuticals", "DMEPOS", "Programs") for text in texts]


def label(row: Row) -> object:
    if row["kind"] == "header":
        return tokens(f"{row['example']} 11/14/2016")
    if row["kind"] == "part":
        return part_pattern(row["layout"], row["name"]).search(f"\n{row['example']}")
    return marks(f"A\n{row['example']}\nB", row["layout"])


def title(row: Row) -> object:
    if row["kind"] == "letterhead":
        return titles("letterhead").fullmatch(f"\n{row['example']}")
    return titles(row["kind"]).search(f"\n{row['example']}\n")


def page_line(row: Row) -> object:
    pattern = page_words(row["kind"])
    return pattern.search(row["example"]), pattern.fullmatch(row["example"])


def word(row: Row) -> object:
    text = row["example"]
    line = f"The reviewer is Board Certified in Surgery {text} added qualifications in Pain Medicine, licensed in Ohio."
    return READ_AS[row["kind"]](text), read_amounts(text, "DMEPOS", ""), read_reviewer(line, 0, len(line))


def verdicts(row: Row) -> object:
    is_procedure = ends_with_another_decision(f"Norco #60: {row['example']}")
    is_other_count = _has_other_count(row["example"], "twelve visits")
    of_example = [read(row["example"]) for read in (has_closing, altered, _plain().fullmatch)]
    of_example.append(_note_behind(f"It is not certified. {row['example']}", row["example"]))
    return [verdict_of(one) for one in CLOSINGS], is_procedure, is_other_count, of_example


def guideline(row: Row) -> object:
    return [(one, subject_of(one.source, one.title), is_adopted(one.title)) for one in read_citations(row["example"])]


READ: dict[str, Callable[[Row], object]] = {
    **ROWS,
    "body_parts": body_part,
    "document_titles": title,
    "drugs": drug,
    "guideline_titles": guideline,
    "labels": label,
    "laterality": lambda row: read_treatment(row["example"]),
    "medical_specialties": reviewer,
    "mtus_sections": guideline,
    "ordinary_words": lambda row: unread_words(row["example"]),
    "page_lines": page_line,
    "parties": lambda row: read_citations(f"The {row['example']} did not cite any evidence."),
    "reading_words": word,
    "treatments": lambda row: (read_treatment(row["example"]), unread_words(row["example"])),
    "units": unit,
    "us_states": reviewer,
    "verdict_words": verdicts,
}


def idle(name: str, rows: Sequence[Row], turns: int, monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """The rows without which nothing changes, where so many turns leave out some of the rows each."""
    found: list[Row] = []
    before = [repr(READ[name](row)) for row in rows]
    for turn in range(turns):
        some = list(zip(rows, before, strict=True))[turn::turns]
        with without(name, [row for row, _ in some], monkeypatch):
            found += [row for row, read in some if repr(READ[name](row)) == read]
    return found


def test_every_vocabulary_is_here() -> None:
    assert READ.keys() == {file.stem for file in (ROOT / "seeds" / "vocabularies").glob("*.csv")}


@pytest.mark.parametrize("name", READ)
def test_every_row_decides_something(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = resources.vocabulary(name)
    candidates = idle(name, rows, min(TURNS, len(rows)), monkeypatch)
    assert idle(name, candidates, len(candidates), monkeypatch) == []  # one at a time: rows may depend on each other
