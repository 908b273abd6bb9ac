"""The public functions that load letters or a built dataset into validated tables."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from imrdata.datasets.bundled import warn_of_synthetic_letters
from imrdata.datasets.corrections import WITHOUT_ROW, Corrections, corrected, read_corrections
from imrdata.datasets.dataset import Dataset
from imrdata.datasets.history import require_accounted
from imrdata.datasets.store import committed, is_dataset, read, require_dataset, scan
from imrdata.errors import DatasetError, ImrDataWarning, SourceError
from imrdata.resources import bundled_sample
from imrdata.tables.columns import TABLES, contract_of, require_column
from imrdata.tables.validation import validate_keys, validate_read

if TYPE_CHECKING:
    from imrdata.datasets.sources import Source

ENVIRONMENT = "IMRDATA_DATASET"


def load(
    source: Source | None = None,
    *,
    version: int | None = None,
    corrections: Corrections | None = None,
    progress: bool | None = None,
    ocr: str = "never",
    keep_unrecognised: bool = False,
) -> Dataset:
    """Read letters into validated tables.

    Args:
        source: A file (PDF, Markdown, HTML or plain text), a folder, a glob, a .zip, the bytes or the text of a
            letter (a string with a line break is text), or a list of these; or the folder of a dataset made by
            `build`. None: the dataset named by the environment variable IMRDATA_DATASET, or else the sample that
            ships with the package (one published letter and 1,500 synthetic ones), with one warning per process.
        version: A version of a built dataset, see `versions`; None for the latest.
        corrections: Corrections to apply, as for `correct`: a frame or a CSV file. They are not saved. A warning counts
            those of letters that are not in the source.
        progress: Whether to show a progress bar on standard error after a few hundred letters; None: only in a
            terminal or a notebook.
        ocr: Which pages to read by text recognition: ``never``, ``auto`` (pages that are images without words) or
            ``always`` (all pages of PDFs). Except with ``never``, image files are read too. Uncertain values are
            null or refused. Needs ``imrdata[ocr]`` and Tesseract, and takes a few seconds per page.
        keep_unrecognised: Whether to read letters of unknown layout instead of refusing them. Their ``letter_layout``
            is ``unrecognised``, their requests are found only by their outcomes, and each has the diagnostic
            ``unrecognised_layout``. Not for scans, and without effect on a built dataset.

    Returns:
        A `Dataset` with rows sorted by key. Letters that cannot be read are in its ``quarantine`` with the
        reason; one warning counts them. The files of a built dataset are compared with the SHA-256 committed.

    Raises:
        SourceError: A path does not exist, or is a folder without letters.
        CorrectionError: A correction is invalid, see `correct`.
        ValidationError: The tables break their own contract; this is a bug in this package.
        DatasetError: A built dataset is damaged, unfinished or of another version.
        MissingExtraError: Text recognition is requested but not installed.
        TypeError: The source or the version has an unsupported type.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata
        >>> imrdata.load()
        Dataset(1,501 letters, 2,530 decisions, 5,296 citations, 0 quarantined; dataset version 1, imrdata 0.2.0.dev0)
    """
    return _loaded(_Asked(source, version, corrections, progress, ocr, keep_unrecognised), stacklevel=3)


def load_decisions(
    source: Source | None = None,
    *,
    columns: Sequence[str] | None = None,
    version: int | None = None,
    corrections: Corrections | None = None,
    progress: bool | None = None,
    ocr: str = "never",
    keep_unrecognised: bool = False,
) -> pl.DataFrame:
    """Load the treatment requests that letters decide, one row per request.

    Args:
        source: As for `load`.
        columns: A list of the columns to return; None for all. From a built dataset, only these are read and validated.
        version, corrections, progress, ocr, keep_unrecognised: As for `load`.

    Returns:
        A validated frame sorted by its key ``case_number, request_number``: identity and texts of the request,
        ``ur_decision``, ``outcome``, the treatment, the guideline texts, and the letter's dates, reviewer and
        patient, repeated in each row.

    Raises:
        ImrDataError: As for `load`.

    Example:
        >>> import imrdata
        >>> imrdata.load_decisions(imrdata.example_letter())["outcome"].to_list()
        ['Upheld']
    """
    return _table("decisions", columns, _Asked(source, version, corrections, progress, ocr, keep_unrecognised))


def load_letters(
    source: Source | None = None,
    *,
    columns: Sequence[str] | None = None,
    version: int | None = None,
    corrections: Corrections | None = None,
    progress: bool | None = None,
    ocr: str = "never",
    keep_unrecognised: bool = False,
) -> pl.DataFrame:
    """Load final determination letters, one row per letter.

    Args:
        source: As for `load`.
        columns: As for `load_decisions`.
        version, corrections, progress, ocr, keep_unrecognised: As for `load`.

    Returns:
        A validated frame sorted by its key ``case_number``: dates, priority, reviewer, patient,
        ``case_outcome``, the counts of requests, and the letter's sections as texts.

    Raises:
        ImrDataError: As for `load`.

    Example:
        >>> import imrdata
        >>> imrdata.load_letters(imrdata.example_letter())["decision_date"].to_list()
        [datetime.date(2015, 10, 23)]
    """
    return _table("letters", columns, _Asked(source, version, corrections, progress, ocr, keep_unrecognised))


def load_citations(
    source: Source | None = None,
    *,
    columns: Sequence[str] | None = None,
    version: int | None = None,
    corrections: Corrections | None = None,
    progress: bool | None = None,
    ocr: str = "never",
    keep_unrecognised: bool = False,
) -> pl.DataFrame:
    """Load the guidelines that the parties cite, one row per citation.

    Args:
        source: As for `load`.
        columns: As for `load_decisions`.
        version, corrections, progress, ocr, keep_unrecognised: As for `load`.

    Returns:
        A validated frame sorted by its key ``case_number, request_number, cited_by, citation_number``. A party
        that cites nothing for a request has no row.

    Raises:
        ImrDataError: As for `load`.

    Example:
        >>> import imrdata
        >>> imrdata.load_citations(imrdata.example_letter())["guideline_source"].to_list()
        ['MTUS', 'MTUS', 'MTUS']
    """
    return _table("citations", columns, _Asked(source, version, corrections, progress, ocr, keep_unrecognised))


def scan_decisions(dataset: str | os.PathLike[str] | None = None, *, version: int | None = None) -> pl.LazyFrame:
    """Scan the treatment requests of a built dataset lazily; the columns are those of `load_decisions`.

    Only the selected columns are read, and a filter on a date or a case number skips parts of files.
    Rows are not validated again: they were validated when written. Only the sizes of files are compared with
    those committed; `load_decisions` and `verify` compare their SHA-256 too.

    Args:
        dataset: The folder of a dataset made by `build`; None for that of IMRDATA_DATASET, or else the sample.
        version: As for `load`.

    Returns:
        A LazyFrame sorted by key. Later commits do not change what it reads.

    Raises:
        SourceError: The folder does not exist.
        DatasetError: The folder has no dataset, or it is damaged, unfinished or of another version.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.scan_decisions(dest).select("case_number", "outcome").collect().row(0)
        ('CM15-0174261', 'Upheld')
    """
    return _scan(dataset, "decisions", version)


def scan_letters(dataset: str | os.PathLike[str] | None = None, *, version: int | None = None) -> pl.LazyFrame:
    """Scan the final determination letters of a built dataset lazily; the columns are those of `load_letters`.

    Args:
        dataset: As for `scan_decisions`.
        version: As for `load`.

    Returns:
        A LazyFrame, as of `scan_decisions`.

    Raises:
        ImrDataError: As for `scan_decisions`.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.scan_letters(dest).collect()["case_outcome"][0]
        'Upheld'
    """
    return _scan(dataset, "letters", version)


def scan_citations(dataset: str | os.PathLike[str] | None = None, *, version: int | None = None) -> pl.LazyFrame:
    """Scan the guideline citations of a built dataset lazily; the columns are those of `load_citations`.

    Args:
        dataset: As for `scan_decisions`.
        version: As for `load`.

    Returns:
        A LazyFrame, as of `scan_decisions`.

    Raises:
        ImrDataError: As for `scan_decisions`.

    Example:
        >>> import imrdata, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     imrdata.scan_citations(dest).collect()["guideline_source"][0]
        'MTUS'
    """
    return _scan(dataset, "citations", version)


def _scan(dataset: str | os.PathLike[str] | None, table: str, version: int | None) -> pl.LazyFrame:
    if _is_sample(dataset):
        warn_of_synthetic_letters(stacklevel=3)
    named = os.path.expanduser(_default() if dataset is None else os.fspath(dataset))
    if not os.path.exists(named):
        raise SourceError("there is no such folder", step="source", reason="missing_path", source=named)
    folder = require_dataset(named)
    return scan(folder, table, committed(folder, version))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of a public function."""

    source: Source | None
    version: int | None
    corrections: Corrections | None
    progress: bool | None
    ocr: str
    keep_unrecognised: bool


