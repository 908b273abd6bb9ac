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
from itertools import chain, pairwise
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from imrdata.datasets.batches import DUPLICATE
from imrdata.datasets.builds.index import Index
from imrdata.datasets.builds.steps import LETTER_TABLES, step_file, work_folder
from imrdata.datasets.corrections import CORRECTED_TABLES, STORED, corrected
from imrdata.datasets.store import File, Manifest, kept_versions, scan_files, scan_paths, write_manifest, write_package
from imrdata.datasets.system import sync_folder
from imrdata.resources import reader_version
from imrdata.tables.columns import TABLES, in_key_order, schema, sort_key

ROWS_A_FILE = 1_000_000
ROWS_A_GROUP = 4096  # the unit that a predicate on dates can skip
LETTERS_A_RANGE = 4096  # letters whose rows are sorted in memory at once
LOOSE_SHARE = 0.25  # of a table's rows, new or with overlapping keys; beyond it, all rows are merged
SMALL_FILES = 8  # of a table; more are merged
# The column whose first and last values the manifest has for each file.
_KEYS = {table: sort_key(table)[0] for table in TABLES} | {"documents": "identity", "corrections": "case_number"}

Files = Mapping[str, Sequence[File]]


def commit(folder: Path, manifest: Manifest, index: Index, steps: Sequence[int]) -> Manifest:
    """Commit the rows of steps that the index selects; return the manifest."""
    writer = Writer(folder)
    files: dict[str, Sequence[File]] = {
        table: writer.updated(table, manifest.of(table), steps, index) for table in LETTER_TABLES
    }
    files["quarantine"] = writer.write("quarantine", index.quarantine().lazy())
    files["corrections"] = manifest.of("corrections")
    documents = [writer.write("documents", changed.lazy()) for changed in index.changed()]
    files["documents"] = [*(() if index.is_anew else manifest.of("documents")), *chain(*documents)]
    duplicate_count = index.count("status = ?", DUPLICATE)
    made = replace(manifest, document_count=index.count(), duplicate_count=duplicate_count)
    made = replace(made, last_step=max([*steps, manifest.last_step]))
    made = commit_files(folder, made, writer, files, writer.corrections(files))
    index.places.note()
    return made


def commit_files(folder: Path, manifest: Manifest, writer: Writer, files: Files, corrections: pl.DataFrame) -> Manifest:
    """Correct the rows of files, and commit them as the next version after a manifest."""
    made = replace(
        manifest,
        version=manifest.version + 1,
        committed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files=writer.corrected(files, corrections),
        imrdata_version=reader_version(),
    )
    write_manifest(folder, made)
    write_package(folder, made)
    writer.close()
    return made


def sweep_files(folder: Path, manifest: Manifest) -> None:
    """Delete table files of interrupted commits, which no kept version uses."""
    kept = kept_versions(folder).values() if manifest.version else ()
    named = manifest.paths().union(*(one.paths() for one in kept))
    for table in _KEYS:
        for path in (folder / table).rglob("*.parquet"):
            if path.relative_to(folder).as_posix() not in named:
                path.unlink()


class Writer:
    """A writer of table files: each file is staged, then moved to its path, which no manifest names yet.

    A file is named by the SHA-256 of its bytes, so the same rows give the same file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staged = work_folder(folder) / "commit"

    def close(self) -> None:
        """Delete staged files."""
        shutil.rmtree(self._staged, ignore_errors=True)

    def updated(self, table: str, files: Sequence[File], steps: Sequence[int], index: Index) -> Sequence[File]:
        """Return the files of a table, without rows that are no longer valid, and with the rows of some steps."""
        is_left = pl.col("case_number").is_in(index.left_cases().implode())
        parts = []
        for step in steps:
            is_valid = pl.col("case_number").is_in(index.cases_of(step).implode())
            parts.append(scan_paths([step_file(self._folder, step, table)]).filter(is_valid))
        merged = _to_merge(files, sum(rows.select(pl.len()).collect().item() for rows in parts))
        parts += [scan_files(self._folder, [file]).filter(~is_left) for file in merged]
        others = [file for file in files if file not in merged]
        return self.replaced(table, others, is_left, _in_key_order(table, parts, index) if parts else None)

    def replaced(
        self, table: str, files: Sequence[File], is_left: pl.Expr, rows: pl.LazyFrame | None
    ) -> Sequence[File]:
        """Return the files, copied without some rows if they have such, and new files with other rows."""
        made: list[File] = []
        for file in files:
            old = scan_files(self._folder, [file])
            has_left = old.select(is_left.any()).collect().item()
            made += self.write(table, old.filter(~is_left)) if has_left else [file]
        return made if rows is None else made + self.write(table, rows)

    def corrected(self, files: Files, corrections: pl.DataFrame) -> Files:
        """Return the files with some corrections instead of those that they have."""
        stored = self.corrections(files)
        if stored.is_empty() and corrections.is_empty():
            return files
        cases = pl.concat([stored["case_number"], corrections["case_number"]]).unique()
        is_named = pl.col("case_number").is_in(cases.implode())
        read = {}
        for table in CORRECTED_TABLES:
            rows = scan_files(self._folder, files[table]) if files[table] else pl.LazyFrame(schema=schema(table))
            read[table] = in_key_order(rows.filter(is_named).select(schema(table).names()).collect(), table)
        now, applied = corrected(read, corrections, stored)
        made = dict(files)
        for table in CORRECTED_TABLES:
            if not now[table].equals(read[table]):
                made[table] = self.replaced(table, files[table], is_named, now[table].lazy())
        if not applied.equals(stored):
            made["corrections"] = self.write("corrections", applied.lazy())
        return made

    def corrections(self, files: Files) -> pl.DataFrame:
        """Return the corrections among the files of a version."""
        stored = files.get("corrections")
        return scan_files(self._folder, stored).collect() if stored else pl.DataFrame(schema=STORED)

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
        key = pl.col(_KEYS[table])
        found = scan_paths([path]).select(pl.len(), key.min().alias("first"), key.max().alias("last"))
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
