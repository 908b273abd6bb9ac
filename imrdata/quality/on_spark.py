"""A corpus on Spark: the files of a built dataset, too many for one machine. The views are those of `on_polars`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from imrdata.datasets.loading import dataset_folder
from imrdata.datasets.sources import Source
from imrdata.datasets.store import committed
from imrdata.errors import DatasetError, MissingExtraError
from imrdata.quality.expectations import NOT_NULL, Expectation
from imrdata.quality.judging import Key
from imrdata.quality.margins import Size
from imrdata.quality.views import JUDGED_TABLES, TEXT_LENGTH, Derived, codes, in_two, is_date, is_small, view
from imrdata.tables.columns import schema


class SparkCorpus:
    """The views of a built dataset as Spark frames, and what the margins need to know of them.

    Args:
        source: The folder of a built dataset, in a place that every worker of Spark can read.

    Raises:
        MissingExtraError: pyspark is not installed.
        DatasetError: The source is no built dataset, or nothing was committed yet.
    """

    def __init__(self, source: Source | None) -> None:
        folder = dataset_folder(source)
        if folder is None:
            message = "Spark judges a built dataset; build one of the letters first, or leave the engine out"
            raise DatasetError(message, reason="not_a_dataset")
        self._folder, self._manifest = folder.absolute(), committed(folder)
        self._session = _session()
        manifest = self._manifest
        self.counts = {name: manifest.rows(name) for name in (*JUDGED_TABLES, "quarantine")}
        self.counts["documents"] = manifest.document_count - manifest.duplicate_count
        self.counts["duplicates"] = manifest.duplicate_count

    def _table(self, table: str) -> Any:
        """The committed rows of a table."""
        paths = [str(self._folder / file.path) for file in self._manifest.files.get(table, ()) if file.rows]
        if not paths:
            return self._session.createDataFrame([], _ddl(table))
        # Spark takes a path for a pattern.
        frame = self._session.read.parquet(*(re.sub(r"([*?{}\[\]\\])", r"\\\1", path) for path in paths))
        return frame.select(*schema(table).names())

    @cached_property
    def views(self) -> dict[str, Any]:
        """The view of each table, kept by Spark once it was computed."""
        return {table: _view(table, self._prepared(table)).cache() for table in JUDGED_TABLES}

    def _prepared(self, table: str) -> Any:
        """A table with what its view takes from others."""
        rows = self._table(table)
        if table == "letters":
            return rows.join(_messages(self._table("diagnostics")), "case_number", "left")
        if table == "citations":
            letters = self._table("letters").select("case_number", "letter_layout", "decision_date")
            return rows.join(letters, "case_number", "left")
        return rows

    def provenance(self) -> list[tuple[str, int]]:
        """How many letters are published and how many synthetic."""
        rows = self._table("letters").groupBy("provenance").count().collect()
        return sorted((str(row["provenance"]), int(row["count"])) for row in rows)

    def years(self) -> tuple[int | None, int | None]:
        """The first and the last year of decision."""
        functions = _functions()
        column = functions.col("decision_year")
        row = self.views["letters"].agg(functions.min(column), functions.max(column)).first()
        return (row[0], row[1])

    def sizes(self, table: str, keys: Iterable[Key]) -> dict[Key, Size]:
        """The size of each part of a table, all in one query."""
        keys = list(dict.fromkeys(keys))
        if not keys:
            return {}
        functions = _functions()
        counts = [_count(key).alias(f"k{number}") for number, key in enumerate(keys)]
        columns = [functions.col(f"k{number}") for number in range(len(keys))]
        sums = [
            functions.sum(measured).alias(f"{what}{number}")
            for number, column in enumerate(columns)
            for what, measured in (
                ("rows", column),
                ("letters", (column > 0).cast("int")),
                ("squares", column * column),
            )
        ]
        row = self.views[table].groupBy("case_number").agg(*counts).agg(*sums).first()
        return {
            key: Size.of(row[f"rows{number}"], row[f"letters{number}"], row[f"squares{number}"])
            for number, key in enumerate(keys)
        }

    def shares(self, table: str, rules: Iterable[Expectation]) -> dict[str, float | None]:
        """What each rule about drift measures: the mean of its column, or the share of its rows that have a value."""
        functions = _functions()
        wanted = [rule for rule in rules if rule.column is not None]
        columns = [
            functions.col(str(rule.column)).isNotNull().cast("int")
            if rule.expectation == NOT_NULL
            else functions.col(str(rule.column))
            for rule in wanted
        ]
        if not wanted:
            return {}
        row = self.views[table].agg(*(functions.avg(column) for column in columns)).first()
        return {rule.name: row[number] for number, rule in enumerate(wanted)}

    def batch(self, context: Any, table: str, columns: Sequence[str]) -> Any:
        """Some columns of a view as a batch of Great Expectations."""
        asset = context.data_sources.add_or_update_spark("imrdata").add_dataframe_asset(table)
        return asset.add_batch_definition_whole_dataframe("whole").get_batch(
            {"dataframe": self.views[table].select(*columns)}
        )


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - part of an extra
    except ImportError as error:
        raise MissingExtraError("spark", "a report on Spark") from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # or the workers take any python3 of the path
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    quiet = SparkSession.builder.appName("imrdata").config("spark.ui.showConsoleProgress", "false")
    return quiet.getOrCreate()


def _functions() -> Any:
    from pyspark.sql import functions  # noqa: PLC0415 - part of an extra

    return functions


def _ddl(table: str) -> str:
    """The schema of an empty table; of its types only dates and lists matter to a view."""
    kinds = {name: "date" if is_date(name) else "string" for name in schema(table).names()}
    kinds |= {name: "array<string>" for name, dtype in schema(table).items() if str(dtype).startswith("List")}
    kinds |= {name: "int" for name, dtype in schema(table).items() if dtype.is_numeric()}
    return ", ".join(f"{name} {kind}" for name, kind in kinds.items())


def _count(key: Key) -> Any:
    functions = _functions()
    conditions, column = key
    holds = functions.lit(True)
    for one in conditions:
        left, right = functions.col(one.column), functions.lit(one.value)
        holds = holds & {"==": left == right, ">=": left >= right, "<=": left <= right}[one.operator]
    if column is not None:
        holds = holds & functions.col(column).isNotNull()
    return functions.sum(functions.when(holds, 1).otherwise(0))


def _messages(diagnostics: Any) -> Any:
    """A column for each code of diagnostics, with the first of a letter's messages."""
    functions = _functions()
    return diagnostics.groupBy("case_number").agg(
        *(
            functions.substring(
                functions.min(functions.when(functions.col("code") == code, functions.col("message"))), 1, TEXT_LENGTH
            ).alias(code)
            for code in codes()
        )
    )


