"""Check corrections against the contract, apply them to tables, and undo them.

Applying a correction changes a value, adds its column to ``corrected_columns``, and stores the value that was read.
The counts and the outcome of the case, and the values that decisions repeat from their letter, are updated.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.filled_in import CORRECTED, as_text, cells, parse, read_filled_in, with_verdicts
from imrdata.errors import CorrectionError, ValidationError
from imrdata.letters.case_numbers import typed_case_number
from imrdata.letters.verdict import case_outcome_of
from imrdata.tables.columns import columns, contract_of, in_key_order
from imrdata.tables.validation import validate

Tables = Mapping[str, pl.DataFrame]
Row = dict[str, Any]
Corrections = pl.DataFrame | str | os.PathLike[str]
_TEXTS = dict.fromkeys(("column", "value", "reason", "corrected_by"), pl.String())
SCHEMA = pl.Schema({"case_number": pl.String(), "request_number": pl.Int16(), **_TEXTS})
STORED = pl.Schema({**SCHEMA, "value_read": pl.String(), "state": pl.String()})
STATES = APPLIED, AGREES, WITHOUT_ROW = "applied", "agrees", "without row"
CORRECTED_TABLES = ("letters", "decisions")  # the tables whose values can be corrected
_LAST_REQUEST = 2**15 - 1  # of the column's type
KEY = ["case_number", "request_number", "column"]
_NOT_CORRECTED = {
    "case_number", "request_number", "case_outcome", "request_count", "overturned_count", "letter_layout", "provenance",
    "source", "source_sha256", "imrdata_version", "text_origin", "ocr_engine", "doubts", "corrected_columns",
}  # fmt: skip


def read_corrections(given: Corrections) -> pl.DataFrame:
    """Read corrections as a frame of `SCHEMA`, and check each against the contract of its column.

    Args:
        given: A frame, or a CSV file. Other columns are ignored; an empty value is null. Of marks, which have a
            ``verdict``, the last one of each field is used if it is ``corrected``, or if it has only another ``value``.

    Raises:
        CorrectionError: A column is missing, or a row has an unknown column or an invalid value. The message lists
            all such rows.
    """
    frame = given if isinstance(given, pl.DataFrame) else read_filled_in(Path(given))
    missing = [name for name in SCHEMA if name not in frame.columns]
    if missing:
        raise CorrectionError(f"the corrections lack the columns {', '.join(missing)}", reason="missing_columns")
    texts = cells(frame, [name for name in (*SCHEMA, "value_read", "verdict") if name in frame.columns])
    typed = [one and (typed_case_number(one) or one) for one in texts["case_number"]]
    texts = texts.with_columns(pl.Series("case_number", typed, dtype=pl.String()))
    if {"value_read", "verdict"} <= set(texts.columns):
        marked = with_verdicts(texts).filter(pl.col("verdict").is_not_null())
        texts = marked.unique(KEY, keep="last", maintain_order=True).filter(pl.col("verdict") == CORRECTED)
    texts = texts.select(SCHEMA.names())
    rows = texts.rows(named=True)
    faults = [f"row {at}: {fault}" for at, row in enumerate(rows, start=1) if (fault := _fault(row))]
    if faults:
        plural = "" if len(faults) == 1 else "s"
        message = "\n".join([f"{len(faults)} correction{plural} cannot be applied:", *(f"  {one}" for one in faults)])
        raise CorrectionError(message, reason="invalid_correction")
    return texts.with_columns(pl.col("request_number").cast(pl.Int16)).unique(KEY, keep="last", maintain_order=True)


def _fault(row: Mapping[str, str | None]) -> str | None:
    """Return the error of a correction, if any."""
    number, name = row["request_number"], row["column"]
    if typed_case_number(row["case_number"] or "") is None:
        return f"{row['case_number']!r} is not a case number"
    if number is not None and not (number.isdecimal() and 0 < int(number) <= _LAST_REQUEST):
        return f"request_number is {number!r}, which is not the number of a request"
    mine = correctable(of_request=number is not None)
    if name not in mine:
        what = "a request" if number is not None else "a letter (request_number is empty)"
        return f"column {name!r} cannot be corrected for {what}; there are: {', '.join(mine)}"
    if row["value"] is None and not columns()[name].nullable and not isinstance(columns()[name].dtype, pl.List):
        return f"{name} is never null"
    try:
        parse(name, row["value"])
    except ValueError as error:
        return f"{name} cannot be {row['value']!r}: {error}"
    return None


def correctable(*, of_request: bool) -> list[str]:
    """Return the columns that can be corrected."""
    contract = contract_of("decisions" if of_request else "letters")
    return [
        name for name in contract.columns if name not in _NOT_CORRECTED and not (of_request and contract.repeats(name))
    ]


def corrected(
    tables: Tables, corrections: pl.DataFrame, stored: pl.DataFrame | None = None
) -> tuple[Tables, pl.DataFrame]:
    """Apply corrections to letters and all their decisions; first undo those that are stored with them.

    Returns the tables, and the corrections as a frame of `STORED`. A CorrectionError says which rule they break.
    """
    stored = pl.DataFrame(schema=STORED) if stored is None else stored
    is_named = pl.col("case_number").is_in([*stored["case_number"], *corrections["case_number"]])
    letters = {row["case_number"]: row for row in tables["letters"].filter(is_named).iter_rows(named=True)}
    decisions = tables["decisions"].filter(is_named).rows(named=True)
    requests: dict[str, dict[int, Row]] = {case: {} for case in letters}
    for row in decisions:
        requests[row["case_number"]][row["request_number"]] = row

    def rows_of(one: Row) -> list[Row]:
        """Return the rows that a correction changes: of a letter's column, also the decisions that repeat it."""
        case, number, name = one["case_number"], one["request_number"], one["column"]
        of_case = requests.get(case, {})
        rows = [of_case.get(number)] if number is not None else [letters.get(case), *of_case.values()]
        return [row for row in rows if row is not None and name in row]

    for one in stored.iter_rows(named=True):
        for row in rows_of(one):
            if one["column"] in row["corrected_columns"]:
                row[one["column"]] = parse(one["column"], one["value_read"])
                row["corrected_columns"] = [name for name in row["corrected_columns"] if name != one["column"]]
    done = [_applied(one, rows_of(one)) for one in corrections.iter_rows(named=True)]
    for case, letter in letters.items():
        _count(letter, requests[case].values())
    made = {}
    for table, rows in (("letters", [*letters.values()]), ("decisions", decisions)):
        frame = pl.DataFrame(rows, schema=tables[table].schema, orient="row")
        made[table] = in_key_order(pl.concat([tables[table].filter(~is_named), frame]), table)
        try:
            validate(frame, table)
        except ValidationError as error:
            message = f"the corrected {table} break their contract; correct the other columns too, or undo"
            raise CorrectionError(f"{message}: {error.message}", reason="invalid_correction") from error
    return made, pl.DataFrame(done, schema=STORED, orient="row")


def _applied(one: Row, rows: list[Row]) -> Row:
    """Apply a correction to its rows; return it with the value read and its state."""
    stored = {name: one.get(name) for name in STORED}
    if not rows:
        return stored | {"state": WITHOUT_ROW}
    name = one["column"]
    value = parse(name, one["value"])
    if name not in rows[0]["corrected_columns"]:
        stored["value_read"] = as_text(rows[0][name])
    for row in rows:
        row[name] = value
        row["corrected_columns"] = sorted({*row["corrected_columns"], name})
    return stored | {"state": AGREES if stored["value_read"] == as_text(value) else APPLIED}


def _count(letter: Row, decisions: Collection[Row]) -> None:
    """Update the counts and the outcome of a case from its requests."""
    outcomes = [row["outcome"] for row in decisions]
    letter["overturned_count"] = outcomes.count("Overturned")
    for row in (letter, *decisions):
        row["case_outcome"] = case_outcome_of(outcomes)
