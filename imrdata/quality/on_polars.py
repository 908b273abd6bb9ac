"""A corpus in polars, judged in pandas: letters that are read now, or a built dataset that is scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import polars as pl

from imrdata.datasets.loading import dataset_folder, load
from imrdata.datasets.sources import Source
from imrdata.datasets.store import committed, scan
from imrdata.quality.expectations import NOT_NULL, Expectation
from imrdata.quality.judging import Key
from imrdata.quality.margins import Size
from imrdata.quality.views import JUDGED_TABLES, TEXT_LENGTH, Derived, codes, in_two, view
from imrdata.tables.columns import TABLES

_OPERATORS = {"==": pl.Expr.eq, ">=": pl.Expr.ge, "<=": pl.Expr.le}


class PolarsCorpus:
    """The views of a corpus, lazily, and what the margins need to know of them.

    Args:
        tables: The five tables of the package.
        document_count: Documents that were read.
        duplicate_count: Documents that say exactly what another one says.
    """

    def __init__(self, tables: Mapping[str, pl.LazyFrame], document_count: int, duplicate_count: int) -> None:
        self._tables = tables
        self.counts = {name: self._height(name) for name in (*JUDGED_TABLES, "quarantine")}
        self.counts |= {"documents": document_count - duplicate_count, "duplicates": duplicate_count}

    @classmethod
    def of(cls, source: Source | None) -> PolarsCorpus:
        """The corpus of a source, as for `imrdata.load`; a built dataset is not read yet."""
        folder = dataset_folder(source)
        if folder is None:
            data = load(source)
            tables = {name: getattr(data, name).lazy() for name in TABLES}
            return cls(tables, data.document_count, data.duplicate_count)
        manifest = committed(folder)
        tables = {name: scan(folder, name, manifest) for name in TABLES}
        return cls(tables, manifest.document_count, manifest.duplicate_count)

    def _height(self, table: str) -> int:
        return int(self._tables[table].select(pl.len()).collect().item())

    @cached_property
    def views(self) -> dict[str, pl.DataFrame]:
        """The view of each table."""
        return {table: _view(table, self._prepared(table)).collect(engine="streaming") for table in JUDGED_TABLES}

    def _prepared(self, table: str) -> pl.LazyFrame:
        """A table with what its view takes from others."""
        rows = self._tables[table]
        if table == "letters":
            return rows.join(_messages(self._tables["diagnostics"]), on="case_number", how="left")
        if table == "citations":
            letters = self._tables["letters"].select("case_number", "letter_layout", "decision_date")
            return rows.join(letters, on="case_number", how="left")
        return rows

    def provenance(self) -> list[tuple[str, int]]:
        """How many letters are published and how many synthetic."""
        found = self._tables["letters"].group_by(pl.col("provenance").cast(pl.String)).len().collect()
        return found.sort("provenance").rows()

    def years(self) -> tuple[int | None, int | None]:
        """The first and the last year of decision."""
        column = self.views["letters"]["decision_year"]
        first, last = column.min(), column.max()
        return (first if isinstance(first, int) else None, last if isinstance(last, int) else None)

    def sizes(self, table: str, keys: Iterable[Key]) -> dict[Key, Size]:
        """The size of each part of a table."""
        keys = list(dict.fromkeys(keys))
        if not keys:
            return {}
        by_letter = (
            self.views[table]
            .lazy()
            .group_by("case_number")
            .agg(_count(key).cast(pl.Int64).alias(str(number)) for number, key in enumerate(keys))
        )
        measured = [pl.col(str(number)) for number in range(len(keys))]
        found = by_letter.select(
            *(column.sum().name.suffix(" rows") for column in measured),
            *((column > 0).sum().name.suffix(" letters") for column in measured),
            *((column * column).sum().name.suffix(" squares") for column in measured),
        ).collect().row(0, named=True)  # fmt: skip
        return {
            key: Size.of(*(found[f"{number} {what}"] for what in ("rows", "letters", "squares")))
            for number, key in enumerate(keys)
        }

    def shares(self, table: str, rules: Iterable[Expectation]) -> dict[str, float | None]:
        """What each rule about drift measures: the mean of its column, or the share of its rows that have a value."""
        measured = {
            rule.name: pl.col(rule.column).is_not_null().mean()
            if rule.expectation == NOT_NULL
            else pl.col(rule.column).mean()
            for rule in rules
            if rule.column is not None
        }
        return self.views[table].select(**measured).row(0, named=True) if measured else {}

    def batch(self, context: Any, table: str, columns: Sequence[str]) -> Any:
        """Some columns of a view as a batch of Great Expectations."""
        frame = self.views[table].select(columns).to_pandas(use_pyarrow_extension_array=True)
        asset = context.data_sources.add_or_update_pandas("imrdata").add_dataframe_asset(table)
        return asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})


def _count(key: Key) -> pl.Expr:
    conditions, column = key
    parts = [_OPERATORS[one.operator](pl.col(one.column), pl.lit(one.value)) for one in conditions]
    parts += [pl.col(column).is_not_null()] if column is not None else []
    return pl.all_horizontal(parts).sum() if parts else pl.len()


def _messages(diagnostics: pl.LazyFrame) -> pl.LazyFrame:
    """A column for each code of diagnostics, with the first of a letter's messages."""
    return diagnostics.group_by("case_number").agg(
        pl.col("message").filter(pl.col("code") == code).min().str.slice(0, TEXT_LENGTH).alias(code) for code in codes()
    )


def _view(table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    early, late = in_two(table)
    names = [one.name for one in view(table)] + (codes() if table == "letters" else [])
    made = rows.select(*(_column(one) for one in early), *(codes() if table == "letters" else []))
    return made.with_columns(*(_column(one) for one in late)).select(names)


def _column(one: Derived) -> pl.Expr:
    column = pl.col(one.of)
    if one.where:
        name, value = one.where
        column = pl.when(pl.col(name).cast(pl.String) == value).then(column)
    return _made(one, column).alias(one.name)


def _made(one: Derived, column: pl.Expr) -> pl.Expr:
    ways: dict[str, Callable[[], pl.Expr]] = {
        "take": lambda: column,
        "text": lambda: column.cast(pl.String).str.slice(0, TEXT_LENGTH),
        "names": lambda: pl.when(column.list.len() > 0).then(column.list.join(", ").str.slice(0, TEXT_LENGTH)),
        "is": lambda: (column.cast(pl.String) == one.value).cast(pl.Int8),
        "starts": lambda: column.cast(pl.String).str.starts_with(str(one.value)).cast(pl.Int8),
        "has": lambda: pl.when(column.list.len() > 0).then(column.list.contains(pl.lit(one.value)).cast(pl.Int8)),
        "year": column.dt.year,
        "case_year": lambda: 2000 + column.str.slice(2, 2).cast(pl.Int32),
        "days": lambda: (column - pl.col(str(one.other))).dt.total_days().cast(pl.Int32),
        "minus": lambda: column.cast(pl.Int32) - pl.col(str(one.other)).cast(pl.Int32),
        "hash": lambda: pl.when(column.is_not_null()).then(column.hash()),
    }
    return ways[one.how]()
