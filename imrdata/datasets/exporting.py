"""Export tables to other programs: Excel, CSV, SQLite, DuckDB, Parquet, Delta.

In formats without lists, elements are joined by ``; ``. Because texts come from the web, a cell that a spreadsheet
would run as a formula is written as text.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.dataset import Dataset, origin_words
from imrdata.datasets.loading import load
from imrdata.datasets.system import require_destination
from imrdata.errors import ImrDataWarning, UnknownTermError, needs
from imrdata.tables.columns import TABLES
from imrdata.tables.dictionary import columns
from imrdata.tables.exports import data_package

Tables = Mapping[str, pl.DataFrame]
EXCEL_ROWS, EXCEL_CHARACTERS = 1_048_575, 32_767  # rows of a sheet without its header; characters of a cell
_FORMULA = r"^[=+\-@\t\r]"
_SEARCHED = ("request_text", "rationale_text")


def export(
    data: Dataset | pl.DataFrame | tuple[pl.DataFrame, Dataset] | str | os.PathLike[str], dest: str | os.PathLike[str]
) -> list[Path]:
    """Export the tables to other programs. The suffix of `dest` selects the format.

    The tables are joined by two more: ``columns`` describes each column, and ``about`` says which version of the
    dataset and of the package the rows are from, with the counts of `Dataset.summary`.

    - ``.xlsx``: one sheet per table. Excel holds 1,048,575 rows per sheet and
      32,767 characters per cell: more rows are an error; longer texts are cut, and a warning counts them.
    - ``.csv``: ``out.csv`` writes ``out_letters.csv`` and so on for each table, and ``out_datapackage.json``, a
      Frictionless Data Package with types, keys and limits.
    - ``.parquet``: writes ``out_letters.parquet`` and so on.
    - ``.sqlite``: one table each, and ``decisions_search``, a full-text index (FTS5) of the request and
      the rationale: ``select rowid from decisions_search where decisions_search match 'lumbar'``.
    - ``.duckdb``: one table each. Lists stay lists.
    - ``.delta``: a folder of Delta tables. Lists stay lists.

    In ``.xlsx``, ``.csv`` and ``.sqlite``, lists are joined by ``; ``. SQLite dates are ISO 8601 texts. In ``.csv``,
    a text that begins with ``=``, ``+``, ``-`` or ``@`` is prefixed with an apostrophe, because a spreadsheet
    would run it as a formula; in ``.xlsx`` it needs none.

    Args:
        data: A `Dataset`, or any source of `load`; a single frame, such as filtered rows, which is written to
            `dest` alone; or a tuple of such a frame and its `Dataset`, which writes ``rows`` and ``about``.
        dest: The file to write; an existing file is replaced.

    Returns:
        The paths written.

    Raises:
        UnknownTermError: The suffix is not a known format.
        TypeError: `data` is a frame of another kind, such as a LazyFrame.
        MissingExtraError: The format needs a package that is not installed.
        ValueError: A table has more rows than an Excel sheet; nothing is written.
        OSError: `dest` cannot be written, or is a link.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in imrdata.export(imrdata.example_letter(), f"{folder}/out.csv")][:2]
        ['out_letters.csv', 'out_decisions.csv']
    """
    path = Path(dest)
    write = _FORMATS.get(path.suffix.lower())
    if write is None:
        message = f"{path.name!r} does not end with the extension of a known format: {', '.join(_FORMATS)}"
        raise UnknownTermError(message, reason="unknown_format")
    if isinstance(data, pl.DataFrame):
        return write({"rows": data}, path)
    if isinstance(data, tuple):
        rows, of = data
        return write({"rows": rows, "about": _about(of)}, path)
    if isinstance(data, pl.LazyFrame) or hasattr(data, "columns"):  # of another program, such as pandas
        raise TypeError(f"export takes a polars DataFrame, not {type(data).__name__}; collect a LazyFrame first")
    found = data if isinstance(data, Dataset) else load(data)
    described = pl.concat([columns(table).select(pl.lit(table).alias("table"), pl.all()) for table in TABLES])
    return write(found.tables() | {"columns": described, "about": _about(found)}, path)


def _about(data: Dataset) -> pl.DataFrame:
    """Return where rows come from, for citing them: versions, and how many letters and requests there are."""
    counts = [(measure, f"{count:,}") for measure, count, _ in data.summary().iter_rows()]
    rows = [("rows of", origin_words(data)), *counts]
    return pl.DataFrame(rows, schema={"measure": pl.String, "value": pl.String}, orient="row")


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Convert Enums to texts."""
    return frame.with_columns(pl.col(pl.Enum).cast(pl.String))


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Convert Enums to texts, and join lists."""
    return _plain(frame).with_columns(pl.col(pl.List(pl.String)).list.join("; "))


def _replace(path: Path, write: Callable[[Path], object]) -> Path:
    """Write a temporary file, then move it to its path. Links are refused."""
    require_destination(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {path.parent}")
    with tempfile.TemporaryDirectory(prefix=".imrdata-", dir=path.parent) as folder:
        beside = Path(folder) / path.name
        write(beside)
        if beside.is_dir() and path.is_dir():
            if others := {one.name for one in path.iterdir()} - {one.name for one in beside.iterdir()}:
                raise OSError(f"{path} contains other files: {', '.join(sorted(others))}")
            shutil.rmtree(path)
        beside.replace(path)
    return path


def _each(tables: Tables, path: Path, write: Callable[[pl.DataFrame, Path], object]) -> list[Path]:
    """Write one file per table, with its name if there are several."""
    named = {table: path.with_name(f"{path.stem}_{table}{path.suffix}") for table in tables}
    return [
        _replace(path if len(tables) == 1 else named[table], partial(write, frame)) for table, frame in tables.items()
    ]


# --- FORMATS --- #


def _csv(tables: Tables, path: Path) -> list[Path]:
    is_formula = pl.col(pl.String).str.contains(_FORMULA)
    safe = pl.when(is_formula).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String)).name.keep()
    made = _each(tables, path, lambda frame, beside: _flat(frame).with_columns(safe).write_csv(beside))
    if "letters" not in tables:
        return made
    package = _csv_package({table: [written.name] for table, written in zip(tables, made, strict=True)})
    described = path.with_name(f"{path.stem}_datapackage.json")
    return [*made, _replace(described, lambda beside: beside.write_text(json.dumps(package, indent=1), "utf-8"))]


def _csv_package(files: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the Data Package of CSV files: lists are joined texts, and empty texts are null."""
    package = data_package(files)
    for resource in package["resources"]:
        resource |= {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
        for field in resource["schema"]["fields"]:
            if field["type"] == "array":
                field["type"] = "string"
                del field["arrayItem"]
                field.pop("constraints", None)
    return package


def _parquet(tables: Tables, path: Path) -> list[Path]:
    return _each(tables, path, lambda frame, beside: frame.write_parquet(beside))


def _xlsx(tables: Tables, path: Path) -> list[Path]:
    with needs("export", "writing Excel files"):
        import xlsxwriter  # noqa: PLC0415 - an extra
    for table, frame in tables.items():
        if frame.height > EXCEL_ROWS:
            message = f"{table} has {frame.height:,} rows, and an Excel sheet holds {EXCEL_ROWS:,}"
            raise ValueError(f"{message}; export .csv or .sqlite")
    flat = {table: _flat(frame) for table, frame in tables.items()}
    is_long = pl.col(pl.String).str.len_chars() > EXCEL_CHARACTERS
    long = sum(frame.select(is_long).sum().sum_horizontal().sum() for frame in flat.values())
    if long:
        message = f"{long:,} texts are longer than the {EXCEL_CHARACTERS:,} characters of an Excel cell, and are cut"
        warnings.warn(message, ImrDataWarning, stacklevel=3)

    def write(beside: Path) -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(str(beside), options) as book:
            for table, frame in flat.items():
                cut = frame.with_columns(pl.col(pl.String).str.head(EXCEL_CHARACTERS))
                cut.write_excel(book, table, freeze_panes=(1, 0), dtype_formats={pl.Date: "yyyy-mm-dd"})

    return [_replace(path, write)]


def _sqlite(tables: Tables, path: Path) -> list[Path]:
    def write(beside: Path) -> None:
        with closing(sqlite3.connect(beside)) as base, base:
            for table, frame in tables.items():
                flat = _flat(frame).with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"))
                names = ", ".join(f'"{name}"' for name in flat.columns)
                marks = ", ".join("?" * flat.width)
                base.execute(f'CREATE TABLE "{table}" ({names})')
                base.executemany(f'INSERT INTO "{table}" VALUES ({marks})', flat.iter_rows())  # noqa: S608
            if "decisions" not in tables:
                return
            names = ", ".join(_SEARCHED)
            options = "content=decisions, tokenize=porter"
            base.execute(f"CREATE VIRTUAL TABLE decisions_search USING fts5({names}, {options})")
            base.execute("INSERT INTO decisions_search(decisions_search) VALUES ('rebuild')")
            base.execute("CREATE INDEX decisions_by_case ON decisions (case_number, request_number)")

    return [_replace(path, write)]


def _duckdb(tables: Tables, path: Path) -> list[Path]:
    with needs("export", "writing DuckDB files"):
        import duckdb  # noqa: PLC0415 - an extra
        import pyarrow  # noqa: F401, PLC0415 - DuckDB reads polars frames through it

    def write(beside: Path) -> None:
        with closing(duckdb.connect(str(beside))) as base:
            for table, frame in tables.items():
                base.register("frame", _plain(frame).to_arrow())
                base.execute(f'CREATE TABLE "{table}" AS SELECT * FROM frame')  # noqa: S608
                base.unregister("frame")

    return [_replace(path, write)]


def _delta(tables: Tables, path: Path) -> list[Path]:
    with needs("export", "writing Delta tables (pip install deltalake, too)"):
        import deltalake  # noqa: F401, PLC0415 - not in an extra: it is large, and few need it

    def write(beside: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:  # Delta treats a path as an address, so many characters fail
            for table, frame in tables.items():
                _plain(frame).write_delta(f"{folder}/{table}")
            shutil.copytree(folder, beside)

    return [_replace(path, write)]


_FORMATS: dict[str, Callable[[Tables, Path], list[Path]]] = {
    ".xlsx": _xlsx,
    ".csv": _csv,
    ".parquet": _parquet,
    ".sqlite": _sqlite,
    ".duckdb": _duckdb,
    ".delta": _delta,
}
