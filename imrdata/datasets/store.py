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

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import polars as pl

from imrdata.datasets.forked import require_threads
from imrdata.datasets.system import sole_writer, write_whole
from imrdata.errors import DatasetError
from imrdata.tables.columns import SCHEMA_VERSION, TABLES, schema, sort_key
from imrdata.tables.exports import data_package

MANIFEST, PACKAGE, KEPT = "manifest.json", "datapackage.json", "manifests"
FORMAT = "imrdata dataset"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a table."""

    path: str  # relative to the dataset
    rows: int
    bytes: int
    sha256: str
    first: str  # the first and last value of the first column of the table's key, or of `source`
    last: str

    def __post_init__(self) -> None:
        if Path(self.path).is_absolute() or ".." in Path(self.path).parts:  # the manifest may be hostile
            raise ValueError(f"the path {self.path!r} leads out of the dataset")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a version of a dataset; by default, of one before its first commit."""

    version: int = 0
    committed_at: str = ""  # ISO 8601, UTC
    last_step: int = 0  # the last build step whose rows are included
    document_count: int = 0
    duplicate_count: int = 0
    files: Mapping[str, Sequence[File]] = field(default_factory=dict)  # of tables, documents and corrections
    schema_version: int = SCHEMA_VERSION
    imrdata_version: str = ""  # the package that wrote it

    def of(self, table: str) -> Sequence[File]:
        """Return the files of a table."""
        return self.files.get(table, ())

    def in_order(self, table: str) -> list[File]:
        """Return the files of a table in the order of its key."""
        return sorted(self.of(table), key=lambda file: file.first)

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        return sum(file.rows for file in self.of(table))

    def paths(self) -> set[str]:
        """Return the paths of all files."""
        return {file.path for files in self.files.values() for file in files}


def damaged(message: str) -> DatasetError:
    """Return the error of a damaged dataset."""
    return DatasetError(message, reason="damaged_dataset")


# --- THE VERSIONS OF A DATASET --- #


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
    """Return the folder of a built dataset, or raise an error."""
    folder = Path(dataset).expanduser()
    if not is_dataset(folder):
        told = "is not a built dataset; imrdata.build makes one from letters"
        message = f"{folder} {told}" if os.path.exists(folder) else f"{folder}: there is no such folder"
        raise DatasetError(message, reason="not_a_dataset")
    return folder


def kept_path(folder: Path, version: int) -> Path:
    """Return the path of the manifest of a kept version."""
    return folder / KEPT / f"{version:08d}.json"


def committed(folder: Path, version: int | None = None) -> Manifest:
    """Read the manifest of a version, or of the latest; an error if it is damaged, foreign, or not there."""
    require_threads()
    if not isinstance(version, int | None):
        raise TypeError(f"a version is a whole number, not {version!r}")
    path = folder / MANIFEST if version is None else kept_path(folder, version)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise DatasetError(f"{path} is not the manifest of an imrdata dataset", reason="not_a_dataset")
        _require_schema(folder, int(found["schema_version"]), str(found["imrdata_version"]))
        files = {table: [File(**one) for one in files] for table, files in found.pop("files").items()}
        manifest = Manifest(**found, files=files)
        if version not in (None, manifest.version):
            raise ValueError(f"it is the manifest of version {manifest.version}")
        return manifest
    except FileNotFoundError as error:
        if version is not None:
            raise DatasetError(f"{folder} keeps no version {version}", reason="no_such_version") from error
        message = f"the first build of {folder} has not finished; run the same build command again to resume it"
        raise DatasetError(message, reason="unfinished_dataset") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(f"{path} is damaged: {error}") from error


def _require_schema(folder: Path, version: int, package: str) -> None:
    if version != SCHEMA_VERSION:
        way_out = "install a newer imrdata" if version > SCHEMA_VERSION else "build it again into another folder"
        message = (
            f"{folder} was written by imrdata {package} with schema version {version}; this version reads version "
            f"{SCHEMA_VERSION}: {way_out}, or read it with imrdata {package}"
        )
        raise DatasetError(message, reason="other_schema_version")


