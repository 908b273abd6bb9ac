"""Test reading the letter of a row again: by case number, by the row's values, and after a move."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from conftest import LETTER
from test_builds import letter, overturned

import imrdata
from imrdata.letters.case_numbers import typed_case_number
from imrdata.letters.model import fingerprint
from imrdata.letters.reading import read_text


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with letters, one of them in an archive, and their dataset, with paths relative to it."""
    place = tmp_path / "work"
    (place / "letters").mkdir(parents=True)
    (place / "letters" / "1.txt").write_text(letter(1))
    (place / "letters" / "bread.txt").write_text("bread")
    with zipfile.ZipFile(place / "letters" / "more.zip", "w") as archive:
        archive.writestr("a/2.txt", letter(2))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/2.txt", letter(3))
    monkeypatch.chdir(place)
    imrdata.build("letters", "data", workers=1)
    return place


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("CM16-0000123", "CM16-0000123"),
        ("cm16-0000123", "CM16-0000123"),
        (" CM16 0000123 ", "CM16-0000123"),
        ("CM160000123", "CM16-0000123"),
        ("16-0000123", "CM16-0000123"),
        ("cm16_0000123", "CM16-0000123"),
        ("CM16\u20130000123", "CM16-0000123"),
        ("IMR 13-000004", "CM13-0000004"),
        ("CM16-000123", None),  # a digit was lost, and it is unknown which one
        ("CM16-00001234", None),
        ("CM99-0000123", None),
        ("MRI", None),
        ("", None),
    ],
)
def test_case_numbers_as_people_type_them(typed: str, number: str | None) -> None:
    assert typed_case_number(typed) == number


def test_every_source_that_a_table_prints_is_read_again(work: Path) -> None:
    data = imrdata.load("data")
    sources = data.letters["source"].to_list()
    assert sources == ["letters/1.txt", "letters/more.zip!a/2.txt", "letters/more.zip!a/2.txt!2"]
    for case_number, source in data.letters.select("case_number", "source").iter_rows():
        assert imrdata.read_letter(source).case_number == case_number
        assert data.letter(source).case_number == data.letter(case_number.lower()).case_number == case_number
    with pytest.raises(imrdata.errors.LetterError):
        data.letter(data.quarantine["source"][0])
    with pytest.raises(imrdata.errors.UnknownTermError, match="no letter 'CM16-0000009' among 3 letters"):
        data.letter("CM16-0000009")


def test_the_sample_names_letters_that_are_read_again() -> None:
    data = imrdata.load(imrdata.example_letter())
    assert data.letter("CM15-0174261").requests
    assert imrdata.read_letter("seeds/letters/CM15-0174261.md").case_number == "CM15-0174261"
    found = imrdata.read_letter("seeds/letters/synthetic.zip!CM13-9000824.txt")
    assert found.case_number == "CM13-9000824"


def test_a_dataset_that_moves_together_with_its_letters_finds_them(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = work.rename(tmp_path / "moved [2] year=1")
    data = imrdata.load(there / "data")
    for case_number in data.letters["case_number"]:
        assert data.letter(case_number).case_number == case_number
    assert imrdata.build(there / "letters", there / "data").is_unchanged
    (there / "letters" / "4.txt").write_text(letter(4))
    report = imrdata.build(there / "letters", there / "data")
    assert (report.read_count, report.letter_count, report.document_count) == (1, 4, 5)
    data = imrdata.load(there / "data")
    assert [data.letter(one).case_number for one in data.letters["case_number"]] == data.letters[
        "case_number"
    ].to_list()
    assert imrdata.build(there / "letters", there / "data").is_unchanged
    imrdata.verify(there / "data")


def test_a_dataset_that_moves_alone_finds_its_letters_where_they_are(work: Path, tmp_path: Path) -> None:
    (work / "data").rename(tmp_path / "data")
    data = imrdata.load(tmp_path / "data")
    assert data.letter("CM16-0000001").case_number == "CM16-0000001"
    assert imrdata.build("letters", tmp_path / "data").is_unchanged


def test_a_letter_that_changed_or_went_is_told_and_never_another_letter(work: Path) -> None:
    data = imrdata.load("data")
    (work / "letters" / "1.txt").write_text(overturned(1))
    with pytest.raises(imrdata.errors.SourceError, match="was changed after its rows were read") as refused:
        data.letter("CM16-0000001")
    assert refused.value.reason == "changed_file"
    (work / "letters" / "1.txt").unlink()
    with pytest.raises(imrdata.errors.SourceError, match="there is no such file"):
        data.letter("CM16-0000001")


def test_letters_in_memory_cannot_be_read_again(tmp_path: Path) -> None:
    data = imrdata.load(LETTER)
    with pytest.raises(imrdata.errors.SourceError):
        data.letter("CM16-0000123")


def test_letters_with_other_unknown_labels_in_the_header_are_not_the_same() -> None:
    one = read_text(LETTER, "a.txt")
    other = read_text(LETTER.replace("Priority:", "Employer: A bakery\nPriority:"), "a.txt")
    assert (one.extra, len(other.extra)) == ((), 1)
    assert one.requests == other.requests
    assert fingerprint(one) != fingerprint(other)
