"""Check corrections against the contract, apply them to tables, and undo them.

Applying a correction changes a value, adds its column to ``corrected_columns``, and stores the value that was read.
The counts and the outcome of the case, and the values that decisions repeat from their letter, are updated and marked
in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.filled_in import CORRECTED, as_text, cells, parse, read_filled_in, with_verdicts
from imrdata.errors import CorrectionError, ValidationError, alternatives
from imrdata.letters.case_numbers import typed_case_number
from imrdata.letters.verdict import case_outcome_of
from imrdata.tables.columns import columns, contract_of, in_key_order
from imrdata.tables.dictionary import values
from imrdata.tables.validation import validate

Tables = Mapping[str, pl.DataFrame]
Row = dict[str, Any]
Corrections = pl.DataFrame | str | os.PathLike[str]
_TEXTS = dict.fromkeys(("column", "value", "reason", "corrected_by"), pl.String())
SCHEMA = pl.Schema({"case_number": pl.String(), "request_number": pl.Int16(), **_TEXTS})
STORED = pl.Schema({**SCHEMA, "value_read": pl.String(), "state": pl.String()})
STATES = APPLIED, AGREES, WITHOUT_ROW = "applied", "agrees", "without row"
_MAY_BE_NEW = ("drugs", "reviewer_specialties")  # kept as printed where no vocabulary has them
CORRECTED_TABLES = ("letters", "decisions")  # the tables whose values can be corrected
_LAST_REQUEST = 2**15 - 1  # of the column's type
KEY = ["case_number", "request_number", "column"]
_NOT_CORRECTED = {
    "case_number", "request_number", "case_outcome", "request_count", "overturned_count", "letter_layout", "provenance",
    "source", "source_sha256", "imrdata_version", "text_origin", "ocr_engine", "doubts", "corrected_columns",
}  # fmt: skip


def read_corrections(given: Corrections, *, is_undo: bool = False) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read corrections, and check each against the contract of its column; a CorrectionError lists all invalid rows.

    Other columns are ignored; an empty value is null. Of marks, which have a ``verdict``, the last one of each field is
    used if it is ``corrected``, or if it has only another ``value``. Marks, and rows to undo, need no ``reason`` and
    ``corrected_by``. Returns the last correction of each field, and the earlier ones, which it replaces: frames of
    ``row`` and `SCHEMA`.
    """
    if not isinstance(given, pl.DataFrame | str | os.PathLike):
        raise TypeError(f"corrections are a frame or the path of a CSV file, not {type(given).__name__}")
    frame = given if isinstance(given, pl.DataFrame) else read_filled_in(Path(given))
    missing = [name for name in SCHEMA if name not in frame.columns]
    if missing:
        message = f"the corrections lack the columns {', '.join(missing)}"
        raise CorrectionError(message, reason="missing_columns", source=None if frame is given else str(given))
    texts = cells(frame, [name for name in (*SCHEMA, "value_read", "verdict") if name in frame.columns])
    typed = [one and (typed_case_number(one) or one) for one in texts["case_number"]]
    texts = texts.with_columns(pl.Series("case_number", typed, dtype=pl.String()))
    texts = texts.with_row_index("row", offset=1 if frame is given else 2)  # as a spreadsheet counts them
    if is_marked := {"value_read", "verdict"} <= set(texts.columns):
        marked = with_verdicts(texts).filter(pl.col("verdict").is_not_null())
        texts = marked.unique(KEY, keep="last", maintain_order=True).filter(pl.col("verdict") == CORRECTED)
    texts = texts.select("row", *SCHEMA)
    needed = () if is_undo or is_marked else ("reason", "corrected_by")
    faults = [f"row {row['row']}: {fault}" for row in texts.rows(named=True) if (fault := _fault(row, needed))]
    _refuse(faults)
    texts = texts.with_columns(pl.col("request_number").cast(pl.Int16))
    is_last = pl.int_range(pl.len()).reverse().over(KEY) == 0
    return texts.filter(is_last), texts.filter(~is_last)


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        plural = "" if len(faults) == 1 else "s"
        message = "\n".join([f"{len(faults)} correction{plural} cannot be applied:", *(f"  {one}" for one in faults)])
        raise CorrectionError(message, reason="invalid_correction")


