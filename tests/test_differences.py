"""Test the record diff: each kind of difference is listed once, and nothing else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER
from typer.testing import CliRunner

import imrdata
from imrdata.cli import app
from imrdata.datasets.differences import difference_counts, differences

OTHER = LETTER.replace("CM16-0000123", "CM16-0000999")
Tables = dict[str, pl.DataFrame]


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    (tmp_path / "CM16-0000123.txt").write_text(LETTER)
    (tmp_path / "CM16-0000999.txt").write_text(OTHER)
    return imrdata.load(tmp_path).tables()


def rows(before: Tables, after: Tables) -> list[tuple[str | None, ...]]:
    return differences(before, after).rows()


def test_a_reading_equals_itself(tables: Tables) -> None:
    assert differences(tables, tables).is_empty()
    assert difference_counts(differences(tables, tables)).is_empty()


def test_where_a_letter_lies_is_no_difference(tables: Tables) -> None:
    moved = {name: frame.with_columns(pl.lit("elsewhere").alias("source")) for name, frame in tables.items()}
    assert rows(tables, moved) == []


def test_a_changed_field_is_told_with_both_values(tables: Tables) -> None:
    is_one = pl.col("case_number") == "CM16-0000999"
    other = tables["decisions"].with_columns(
        treatment_category=pl.when(is_one)
        .then(pl.lit("Surgery"))
        .otherwise(pl.col("treatment_category").cast(pl.String)),
        drugs=pl.when(is_one).then(pl.lit(["aspirin", "codeine"])).otherwise(pl.col("drugs")),
    )
    old = tables["decisions"].filter(is_one)["treatment_category"].cast(pl.String)[0]
    keys = [f"CM16-0000999 {number}" for number in tables["decisions"].filter(is_one)["request_number"]]
    found = differences(tables, tables | {"decisions": other})
    assert found.filter(column="drugs").rows() == [
        ("decisions", key, "changed", "drugs", "", "aspirin; codeine") for key in keys
    ]
    assert found.filter(column="treatment_category").rows()[0] == (
        "decisions", keys[0], "changed", "treatment_category", old, "Surgery",
    )  # fmt: skip
    assert dict(difference_counts(found).select("column", "count").rows()) == {
        "drugs": len(keys), "treatment_category": len(keys),
    }  # fmt: skip


def test_null_and_an_empty_list_differ(tables: Tables) -> None:
    drugs, none = pl.lit([], pl.List(pl.String)), pl.lit(None, pl.List(pl.String))
    before, after = (tables | {"decisions": tables["decisions"].with_columns(drugs=value)} for value in (drugs, none))
    assert {row[3:] for row in rows(before, after)} == {("drugs", "", None)}


def test_a_column_of_the_letter_is_told_once(tables: Tables) -> None:
    """Check that a difference in a letter is counted once, although `decisions` repeats the letter's columns."""
    changed = {
        name: frame.with_columns(patient_age=pl.lit(99, pl.Int16)) if "patient_age" in frame.columns else frame
        for name, frame in tables.items()
    }
    assert {row[0] for row in rows(tables, changed)} == {"letters"}


def test_a_letter_in_one_reading_only(tables: Tables) -> None:
    fewer = tables | {"letters": tables["letters"].filter(pl.col("case_number") != "CM16-0000999")}
    assert rows(tables, fewer) == [("letters", "CM16-0000999", "removed", None, None, None)]
    assert rows(fewer, tables) == [("letters", "CM16-0000999", "added", None, None, None)]


def test_columns_that_one_reading_lacks(tables: Tables) -> None:
    more = tables | {"letters": tables["letters"].with_columns(judge=pl.lit("nobody")).drop("priority")}
    assert rows(tables, more) == [
        ("letters", None, "added", "judge", None, None),
        ("letters", None, "removed", "priority", None, None),
    ]


def test_diagnostics_are_compared_as_a_whole(tables: Tables) -> None:
    one = {name: "x" for name in tables["diagnostics"].columns if tables["diagnostics"].schema[name] == pl.String}
    row = pl.DataFrame([one], schema=tables["diagnostics"].schema)
    twice = tables | {"diagnostics": pl.concat([tables["diagnostics"], row, row])}
    found = rows(tables, twice)
    assert [row[:1] + row[2:4] for row in found] == [("diagnostics", "added", None)] * 2


def test_quarantine_is_known_by_the_file(tmp_path: Path) -> None:
    readings = []
    for folder, words in (("a", "An invoice."), ("b", "")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(words)
        with pytest.warns(imrdata.ImrDataWarning):
            readings.append(imrdata.load(tmp_path / folder).tables())
    found = differences(*readings)
    assert set(found["key"]) == {"x.txt"}
    assert ("reason", "not_a_letter", "empty") in found.select("column", "before", "after").rows()


def test_the_command_tells_by_its_exit_code(tmp_path: Path) -> None:
    for folder, words in (("a", LETTER), ("b", LETTER), ("c", LETTER.replace("10/10/2016", "10/11/2016"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "CM16-0000123.txt").write_text(words)
    a, b, c = (str(tmp_path / folder) for folder in "abc")
    same, other = (CliRunner().invoke(app, ["diff", a, one]) for one in (b, c))
    assert (same.exit_code, same.output) == (0, "No field differs.\n")
    assert other.exit_code == 11
    assert "2016-10-11" in other.output
    imrdata.build(c, tmp_path / "dataset")
    assert CliRunner().invoke(app, ["diff", c, str(tmp_path / "dataset")]).exit_code == 0
