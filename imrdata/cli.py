"""The command line. Each command is a public function with flags; exit codes are for scripts.

0: done. 1: done, and something was quarantined, could not be read, fails or differs. 2: the command was called wrongly.
3: it could not be done, for instance because a place is not there; what was committed is not lost. 130: stopped by
Ctrl-C.
"""

from __future__ import annotations

import warnings
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imrdata.datasets.builds import build as build_dataset
from imrdata.datasets.dataset import Dataset
from imrdata.datasets.differences import difference_counts, differences
from imrdata.datasets.loading import load, read_letter
from imrdata.errors import ImrDataError, ImrDataWarning, printable
from imrdata.letters.model import Letter
from imrdata.notebooks import copy_notebooks, example_notebooks
from imrdata.quality import QualityReport, write_suites
from imrdata.quality import report as judge_corpus
from imrdata.resources import data_root, vocabulary
from imrdata.synthetic import synthesize as make_letters
from imrdata.synthetic.sample import files, write_files
from imrdata.tables.columns import contract_of
from imrdata.tables.exports import write_schemas
from imrdata.version import __version__

app = typer.Typer(
    name="imrdata",
    help="California workers' compensation IMR letters as validated tables.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
_console = Console(highlight=False)
_SHOWN, _IN_DEMO = 20, 6


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


@app.command()
def demo() -> None:
    """Read the letters that ship with the package; print the tables and where to go next."""
    data = load()
    counts = ", ".join(
        f"{count:,} {kind}" for kind, count in data.letters.group_by("provenance").len().sort("provenance").rows()
    )
    _console.print(f"The sample that ships with imrdata: {counts} letters. Quote no figure of synthetic letters.\n")
    for title, frame, names in (
        (
            "decisions",
            data.decisions,
            ["case_number", "request_text", "treatment_category", "outcome", "decision_date"],
        ),
        (
            "letters",
            data.letters,
            ["case_number", "decision_date", "reviewer_specialties", "case_outcome", "provenance"],
        ),
        (
            "citations",
            data.citations,
            ["case_number", "cited_by", "guideline_source", "guideline_title", "edition_year"],
        ),
    ):
        _print_frame(title, frame.select(names), rows=_IN_DEMO)
    _print_summary(data)
    _console.print("\nWhere to go next:")
    _console.print(
        "  imrdata check FOLDER      read your own letters and see what could not be read, and why", markup=False
    )
    _console.print("  imrdata show LETTER       one letter, field by field", markup=False)
    if (data_root() / "Makefile").exists():
        _console.print("  make lab                  the notebooks, in JupyterLab", markup=False)
    else:
        _console.print("  imrdata notebooks FOLDER  notebooks to work in", markup=False)
    _console.print('  python -c "import imrdata; print(imrdata.load_decisions())"', markup=False)


@app.command()
def show(letter: Annotated[str, typer.Argument(help="A letter: PDF, Markdown, HTML or text file.")]) -> None:
    """Print one letter, field by field. Exit code 1 if it cannot be read."""
    try:
        record = read_letter(Path(letter))
    except ImrDataError as error:
        _refuse(error)
        raise typer.Exit(1) from None
    _print_letter(record)


@app.command()
def check(
    source: Annotated[list[str], typer.Argument(help="Files, folders, globs or .zip archives of letters.")],
) -> None:
    """Read and validate letters; print what was quarantined and why. Exit code 1 if anything was."""
    try:
        data = load([Path(one) for one in source])
    except ImrDataError as error:
        _refuse(error)
        raise typer.Exit(3) from None
    _print_summary(data)
    if data.diagnostics.height:
        _print_frame("worth knowing, and no error", data.diagnostics)
    if data.quarantine.height:
        _print_frame("quarantined", data.quarantine.select("source", "reason", "message"), rows=data.quarantine.height)
        for reason in data.quarantine["reason"].unique().sort():
            _console.print(f"{reason}: {_what_to_do().get(reason, '')}", markup=False)
        raise typer.Exit(1)
    _console.print("\nNothing was quarantined. Every row keeps the contract of its table.")


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A dataset, or files or a folder of letters.")],
    after: Annotated[str, typer.Argument(help="Another, or the same letters read otherwise.")],
) -> None:
    """Count the fields that differ between two readings, with examples. Exit code 1 if any does."""
    try:
        found = differences(*(load(Path(one)).tables() for one in (before, after)))
    except ImrDataError as error:
        _refuse(error)
        raise typer.Exit(3) from None
    if found.is_empty():
        _console.print("No field differs.")
        return
    counted = difference_counts(found)
    _print_frame("differences", counted, rows=counted.height)
    raise typer.Exit(1)


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


@app.command()
def notebooks(
    destination: Annotated[Path, typer.Argument(help="A folder; made if it is not there.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace notebooks of the same names.")] = False,
) -> None:
    """Copy the notebooks that ship with the package into a folder. Exit code 1 if any is there already."""
    try:
        copies = copy_notebooks(destination, overwrite=overwrite)
    except (ImrDataError, OSError) as error:
        typer.echo(printable(str(error)), err=True)
        raise typer.Exit(1) from None
    titles = dict(example_notebooks().select("name", "title").iter_rows())
    for copy in copies:
        typer.echo(printable(f"{copy}  {titles[copy.stem]}"))
    typer.echo(f"\nOpen them with: jupyter lab --notebook-dir {printable(str(destination))}")


@app.command()
def schemas(folder: Annotated[Path, typer.Argument(help="Where to write; a checkout keeps them in schemas/.")]) -> None:
    """Write the contracts: schemas of the tables, their data package, a JSON Schema of a letter, expectation suites."""
    for path in (*write_schemas(folder), *write_suites(folder)):
        typer.echo(printable(str(path)))


