"""Commands that read letters and print them: demo, show, check, diff."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import polars as pl
import typer

from imrdata.cli.application import DIFFERS, QUARANTINED, Csv, Json, Ocr, app, place
from imrdata.cli.printing import (
    SHOWN,
    as_options,
    console,
    print_csv,
    print_frame,
    print_letter,
    print_summary,
    reasons,
)
from imrdata.datasets.bundled import example_letter
from imrdata.datasets.dataset import Dataset
from imrdata.datasets.differences import difference_counts, differences
from imrdata.datasets.loading import load
from imrdata.datasets.one_letter import read_letter
from imrdata.resources import data_root
from imrdata.synthetic import pdf_of, synthesize
from imrdata.tables.frames import frames
from imrdata.terms import SEVERITIES

_IN_DEMO, _MADE = 6, 4
_SHOWN_IN_DEMO = {
    "decisions": "case_number request_text treatment_category outcome decision_date",
    "letters": "case_number decision_date reviewer_specialties case_outcome provenance",
    "citations": "case_number cited_by guideline_source guideline_title edition_year",
}
_IN_CHECKOUT = "make lab                  the notebooks, in JupyterLab"
_INSTALLED = "imrdata notebooks FOLDER  notebooks to work in"
_NEXT = """
Where to go next:
  imrdata check FOLDER      read your own letters and see what could not be read, and why
  imrdata show LETTER       one letter, field by field
  {notebooks}
  python -c "import imrdata; print(imrdata.load_decisions())\""""
_OF_A_LETTER = ["decision_date", "request_count", "case_outcome", "provenance"]


@app.command()
def demo() -> None:
    """Read a few letters, and print the tables of the sample."""
    with TemporaryDirectory() as folder:
        shutil.copy(example_letter(), folder)
        for letter in synthesize(_MADE, seed=1):
            (Path(folder) / letter.name).with_suffix(".pdf").write_bytes(pdf_of(letter.text))
        read = load(folder)
        made = read.letters.select(pl.col("source").map_elements(os.path.basename, pl.String), *_OF_A_LETTER)
    print_frame("a published letter and some synthetic PDFs, read just now", made)
    data = load()
    counted = data.letters.group_by("provenance").len().sort("provenance").rows()
    counts = ", ".join(f"{count:,} {kind}" for kind, count in counted)
    console.print(
        f"The sample that ships with imrdata: {counts} letters. Do not quote figures from synthetic letters.\n"
    )
    for table, names in _SHOWN_IN_DEMO.items():
        print_frame(table, data.tables()[table].select(names.split()), rows=_IN_DEMO)
    print_summary(data)
    is_checkout = (data_root() / "Makefile").exists()
    console.print(_NEXT.format(notebooks=_IN_CHECKOUT if is_checkout else _INSTALLED), markup=False)


@app.command()
def show(
    letter: Annotated[
        str, typer.Argument(help="A PDF, Markdown, HTML, or text file, or a value of the column source.")
    ],
    ocr: Ocr = "never",
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Print one letter, field by field; as CSV, one row per request."""
    _require_one(as_json=as_json, as_csv=as_csv)
    record = read_letter(letter, ocr=ocr)
    if as_json:
        typer.echo(json.dumps(record.to_dict(), indent=1))
    elif as_csv:
        print_csv(frames([record])["decisions"])
    else:
        print_letter(record)


@app.command()
def check(
    source: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, or .zip archives of letters; or a dataset.")
    ],
    ocr: Ocr = "never",
    everything: Annotated[bool, typer.Option("--all", help="Print all diagnostics instead of the first 20.")] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Read and validate letters; print what was quarantined and why. The exit code is 1 if anything was.

    JSON holds the summary, the quarantine and the diagnostics; CSV is one table of the last two.
    """
    _require_one(as_json=as_json, as_csv=as_csv)
    places = [place(one) for one in source]
    data = load(places if len(places) > 1 else places[0], ocr=ocr)
    if as_json or as_csv:
        _print_for_programs(data, as_json=as_json)
        raise typer.Exit(QUARANTINED if data.quarantine.height else 0)
    print_summary(data)
    if data.diagnostics.height:
        shown = data.diagnostics.height if everything else SHOWN
        columns = ["case_number", "request_number", "code", "message"]  # four fit a terminal
        print_frame("findings that are not errors", data.diagnostics.select(columns), rows=shown)
        if shown < data.diagnostics.height:
            console.print("  --all prints them; --csv and --json do, too\n", markup=False)
    if data.quarantine.height:
        message = pl.col("message").map_elements(as_options, pl.String)
        print_frame("quarantined", data.quarantine.select("source", "reason", message), rows=data.quarantine.height)
        met = set(data.quarantine["reason"])
        rows = [row for code, row in reasons().items() if code in met]
        for row in sorted(rows, key=lambda row: SEVERITIES.index(row["severity"])):
            console.print(f"{row['code']} ({row['severity']}): {row['what_to_do']}", markup=False)
        raise typer.Exit(QUARANTINED)
    console.print("\nNothing was quarantined. Every row keeps the contract of its table.")


def _require_one(*, as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv")


def _print_for_programs(data: Dataset, *, as_json: bool) -> None:
    tables = {"quarantine": data.quarantine, "diagnostics": data.diagnostics}
    if as_json:
        rows = {name: frame.rows(named=True) for name, frame in {"summary": data.summary(), **tables}.items()}
        typer.echo(json.dumps(rows, indent=1))
        return
    parts = [frame.select(pl.lit(name).alias("table"), pl.all()) for name, frame in tables.items()]
    print_csv(pl.concat(parts, how="diagonal"))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A dataset, or files or a folder of letters.")],
    after: Annotated[str, typer.Argument(help="Another dataset, or another reading of the same letters.")],
) -> None:
    """Count the fields that differ between two readings. The exit code is 11 if any differ."""
    found = differences(*(load(place(one)).tables() for one in (before, after)))
    if found.is_empty():
        console.print("No field differs.")
        return
    counted = difference_counts(found)
    print_frame("differences", counted, rows=counted.height)
    raise typer.Exit(DIFFERS)
