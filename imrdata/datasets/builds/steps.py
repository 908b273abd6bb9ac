"""The steps of a running build: the rows of some documents each. A step counts when its documents are on disk."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import polars as pl

from imrdata.datasets.batches import LETTER, PLACE, QUARANTINED, Batch, validated
from imrdata.datasets.builds.index import DOCUMENTS
from imrdata.datasets.places import Places
from imrdata.datasets.system import write_whole
from imrdata.tables.columns import TABLES, in_key_order
from imrdata.tables.validation import validate

LETTER_TABLES = tuple(table for table in TABLES if table != "quarantine")  # the index has the quarantine
ROWS_A_GROUP = 256  # a commit reads only some keys of a step


def work_folder(dest: Path) -> Path:
    """Return the folder for running builds."""
    return dest / ".build"


def step_file(dest: Path, number: int, table: str) -> Path:
    """Return the file of a step's rows."""
    return work_folder(dest) / f"{number:08d}" / f"{table}.parquet"


def sweep(dest: Path, last_committed: int) -> list[int]:
    """Delete all unfinished work of a stopped build, and committed steps; return the numbers of the other steps."""
    kept = []
    for folder in sorted(path for path in work_folder(dest).iterdir() if path.is_dir()):
        is_whole = folder.name.isdecimal() and (folder / "documents.parquet").exists()
        if is_whole and int(folder.name) > last_committed:
            kept.append(int(folder.name))
        else:
            shutil.rmtree(folder)
    return kept


def make_step(dest: Path, number: int, batch: Batch, read: pl.DataFrame, places: Places) -> pl.DataFrame:
    """Validate and write the rows of documents: of one document for each case number, the first by name.

    `read` has the `identity`, `stamp` and `imrdata_version` of each document of the batch, in the same order. Returns
    the documents for the index.
    """
    stored = pl.Series("identity", map(places.stored, read["identity"]), dtype=pl.String())
    read = read.with_columns(stored, pl.int_range(pl.len(), dtype=pl.Int64()).alias(PLACE))
    named = pl.concat([batch.documents, read], how="horizontal").drop_nulls("case_number").sort("source", "identity")
    with_rows = named.unique("case_number", keep="first", maintain_order=True)[PLACE].sort()
    kept = validated(batch.of(with_rows))
    validate(kept.rows("quarantine"), "quarantine")
    for table in LETTER_TABLES:
        _write(in_key_order(kept.rows(table), table), step_file(dest, number, table))
    is_refused = pl.col("record_sha256").is_null()
    has_rows = ~is_refused & pl.col(PLACE).is_in(with_rows.implode())
    why = kept.tables["quarantine"].select(PLACE, pl.col("step").alias("failed_step"), "reason", "message", "excerpt")
    told = (
        pl.concat([kept.documents, read], how="horizontal")
        .with_columns(
            step=pl.when(has_rows).then(pl.lit(number)),
            status=pl.when(is_refused).then(pl.lit(QUARANTINED)).otherwise(pl.lit(LETTER)),
        )
        .join(why, on=PLACE, how="left", maintain_order="left")
        .select(DOCUMENTS.names())
        .cast(DOCUMENTS)
    )
    _write(told, step_file(dest, number, "documents"))
    return told


def _write(frame: pl.DataFrame, path: Path) -> None:
    content = io.BytesIO()
    frame.write_parquet(content, compression="lz4", row_group_size=ROWS_A_GROUP)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, content.getvalue())
