"""The command that checks a whole corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table

from imrdata.cli.application import EXPECTATION_FAILS, EXPECTATION_NOT_COMPUTED, app, place
from imrdata.cli.printing import console, words_of
from imrdata.quality import QualityReport
from imrdata.quality import report as judge_corpus


@app.command()
def report(
    source: Annotated[list[str], typer.Argument(help="A built dataset, or letters: files, folders, .zip archives.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the pages.")],
    baseline: Annotated[str | None, typer.Option(help="Another dataset to compare with.")] = None,
    engine: Annotated[str, typer.Option(help="pandas, or spark for a dataset too large for pandas.")] = "pandas",
) -> None:
    """Check a whole corpus: imrdata report DATASET -o DIR. Needs the extra [quality].

    Row counts, nulls, unknown terms, outcomes and dates are compared with what was published, and with the baseline.
    The exit code is 12 if an expectation fails, and 13 if one could not be computed.
    """
    sources = [place(one) for one in source]
    found = judge_corpus(sources[0] if len(sources) == 1 else sources, output, baseline=baseline, engine=engine)
    _print_report(found)
    if not found.passed:
        raise typer.Exit(EXPECTATION_NOT_COMPUTED if found.error_count else EXPECTATION_FAILS)


def _print_report(found: QualityReport) -> None:
    """Print the results; failures come last, where a reader of a terminal looks."""
    table = Table("table", "expectation", "observed", "expected", "status", box=None)
    table.columns[1].overflow = "fold"
    judged = found.frame.filter(pl.col("status") != "not applicable")
    for row in judged.sort(pl.col("status") != "passed", maintain_order=True).iter_rows(named=True):
        words = [row["table"], row["expectation"], row["observed_text"], row["expected_text"], row["status"]]
        table.add_row(*(escape(words_of(word)) for word in words))
    console.print(table)
    for row in judged.filter(pl.col("status") != "passed").iter_rows(named=True):
        console.print(f"\n{words_of(row['message'])}", markup=False, soft_wrap=True)
    console.print()
    for note in found.notes:
        console.print(words_of(note), markup=False, soft_wrap=True)
    console.print(words_of(f"{found.verdict}: {found.index}"), markup=False, soft_wrap=True)
