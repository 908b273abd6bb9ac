"""Count requests by group. Rates and trends both use these counts.

A row of decisions counts one request, a row of letters the requests of the letter. A frame of citations that was
joined with decisions holds a request several times; it is counted once in each group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from imrdata.errors import UnknownTermError, alternatives
from imrdata.terms import OUTCOMES

SMALL_GROUP = 30  # letters: intervals of fewer cover less than they say
LETTER, _REQUEST = "_case_number", "_request_number"  # the requests of one letter are decided together
MEASURES = (
    *("decided_count", "overturned_count", "letter_count", "overturn_rate", "interval_low", "interval_high"),
    *("design_effect", "is_small_group"),
)
_SHOWN = 5


def need(frame: pl.DataFrame, names: Iterable[str], verb: str) -> None:
    """Refuse a frame that lacks columns.

    Raises:
        UnknownTermError: Columns are missing; the message names them, and those like them or those that are there.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        words = alternatives(missing[0], frame.columns)
        message = f"{verb} needs {', '.join(missing)}; the frame has no such column; {words}"
        raise UnknownTermError(message, reason="missing_columns")


def names_of(by: str | Sequence[str] | None) -> list[str]:
    """The names of the groups' columns, each once, in the order given."""
    return [] if by is None else [by] if isinstance(by, str) else list(dict.fromkeys(by))


def counted(frame: pl.DataFrame, by: Sequence[str], verb: str) -> tuple[pl.DataFrame, list[str]]:
    """The rows that count, with their groups.

    Args:
        frame: Decisions, letters, or citations joined with the outcomes of their requests.
        by: The columns of the groups. One that holds lists puts a row into each of its groups.
        verb: The name of the verb, for messages.

    Returns:
        A frame of the groups' columns, `LETTER`, ``decided`` and ``overturned``, one row for each row of `frame` and
        group that it is in; and the names of the groups' columns, ``provenance`` first unless `by` names it.

    Raises:
        UnknownTermError: A column is missing, or an outcome is unknown.
        ValueError: The frame holds a request (or a letter) twice in one group, or a group has the name of a measure.
    """
    decided, overturned, has_numbers = _counts(frame, verb)
    _need_letters(frame, verb)
    groups = [name for name in ("provenance",) if name not in by] + list(by)
    need(frame, groups, verb)
    clash = [name for name in groups if name in MEASURES]
    if clash:
        raise ValueError(f"{verb} gives a column {clash[0]} itself; rename the one to group by")
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


def _need_letters(frame: pl.DataFrame, verb: str) -> None:
    """Refuse a frame that does not tell which letter a row is of, or whether that letter is a published one."""
    missing = [name for name in ("case_number", "provenance") if name not in frame.columns]
    if missing:
        message = (
            f"{verb} needs {' and '.join(missing)}: requests of one letter are decided together, and published and "
            f"synthetic letters are never added up; load the columns {', '.join(missing)} too"
        )
        raise UnknownTermError(message, reason="missing_columns")


def _counts(frame: pl.DataFrame, verb: str) -> tuple[pl.Expr, pl.Expr, bool]:
    """How many requests a row decides, how many of them are overturned, and whether the frame numbers requests."""
    if "outcome" in frame.columns:
        _refuse_unknown(frame["outcome"], verb)
        is_overturned = pl.col("outcome").cast(pl.String) == "Overturned"
        return pl.lit(1, dtype=pl.Int64), is_overturned.cast(pl.Int64), "request_number" in frame.columns
    if {"request_count", "overturned_count"} <= set(frame.columns):
        return pl.col("request_count").cast(pl.Int64), pl.col("overturned_count").cast(pl.Int64), False
    need(frame, ["outcome"], f"{verb} of decisions (or request_count and overturned_count, of letters)")
    raise AssertionError("unreachable")


def _refuse_unknown(outcomes: pl.Series, verb: str) -> None:
    known = outcomes.cast(pl.String).is_in(OUTCOMES).fill_null(value=False)
    if known.all():
        return
    printed = outcomes.filter(~known).cast(pl.String).unique(maintain_order=True).head(_SHOWN).to_list()
    words = ", ".join("null" if value is None else repr(value) for value in printed)
    message = f"{verb}: {(~known).sum():,} rows have another outcome than {' or '.join(OUTCOMES)}: {words}"
    raise UnknownTermError(message, reason="unknown_outcome")


def _once(rows: pl.DataFrame, groups: list[str], key: list[str], verb: str, *, is_many: bool) -> pl.DataFrame:
    """Each request once a group; what is there twice and should not be is refused."""
    distinct = rows.unique(subset=[*groups, *key])
    if not is_many and distinct.height < rows.height:
        first = rows.filter(rows.select(*groups, *key).is_duplicated()).select(key).row(0)
        raise ValueError(f"{verb}: {rows.height - distinct.height:,} rows are there twice, the first {first}")
    return distinct
