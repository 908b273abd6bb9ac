"""Values of a record that their columns cannot hold: the letter loses such a value, if it may, and says so."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from operator import attrgetter
from typing import Any

import polars as pl

from imrdata.errors import LetterError, ValidationError
from imrdata.letters.found import Diagnostic
from imrdata.letters.model import Letter
from imrdata.tables.columns import COLUMNS_OF, NOT_IN_RECORD, columns, record_level
from imrdata.tables.frames import Frames
from imrdata.tables.validation import validate_read

_LEVELS = {"letters": 0, "decisions": 1, "citations": 2, "diagnostics": 1}  # which record a row of the table is


def are_within_limits(frames: Frames) -> bool:
    """Whether each value that may be missing keeps to the limits of its column."""
    try:
        for table in _LEVELS:
            nullable = [name for name in _names(table) if columns()[name].nullable]
            validate_read(getattr(frames, table).select(nullable), table)
    except ValidationError:
        return False
    return True


def without_misfits(letter: Letter) -> Letter:
    """The letter without the values that fit no column; a diagnostic tells of each.

    Raises:
        LetterError: A value that may not be missing fits no column.
    """
    told: list[Diagnostic] = []
    requests = []
    for request in letter.requests:
        citations = tuple(_fitted(one, "citations", request.request_number, told) for one in request.citations)
        requests.append(replace(_fitted(request, "decisions", request.request_number, told), citations=citations))
    diagnostics = [_fitted(one, "diagnostics", None, told) for one in letter.diagnostics]
    letter = _fitted(letter, "letters", None, told)
    return replace(letter, requests=tuple(requests), diagnostics=(*diagnostics, *told)) if told else letter


def _fitted(record: Any, table: str, request_number: int | None, told: list[Diagnostic]) -> Any:
    for name in _names(table):
        path = columns()[name].path or name
        if _fits(attrgetter(path)(record), name, table):
            continue
        message = f"the value that was read as {name} fits no such column"
        if not columns()[name].nullable:
            raise LetterError(message, step="dataset", reason="invalid_record")
        told.append(Diagnostic("unfit_value", f"{message}, and is left out", request_number, name))
        record = _without(record, path)
    return record


def _fits(value: object, name: str, table: str) -> bool:
    try:
        column = pl.Series(name, [value], dtype=columns()[name].dtype)
    except Exception:  # polars raises many kinds
        return False
    try:
        validate_read(column.to_frame(), table)
    except ValidationError:
        return False
    return True


def _without(record: Any, path: str) -> Any:
    """The record with None where a path leads."""
    name, _, rest = path.partition(".")
    value = _without(getattr(record, name), rest) if rest else None
    return record._replace(**{name: value}) if hasattr(record, "_replace") else replace(record, **{name: value})


@cache
def _names(table: str) -> tuple[str, ...]:
    """The columns of a table that the record of its row holds."""
    own = [name for name in COLUMNS_OF[table] if record_level(table, name) == _LEVELS[table]]
    return tuple(name for name in own if name not in NOT_IN_RECORD)
