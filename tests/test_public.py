"""Test the public interface: names, docstrings, and the cost of an import."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import re
import subprocess
import sys
from typing import Any

import pytest
import typer
from conftest import ROOT

import imrdata
from imrdata.analysis.namespace import ImrFrame
from imrdata.cli import app
from imrdata.datasets.builds import BuildReport
from imrdata.datasets.builds.correct import CorrectionReport
from imrdata.datasets.history import VacuumReport
from imrdata.letters.model import Citation, TreatmentRequest
from imrdata.tables.columns import columns

CLASSES = [
    *(one for name in imrdata.__all__ if inspect.isclass(one := getattr(imrdata, name))),
    *(BuildReport, CorrectionReport, VacuumReport, TreatmentRequest, Citation),
]
FUNCTIONS = [name for name in imrdata.__all__ if inspect.isfunction(getattr(imrdata, name))]
VERBS = [name for name, _ in inspect.getmembers(ImrFrame, inspect.isfunction) if not name.startswith("_")]


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert imrdata.__all__ == sorted(imrdata.__all__)
    assert all(getattr(imrdata, name).__module__.startswith("imrdata.") for name in imrdata.__all__)
    source = inspect.getsource(imrdata)
    assert all(f" import {name} as {name}" in source for name in imrdata.__all__), "type checkers do not see every name"
    assert len(imrdata.__all__) <= 30
    rooms = {name for name in dir(imrdata) if inspect.ismodule(getattr(imrdata, name))}
    assert dir(imrdata) == sorted([*imrdata.__all__, *rooms, "__version__"])
    assert {"charts", "dwc", "errors", "quality", "review", "spark", "synthetic"} <= rooms
    for room in (imrdata.charts, imrdata.dwc, imrdata.quality, imrdata.review, imrdata.synthetic):
        assert dir(room) == sorted(room.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        imrdata.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("home", "name"),
    [(imrdata, name) for name in FUNCTIONS] + [(ImrFrame, name) for name in VERBS],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_docstrings_tell_what_a_reader_cannot_see_and_their_examples_run(home: object, name: str) -> None:
    function = getattr(home, name)
    text = inspect.getdoc(function) or ""
    assert "Example:" in text
    if set(inspect.signature(function).parameters) - {"self"}:
        assert all(part in text for part in ("Args:", "Returns:", "Raises:"))
    for example in doctest.DocTestFinder().find(function, name, globs={}):
        results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
        assert results.failed == 0
        assert results.attempted > 0


@pytest.mark.parametrize("cls", CLASSES)
def test_attributes_and_methods_of_classes_are_described(cls: type) -> None:
    text = inspect.getdoc(cls) or ""
    assert text.splitlines()[0].endswith(".")
    described = set(re.findall(r"^    (\w+): \S", text, flags=re.MULTILINE))
    if "columns of" in text:
        described |= set(columns())
    fields = {one.name for one in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
    assert fields - described == set()
    for attribute, value in vars(cls).items():
        if not attribute.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            assert (inspect.getdoc(value) or "").splitlines()[0].endswith("."), attribute


def test_what_errors_carry_is_described() -> None:
    text = inspect.getdoc(imrdata.ImrDataError) or ""
    assert set(re.findall(r"^    (\w+): \S", text, flags=re.MULTILINE)) == set(vars(imrdata.ImrDataError("wrong")))
    assert "    failures: " in (inspect.getdoc(imrdata.errors.ValidationError) or "")


def test_examples_of_methods_run() -> None:
    examples = [
        example
        for cls in CLASSES
        for example in doctest.DocTestFinder().find(cls, cls.__name__, globs={})
        if example.examples
    ]
    assert "Letter.to_dict" in [example.name for example in examples]
    for example in examples:
        assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed == 0


COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help_and_the_readme_names_it(name: str) -> None:
    command = COMMANDS[name]
    assert (command.help or "").splitlines()[0].endswith(".")
    for parameter in command.params:
        assert (parameter.help or "").endswith("."), f"{name} {parameter.name}"
    readme = (ROOT / "README.md").read_text()
    assert re.search(rf"^    imrdata {name}\b.*# \S", readme, flags=re.MULTILINE), f"README.md lacks imrdata {name}"


def test_the_readme_names_no_command_that_there_is_not() -> None:
    readme = (ROOT / "README.md").read_text()
    assert set(re.findall(r"^ *imrdata (\w+)", readme, flags=re.MULTILINE)) <= set(COMMANDS)


def test_one_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"^version: (.*)$", citation, flags=re.MULTILINE) == [imrdata.__version__]
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", imrdata.__version__)
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\d+\.\d+\.\d+(?:\.dev\d+)?)", changelog, flags=re.MULTILINE)[1] == imrdata.__version__  # type: ignore[index]


def test_import_brings_in_polars_and_nothing_heavier() -> None:
    heavy = ("polars", "pandera", "pypdfium2", "typer", "tqdm", "altair", "great_tables")
    code = f"import sys, imrdata; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"polars\n"


def test_loading_text_needs_no_pdf_reader_and_no_network() -> None:
    code = """
import sys, socket
def refuse(*_): raise AssertionError("the network is not for this package")
socket.socket.connect = refuse
import imrdata
imrdata.load_decisions()
print("pypdfium2" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"False\n"), done.stderr
