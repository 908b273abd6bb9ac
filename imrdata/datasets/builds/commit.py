"""Finished steps become files of the dataset, and the manifest names them: before, no reader sees anything of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import polars as pl

from imrdata import version
from imrdata.datasets.batches import DUPLICATE, conflict_rows
from imrdata.datasets.builds.index import Index
from imrdata.datasets.builds.steps import step_folder, work_folder
from imrdata.datasets.store import PARTITIONS, File, Manifest, sync_folder, write_manifest, write_package
from imrdata.tables.columns import TABLES

ROWS_A_FILE = 250_000
STEPS_AT_ONCE = 32
ROWS_A_GROUP = 4096  # what a predicate on dates can leave out, and what is held in memory for each partition
KEYS = {"quarantine": "source"}  # by what a row is taken off; in all other tables the case number
_CONFLICTS = 0  # the step of rows that come of several documents together


def commit(dest: Path, manifest: Manifest, index: Index, steps: Sequence[int]) -> Manifest:
    """Make the rows of some steps, as far as the index wants them, a part of the dataset.

    Returns:
        The manifest that was committed.
    """
    last = max([*steps, manifest.last_step])
    writer = _Writer(dest, work_folder(dest) / "new-commit", manifest.generation + 1)
    files: dict[str, list[File]] = {}
    for table in TABLES:
        kept = [file for file in manifest.files.get(table, ()) if file.last_step != _CONFLICTS]
        files[table] = [new for file in kept for new in writer.without_removed(table, file, index)]
        for some in _groups(steps):
            files[table] += writer.write(table, _step_rows(dest, table, index, some), (some[0], some[-1]))
    conflicts = conflict_rows(index.conflicts())
    files["quarantine"] += writer.write("quarantine", conflicts.lazy(), (_CONFLICTS, _CONFLICTS))
    files["documents"] = list(manifest.files.get("documents", ()))
    for changed in index.changed():
        files["documents"] += writer.write("documents", changed.lazy(), (last, last))
    committed = replace(
        manifest,
        generation=writer.generation,
        last_step=last,
        document_count=index.count(),
        duplicate_count=index.count(DUPLICATE),
        files=files,
        retired=sorted(_paths(manifest.files) - _paths(files)),
        imrdata_version=version.__version__,
    )
    write_manifest(dest, committed)
    write_package(dest, committed)
    writer.close()
    return committed


def sweep_files(dest: Path, manifest: Manifest) -> None:
    """Delete files of tables that the dataset no longer names, and that no reader of its last state can be reading."""
    kept = _paths(manifest.files) | set(manifest.retired)
    for table in (*TABLES, "documents"):
        for path in (dest / table).rglob("*.parquet"):
            if path.relative_to(dest).as_posix() not in kept:
                path.unlink()


def _paths(files: Mapping[str, Sequence[File]]) -> set[str]:
    return {file.path for several in files.values() for file in several}


def _groups(steps: Sequence[int]) -> Iterator[Sequence[int]]:
    """The steps, some at a time: what is written at once is held in memory in part."""
    for at in range(0, len(steps), STEPS_AT_ONCE):
        yield steps[at : at + STEPS_AT_ONCE]


def _step_rows(dest: Path, table: str, index: Index, steps: Sequence[int]) -> pl.LazyFrame:
    parts = []
    key = KEYS.get(table, "case_number")
    for number in steps:
        rows = pl.scan_parquet(step_folder(dest, number) / f"{table}.parquet")
        removed = index.removed(number, key)
        parts.append(rows.filter(~pl.col(key).is_in(removed)) if removed else rows)
    return pl.concat(parts)


class _Writer:
    """Writes the files of one generation: staged beside, then moved to their place, which no manifest names yet."""

    def __init__(self, dest: Path, staged: Path, generation: int) -> None:
        self.generation = generation
        self._dest = dest
        self._staged = staged
        self._numbers = count()  # no two files of a generation have one name

    def close(self) -> None:
        shutil.rmtree(self._staged, ignore_errors=True)

    def write(self, table: str, rows: pl.LazyFrame, steps: tuple[int, int]) -> list[File]:
        """Write rows into new files of a table: by their partition, none of them too long."""
        target = self._staged / table
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        keys = list(PARTITIONS.get(table, ()))
        parts = pl.PartitionBy(
            target,
            key=keys or None,
            include_key=True if keys else None,
            max_rows_per_file=ROWS_A_FILE,
            approximate_bytes_per_file=None,
        )
        rows.sink_parquet(parts, mkdir=True, row_group_size=ROWS_A_GROUP)
        paths = sorted(target.rglob("*.parquet"))
        return [file for path in paths if (file := self._place(table, path, steps))]

    def _place(self, table: str, path: Path, steps: tuple[int, int]) -> File | None:
        """Move a staged file to its place; None where it holds no row."""
        height = pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item()
        if not height:
            return None
        name = f"{self.generation:06d}-{steps[0]:08d}-{next(self._numbers):05d}.parquet"
        place = self._dest / table / path.parent.relative_to(self._staged / table) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(place)
        sync_folder(place.parent)
        return File(place.relative_to(self._dest).as_posix(), height, place.stat().st_size, *steps)

    def without_removed(self, table: str, file: File, index: Index) -> list[File]:
        """A committed file; or others in its place, where it holds rows that are to be taken off."""
        key = KEYS.get(table, "case_number")
        homes = [home for home in index.homes_with_removals() if file.first_step <= home <= file.last_step]
        removed = [one for home in homes for one in index.removed(home, key)]
        rows = pl.scan_parquet(self._dest / file.path, hive_partitioning=False)
        is_removed = pl.col(key).is_in(removed)
        if not removed or not rows.select(is_removed.any()).collect().item():
            return [file]
        return self.write(table, rows.filter(~is_removed), (file.first_step, file.last_step))
