"""Test that synthetic letters of every layout and rendering are read as their true records."""

from __future__ import annotations

import dataclasses
import re
import textwrap
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, islice, pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from imrdata.errors import ImrDataError
from imrdata.letters.found import collapse
from imrdata.letters.model import Citation, Letter, TreatmentRequest
from imrdata.letters.reading import read_bytes
from imrdata.letters.text.pages import join_pages
from imrdata.resources import bundled_letters, vocabulary
from imrdata.synthetic import RENDERINGS, SyntheticLetter, pdf_of, render, synthesize
from imrdata.synthetic.cases import NUMBERS, _case_number
from imrdata.synthetic.sample import SAMPLE_COUNT, SAMPLE_SEED, files, sample_files, write_files
from imrdata.synthetic.yearly_rates import figure
from imrdata.tables import validation
from imrdata.tables.frames import frames
from imrdata.terms import SYNTHETIC_MARK

# A range of years for each layout; letters of other layouts in these years are omitted.
YEARS = {
    "professional_review": range(2013, 2014),
    "determination_notice": range(2013, 2014),
    "decision_sentences": range(2014, 2015),
    "labelled_outcomes": range(2014, 2018),
    "labelled_outcomes_2018": range(2018, 2026),
}
LETTERS, LETTERS_OF_A_DRESS, LETTERS_OF_A_YEAR = 300, 40, 3000
SHOWN = 3
NOT_COMPARED = {"requests", "citations"}


class Mismatch(NamedTuple):
    """A field whose value differs from its true value."""

    field: str
    name: str
    expected: object
    found: object


def letters_of(layout: str, count: int, seed: int = 1) -> list[SyntheticLetter]:
    every = synthesize(20 * count, seed=seed, years=YEARS[layout])
    return list(islice((one for one in every if one.letter.letter_layout == layout), count))


def mismatches(letter: SyntheticLetter, content: bytes) -> Iterator[Mismatch]:
    """Return every compared field of a letter whose value differs from its true value."""
    try:
        found = read_bytes(content, letter.name)
    except ImrDataError as error:
        yield Mismatch("(not read)", letter.name, letter.letter.letter_layout, error)
        return
    except Exception as error:  # a crash counts as a mismatch of the letter, and the report continues
        yield Mismatch(f"(crashed: {type(error).__name__})", letter.name, letter.letter.letter_layout, error)
        return
    yield from _of("", letter.name, letter.letter, found)
    yield from _of_all("requests", letter.name, letter.letter.requests, found.requests)
    for expected, read in zip(letter.letter.requests, found.requests, strict=False):
        yield from _of_all("citations", letter.name, expected.citations, read.citations)


Record = Letter | TreatmentRequest | Citation


def _of_all(kind: str, name: str, expected: Iterable[Record], found: Iterable[Record]) -> Iterator[Mismatch]:
    expected, found = list(expected), list(found)
    if len(expected) != len(found):
        yield Mismatch(f"{kind}: how many", name, expected, found)
        return
    for one, other in zip(expected, found, strict=True):
        yield from _of(f"{kind}.", name, one, other)


def _of(prefix: str, name: str, expected: Record, found: Record) -> Iterator[Mismatch]:
    for field in dataclasses.fields(expected):
        values = getattr(expected, field.name), getattr(found, field.name)
        if field.compare and field.name not in NOT_COMPARED and values[0] != values[1]:
            yield Mismatch(prefix + field.name, name, *values)


def require_none(found: Iterable[Mismatch], letter_count: int) -> None:
    """Fail with a report of how often each field is wrong, and in which letters."""
    by_field: dict[str, list[Mismatch]] = defaultdict(list)
    for mismatch in found:
        by_field[mismatch.field].append(mismatch)
    lines = []
    for field, wrong in sorted(by_field.items(), key=lambda entry: -len(entry[1])):
        lines.append(f"{field}: {len(wrong)} wrong in {len({one.name for one in wrong})} of {letter_count} letters")
        for one in wrong[:SHOWN]:
            lines += [f"    {one.name} is   {one.expected!s:.400}", f"    {'':{len(one.name)}} read {one.found!s:.400}"]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


# --- READING BACK --- #


@pytest.mark.parametrize("layout", YEARS)
def test_reading_back_gives_the_truth(layout: str) -> None:
    letters = letters_of(layout, LETTERS)
    contents = [render(letter, "plain", Random(0)) for letter in letters]
    require_none(
        (one for letter, content in zip(letters, contents, strict=True) for one in mismatches(letter, content)),
        len(letters),
    )


