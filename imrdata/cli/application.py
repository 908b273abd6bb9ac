"""The application that the other modules add commands to, and the handling of their errors."""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from imrdata import errors
from imrdata.cli.printing import refuse
from imrdata.version import __version__

QUARANTINED, DIFFERS, EXPECTATION_FAILS, EXPECTATION_NOT_COMPUTED, NOT_FETCHED = 1, 11, 12, 13, 14
FAILED, STOPPED, CLOSED = 15, 130, 141
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


@contextmanager
def arguments_checked() -> Iterator[None]:
    """Turn the error of a function that gets an invalid argument into that of the command line."""
    try:
        yield
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise typer.BadParameter(str(error)) from None


class _Commands(TyperGroup):
    """Commands whose errors are printed and turned into exit codes."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal may not have all characters
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().main(*arguments, **options)
        except Exception:
            typer.echo(f"imrdata failed. This is a bug of the package:\n{traceback.format_exc()}", err=True)
            sys.exit(FAILED)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        with _exit_codes():  # prints the help
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        with _exit_codes():
            return super().invoke(ctx)


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped; stored data is kept; run the same command to resume", err=True)
        raise typer.Exit(STOPPED) from None
    except BrokenPipeError:
        _give_up_output()
        raise typer.Exit(CLOSED) from None
    except (errors.ImrDataError, OSError) as error:
        refuse(error)
        _give_up_output()
        raise typer.Exit(next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))) from None


def _give_up_output() -> None:
    """Discard output that cannot be written, because the end of the program would try again."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for the rest of the program


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
