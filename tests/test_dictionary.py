"""Test the lookup of columns, values and case numbers; messages suggest similar names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import imrdata
from imrdata.errors import UnknownTermError, alternatives
from imrdata.tables.columns import TABLES, columns, contract_of


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_told(table: str) -> None:
    frame = imrdata.columns(table)
    assert frame["column"].to_list() == list(contract_of(table).columns)
    assert frame["meaning"].str.ends_with(".").all()
    assert frame.filter(~pl.col("may_be_null"))["column"].to_list() == [
        name for name, column in contract_of(table).columns.items() if not column.nullable
    ]


def has_values(name: str) -> bool:
    try:
        return len(imrdata.values(name)) > 1
    except UnknownTermError:
        return False


@pytest.mark.parametrize("name", [name for name in columns() if has_values(name)])
def test_a_column_takes_no_other_value(name: str) -> None:
    known = set(imrdata.values(name))
    for frame in imrdata.load().tables().values():
        if name in frame.columns:
            column = frame[name].explode() if frame[name].dtype == pl.List(pl.String) else frame[name].cast(pl.String)
            found = set(column.drop_nulls())
            assert found <= known


def test_which_columns_have_values() -> None:
    free = {name for name in columns() if not has_values(name)}
    assert {"rationale_text", "quantity", "decision_date", "source", "is_retrospective"} <= free
    unlisted = {name for name in free if columns()[name].dtype in (pl.List(pl.String), pl.Enum)}
    assert unlisted == {"corrected_columns"}, "list their values in imrdata/tables/dictionary.py, or name them here"


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("cm17-0000002", "CM17-0000002"),
        (" CM 17 0000002 ", "CM17-0000002"),
        ("CM17_0000002", "CM17-0000002"),
        ("CM17\u20130000002.pdf", "CM17-0000002"),
        ("IMR 13-000004", "CM13-0000004"),
        ("17-0000002", "CM17-0000002"),
    ],
)
def test_case_numbers(printed: str, number: str) -> None:
    assert imrdata.case_number(printed) == number


@pytest.mark.parametrize("printed", ["", "CM17-00002", "CM16-0000001 and CM16-0000002"])
def test_what_is_no_case_number_is_refused(printed: str) -> None:
    with pytest.raises(UnknownTermError, match="CM16-0000123"):
        imrdata.case_number(printed)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda _: imrdata.columns("decision"), "no table 'decision'; did you mean decisions"),
        (lambda _: imrdata.values("treatment_categry"), "did you mean treatment_category"),
        (lambda _: imrdata.values("rationale_text"), "no list of values; these have: .*outcome"),
        (lambda one: imrdata.load_decisions(one, columns=["Outcome"]), "no column 'Outcome'; did you mean outcome"),
        (lambda one: imrdata.load_decisions(one).imr.overturn_rate("category"), "did you mean treatment_category"),
    ],
)
def test_names_like_a_wrong_one_are_told(ask: Callable[[Path], object], words: str) -> None:
    with pytest.raises(UnknownTermError, match=words):
        ask(imrdata.example_letter())


@pytest.mark.parametrize("columns", ["outcome", []])
def test_columns_are_a_list_of_names(columns: Any) -> None:
    with pytest.raises(TypeError, match="columns is a list of one name or more, not"):
        imrdata.load_decisions(columns=columns)


def test_all_names_are_told_where_none_is_like_it() -> None:
    assert alternatives("xyz", ["one", "two"]) == "there are: one, two"
    assert alternatives("xyz", []) == "there are: none"
    assert alternatives("tow", ["one", "two", "TOW"]) == "did you mean TOW?"


def test_lazy_frames_have_the_verbs_that_need_no_texts(tmp_path: Path) -> None:
    data = imrdata.load()
    decisions, letters = data.decisions.imr, data.letters.imr  # type: ignore[attr-defined]
    lazy, lazy_letters = imrdata.scan_decisions().imr, imrdata.scan_letters().imr  # type: ignore[attr-defined]
    assert lazy.overturn_rate("treatment_category").equals(decisions.overturn_rate("treatment_category"))
    assert lazy.overturn_rate("request_text", method="wilson").height > 1000
    assert lazy.trend("1y", small_below=5).equals(decisions.trend("1y", small_below=5))
    options = {"standardize": "treatment_category"}
    assert_frame_equal(lazy.compare("patient_sex", **options), decisions.compare("patient_sex", **options))
    assert lazy_letters.intervals().equals(letters.intervals())
    with pytest.raises(UnknownTermError, match="did you mean treatment_category"):
        lazy.overturn_rate("category")