@pytest.mark.parametrize("layout", YEARS)
@pytest.mark.parametrize("name", [name for name in RENDERINGS if name != "plain"])
def test_every_dress_gives_the_record_of_the_plain_one(name: str, layout: str) -> None:
    letters = letters_of(layout, LETTERS_OF_A_DRESS, seed=2)
    found = []
    for number, letter in enumerate(letters):
        plain = {(one.field, str(one.found)) for one in mismatches(letter, render(letter, "plain", Random(0)))}
        dressed = mismatches(letter, render(letter, name, Random(number)))
        found += [one for one in dressed if (one.field, str(one.found)) not in plain]
    require_none(found, len(letters))


def test_a_dress_takes_a_text_and_refuses_unknown_names() -> None:
    (letter,) = synthesize(1)
    assert render(letter.text, "html", Random(0)) == render(letter, "html", Random(0))
    with pytest.raises(KeyError, match="velvet"):
        render(letter, "velvet", Random(0))


@pytest.mark.parametrize("before", ["", "FACSIMILE\nTo: Records\n" * 20])
def test_a_synthetic_letter_is_known_wherever_its_mark_stands(before: str) -> None:
    (one,) = letters_of("labelled_outcomes", 1)
    assert read_bytes((before + one.text).encode(), one.name).provenance == "synthetic"
    assert read_bytes(one.text.replace("imrdata; it", "imrdata; \nit").encode(), one.name).provenance == "synthetic"


# --- THE SAME SEED, THE SAME LETTERS --- #


def test_a_letter_depends_on_seed_and_index_only() -> None:
    many = list(synthesize(40, seed=3))
    assert list(synthesize(10, seed=3)) == many[:10]
    assert [one.text for one in synthesize(10, seed=4)] != [one.text for one in many[:10]]


def test_case_numbers_do_not_repeat() -> None:
    numbers = [_case_number(5, index, 2016) for index in range(NUMBERS)]
    assert len(set(numbers)) == NUMBERS
    with pytest.raises(ValueError, match="too many"):
        synthesize(NUMBERS + 1)


def test_case_numbers_are_those_of_no_real_letter() -> None:
    for seed in (0, 5, 2013, 10**9):
        for one in synthesize(100, seed=seed):
            assert re.fullmatch("CM[12][0-9]-9[0-9]{6}", one.letter.case_number)


# --- THE MARK --- #


def test_every_page_is_marked() -> None:
    for one in synthesize(100, seed=11):
        assert all(page.startswith(SYNTHETIC_MARK + "\n") for page in one.text.split("\f"))


@pytest.mark.parametrize("name", RENDERINGS)
def test_the_marks_of_later_pages_are_no_words_of_the_letter(name: str) -> None:
    for number, one in enumerate(synthesize(100, seed=11)):
        read = read_bytes(render(one, name, Random(number)), one.name)
        assert (read.provenance, read.text.count("imrdata")) == ("synthetic", 1), one.name
        assert read.diagnostics == read_bytes(one.text.encode(), one.name).diagnostics


@pytest.mark.parametrize("columns", [60, 200])
def test_marks_in_lines_of_other_widths_are_no_words_of_the_letter(columns: int) -> None:
    text = "A request for\nten sessions\nof physical ther-\n" + SYNTHETIC_MARK + "\napy"
    lines = textwrap.wrap(f"{SYNTHETIC_MARK} {text}", columns, break_on_hyphens=False)
    read, *_ = join_pages(["\n".join(lines)])
    assert collapse(read).startswith(f"{SYNTHETIC_MARK} A request for ten sessions of physical ther-")
    assert read.count("imrdata") == 1


def test_the_bundled_sample_is_what_the_maker_makes() -> None:
    with zipfile.ZipFile(bundled_letters() / "synthetic.zip") as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    made = dict(sample_files())
    fix = "rm seeds/letters/synthetic.zip && imrdata synthesize 1500 seeds/letters/synthetic.zip --seed 2013"
    assert kept.keys() == made.keys(), f"stale; mend it with\n  {fix}"
    assert [name for name in kept if kept[name] != made[name]] == [], f"stale; mend it with\n  {fix}"


def test_the_bundled_sample_reads_as_its_truth() -> None:
    letters = list(synthesize(SAMPLE_COUNT, seed=SAMPLE_SEED))
    contents = [content for _, content in sample_files()]
    require_none(
        (one for letter, content in zip(letters, contents, strict=True) for one in mismatches(letter, content)),
        len(letters),
    )


