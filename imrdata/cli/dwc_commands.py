"""Commands that get letters: the index of the state's decision search, and the letters listed in it."""

from __future__ import annotations

import warnings
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from imrdata import dwc
from imrdata.cli.application import NOT_FETCHED, app, arguments_checked
from imrdata.cli.printing import print_frame, refuse
from imrdata.datasets.sources import ADDRESS
from imrdata.datasets.system import require_destination
from imrdata.dwc.saved_pages import write_frame
from imrdata.errors import ImrDataWarning, SourceError, printable

_Rate = Annotated[float, typer.Option(min=0.001, help="Maximum requests per second.")]
_Contact = Annotated[str | None, typer.Option(help="Contact to send to the site, such as an email address.")]
_Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A decision date, as 2016-12-19.")]


@app.command()
def index(
    source: Annotated[str, typer.Argument(help="The URL of the search, or saved pages and lists.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The index to write, a .parquet file.")],
    *,
    decided_from: _Day = None,
    decided_to: _Day = None,
    cases: Annotated[bool, typer.Option("--cases", help="Use the case search, for outcomes of whole cases.")] = False,
    rate: _Rate = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Maximum number of pages to request in this run.")] = None,
    contact: _Contact = None,
) -> None:
    """Write an index of the letters that the state's search lists.

    imrdata index URL --decided-from 2016-12-01 --decided-to 2016-12-31 -o FILE. Needs the extra [fetch].

    Each page of results is saved in a folder beside the index and not requested again. If the command is stopped, run
    it again to resume. If the limit is reached before the last page, the exit code is 14 and no index is written. Read
    the site's terms of use before you let a program send requests.
    """
    if output.suffix.lower() != ".parquet":
        raise typer.BadParameter("the index is a .parquet file", param_hint="--output")
    require_destination(output)
    with warnings.catch_warnings(record=True) as told, arguments_checked():
        warnings.simplefilter("always", ImrDataWarning)
        if not ADDRESS.match(source):
            found = dwc.read_index(source)
        elif decided_from is None or decided_to is None:
            raise typer.BadParameter("name the first and the last day, --decided-from and --decided-to")
        else:
            pages = output.with_name(f"{output.stem}_pages")
            kind = "case" if cases else "treatment"
            days = (decided_from.date(), decided_to.date())
            try:
                found = dwc.search(source, *days, pages=pages, kind=kind, rate=rate, limit=limit, contact=contact)
            except SourceError as error:
                if error.reason != "limit_reached":
                    raise
                refuse(error)
                raise typer.Exit(NOT_FETCHED) from None
    for one in told:
        typer.echo(printable(str(one.message)), err=True)
    write_frame(found, output)
    count = found["case_number"].n_unique()
    typer.echo(printable(f"{found.height:,} rows of {count:,} cases in {output}"))


@app.command()
def fetch(
    index: Annotated[Path, typer.Argument(help="An index, or saved pages and lists.")],
    dest: Annotated[Path, typer.Argument(help="A folder for the letters; created if missing.")],
    rate: _Rate = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Maximum number of letters to request in this run.")] = None,
    contact: _Contact = None,
) -> None:
    """Fetch the letters of an index: imrdata fetch INDEX FOLDER. Needs the extra [fetch].

    If it is stopped, run the same command to resume; nothing is fetched twice. The folder contains a log. The exit
    code is 14 if letters are not fetched yet, or could not be.
    """
    with arguments_checked():
        report = dwc.fetch(index, dest, rate=rate, limit=limit, contact=contact)
    print_frame("letters", report["status"].value_counts(sort=True))
    others = report.filter(~report["status"].is_in(["fetched", "waiting"]))
    if others.height:
        print_frame("not fetched", others.select("case_number", "status", "http_status", "message"))
    if (report["status"] != "fetched").any():
        raise typer.Exit(NOT_FETCHED)
