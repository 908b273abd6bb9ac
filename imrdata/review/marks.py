"""Marks: a person's verdicts on fields, one row each, in a CSV that a person can read and fill in."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import polars as pl

from imrdata.analysis.groups import need
from imrdata.datasets.corrections import SCHEMA
from imrdata.datasets.filled_in import CORRECTED, RIGHT, cells, read_filled_in, with_verdicts
from imrdata.errors import CorrectionError
from imrdata.review.fields import FIELD

File = str | os.PathLike[str]
Marks = pl.DataFrame | File | Sequence[File]
WRONG, SKIPPED = "wrong", "skipped"
VERDICTS = (RIGHT, CORRECTED, WRONG, SKIPPED)
_TEXTS = ("value_read", "verdict", "marked_at", "letter_layout", "source", "stratum")
MARKS = pl.Schema({**SCHEMA, **dict.fromkeys(_TEXTS, pl.String()), "drawn_of": pl.Int64()})
ONE = [*FIELD, "source"]  # a document of quarantine has no case number
_FORMULA = ("=", "+", "-", "@")  # a table program would compute a text that begins so


def mark_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the empty mark of a row of `queue` or `sample`."""
    mark = {name: item.get(name) for name in MARKS} | {"value_read": item["value"]}
    return mark | dict.fromkeys(("value", "reason", "verdict", "corrected_by", "marked_at"))


def form(items: pl.DataFrame, file: File, *, corrected_by: str = "") -> Path:
    """Write fields as a CSV to fill in with a spreadsheet or an editor; `read_marks` reads it back.

    Fill ``verdict`` with right, corrected, wrong (no value of the column is right) or skipped (cannot tell), and
    for corrected also ``value``: dates as 2016-12-19 or 12/19/2016, lists joined by ``;``, nothing if the letter gives
    none. A value alone is a correction; a row with neither is not marked. ``reason`` is for a note. Save the file as
    CSV (UTF-8).

    Args:
        items: Rows of `queue` or `sample`.
        file: The CSV to write.
        corrected_by: The person who fills it in.

    Returns:
        The path of the file.

    Raises:
        FileExistsError: The file exists; it may contain marks.
        UnknownTermError: The items lack a column of `queue` and `sample`.
    """
    need(items, [*FIELD, "value"], "review.form")
    asked = [*FIELD, "value_read", *(name for name in ("words", "message") if name in items.columns)]
    names = [*asked, "verdict", "value", *(name for name in MARKS if name not in (*asked, "verdict", "value"))]
    path = Path(file)
    with path.open("x", encoding="utf-8-sig", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(names)
        for item in items.iter_rows(named=True):
            mark = item | mark_of(item) | {"corrected_by": corrected_by}
            lines.writerow([_cell(mark[name]) for name in names])
    return path


def check_own(file: Path) -> None:
    """Raise an error for a file that has other columns than a file of `open`, so that no mark can be appended."""
    if file.exists() and file.stat().st_size and read_filled_in(file).columns != list(MARKS):
        message = f"{file} does not have the columns of a file of review.open (it may be a form); choose another file"
        raise CorrectionError(message, reason="invalid_mark")


def append(file: Path, mark: Mapping[str, Any]) -> None:
    """Append a mark to a file in one write; several kernels can write to one file."""
    if not file.exists():
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=file.parent, delete=False) as made:
            csv.writer(made).writerow(MARKS)
        with suppress(FileExistsError):
            os.link(made.name, file)
        os.unlink(made.name)
    line = io.StringIO()
    csv.writer(line).writerow([_cell(mark.get(name)) for name in MARKS])
    opened = os.open(file, os.O_RDWR | os.O_APPEND)
    try:
        os.lseek(opened, -1, os.SEEK_END)
        is_open = os.read(opened, 1) not in {b"\n", b"\r"}  # a person's editor left the last line so
        os.write(opened, (b"\r\n" if is_open else b"") + line.getvalue().encode())
        os.fsync(opened)
    finally:
        os.close(opened)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_marks(marks: Marks) -> pl.DataFrame:
    """Read marks, keeping each person's last mark of each field.

    Args:
        marks: One or more CSV files of `open` or `form`, or a frame.

    Returns:
        One row per field and person: ``case_number``, ``request_number``, ``column``; ``value``, the right one;
        ``reason``, the person's note; ``corrected_by``; ``value_read``; ``verdict`` (right, corrected, wrong or
        skipped); ``marked_at``; ``letter_layout``; ``source``; and for a sample ``stratum`` and ``drawn_of``, the
        number of fields in it. `imrdata.correct` accepts the frame and uses its corrected rows.

    Raises:
        CorrectionError: A file lacks columns, or a row has an unknown verdict or is cut off.
    """
    if isinstance(marks, str | os.PathLike):
        marks = [marks]
    if not isinstance(marks, pl.DataFrame) and not marks:
        raise CorrectionError("no file of marks is named", reason="missing_columns")
    if isinstance(marks, pl.DataFrame):
        read = _checked(marks)
    else:
        read = pl.concat([_checked(read_filled_in(Path(one)), str(one)) for one in marks])
    return read.unique([*ONE, "corrected_by"], keep="last", maintain_order=True)


