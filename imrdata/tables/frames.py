"""Records turned into frames: one row a letter, a request, a citation, a diagnostic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from imrdata.errors import ImrDataError
from imrdata.letters.model import Letter
from imrdata.tables.columns import OF_THE_LETTER, column_names, schema


@dataclass(frozen=True, slots=True)
class Frames:
    """The tables of some letters."""

    letters: pl.DataFrame
    decisions: pl.DataFrame
    citations: pl.DataFrame
    diagnostics: pl.DataFrame


def frames(letters: Iterable[Letter]) -> Frames:
    """The rows of some letters, in the order of the letters."""
    rows: dict[str, dict[str, list[Any]]] = {
        table: {name: [] for name in column_names(table)}
        for table in ("letters", "decisions", "citations", "diagnostics")
    }
    for letter in letters:
        _append(rows["letters"], letter)
        for diagnostic in letter.diagnostics:
            _append(rows["diagnostics"], diagnostic, letter)
        for request in letter.requests:
            _append(rows["decisions"], request, letter)
            for citation in request.citations:
                _append(rows["citations"], citation, letter, request.request_number)
    return Frames(**{table: _frame(values, schema(table)) for table, values in rows.items()})


_UNIT_SEPARATOR = "\x1f"  # no cleaned text holds a control character


def _frame(values: dict[str, list[Any]], types: pl.Schema) -> pl.DataFrame:
    """A frame of columns of values. Lists are made of joined words: polars takes eight times as long for Python's."""
    return pl.DataFrame(
        [
            _words(name, values[name]) if isinstance(dtype, pl.List) else pl.Series(name, values[name], dtype=dtype)
            for name, dtype in types.items()
        ]
    )


def _words(name: str, values: list[tuple[str, ...]]) -> pl.Series:
    joined = {"words": [_UNIT_SEPARATOR.join(one) for one in values], "count": [len(one) for one in values]}
    parts = pl.col("words").str.split(_UNIT_SEPARATOR).list.head("count")  # no words at all are split into one, too
    frame = pl.DataFrame(joined, schema={"words": pl.String(), "count": pl.Int64()})
    return frame.select(parts.alias(name)).to_series()


def _append(
    values: dict[str, list[Any]], record: object, letter: Letter | None = None, request_number: int | None = None
) -> None:
    for name, column in values.items():
        if name == "request_number" and request_number is not None:
            column.append(request_number)
        else:
            column.append(getattr(letter if letter is not None and name in OF_THE_LETTER else record, name))


def quarantine_frame(failures: Iterable[tuple[str, str | None, ImrDataError]]) -> pl.DataFrame:
    """The quarantine of some failures, each ``(source, source_sha256, error)``."""
    rows = [
        (
            source or "<unnamed>",
            digest,
            error.step or "unknown",
            error.reason or type(error).__name__,
            error.message or type(error).__name__,
            error.excerpt or None,
        )
        for source, digest, error in failures
    ]
    return pl.DataFrame(rows, schema=schema("quarantine"), orient="row")
