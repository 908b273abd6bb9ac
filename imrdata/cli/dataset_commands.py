"""Commands for built datasets."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

import imrdata.datasets.builds as building
from imrdata.cli.application import QUARANTINED, Ocr, app, arguments_checked, place
from imrdata.cli.printing import as_options, print_frame
from imrdata.datasets import history
from imrdata.datasets.builds.correct import correct as correct_values
from imrdata.datasets.corrections import KEY
from imrdata.datasets.exporting import export as write_tables
from imrdata.datasets.loading import load
from imrdata.errors import ImrDataWarning, printable

_Dataset = Annotated[Path, typer.Argument(help="The folder of a built dataset.")]
_Version = Annotated[int | None, typer.Option(help="A version that is kept; the latest if not given.")]


@app.command()
def build(
    source: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, or .zip archives; the dataset comes last.")
    ],
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=building.MOST_WORKERS, help="Number of reading processes; one per core if not given."),
    ] = None,
    *,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read letters again that another version of the package read.")
    ] = False,
    forget_missing: Annotated[
        bool, typer.Option("--forget-missing", help="Remove letters that are no longer in the sources.")
    ] = False,
    search: Annotated[
        bool, typer.Option("--search", help="Keep a full-text index beside the dataset; later builds update it.")
    ] = False,
    keep_unrecognised: Annotated[
        bool, typer.Option("--keep-unrecognised", help="Read letters of unknown layout as far as possible.")
    ] = False,
    ocr: Ocr = "never",
) -> None:
    """Build or update a dataset: imrdata build SOURCE DATASET.

    If it is stopped, run the same command to resume. Letters already in the dataset are not read again. The exit code
    is 1 if anything is in quarantine.
    """
    if len(source) < 2:  # noqa: PLR2004 - a source and a destination
        raise typer.BadParameter("name a source and the folder of the dataset")
    *sources, dest = source
    options = {"reread": reread, "forget_missing": forget_missing, "search": search}
    options["keep_unrecognised"] = keep_unrecognised
    report = building.build([place(one) for one in sources], Path(dest), workers, ocr=ocr, **options)
    typer.echo(as_options(printable(str(report))))
    if report.quarantined_count:
        raise typer.Exit(QUARANTINED)


@app.command()
def versions(dataset: _Dataset) -> None:
    """List the versions of a dataset that are kept."""
    frame = history.versions(dataset)
    counts = [pl.col(f"{name}_count").alias(f"{name}s") for name in ("letter", "decision")]
    time = pl.col("committed_at").dt.to_string("%Y-%m-%d %H:%M")
    names = ["version", time, *counts, pl.col("quarantined_count").alias("quarantined"), "imrdata_version"]
    print_frame("versions", frame.select(names), rows=frame.height)  # six fit a terminal


@app.command()
def vacuum(
    dataset: _Dataset,
    keep_versions: Annotated[int | None, typer.Option(min=0, help="Number of latest versions to keep.")] = None,
    keep_days: Annotated[
        float | None,
        typer.Option(min=0, max=history.MOST_DAYS, help="Keep versions committed within this number of days."),
    ] = None,
) -> None:
    """Remove old versions of a dataset.

    Files that only these versions use are deleted. The latest version always stays.
    """
    if keep_versions is None and keep_days is None:
        raise typer.BadParameter("say what to keep: --keep-versions or --keep-days")
    typer.echo(str(history.vacuum(dataset, keep_versions=keep_versions, keep_days=keep_days)))


@app.command()
def verify(dataset: _Dataset, version: _Version = None) -> None:
    """Check every file, row and key of a dataset.

    Each file must be as it was committed, and every row must keep the rules of its table.
    """
    history.verify(dataset, version=version)
    typer.echo("Every file is as it was committed, and every row keeps the contract of its table.")


@app.command()
def correct(
    dataset: _Dataset,
    corrections: Annotated[
        Path, typer.Argument(help="A CSV file: case_number, request_number, column, value, reason, corrected_by.")
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Undo these corrections.")] = False,
) -> None:
    """Correct values of a dataset. Later builds keep the corrections."""
    report = correct_values(dataset, corrections, undo=undo)
    typer.echo(printable(str(report)))
    without = report.corrections.filter(state="without row").select(KEY, why=pl.lit("without a row"))
    ignored = report.ignored.select(KEY, why=pl.format("row {} ignored, {}", "row", "why"))
    for case_number, request_number, column, why in pl.concat([without, ignored]).iter_rows():
        request = "" if request_number is None else f", request {request_number}"
        typer.echo(printable(f"  {why}: {case_number}{request}, {column}"))


@app.command()
def export(
    source: Annotated[str, typer.Argument(help="A built dataset, or a file, folder or .zip of letters.")],
    destination: Annotated[
        Path, typer.Argument(help="The file to write: .xlsx, .csv, .parquet, .sqlite, .duckdb or .delta.")
    ],
    version: _Version = None,
) -> None:
    """Write the tables to a file: imrdata export DATASET FILE. The file extension sets the format."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ImrDataWarning)
        data = load(place(source), version=version)
        with arguments_checked():
            paths = write_tables(data, destination)
    for path in paths:
        typer.echo(printable(str(path)))
    for one in told:
        typer.echo(printable(str(one.message)), err=True)
