"""California workers' compensation IMR final determination letters as validated polars tables.

The parts of the package. Each imports only those below it::

    cli         the command line
    notebooks   the notebooks that ship with the package
    charts      charts and tables for notebooks
    quality     checks of a whole corpus (Great Expectations)
    review      checks by people: doubtful fields, random samples, marks, measured accuracy
    spark       builds of datasets on a Spark cluster
    dwc         the state's decision search: index, download and comparison of letters
    datasets    many letters: sources, workers, datasets in memory and on disk, builds
    analysis    the methods of ``frame.imr``: rates with intervals, trends, time limits, search, published figures
    search      full-text search and similar decisions
    tables      columns, tables, rules, validation, and the conversion of records to frames
    synthetic   generated letters with their true records
    letters     the reader of one letter, from bytes to record; no input or output
    display     HTML for notebooks
    figures     published figures about all letters, for computing
    resources   the location of the package's own data
    errors, terms, version

Public names and subpackages are imported on first use, so ``import imrdata`` takes little longer than
``import polars``, which it needs to register ``frame.imr``. The errors are in `imrdata.errors`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from imrdata.analysis import lazy as _lazy  # noqa: F401 - gives every polars frame its imr
from imrdata.datasets import forked as _forked  # noqa: F401 - watches forks
from imrdata.version import __version__ as __version__

if TYPE_CHECKING:
    from imrdata import charts as charts
    from imrdata import dwc as dwc
    from imrdata import errors as errors
    from imrdata import notebooks as notebooks
    from imrdata import quality as quality
    from imrdata import review as review
    from imrdata import spark as spark
    from imrdata import synthetic as synthetic
    from imrdata.analysis.published import compare_with_published as compare_with_published
    from imrdata.analysis.published import published_figures as published_figures
    from imrdata.analysis.time_limits import time_limits as time_limits
    from imrdata.datasets.builds import build as build
    from imrdata.datasets.builds.correct import correct as correct
    from imrdata.datasets.bundled import example_letter as example_letter
    from imrdata.datasets.dataset import Dataset as Dataset
    from imrdata.datasets.exporting import export as export
    from imrdata.datasets.history import dataset_files as dataset_files
    from imrdata.datasets.history import vacuum as vacuum
    from imrdata.datasets.history import verify as verify
    from imrdata.datasets.history import versions as versions
    from imrdata.datasets.loading import load as load
    from imrdata.datasets.loading import load_citations as load_citations
    from imrdata.datasets.loading import load_decisions as load_decisions
    from imrdata.datasets.loading import load_letters as load_letters
    from imrdata.datasets.loading import scan_citations as scan_citations
    from imrdata.datasets.loading import scan_decisions as scan_decisions
    from imrdata.datasets.loading import scan_letters as scan_letters
    from imrdata.datasets.one_letter import read_letter as read_letter
    from imrdata.errors import ImrDataError as ImrDataError
    from imrdata.errors import ImrDataWarning as ImrDataWarning
    from imrdata.letters.model import Letter as Letter
    from imrdata.tables.dictionary import case_number as case_number
    from imrdata.tables.dictionary import columns as columns
    from imrdata.tables.dictionary import values as values
    from imrdata.tables.validation import model as model
    from imrdata.tables.validation import validate as validate

_MODULES = {  # and the public names that they define
    "analysis.published": "compare_with_published published_figures",
    "analysis.time_limits": "time_limits",
    "datasets.builds": "build",
    "datasets.builds.correct": "correct",
    "datasets.bundled": "example_letter",
    "datasets.dataset": "Dataset",
    "datasets.exporting": "export",
    "datasets.history": "dataset_files vacuum verify versions",
    "datasets.loading": "load load_citations load_decisions load_letters scan_citations scan_decisions scan_letters",
    "datasets.one_letter": "read_letter",
    "errors": "ImrDataError ImrDataWarning",
    "letters.model": "Letter",
    "tables.dictionary": "case_number columns values",
    "tables.validation": "model validate",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}
_ROOMS = ("charts", "dwc", "errors", "notebooks", "quality", "review", "spark", "synthetic")

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list of str, as _HOMES says


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"imrdata.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'imrdata' has no attribute {name!r}")
    value = getattr(import_module(f"imrdata.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