def _checked(frame: pl.DataFrame, source: str | None = None) -> pl.DataFrame:
    """Check marks of `MARKS`, and leave out rows without a mark."""
    missing = [name for name in MARKS if name not in frame.columns]
    if missing:
        message = f"the marks lack the columns {', '.join(missing)}"
        raise CorrectionError(message, reason="missing_columns", source=source)
    marked = with_verdicts(cells(frame, MARKS)).filter(pl.col("verdict").is_not_null())
    contrary = marked.filter((pl.col("verdict") == RIGHT) & (pl.col("value") != pl.col("value_read").fill_null("")))
    if contrary.height:
        case, column, value = contrary.select("case_number", "column", "value").row(0)
        message = f"{contrary.height:,} marks say right and give another value; the first: {column} {value!r} of {case}"
        raise CorrectionError(message, reason="invalid_mark")
    unknown = marked.filter(~pl.col("verdict").is_in(VERDICTS))
    if unknown.height:
        message = f"{unknown.height:,} marks have a verdict other than {', '.join(VERDICTS)}; the first: "
        first = f"{unknown['verdict'][0]!r} of {unknown['case_number'][0]}"
        raise CorrectionError(f"{message}{first}", reason="invalid_mark")
    return marked.cast(MARKS)


def merge(files: Marks) -> pl.DataFrame:
    """Merge the marks of several people, and compute how often they agree.

    People agree on a field if they give the same right value: ``value_read`` if the verdict is right, else
    ``value``.

    Args:
        files: The files of marks, or concatenated frames.

    Returns:
        The marks, one row per field, as from `read_marks`, with ``person_count``, ``agree`` (null if only one person
        marked the field) and ``agreement``, the share of agreement among fields marked by several people. If they
        disagree, the mark is ``skipped`` and its ``reason`` lists the answers. ``accuracy`` and `imrdata.correct`
        leave out such fields.
    """
    marks = read_marks(files)
    answer = pl.when(verdict := pl.col("verdict") == RIGHT).then("value_read").otherwise("value")
    said = pl.when(verdict).then(pl.lit("right")).otherwise("verdict")
    marks = marks.with_columns(
        _answer=pl.format(
            "{}: {}", pl.when(pl.col("verdict") == WRONG).then(said).otherwise(pl.lit("")), answer.fill_null("")
        ),
        _said=pl.format("{}: {} {}", pl.col("corrected_by").fill_null("somebody"), said, answer.fill_null("")),
    )
    decided = pl.col("verdict") != SKIPPED
    merged = marks.sort(~decided, maintain_order=True).group_by(ONE, maintain_order=True).agg(
        pl.col(name for name in MARKS if name not in ONE).first(),
        person_count=decided.sum(),
        agree=pl.when(decided.sum() > 1).then(pl.col("_answer").filter(decided).n_unique() == 1),
        _said=pl.col("_said").filter(decided).str.join("; "),
        _names=pl.col("corrected_by").drop_nulls().unique(maintain_order=True).str.join(", "),
    )  # fmt: skip
    differs = pl.col("agree").fill_null(value=True).not_()
    return merged.with_columns(
        verdict=pl.when(differs).then(pl.lit(SKIPPED)).otherwise("verdict"),
        reason=pl.when(differs).then("_said").otherwise("reason"),
        corrected_by=pl.col("_names").replace("", None),
        agreement=pl.col("agree").mean(),
    ).select(*MARKS, "person_count", "agree", "agreement")
