"""A built dataset on disk: its manifest, its files, and reading them, lazily or not.

::

    DEST/manifest.json                      what is committed: files with their rows, versions, counts
    DEST/datapackage.json                   the same for other programs: a Frictionless Data Package with the schemas
    DEST/decisions/treatment_category=.../outcome=.../*.parquet
    DEST/letters/*.parquet                  likewise citations, quarantine, diagnostics
    DEST/documents/*.parquet                every document that was ever read, by its SHA-256
    DEST/.build/                            the work of a build that is under way or was stopped; no reader looks here

The manifest is the commit point: it is replaced in one step, and a file that it does not name does not exist for a
reader. Files are never changed, only added and left out, so a reader keeps the state that it has begun with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from imrdata.errors import DatasetError
from imrdata.tables.columns import SCHEMA_VERSION, TABLES, schema
from imrdata.tables.exports import data_package

MANIFEST, PACKAGE = "manifest.json", "datapackage.json"
FORMAT = "imrdata dataset"
_HEAD = 100  # bytes in which a manifest says what it is
PARTITIONS = {"decisions": ("treatment_category", "outcome")}


@dataclass(frozen=True, slots=True)
class File:
    """A file of a table: its path below the dataset, its rows and its size."""

    path: str
    rows: int
    bytes: int
    first_step: int
    last_step: int  # of the builds' steps whose rows it holds


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dataset holds.

    Attributes:
        generation: How many times something was committed.
        last_step: The last step of a build whose rows are in.
        document_count: Documents that were read.
        duplicate_count: Documents that say exactly what another one says.
        files: The files of each table, and those of the documents.
        retired: Files of the generation before, kept for those who read it.
        schema_version: Version of the tables' columns.
        imrdata_version: The package that wrote it.
    """

    generation: int = 0
    last_step: int = 0
    document_count: int = 0
    duplicate_count: int = 0
    files: Mapping[str, Sequence[File]] = field(default_factory=dict)
    retired: Sequence[str] = ()
    schema_version: int = SCHEMA_VERSION
    imrdata_version: str = ""

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return sum(file.rows for file in self.files.get(table, ()))


def is_dataset(source: object) -> bool:
    """Whether a source is the folder of a built dataset, or of one whose first build was stopped."""
    if not isinstance(source, str | os.PathLike) or "\n" in os.fspath(source):
        return False
    folder = Path(os.fspath(source))
    try:
        if (folder / MANIFEST).is_file():
            with (folder / MANIFEST).open("rb") as file:
                return FORMAT.encode() in file.read(_HEAD)
        return (folder / ".build").is_dir()
    except (OSError, ValueError):
        return False


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a dataset; None where nothing was committed yet.

    Raises:
        DatasetError: It is damaged, of another format, or of a schema that this version cannot read.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise DatasetError(f"{path} is no manifest of an imrdata dataset", reason="not_a_dataset")
        _require_schema(folder, int(found["schema_version"]), str(found["imrdata_version"]))
        del found["format"]
        files = {table: [_file(**one) for one in files] for table, files in found.pop("files").items()}
        return Manifest(**found, files=files)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path} is damaged: {error}", reason="damaged_dataset") from error


def _file(path: str, **others: int) -> File:
    """A file of the manifest; a path that leads out of the dataset is refused, for the manifest may not be ours."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError(f"the path {path!r} leads out of the dataset")
    return File(path, **others)


def _require_schema(folder: Path, version: int, package: str) -> None:
    if version == SCHEMA_VERSION:
        return
    way_out = "install a newer imrdata" if version > SCHEMA_VERSION else "build it anew into another folder"
    message = (
        f"{folder} was written by imrdata {package} with schema version {version}; this version reads version "
        f"{SCHEMA_VERSION}: {way_out}, or read it with imrdata {package}"
    )
    raise DatasetError(message, reason="other_schema_version")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Commit a manifest: written beside, forced to disk, and put in place of the last one in one step."""
    _replace(folder / MANIFEST, json.dumps({"format": FORMAT} | asdict(manifest), indent=1))


def write_package(folder: Path, manifest: Manifest) -> None:
    """Write the Data Package of what is committed, unless it is there already.

    It follows the manifest. Until it does, it tells of the state before, whose files are kept until the next commit.
    """
    if not manifest.generation:
        return
    content = json.dumps(
        data_package({table: [file.path for file in manifest.files.get(table, ())] for table in TABLES}), indent=1
    )
    path = folder / PACKAGE
    if not path.is_file() or path.read_bytes() != content.encode():
        _replace(path, content)


def _replace(path: Path, content: str) -> None:
    """Write a file beside its place, force it to disk, and put it in place of the last one in one step."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- READING --- #


def committed(folder: Path) -> Manifest:
    """The manifest of a dataset that has one.

    Raises:
        DatasetError: Nothing was committed yet, or the manifest cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        message = f"the first build of {folder} has not ended; the same build command again goes on with it"
        raise DatasetError(message, reason="unfinished_dataset")
    return manifest


def scan(folder: Path, table: str, manifest: Manifest | None = None) -> pl.LazyFrame:
    """The committed rows of a table, not read yet.

    Raises:
        DatasetError: There is no dataset, or files of it are missing or of another size.
        UnknownTermError: There is no table of this name.
    """
    wanted = schema(table)
    manifest = manifest or committed(folder)
    files = [file for file in manifest.files.get(table, ()) if file.rows]
    if not files:
        return pl.LazyFrame(schema=wanted)
    for file in files:
        _require_size(folder / file.path, file.bytes)
    hive = {name: wanted[name] for name in PARTITIONS.get(table, ())}
    found = pl.scan_parquet(
        [folder / file.path for file in files],
        hive_partitioning=bool(hive),
        hive_schema=hive or None,
        glob=False,
    )
    return found.select(wanted.names())


def _require_size(path: Path, size: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise DatasetError(
            f"{path} is missing; copy the dataset whole, or build it anew", reason="damaged_dataset"
        ) from error
    if found != size:
        message = f"{path} has {found:,} bytes instead of {size:,}; copy the dataset whole, or build it anew"
        raise DatasetError(message, reason="damaged_dataset")


def read(folder: Path, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The committed rows of a table.

    Raises:
        DatasetError: There is no dataset, or it is damaged.
        UnknownTermError: There is no table of this name, or no such column.
    """
    manifest = committed(folder)
    rows = scan(folder, table, manifest)
    try:
        frame = (rows.select(list(columns)) if columns is not None else rows).collect()
    except pl.exceptions.PolarsError as error:
        raise DatasetError(f"{folder}: the table {table} cannot be read: {error}", reason="damaged_dataset") from error
    if frame.height != manifest.rows(table):
        message = f"{folder}: the table {table} has {frame.height:,} rows instead of {manifest.rows(table):,}"
        raise DatasetError(message, reason="damaged_dataset")
    return frame
