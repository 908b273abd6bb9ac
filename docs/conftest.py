"""Run every Python block of the pages as a test, in a separate folder with some letters of the sample.

``URL`` is the address of a replica of the state's decision search on this machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from shutil import copy, rmtree
from typing import Any

import polars as pl
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

from imrdata.resources import bundled_letters

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from dwc_site import DecisionSearch, Site, letters

LETTERS_IN_FOLDER, LETTERS_ON_SITE = 60, 60


def _begin(namespace: dict[str, Any]) -> None:
    """Start a page in an empty folder with ``letters/``: the published letter, and synthetic ones of the sample."""
    folder = Path(tempfile.mkdtemp(prefix="imrdata-docs-"))
    (folder / "letters").mkdir()
    copy(bundled_letters() / "CM15-0174261.md", folder / "letters")
    with zipfile.ZipFile(bundled_letters() / "synthetic.zip") as archive:
        archive.extractall(folder / "letters", sorted(archive.namelist())[:LETTERS_IN_FOLDER])
    search = DecisionSearch(Site(letters(LETTERS_ON_SITE))).__enter__()
    namespace |= {"URL": search.address, "_search": search}
    namespace["_before"] = (Path.cwd(), os.environ.pop("IMRDATA_DATASET", None), folder)
    namespace["has_spark"] = find_spec("pyspark") is not None
    os.chdir(folder)
    pl.Config.set_tbl_width_chars(100)


def _end(namespace: dict[str, Any]) -> None:
    place, dataset, folder = namespace["_before"]
    namespace["_search"].__exit__()
    os.chdir(place)
    if dataset is not None:
        os.environ["IMRDATA_DATASET"] = dataset
    pl.Config.restore_defaults()
    rmtree(folder)


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md", "**/*.md"],
    setup=_begin,
    teardown=_end,
).pytest()
