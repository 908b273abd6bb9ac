"""The public function of a build: what is to be read, by how many processes, with what progress."""

from __future__ import annotations

import os
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import imrdata
from imrdata.batches import CONFLICT, DUPLICATE, LETTER, QUARANTINED, Batch, concat
from imrdata.builds.commit import commit, sweep_files
from imrdata.builds.index import Index, Known, Wanted
from imrdata.builds.steps import make_step, step_documents, sweep, work_folder
from imrdata.errors import DatasetError, SourceError
from imrdata.sources import Document, Source, document_at, documents
from imrdata.store import Manifest, read_manifest
from imrdata.workers import read_batches

if TYPE_CHECKING:
    from tqdm import tqdm

DOCUMENTS_A_STEP = 2048
_LISTED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, and what the dataset holds now.

    Attributes:
        dest: The folder of the dataset.
        read_count: Documents that this build read; those that a stopped build had read are not read again.
        document_count: Documents of the dataset: ``letter_count + quarantined_count + duplicate_count``.
        letter_count: Letters in the tables.
        quarantined_count: Documents that could not become rows; the table ``quarantine`` says why.
        duplicate_count: Documents that say exactly what another one says.
        is_unchanged: Nothing was to be done.
    """

    dest: Path
    read_count: int
    document_count: int
    letter_count: int
    quarantined_count: int
    duplicate_count: int
    is_unchanged: bool

    def __str__(self) -> str:
        done = "nothing to do" if self.is_unchanged else f"{self.read_count:,} documents read"
        return (
            f"{done}; {self.dest} holds {self.letter_count:,} letters, {self.quarantined_count:,} quarantined and "
            f"{self.duplicate_count:,} exact duplicates of {self.document_count:,} documents"
        )


def build(
    source: Source, dest: str | os.PathLike[str], workers: int | None = None, *, progress: bool | None = None
) -> BuildReport:
    """Build or update a dataset of letters on disk.

    Documents that the dataset knows are not read again: not those that did not change, and not those that a stopped
    build had read. A document that changed replaces its rows; one that could not be read is tried again by another
    version of this package. A document that is no longer in the source keeps its rows. Stopped at any moment, the
    same call goes on and ends with the same content.

    Args:
        source: A file, a folder, a glob, a .zip, or a list of these.
        dest: The folder of the dataset; made where there is none.
        workers: How many processes read; None for one a core. It does not change the result.
        progress: Whether to show a progress bar on standard error; None: in a terminal or a notebook.

    Returns:
        A `BuildReport`. Letters in = letters out + quarantined + exact duplicates.

    Raises:
        DatasetError: Another build is at work in `dest`, or what is there is no dataset or of another version.
        TypeError: The source holds bytes or text, which have no place by which a later build could know them.
        OSError: `dest` cannot be written; nothing that was committed is lost.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     imrdata.build(imrdata.example_letter(), dest).letter_count
        1
    """
    folder = Path(os.path.abspath(dest))
    _require_place(folder)
    with _sole_builder(folder):
        manifest = read_manifest(folder) or Manifest()
        index = Index()
        try:
            return _Build(folder, manifest, index).run(source, workers, progress=progress)
        finally:
            index.close()


class _Build:
    """One build at work."""

    def __init__(self, folder: Path, manifest: Manifest, index: Index) -> None:
        self._folder = folder
        self._manifest = manifest
        self._index = index
        sweep_files(folder, manifest)
        self._steps = sweep(folder, manifest.last_step)
        for file in manifest.files.get("documents", ()):
            index.load(pl.scan_parquet(folder / file.path))
        for step in step_documents(folder, self._steps):
            index.add(step)

    def run(self, source: Source, workers: int | None, *, progress: bool | None) -> BuildReport:
        self._list(source)
        read_count = self._read(workers, progress)
        while revived := self._index.settle():
            self._index.want(_again(known) for known in revived)
            read_count += self._read(workers, progress)
        is_unchanged = not self._steps and not read_count
        if not is_unchanged or self._manifest.generation == 0:
            self._manifest = commit(self._folder, self._manifest, self._index, self._steps)
            sweep(self._folder, self._manifest.last_step)
        count = self._index.count
        return BuildReport(
            dest=self._folder,
            read_count=read_count,
            document_count=count(),
            letter_count=count(LETTER),
            quarantined_count=count(QUARANTINED) + count(CONFLICT),
            duplicate_count=count(DUPLICATE),
            is_unchanged=is_unchanged,
        )

    def _list(self, source: Source) -> None:
        listed = documents(source)
        while chunk := list(islice(listed, _LISTED_AT_ONCE)):
            self._index.want(row for document in chunk if (row := self._wanted(document)))

    def _wanted(self, document: Document) -> Wanted | None:
        if document.content is not None or document.name == "<bytes>":
            raise TypeError("build takes paths: bytes and text have no place by which a later build could know them")
        row = _row(document.identity, document)
        known = self._index.find(row[0])
        if known is not None and known.stamp == row[4] and not _is_tried_again(known):
            return None
        return row

    def _read(self, workers: int | None, progress: bool | None) -> int:
        """Read what is wanted, a step at a time; how many documents that were."""
        total = self._index.wanted_count()
        if not total:
            return 0
        with _bar(total, progress) as bar:
            waiting: list[tuple[str, str]] = []

            def wanted() -> Iterator[Document]:
                while rows := self._index.wanted(_LISTED_AT_ONCE):
                    for identity, source, path, member, stamp, reason, message in rows:
                        waiting.append((identity, stamp))
                        yield _document(source, path, member, reason, message)

            batches = []
            size = quarantined = 0
            for batch in read_batches(wanted(), workers):
                batches.append(batch)
                size += batch.documents.height
                quarantined += batch.tables["quarantine"].height
                bar.update(batch.documents.height)
                bar.set_postfix(quarantined=quarantined, refresh=False)
                if size >= DOCUMENTS_A_STEP:
                    self._step(concat(batches), waiting)
                    batches, size = [], 0
            if batches:
                self._step(concat(batches), waiting)
        return total

    def _step(self, batch: Batch, waiting: list[tuple[str, str]]) -> None:
        count = batch.documents.height
        known = pl.DataFrame(waiting[:count], schema={"identity": pl.String(), "stamp": pl.String()}, orient="row")
        del waiting[:count]
        number = max([*self._steps, self._manifest.last_step]) + 1
        make_step(
            self._folder, number, batch, known.with_columns(imrdata_version=pl.lit(imrdata.__version__)), self._index
        )
        self._steps.append(number)


def _is_tried_again(known: Known) -> bool:
    return known.status in (QUARANTINED, CONFLICT) and known.imrdata_version != imrdata.__version__


def _again(known: Known) -> Wanted:
    return _row(known.identity, document_at(known.source, known.identity))


def _row(identity: str, document: Document) -> Wanted:
    problem = (document.problem.reason, document.problem.message) if document.problem else (None, None)
    path = str(document.path) if document.path is not None else None
    return identity, document.name, path, document.member, document.stamp(), *problem


def _document(source: str, path: str | None, member: int | None, reason: str | None, message: str | None) -> Document:
    problem = SourceError(message or "", step="source", reason=reason) if reason is not None else None
    return Document(source, Path(path) if path is not None else None, member, problem=problem)


def _require_place(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is no folder", reason="not_a_dataset")
    is_ours = (folder / "manifest.json").exists() or (folder / ".build").exists()
    if folder.exists() and not is_ours and any(folder.iterdir()):
        raise DatasetError(f"{folder} holds something else; name a new or an empty folder", reason="not_a_dataset")
    work_folder(folder).mkdir(parents=True, exist_ok=True)


@contextmanager
def _sole_builder(folder: Path) -> Iterator[None]:
    """Keep other builds away from a folder; the system lets go of it when this process ends, in whatever way."""
    lock = sqlite3.connect(work_folder(folder) / "lock", timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            message = f"another build is at work in {folder}; wait until it ends"
            raise DatasetError(message, reason="dataset_in_use") from error
        yield
    finally:
        lock.close()


def _bar(total: int, progress: bool | None) -> tqdm[Any]:
    from tqdm import TqdmWarning  # noqa: PLC0415 - not needed for reading

    with warnings.catch_warnings():  # a notebook without ipywidgets has a bar of text, which needs no word about it
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm  # noqa: PLC0415

    is_shown = progress if progress is not None else sys.stderr.isatty() or _is_notebook()
    return tqdm(total=total, unit=" letters", disable=not is_shown, smoothing=0.05)


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config
