"""Run a build: find the documents to read, read them in steps, and commit. The result does not depend on the reader."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import polars as pl

from imrdata.datasets.batches import CONFLICT, DUPLICATE, LETTER, QUARANTINED, Batch, concat
from imrdata.datasets.builds.commit import commit, sweep_files
from imrdata.datasets.builds.index import Index, KnownDocument, ListedDocument
from imrdata.datasets.builds.steps import make_step, step_documents, sweep, work_folder
from imrdata.datasets.file_kinds import Skipped
from imrdata.datasets.places import Places
from imrdata.datasets.progress import progress_bar
from imrdata.datasets.store import Manifest, read_manifest, scan_files, sole_writer, write_package
from imrdata.errors import DatasetError
from imrdata.resources import reader_version

DOCUMENTS_A_STEP = 2048
_LISTED_AT_ONCE = 4096
STAMPED = pl.Schema({"identity": pl.String(), "stamp": pl.String()})


class Letters(Protocol):
    """Lists and reads letters, with processes of this machine or on a cluster."""

    skipped: Skipped

    def list_documents(self) -> Iterator[ListedDocument]:
        """List all documents."""

    def list_again(self, known: KnownDocument) -> ListedDocument:
        """List a known document as it is now."""

    def read(self, wanted: Iterator[ListedDocument]) -> Iterator[tuple[pl.DataFrame, Batch]]:
        """Yield batches of results, each with a row of `STAMPED` for each document, in order."""


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
        done = "nothing to do" if self.is_unchanged else f"{self.read_count:,} documents read"
        if self.forgotten_count:
            done += f", {self.forgotten_count:,} forgotten"
        others = ""
        if self.other_version_count:
            others = (
                f"; {self.other_version_count:,} letters were read by another version: reread=True reads them again"
            )
        return (
            f"{done}; {self.dest} holds {self.letter_count:,} letters, {self.quarantined_count:,} quarantined and "
            f"{self.duplicate_count:,} exact duplicates of {self.document_count:,} documents; "
            f"{self.skipped_count:,} files were skipped because of their names{others}"
        )


def run(
    letters: Letters,
    dest: str | os.PathLike[str],
    *,
    reread: bool = False,
    forget_missing: bool = False,
    ocr: str = "never",
    progress: bool | None = None,
) -> BuildReport:
    """Build or update the dataset of some letters.

    Args:
        letters: Lists and reads the letters.
        dest: The folder of the dataset; created if missing.
        reread: Read again every document that another version of the reader read.
        forget_missing: Remove known documents that `letters` does not list.
        ocr: How `letters` reads images; refused documents are retried if this changes.
        progress: Whether to show a progress bar on standard error; None: only in a terminal or a notebook.

    Raises:
        DatasetError: Another build is running in `dest`, or `dest` is not a dataset or one of another version.
        OSError: `dest` cannot be written; committed data is kept.
    """
    folder = Path(os.path.abspath(os.path.expanduser(dest)))
    _require_place(folder)
    with sole_writer(folder):
        manifest = read_manifest(folder) or Manifest()
        index = Index(Places(folder), manifest.last_step)
        try:
            return _Build(folder, manifest, index, ocr=ocr, reread=reread).run(
                letters, forget_missing=forget_missing, progress=progress
            )
        finally:
            index.close()


class _Build:
    """One running build."""

    def __init__(self, folder: Path, manifest: Manifest, index: Index, *, ocr: str, reread: bool) -> None:
        self._attempt = reader_version() if ocr == "never" else f"{reader_version()} ocr={ocr}"
        self._reread = reread
        self._folder = folder
        self._manifest = manifest
        self._index = index
        sweep_files(folder, manifest)
        write_package(folder, manifest)  # in case the last build was stopped before it
        self._steps = sweep(folder, manifest.last_step)
        for file in manifest.files.get("documents", ()):
            index.load(scan_files(folder, [file]))
        for step in step_documents(folder, self._steps):
            index.add(step)

    def run(self, letters: Letters, *, forget_missing: bool, progress: bool | None) -> BuildReport:
        self._want(letters.list_documents())
        unlisted = self._index.unlisted()
        if forget_missing:
            self._index.forget(unlisted)
        elif self._reread:  # letters of other sources, if they still exist
            again = (letters.list_again(known) for known in unlisted if not self._is_current(known))
            self._index.want(one for one in again if one.reason is None)
        forgotten_count = len(unlisted) if forget_missing else 0
        read_count = self._read(letters, progress)
        while revived := self._index.settle():
            self._index.want(letters.list_again(known) for known in revived)
            read_count += self._read(letters, progress)
        is_unchanged = not self._steps and not read_count and not forgotten_count
        if not is_unchanged or self._manifest.version == 0:
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
            forgotten_count=forgotten_count,
            other_version_count=self._index.other_version_count(reader_version()),
            skipped_count=letters.skipped.count,
            is_unchanged=is_unchanged,
        )

    def _want(self, listed: Iterable[ListedDocument]) -> None:
        """Mark new and changed documents, and those to retry."""
        at_hand = iter(listed)
        while some := list(islice(at_hand, _LISTED_AT_ONCE)):
            self._index.note_listed(one.identity for one in some)
            self._index.want(one for one in some if not self._is_done(one))

    def _is_done(self, listed: ListedDocument) -> bool:
        known = self._index.find(listed.identity)
        return known is not None and known.stamp == listed.stamp and self._is_current(known)

    def _is_current(self, known: KnownDocument) -> bool:
        """Return whether an unchanged document can be skipped."""
        is_tried_again = self._reread or known.status in (QUARANTINED, CONFLICT)
        reader = self._attempt if known.status == QUARANTINED else reader_version()
        return not is_tried_again or known.imrdata_version == reader

    def _read(self, letters: Letters, progress: bool | None) -> int:
        """Read the marked documents step by step; return their number."""
        total = self._index.wanted_count()
        if not total:
            return 0
        with progress_bar(progress, total=total) as bar:
            stamps: list[pl.DataFrame] = []
            batches: list[Batch] = []
            size = quarantined = 0
            for stamped, batch in letters.read(self._wanted()):
                stamps.append(stamped)
                batches.append(batch)
                size += batch.documents.height
                quarantined += batch.tables["quarantine"].height
                bar.update(batch.documents.height)
                bar.set_postfix(quarantined=quarantined, refresh=False)
                if size >= DOCUMENTS_A_STEP:
                    self._step(concat(batches), pl.concat(stamps))
                    stamps, batches, size = [], [], 0
            if batches:
                self._step(concat(batches), pl.concat(stamps))
        return total

    def _wanted(self) -> Iterator[ListedDocument]:
        while some := self._index.wanted(_LISTED_AT_ONCE):
            yield from some

    def _step(self, batch: Batch, stamped: pl.DataFrame) -> None:
        number = max([*self._steps, self._manifest.last_step]) + 1
        is_refused = batch.documents["record_sha256"].is_null()
        reader = pl.when(is_refused).then(pl.lit(self._attempt)).otherwise(pl.lit(reader_version()))
        known = stamped.with_columns(imrdata_version=reader)
        make_step(self._folder, number, batch, known, self._index)
        self._steps.append(number)


def _require_place(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder", reason="not_a_dataset")
    is_ours = (folder / "manifest.json").exists() or (folder / ".build").exists()
    if folder.exists() and not is_ours and any(folder.iterdir()):
        raise DatasetError(f"{folder} contains other files; choose a new or empty folder", reason="not_a_dataset")
    work_folder(folder).mkdir(parents=True, exist_ok=True)
