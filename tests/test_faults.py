"""Test the cause of errors: a value, a letter, or the package, whose bugs must not be blamed on letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from operator import attrgetter

import pytest
from conftest import LETTER

import imrdata
from imrdata.datasets import batches, misfits
from imrdata.letters.model import Letter

pytestmark = pytest.mark.filterwarnings("ignore:.*could not be read:imrdata.ImrDataWarning")
OTHER = LETTER.replace("CM16-0000123", "CM16-0000999")
Change = Callable[[Letter], Letter]


@pytest.fixture
def reads_other_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Read two letters, and change the record of one of them."""
    whole = batches.read_bytes

    def change_to(change: Change) -> None:
        def changed(content: bytes, source: str, **_: object) -> Letter:
            letter = whole(content, source)
            return change(letter) if letter.case_number == "CM16-0000999" else letter

        monkeypatch.setattr(batches, "read_bytes", changed)

    return change_to


def of_request(**values: object) -> Change:
    return lambda letter: replace(letter, requests=(replace(letter.requests[0], **values), *letter.requests[1:]))


def of_amounts(**values: object) -> Change:
    def change(letter: Letter) -> Letter:
        treatment = letter.requests[0].treatment
        return of_request(treatment=replace(treatment, amounts=replace(treatment.amounts, **values)))(letter)

    return change


def of_citation(**values: object) -> Change:
    def change(letter: Letter) -> Letter:
        first, *others = letter.requests[0].citations
        return of_request(citations=(replace(first, **values), *others))(letter)

    return change


@pytest.mark.parametrize(
    ("change", "table", "column"),
    [
        (of_amounts(quantity=float("1e400")), "decisions", "quantity"),
        (of_amounts(quantity=float("nan")), "decisions", "quantity"),
        (of_amounts(quantity=10**400), "decisions", "quantity"),
        (of_amounts(quantity=-1.0), "decisions", "quantity"),
        (of_amounts(frequency="\ud800"), "decisions", "frequency"),
        (of_request(rationale_text=""), "decisions", "rationale_text"),
        (of_citation(edition_year=40_000), "citations", "edition_year"),
        (of_citation(edition_year=1066), "citations", "edition_year"),
        (lambda letter: replace(letter, patient_age=70_000), "letters", "patient_age"),
        (lambda letter: replace(letter, patient_sex="unknown"), "letters", "patient_sex"),
        (lambda letter: replace(letter, injury_date=date(1066, 10, 14)), "letters", "injury_date"),
        (lambda letter: replace(letter, injury_date="yesterday"), "letters", "injury_date"),
    ],
)
def test_a_value_that_fits_no_column_is_lost_alone(
    reads_other_as: Callable[[Change], None], change: Change, table: str, column: str
) -> None:
    whole = imrdata.load([OTHER]).tables()[table]
    reads_other_as(change)
    data = imrdata.load([LETTER, OTHER])
    assert data.quarantine.is_empty()
    rows = data.tables()[table]
    rows = rows.filter(rows["case_number"] == "CM16-0000999")
    assert rows[column][0] is None
    others = [name for name in rows.columns if name not in (column, "doubts")]
    assert rows.select(others).equals(whole.select(others))
    assert "doubts" not in rows.columns or "unfit_value" in rows["doubts"][0]
    assert data.diagnostics["case_number", "code"].rows() == [("CM16-0000999", "unfit_value")]
    assert column in data.diagnostics["message"][0]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (of_request(outcome="Perhaps"), "outcome"),
        (of_request(request_number=None), "request_number"),
        (lambda letter: replace(letter, case_number="16-123"), "case_number"),
        (lambda letter: replace(letter, reviewer_states=("CA", None)), "reviewer_states"),
    ],
)
def test_a_letter_without_a_value_that_it_must_have_is_refused(
    reads_other_as: Callable[[Change], None], change: Change, name: str
) -> None:
    reads_other_as(lambda letter: replace(change(letter), patient_age=70_000))
    data = imrdata.load([LETTER, OTHER])
    assert data.letters["case_number"].to_list() == ["CM16-0000123"]
    (row,) = data.quarantine.rows(named=True)
    assert (row["reason"], row["step"]) == ("invalid_record", "dataset")
    assert f"the value read for {name} is not valid" in row["message"]


def test_rows_that_contradict_each_other_cost_their_letter(reads_other_as: Callable[[Change], None]) -> None:
    reads_other_as(of_request(request_number=7))
    data = imrdata.load([LETTER, OTHER])
    assert data.letters["case_number"].to_list() == ["CM16-0000123"]
    assert data.quarantine["reason"].to_list() == ["invalid_record"]
    assert "the counts of a letter match its decisions" in data.quarantine["message"][0]


@pytest.mark.parametrize("place", [(batches, "validate_tables"), (batches, "frames"), (misfits, "validate_read")])
@pytest.mark.parametrize("kind", [TypeError, OverflowError, ValueError, ZeroDivisionError])
def test_a_fault_of_the_package_is_no_letters_fault(
    monkeypatch: pytest.MonkeyPatch, place: tuple[object, str], kind: type[Exception]
) -> None:
    def broken(*_: object) -> None:
        raise kind("a bug")

    monkeypatch.setattr(*place, broken)
    with pytest.raises(kind, match="a bug"):
        imrdata.load([LETTER, OTHER])


def test_a_fault_of_the_reader_costs_one_letter_and_tells_its_place(
    reads_other_as: Callable[[Change], None],
) -> None:
    reads_other_as(attrgetter("no_such_field"))
    data = imrdata.load([LETTER, OTHER])
    assert data.letters["case_number"].to_list() == ["CM16-0000123"]
    (row,) = data.quarantine.rows(named=True)
    assert row["reason"] == "internal_error"
    assert "AttributeError: 'Letter' object has no attribute 'no_such_field'" in row["message"]
    assert "test_faults.py:" in row["message"]
