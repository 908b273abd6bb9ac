"""Test that the bundled dataset is what this package reads from the bundled letters."""

from __future__ import annotations

import pytest

import imrdata
from imrdata.resources import bundled_letters, bundled_sample, reader_version
from imrdata.tables.columns import TABLES


@pytest.fixture(scope="module")
def read_again() -> imrdata.Dataset:
    return imrdata.load(bundled_letters())


@pytest.mark.parametrize("table", TABLES)
def test_the_sample_is_current(read_again: imrdata.Dataset, table: str) -> None:
    """If this fails, run `make sample` to build the dataset again."""
    shipped, found = imrdata.load().tables()[table], read_again.tables()[table]
    assert shipped.drop("source", strict=False).equals(found.drop("source", strict=False))


def test_its_letters_are_read_by_this_reader_and_can_be_read_again() -> None:
    letters = imrdata.load_letters()
    assert letters["imrdata_version"].unique().to_list() == [reader_version()]
    assert letters["source"].str.starts_with("seeds/letters/").all()
    row = letters.row(-1, named=True)
    assert imrdata.read_letter(row["source"]).case_number == row["case_number"]


def test_the_sample_is_whole() -> None:
    imrdata.verify(bundled_sample())
    assert imrdata.scan_decisions().collect().equals(imrdata.load_decisions())
