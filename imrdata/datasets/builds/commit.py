"""Write the files of a dataset: steps of a running build, and commits.

A step has the rows of some documents, and counts when its documents are on disk. A commit makes new tables of the old
ones and some changes, and names their files in the manifest. Readers see nothing before that.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl
from polars.io.plugins import register_io_source

from imrdata.datasets.batches import LETTER, PLACE, QUARANTINED, Batch, validated
from imrdata.datasets.builds.index import DOCUMENTS, Index
from imrdata.datasets.corrections import CORRECTED_TABLES, KEY, STORED, corrected
from imrdata.datasets.places import Places
from imrdata.datasets.store import (
    File,
    Manifest,
    require_unchanged,
    scan_files,
    scan_paths,
    write_manifest,
    write_package,
)
from imrdata.datasets.system import sync_folder, write_whole
from imrdata.resources import reader_version
from imrdata.tables.columns import TABLES, in_key_order, schema, sort_key
from imrdata.tables.validation import validate

ROWS_A_FILE = 1_000_000
ROWS_A_GROUP = 4096  # the unit that a predicate on dates can skip
ROWS_A_STEP_GROUP = 256  # a commit reads only some keys of a step
KEYS_A_RANGE = 1024  # letters or documents whose rows are sorted in memory at once
LOOSE_SHARE = 0.25  # of a table's rows, new or with overlapping keys; beyond it, all rows are merged
SMALL_FILES = 8  # of a table; more are merged
LETTER_TABLES = tuple(table for table in TABLES if table != "quarantine")  # the index has the quarantine
SCHEMAS = {**{table: schema(table) for table in TABLES}, "documents": DOCUMENTS, "corrections": STORED}
# The manifest has the first and last values of the first column for each file.
_SORTED_BY = {**{table: sort_key(table) for table in TABLES}, "documents": ["identity"], "corrections": KEY}

_ALL = pl.lit(value=True)

# --- STEPS --- #


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


def make_step(dest: Path, number: int, batch: Batch, places: Places) -> pl.DataFrame:
    """Validate and write the rows of documents: of one document for each case number, the first by name.

    The documents of the batch have their `imrdata_version`. Returns them for the index.
    """
    stored = pl.Series("identity", map(places.stored, batch.documents["identity"]), dtype=pl.String())
    read = batch.documents.with_columns(stored, pl.int_range(pl.len(), dtype=pl.Int64()).alias(PLACE))
    named = read.drop_nulls("case_number").sort("source", "identity")
    with_rows = named.unique("case_number", keep="first", maintain_order=True)[PLACE].sort()
    kept = validated(replace(batch, documents=read).of(with_rows))
    validate(kept.rows("quarantine"), "quarantine")
    is_refused = pl.col("record_sha256").is_null()
    has_rows = ~is_refused & pl.col(PLACE).is_in(with_rows.implode())
    why = kept.tables["quarantine"].select(PLACE, pl.col("step").alias("failed_step"), "reason", "message", "excerpt")
    documents = (
        kept.documents.with_columns(
            step=pl.when(has_rows).then(pl.lit(number)),
            status=pl.when(is_refused).then(pl.lit(QUARANTINED)).otherwise(pl.lit(LETTER)),
        )
        .join(why, on=PLACE, how="left", maintain_order="left")
        .select(DOCUMENTS.names())
        .cast(DOCUMENTS)
    )
    for table in (*LETTER_TABLES, "documents"):  # the documents last: they make the step whole
        rows = documents if table == "documents" else in_key_order(kept.rows(table), table)
        content, path = io.BytesIO(), step_file(dest, number, table)
        rows.write_parquet(content, compression="lz4", row_group_size=ROWS_A_STEP_GROUP)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content.getvalue())
    return documents


# --- COMMITS --- #


class Change(NamedTuple):
    """A change of a table: which of its rows go, and the rows that come."""

    gone: pl.Expr
    rows: Sequence[pl.LazyFrame]


_NO_CHANGE = Change(~_ALL, ())


def changes_of(folder: Path, index: Index, steps: Sequence[int]) -> dict[str, Change]:
    """Return the changes of a build: the rows of steps that the index selects, its quarantine, and its documents."""
    left = _is_in("case_number", index.left_cases())
    valid = {step: _is_in("case_number", index.cases_of(step)) for step in steps}
    rows = {
        table: [scan_paths([step_file(folder, step, table)]).filter(is_valid) for step, is_valid in valid.items()]
        for table in LETTER_TABLES
    }
    changed = work_folder(folder) / "changed" / "documents.parquet"
    documents = register_io_source(lambda *_: index.changed(), schema=DOCUMENTS)
    documents.sink_parquet(changed, mkdir=True, row_group_size=ROWS_A_GROUP, maintain_order=True)
    before = index.changed_identities()
    return {
        **{table: Change(left, rows[table]) for table in LETTER_TABLES},
        "quarantine": Change(_ALL, [index.quarantine().lazy()]),
        "documents": Change(_ALL if before is None else _is_in("identity", before), [scan_paths([changed])]),
    }


def commit(
    folder: Path, manifest: Manifest, changes: Mapping[str, Change], corrections: pl.DataFrame | None = None
) -> Manifest:
    """Commit changes of tables as the next version after a manifest, with its corrections or others."""
    stored = corrections_of(folder, manifest)
    changes = _corrected(folder, manifest, changes, stored, stored if corrections is None else corrections)
    made = replace(
        manifest,
        version=manifest.version + 1,
        committed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={table: _changed(folder, table, manifest.of(table), changes.get(table)) for table in SCHEMAS},
        imrdata_version=reader_version(),
    )
    write_manifest(folder, made)
    write_package(folder, made)
    return made


def corrections_of(folder: Path, manifest: Manifest) -> pl.DataFrame:
    """Return the corrections of a version."""
    files = manifest.of("corrections")
    require_unchanged(folder, files)
    return scan_files(folder, files).collect() if files else pl.DataFrame(schema=STORED)


def _corrected(
    folder: Path, manifest: Manifest, changes: Mapping[str, Change], stored: pl.DataFrame, wanted: pl.DataFrame
) -> Mapping[str, Change]:
    """Add corrections to changes: undo those that are stored, and apply those that are wanted."""
    if stored.is_empty() and wanted.is_empty():
        return changes
    is_named = _is_in("case_number", pl.concat([stored["case_number"], wanted["case_number"]]))
    read = {}
    for table in CORRECTED_TABLES:
        gone, rows = changes.get(table, _NO_CHANGE)
        old = (scan_files(folder, [file]).filter(~gone) for file in manifest.of(table))
        named = [part.filter(is_named).select(SCHEMAS[table].names()).collect() for part in (*old, *rows)]
        read[table] = in_key_order(pl.concat([pl.DataFrame(schema=SCHEMAS[table]), *named]), table)
    now, applied = corrected(read, wanted, stored)
    made = {**changes, "corrections": Change(_ALL, [applied.lazy()])}
    for table in CORRECTED_TABLES:
        gone, rows = changes.get(table, _NO_CHANGE)
        pairs = zip(read[table].rows(), now[table].rows(), strict=True)
        cases = now[table].filter([before != after for before, after in pairs])["case_number"]
        is_corrected = _is_in("case_number", cases)
        others = (part.filter(~is_corrected) for part in rows)
        made[table] = Change(gone | is_corrected, [*others, now[table].filter(is_corrected).lazy()])
    return made


def _is_in(column: str, values: pl.Series) -> pl.Expr:
    return pl.col(column).is_in(values.implode())


def _changed(folder: Path, table: str, files: Sequence[File], change: Change | None) -> Sequence[File]:
    """Return the files of a table after a change; those with rows that go are copied without them."""
    if change is None:
        return files
    require_unchanged(folder, files)  # damage must not get a new SHA-256
    gone, rows = change
    merged = _to_merge(files, sum(part.select(pl.len()).collect().item() for part in rows))
    left, made = list(rows), list[File]()
    for file in files:
        old = scan_files(folder, [file])
        if file in merged:
            left.append(old.filter(~gone))
        elif old.select(gone.any()).collect().item():
            made += _write(folder, table, [old.filter(~gone)])
        else:
            made.append(file)
    return made + _write(folder, table, left)


def _to_merge(files: Sequence[File], new_count: int) -> Sequence[File]:
    """Return the files to merge with the new rows: all if too many keys overlap, else small ones if many."""
    in_order = sorted(files, key=lambda file: file.first)
    overlapping = {other.path: other.rows for one, other in pairwise(in_order) if one.last >= other.first}
    if files and sum(overlapping.values()) + new_count > LOOSE_SHARE * (new_count + sum(file.rows for file in files)):
        return files
    small = [file for file in files if file.rows < ROWS_A_FILE // 2]
    return small if len(small) > SMALL_FILES else ()


def _write(folder: Path, table: str, rows: Sequence[pl.LazyFrame]) -> list[File]:
    """Write rows into new files of a table, with limited length and in key order; no rows make no file."""
    if not rows:
        return []
    staged = work_folder(folder) / "commit"
    shutil.rmtree(staged, ignore_errors=True)
    parts = pl.PartitionBy(staged, max_rows_per_file=ROWS_A_FILE, approximate_bytes_per_file=None)
    _in_key_order(table, rows).sink_parquet(parts, mkdir=True, row_group_size=ROWS_A_GROUP, maintain_order=True)
    return [file for path in sorted(staged.rglob("*.parquet")) if (file := _place(folder, table, path))]


def _in_key_order(table: str, parts: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Yield the rows of frames in the order of the table's key, sorting one range of keys at a time."""
    by, wanted = _SORTED_BY[table], SCHEMAS[table]
    key = pl.col(by[0])
    keys = pl.concat([part.select(key).unique().collect() for part in parts]).unique().sort(key)
    ranges = [(pl.lit(some.item(0, 0)), pl.lit(some.item(-1, 0))) for some in keys.iter_slices(KEYS_A_RANGE)]
    del keys

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        for low, high in ranges:
            within = key.is_between(low, high)
            rows = pl.concat([part.filter(within).select(wanted.names()) for part in parts])
            yield rows.collect().sort(by, maintain_order=True)

    return register_io_source(frames, schema=wanted)


def _place(folder: Path, table: str, path: Path) -> File | None:
    """Move a staged file to its path, which no manifest names yet; return None if it has no rows.

    A file is named by the SHA-256 of its bytes, so the same rows give the same file.
    """
    key = scan_paths([path]).select(pl.col(_SORTED_BY[table][0]).alias("key"))
    height, first, last = key.select(pl.len(), first=pl.min("key"), last=pl.max("key")).collect().row(0)
    if not height:
        return None
    with path.open("r+b") as file:  # Windows forces only files to disk that may be written
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    place = folder / table / f"{digest[:32]}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place)
    sync_folder(place.parent)
    return File(place.relative_to(folder).as_posix(), height, place.stat().st_size, digest, first, last)
