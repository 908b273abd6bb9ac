"""Test the wheel: its contents, and that it works in an empty environment with the newest and oldest dependencies.

pip must be able to install packages. Run it with ``make test-wheel``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from conftest import GUARD, ROOT

import imrdata

pytestmark = pytest.mark.wheel
INSTALLING = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # pip uses its index
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], env=INSTALLING, check=True)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


# --- CONTENTS --- #


def tracked(folder: str) -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]


def test_all_that_the_package_needs_is_in_and_nothing_else(wheel: Path) -> None:
    assert wheel.name == f"imrdata-{imrdata.__version__}-py3-none-any.whl"
    wanted = set(tracked("imrdata"))
    for folder, place in FOLDERS.items():
        wanted |= {place + name.removeprefix(folder) for name in tracked(folder)}
    assert {"imrdata/py.typed", "imrdata/_data/seeds/letters/synthetic.zip"} < wanted
    assert {"imrdata/_data/schemas/datapackage.json", "imrdata/_data/schemas/letter.json"} < wanted
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == wanted
    assert not [name for name in found if re.search(r"tests?/|benchmarks/|\.ci/|shared|\.pdf$", name)]


def test_metadata_says_what_the_project_says(metadata: Message) -> None:
    project = PYPROJECT["project"]
    assert (metadata["Name"], metadata["Version"]) == ("imrdata", imrdata.__version__)
    assert metadata["Summary"] == project["description"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == project["requires-python"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().strip() == (ROOT / "README.md").read_text().strip()
    assert set(metadata.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    assert len(core_of(metadata)) == len(project["dependencies"])


def core_of(metadata: Message) -> list[str]:
    return [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]


# --- AN EMPTY ENVIRONMENT --- #


@pytest.fixture(scope="module", params=["newest", "oldest"])
def environment(
    request: pytest.FixtureRequest, wheel: Path, metadata: Message, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Install the wheel and its newest or oldest dependencies in an environment; return the folder of its programs."""
    folder = tmp_path_factory.mktemp(str(request.param))
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    bounds = [re.sub(r">=([^,]+).*", r"==\1", re.sub(r"<[^,>]+,(?=>=)", "", one)) for one in core_of(metadata)]
    assert all("==" in one for one in bounds), bounds
    oldest = bounds if request.param == "oldest" else []
    command = [programs / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install", wheel, *oldest]
    subprocess.run(command, env=INSTALLING, check=True)
    return programs


def run(environment: Path, program: str, *arguments: str) -> str:
    """Run a program of the environment outside any checkout, and return its output."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "IMRDATA", "VIRTUAL"))}
    bare["PYTHONPATH"] = str(GUARD)
    command = [environment / program, *arguments]
    done = subprocess.run(command, cwd=environment.parent, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(environment: Path, code: str) -> str:
    return run(environment, "python", "-W", "ignore", "-c", code).strip()


def test_the_core_is_small(environment: Path) -> None:
    lines = run(environment, "python", "-m", "pip", "--disable-pip-version-check", "list", "--format", "freeze")
    names = {line.split("==")[0].lower() for line in lines.splitlines()}
    assert {"imrdata", "polars", "pandera"} < names
    assert not names & {"pandas", "numpy", "pyarrow"}
    assert len(names - {"pip", "setuptools"}) < 25, sorted(names)


def test_the_sample_loads(environment: Path) -> None:
    shape = imrdata.load_decisions(imrdata.example_letter()).width
    code = "import imrdata; rows = imrdata.load_decisions(); print(rows.shape, rows['outcome'].value_counts().height)"
    assert python(environment, code) == f"(2530, {shape}) 2"


def test_rules_are_looked_at_and_told(environment: Path) -> None:
    code = """
import imrdata, polars as pl
rows = imrdata.load_decisions(imrdata.example_letter())
for broken in (rows.with_columns(drugs=pl.lit([""])), rows.with_columns(x=1), pl.concat([rows, rows])):
    try:
        imrdata.validate(broken)
    except imrdata.errors.ValidationError as error:
        print(error.failures["rule"][0].split(":")[0])
"""
    assert python(environment, code).split() == ["list_of_words", "column_in_schema", "multiple_fields_uniqueness"]


def test_a_dataset_is_built_and_read(environment: Path, tmp_path: Path) -> None:
    example = python(environment, "import imrdata; print(imrdata.example_letter())")
    assert "holds 1 letters" in run(environment, "imrdata", "build", example, str(tmp_path / "data"))
    code = f"import imrdata; print(imrdata.load({str(tmp_path / 'data')!r}))"
    counts = "1 letters, 1 decisions, 3 citations, 0 quarantined"
    assert python(environment, code) == f"Dataset({counts}; dataset version 1, imrdata {imrdata.__version__})"
    assert (tmp_path / "data" / "datapackage.json").is_file()


def test_the_command_line(environment: Path) -> None:
    assert "synthesize" in run(environment, "imrdata", "--help")
    assert run(environment, "imrdata", "--version").strip() == f"imrdata {imrdata.__version__}"
    example = python(environment, "import imrdata; print(imrdata.example_letter())")
    assert "Nothing was quarantined" in run(environment, "imrdata", "check", example)


def test_a_missing_extra_gives_the_pip_line(environment: Path, tmp_path: Path) -> None:
    code = """
import imrdata.spark, imrdata.quality
for ask in (lambda: imrdata.spark.build(None, ".", "data"), lambda: imrdata.quality.report(None, "quality"),
            lambda: __import__("imrdata.charts")):
    try:
        ask()
    except imrdata.errors.MissingExtraError as error:
        print(str(error).split(": ")[-1])
"""
    extras = ("spark", "quality", "notebooks")
    assert python(environment, code).splitlines() == [f"pip install 'imrdata[{extra}]'" for extra in extras]


# --- A USER'S PROJECT --- #


def strict(environment: Path, project: Path) -> str:
    """Run our mypy on a user's project with the packages of the environment, and return its output."""
    found = environment / ("python.exe" if os.name == "nt" else "python")
    command = [sys.executable, "-m", "mypy", "--python-executable", found, "--cache-dir", project / "cache", "."]
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPY"))}
    bare["PYTHONPATH"] = str(GUARD)
    return subprocess.run(command, cwd=project, env=bare, capture_output=True, text=True, check=False).stdout


def test_a_user_project_runs_and_its_types_are_checked(environment: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(ROOT / "tests" / "user_project", tmp_path / "project"))
    said = run(environment, "python", str(project / "spine_study.py")).splitlines()
    assert said == ["['provenance', 'is_spine', 'decided_count'] 1 [] {'MTUS'}", "lacks is_spine"]
    assert strict(environment, project).startswith("Success")
    module = project / "spine_study.py"
    right = module.read_text()
    for number, (words, mistake, error) in enumerate(
        (
            ("small_below=", "small_bellow=", 'Unexpected keyword argument "small_bellow"'),
            ("letter.requests", "letter.request", '"Letter" has no attribute "request"'),
            ("data.decisions", "data.decision", '"Dataset" has no attribute "decision"'),
        )
    ):
        assert words in right
        module.write_text(right.replace(words, mistake, 1))
        os.utime(module, (number, number))  # mypy treats files with the same size and second of change as equal
        assert error in strict(environment, project)


# --- THE NOTEBOOKS --- #


def test_the_notebooks_of_the_wheel_run(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    command = [programs / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*command, f"{wheel}[notebooks]"], env=INSTALLING, check=True)
    copies = tmp_path / "copies"
    listed = run(programs, "imrdata", "notebooks", str(copies))
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in copies.iterdir()} == names
    assert all(name in listed for name in names)
    run(programs, "jupyter", "execute", "--inplace", str(copies / "03_outcomes.ipynb"))
    cells = json.loads((copies / "03_outcomes.ipynb").read_text())["cells"]
    drawn = [output for cell in cells for output in cell.get("outputs", ()) if "data" in output]
    assert any("application/vnd.vegalite.v5+json" in output["data"] for output in drawn)
    assert (copies / "03_outcomes.ipynb").read_bytes() != (ROOT / "notebooks" / "03_outcomes.ipynb").read_bytes()
