"""Remove values that their columns cannot hold from a record, with a diagnostic for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from operator import attrgetter
from typing import Any

import polars as pl

from imrdata.errors import LetterError, ValidationError
from imrdata.letters.found import Diagnostic
from imrdata.letters.model import Letter
from imrdata.tables.columns import Column, contract_of
from imrdata.tables.validation import validate_read


def are_within_limits(tables: Mapping[str, pl.DataFrame]) -> bool:
    """Return whether all nullable values are within the limits of their columns."""
    try:
        for table, frame in tables.items():
            nullable = [name for name, column in _columns(table).items() if column.nullable]
            validate_read(frame.select(nullable), table)
    except ValidationError:
        return False
    return True


def without_misfits(letter: Letter) -> Letter:
    """Remove values that fit no column, with a diagnostic for each; a LetterError if one may not be missing."""
    told: list[Diagnostic] = []
    requests = []
    for request in letter.requests:
        citations = tuple(_fitted(one, "citations", request.request_number, told) for one in request.citations)
        requests.append(replace(_fitted(request, "decisions", request.request_number, told), citations=citations))
    diagnostics = [_fitted(one, "diagnostics", None, told) for one in letter.diagnostics]
    letter = _fitted(letter, "letters", None, told)
    return replace(letter, requests=tuple(requests), diagnostics=(*diagnostics, *told)) if told else letter


def _fitted(record: Any, table: str, request_number: int | None, told: list[Diagnostic]) -> Any:
    for name, column in _columns(table).items():
        path = column.path or name
        if _fits(attrgetter(path)(record), name, column, table):
            continue
        message = f"the value read for {name} is not valid"
        if not column.nullable:
            raise LetterError(message, step="dataset", reason="invalid_record")
        told.append(Diagnostic("unfit_value", f"{message}, and is left out", request_number, name))
        record = _without(record, path)
    return record


def _fits(value: object, name: str, column: Column, table: str) -> bool:
    try:
        values = pl.Series(name, [value], dtype=column.dtype)
    except Exception:  # polars raises many kinds
        return False
    try:
        validate_read(values.to_frame(), table)
    except ValidationError:
        return False
    return True


def _without(record: Any, path: str) -> Any:
    """Return the record with the value at a path replaced by None."""
    name, _, rest = path.partition(".")
    value = _without(getattr(record, name), rest) if rest else None
    return record._replace(**{name: value}) if hasattr(record, "_replace") else replace(record, **{name: value})


@cache
def _columns(table: str) -> dict[str, Column]:
    """Return the columns of a table whose values are in the row's record."""
    of = contract_of(table)
    own = len(of.ancestors())
    return {name: one for name, one in of.columns.items() if one.path is not None and of.level(name) == own}
