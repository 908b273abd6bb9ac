"""The public surface: its names, its docstrings, what an import costs."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys

import pytest

import imrdata
from imrdata.analysis.namespace import ImrFrame

FUNCTIONS = [name for name in imrdata.__all__ if inspect.isfunction(getattr(imrdata, name))]
VERBS = [name for name, _ in inspect.getmembers(ImrFrame, inspect.isfunction) if not name.startswith("_")]


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert imrdata.__all__ == sorted(imrdata.__all__)
    assert all(getattr(imrdata, name).__module__.startswith("imrdata.") for name in imrdata.__all__)
    source = inspect.getsource(imrdata)
    assert all(f" import {name} as {name}" in source for name in imrdata.__all__), "type checkers do not see every name"
    assert len(dir(imrdata)) == len(set(dir(imrdata)))
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
