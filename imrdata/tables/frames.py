"""Convert records to frames: one row per letter, request, citation, or diagnostic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import polars as pl

from imrdata.errors import ImrDataError
from imrdata.letters.model import Letter, TreatmentRequest
from imrdata.resources import reader_version, vocabulary
from imrdata.tables.columns import Table, contract_of, schema


def frames(letters: Iterable[Letter]) -> dict[str, pl.DataFrame]:
    """Convert letters to the rows of each table, in the same order."""
    rows: dict[str, list[tuple[Any, ...]]] = {"letters": [], "decisions": [], "citations": [], "diagnostics": []}
    for letter in letters:
        rows["letters"].append((letter,))
        rows["diagnostics"] += [(letter, diagnostic) for diagnostic in letter.diagnostics]
        for request in letter.requests:
            rows["decisions"].append((letter, request))
            rows["citations"] += [(letter, request, citation) for citation in request.citations]
    return {name: _frame(records, contract_of(name)) for name, records in rows.items()}


_UNIT_SEPARATOR = "\x1f"  # cleaned texts have no control characters


def _frame(rows: Sequence[tuple[Any, ...]], of: Table) -> pl.DataFrame:
    """Return the rows of a table, each given as a sequence of records from the letter to its own."""
    series = []
    for name, column in of.columns.items():
        if column.path is None:
            values = [_OF_THE_ROW[name](*records) for records in rows]
        else:
            level, value = of.level(name), attrgetter(column.path or name)
            values = [value(records[level]) for records in rows]
        is_list = isinstance(column.dtype, pl.List)
        series.append(_words(name, values) if is_list else pl.Series(name, values, dtype=column.dtype))
    return pl.DataFrame(series)


def _doubts(letter: Letter, request: TreatmentRequest | None = None) -> tuple[str, ...]:
    """Return the codes of diagnostics that make a value doubtful: the letter's, and those of the request if given."""
    told = letter.diagnostics
    if request is not None and told:
        told = tuple(one for one in told if one.request_number in (None, request.request_number))
    return tuple(sorted({one.code for one in told} - _harmless())) if told else ()


# Values that no record has.
_OF_THE_ROW: dict[str, Callable[..., Any]] = {
    "doubts": _doubts,
    "corrected_columns": lambda *_: (),
    "imrdata_version": lambda *_: reader_version(),
}


@cache
def _harmless() -> frozenset[str]:
    return frozenset(row["code"] for row in vocabulary("diagnostics") if row["severity"] == "low")


def _words(name: str, values: list[tuple[str, ...]]) -> pl.Series:
    """Return a column of lists, made from joined words; polars needs eight times as long for Python lists."""
    joined = {"words": [_UNIT_SEPARATOR.join(one) for one in values], "count": [len(one) for one in values]}
    parts = pl.col("words").str.split(_UNIT_SEPARATOR).list.head("count")  # splitting an empty text gives one word
    frame = pl.DataFrame(joined, schema={"words": pl.String(), "count": pl.Int64()})
    return frame.select(parts.alias(name)).to_series()


def quarantine_frame(failures: Iterable[tuple[str, str | None, ImrDataError]]) -> pl.DataFrame:
    """Return the quarantine of failures, each ``(source, source_sha256, error)``."""
    rows = [
        {
            "source": source or "<unnamed>",
            "source_sha256": digest,
            "step": error.step or "unknown",
            "reason": error.reason or type(error).__name__,
            "message": error.message or type(error).__name__,
            "excerpt": error.excerpt or None,
        }
        for source, digest, error in failures
    ]
    return pl.DataFrame(rows, schema=schema("quarantine"))
