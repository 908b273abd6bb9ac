"""Test the commands that get letters against the replica, and the demonstration of all steps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, python_path
from dwc_site import DecisionSearch, Site, letters
from typer.testing import CliRunner, Result

import imrdata
from imrdata import dwc
from imrdata.cli import app

MADE = letters(250)
DAYS = ("--decided-from", "2016-10-03", "--decided-to", "2016-10-09")


def run(*given: object) -> Result:
    return CliRunner().invoke(app, list(map(str, given)))


def test_index_and_fetch_bring_letters_that_build_reads(tmp_path: Path) -> None:
    index, pdfs = tmp_path / "index.parquet", tmp_path / "letters"
    with DecisionSearch(Site(MADE, "extra_column")) as site:
        part = run("index", site.address, *DAYS, "-o", index, "--rate", 1000, "--limit", 3)
        assert (part.exit_code, index.exists()) == (14, False)
        assert "the limit of 3 pages is reached" in part.output
        found = run("index", site.address, *DAYS, "-o", index, "--rate", 1000, "--contact", "me@example.com")
        assert found.exit_code == 0, found.output
        assert "the heading 'Region'" in found.output
        count = dwc.read_index(index)["case_number"].n_unique()
        assert f"rows of {count} cases in {index}" in found.output.replace("\n", "")
        assert len(list((tmp_path / "index_pages").glob("treatment_2016-10-*.html"))) >= 7
        assert run("fetch", index, pdfs, "--rate", 1000, "--limit", 1).exit_code == 14
        done = run("fetch", index, pdfs, "--rate", 1000)
        assert (done.exit_code, "fetched" in done.output) == (0, True)
        assert "imrdata/" in next(iter(site.agents))
    assert imrdata.load_letters(pdfs).height == count


def test_saved_pages_become_an_index_file(tmp_path: Path) -> None:
    assert run("index", dwc.example_pages(), "-o", tmp_path / "new" / "index.parquet").exit_code == 0
    assert dwc.read_index(tmp_path / "new" / "index.parquet").equals(dwc.read_index(dwc.example_pages()))


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("index", "http://www.example.com/search.asp", *DAYS), 3, "not an https address"),
        (("index", "https://www.example.com/search.asp"), 2, "name the first and the last day"),
        (("index", "pages"), 3, "there is no such file"),
    ],
)
def test_what_cannot_be_done_is_said(given: tuple[str, ...], code: int, message: str, tmp_path: Path) -> None:
    done = run(*given, "-o", tmp_path / "index.parquet")
    assert (done.exit_code, message in done.output.replace("\n", " ").replace("  ", " ")) == (code, True), done.output


def test_a_missing_extra_names_its_pip_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("httpx", "selectolax", "selectolax.lexbor"):
        monkeypatch.setitem(sys.modules, package, None)
    for given in (
        ("index", dwc.example_pages(), "-o", tmp_path / "index.parquet"),
        ("index", "https://www.example.com/search.asp", *DAYS, "-o", tmp_path / "index.parquet"),
    ):
        done = run(*given)
        assert done.exit_code == 9
        assert "pip install 'imrdata[fetch]'" in done.output.replace("\n", " ")


def test_the_demonstration_runs_to_its_end(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "tests" / "dwc_site.py"), "demo", str(tmp_path)]
    done = subprocess.run(
        script, capture_output=True, text=True, check=False, cwd=tmp_path, env={"PYTHONPATH": python_path(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    assert "letters of the index were read, 0 fields differ" in done.stdout