@app.command()
def report(
    source: Annotated[list[str], typer.Argument(help="A built dataset, or letters: files, folders, .zip archives.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write the pages into.")],
    baseline: Annotated[str | None, typer.Option(help="Another dataset to compare with.")] = None,
    engine: Annotated[str, typer.Option(help="pandas, or spark for a built dataset too large for it.")] = "pandas",
) -> None:
    """Judge a corpus as a whole: imrdata report DATASET -o DIR. Needs the extra [quality].

    Row counts, nulls, unknown terms, outcomes and dates are compared with what was published, and with the baseline.
    Exit code 1 if an expectation fails, 3 if one could not be computed.
    """
    sources = [Path(one) for one in source]
    try:
        found = judge_corpus(sources[0] if len(sources) == 1 else sources, output, baseline=baseline, engine=engine)
    except (ImrDataError, OSError) as error:
        typer.echo(printable(str(error)), err=True)
        raise typer.Exit(3) from None
    _print_report(found)
    if not found.passed:
        raise typer.Exit(3 if found.error_count else 1)


@app.command()
def synthesize(
    count: Annotated[int, typer.Argument(min=1, max=999_983, help="How many letters.")],
    destination: Annotated[Path, typer.Argument(help="A new folder, or a new .zip.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same letters.")] = 0,
    first_year: Annotated[int, typer.Option(min=2013, max=2025, help="First year of decision.")] = 2013,
    last_year: Annotated[int, typer.Option(min=2013, max=2025, help="Last year of decision.")] = 2025,
) -> None:
    """Write synthetic letters, to try things with. Each of their pages says in its first line what it is."""
    if last_year < first_year:
        raise typer.BadParameter("the last year is before the first")
    made = make_letters(count, seed=seed, years=range(first_year, last_year + 1))
    try:
        written = write_files(files(made, seed), destination)
    except OSError as error:
        typer.echo(printable(str(error)), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{written:,} synthetic letters in {printable(str(destination))}")


def _print_summary(data: Dataset) -> None:
    table = Table("measure", "count", "share", title="summary", title_justify="left", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for measure, count, share in data.summary().iter_rows():
        table.add_row(measure, f"{count:,}", "" if share is None else f"{share:.1%}")
    _console.print(table)


def _print_report(found: QualityReport) -> None:
    """What was judged, what fails last, where a terminal is read."""
    table = Table("table", "expectation", "observed", "expected", "status", box=None)
    table.columns[1].overflow = "fold"
    judged = found.frame.filter(pl.col("status") != "not applicable")
    for row in judged.sort(pl.col("status") != "passed", maintain_order=True).iter_rows(named=True):
        words = [row["table"], row["expectation"], row["observed_text"], row["expected_text"], row["status"]]
        table.add_row(*(escape(_words(word)) for word in words))
    _console.print(table)
    for row in judged.filter(pl.col("status") != "passed").iter_rows(named=True):
        _console.print(f"\n{_words(row['message'])}", markup=False, soft_wrap=True)
    _console.print()
    for note in found.notes:
        _console.print(_words(note), markup=False, soft_wrap=True)
    _console.print(_words(f"{found.verdict}: {found.index}"), markup=False, soft_wrap=True)


def _print_frame(title: str, frame: pl.DataFrame, rows: int = _SHOWN) -> None:
    table = Table(*frame.columns, title=f"{title} ({frame.height:,} rows)", title_justify="left", box=None)
    for row in frame.head(rows).iter_rows():
        table.add_row(*(escape(_words(value)) for value in row))
    _console.print(table)
    if rows < frame.height:
        _console.print(f"  ... and {frame.height - rows:,} more\n")


def _print_letter(letter: Letter) -> None:
    head = Table(
        title=f"{letter.case_number}: {letter.case_outcome}", title_justify="left", box=None, show_header=False
    )
    for name, column in contract_of("letters").columns.items():
        if name not in ("case_number", "case_outcome") and column.path is not None:
            head.add_row(name, escape(_words(getattr(letter, name))))
    _console.print(head)
    for request in letter.requests:
        heading = f"{request.request_number}. {request.request_text}: {request.outcome}"
        _console.print(f"\n{_words(heading)}", markup=False)
        body = Table(box=None, show_header=False)
        for name, column in contract_of("decisions").columns.items():
            is_own = column.path is not None and not contract_of("decisions").repeats(name)
            if is_own and name not in ("request_number", "request_text", "outcome"):
                body.add_row(f"   {name}", escape(_words(attrgetter(column.path or name)(request))))
        for citation in request.citations:
            cited = (citation.guideline_source, citation.guideline_title, citation.edition_year, *citation.sections)
            pages = f"page {citation.pages}" if citation.pages else None
            words = ", ".join(_words(one) for one in (*cited, pages) if one is not None)
            body.add_row(f"   cited_by {citation.cited_by}", escape(words))
        _console.print(body)
    for diagnostic in letter.diagnostics:
        _console.print(f"\n{diagnostic.code}: {_words(diagnostic.message)}", markup=False)


def _words(value: object) -> str:
    if value is None:
        return ""
    return printable(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _refuse(error: ImrDataError) -> None:
    console = Console(stderr=True, highlight=False)
    console.print(f"{error} [{error.reason}]", markup=False)
    if advice := _what_to_do().get(error.reason):
        console.print(advice, markup=False)


def _what_to_do() -> dict[str, str]:
    """What to do about each reason."""
    return {row["code"]: row["what_to_do"] for row in vocabulary("reasons")}
