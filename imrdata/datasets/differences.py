"""Compare two readings of the same letters, to see what a new vocabulary or reader changes.

Rows are matched by key and compared field by field. The path of a letter and the version of the reader are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from imrdata.tables.columns import TABLES, contract_of

_SCHEMA = dict.fromkeys(("table", "key", "change", "column", "before", "after"), pl.String)
_NOT_COMPARED = ("source", "source_sha256", "imrdata_version")


def differences(before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Find the differences between two readings.

    Args:
        before: The tables of one reading, by name.
        after: The tables of the other.

    Returns:
        One row per difference, sorted: ``table``; ``key`` (the values of the key, joined by spaces); ``change``:
        ``changed`` (a field), ``removed`` or ``added`` (a row, or a column of the table; then one of ``key`` and
        ``column`` is null); ``column``; ``before`` and ``after`` (the values as text). A column that another table
        repeats from ``letters`` is compared only there. Documents in quarantine are matched by file name, and
        diagnostics by all their values.
    """
    of_letters = {*before["letters"].columns, *after["letters"].columns}
    found = []
    for table in TABLES:
        unwanted = [*_NOT_COMPARED, *(of_letters if table != "letters" else ())]
        found.append(_of_table(table, *(_prepared(table, one[table], unwanted) for one in (before, after))))
    return pl.concat(found).sort("table", "column", "change", "key", nulls_last=True)


def difference_counts(found: pl.DataFrame) -> pl.DataFrame:
    """Count the differences by table, column and change, each with an example.

    Args:
        found: The result of `differences`.
    """
    groups = found.group_by("table", "column", "change", maintain_order=True)
    return groups.agg(pl.len().alias("count"), pl.col("key", "before", "after").first())


def _prepared(table: str, frame: pl.DataFrame, unwanted: Sequence[str]) -> pl.DataFrame:
    """Return the compared columns as text, with each row's key in the column `key`."""
    text = frame.select(_as_text(values) for values in frame.iter_columns())
    if table == "quarantine":
        key = pl.col("source").str.replace(r"^.*[/\\]", "")
    else:
        key = pl.concat_str(contract_of(table).key or text.columns, separator=" ", ignore_nulls=True)
    return text.with_columns(key=key).drop(*unwanted, *contract_of(table).key, strict=False)


def _as_text(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.List):
        return values.cast(pl.List(pl.String)).list.join("; ")
    return values.cast(pl.String)


def _of_table(table: str, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    shared = [name for name in before.columns if name in after.columns and name != "key"]
    # Rows with equal keys are numbered: two files with the same name, two equal diagnostics.
    before, after = (frame.with_columns(number=pl.int_range(pl.len()).over("key")) for frame in (before, after))
    both = before.join(after, on=["key", "number"], suffix=" after")
    pairs = [(name, pl.col(name), pl.col(f"{name} after")) for name in shared]
    changed = [
        _rows(both.filter(old.ne_missing(new)), table, "changed", column=pl.lit(name), before=old, after=new)
        for name, old, new in pairs
    ]
    lost = before.join(after, on=["key", "number"], how="anti")
    new = after.join(before, on=["key", "number"], how="anti")
    columns = [
        pl.DataFrame({"column": [name for name in one.columns if name not in other.columns]}, {"column": pl.String})
        for one, other in ((before, after), (after, before))
    ]
    return pl.concat(
        [
            *changed,
            _rows(lost, table, "removed"),
            _rows(new, table, "added"),
            _rows(columns[0], table, "removed", key=pl.lit(None), column=pl.col("column")),
            _rows(columns[1], table, "added", key=pl.lit(None), column=pl.col("column")),
        ]
    )


def _rows(frame: pl.DataFrame, table: str, change: str, **values: pl.Expr) -> pl.DataFrame:
    """Return one difference for each row of a frame, with its key; columns that are not given are null."""
    filled = {"table": pl.lit(table), "key": pl.col("key"), "change": pl.lit(change), **values}
    return frame.select(filled.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in _SCHEMA.items())
