"""Review fields: find doubtful ones, draw samples, mark them, and measure accuracy.

``queue`` lists the fields in doubt, ``sample`` draws fields at random. ``open`` shows either in JupyterLab beside the
letters, ``form`` writes it as a CSV to fill in. ``read_marks`` and ``merge`` read the marks, and ``accuracy``
computes the share of correct fields.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from imrdata.errors import needs
from imrdata.review.doubts import queue as queue
from imrdata.review.drawing import sample as sample
from imrdata.review.marks import File
from imrdata.review.marks import form as form
from imrdata.review.marks import merge as merge
from imrdata.review.marks import read_marks as read_marks
from imrdata.review.measured import accuracy as accuracy
from imrdata.review.round import Round

if TYPE_CHECKING:
    import polars as pl

    from imrdata.datasets.dataset import Dataset
    from imrdata.review.desk import Desk

__all__ = ["accuracy", "form", "merge", "open", "queue", "read_marks", "sample"]


def __dir__() -> list[str]:
    return __all__


def open(items: pl.DataFrame, data: Dataset, file: File = "marks.csv", *, corrected_by: str | None = None) -> Desk:
    """Show fields one by one in JupyterLab beside their letters; needs the extra notebooks.

    Keys: ``a`` accept the value, ``c`` correct it (type or choose, then Enter), ``w`` wrong and no value is right,
    ``s`` skip, ``b`` back, ``f`` forward, ``n`` note, ``p`` show the page of the PDF or scan on which the words stand.
    Each mark is saved at once. Opening the same fields again resumes at the first field that the person has not
    marked. Use one file per person, see `merge`; several kernels can write to one file.

    Args:
        items: Rows of `queue` or `sample`.
        data: The data of the items; letters are read from their sources again.
        file: The CSV of the marks; created if missing.
        corrected_by: The person's name; None for the current user.

    Returns:
        A widget; its ``marks()`` returns the marks so far.

    Raises:
        MissingExtraError: anywidget is not installed; use `form` instead.
        UnknownTermError: The items lack a column of `queue` and `sample`.
    """
    with needs("notebooks", "review.open"):
        from imrdata.review.desk import Desk  # noqa: PLC0415 - the core needs no widgets
    return Desk(Round(items, data, Path(file), corrected_by or getpass.getuser()))
