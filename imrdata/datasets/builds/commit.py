"""Finished steps become files of the dataset, and the manifest names them: before, no reader sees anything of them.

Each commit writes the rows of its steps in the order of the table's key. Rows that a later document replaced are left
out of a copy of their file. When a table's files have become many small ones, all its rows are merged.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from imrdata.datasets.batches import DUPLICATE, conflict_rows
from imrdata.datasets.builds.index import Index
from imrdata.datasets.builds.steps import step_folder, work_folder
from imrdata.datasets.corrections import corrected
from imrdata.datasets.store import File, Manifest, kept_versions, scan_files, sync_folder, write_manifest, write_package
from imrdata.datasets.store import committed as committed_manifest
from imrdata.resources import reader_version
from imrdata.tables.columns import TABLES, in_key_order, schema, sort_key

ROWS_A_FILE = 1_000_000
ROWS_A_GROUP = 4096  # what a predicate on dates can leave out
LETTERS_A_RANGE = 8192  # whose rows are sorted in memory at once
LOOSE_SHARE = 0.25  # of a table's rows, new or in files whose keys overlap; beyond it all rows are merged
SMALL_FILES = 8  # of a table, which are merged when there are more
CORRECTED = ("letters", "decisions")  # the tables whose values can be corrected
_CONFLICTS = 0  # the step of rows that come of several documents together


def commit(dest: Path, manifest: Manifest, index: Index, steps: Sequence[int]) -> Manifest:
    """Make the rows of some steps, as far as the index wants them, a part of the dataset.

    Returns:
        The manifest that was committed.
    """
    last = max([*steps, manifest.last_step])
    writer = Writer(dest, work_folder(dest) / "new-commit", manifest.version + 1)
    files: dict[str, list[File]] = {}
    for table in TABLES:
        kept = [file for file in manifest.files.get(table, ()) if file.last_step != _CONFLICTS]
        files[table] = writer.table(table, kept, steps, index)
    conflicts = in_key_order(conflict_rows(index.conflicts()), "quarantine")
    files["quarantine"] += writer.write("quarantine", conflicts.lazy(), (_CONFLICTS, _CONFLICTS))
    files["corrections"] = list(manifest.files.get("corrections", ()))
    files["documents"] = list(manifest.files.get("documents", ()))
    for changed in index.changed():
        files["documents"] += writer.write("documents", changed.lazy(), (last, last))
    return commit_files(
        dest,
        manifest,
        writer,
        files,
        last_step=last,
        document_count=index.count(),
        duplicate_count=index.count(DUPLICATE),
    )


def commit_files(
    dest: Path, manifest: Manifest, writer: Writer, files: Mapping[str, Sequence[File]], **counts: int
) -> Manifest:
    """Put the corrections into the rows of some files, and commit them as the next version.

    Args:
        dest: The folder of the dataset.
        manifest: The version before.
        writer: Has written the files.
        files: Those of each table, of the documents, and of the corrections.
        counts: What else of the manifest changes.
    """
    files = writer.corrected(files)
    made = replace(
        manifest,
        version=writer.version,
        committed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files=files,
        imrdata_version=reader_version(),
        **counts,
    )
    write_manifest(dest, made)
    write_package(dest, made)
    writer.close()
    return made


def sweep_files(dest: Path, manifest: Manifest) -> None:
    """Delete files of tables that no kept version names: a stopped commit left them."""
    named = manifest.paths()
    if manifest.version:
        named = named.union(*(committed_manifest(dest, number).paths() for number in kept_versions(dest)))
    for table in (*TABLES, "documents", "corrections"):
        for path in (dest / table).rglob("*.parquet"):
            if path.relative_to(dest).as_posix() not in named:
                path.unlink()


def _key(table: str) -> str:
    """The column by whose values rows are found and left out."""
    return sort_key(table)[0] if table in TABLES else "identity" if table == "documents" else "case_number"


class Writer:
    """Writes the files of one version: staged beside, then moved to their place, which no manifest names yet."""

    def __init__(self, dest: Path, staged: Path, number: int) -> None:
        self.version = number
        self._dest = dest
        self._staged = staged
        self._numbers = count()  # no two files of a version have one name

    def close(self) -> None:
        """Delete what was staged."""
        shutil.rmtree(self._staged, ignore_errors=True)

    def table(self, table: str, kept: Sequence[File], steps: Sequence[int], index: Index) -> list[File]:
        """The files of a table: those of before without rows that were replaced, and those of some steps."""
        new = [self._step_rows(table, step, index) for step in steps]
        merged = _to_merge(kept, sum(rows.select(pl.len()).collect().item() for rows in new))
        files: list[File] = []
        parts: list[pl.LazyFrame] = []
        for file in kept:
            rows = self._valid_rows(table, file, index)
            if file in merged:
                parts.append(scan_files(self._dest, [file]) if rows is None else rows)
            else:
                files += [file] if rows is None else self.write(table, rows, (file.first_step, file.last_step))
        if parts or new:
            spans = [*steps, *(step for file in merged for step in (file.first_step, file.last_step))]
            files += self.write(table, _in_key_order(table, [*parts, *new], index), (min(spans), max(spans)))
        return files

    def _step_rows(self, table: str, step: int, index: Index) -> pl.LazyFrame:
        rows = pl.scan_parquet(step_folder(self._dest, step) / f"{table}.parquet", glob=False)
        stale = index.stale_keys(step, _stale_key(table))
        return rows.filter(~pl.col(_stale_key(table)).is_in(stale)) if stale else rows

    def _valid_rows(self, table: str, file: File, index: Index) -> pl.LazyFrame | None:
        """The rows of a committed file that are still valid; None where all are."""
        key = _stale_key(table)
        steps = [step for step in index.steps_with_stale_rows() if file.first_step <= step <= file.last_step]
        stale = [one for step in steps for one in index.stale_keys(step, key)]
        rows = scan_files(self._dest, [file])
        is_stale = pl.col(key).is_in(stale)
        if not stale or not rows.select(is_stale.any()).collect().item():
            return None
        return rows.filter(~is_stale)

    def corrected(self, files: Mapping[str, Sequence[File]]) -> dict[str, Sequence[File]]:
        """The files with the corrections in the rows of letters and decisions, as far as these do not have them."""
        made = dict(files)
        if not files.get("corrections"):
            return made
        stored = scan_files(self._dest, files["corrections"]).collect()
        is_named = pl.col("case_number").is_in(stored["case_number"].unique().implode())
        read = {table: self._rows(table, files[table], is_named) for table in CORRECTED}
        done = corrected(read, stored)
        for table in CORRECTED:
            if not done.tables[table].equals(read[table]):
                made[table] = self.with_rows(table, files[table], is_named, done.tables[table])
        if not done.corrections.equals(stored):
            made["corrections"] = self.write("corrections", done.corrections.lazy(), (_CONFLICTS, _CONFLICTS))
        return made

    def _rows(self, table: str, files: Sequence[File], predicate: pl.Expr) -> pl.DataFrame:
        if not files:
            return pl.DataFrame(schema=schema(table))
        rows = scan_files(self._dest, files).filter(predicate)
        return in_key_order(rows.select(schema(table).names()).collect(), table)

    def with_rows(self, table: str, files: Sequence[File], replaced: pl.Expr, rows: pl.DataFrame) -> list[File]:
        """The files without the rows of some cases, and these rows in a file of their own."""
        made: list[File] = []
        for file in files:
            part = scan_files(self._dest, [file])
            if part.select(replaced.any()).collect().item():
                made += self.write(table, part.filter(~replaced), (file.first_step, file.last_step))
            else:
                made.append(file)
        span = (min(file.first_step for file in files), max(file.last_step for file in files))
        return made + self.write(table, rows.lazy(), span)

    def write(self, table: str, rows: pl.LazyFrame, steps: tuple[int, int]) -> list[File]:
        """Write rows into new files of a table, none of them too long."""
        target = self._staged / table
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        parts = pl.PartitionBy(target, max_rows_per_file=ROWS_A_FILE, approximate_bytes_per_file=None)
        rows.sink_parquet(parts, mkdir=True, row_group_size=ROWS_A_GROUP, maintain_order=True)
        return [file for path in sorted(target.rglob("*.parquet")) if (file := self._place(table, path, steps))]

    def _place(self, table: str, path: Path, steps: tuple[int, int]) -> File | None:
        """Move a staged file to its place; None where it holds no row."""
        key = pl.col(_key(table))
        found = pl.scan_parquet(path, glob=False).select(pl.len(), key.min().alias("first"), key.max().alias("last"))
        height, first, last = found.collect().row(0)
        if not height:
            return None
        place = self._dest / table / f"{self.version:08d}-{next(self._numbers):05d}.parquet"
        place.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        path.replace(place)
        sync_folder(place.parent)
        size = place.stat().st_size
        return File(place.relative_to(self._dest).as_posix(), height, size, digest, first, last, *steps)


def _stale_key(table: str) -> str:
    """The column by whose values the index says which rows are no longer valid."""
    return "source" if table == "quarantine" else "case_number"


def _to_merge(files: Sequence[File], new_count: int) -> Sequence[File]:
    """The files whose rows are merged with the new ones: all where too many keys overlap, else many small ones."""
    in_order = sorted(files, key=lambda file: file.first)
    overlapping = {other.path: other.rows for one, other in pairwise(in_order) if one.last >= other.first}
    if files and sum(overlapping.values()) + new_count > LOOSE_SHARE * (new_count + sum(file.rows for file in files)):
        return files
    small = [file for file in files if file.rows < ROWS_A_FILE // 2]
    return small if len(small) > SMALL_FILES else ()


def _in_key_order(table: str, parts: Sequence[pl.LazyFrame], index: Index) -> pl.LazyFrame:
    """The rows of some frames in the order of the table's key, sorted a range of keys at a time."""
    key = pl.col(_stale_key(table))
    wanted = schema(table)
    bounds = [None, *index.bounds(_stale_key(table), LETTERS_A_RANGE), None]

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        for low, high in pairwise(bounds):
            within = pl.lit(value=True) if low is None else key > low
            within = within if high is None else within & (key <= high)
            rows = pl.concat([part.filter(within).select(wanted.names()) for part in parts])
            yield in_key_order(rows.collect(), table)

    return register_io_source(frames, schema=wanted)
