"""The application that the other modules add commands to, and the handling of their errors."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from imrdata import errors
from imrdata.cli.printing import refuse
from imrdata.version import __version__

QUARANTINED, DIFFERS, EXPECTATION_FAILS, EXPECTATION_NOT_COMPUTED, NOT_FETCHED, STOPPED = 1, 11, 12, 13, 14, 130
EXIT_CODES: dict[type[Exception], int] = {
    errors.SourceError: 3,
    errors.LetterError: 4,
    errors.DatasetError: 5,
    errors.CorrectionError: 6,
    errors.ValidationError: 7,
    errors.UnknownTermError: 8,
    errors.MissingExtraError: 9,
    OSError: 10,
}

Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV for other programs.")]
Ocr = Annotated[str, typer.Option(help="Use text recognition on images of pages: never, auto, or always.")]


def place(name: str) -> str | Path:
    """Return a source named on the command line, where a name with a line break is never the text of a letter."""
    return Path(name) if "\n" in name or "\r" in name else name


class _Commands(TyperGroup):
    """Commands whose errors are printed and turned into exit codes."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of the output has closed it
            raise
        except KeyboardInterrupt:
            typer.echo("stopped; stored data is kept; run the same command to resume", err=True)
            raise typer.Exit(STOPPED) from None
        except (errors.ImrDataError, OSError) as error:
            refuse(error)
            raise typer.Exit(next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))) from None


app = typer.Typer(
    name="imrdata",
    cls=_Commands,
    help="California workers' compensation IMR letters as validated tables.",
    no_args_is_help=True,
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
    """Read IMR letters into validated tables."""
    warnings.simplefilter("ignore", errors.ImrDataWarning)  # the commands print this themselves
