"""Build datasets on a Spark cluster, for more letters than one machine can read in reasonable time.

The cluster reads and the driver writes. Each Python worker of Spark turns documents into rows with the same function
as a local build, in a child process that a bad letter may crash, and returns them as Arrow. The driver writes the
dataset with the same engine as `imrdata.build`. The content is therefore the same, a stopped build resumes, and a
later build reads only new letters, locally or on the cluster.

Requires the extra ``imrdata[spark]``, Java 17 or later (Debian: openjdk-17-jre-headless), and the same version of this
package on every worker.
"""

from __future__ import annotations

import io
import os
import pickle
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from imrdata.datasets.archives import MAX_LETTER_BYTES, too_large
from imrdata.datasets.batches import Batch
from imrdata.datasets.builds.engine import BuildReport, Letters, run
from imrdata.datasets.builds.index import KnownDocument
from imrdata.datasets.builds.local import LocalLetters
from imrdata.datasets.file_kinds import Skipped, kind_of, unknown_kind
from imrdata.datasets.ocr import NEVER, require_engine
from imrdata.datasets.sources import ADDRESS, Document, Source, require_there
from imrdata.datasets.workers import LETTERS_A_BATCH, Worker, read_batches
from imrdata.errors import MissingExtraError, SourceError
from imrdata.tables.columns import TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

How = dict[str, Any]  # the options of reading

DOCUMENTS_A_JOB = 65_536
DOCUMENTS_A_TASK = 512
_PARTS = ("documents", *TABLES)
_PACKED = ", ".join(f"{part} binary" for part in _PARTS)
# Letters are small files. By default, Spark counts 4 MiB to open one and passes 10,000 at once to Python.
_SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(LETTERS_A_BATCH),
    "spark.sql.files.openCostInBytes": "65536",
}


def build(
    spark: SparkSession,
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    dest: str | os.PathLike[str],
    *,
    reread: bool = False,
    forget_missing: bool = False,
    ocr: str = "never",
    keep_unrecognised: bool = False,
    progress: bool | None = None,
) -> BuildReport:
    """Build or update a dataset of letters that a Spark cluster reads.

    The dataset has the same content as one from `imrdata.build`, and each can update what the other has built. A
    letter that crashes the reader, hangs, or needs too much memory is quarantined; no task fails.

    Args:
        spark: The session.
        source: As for `imrdata.build`, on a file system that all workers see under the same path; or one address of
            an object store (``s3a://bucket/letters``), which Spark itself reads. Archives in an object store are
            quarantined, and the session must be a classic one, not Spark Connect.
        dest: The folder of the dataset, on a file system that the driver sees; created if missing.
        reread: As for `imrdata.build`.
        forget_missing: As for `imrdata.build`.
        ocr: As for `imrdata.build`; text recognition must be installed on every worker.
        keep_unrecognised: As for `imrdata.build`.
        progress: Whether to show a progress bar on standard error; None for only in a terminal or a notebook.

    Returns:
        A `BuildReport`. Letters in = letters out + quarantined + exact duplicates.

    Raises:
        MissingExtraError: pyspark, pandas or pyarrow are not installed.
        SourceError: A path or address does not exist, or has no letters; nothing is written.
        DatasetError, TypeError, OSError: As for `imrdata.build`.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> from pyspark.sql import SparkSession  # doctest: +SKIP
        >>> import imrdata.spark  # doctest: +SKIP
        >>> imrdata.spark.build(SparkSession.builder.getOrCreate(), "s3a://bucket/letters", "data")  # doctest: +SKIP
    """
    if any(find_spec(name) is None for name in ("pandas", "pyarrow", "pyspark")):
        raise MissingExtraError("spark", "a build on Spark")
    require_engine(ocr, keep_unrecognised=keep_unrecognised)
    how: How = {"ocr": ocr, "keep_unrecognised": keep_unrecognised}
    letters: Letters
    skipped = Skipped(but_scans=ocr != NEVER)
    if isinstance(source, str) and ADDRESS.match(source) and not source.startswith("file:"):
        _StoredLetters(spark, source, replace(skipped), how).require_there()
        letters = _StoredLetters(spark, source, skipped, how)
    else:
        place = re.sub(r"^file:(//)?(?=/)", "", source) if isinstance(source, str) else source
        require_there(place, Path(dest), replace(skipped))
        letters = _SharedLetters(spark, place, skipped, how)
    with _settings(spark):
        return run(letters, dest, **how, reread=reread, forget_missing=forget_missing, progress=progress)


