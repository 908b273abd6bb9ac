"""Letters on this machine, read by processes of it; and the public function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from imrdata.datasets.batches import Batch
from imrdata.datasets.builds.engine import STAMPED, BuildReport, run
from imrdata.datasets.builds.index import KnownDocument, ListedDocument
from imrdata.datasets.file_kinds import Skipped
from imrdata.datasets.ocr import NEVER, require_engine
from imrdata.datasets.searching import index_texts, update_texts
from imrdata.datasets.sources import Document, Source, document_at, documents, require_there
from imrdata.datasets.workers import read_batches
from imrdata.errors import SourceError


def build(
    source: Source,
    dest: str | os.PathLike[str],
    workers: int | None = None,
    *,
    reread: bool = False,
    forget_missing: bool = False,
    search: bool = False,
    ocr: str = "never",
    progress: bool | None = None,
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
        reread: Read every document of the dataset again that another version of this package, or of its vocabularies,
            has read. Without it a build says how many there are.
        forget_missing: Take the rows of documents out that are no longer in the source. Older versions keep them.
        search: Keep an index of the texts beside the dataset, for `Dataset.search`. Once it is there, each build and
            `correct` bring it up to date.
        ocr: Which pages are read by text recognition, as for `load`. Letters that the dataset knows stay as they are;
            what is in quarantine is tried again.
        progress: Whether to show a progress bar on standard error; None: in a terminal or a notebook.

    Returns:
        A `BuildReport`. Letters in = letters out + quarantined + exact duplicates.

    Raises:
        SourceError: A place that the source names is not there, or is a folder without letters; nothing was written.
        DatasetError: Another build is at work in `dest`, or what is there is no dataset or of another version; or
            `dest` lies in a folder of the source.
        MissingExtraError: Text recognition is asked for and not installed.
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
    require_engine(ocr)
    skipped = Skipped(but_scans=ocr != NEVER)
    require_there(source, Path(dest), replace(skipped))
    letters = LocalLetters(source, skipped, partial(_read, workers, ocr))
    report = run(letters, dest, ocr=ocr, reread=reread, forget_missing=forget_missing, progress=progress)
    index_texts(report.dest) if search else update_texts(report.dest)
    return report


class LocalLetters:
    """Letters on this machine, or on a file system that all who read them see under the same path.

    Args:
        source: As for `build`.
        skipped: Counts what is no letter by its name.
        read: Reads documents: see `Letters`.
    """

    def __init__(
        self,
        source: Source,
        skipped: Skipped,
        read: Callable[[Iterator[ListedDocument]], Iterator[tuple[pl.DataFrame, Batch]]],
    ) -> None:
        self.skipped = skipped
        self.read = read
        self._source = source

    def list_documents(self) -> Iterator[ListedDocument]:
        """The documents that are there.

        Raises:
            TypeError: The source holds bytes or text.
        """
        for document in documents(self._source, self.skipped):
            if document.content is not None or document.name == "<bytes>":
                raise TypeError("build takes paths: bytes and text have no place where a later build could find them")
            yield ListedDocument.of(document)

    def list_again(self, known: KnownDocument) -> ListedDocument:
        """A document that was listed once, as it is now."""
        document = document_at(known.source, known.identity)
        if document.problem is None and document.path is not None and not document.path.exists():
            problem = SourceError("there is no such file", step="source", reason="missing_path")
            document = replace(document, problem=problem)
        return ListedDocument.of(document, known.identity)


def _read(workers: int | None, ocr: str, wanted: Iterator[ListedDocument]) -> Iterator[tuple[pl.DataFrame, Batch]]:
    """Documents read by processes of this machine."""
    stamps: list[tuple[str, str]] = []

    def stamped() -> Iterator[Document]:
        for one in wanted:
            stamps.append((one.identity, one.stamp))
            yield replace(one.document(), ocr=ocr)

    for batch in read_batches(stamped(), workers):  # in the order of the documents
        count = batch.documents.height
        yield pl.DataFrame(stamps[:count], schema=STAMPED, orient="row"), batch
        del stamps[:count]