def _fault(row: Mapping[str, str | None], needed: Sequence[str]) -> str | None:
    """Return the error of a correction, if any."""
    number, name = row["request_number"], row["column"]
    if typed_case_number(row["case_number"] or "") is None:
        return f"{row['case_number']!r} is not a case number"
    if number is not None and not (number.isdecimal() and 0 < int(number) <= _LAST_REQUEST):
        return f"request_number is {number!r}, which is not the number of a request"
    mine, others = (correctable(of_request=one) for one in (number is not None, number is None))
    if name not in mine:
        told = "a request: give its" if number is None else "the letter: leave out the"
        is_other = f"{name} is a column of {told} request_number" if name in others else None
        return is_other or f"column {name!r} cannot be corrected; {alternatives(name or '', mine)}"
    if row["value"] is None and not columns()[name].nullable and not isinstance(columns()[name].dtype, pl.List):
        return f"{name} is never null"
    try:
        _require_listed(name, parse(name, row["value"]))
    except ValueError as error:
        return f"{name} cannot be {row['value']!r}: {error}"
    return next((f"{one} is empty" for one in needed if row[one] is None), None)


def _require_listed(name: str, value: Any) -> None:
    """Raise a ValueError for a value that no vocabulary of the column has; only drugs and specialties may be new."""
    if columns()[name].listed:
        known, given = values(name), value if isinstance(value, list) else [value]
        for one in given:
            if one not in (None, *known) and (name not in _MAY_BE_NEW or "," in one):
                hint = "; lists are joined by ;" if "," in one and isinstance(value, list) else ""
                raise ValueError(f"no such value{hint}; {alternatives(one, known)}")


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

    Returns the tables, and the corrections as a frame of `STORED`. A CorrectionError says which rule they break, or
    which of them name a request that their letter does not have, unless they are stored: another version of the package
    may have read more requests. Those of a letter that is not there have no row.
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

    new = corrections.join(stored, on=KEY, how="anti", nulls_equal=True)
    _refuse(
        [
            f"{one['case_number']}, {one['column']}: there is no request {one['request_number']}; "
            f"the letter has {len(requests[one['case_number']])}"
            for one in new.iter_rows(named=True)
            if one["case_number"] in letters and not rows_of(one)
        ]
    )
    for one in stored.iter_rows(named=True):
        for row in rows_of(one):
            if one["column"] in row["corrected_columns"]:
                row[one["column"]] = parse(one["column"], one["value_read"])
                row["corrected_columns"] = [name for name in row["corrected_columns"] if name != one["column"]]
    read = {case: _counts(of_case.values()) for case, of_case in requests.items()}
    done = [_applied(one, rows_of(one)) for one in corrections.iter_rows(named=True)]
    for case, letter in letters.items():
        _recount(letter, requests[case].values(), read[case])
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


def _counts(decisions: Collection[Row]) -> Row:
    """Return the columns of a letter that its requests decide."""
    outcomes = [row["outcome"] for row in decisions]
    return {"overturned_count": outcomes.count("Overturned"), "case_outcome": case_outcome_of(outcomes)}


def _recount(letter: Row, decisions: Collection[Row], read: Row) -> None:
    """Update what the requests of a case decide; mark it where it differs from what was read."""
    for name, value in _counts(decisions).items():
        for row in (one for one in (letter, *decisions) if name in one):
            row[name] = value
            others = {*row["corrected_columns"]} - {name}
            row["corrected_columns"] = sorted(others | ({name} if value != read[name] else set()))
