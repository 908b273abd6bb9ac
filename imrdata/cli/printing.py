"""Output of the commands: frames, a letter, a summary, and an error with what to do about it."""

from __future__ import annotations

import csv
import re
import sys
from operator import attrgetter

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imrdata.datasets.dataset import Dataset
from imrdata.errors import ImrDataError, printable
from imrdata.letters.model import Letter
from imrdata.resources import vocabulary
from imrdata.tables.columns import contract_of


class _Console(Console):
    """A console that leaves the exit code of a closed pipe to the application."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


console = _Console(highlight=False)
SHOWN = 20
_NARROWEST = 8  # characters of a column that is folded
_WHOLE = ("case_number", "code", "reason")  # columns whose values are copied, so no terminal is too narrow for them


def print_summary(data: Dataset) -> None:
    """Print the counts and shares of a dataset."""
    table = Table("measure", "count", "share", title="summary", title_justify="left", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for measure, count, share in data.summary().iter_rows():
        table.add_row(measure, f"{count:,}", "" if share is None else f"{share:.1%}")
    console.print(table)


def print_frame(title: str, frame: pl.DataFrame, rows: int = SHOWN) -> None:
    """Print the first rows of a frame, and how many more there are."""
    table = Table(*frame.columns, title=f"{title} ({frame.height:,} rows)", title_justify="left", box=None)
    for column in table.columns:
        column.overflow, column.min_width = "fold", _NARROWEST
        if column.header in _WHOLE:
            longest = frame[str(column.header)].head(rows).str.len_chars().max()
            column.no_wrap, column.min_width = True, int(str(longest or 0))
    for row in frame.head(rows).iter_rows():
        table.add_row(*(escape(words_of(value)) for value in row))
    least = sum(2 + (column.min_width or 0) for column in table.columns)
    table.width = least if least > console.width else None  # then the lines are longer than those of the terminal
    console.print(table, crop=False)
    if rows < frame.height:
        console.print(f"  ... and {frame.height - rows:,} more\n")


def print_csv(frame: pl.DataFrame) -> None:
    """Print a frame as CSV, with lists joined and control characters escaped."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(frame.columns)
    flat = frame.with_columns(pl.col(pl.List(pl.String)).list.join("; "))
    writer.writerows([words_of(value) for value in row] for row in flat.iter_rows())
    sys.stdout.flush()


def print_letter(letter: Letter) -> None:
    """Print a letter field by field, then each of its requests."""
    title = f"{letter.case_number}: {letter.case_outcome}"
    head = Table(title=title, title_justify="left", box=None, show_header=False)
    for name, column in contract_of("letters").columns.items():
        if name not in ("case_number", "case_outcome") and column.path is not None:
            head.add_row(name, escape(words_of(getattr(letter, name))))
    console.print(head)
    for request in letter.requests:
        heading = f"{request.request_number}. {request.request_text}: {request.outcome}"
        console.print(f"\n{words_of(heading)}", markup=False)
        body = Table(box=None, show_header=False)
        for name, column in contract_of("decisions").columns.items():
            is_own = column.path is not None and not contract_of("decisions").repeats(name)
            if is_own and name not in ("request_number", "request_text", "outcome"):
                body.add_row(f"   {name}", escape(words_of(attrgetter(column.path or name)(request))))
        for citation in request.citations:
            cited = (citation.guideline_source, citation.guideline_title, citation.edition_year, *citation.sections)
            pages = f"page {citation.pages}" if citation.pages else None
            words = ", ".join(words_of(one) for one in (*cited, pages) if one is not None)
            body.add_row(f"   cited_by {citation.cited_by}", escape(words))
        console.print(body)
    for diagnostic in letter.diagnostics:
        console.print(f"\n{diagnostic.code}: {words_of(diagnostic.message)}", markup=False)


def words_of(value: object) -> str:
    """Return a value as the words to print; lists are joined, null is empty."""
    if value is None:
        return ""
    return printable(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def as_options(text: str) -> str:
    """Write the arguments of functions in a text as options of the command line: ``ocr="auto"`` as ``--ocr auto``."""
    text = re.sub(r"\b([a-z_]+)=True\b", lambda found: "--" + found[1].replace("_", "-"), text)
    return re.sub(r"\bocr=[\"']?(\w+)[\"']?", r"--ocr \1", text)


def refuse(error: ImrDataError | OSError) -> None:
    """Print an error and what to do about it on stderr."""
    reason = error.reason if isinstance(error, ImrDataError) else ""
    console = _Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(as_options(f"{printable(str(error))}{f' [{reason}]' if reason else ''}"), markup=False)
    if row := reasons().get(reason):
        console.print(row["what_to_do"], markup=False)


def reasons() -> dict[str, dict[str, str]]:
    """Return the row of each reason, with its severity and what to do about it."""
    rows = vocabulary("reasons")
    return {row["code"]: {**row, "what_to_do": as_options(row["what_to_do"])} for row in rows}
