"""Records turned into frames: one row a letter, a request, a citation, a diagnostic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import polars as pl

from imrdata.errors import ImrDataError
from imrdata.letters.model import Letter
from imrdata.resources import reader_version
from imrdata.tables.columns import NOT_IN_RECORD, columns, record_level, schema, sort_key


@dataclass(frozen=True, slots=True)
class Frames:
    """The tables of some letters."""

    letters: pl.DataFrame
    decisions: pl.DataFrame
    citations: pl.DataFrame
    diagnostics: pl.DataFrame


def frames(letters: Iterable[Letter]) -> Frames:
    """The rows of some letters, in the order of the letters."""
    rows: dict[str, list[tuple[object, ...]]] = {"letters": [], "decisions": [], "citations": [], "diagnostics": []}
    for letter in letters:
        rows["letters"].append((letter,))
        rows["diagnostics"] += [(letter, diagnostic) for diagnostic in letter.diagnostics]
        for request in letter.requests:
            rows["decisions"].append((letter, request))
            rows["citations"] += [(letter, request, citation) for citation in request.citations]
    return Frames(**{table: _frame(records, table) for table, records in rows.items()})


_UNIT_SEPARATOR = "\x1f"  # no cleaned text holds a control character


def _frame(rows: Sequence[tuple[object, ...]], table: str) -> pl.DataFrame:
    """The rows of a table, each given as the records from its letter down to its own."""
    series = []
    for name, dtype in schema(table).items():
        if name in NOT_IN_RECORD:
            constant: object = reader_version() if name == "imrdata_version" else ()
            values: list[Any] = [constant] * len(rows)
        else:
            level, value = record_level(table, name), attrgetter(columns()[name].path or name)
            values = [value(records[level]) for records in rows]
        series.append(_words(name, values) if isinstance(dtype, pl.List) else pl.Series(name, values, dtype=dtype))
    return pl.DataFrame(series)


def _words(name: str, values: list[tuple[str, ...]]) -> pl.Series:
    """A column of lists, made of joined words: polars takes eight times as long for Python's lists."""
    joined = {"words": [_UNIT_SEPARATOR.join(one) for one in values], "count": [len(one) for one in values]}
    parts = pl.col("words").str.split(_UNIT_SEPARATOR).list.head("count")  # no words at all are split into one, too
    frame = pl.DataFrame(joined, schema={"words": pl.String(), "count": pl.Int64()})
    return frame.select(parts.alias(name)).to_series()


def in_key_order(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The rows of a table in the order in which every reader gets them; rows of one key stay in their order."""
    return frame.sort(sort_key(table), maintain_order=True)


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
