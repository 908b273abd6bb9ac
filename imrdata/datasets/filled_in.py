"""Read CSV files that a person filled in with a spreadsheet or an editor: rows, verdicts, and values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.errors import CorrectionError, SourceError
from imrdata.letters.dates import PRINTED_DATE, calendar_date
from imrdata.tables.columns import columns

RIGHT, CORRECTED = "right", "corrected"  # verdicts of marks
_TRUE_FALSE = {"true": True, "false": False, "yes": True, "no": False}
_DELIMITERS = ",;\t"  # spreadsheets use the one of their locale, or tabs


def read_filled_in(file: Path) -> pl.DataFrame:
    """Read a CSV as a spreadsheet or an editor saves it, in any usual encoding and with any usual delimiter.

    A CorrectionError says that the file is a workbook, or a row is cut off; a SourceError, that it does not exist.
    """
    file = file.expanduser()
    try:
        content = file.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        message = "this is a folder, not a CSV file" if file.is_dir() else "there is no such file"
        raise SourceError(message, step="source", reason="missing_path", source=str(file)) from error
    if content.startswith(b"PK"):
        raise CorrectionError(f"{file} is a workbook; save its sheet as CSV (UTF-8)", reason="invalid_mark")
    text = _text(content)
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    try:
        read = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise CorrectionError(f"{file} cannot be read as CSV: {error}", reason="invalid_mark") from error
    head, *rows = read or [[]]
    width = len(head)
    while head and not head[-1].strip():
        head.pop()
    torn = [number for number, row in enumerate(rows, start=2) if len(row) != width]
    if torn:
        message = f"{file}: row {torn[0]} does not have the {width} cells of the first line; it may be cut off"
        raise CorrectionError(message, reason="invalid_mark")
    names = [one.strip() for one in head]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CorrectionError(f"{file} has two columns named {', '.join(twice)}", reason="invalid_mark")
    return pl.DataFrame([row[: len(names)] for row in rows], schema=dict.fromkeys(names, pl.String), orient="row")


def _text(content: bytes) -> str:
    """Decode a file: UTF-8 or UTF-16 by its mark, else UTF-8 or Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    with suppress(UnicodeDecodeError):
        return content.decode("utf-8-sig")
    return content.decode("cp1252", "replace")


def cells(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Clean columns filled in by a person: strip spaces, and make empty texts null.

    The apostrophe that keeps a spreadsheet from running a text as a formula is removed. ``value`` and ``value_read``
    are written as `as_text` writes them: a spreadsheet shows 2016-12-19 as 12/19/2016 and true as TRUE. Numbers lose
    the .0 that pandas writes.
    """
    texts = (pl.col(name).cast(pl.String).str.strip_chars() for name in names)
    cleaned = frame.select(text.str.replace(r"^'([=+@-])", "$1").replace("", None) for text in texts)
    written = {
        name: pl.Series(
            [_usual(column, text) for column, text in cleaned.select("column", name).iter_rows()], dtype=pl.String
        )
        for name in ("value", "value_read")
        if name in cleaned.columns
    }
    numbers = pl.col([name for name in ("request_number", "drawn_of") if name in cleaned.columns])
    return cleaned.with_columns(numbers.str.replace(r"^(\d+)\.0$", "$1"), **written)


def _usual(column: str | None, text: str | None) -> str | None:
    if text is not None and column in columns():
        with suppress(ValueError):
            return as_text(parse(column, text))
    return text


def with_verdicts(texts: pl.DataFrame) -> pl.DataFrame:
    """Complete the verdicts of cleaned marks: a row with only a value is a correction, or right if it was read so."""
    is_same = pl.col("value") == pl.col("value_read").fill_null("")
    typed = pl.when(is_same).then(pl.lit(RIGHT)).when(pl.col("value").is_not_null()).then(pl.lit(CORRECTED))
    return texts.with_columns(verdict=pl.coalesce(pl.col("verdict").str.to_lowercase(), typed))


def parse(name: str, text: str | None) -> Any:
    """Parse the text of a column's value; a ValueError says what is valid."""
    dtype = columns()[name].dtype
    if isinstance(dtype, pl.List):
        return [one.strip() for one in text.split(";") if one.strip()] if text else []
    if text is None:
        return None
    if isinstance(dtype, pl.Enum):
        known = {one.lower(): one for one in dtype.categories}
        if text.lower() not in known:
            raise ValueError(f"it is one of {', '.join(dtype.categories)}")
        return known[text.lower()]
    if dtype == pl.Boolean():
        if text.lower() not in _TRUE_FALSE:
            raise ValueError("it is true or false")
        return _TRUE_FALSE[text.lower()]
    if dtype == pl.Date():
        return _date(text)
    return _integer(text, dtype) if dtype.is_integer() else float(text) if dtype.is_float() else text


def _integer(text: str, dtype: pl.DataType) -> int:
    try:
        return int(pl.Series([int(text)], dtype=dtype)[0])
    except (OverflowError, TypeError) as error:
        raise ValueError("it is too large") from error


def _date(text: str) -> date:
    with suppress(ValueError):
        return date.fromisoformat(text)
    found = calendar_date(text) if re.fullmatch(PRINTED_DATE, text) else None
    if found is None:
        raise ValueError("it is a date such as 2016-12-19 or 12/19/2016")
    return found


def as_text(value: Any) -> str | None:
    """Format a column's value as text for `parse`."""
    if value is None:
        return None
    if isinstance(value, list):
        return "; ".join(value) or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
