"""Commands that write what the package ships or makes: notebooks, schemas, synthetic letters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imrdata.cli.application import app
from imrdata.datasets.system import require_destination
from imrdata.errors import printable
from imrdata.notebooks import copy_notebooks, example_notebooks
from imrdata.quality import write_suites
from imrdata.synthetic import synthesize as make_letters
from imrdata.synthetic.sample import files, write_files
from imrdata.tables.exports import write_schemas


@app.command()
def notebooks(
    destination: Annotated[Path, typer.Argument(help="A folder; created if missing.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace notebooks with the same names.")] = False,
) -> None:
    """Copy the notebooks of the package into a folder. Nothing is copied if one of them exists there."""
    copies = copy_notebooks(destination, overwrite=overwrite)
    titles = dict(example_notebooks().select("name", "title").iter_rows())
    for copy in copies:
        typer.echo(printable(f"{copy}  {titles[copy.stem]}"))
    typer.echo(f"\nOpen them with: jupyter lab --notebook-dir {printable(str(destination))}")


@app.command()
def schemas(folder: Annotated[Path, typer.Argument(help="The folder; a checkout uses schemas/.")]) -> None:
    """Write the contracts of the tables and the record as JSON.

    These are a schema per table, their data package, a JSON Schema of a letter, and the expectation suites.
    """
    require_destination(folder)
    for path in (*write_schemas(folder), *write_suites(folder)):
        typer.echo(printable(str(path)))


@app.command()
def synthesize(
    count: Annotated[int, typer.Argument(min=1, max=999_983, help="Number of letters.")],
    destination: Annotated[Path, typer.Argument(help="A new folder, or a new .zip.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same letters.")] = 0,
    first_year: Annotated[int, typer.Option(min=2013, max=2025, help="First year of decision.")] = 2013,
    last_year: Annotated[int, typer.Option(min=2013, max=2025, help="Last year of decision.")] = 2025,
) -> None:
    """Generate synthetic letters. The first line of each page says that it is synthetic."""
    if last_year < first_year:
        raise typer.BadParameter("the last year is before the first")
    made = make_letters(count, seed=seed, years=range(first_year, last_year + 1))
    written = write_files(files(made, seed), destination)
    typer.echo(f"{written:,} synthetic letters in {printable(str(destination))}")
