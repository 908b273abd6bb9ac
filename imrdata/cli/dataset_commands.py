"""Commands of built datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imrdata.cli.application import app
from imrdata.datasets.builds import build as build_dataset
from imrdata.errors import ImrDataError, printable


@app.command()
def build(
    source: Annotated[list[str], typer.Argument(help="Files, folders, globs or .zip archives, and last the dataset.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that read; one a core if not given.")] = None,
) -> None:
    """Build or update a dataset of letters: imrdata build SOURCE... DEST.

    Stopped at any moment, the same command goes on. Letters that the dataset knows are not read again. Exit code 1
    if anything is in quarantine.
    """
    if len(source) < 2:  # noqa: PLR2004 - a source and a destination
        raise typer.BadParameter("name a source and the folder of the dataset")
    *sources, dest = source
    try:
        report = build_dataset([Path(one) for one in sources], dest, workers)
    except (ImrDataError, OSError) as error:
        typer.echo(printable(str(error)), err=True)
        raise typer.Exit(3) from None
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on where it was", err=True)
        raise typer.Exit(130) from None
    typer.echo(printable(str(report)))
    if report.quarantined_count:
        raise typer.Exit(1)