def _table(table: str, columns: Sequence[str] | None, asked: _Asked) -> pl.DataFrame:
    """Load one table for a public function."""
    if isinstance(columns, str) or (columns is not None and not columns):
        raise TypeError(f"columns is a list of one name or more, not {columns!r}")
    for name in columns or ():
        require_column(name, contract_of(table).columns)
    folder = dataset_folder(asked.source)
    if folder is not None and asked.corrections is None:
        if _is_sample(asked.source):
            warn_of_synthetic_letters(stacklevel=3)
        return validate_read(read(folder, table, columns, committed(folder, asked.version)), table)
    frame: pl.DataFrame = getattr(_loaded(asked, stacklevel=4), table)
    return frame if columns is None else frame.select(columns)


def _default() -> str:
    """Return what is read without a source: the dataset that the environment names, or else the sample."""
    return os.environ.get(ENVIRONMENT) or str(bundled_sample())


def dataset_folder(source: Source | None) -> Path | None:
    """Return the folder of a built dataset; None for other sources."""
    named = _default() if source is None else source
    place = os.path.expanduser(named) if isinstance(named, str | os.PathLike) else None
    return Path(place) if place is not None and is_dataset(place) else None


def _is_sample(source: object) -> bool:
    return source is None and not os.environ.get(ENVIRONMENT)


