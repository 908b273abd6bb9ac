"""Test exports: every row and value is written, formulas are not, and links are not followed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import frictionless
import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.datasets import exporting
from imrdata.resources import bundled_letters
from imrdata.tables.columns import TABLES, contract_of

FORMULA = "=HYPERLINK(1) MRI of the left knee"


@pytest.fixture
def data(tmp_path: Path) -> imrdata.Dataset:
    """Return two letters; a request of the second begins like a formula."""
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "1.txt").write_text(LETTER)
    (folder / "2.txt").write_text(
        LETTER.replace("CM16-0000123", "CM16-0000124").replace("MRI of the left knee", FORMULA)
    )
    data = imrdata.load(folder)
    assert data.decisions["request_text"].str.starts_with("=").sum() == 1
    return data


@pytest.mark.parametrize("name", ["out", "out [2016] é=1"])
@pytest.mark.parametrize("suffix", list(exporting._FORMATS))
def test_every_format_is_written_whole_and_replaces_what_was_there(
    data: imrdata.Dataset, tmp_path: Path, suffix: str, name: str
) -> None:
    pytest.importorskip("deltalake", reason="deltalake is a development dependency")
    for _ in range(2):
        paths = imrdata.export(data, tmp_path / f"{name}{suffix}")
    assert all(path.exists() for path in paths)
    each = [f"{name}_{table}{suffix}" for table in (*TABLES, "columns", "about")]
    described = [f"{name}_datapackage.json"] if suffix == ".csv" else []
    expected = [*each, *described] if suffix in (".csv", ".parquet") else [f"{name}{suffix}"]
    assert [path.name for path in paths] == expected
    assert not list(tmp_path.glob(".imrdata-*"))


def test_an_export_says_which_version_of_the_dataset_it_holds(data: imrdata.Dataset, tmp_path: Path) -> None:
    imrdata.build(tmp_path / "letters", tmp_path / "built")
    built = imrdata.load(tmp_path / "built")
    (path,) = imrdata.export(built, tmp_path / "out.sqlite")
    with closing(sqlite3.connect(path)) as base:
        about = dict(base.execute("SELECT measure, value FROM about").fetchall())
    assert about["rows of"] == f"dataset version 1, imrdata {imrdata.__version__}"
    assert (about["letters"], about["letters, synthetic"], about["treatment requests"]) == ("2", "0", "4")
    some = built.decisions.filter(outcome="Overturned")
    paths = imrdata.export((some, built), tmp_path / "some.csv")
    assert [path.name for path in paths] == ["some_rows.csv", "some_about.csv"]
    assert pl.read_csv(paths[0]).height == some.height == 2
    assert pl.read_csv(paths[1])["value"][0] == about["rows of"]


def test_what_is_no_polars_frame_is_refused_and_a_missing_folder_is_named(
    data: imrdata.Dataset, tmp_path: Path
) -> None:
    for frame in (data.decisions.lazy(), data.decisions.select("outcome").to_pandas()):
        with pytest.raises(TypeError, match=r"export takes a polars DataFrame, not (Lazy|Data)Frame"):
            imrdata.export(frame, tmp_path / "out.csv")  # type: ignore[arg-type]
    for suffix in exporting._FORMATS:
        with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
            imrdata.export(data, tmp_path / "nowhere" / f"out{suffix}")


def test_csv_holds_joined_lists_and_no_formula(data: imrdata.Dataset, tmp_path: Path) -> None:
    imrdata.export(data, tmp_path / "out.csv")
    frame = pl.read_csv(tmp_path / "out_decisions.csv", try_parse_dates=True)
    assert frame.columns == list(contract_of("decisions").columns)
    assert frame["decision_date"].to_list() == data.decisions["decision_date"].to_list()
    assert frame["reviewer_states"][0] == "TX; NY; CA"
    assert frame["outcome"].to_list() == data.decisions["outcome"].cast(pl.String).to_list()
    assert "'" + FORMULA in frame["request_text"].to_list()
    columns = pl.read_csv(tmp_path / "out_columns.csv")
    assert columns.filter(table="decisions", column="outcome")["type"].to_list() == ["Enum: Upheld, Overturned"]


def test_the_exported_package_is_valid_and_finds_what_is_wrong(data: imrdata.Dataset, tmp_path: Path) -> None:
    source = [tmp_path / "letters", bundled_letters() / "synthetic.zip"]
    *_, package = imrdata.export(imrdata.load(source), tmp_path / "out.csv")
    report = frictionless.Package(str(package)).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])[:5]
    assert {task.name for task in report.tasks} == set(TABLES)
    file = tmp_path / "out_decisions.csv"
    file.write_text(file.read_text().replace(",Upheld,", ",Upheeld,", 1))
    assert not frictionless.Package(str(package)).validate().valid


def test_a_folder_that_holds_something_else_is_not_replaced(data: imrdata.Dataset, tmp_path: Path) -> None:
    pytest.importorskip("deltalake", reason="deltalake is a development dependency")
    (tmp_path / "out.delta").mkdir()
    (tmp_path / "out.delta" / "thesis.txt").write_text("mine")
    with pytest.raises(OSError, match=r"contains other files: thesis\.txt"):
        imrdata.export(data, tmp_path / "out.delta")
    assert (tmp_path / "out.delta" / "thesis.txt").read_text() == "mine"


def test_other_programs_read_the_files_of_a_dataset(data: imrdata.Dataset, tmp_path: Path) -> None:
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    place = tmp_path / "year=2016 [a]"
    for text in ("MRI of the right knee", "MRI of the left ankle"):
        imrdata.build(tmp_path / "letters", place)
        path = tmp_path / "letters" / "1.txt"
        path.write_text(path.read_text().replace("MRI of the left knee", text))
    files = imrdata.dataset_files(place, "decisions")
    assert len(list((place / "decisions").iterdir())) > len(files)  # the folder also has the files of the first version
    expected = imrdata.load_decisions(place).height
    assert duckdb.read_parquet(files).aggregate("count(*)").fetchall() == [(expected,)]
    frame = pandas.concat([pandas.read_parquet(file, partitioning=None) for file in files])
    assert len(frame) == expected
    assert set(frame["outcome"]) == {"Upheld", "Overturned"}


def test_excel_holds_dates_and_texts_that_are_no_formulas(data: imrdata.Dataset, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is a development dependency")
    (path,) = imrdata.export(data, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [*TABLES, "columns", "about"]
    head, *rows = list(book["decisions"].iter_rows())
    names = [cell.value for cell in head]
    assert names == list(contract_of("decisions").columns)
    cells = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    assert {cell.data_type for cell in cells["request_text"]} == {"s"}
    assert FORMULA in [cell.value for cell in cells["request_text"]]
    assert cells["decision_date"][0].value.date() == date(2016, 12, 19)
    assert cells["quantity"][1].value == 12


def test_excel_says_what_does_not_fit(data: imrdata.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "EXCEL_CHARACTERS", 30)
        with pytest.warns(imrdata.ImrDataWarning, match=r"texts are longer than the 30 characters"):
            imrdata.export(data, tmp_path / "long.xlsx")
    monkeypatch.setattr(exporting, "EXCEL_ROWS", 3)
    with pytest.raises(ValueError, match="decisions has 4 rows, and an Excel sheet holds 3"):
        imrdata.export(data, tmp_path / "rows.xlsx")
    assert not (tmp_path / "rows.xlsx").exists()


def test_sqlite_finds_words_by_their_stem(data: imrdata.Dataset, tmp_path: Path) -> None:
    (path,) = imrdata.export(data, tmp_path / "out.sqlite")
    with closing(sqlite3.connect(path)) as base:
        query = """
            SELECT case_number, request_number, decision_date FROM decisions WHERE rowid IN
            (SELECT rowid FROM decisions_search WHERE decisions_search MATCH ?) ORDER BY case_number"""
        assert base.execute(query, ("session",)).fetchall() == [
            ("CM16-0000123", 2, "2016-12-19"),
            ("CM16-0000124", 2, "2016-12-19"),
        ]
        assert base.execute("SELECT count(*) FROM citations").fetchone()[0] == data.citations.height
        found = base.execute("SELECT count(*) FROM decisions WHERE request_text = ?", (FORMULA,))
        assert found.fetchone() == (1,)


def test_duckdb_parquet_and_delta_keep_lists(data: imrdata.Dataset, tmp_path: Path) -> None:
    duckdb, deltalake = pytest.importorskip("duckdb"), pytest.importorskip("deltalake")
    (path,) = imrdata.export(data, tmp_path / "out.duckdb")
    with duckdb.connect(str(path), read_only=True) as base:
        rows = base.sql(
            "SELECT reviewer_states, outcome FROM decisions ORDER BY case_number, request_number"
        ).fetchall()
    assert rows[-1] == (["TX", "NY", "CA"], "Overturned")
    (folder,) = imrdata.export(data, tmp_path / "out.delta")
    table = pl.DataFrame(deltalake.DeltaTable(str(folder / "decisions")).to_pyarrow_table())
    assert table["reviewer_states"][0].to_list() == ["TX", "NY", "CA"]
    imrdata.export(data, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out_decisions.parquet").equals(data.decisions)


def test_a_dataset_on_disk_is_exported_as_it_is_loaded(data: imrdata.Dataset, tmp_path: Path) -> None:
    imrdata.build(tmp_path / "letters", tmp_path / "built")
    imrdata.export(tmp_path / "built", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out_letters.parquet").equals(data.letters)


def test_nothing_is_written_through_a_link(data: imrdata.Dataset, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    for name in ("out.sqlite", "out_letters.csv"):
        (tmp_path / name).symlink_to(target)
    for name in ("out.sqlite", "out.csv"):
        with pytest.raises(OSError, match="is a link"):
            imrdata.export(data, tmp_path / name)
    assert target.read_text() == "mine"


def test_an_unknown_ending_is_refused(data: imrdata.Dataset, tmp_path: Path) -> None:
    with pytest.raises(imrdata.errors.UnknownTermError, match=r"'out.doc' .*known format: .xlsx, .csv"):
        imrdata.export(data, tmp_path / "out.doc")


@pytest.mark.parametrize("suffix", list(exporting._FORMATS))
def test_one_frame_is_one_file(data: imrdata.Dataset, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("deltalake", reason="deltalake is a development dependency")
    found = data.decisions.filter(pl.col("request_text").str.starts_with("="))
    assert imrdata.export(found, tmp_path / f"found{suffix}") == [tmp_path / f"found{suffix}"]
    if suffix == ".csv":
        assert pl.read_csv(tmp_path / "found.csv")["request_text"].to_list() == [f"'{FORMULA}"]
    if suffix == ".sqlite":
        with closing(sqlite3.connect(tmp_path / "found.sqlite")) as base:
            assert base.execute("select request_text from rows").fetchall() == [(FORMULA,)]
