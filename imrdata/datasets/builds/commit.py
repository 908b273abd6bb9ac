"""Commit finished steps: write their files, then the manifest. Readers see nothing before that.

Each commit writes the rows of its steps in the order of the table's key. A file with rows that a later document
replaced is copied without them. When a table has many small files, their rows are merged.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from imrdata.datasets.batches import DUPLICATE
from imrdata.datasets.builds.index import Index
from imrdata.datasets.builds.steps import LETTER_TABLES, step_folder, work_folder
from imrdata.datasets.corrections import corrected
from imrdata.datasets.store import File, Manifest, kept_versions, scan_files, write_manifest, write_package
from imrdata.datasets.store import committed as committed_manifest
from imrdata.datasets.system import sync_folder
from imrdata.resources import reader_version
from imrdata.tables.columns import TABLES, in_key_order, schema, sort_key

ROWS_A_FILE = 1_000_000
ROWS_A_GROUP = 4096  # the unit that a predicate on dates can skip
LETTERS_A_RANGE = 4096  # letters whose rows are sorted in memory at once
LOOSE_SHARE = 0.25  # of a table's rows, new or with overlapping keys; beyond it, all rows are merged
SMALL_FILES = 8  # of a table; more are merged
CORRECTED = ("letters", "decisions")  # the tables whose values can be corrected

Files = Mapping[str, Sequence[File]]


def commit(folder: Path, manifest: Manifest, index: Index, steps: Sequence[int]) -> Manifest:
    """Commit the rows of steps that the index selects.

    Returns:
        The manifest that was committed.
    """
    before = {table: manifest.files.get(table, ()) for table in (*TABLES, "documents", "corrections")}
    writer = Writer(folder)
    files = {table: writer.updated(table, before[table], steps, index) for table in LETTER_TABLES}
    files["quarantine"] = writer.write("quarantine", index.quarantine().lazy())
    files["corrections"] = list(before["corrections"])
    files["documents"] = [] if index.places.is_moved else list(before["documents"])
    for changed in index.changed():
        files["documents"] += writer.write("documents", changed.lazy())
    count, last_step = index.count, max([*steps, manifest.last_step])
    made = replace(manifest, last_step=last_step, document_count=count(), duplicate_count=count(DUPLICATE))
    made = commit_files(folder, made, writer, files)
    index.places.note()
    return made


def commit_files(folder: Path, manifest: Manifest, writer: Writer, files: Files) -> Manifest:
    """Apply corrections to the rows of files, and commit the next version after a manifest."""
    made = replace(
        manifest,
        version=manifest.version + 1,
        committed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files=writer.corrected(files),
        imrdata_version=reader_version(),
    )
    write_manifest(folder, made)
    write_package(folder, made)
    writer.close()
    return made


def sweep_files(folder: Path, manifest: Manifest) -> None:
    """Delete table files of interrupted commits, which no kept version uses."""
    named = manifest.paths()
    if manifest.version:
        named = named.union(*(committed_manifest(folder, number).paths() for number in kept_versions(folder)))
    for table in (*TABLES, "documents", "corrections"):
        for path in (folder / table).rglob("*.parquet"):
            if path.relative_to(folder).as_posix() not in named:
                path.unlink()


class Writer:
    """A writer of table files: each file is staged, then moved to its path, which no manifest names yet.

    A file is named by the SHA-256 of its bytes, so the same rows give the same file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staged = work_folder(folder) / "new-commit"

    def close(self) -> None:
        """Delete staged files."""
        shutil.rmtree(self._staged, ignore_errors=True)

    def updated(self, table: str, files: Sequence[File], steps: Sequence[int], index: Index) -> list[File]:
        """Return the files of a table, without rows that are no longer valid, and with the rows of some steps."""
        left = index.left_cases()
        is_left = pl.col("case_number").is_in(left.implode())
        parts = []
        for step in steps:
            rows = pl.scan_parquet(step_folder(self._folder, step) / f"{table}.parquet", glob=False)
            parts.append(rows.filter(pl.col("case_number").is_in(index.cases_of(step).implode())))
        merged = _to_merge(files, sum(rows.select(pl.len()).collect().item() for rows in parts))
        parts += [scan_files(self._folder, [file]).filter(~is_left) for file in merged]
        made = [file for file in files if file not in merged]
        made = made if left.is_empty() else self.without(table, made, is_left)
        return made + self.write(table, _in_key_order(table, parts, index)) if parts else made

    def without(self, table: str, files: Sequence[File], is_left: pl.Expr) -> list[File]:
        """Return the files; a file with rows to leave out is replaced by a copy without them."""
        made: list[File] = []
        for file in files:
            rows = scan_files(self._folder, [file])
            has_left = rows.select(is_left.any()).collect().item()
            made += self.write(table, rows.filter(~is_left)) if has_left else [file]
        return made

    def corrected(self, files: Files) -> Files:
        """Return the files with all corrections applied to the rows of letters and decisions."""
        if not files.get("corrections"):
            return files
        made = dict(files)
        stored = scan_files(self._folder, files["corrections"]).collect()
        is_named = pl.col("case_number").is_in(stored["case_number"].unique().implode())
        read = {table: self.rows(table, files[table], is_named) for table in CORRECTED}
        rows, corrections = corrected(read, stored)
        for table in CORRECTED:
            if not rows[table].equals(read[table]):
                made[table] = self.without(table, files[table], is_named) + self.write(table, rows[table].lazy())
        if not corrections.equals(stored):
            made["corrections"] = self.write("corrections", corrections.lazy())
        return made

    def rows(self, table: str, files: Sequence[File], predicate: pl.Expr) -> pl.DataFrame:
        """Read some rows of a table, in the order of its key."""
        if not files:
            return pl.DataFrame(schema=schema(table))
        rows = scan_files(self._folder, files).filter(predicate)
        return in_key_order(rows.select(schema(table).names()).collect(), table)

    def write(self, table: str, rows: pl.LazyFrame) -> list[File]:
        """Write rows into new files of a table with limited length; no rows make no file."""
        target = self._staged / table
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        parts = pl.PartitionBy(target, max_rows_per_file=ROWS_A_FILE, approximate_bytes_per_file=None)
        rows.sink_parquet(parts, mkdir=True, row_group_size=ROWS_A_GROUP, maintain_order=True)
        return [file for path in sorted(target.rglob("*.parquet")) if (file := self._place(table, path))]

    def _place(self, table: str, path: Path) -> File | None:
        """Move a staged file to its path; return None if it has no rows."""
        key = pl.col(_key(table))
        found = pl.scan_parquet(path, glob=False).select(pl.len(), key.min().alias("first"), key.max().alias("last"))
        height, first, last = found.collect().row(0)
        if not height:
            return None
        with path.open("r+b") as file:  # Windows forces only files to disk that may be written
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        place = self._folder / table / f"{digest[:32]}.parquet"
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        sync_folder(place.parent)
        return File(place.relative_to(self._folder).as_posix(), height, place.stat().st_size, digest, first, last)


