"""What needs a person's eye: doubtful fields, drawn samples, marks, measured accuracy.

``queue`` lists the fields in doubt, ``sample`` draws fields at random. ``open`` shows either in JupyterLab beside the
letters, ``form`` writes it as a CSV to fill in. ``read_marks`` and ``merge`` read what people marked, and ``accuracy``
says how right the tables are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imrdata.errors import MissingExtraError
from imrdata.review.doubts import queue as queue
from imrdata.review.drawing import sample as sample
from imrdata.review.marks import File
from imrdata.review.marks import form as form
from imrdata.review.marks import merge as merge
from imrdata.review.marks import read_marks as read_marks
from imrdata.review.measured import accuracy as accuracy

if TYPE_CHECKING:
    import polars as pl

    from imrdata.datasets.dataset import Dataset
    from imrdata.review.desk import Desk

__all__ = ["accuracy", "form", "merge", "open", "queue", "read_marks", "sample"]


def open(items: pl.DataFrame, data: Dataset, file: File = "marks.csv", *, corrected_by: str | None = None) -> Desk:
    """Show fields one by one in JupyterLab, each beside its letter with its words marked; needs the extra notebooks.

    Keys: ``a`` accept the value, ``c`` correct it (type or choose, then Enter), ``w`` wrong and no value is right,
    ``s`` skip, ``b`` back, ``f`` forward, ``n`` note. Each mark is written to the file at once, so a dead kernel loses
    none, and opening the same fields again goes on at the first one that the person has not marked. Several people
    write to several files, see `merge`; several kernels can write to one.

    Args:
        items: Rows of `queue` or `sample`.
        data: The data they are of; their letters are read again from their sources.
        file: The CSV of the marks; it is made where it is not there.
        corrected_by: Who marks; None for the name of the user of the machine.

    Returns:
        A widget, which shows itself; its ``marks()`` are the marks by now.

    Raises:
        MissingExtraError: anywidget is not installed; `form` writes the same fields as a CSV to fill in.
    """
    try:
        from imrdata.review.desk import open_desk  # noqa: PLC0415 - the core needs no widgets
    except ImportError as error:
        raise MissingExtraError("notebooks", "review.open") from error
    return open_desk(items, data, file, corrected_by)
