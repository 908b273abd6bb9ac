"""Run a build: find the documents to read, read them in steps, and commit. The result does not depend on the reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import polars as pl

from imrdata.datasets.batches import CONFLICT, DUPLICATE, LETTER, QUARANTINED, Batch, concat
from imrdata.datasets.builds.commit import changes_of, commit, make_step, step_file, sweep, work_folder
from imrdata.datasets.builds.index import Index, KnownDocument
from imrdata.datasets.file_kinds import Skipped
from imrdata.datasets.forked import require_threads
from imrdata.datasets.progress import progress_bar
from imrdata.datasets.sources import Document
from imrdata.datasets.store import MANIFEST, Manifest, scan_paths, writing
from imrdata.errors import DatasetError
from imrdata.resources import reader_version

DOCUMENTS_A_STEP = 2048


class Letters(Protocol):
    """Lists and reads letters, with processes of this machine or on a cluster."""

    skipped: Skipped

    def list_documents(self) -> Iterator[Document]:
        """List all documents, each with its identity and its stamp."""

    def list_again(self, known: KnownDocument) -> Document:
        """List a known document as it is now."""

    def read(self, wanted: Iterator[Document]) -> Iterator[Batch]:
        """Read documents."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The result of a build.

    Attributes:
        dest: The folder of the dataset.
        read_count: Documents read by this build, not by an earlier interrupted one.
        document_count: Documents in the dataset: ``letter_count + quarantined_count + duplicate_count``.
        letter_count: Letters in the tables.
        quarantined_count: Documents without rows; the table ``quarantine`` gives the reasons.
        duplicate_count: Documents with exactly the same content as another document.
        forgotten_count: Documents removed because they are no longer in the source.
        other_version_count: Letters read by another version of the package or its vocabularies;
            ``reread=True`` reads them again.
        skipped_count: Files skipped because of their names: hidden files, tables, programs, images. A file
            named by a case number is quarantined instead.
        is_unchanged: Whether the build changed nothing.
    """

    dest: Path
    read_count: int
    document_count: int
    letter_count: int
    quarantined_count: int
    duplicate_count: int
    forgotten_count: int
    other_version_count: int
    skipped_count: int
    is_unchanged: bool

    def __str__(self) -> str:
        done = "no document is new or changed" if self.is_unchanged else f"{self.read_count:,} documents read"
        forgotten = f", {self.forgotten_count:,} forgotten" if self.forgotten_count else ""
        others = f"; {self.other_version_count:,} letters were read by another version: reread=True reads them again"
        return (
            f"{done}{forgotten}; {self.dest} holds {self.letter_count:,} letters, {self.quarantined_count:,} "
            f"quarantined and {self.duplicate_count:,} exact duplicates of {self.document_count:,} documents; "
            f"{self.skipped_count:,} files were skipped because of their names"
        ) + (others if self.other_version_count else "")


def run(
    letters: Letters,
    dest: str | os.PathLike[str],
    *,
    reread: bool = False,
    forget_missing: bool = False,
    ocr: str = "never",
    keep_unrecognised: bool = False,
    progress: bool | None = None,
) -> BuildReport:
    """Build or update the dataset of some letters; see `build`. Other options of reading retry refused documents."""
    require_threads()
    folder = Path(os.path.abspath(os.path.expanduser(dest)))
    _require_place(folder)
    with writing(folder, is_first=True) as manifest, closing(Index(folder, manifest)) as index:
        steps = sweep(folder, manifest.last_step)
        for step in steps:
            index.add(scan_paths([step_file(folder, step, "documents")]).collect())
        options = [f"ocr={ocr}"] * (ocr != "never") + ["keep_unrecognised"] * keep_unrecognised
        attempt = " ".join([reader_version(), *options])
        return _Build(letters, folder, manifest, index, steps, attempt, reread, progress).run(forget_missing)


def _require_place(folder: Path) -> None:
    """Refuse a folder with other files."""
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder", reason="not_a_dataset")
    is_ours = (folder / MANIFEST).exists() or work_folder(folder).exists()
    if folder.exists() and not is_ours and any(folder.iterdir()):
        raise DatasetError(f"{folder} contains other files; choose a new or empty folder", reason="not_a_dataset")


@dataclass
class _Build:
    """One running build."""

    letters: Letters
    folder: Path
    manifest: Manifest
    index: Index
    steps: list[int]  # finished and not committed
    attempt: str  # the version of the reader, and how it reads images
    is_reread: bool
    progress: bool | None

    def run(self, is_forgetting: bool) -> BuildReport:
        """Read what is new, decide which documents become rows, and commit."""
        forgotten_count = self._list(is_forgetting)
        read_count = self._read()
        while revived := self.index.settle():
            for known in revived:
                self.index.want(self.letters.list_again(known))
            read_count += self._read()
        is_unchanged = not self.steps and not read_count and not forgotten_count
        if not is_unchanged or self.manifest.version == 0:
            self._commit()
        if not is_unchanged or not self.index.places.is_moved:
            self.index.places.note()
        count = self.index.count
        return BuildReport(
            dest=self.folder,
            read_count=read_count,
            document_count=count(),
            letter_count=count("status = ?", LETTER),
            quarantined_count=count("status IN (?, ?)", QUARANTINED, CONFLICT),
            duplicate_count=count("status = ?", DUPLICATE),
            forgotten_count=forgotten_count,
            other_version_count=count("status = ? AND imrdata_version <> ?", LETTER, reader_version()),
            skipped_count=self.letters.skipped.count,
            is_unchanged=is_unchanged,
        )

    def _list(self, is_forgetting: bool) -> int:
        """Mark the documents to be read, and forget those that are gone; return the number of the forgotten."""
        for listed in self.letters.list_documents():
            known = self.index.note_listed(listed)
            if known is None or known.stamp != listed.stamp or not self._is_current(known):
                self.index.want(listed)
        if is_forgetting:
            return self.index.forget_unlisted()
        for known in self.index.unlisted() if self.is_reread else ():  # of other sources; read if they still exist
            if not self._is_current(known) and (again := self.letters.list_again(known)).problem is None:
                self.index.want(again)
        return 0

    def _is_current(self, known: KnownDocument) -> bool:
        """Return whether an unchanged document can be skipped."""
        is_tried_again = self.is_reread or known.status in (QUARANTINED, CONFLICT)
        reader = self.attempt if known.status == QUARANTINED else reader_version()
        return not is_tried_again or known.imrdata_version == reader

    def _read(self) -> int:
        """Read the marked documents step by step; return their number."""
        total = self.index.wanted_count()
        if not total:
            return 0
        with progress_bar(self.progress, total=total) as bar:
            waiting: list[Batch] = []
            quarantined = 0
            for batch in self.letters.read(self.index.wanted()):
                waiting.append(batch)
                quarantined += batch.tables["quarantine"].height
                bar.update(batch.documents.height)
                bar.set_postfix(quarantined=quarantined, refresh=False)
                if sum(one.documents.height for one in waiting) >= DOCUMENTS_A_STEP:
                    self._step(waiting)
                    waiting = []
            if waiting:
                self._step(waiting)
        return total

    def _step(self, batches: list[Batch]) -> None:
        number = max([*self.steps, self.manifest.last_step]) + 1
        batch = concat(batches)
        reader = (
            pl.when(pl.col("record_sha256").is_null()).then(pl.lit(self.attempt)).otherwise(pl.lit(reader_version()))
        )
        batch = replace(batch, documents=batch.documents.with_columns(imrdata_version=reader))
        self.index.add(make_step(self.folder, number, batch, self.index.places))
        self.steps.append(number)

    def _commit(self) -> None:
        counted = replace(
            self.manifest,
            document_count=self.index.count(),
            duplicate_count=self.index.count("status = ?", DUPLICATE),
            last_step=max([*self.steps, self.manifest.last_step]),
        )
        self.manifest = commit(self.folder, counted, changes_of(self.folder, self.index, self.steps))
        sweep(self.folder, self.manifest.last_step)
