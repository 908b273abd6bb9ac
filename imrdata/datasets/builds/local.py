"""Build a dataset from letters on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from imrdata.datasets.batches import Batch
from imrdata.datasets.builds.engine import BuildReport, run
from imrdata.datasets.builds.index import KnownDocument
from imrdata.datasets.file_kinds import Skipped
from imrdata.datasets.ocr import NEVER, require_engine
from imrdata.datasets.searching import index_texts, update_texts
from imrdata.datasets.sources import Document, Source, document_at, documents, require_there
from imrdata.datasets.workers import read_batches
from imrdata.errors import SourceError

MOST_WORKERS = 1024


def build(
    source: Source,
    dest: str | os.PathLike[str],
    workers: int | None = None,
    *,
    reread: bool = False,
    forget_missing: bool = False,
    search: bool = False,
    ocr: str = "never",
    keep_unrecognised: bool = False,
    progress: bool | None = None,
) -> BuildReport:
    """Build or update a dataset of letters on disk.

    Unchanged documents are not read again, nor are those that an interrupted build already read. A changed document
    replaces its rows. Another version of this package retries documents that could not be read. A document that is
    no longer in the source keeps its rows. To resume an interrupted build, repeat the same call.

    Args:
        source: A file, a folder, a glob, a .zip, or a list of these.
        dest: The folder of the dataset; created if missing.
        workers: The number of processes; None for one per core. It does not change the result.
        reread: Read again every document that was read with another version of this package or its vocabularies.
            Otherwise, the report counts them.
        forget_missing: Remove the rows of documents that are no longer in the source. Older versions keep them.
        search: Build a text index for `Dataset.search`. Later builds and `correct` keep it up to date.
        ocr: Which pages to read by text recognition, as for `load`. Existing letters do not change; documents in
            quarantine are retried.
        keep_unrecognised: Whether to read letters of unknown layout instead of refusing them, as for `load`. Documents
            in quarantine are retried; a later build without it keeps the rows of these letters.
        progress: Whether to show a progress bar on standard error; None: only in a terminal or a notebook.

    Returns:
        A `BuildReport`. Letters in = letters out + quarantined + exact duplicates.

    Raises:
        SourceError: A path does not exist, or is a folder without letters; nothing is written.
        DatasetError: Another build is running in `dest`; `dest` is not a dataset, or one of another version; or
            `dest` is inside a source folder.
        MissingExtraError: Text recognition is requested but not installed.
        TypeError: The source contains bytes or text, which a later build could not identify.
        ValueError: `workers` is not from 1 to 1,024.
        OSError: `dest` cannot be written; committed data is kept.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     imrdata.build(imrdata.example_letter(), dest).letter_count
        1
    """
    if workers is not None and not (isinstance(workers, int) and 1 <= workers <= MOST_WORKERS):
        raise ValueError(f"workers is a number of processes from 1 to {MOST_WORKERS}, or None, not {workers!r}")
    require_engine(ocr, keep_unrecognised=keep_unrecognised)
    skipped = Skipped(but_scans=ocr != NEVER)
    require_there(source, Path(dest), replace(skipped))
    how: dict[str, Any] = {"ocr": ocr, "keep_unrecognised": keep_unrecognised}
    report = run(
        LocalLetters(source, skipped, workers, **how),
        dest,
        **how,
        reread=reread,
        forget_missing=forget_missing,
        progress=progress,
    )
    index_texts(report.dest) if search else update_texts(report.dest)
    return report


class LocalLetters:
    """Letters on this machine, read by processes of it, with options of reading."""

    def __init__(self, source: Source, skipped: Skipped, workers: int | None, **how: Any) -> None:
        self.skipped = skipped
        self._source, self._workers, self._how = source, workers, how

    def list_documents(self) -> Iterator[Document]:
        """List the documents; a TypeError if the source contains bytes or text."""
        for document in documents(self._source, self.skipped):
            if document.content is not None or document.name == "<bytes>":
                raise TypeError("build takes paths: a later build could not find bytes or text again")
            yield document.listed()

    def list_again(self, known: KnownDocument) -> Document:
        """List a known document as it is now."""
        document = document_at(known.source, known.identity)
        if document.problem is None and document.path is not None and not document.path.exists():
            problem = SourceError("there is no such file", step="source", reason="missing_path")
            document = replace(document, problem=problem)
        return document.listed(known.identity)

    def read(self, wanted: Iterator[Document]) -> Iterator[Batch]:
        """Read documents, in order."""
        return read_batches((replace(one, **self._how) for one in wanted), self._workers)