def _key(table: str) -> str:
    """Return the column whose first and last values the manifest has for each file."""
    return sort_key(table)[0] if table in TABLES else "identity" if table == "documents" else "case_number"


def _to_merge(files: Sequence[File], new_count: int) -> Sequence[File]:
    """Return the files to merge with the new rows: all if too many keys overlap, else small ones if many."""
    in_order = sorted(files, key=lambda file: file.first)
    overlapping = {other.path: other.rows for one, other in pairwise(in_order) if one.last >= other.first}
    if files and sum(overlapping.values()) + new_count > LOOSE_SHARE * (new_count + sum(file.rows for file in files)):
        return files
    small = [file for file in files if file.rows < ROWS_A_FILE // 2]
    return small if len(small) > SMALL_FILES else ()


def _in_key_order(table: str, parts: Sequence[pl.LazyFrame], index: Index) -> pl.LazyFrame:
    """Yield the rows of frames in the order of the table's key, sorting one range of keys at a time."""
    key, wanted = pl.col("case_number"), schema(table)
    bounds = [None, *index.bounds(LETTERS_A_RANGE), None]

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        for low, high in pairwise(bounds):
            within = pl.lit(value=True) if low is None else key > low
            within = within if high is None else within & (key <= high)
            rows = pl.concat([part.filter(within).select(wanted.names()) for part in parts])
            yield in_key_order(rows.collect(), table)

    return register_io_source(frames, schema=wanted)