def kept_versions(folder: Path) -> dict[int, Manifest]:
    """Return the manifests of the kept versions by number, ascending, without interrupted commits."""
    latest = committed(folder)
    numbers = sorted(int(path.stem) for path in (folder / KEPT).iterdir() if path.stem.isdecimal())
    earlier = {number: committed(folder, number) for number in numbers if number < latest.version}
    return {**earlier, latest.version: latest}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Commit a manifest: write it under its number, and atomically replace the current one."""
    content = json.dumps({"format": FORMAT} | asdict(manifest), indent=1)
    (folder / KEPT).mkdir(exist_ok=True)
    write_whole(kept_path(folder, manifest.version), content)
    write_whole(folder / MANIFEST, content)


def write_package(folder: Path, manifest: Manifest) -> None:
    """Write the Data Package of the committed version, unless it exists; call this after writing the manifest."""
    package = data_package({table: [file.path for file in manifest.of(table)] for table in TABLES})
    content, path = json.dumps(package, indent=1), folder / PACKAGE
    if not path.is_file() or path.read_bytes() != content.encode():
        write_whole(path, content)


@contextmanager
def writing(folder: Path, *, is_first: bool = False) -> Iterator[Manifest]:
    """Lock a dataset for writing, finish or remove what an interrupted writer left, and yield the latest manifest."""
    with sole_writer(folder), damage_told(folder):
        is_new = is_first and not (folder / MANIFEST).exists()
        manifest = Manifest() if is_new else committed(folder)
        for path in unnamed_files(folder, () if is_new else kept_versions(folder).values()):
            path.unlink()
        if not is_new:
            write_package(folder, manifest)
        yield manifest


def unnamed_files(folder: Path, versions: Iterable[Manifest]) -> list[Path]:
    """Return the files of tables that no version uses."""
    named = set[str]().union(*map(Manifest.paths, versions))
    found = [path for table in (*TABLES, "documents", "corrections") for path in (folder / table).rglob("*.parquet")]
    return [path for path in found if path.relative_to(folder).as_posix() not in named]


# --- THE ROWS OF A VERSION --- #


def scan_paths(paths: list[Path]) -> pl.LazyFrame:
    """Scan the rows of Parquet files in order. No path is a glob pattern, and no name of a folder is a value."""
    return pl.scan_parquet(paths, glob=False, hive_partitioning=False)


@contextmanager
def damage_told(folder: Path | str) -> Iterator[None]:
    """Raise the error of a damaged dataset if Parquet files of it cannot be read."""
    try:
        yield
    except (pl.exceptions.ComputeError, pl.exceptions.PanicException) as error:
        raise damaged(f"{folder} cannot be read: {error}") from error


def scan_files(folder: Path, files: Sequence[File]) -> pl.LazyFrame:
    """Scan the rows of some files of a dataset in order."""
    return scan_paths([folder / file.path for file in files])


def _require_size(folder: Path, file: File) -> None:
    path = folder / file.path
    found = path.stat().st_size if path.is_file() else None
    if found != file.bytes:
        what = "is missing" if found is None else f"has {found:,} bytes instead of {file.bytes:,}"
        raise damaged(f"{path} {what}; copy the dataset whole, or build it again")


def require_unchanged(folder: Path, files: Iterable[File]) -> None:
    """Raise an error unless files have the size and the SHA-256 that were committed."""

    def require(file: File) -> None:
        path = folder / file.path
        try:
            _require_size(folder, file)
            with path.open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise damaged(f"{path} cannot be read: {error.strerror}") from error
        if found != file.sha256:
            raise damaged(f"{path} was changed after it was committed; copy the dataset whole, or build it again")

    with ThreadPoolExecutor() as threads:
        list(threads.map(require, files))


def scan(folder: Path, table: str, manifest: Manifest | None = None) -> pl.LazyFrame:
    """Scan the committed rows of a table lazily, sorted by key; an error if a file is missing or has another size."""
    files = (manifest or committed(folder)).in_order(table)
    if not files:
        return pl.LazyFrame(schema=schema(table))
    for file in files:
        _require_size(folder, file)
    rows = scan_files(folder, files).select(schema(table).names())
    is_in_order = all(one.last < other.first for one, other in pairwise(files))
    return rows if is_in_order else rows.sort(sort_key(table), maintain_order=True)


def read(
    folder: Path, table: str, columns: Sequence[str] | None = None, manifest: Manifest | None = None
) -> pl.DataFrame:
    """Read the committed rows of a table, sorted by key; an error if its files were changed."""
    manifest = manifest or committed(folder)
    require_unchanged(folder, manifest.of(table))
    rows = scan(folder, table, manifest)
    try:
        frame = rows.select(pl.all() if columns is None else list(columns)).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise damaged(f"{folder}: the table {table} cannot be read: {error}") from error
    if frame.height != manifest.rows(table):
        raise damaged(f"{folder}: the table {table} has {frame.height:,} rows instead of {manifest.rows(table):,}")
    return frame
