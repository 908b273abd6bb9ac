"""Count requests by group. Rates and trends both use these counts.

A row of decisions counts as one request, and a row of letters as all requests of the letter. In citations joined with
decisions, a request occurs several times and counts once in each group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from imrdata.errors import UnknownTermError, alternatives
from imrdata.terms import OUTCOMES

SMALL_GROUP = 30  # letters; with fewer, few letters can change a rate much
YEAR = "year"  # of the decision date; a group of every method, although no table has the column
LETTER, _REQUEST = "_case_number", "_request_number"  # the requests of one letter are decided together
MEASURES = (
    *("decided_count", "overturned_count", "letter_count", "overturn_rate", "interval_low", "interval_high"),
    *("design_effect", "is_small_group"),
)
_SHOWN = 5


class Verbs:
    """A frame that the methods of ``frame.imr`` analyze; each is a function of the module about it."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame


def need(frame: pl.DataFrame, names: Iterable[str], verb: str) -> None:
    """Raise an error for missing columns that names them, and similar or all existing columns."""
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{verb} takes a frame such as data.decisions, not {type(frame).__name__}")
    missing = [name for name in names if name not in frame.columns]
    if missing:
        words = alternatives(missing[0], frame.columns)
        message = f"{verb} needs {', '.join(missing)}; the frame has no such column; {words}"
        raise UnknownTermError(message, reason="missing_columns")


def names_of(by: str | Sequence[str] | None) -> list[str]:
    """Return the unique names of the columns to group by, in the given order."""
    names = [] if by is None else [*by] if isinstance(by, Iterable) and not isinstance(by, str) else [by]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("groups are names of columns, not expressions or numbers; add a column with with_columns first")
    return list(dict.fromkeys(names))


def with_year(frame: pl.DataFrame, names: Iterable[str], verb: str) -> pl.DataFrame:
    """Return the frame with the column ``year`` if it is among the names and not a column."""
    if YEAR not in names or YEAR in frame.columns:
        return frame
    need(frame, ["decision_date"], f"{verb} by {YEAR}")
    return frame.with_columns(pl.col("decision_date").dt.year().alias(YEAR))


def counted(frame: pl.DataFrame, by: Sequence[str], verb: str) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows to count, with their groups, and the names of the groups, ``provenance`` first if not in `by`.

    The columns are the groups, `LETTER`, ``decided`` and ``overturned``. With a column of lists, a row is in each of
    its groups. A request or letter that occurs twice in a group is an error.
    """
    decided, overturned, has_numbers = _counts(frame, verb)
    need_letters(frame, verb)
    frame = with_year(frame, by, verb)
    groups = [name for name in ("provenance",) if name not in by] + list(by)
    need(frame, groups, verb)
    clash = [name for name in groups if name in MEASURES]
    if clash:
        raise ValueError(f"{verb} gives a column {clash[0]} itself; rename the column to group by")
    rows = frame.select(
        *groups,
        pl.col("case_number").alias(LETTER),
        *([pl.col("request_number").alias(_REQUEST)] if has_numbers else []),
        decided.alias("decided"),
        overturned.alias("overturned"),
    )
    for name in groups:
        if isinstance(rows.schema[name], pl.List):
            distinct = rows.with_columns(pl.col(name).list.unique(maintain_order=True))
            rows = distinct.explode(name, empty_as_null=True, keep_nulls=True)
    if has_numbers or "outcome" not in frame.columns:
        key = [LETTER, _REQUEST] if has_numbers else [LETTER]
        rows = _once(rows, groups, key, verb, is_many="citation_number" in frame.columns)
    return rows.select(*groups, LETTER, "decided", "overturned"), groups


def need_letters(frame: pl.DataFrame, verb: str) -> None:
    """Raise an error that says which columns to load if a frame lacks the letter of each row or its provenance."""
    need(frame, [], verb)
    missing = [name for name in ("case_number", "provenance") if name not in frame.columns]
    if missing:
        message = (
            f"{verb} needs {' and '.join(missing)}: requests of one letter are decided together, and published and "
            f"synthetic letters are never combined; load the columns {', '.join(missing)} too"
        )
        raise UnknownTermError(message, reason="missing_columns")


def _counts(frame: pl.DataFrame, verb: str) -> tuple[pl.Expr, pl.Expr, bool]:
    """Return the counts of decided and overturned requests per row, and whether the frame numbers requests."""
    if "outcome" not in frame.columns and {"request_count", "overturned_count"} <= set(frame.columns):
        return pl.col("request_count").cast(pl.Int64), pl.col("overturned_count").cast(pl.Int64), False
    need(frame, ["outcome"], f"{verb} of decisions (or request_count and overturned_count, of letters)")
    outcomes = frame["outcome"].cast(pl.String)
    unknown = outcomes.filter(~outcomes.is_in(OUTCOMES).fill_null(value=False))
    if unknown.len():
        printed = unknown.unique(maintain_order=True).head(_SHOWN)
        words = ", ".join("null" if value is None else repr(value) for value in printed)
        message = f"{verb}: {unknown.len():,} rows have an outcome other than {' or '.join(OUTCOMES)}: {words}"
        raise UnknownTermError(message, reason="unknown_outcome")
    is_overturned = pl.col("outcome").cast(pl.String) == "Overturned"
    return pl.lit(1, dtype=pl.Int64), is_overturned.cast(pl.Int64), "request_number" in frame.columns


def _once(rows: pl.DataFrame, groups: list[str], key: list[str], verb: str, *, is_many: bool) -> pl.DataFrame:
    """Count each request once per group; raise an error for duplicates that should not exist."""
    distinct = rows.unique(subset=[*groups, *key])
    if not is_many and distinct.height < rows.height:
        first = rows.filter(rows.select(*groups, *key).is_duplicated()).select(key).row(0)
        raise ValueError(f"{verb}: {rows.height - distinct.height:,} rows occur twice, first {first}")
    return distinct
