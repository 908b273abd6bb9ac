"""Check corrections against the contract, apply them to tables, and undo them.

A correction has a case, a request (or none, for a column of the letter), a column, the right value as text, a reason
and an author. Applying it changes the value, adds the column to ``corrected_columns``, and stores the value that was
read. Dependent values are updated: the counts and the outcome of the case, and the values that decisions repeat from
their letter.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.filled_in import CORRECTED, as_text, cells, parse, read_filled_in, with_verdicts
from imrdata.errors import CorrectionError, ValidationError
from imrdata.letters.verdict import case_outcome_of
from imrdata.tables.columns import columns, contract_of, in_key_order
from imrdata.tables.validation import validate

Tables = Mapping[str, pl.DataFrame]
Corrections = pl.DataFrame | str | os.PathLike[str]
SCHEMA = pl.Schema(
    {
        "case_number": pl.String(),
        "request_number": pl.Int16(),
        "column": pl.String(),
        "value": pl.String(),
        "reason": pl.String(),
        "corrected_by": pl.String(),
    }
)
STORED = pl.Schema({**SCHEMA, "value_read": pl.String(), "state": pl.String()})
STATES = APPLIED, AGREES, WITHOUT_ROW = "applied", "agrees", "without row"
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
    if row["case_number"] is None:
        return "it names no case_number"
    if number is not None and not number.isdecimal():
        return f"request_number is {number!r}, which is not a number"
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
    if of_request:
        names = [name for name in contract_of("decisions").columns if not contract_of("decisions").repeats(name)]
    else:
        names = list(contract_of("letters").columns)
    return [name for name in names if name not in _NOT_CORRECTED]


def apply(tables: Tables, corrections: pl.DataFrame) -> tuple[Tables, pl.DataFrame]:
    """Apply corrections to letters and all their decisions; return both, and the corrections as of `STORED`.

    Columns in ``corrected_columns`` of a row already have corrected values; `value_read` of their corrections does
    not change.
    """
    is_named = pl.col("case_number").is_in(corrections["case_number"].unique().implode())
    letters = {row["case_number"]: row for row in tables["letters"].filter(is_named).iter_rows(named=True)}
    requests: dict[str, dict[int, dict[str, Any]]] = {case: {} for case in letters}
    for row in tables["decisions"].filter(is_named).iter_rows(named=True):
        requests[row["case_number"]][row["request_number"]] = row
    done = []
    for one in corrections.iter_rows(named=True):
        case, number = one["case_number"], one["request_number"]
        done.append(_applied(one, letters.get(case) if number is None else requests.get(case, {}).get(number)))
    for case, letter in letters.items():
        decisions = list(requests[case].values())
        for row in decisions:
            _repeat(row, letter)
        _count(letter, decisions)
    made = {}
    for table, rows in (("letters", [letters]), ("decisions", requests.values())):
        changed = [list(row.values()) for some in rows for row in some.values()]
        frame = pl.DataFrame(changed, schema=tables[table].schema, orient="row")
        made[table] = in_key_order(pl.concat([tables[table].filter(~is_named), frame]), table)
    return made, pl.DataFrame(done, schema=STORED, orient="row")


def _applied(one: Mapping[str, Any], row: dict[str, Any] | None) -> dict[str, Any]:
    """Apply a correction to its row; return it with the value read and its state."""
    stored = {name: one.get(name) for name in STORED}
    if row is None:
        return stored | {"state": WITHOUT_ROW}
    name = one["column"]
    value = parse(name, one["value"])
    if name not in row["corrected_columns"]:
        stored["value_read"] = as_text(row[name])
    row[name] = value
    row["corrected_columns"] = sorted({*row["corrected_columns"], name})
    return stored | {"state": AGREES if stored["value_read"] == as_text(value) else APPLIED}


def corrected(tables: Tables, corrections: pl.DataFrame) -> tuple[Tables, pl.DataFrame]:
    """Apply corrections as `apply` does, and validate the corrected rows.

    Raises:
        CorrectionError: The corrections break a rule of a row.
    """
    made, done = apply(tables, corrections)
    for table, frame in made.items():
        try:
            validate(frame, table)
        except ValidationError as error:
            message = f"the corrected {table} break their contract; correct the other columns too, or undo"
            raise CorrectionError(f"{message}: {error.message}", reason="invalid_correction") from error
    return made, done


def take_back(tables: Tables, corrections: pl.DataFrame) -> Tables:
    """Restore the rows of letters and decisions as they were read; reverses `apply`."""
    read, _ = apply(tables, corrections.with_columns(value=pl.col("value_read")))
    none = pl.lit([], dtype=pl.List(pl.String))
    return {name: frame.with_columns(corrected_columns=none) for name, frame in read.items()}


def _repeat(row: dict[str, Any], letter: Mapping[str, Any]) -> None:
    """Copy repeated values and their corrections from a letter to a decision."""
    of_letter = [name for name in letter["corrected_columns"] if name in row]
    for name in of_letter:
        row[name] = letter[name]
    row["corrected_columns"] = sorted({*row["corrected_columns"], *of_letter})


def _count(letter: dict[str, Any], decisions: list[dict[str, Any]]) -> None:
    """Update the counts and the outcome of a case from its requests."""
    outcomes = [row["outcome"] for row in decisions]
    letter["overturned_count"] = outcomes.count("Overturned")
    outcome = case_outcome_of(outcomes)
    for row in (letter, *decisions):
        row["case_outcome"] = outcome