def _view(table: str, rows: Any) -> Any:
    early, late = in_two(table)
    extra = codes() if table == "letters" else []
    made = rows.select(*(_column(one) for one in early), *extra)
    for one in late:
        made = made.withColumn(one.name, _column(one))
    return made.select(*(one.name for one in view(table)), *extra)


def _column(one: Derived) -> Any:
    functions = _functions()
    column = functions.col(one.of)
    if one.where:
        name, value = one.where
        column = functions.when(functions.col(name).cast("string") == value, column)
    return _made(one, column).alias(one.name)


def _made(one: Derived, column: Any) -> Any:
    functions = _functions()
    other = functions.col(str(one.other))
    joined = functions.array_join(column, ", ")
    ways: dict[str, Callable[[], Any]] = {
        # Great Expectations takes no mean of an integer of two bytes
        "take": lambda: column.cast("int") if is_small(one.of) else column,
        "text": lambda: functions.substring(column.cast("string"), 1, TEXT_LENGTH),
        "names": lambda: functions.when(functions.size(column) > 0, functions.substring(joined, 1, TEXT_LENGTH)),
        "is": lambda: (column.cast("string") == one.value).cast("int"),
        "starts": lambda: column.cast("string").startswith(one.value).cast("int"),
        "has": lambda: functions.when(
            functions.size(column) > 0, functions.array_contains(column, one.value).cast("int")
        ),
        "year": lambda: functions.year(column),
        "case_year": lambda: 2000 + functions.substring(column, 3, 2).cast("int"),
        "days": lambda: functions.date_diff(column, other),
        "minus": lambda: column - other,
        "hash": lambda: functions.when(column.isNotNull(), functions.xxhash64(column)),
    }
    return ways[one.how]()