def test_letters_are_written_once(tmp_path: Path) -> None:
    contents = list(files(synthesize(12, seed=3), seed=3))
    assert write_files(contents, tmp_path / "letters") == 12
    assert {path.name: path.read_bytes() for path in (tmp_path / "letters").iterdir()} == dict(contents)
    write_files(contents, tmp_path / "a.zip")
    write_files(contents, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with pytest.raises(FileExistsError, match="exists already"):
        write_files(contents, tmp_path / "letters")


# --- WHAT THE RECORDS ARE --- #


def test_the_records_are_valid_rows() -> None:
    letters = [one.letter for one in synthesize(400, seed=6)]
    made = frames(letters)
    assert {letter.provenance for letter in letters} == {"synthetic"}
    for name in ("letters", "decisions", "citations"):
        assert validation.validate(made[name], name).height == made[name].height > 0


def test_dates_are_in_order() -> None:
    for one in synthesize(500, seed=7):
        letter = one.letter
        dates = [
            letter.injury_date, letter.ur_denial_date, letter.application_received_date, letter.assigned_date,
            letter.decision_date,
        ]  # fmt: skip
        known = [day for day in dates if day is not None]
        assert known == sorted(known), letter.case_number


def test_the_vocabularies_of_the_maker_keep_to_those_of_the_reader() -> None:
    known = {(row["title"], row["section"]) for row in vocabulary("mtus_sections")}
    for row in vocabulary("synthetic_chapters"):
        for section in filter(None, row["sections"].split("; ")):
            assert (row["title"], section) in known
    kinds = {(row["category"], row["subcategory"]) for row in vocabulary("treatment_categories")}
    for row in vocabulary("synthetic_treatments"):
        assert (row["category"], row["subcategory"]) in kinds
        for section in filter(None, row["sections"].split("; ")):
            assert ("Chronic Pain Medical Treatment", section) in known


# --- RATES --- #


@pytest.mark.parametrize("year", [2014, 2018, 2024])
def test_the_rates_are_near_the_published(year: int) -> None:
    letters = [one.letter for one in synthesize(LETTERS_OF_A_YEAR, seed=8, years=[year])]
    requests = [request for letter in letters for request in letter.requests]
    drugs = [request for request in requests if request.treatment.category == "Pharmaceuticals"]
    opioids = [request for request in drugs if request.treatment.subcategory == "Opioids"]
    overturned = [request for request in requests if request.outcome == "Overturned"]
    assert len(requests) / len(letters) == pytest.approx(figure("requests_per_letter", year), abs=0.12)
    assert len(overturned) / len(requests) == pytest.approx(figure("overturned_share", year), abs=0.02)
    assert len(drugs) / len(requests) == pytest.approx(figure("share_of_requests", year, "Pharmaceuticals"), abs=0.03)
    assert len(opioids) / len(drugs) == pytest.approx(figure("share_of_drugs", year, "Opioids"), abs=0.04)


@pytest.fixture(scope="module")
def of_2016() -> list[Letter]:
    return [one.letter for one in synthesize(LETTERS_OF_A_YEAR, seed=12, years=[2016])]


def overturned_share(requests: Iterable[TreatmentRequest]) -> float:
    outcomes = [request.outcome == "Overturned" for request in requests]
    return sum(outcomes) / len(outcomes)


def test_the_requests_of_a_letter_go_together(of_2016: list[Letter]) -> None:
    """In published letters, the intraclass correlation is 0.6, and single requests are overturned more often."""
    pairs = [pair for letter in of_2016 for pair in combinations(letter.requests, 2)]
    rate = overturned_share(request for letter in of_2016 for request in letter.requests)
    mixed = sum(one.outcome != other.outcome for one, other in pairs) / len(pairs)
    assert 0.4 < 1 - mixed / (2 * rate * (1 - rate)) < 0.75
    assert 0.35 < sum(one.treatment.category == other.treatment.category for one, other in pairs) / len(pairs) < 0.6
    alone = overturned_share(letter.requests[0] for letter in of_2016 if len(letter.requests) == 1)
    several = overturned_share(one for letter in of_2016 if len(letter.requests) > 1 for one in letter.requests)
    assert alone / several == pytest.approx(2, abs=0.5)


def test_citations_go_with_the_outcome(of_2016: list[Letter]) -> None:
    """A reviewer who overturns cites a guideline, and more often differs from the claims administrator."""
    by_agreement: dict[str, list[TreatmentRequest]] = defaultdict(list)
    for request in (request for letter in of_2016 for request in letter.requests):
        lines = [one for one in request.citations if one.found_in == "guideline"]
        theirs, ours = (
            {(one.guideline_source, one.guideline_title) for one in lines if one.cited_by == party}
            for party in ("claims_administrator", "reviewer")
        )
        kind = "same" if theirs == ours else "different" if theirs and ours and not theirs & ours else "else"
        by_agreement[kind if theirs or ours else "neither"].append(request)
    assert overturned_share(by_agreement["neither"]) == 0
    assert overturned_share(by_agreement["different"]) > 1.3 * overturned_share(by_agreement["same"])


def test_offices_are_closed_on_weekends_and_holidays(of_2016: list[Letter]) -> None:
    closed = {date(2016, 1, 1), date(2016, 5, 30), date(2016, 7, 4), date(2016, 11, 24), date(2016, 11, 25)}
    decided = {letter.decision_date for letter in of_2016 if letter.decision_date}
    assert not decided & closed
    assert {date(2016, 5, 23), date(2016, 11, 23), date(2016, 12, 29)} <= decided
    dates = ("ur_denial_date", "application_received_date", "assigned_date", "decision_date")
    assert {getattr(letter, name).weekday() for letter in of_2016 for name in dates} == set(range(5))


def test_years_are_as_frequent_as_their_letters() -> None:
    letters = [one.letter for one in synthesize(LETTERS_OF_A_YEAR, seed=9, years=[2016, 2022])]
    share = sum(letter.decision_date is not None and letter.decision_date.year == 2016 for letter in letters)
    expected = figure("letters", 2016) / (figure("letters", 2016) + figure("letters", 2022))
    assert share / len(letters) == pytest.approx(expected, abs=0.03)


# --- THE HARD CASES OF REAL LETTERS --- #


@pytest.fixture(scope="module")
def many() -> list[SyntheticLetter]:
    return list(synthesize(LETTERS_OF_A_YEAR, seed=10))


HARD = {
    **{layout: lambda one, layout=layout: one.letter.letter_layout == layout for layout in YEARS},
    "a request of four lines": lambda one: any(len(request.request_text) > 258 for request in one.letter.requests),
    "a page ends in a request": lambda one: any(
        request.request_text not in one.text.replace("\n", " ")
        and request.request_text
        in one.text.replace(f"\n\f{SYNTHETIC_MARK}\n", " ").replace("-\n", "-").replace("\n", " ")
        for request in one.letter.requests
    ),
    "a modified request": lambda one: any(request.ur_decision == "modified" for request in one.letter.requests),
    "the other wording of it": lambda one: "leaving the original request" in one.text.replace("\n", " "),
    "many requests": lambda one: len(one.letter.requests) >= 12,
    "a redaction": lambda one: "[REDACTED]" in (one.letter.clinical_summary_text or ""),
    "a retrospective request": lambda one: any(request.is_retrospective for request in one.letter.requests),
    "a colon in a request": lambda one: any(": " in request.request_text for request in one.letter.requests),
    "a word broken at a hyphen": lambda one: "-\n" in one.text,
    "curly quotes": lambda one: "\u201c" in one.text,
    "specialties over two lines": lambda one: any(
        line.startswith("Certification(s)/Specialty:") and not following.startswith(("\f", "CLINICAL")) and following
        for line, following in pairwise(one.text.split("\n"))
    ),
    "three states": lambda one: len(one.letter.reviewer_states) > 2,
    "three specialties": lambda one: len(one.letter.reviewer_specialties) > 2,
    "no age": lambda one: one.letter.patient_age is None,
    "expedited": lambda one: one.letter.priority == "Expedited",
    "no cover": lambda one: one.letter.letter_layout == "decision_sentences" and one.letter.decision_date is None,
    "a lost space": lambda one: "notmedically" in one.text.replace("\n", " "),
    "capitals": lambda one: any(request.request_text.isupper() for request in one.letter.requests),
    "pages cited": lambda one: "Page(s): " in one.text,
    "two chapters": lambda one: ", and " in (one.letter.requests[0].reviewer_guideline_text or ""),
    "a page in the rationale": lambda one: any(
        citation.found_in == "rationale" for request in one.letter.requests for citation in request.citations
    ),
}


@pytest.mark.parametrize("case", HARD)
def test_the_hard_cases_occur(many: list[SyntheticLetter], case: str) -> None:
    assert any(HARD[case](one) for one in many)


def test_a_letter_as_a_pdf_reads_as_its_truth() -> None:
    for letter in synthesize(24, seed=3):
        read = read_bytes(pdf_of(letter.text), f"{letter.letter.case_number}.pdf")
        assert [request.request_text for request in read.requests] == [
            request.request_text for request in letter.letter.requests
        ]
        assert (read.case_number, read.decision_date, read.case_outcome) == (
            letter.letter.case_number,
            letter.letter.decision_date,
            letter.letter.case_outcome,
        )
