"""Test the notebooks as files, and on real letters if available; nbval runs them on the sample."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import imrdata
from imrdata.notebooks import copy_notebooks

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LETTERS = ROOT.parent / "shared" / "letters"
MOST_LINES = 10  # of a cell; longer code belongs in the package
VEGA = "application/vnd.vegalite.v5+json"
PUBLIC = re.compile(
    r"(?:import (?:os|tempfile|warnings|imrdata|polars as pl)|from pathlib import Path"
    r"|from imrdata import (?:charts|dwc|review|synthetic)(?:, (?:charts|dwc|review|synthetic))*"
    r"|from imrdata\.errors import SampleWarning|from imrdata\.quality import report)"
)


def notebook(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in notebook(path).cells if cell.cell_type == "code"]


def test_the_list_of_notebooks_is_that_of_the_folder() -> None:
    listed = imrdata.notebooks.example_notebooks()
    assert listed["name"].to_list() == [path.stem for path in PATHS]
    assert all(title.endswith("?") for title in listed["title"])  # one question per notebook


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_short_public_and_ran_without_error(path: Path) -> None:
    for cell in code_cells(path):
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#")]
        assert len(lines) <= MOST_LINES, cell.source
        imports = [line for line in lines if re.match(r"\s*(?:import|from)\b", line)]
        assert [line for line in imports if not PUBLIC.fullmatch(line)] == []
        assert "._" not in cell.source
        assert [output for output in cell.outputs if output.output_type in ("error", "stream")] == []
    assert all(cell.metadata.get("execution") is None for cell in notebook(path).cells)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_word_that_a_notebook_filters_by_is_in_a_row_of_the_sample(path: Path) -> None:
    for cell in code_cells(path):
        shown = "".join(str(output.get("data", "")) for output in cell.outputs)
        for argument in re.findall(r"\.str\.contains\(([^()]+)\)", cell.source):
            written = argument if '"' in argument else cell.source.partition(f"{argument} = ")[2]
            pattern = written.split('"')[1]
            assert [words for words in pattern.split("|") if not re.search(words, shown)] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_table_that_is_cut_says_so_in_its_title(path: Path) -> None:
    for cell in code_cells(path):
        if re.search(r"(?<!str)\.(?:head|tail|limit|slice)\(", cell.source) and "charts." in cell.source:
            assert re.search(r'title = ?f?"[^"]*(?:first|The ten)|title=f?"[^"]*(?:first|The ten)', cell.source), (
                cell.source
            )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_path_of_the_machine_that_ran_it(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.:/<-])/(?:home|root|tmp|work|Users|var)/[\w./-]+", written) == []
    assert str(Path.home()) not in written


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_whose_letters_are_counted_is_told_before_any_figure(path: Path) -> None:
    shown = [cell for cell in code_cells(path) if cell.outputs]
    first = "".join(str(output.get("data", output.get("text", ""))) for output in shown[0].outputs)
    assert re.search(r"[\d,]+ (?:published|synthetic) letters?\b", first), first
    charts = [output.data[VEGA] for cell in shown for output in cell.outputs if VEGA in output.get("data", {})]
    assert all(
        chart["title"]["subtitle"][0].endswith(": do not quote figures from synthetic letters") for chart in charts
    )


@pytest.mark.skipif(not LETTERS.is_dir(), reason="the real letters are not beside this checkout")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end_on_real_letters(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMRDATA_DATASET", str(LETTERS))
    (copy,) = [one for one in copy_notebooks(tmp_path) if one.name == path.name]
    if path.stem == "07_your_own_letters":  # which takes no dataset
        copy.write_text(copy.read_text().replace("SOURCE = None ", f"SOURCE = {str(LETTERS)!r} "))
    ran = NotebookClient(
        notebook(copy), timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = "".join(
        str(output.get("data", "")) for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs
    )
    assert "synthetic letter" not in shown
    assert path.stem == "02_read_a_letter" or "published letter" in shown


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_table_of_some_rows_says_in_its_title_that_there_are_more(path: Path) -> None:
    for cell in code_cells(path):
        if re.search(r"charts\.table\([^\n]*\.(head|tail)\(", cell.source):
            assert re.search(r"title ?= ?f?\"[^\"]*(first|most)[^\"]*\{[^}]*height", cell.source), cell.source


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_an_exported_page_keeps_every_chart_as_a_picture(path: Path) -> None:
    bundles = [output.get("data", {}) for cell in code_cells(path) for output in cell.outputs]
    charts = [bundle for bundle in bundles if VEGA in bundle]
    page, _ = HTMLExporter(template_name="basic").from_filename(str(path))
    assert page.count('src="data:image/png;base64,') == len(charts)
    assert all(b64decode(bundle["image/png"]).startswith(b"\x89PNG") for bundle in charts)
