"""The application that the commands of the other modules join."""

from __future__ import annotations

import warnings
from typing import Annotated

import typer

from imrdata.errors import ImrDataWarning
from imrdata.version import __version__

app = typer.Typer(
    name="imrdata",
    help="California workers' compensation IMR letters as validated tables.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"imrdata {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Letters in, validated tables out."""
    warnings.simplefilter("ignore", ImrDataWarning)  # the commands say it themselves
