"""Apply corrections to a built dataset permanently. Later builds apply them again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import polars as pl

from imrdata.datasets.builds.commit import commit, corrections_of
from imrdata.datasets.corrections import KEY, SCHEMA, STATES, Corrections, read_corrections
from imrdata.datasets.searching import update_texts
from imrdata.datasets.store import require_dataset, writing


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """The corrections of a dataset, after `correct`.

    Attributes:
        version: The version of the dataset with these corrections.
        applied_count: Corrections whose value differs from what the reader read.
        agreeing_count: Corrections whose value equals what the reader now reads.
        without_row_count: Corrections of a letter that is not in the dataset, which a later build may add.
        undone_count: Corrections that were undone.
        corrections: One row per correction of the dataset, with ``value_read`` and ``state``.
        ignored: The given rows that changed nothing, each with its number ``row`` and ``why``: a later row has the
            same field, or there is no such correction to undo.
    """

    version: int
    applied_count: int
    agreeing_count: int
    without_row_count: int
    undone_count: int
    corrections: pl.DataFrame = field(repr=False)
    ignored: pl.DataFrame = field(repr=False)

    def __str__(self) -> str:
        undone = f"{self.undone_count:,} undone; " if self.undone_count else ""
        ignored = f"; {self.ignored.height:,} of the given rows ignored" if self.ignored.height else ""
        return (
            f"corrections: {undone}{self.applied_count:,} applied, {self.agreeing_count:,} equal to the value read, "
            f"{self.without_row_count:,} without a row; version {self.version}{ignored}"
        )


def correct(dataset: str | os.PathLike[str], corrections: Corrections, *, undo: bool = False) -> CorrectionReport:
    """Correct values of a built dataset. Later builds keep the corrections.

    Correcting an outcome updates the counts and the outcome of its case. Correcting a column of a letter corrects
    its decisions too. The column ``corrected_columns`` lists the columns of a row that were corrected or updated. A new
    correction replaces an earlier one of the same field. A correction of a letter that is not in the dataset is kept
    for later builds, and the report counts it. A call that changes something commits a version.

    Args:
        dataset: The folder of a dataset made by `build`.
        corrections: A frame or a CSV file with the columns ``case_number``, ``request_number`` (empty for a column of
            the letter), ``column``, ``value`` (as text: dates as 2016-12-19, lists joined by ``;``, empty for null),
            ``reason`` and ``corrected_by``. Or marks, see `imrdata.review`, which need no reason.
        undo: Undo these corrections, each with the same field and value, and restore the values that were read.

    Returns:
        A `CorrectionReport`.

    Raises:
        CorrectionError: A correction names no column that can be corrected, a request that its letter does not have, a
            value that the column cannot hold, or no reason or person, or the corrected rows break a rule of the table;
            nothing is changed.
        SourceError: The file does not exist.
        DatasetError: The folder has no dataset, or a build is running.

    Example:
        >>> import imrdata, polars as pl, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     mark = {"case_number": "CM15-0174261", "request_number": 1, "column": "quantity", "value": "8"}
        ...     print(imrdata.correct(dest, pl.DataFrame([mark | {"reason": "misprint", "corrected_by": "me"}])))
        corrections: 1 applied, 0 equal to the value read, 0 without a row; version 2
    """
    folder = require_dataset(dataset)
    given, replaced = read_corrections(corrections, is_undo=undo)
    ignored = [replaced.with_columns(why=pl.lit("a later row has the same field"))]
    with writing(folder) as latest:
        manifest = latest
        stored = corrections_of(folder, manifest)
        same = [*KEY, "value"] if undo else KEY
        kept = stored.join(given, on=same, how="anti", nulls_equal=True)
        if undo:
            unknown = given.join(stored, on=same, how="anti", nulls_equal=True)
            ignored.append(unknown.with_columns(why=pl.lit("the dataset has no such correction")))
        wanted = pl.concat([kept, given.drop("row").clear() if undo else given.drop("row")], how="diagonal").sort(KEY)
        if not wanted.select(SCHEMA.names()).equals(stored.select(SCHEMA.names())):
            manifest = commit(folder, manifest, {}, wanted)
        update_texts(folder)
    final = corrections_of(folder, manifest)
    applied, agreeing, without_row = (final["state"].to_list().count(one) for one in STATES)
    undone = stored.height - kept.height if undo else 0
    told = pl.concat(ignored).sort("row")
    return CorrectionReport(manifest.version, applied, agreeing, without_row, undone, final, told)