@contextmanager
def _settings(spark: SparkSession) -> Iterator[None]:
    with ExitStack() as after:
        for name, value in _SETTINGS.items():
            before = spark.conf.get(name, None)
            after.callback(*((spark.conf.unset, name) if before is None else (spark.conf.set, name, before)))
            spark.conf.set(name, value)
        yield


# --- ON THE DRIVER --- #


class _SharedLetters(LocalLetters):
    """Letters on a file system that all workers see."""

    def __init__(self, spark: SparkSession, source: Source, skipped: Skipped, how: How) -> None:
        super().__init__(source, skipped, None, **how)
        self._spark = spark

    def read(self, wanted: Iterator[Document]) -> Iterator[Batch]:
        read = partial(_read_shared, how=self._how)
        jobs = ([(pickle.dumps(one),) for one in some] for some in _jobs(wanted))
        frames = ((self._spark.createDataFrame(rows, "document binary"), len(rows)) for rows in jobs)
        return _results(
            frame.repartition(-(-count // DOCUMENTS_A_TASK)).mapInArrow(read, _PACKED) for frame, count in frames
        )


class _StoredLetters:
    """Letters in an object store, listed by Hadoop and read by Spark.

    Spark's readers skip files whose names begin with ``_`` or ``.``, empty files, and some others, and may fail on
    names with a colon. The driver reads all of these.
    """

    def __init__(self, spark: SparkSession, address: str, skipped: Skipped, how: How) -> None:
        self.skipped = skipped
        self._how = how
        self._spark = spark
        self._jvm: Any = spark.sparkContext._jvm
        self._configuration: Any = spark.sparkContext._jsc.hadoopConfiguration()
        self._address = address

    def require_there(self) -> None:
        """Raise an error if the address does not exist or has no letters."""
        if next(self.list_documents(), None) is None:
            raise SourceError("it has no letters", step="source", reason="no_letters", source=self._address)

    def list_documents(self) -> Iterator[Document]:
        try:
            yield from self._listed()
        except SourceError:
            raise
        except Exception as error:  # file systems of the JVM raise many kinds
            problem = f"cannot be listed: {error}"
            raise SourceError(problem, step="source", reason="unreadable", source=self._address) from error

    def _listed(self) -> Iterator[Document]:
        root, system = self._place(self._address)
        if not system.exists(root):
            raise SourceError("there is no such address", step="source", reason="missing_path", source=self._address)
        root = system.resolvePath(root)  # a mount of viewfs cannot list names with a colon
        files = root.getFileSystem(self._configuration).listFiles(root, True)
        while files.hasNext():
            file = files.next()
            path, size = file.getPath().toString(), file.getLen()
            stamp = f"{size} {file.getModificationTime() * 1000}"
            match kind_of(path.removeprefix(root.toString()) or path, are_scans_read=self.skipped.but_scans):
                case "letter":
                    problem = too_large(size) if size > MAX_LETTER_BYTES else None
                case "archive":
                    message = "an archive in an object store is not opened; unpack it first"
                    problem = SourceError(message, step="source", reason="archive_not_opened")
                case "none":
                    self.skipped.count += 1
                    continue
                case _:
                    problem = SourceError(unknown_kind(path), step="source", reason="unknown_kind")
            yield Document(path, problem=problem, identity=path, stamp=stamp)

    def list_again(self, known: KnownDocument) -> Document:
        path, system = self._place(known.identity)
        gone = SourceError("there is no such file", step="source", reason="missing_path")
        problem = None if system.exists(path) else gone
        return Document(known.source, problem=problem, identity=known.identity, stamp=known.stamp)

    def _place(self, address: str) -> tuple[Any, Any]:
        """Return a path of the JVM, and its file system."""
        path = self._jvm.org.apache.hadoop.fs.Path(address)
        return path, path.getFileSystem(self._configuration)

    def read(self, wanted: Iterator[Document]) -> Iterator[Batch]:
        unread: dict[str, Document] = {}

        def frames() -> Iterator[DataFrame]:
            for some in _jobs(wanted):
                unread.update((one.identity, one) for one in some)
                if paths := [one.identity for one in some if one.problem is None and ":" not in _name(one)]:
                    read = partial(_read_stored, how=self._how)
                    yield _stored(self._spark, *paths).mapInArrow(read, _PACKED)

        for batch in _results(frames()):
            for identity in batch.documents["identity"]:
                unread.pop(identity, None)
            yield batch
        yield from read_batches(map(self._document, unread.values()), 1)

    def _document(self, listed: Document) -> Document:
        """Read a document's bytes on the driver."""
        if listed.problem is not None:
            return listed
        try:
            path, system = self._place(listed.identity)
            system.setVerifyChecksum(":" not in _name(listed))  # a name with a colon cannot have a file of checksums
            stream = system.open(path)
            content = bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
            stream.close()
        except Exception as error:  # file systems of the JVM raise many kinds
            problem = SourceError(f"cannot be read: {error}", step="source", reason="unreadable")
            return replace(listed, problem=problem)
        return replace(listed, content=content, **self._how)


def _stored(spark: SparkSession, *places: str) -> DataFrame:
    """Read files as rows: path, a stamp that changes when the file does, and content. No path is a pattern."""
    options = {"recursiveFileLookup": "true", "__globPaths__": "false"}
    files = spark.read.format("binaryFile").options(**options).load(list(places))
    return files.selectExpr(
        "path", "concat(length, ' ', cast(unix_micros(modificationTime) as string)) AS stamp", "content"
    )


def _name(listed: Document) -> str:
    return listed.identity.rpartition("/")[2]


def _jobs(wanted: Iterator[Document]) -> Iterator[list[Document]]:
    while some := list(islice(wanted, DOCUMENTS_A_JOB)):
        yield some


def _results(frames: Iterator[DataFrame]) -> Iterator[Batch]:
    """Yield the results of each job; the cluster runs the next one while the driver writes the last."""
    with ThreadPoolExecutor(1, thread_name_prefix="imrdata-spark") as ahead:
        waiting: list[Future[DataFrame]] = []
        for frame in frames:
            waiting.append(ahead.submit(_kept, frame))
            if len(waiting) > 1:
                yield from _unpacked(waiting.pop(0).result())
        for one in waiting:
            yield from _unpacked(one.result())


def _kept(frame: DataFrame) -> DataFrame:
    """Compute all partitions of a frame at once and keep them on the workers' disks."""
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra

    kept = frame.persist(StorageLevel.DISK_ONLY)
    kept.count()
    return kept


def _unpacked(frame: DataFrame) -> Iterator[Batch]:
    for row in frame.toLocalIterator(prefetchPartitions=True):
        frames = {part: pl.read_ipc_stream(io.BytesIO(row[part])) for part in _PARTS}
        yield Batch(frames.pop("documents"), frames)
    frame.unpersist()


# --- ON THE WORKERS --- #


def _read_shared(batches: Iterator[pa.RecordBatch], how: How) -> Iterator[pa.RecordBatch]:
    """Read the documents at the given paths and yield their rows."""
    with closing(Worker()) as worker:
        for batch in batches:
            documents = [replace(pickle.loads(one), **how) for (one,) in pl.DataFrame(batch).iter_rows()]  # noqa: S301
            yield _packed(worker.read_batch(documents))


def _read_stored(batches: Iterator[pa.RecordBatch], how: How) -> Iterator[pa.RecordBatch]:
    """Read documents given as paths and bytes and yield their rows."""
    with closing(Worker()) as worker:
        for batch in batches:
            files = pl.DataFrame(batch).iter_rows()
            documents = [
                Document(path, content=content, identity=path, stamp=stamp, **how) for path, stamp, content in files
            ]
            yield _packed(worker.read_batch(documents))


def _packed(batch: Batch) -> pa.RecordBatch:
    import pyarrow as pa  # noqa: PLC0415 - an extra

    frames = {"documents": batch.documents, **batch.tables}
    columns = [[frames[part].write_ipc_stream(None, compression="lz4").getvalue()] for part in _PARTS]
    return pa.RecordBatch.from_pydict(dict(zip(_PARTS, columns, strict=True)))
