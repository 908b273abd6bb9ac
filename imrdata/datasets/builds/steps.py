"""The steps of a running build: rows of some documents; each step is on disk completely or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from imrdata.datasets.batches import LETTER, PLACE, QUARANTINED, Batch, validated
from imrdata.datasets.builds.index import DOCUMENTS, Index
from imrdata.datasets.system import sync_folder
from imrdata.tables.columns import TABLES, in_key_order
from imrdata.tables.validation import validate

LETTER_TABLES = tuple(table for table in TABLES if table != "quarantine")  # the index has the quarantine
_NAME = "step-"
_UNFINISHED = "new-"
ROWS_A_GROUP = 256  # a commit reads only some keys of a step


def work_folder(dest: Path) -> Path:
    """Return the folder for running builds."""
    return dest / ".build"


def step_folder(dest: Path, number: int) -> Path:
    """Return the folder of a step's rows."""
    return work_folder(dest) / f"{_NAME}{number:08d}"


def sweep(dest: Path, last_committed: int) -> list[int]:
    """Delete unfinished steps of a stopped build and committed ones; return the numbers of the others."""
    for path in work_folder(dest).glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path)
    numbers = sorted(int(path.name.removeprefix(_NAME)) for path in work_folder(dest).glob(f"{_NAME}*"))
    for number in numbers:
        if number <= last_committed:
            shutil.rmtree(step_folder(dest, number))
    return [number for number in numbers if number > last_committed]


def make_step(dest: Path, number: int, batch: Batch, known: pl.DataFrame, index: Index) -> None:
    """Validate and write the rows of documents, and add them to the index.

    `known` has `identity`, `stamp` and `imrdata_version` of each document of the batch, in the same order.
    """
    batch, documents = _documents(batch, known, number, index)
    unfinished = work_folder(dest) / f"{_UNFINISHED}{number:08d}"
    unfinished.mkdir(parents=True)
    for table in LETTER_TABLES:
        write(in_key_order(batch.rows(table), table), unfinished / f"{table}.parquet")
    write(documents, unfinished / "documents.parquet")
    sync_folder(unfinished)
    unfinished.rename(step_folder(dest, number))
    sync_folder(work_folder(dest))
    index.add(documents)


def _documents(batch: Batch, known: pl.DataFrame, number: int, index: Index) -> tuple[Batch, pl.DataFrame]:
    """Return the batch with rows of at most one document per case number, and its documents for the index."""
    documents = pl.concat([batch.documents, known], how="horizontal").with_row_index(PLACE)
    rows = documents.iter_rows(named=True)
    is_fresh = [(old := index.find(row["identity"])) is None or not old.has_rows_of(row) for row in rows]
    fresh = documents.filter(is_fresh).drop_nulls("case_number").sort("source", "identity")
    places = fresh.unique("case_number", keep="first", maintain_order=True)[PLACE].cast(pl.Int64).sort()
    kept = validated(batch.of(places))
    validate(kept.rows("quarantine"), "quarantine")
    refused = kept.documents["record_sha256"].is_null()
    has_rows = ~refused & pl.int_range(documents.height, eager=True).is_in(places.implode())
    columns = {
        "case_number": pl.when(~refused).then(pl.col("case_number")),
        "record_sha256": pl.when(~refused).then(pl.col("record_sha256")),
        "step": pl.when(has_rows).then(pl.lit(number, dtype=pl.Int64())),
        "status": pl.when(refused).then(pl.lit(QUARANTINED)).otherwise(pl.lit(LETTER)),
    }
    why = kept.tables["quarantine"].select(PLACE, pl.col("step").alias("failed_step"), "reason", "message", "excerpt")
    told = documents.with_columns(**columns).join(
        why, left_on=pl.col(PLACE).cast(pl.Int64), right_on=PLACE, how="left", maintain_order="left"
    )
    told = told.with_columns(pl.Series("identity", map(index.places.stored, told["identity"]), dtype=pl.String()))
    return kept, told.select(DOCUMENTS.names()).cast(DOCUMENTS)


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame and force it to disk."""
    with path.open("wb") as file:
        frame.write_parquet(file, compression="lz4", row_group_size=ROWS_A_GROUP)
        file.flush()
        os.fsync(file.fileno())


def step_documents(dest: Path, numbers: list[int]) -> Iterator[pl.DataFrame]:
    """Return the documents of steps, step by step."""
    for number in numbers:
        yield pl.read_parquet(step_folder(dest, number) / "documents.parquet", glob=False)
