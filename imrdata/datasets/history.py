"""The versions of a built dataset: list them, list their files, verify them, and remove old ones."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from imrdata.datasets.store import KEPT, Manifest, committed, kept_versions, read, require_dataset, sole_writer
from imrdata.errors import DatasetError
from imrdata.tables.columns import TABLES, contract_of
from imrdata.tables.validation import validate_tables

_VERSIONS = pl.Schema(
    {
        "version": pl.Int64(),
        "committed_at": pl.Datetime("us", "UTC"),
        "document_count": pl.Int64(),
        "letter_count": pl.Int64(),
        "decision_count": pl.Int64(),
        "quarantined_count": pl.Int64(),
        "duplicate_count": pl.Int64(),
        "schema_version": pl.Int64(),
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
    for one in (committed(folder, number) for number in kept_versions(folder)):
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
    files = sorted(committed(folder, version).files.get(table, ()), key=lambda file: file.first)
    return [str((folder / file.path).absolute()) for file in files if file.rows]


def verify(dataset: str | os.PathLike[str], *, version: int | None = None) -> None:
    """Verify a built dataset: the SHA-256 of each file, the number of rows, every rule of the tables, and the keys.

    Args:
        dataset: The folder of a dataset made by `build`.
        version: A version of the dataset; None for the latest.

    Returns:
        None.

    Raises:
        DatasetError: A file is missing or has changed, or rows are missing.
        ValidationError: A row breaks a rule.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.verify(dest)
    """
    folder = require_dataset(dataset)
    manifest = committed(folder, version)
    for files in manifest.files.values():
        for file in files:
            _require_sha256(folder / file.path, file.sha256)
    tables = {table: read(folder, table, manifest=manifest) for table in TABLES}
    validate_tables(tables)
    require_accounted(folder, manifest, tables["letters"].height, tables["quarantine"].height)


def _require_sha256(path: Path, sha256: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}", reason="damaged_dataset") from error
    if found != sha256:
        raise DatasetError(f"{path} was changed after it was committed", reason="damaged_dataset")


def require_accounted(folder: Path, manifest: Manifest, letters: int, quarantined: int) -> None:
    """Check that letters in = letters out + quarantined + exact duplicates.

    Raises:
        DatasetError: The counts do not add up.
    """
    if manifest.document_count != letters + quarantined + manifest.duplicate_count:
        message = (
            f"{folder}: {manifest.document_count:,} documents were read, but there are {letters:,} letters, "
            f"{quarantined:,} quarantined and {manifest.duplicate_count:,} exact duplicates"
        )
        raise DatasetError(message, reason="damaged_dataset")


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
        ValueError: Neither argument is given, or one is negative.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.vacuum(dest, keep_versions=1).removed_versions
        ()
    """
    if keep_versions is None and keep_days is None:
        raise ValueError("say what to keep: keep_versions or keep_days")
    if min(keep_versions or 0, keep_days or 0) < 0:
        raise ValueError("keep_versions and keep_days cannot be negative")
    folder = require_dataset(dataset)
    with sole_writer(folder):
        numbers = kept_versions(folder)
        manifests = {number: committed(folder, number) for number in numbers}
        kept = {numbers[-1], *(numbers[-keep_versions:] if keep_versions else ())}
        if keep_days is not None:
            since = datetime.now(UTC) - timedelta(days=keep_days)
            kept |= {one for one in numbers if datetime.fromisoformat(manifests[one].committed_at) >= since}
        named = set().union(*(manifests[number].paths() for number in kept))
        removed = [number for number in numbers if number not in kept]
        for number in removed:  # manifests first, so that no kept version lacks files
            (folder / KEPT / f"{number:08d}.json").unlink()
        paths = sorted(set().union(*(manifests[number].paths() for number in removed)) - named)
        size = 0
        for path in paths:
            size += (folder / path).stat().st_size
            (folder / path).unlink()
    return VacuumReport(tuple(removed), len(paths), size)
