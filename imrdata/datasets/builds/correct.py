"""Apply corrections to a built dataset permanently. Later builds apply them again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import polars as pl

from imrdata.datasets.builds.commit import commit, corrections_of
from imrdata.datasets.corrections import KEY, STATES, Corrections, read_corrections
from imrdata.datasets.searching import update_texts
from imrdata.datasets.store import committed, require_dataset
from imrdata.datasets.system import sole_writer


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """The corrections of a dataset, after `correct`.

    Attributes:
        version: The version of the dataset with these corrections.
        applied_count: Corrections whose value differs from what the reader read.
        agreeing_count: Corrections whose value equals what the reader now reads.
        without_row_count: Corrections of a case or request that is not in the dataset.
        corrections: One row per correction, with ``value_read`` and ``state``.
    """

    version: int
    applied_count: int
    agreeing_count: int
    without_row_count: int
    corrections: pl.DataFrame = field(repr=False)

    def __str__(self) -> str:
        return (
            f"corrections: {self.applied_count:,} applied, {self.agreeing_count:,} equal to the value read, "
            f"{self.without_row_count:,} without a row; version {self.version}"
        )


def correct(dataset: str | os.PathLike[str], corrections: Corrections, *, undo: bool = False) -> CorrectionReport:
    """Correct values of a built dataset. Later builds keep the corrections.

    Correcting an outcome updates the counts and the outcome of its case. Correcting a column of a letter corrects
    its decisions too. The column ``corrected_columns`` lists the corrected columns of a row. A new correction
    replaces an earlier one of the same field. Each call commits a version.

    Args:
        dataset: The folder of a dataset made by `build`.
        corrections: A frame or a CSV file with the columns ``case_number``, ``request_number`` (empty for a column of
            the letter), ``column``, ``value`` (as text: dates as 2016-12-19, lists joined by ``;``, empty for null),
            ``reason`` and ``corrected_by``.
        undo: Undo these corrections and restore the values that were read.

    Returns:
        A `CorrectionReport`.

    Raises:
        CorrectionError: A correction names no column that can be corrected, or a value that the column cannot hold,
            or the corrected rows break a rule of the table; nothing is changed.
        DatasetError: The folder has no dataset, or a build is running.

    Example:
        >>> import imrdata, polars as pl, tempfile
        >>> with tempfile.TemporaryDirectory() as dest:
        ...     _ = imrdata.build(imrdata.example_letter(), dest)
        ...     mark = {"case_number": "CM15-0174261", "request_number": 1, "column": "quantity", "value": "8"}
        ...     print(imrdata.correct(dest, pl.DataFrame([mark | {"reason": "misprint", "corrected_by": "me"}])))
        corrections: 1 applied, 0 equal to the value read, 0 without a row; version 2
    """
    folder, given = require_dataset(dataset), read_corrections(corrections)
    with sole_writer(folder):
        manifest = committed(folder)
        kept = corrections_of(folder, manifest).join(given, on=KEY, how="anti", nulls_equal=True)
        wanted = pl.concat([kept, given.clear() if undo else given], how="diagonal")
        made = commit(folder, manifest, {}, wanted.sort(KEY))
        update_texts(folder)
    final = corrections_of(folder, made)
    applied, agreeing, without_row = (final["state"].to_list().count(one) for one in STATES)
    return CorrectionReport(made.version, applied, agreeing, without_row, final)
