"""A built dataset on disk: its manifests and files, and functions to read them.

::

    DEST/manifest.json              the committed version: its files with rows, bytes and SHA-256, and its counts
    DEST/manifests/00000012.json    every kept version, by its number
    DEST/datapackage.json           the committed version for other programs: a Frictionless Data Package
    DEST/<table>/*.parquet          rows of a table, in the order of its key within a file
    DEST/documents/*.parquet        every document ever read: its path, SHA-256, and status
    DEST/search/                    an optional index of texts; see imrdata.datasets.searching
    DEST/.build/                    unfinished work of a running or stopped build; readers ignore it

`manifest.json` is the commit point and is replaced atomically. Readers ignore files that no manifest names. Files never
change. A reader opens one manifest and reads all tables from it. Paths are never glob patterns, and names of folders
have no meaning.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import polars as pl

from imrdata.datasets.forked import require_threads
from imrdata.datasets.system import sync_folder
from imrdata.errors import DatasetError
from imrdata.tables.columns import SCHEMA_VERSION, TABLES, schema, sort_key
from imrdata.tables.exports import data_package

MANIFEST, PACKAGE, KEPT = "manifest.json", "datapackage.json", "manifests"
FORMAT = "imrdata dataset"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a table.

    Attributes:
        path: The path relative to the dataset.
        rows: The number of rows.
        bytes: The size of the file.
        sha256: The SHA-256 of the file.
        first: The first value of the first column of the table's key, or of `source`.
        last: The last value.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a version of a dataset.

    Attributes:
        version: 1 for the first commit, and one more for each later one.
        committed_at: Time of the commit, ISO 8601, UTC.
        last_step: The last build step whose rows are included.
        document_count: Number of documents read.
        duplicate_count: Number of documents with the same content as another one.
        files: The files of each table, and those of the documents.
        schema_version: Version of the tables' columns.
        imrdata_version: The package that wrote it.
    """

    version: int = 0
    committed_at: str = ""
    last_step: int = 0
    document_count: int = 0
    duplicate_count: int = 0
    files: Mapping[str, Sequence[File]] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    imrdata_version: str = ""

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        return sum(file.rows for file in self.files.get(table, ()))

    def paths(self) -> set[str]:
        """Return the paths of all files, relative to the dataset."""
        return {file.path for files in self.files.values() for file in files}


def is_dataset(source: object) -> bool:
    """Return whether a source is the folder of a built dataset, or of one whose first build was stopped."""
    if not isinstance(source, str | os.PathLike) or "\n" in os.fspath(source):
        return False
    folder = Path(os.fspath(source))
    try:
        return (folder / ".build").is_dir() or ((folder / MANIFEST).is_file() and (folder / KEPT).is_dir())
    except (OSError, ValueError):
        return False


def require_dataset(dataset: str | os.PathLike[str]) -> Path:
    """Return the folder of a built dataset.

    Raises:
        DatasetError: There is none.
    """
    folder = Path(dataset).expanduser()
    if not is_dataset(folder):
        message = f"{folder} is not a built dataset; imrdata.build makes one from letters"
        raise DatasetError(message, reason="not_a_dataset")
    return folder


def read_manifest(folder: Path, version: int | None = None) -> Manifest | None:
    """Read the manifest of a version, or of the committed one; None if nothing is committed.

    Raises:
        DatasetError: It is damaged, of another format, of a schema that this version cannot read, or not kept.
    """
    require_threads()
    path = folder / MANIFEST if version is None else folder / KEPT / f"{version:08d}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise DatasetError(f"{path} is not the manifest of an imrdata dataset", reason="not_a_dataset")
        _require_schema(folder, int(found["schema_version"]), str(found["imrdata_version"]))
        del found["format"]
        files = {table: [_file(**one) for one in files] for table, files in found.pop("files").items()}
        return Manifest(**found, files=files)
    except FileNotFoundError as error:
        if version is None:
            return None
        raise DatasetError(f"{folder} keeps no version {version}", reason="no_such_version") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path} is damaged: {error}", reason="damaged_dataset") from error


