"""The versions of a built dataset: list them, list their files, verify them, and remove old ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import polars as pl

from imrdata.datasets.store import (
    Manifest,
    committed,
    damaged,
    kept_path,
    kept_versions,
    read,
    require_dataset,
    require_unchanged,
    unnamed_files,
    writing,
)
from imrdata.tables.columns import TABLES, contract_of
from imrdata.tables.validation import validate_tables

MOST_DAYS = 36_500
_COUNTS = ("document_count", "letter_count", "decision_count", "quarantined_count", "duplicate_count", "schema_version")
_VERSIONS = pl.Schema(
    {
        "version": pl.Int64(),
        "committed_at": pl.Datetime("us", "UTC"),
        **dict.fromkeys(_COUNTS, pl.Int64()),
        "imrdata_version": pl.String(),
    }
)


def versions(dataset: str | os.PathLike[str]) -> pl.DataFrame:
    """List the versions of a built dataset.

    Each build that changes something commits a version. Until `vacuum` removes it, pass ``version=`` to `load`,
    `load_decisions` or `scan_decisions` to reproduce a figure.

    Args:
        dataset: The folder of a dataset made by `build`.

    Returns:
        A frame, one row per version, ascending: ``version`` (Int64), ``committed_at`` (Datetime, UTC),
        ``document_count``, ``letter_count``, ``decision_count``, ``quarantined_count``, ``duplicate_count``,
        ``schema_version`` (Int64) and ``imrdata_version`` (String), the package that wrote it.

    Raises:
        DatasetError: The folder has no dataset, or a manifest is damaged.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.versions(dest).select("version", "letter_count").rows()
        [(1, 1)]
    """
    folder = require_dataset(dataset)
    rows = []
    for one in kept_versions(folder).values():
        counts = [one.document_count, *map(one.rows, ("letters", "decisions", "quarantine")), one.duplicate_count]
        at = datetime.fromisoformat(one.committed_at)
        rows.append((one.version, at, *counts, one.schema_version, one.imrdata_version))
    return pl.DataFrame(rows, schema=_VERSIONS, orient="row")


def dataset_files(dataset: str | os.PathLike[str], table: str, *, version: int | None = None) -> list[str]:
    """List the Parquet files of a table, for DuckDB, pandas, Spark and other readers.

    Do not use a glob instead: it would also match files of other versions.

    Args:
        dataset: The folder of a dataset made by `build`.
        table: ``letters``, ``decisions``, ``citations``, ``quarantine`` or ``diagnostics``.
        version: A version of the dataset; None for the latest.

    Returns:
        Absolute paths; an empty list for a table without rows.

    Raises:
        DatasetError: The dataset or version does not exist, or its manifest is damaged.
        UnknownTermError: The table does not exist.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     len(imrdata.dataset_files(dest, "decisions"))
        1
    """
    contract_of(table)  # raises an error if unknown
    folder = require_dataset(dataset)
    return [str((folder / file.path).absolute()) for file in committed(folder, version).in_order(table)]


def verify(dataset: str | os.PathLike[str], *, version: int | None = None) -> None:
    """Verify a built dataset: the SHA-256 of each file, the number of rows, every rule of the tables, and the keys.

    Args:
        dataset: The folder of a dataset made by `build`.
        version: A version of the dataset; None for the latest, and the manifests and files of all kept versions.

    Returns:
        None.

    Raises:
        DatasetError: A file is missing or has changed, rows are missing, or a manifest is damaged.
        ValidationError: A row breaks a rule.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.verify(dest)
    """
    folder = require_dataset(dataset)
    manifest = committed(folder, version)
    tables = {table: read(folder, table, manifest=manifest) for table in TABLES}
    validate_tables(tables)
    require_accounted(folder, manifest, tables["letters"].height, tables["quarantine"].height)
    if committed(folder, manifest.version) != manifest:
        raise damaged(f"{kept_path(folder, manifest.version)} is not the manifest of the latest version")
    every = kept_versions(folder).values() if version is None else [manifest]
    files = {file for one in every for file in chain(*one.files.values())}
    require_unchanged(folder, files.difference(*map(manifest.of, TABLES)))  # others than those of the tables above


def require_accounted(folder: Path, manifest: Manifest, letters: int, quarantined: int) -> None:
    """Raise an error unless letters in = letters out + quarantined + exact duplicates."""
    if manifest.document_count != letters + quarantined + manifest.duplicate_count:
        raise damaged(
            f"{folder}: {manifest.document_count:,} documents were read, but there are {letters:,} letters, "
            f"{quarantined:,} quarantined and {manifest.duplicate_count:,} exact duplicates"
        )


@dataclass(frozen=True, slots=True)
class VacuumReport:
    """The result of `vacuum`.

    Attributes:
        removed_versions: The numbers of the removed versions.
        file_count: The number of deleted files.
        byte_count: Their size in bytes.
    """

    removed_versions: tuple[int, ...]
    file_count: int
    byte_count: int

    def __str__(self) -> str:
        return (
            f"{len(self.removed_versions):,} versions removed, and {self.file_count:,} files of "
            f"{self.byte_count:,} bytes that only they named"
        )


def vacuum(
    dataset: str | os.PathLike[str], *, keep_versions: int | None = None, keep_days: float | None = None
) -> VacuumReport:
    """Remove old versions of a built dataset, and the files that only they use.

    No other function removes versions. Do not run it while someone is reading an old version.

    Args:
        dataset: The folder of a dataset made by `build`.
        keep_versions: The number of latest versions to keep.
        keep_days: Keep versions committed within this number of days. With both arguments, a version is kept
            if either keeps it. The latest version is always kept.

    Returns:
        A `VacuumReport`.

    Raises:
        DatasetError: The folder has no dataset, a manifest is damaged, or a build is running.
        ValueError: Neither argument is given, or one is negative, or `keep_days` is more than 36,500.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.vacuum(dest, keep_versions=1).removed_versions
        ()
    """
    if keep_versions is None and keep_days is None:
        raise ValueError("say what to keep: keep_versions or keep_days")
    if (keep_versions or 0) < 0 or not 0 <= (keep_days or 0) <= MOST_DAYS:
        raise ValueError(f"keep_versions is 0 or more, and keep_days is from 0 to {MOST_DAYS:,}")
    folder = require_dataset(dataset)
    with writing(folder):
        versions = list(kept_versions(folder).values())
        kept = [versions[-1], *(versions[-keep_versions:] if keep_versions else ())]
        if keep_days is not None:
            since = (datetime.now(UTC) - timedelta(days=keep_days)).isoformat()
            kept += [one for one in versions if one.committed_at >= since]
        removed = [one for one in versions if one not in kept]
        for one in removed:  # manifests first, so that no kept version lacks files
            kept_path(folder, one.version).unlink()
        unused = unnamed_files(folder, kept)
        size = sum(path.stat().st_size for path in unused)
        for path in unused:
            path.unlink()
    return VacuumReport(tuple(one.version for one in removed), len(unused), size)