def _read_all(folder: Path, version: int | None) -> Dataset:
    """Read all tables of one manifest."""
    manifest = committed(folder, version)
    tables: dict[str, Any] = {table: validate_read(read(folder, table, manifest=manifest), table) for table in TABLES}
    validate_keys(tables)
    require_accounted(folder, manifest, tables["letters"].height, tables["quarantine"].height)
    return Dataset(
        **tables,
        document_count=manifest.document_count,
        duplicate_count=manifest.duplicate_count,
        version=manifest.version,
        folder=folder.absolute(),
    )


def _loaded(asked: _Asked, stacklevel: int) -> Dataset:
    """Load the dataset of a source for a public function."""
    if asked.corrections is not None:
        data = _loaded(replace(asked, corrections=None), stacklevel=stacklevel + 1)
        tables = {"letters": data.letters, "decisions": data.decisions}
        made, applied = corrected(tables, read_corrections(asked.corrections)[0])
        if without := applied.filter(state=WITHOUT_ROW)["case_number"].unique().sort().to_list():
            message = f"{len(without):,} corrected letters are not in the source, first {without[0]}"
            warnings.warn(message, ImrDataWarning, stacklevel=stacklevel)
        return replace(data, letters=made["letters"], decisions=made["decisions"], is_corrected=True)
    folder = dataset_folder(asked.source)
    if folder is not None:
        if _is_sample(asked.source):
            warn_of_synthetic_letters(stacklevel)
        return _read_all(folder, asked.version)
    if asked.version is not None:
        raise DatasetError(f"{asked.source!r} is not a built dataset; others have no versions", reason="not_a_dataset")
    from imrdata.datasets.gathering import gathered  # slow to import; a built dataset does not need it

    place = asked.source if asked.source is not None else _default()
    return gathered(place, asked.ocr, asked.progress, stacklevel, keep_unrecognised=asked.keep_unrecognised)