def _file(path: str, **others: str | int) -> File:
    """Return a file of the manifest; refuse a path outside the dataset, because the manifest may be hostile."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError(f"the path {path!r} leads out of the dataset")
    return File(path, **others)  # type: ignore[arg-type]


def _require_schema(folder: Path, version: int, package: str) -> None:
    if version == SCHEMA_VERSION:
        return
    way_out = "install a newer imrdata" if version > SCHEMA_VERSION else "build it again into another folder"
    message = (
        f"{folder} was written by imrdata {package} with schema version {version}; this version reads version "
        f"{SCHEMA_VERSION}: {way_out}, or read it with imrdata {package}"
    )
    raise DatasetError(message, reason="other_schema_version")


def kept_versions(folder: Path) -> list[int]:
    """Return the numbers of the kept versions, ascending, without interrupted commits."""
    committed_version = committed(folder).version
    numbers = sorted(int(path.stem) for path in (folder / KEPT).iterdir() if path.stem.isdecimal())
    return [number for number in numbers if number <= committed_version]


# --- WRITING --- #


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Commit a manifest: write it under its number, and atomically replace the current one."""
    content = json.dumps({"format": FORMAT} | asdict(manifest), indent=1)
    (folder / KEPT).mkdir(exist_ok=True)
    write_whole(folder / KEPT / f"{manifest.version:08d}.json", content)
    write_whole(folder / MANIFEST, content)


def write_package(folder: Path, manifest: Manifest) -> None:
    """Write the Data Package of the committed version, unless it exists; call this after writing the manifest."""
    if not manifest.version:
        return
    content = json.dumps(
        data_package({table: [file.path for file in manifest.files.get(table, ())] for table in TABLES}), indent=1
    )
    path = folder / PACKAGE
    if not path.is_file() or path.read_bytes() != content.encode():
        write_whole(path, content)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a temporary file, force it to disk, and atomically replace the current file, if any."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


@contextmanager
def sole_writer(folder: Path, name: str = ".build/lock") -> Iterator[None]:
    """Lock a folder against other writers; the system releases the lock when the process ends.

    Raises:
        DatasetError: Another process writes to the folder.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            message = f"another program writes to {folder}; wait until it ends"
            raise DatasetError(message, reason="dataset_in_use") from error
        yield
    finally:
        lock.close()


# --- READING --- #


def committed(folder: Path, version: int | None = None) -> Manifest:
    """Return the manifest of a committed dataset.

    Raises:
        DatasetError: Nothing was committed yet, the version is not kept, or the manifest cannot be read.
    """
    manifest = read_manifest(folder, version)
    if manifest is None:
        message = f"the first build of {folder} has not finished; run the same build command again to resume it"
        raise DatasetError(message, reason="unfinished_dataset")
    return manifest


def scan_files(folder: Path, files: Sequence[File]) -> pl.LazyFrame:
    """Scan the rows of files in order. Paths are literal, not globs."""
    return pl.scan_parquet([folder / file.path for file in files], glob=False, hive_partitioning=False)


def scan(folder: Path, table: str, manifest: Manifest | None = None) -> pl.LazyFrame:
    """Scan the committed rows of a table lazily, sorted by key.

    Raises:
        DatasetError: There is no dataset, or files are missing or have another size.
        UnknownTermError: The table does not exist.
    """
    wanted = schema(table)
    manifest = manifest or committed(folder)
    files = sorted((file for file in manifest.files.get(table, ()) if file.rows), key=lambda file: file.first)
    if not files:
        return pl.LazyFrame(schema=wanted)
    for file in files:
        _require_size(folder / file.path, file.bytes)
    rows = scan_files(folder, files).select(wanted.names())
    is_in_order = all(one.last < other.first for one, other in pairwise(files))
    return rows if is_in_order else rows.sort(sort_key(table), maintain_order=True)


def _require_size(path: Path, size: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise DatasetError(
            f"{path} is missing; copy the dataset whole, or build it again", reason="damaged_dataset"
        ) from error
    if found != size:
        message = f"{path} has {found:,} bytes instead of {size:,}; copy the dataset whole, or build it again"
        raise DatasetError(message, reason="damaged_dataset")


def read(
    folder: Path, table: str, columns: Sequence[str] | None = None, manifest: Manifest | None = None
) -> pl.DataFrame:
    """Read the committed rows of a table, sorted by key.

    Raises:
        DatasetError: There is no dataset, or it is damaged.
        UnknownTermError: The table or a column does not exist.
    """
    manifest = manifest or committed(folder)
    rows = scan(folder, table, manifest)
    try:
        frame = (rows.select(list(columns)) if columns is not None else rows).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DatasetError(f"{folder}: the table {table} cannot be read: {error}", reason="damaged_dataset") from error
    if frame.height != manifest.rows(table):
        message = f"{folder}: the table {table} has {frame.height:,} rows instead of {manifest.rows(table):,}"
        raise DatasetError(message, reason="damaged_dataset")
    return frame
