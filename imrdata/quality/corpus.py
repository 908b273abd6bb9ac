"""A corpus to check: its views, and the sizes that the limits need.

Polars makes the views and counts, out of core for large datasets. Great Expectations checks them in pandas, or on
Spark, which reads them as Parquet files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.loading import dataset_folder, load
from imrdata.datasets.sources import Source
from imrdata.datasets.store import committed, scan
from imrdata.errors import DatasetError, needs
from imrdata.quality.drift import STRATUM, Change, Sums, by_letter, compared, sums_of
from imrdata.quality.expectations import Expectation
from imrdata.quality.views import JUDGED_TABLES, Tables, view
from imrdata.tables.columns import TABLES


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the part of a corpus that a rule is about.

    The requests of a letter are decided together, so the effective number of independent rows is their number divided
    by the design effect (Kish). If all rows are equal, that is unknown, and the rows of a letter count as one.
    """

    rows: int = 0
    letters: int = 0
    effective: float = 0.0
    share: float | None = None  # of rows counted


class Corpus:
    """The views of a corpus; letters that the baseline does not have are new."""

    def __init__(
        self, tables: Tables, document_count: int, duplicate_count: int, baseline: Corpus | None = None
    ) -> None:
        self._tables = tables
        self.baseline = baseline
        names = (*JUDGED_TABLES, "quarantine")
        heights = pl.collect_all([tables[name].select(pl.len()) for name in names])
        self.counts = dict(zip(names, (int(one.item()) for one in heights), strict=True))
        self.counts |= {"documents": document_count - duplicate_count, "duplicates": duplicate_count}

    @classmethod
    def of(cls, source: Source | None, baseline: Corpus | None = None) -> Corpus:
        """Return the corpus of a source, as for `imrdata.load`; a built dataset is read later."""
        folder = dataset_folder(source)
        if folder is None:
            data = load(source)
            tables = {name: getattr(data, name).lazy() for name in TABLES}
            return cls(tables, data.document_count, data.duplicate_count, baseline)
        manifest = committed(folder)
        tables = {name: scan(folder, name, manifest) for name in TABLES}
        return cls(tables, manifest.document_count, manifest.duplicate_count, baseline)

    @cached_property
    def views(self) -> Mapping[str, pl.LazyFrame]:
        """Return the view of each table; with a baseline, it has the columns ``is_new`` and ``is_compared``."""
        return {table: self._marked(table) if self.baseline else view(table, self._tables) for table in JUDGED_TABLES}

    def _marked(self, table: str) -> pl.LazyFrame:
        rows = view(table, self._tables).join(self._known, on="case_number", how="left")
        is_new = pl.col("_known").is_null() if self.new_count else pl.lit(value=True)
        rows = rows.join(self._strata, on=STRATUM, how="left", nulls_equal=True)
        marks = {"is_kept": pl.col("_known").is_not_null(), "is_compared": is_new & pl.col("_common").is_not_null()}
        marked = rows.with_columns(**{name: mark.cast(pl.Int32) for name, mark in marks.items()})
        return marked.drop("_known", "_common")

    @cached_property
    def _known(self) -> pl.LazyFrame:
        """Return the letters that are also in the baseline."""
        baseline: Any = self.baseline
        theirs = baseline.letters.select("case_number", _known=pl.lit(1))
        return self.letters.join(theirs, on="case_number").select("case_number", "_known").collect().lazy()

    @property
    def letters(self) -> pl.LazyFrame:
        """Return the table of letters."""
        return self._tables["letters"]

    @cached_property
    def kept_count(self) -> int:
        """Count the letters that are also in the baseline."""
        return int(self._known.select(pl.len()).collect().item())

    @property
    def new_count(self) -> int:
        """Count the letters that the baseline does not have."""
        return self.counts["letters"] - self.kept_count

    @cached_property
    def _strata(self) -> pl.LazyFrame:
        """Return the layouts and years that both the corpus and the baseline have."""
        stratum = [pl.col("letter_layout").cast(pl.String), pl.col("decision_date").dt.year().alias("decision_year")]
        both: Any = (self, self.baseline)
        ours, theirs = (one.letters.select(stratum).unique() for one in both)
        common: pl.LazyFrame = ours.join(theirs, on=STRATUM, nulls_equal=True)
        return common.with_columns(_common=pl.lit(1)).collect().lazy()

    def provenance(self) -> list[tuple[str, int]]:
        """Count the published and the synthetic letters."""
        found = self.letters.group_by(pl.col("provenance").cast(pl.String)).len().collect()
        return found.sort("provenance").rows()

    @cached_property
    def span(self) -> tuple[date | None, date | None]:
        """Return the first and the last decision date."""
        days = pl.col("decision_date")
        first, last = self.letters.select(first=days.min(), last=days.max()).collect().row(0)
        return first, last

    def spans(self, year: int) -> bool:
        """Return whether letters range from a year's first month or earlier to its last month or later."""
        first, last = self.span
        return first is not None and last is not None and first < date(year, 2, 1) and last >= date(year, 12, 1)

    def sizes(self, table: str, rules: Sequence[Expectation]) -> dict[str, Size]:
        """Return the size of the part of a table that each rule is about."""
        if not rules:
            return {}
        each = [(rule.name, rule.is_counted(), rule.is_part()) for rule in rules]
        names = [rule.name for rule in rules]
        ((_, sums),) = sums_of(by_letter(self.views[table], each), names)
        return {name: size_of(sums[name]) for name in names}

    def changes(self, table: str, rules: Sequence[Expectation]) -> dict[str, Change]:
        """Return the counts that each drift rule compares: new and old letters of the same layouts and years."""
        if self.baseline is None or not rules:
            return {}
        new = self.views[table].filter(pl.col("is_compared") == 1)
        old = view(table, self.baseline._tables)
        return compared(new, old, rules)

    def batch(self, context: Any, table: str, columns: Sequence[str], spark: Path | None) -> Any:
        """Return columns of a view as a Great Expectations batch: on Spark if given a folder, else in pandas."""
        rows, sources = self.views[table].select(columns), context.data_sources
        if spark is None:
            asset = sources.add_or_update_pandas("imrdata").add_dataframe_asset(table)
            frame: Any = rows.collect(engine="streaming").to_pandas(use_pyarrow_extension_array=True)
        else:
            asset = sources.add_or_update_spark("imrdata").add_dataframe_asset(table)
            path = spark / f"{table}.parquet"
            rows.sink_parquet(path, mkdir=True)
            frame = _session().read.parquet(str(path))
        return asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})


def size_of(sums: Sums) -> Size:
    """Return a size from sums over letters, of their rows (m) and counted rows (y)."""
    letters, m, y, mm, my, yy = sums
    if not m:
        return Size()
    share = y / m
    residuals = yy - 2 * share * my + share**2 * mm
    variance = residuals * letters / (letters - 1) / m**2 if letters > 1 else 0.0
    alone = share * (1 - share) / m
    effective = m / max(1.0, variance / alone) if alone and variance > 0 else m * m / mm
    return Size(int(m), int(letters), effective, share)


def require_dataset_for_spark(sources: Iterable[Source | None]) -> None:
    """Check that the sources are built datasets, which Spark requires."""
    if any(dataset_folder(source) is None for source in sources):
        message = "Spark judges a built dataset; build one of the letters first, or leave the engine out"
        raise DatasetError(message, reason="not_a_dataset")
    _session()


def _session() -> Any:
    with needs("spark", "a report on Spark"):
        from pyspark.sql import SparkSession  # noqa: PLC0415 - part of an extra
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # otherwise the workers use any python3 on the path
    quiet = SparkSession.builder.appName("imrdata").config("spark.ui.showConsoleProgress", "false")
    return SparkSession.getActiveSession() or quiet.getOrCreate()
