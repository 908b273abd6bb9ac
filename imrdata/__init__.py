"""California workers' compensation IMR final determination letters as validated polars tables.

The way of a letter through the package, each module knowing only those before it::

    sources     files, folders, archives, bytes -> documents
    text        bytes -> cleaned text (PDF, Markdown, HTML, plain text of any reader)
    sections    cleaned text -> labelled spans
    fields      spans -> values: header, reviewer, patient, requests, treatments, citations
    records     values -> frozen records: Letter, TreatmentRequest, Citation
    tables      records -> polars frames; every column with its type and description
    rules       what each value, and each row, must satisfy
    validation  whether tables keep their rules (pandera), and the keys between tables
    analysis    the verbs of ``frame.imr``: rates with intervals, trends, time limits, search
    batches     some documents at once -> their rows, and which of them are copies or in conflict
    workers     batches are read in processes of their own
    dataset     batches -> a Dataset in memory
    contracts   the tables, and a record, as language-neutral schemas
    store       a dataset on disk: its manifest, its files, reading them
    loading     the public functions: load, load_decisions, read_letter, ...
    builds      letters to a dataset on disk, resumable
    spark       the same builds, read by a cluster
    synthetic   letters made by the package, with their true records
    quality     what a corpus should look like (Great Expectations)
    published   what others published about all letters, beside what letters say
    examples    the notebooks that ship with the package
    charts      charts and tables for notebooks
    cli         the command line

`resources` finds the package's own data, `display` draws in notebooks, `errors` names what can go wrong, and `version`
tells which package it is.

Public names are imported on first use, so that ``import imrdata`` costs little more than ``import polars``, which it
needs to give every frame its ``imr``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from imrdata.analysis import namespace as _namespace  # noqa: F401 - gives every polars frame its imr
from imrdata.version import __version__ as __version__

if TYPE_CHECKING:
    from imrdata.analysis.limits import time_limits as time_limits
    from imrdata.builds import BuildReport as BuildReport
    from imrdata.builds import build as build
    from imrdata.dataset import Dataset as Dataset
    from imrdata.errors import DatasetError as DatasetError
    from imrdata.errors import ImrDataError as ImrDataError
    from imrdata.errors import ImrDataWarning as ImrDataWarning
    from imrdata.errors import LetterError as LetterError
    from imrdata.errors import MissingExtraError as MissingExtraError
    from imrdata.errors import SourceError as SourceError
    from imrdata.errors import UnknownTermError as UnknownTermError
    from imrdata.errors import ValidationError as ValidationError
    from imrdata.examples import example_notebooks as example_notebooks
    from imrdata.loading import example_letter as example_letter
    from imrdata.loading import load as load
    from imrdata.loading import load_citations as load_citations
    from imrdata.loading import load_decisions as load_decisions
    from imrdata.loading import load_letters as load_letters
    from imrdata.loading import read_letter as read_letter
    from imrdata.loading import scan_citations as scan_citations
    from imrdata.loading import scan_decisions as scan_decisions
    from imrdata.loading import scan_letters as scan_letters
    from imrdata.published import compare_with_published as compare_with_published
    from imrdata.published import published_figures as published_figures
    from imrdata.records import Citation as Citation
    from imrdata.records import Letter as Letter
    from imrdata.records import TreatmentRequest as TreatmentRequest
    from imrdata.validation import validate as validate

_HOMES = {
    "BuildReport": "builds",
    "Citation": "records",
    "Dataset": "dataset",
    "DatasetError": "errors",
    "ImrDataError": "errors",
    "ImrDataWarning": "errors",
    "Letter": "records",
    "LetterError": "errors",
    "MissingExtraError": "errors",
    "SourceError": "errors",
    "TreatmentRequest": "records",
    "UnknownTermError": "errors",
    "ValidationError": "errors",
    "build": "builds",
    "compare_with_published": "published",
    "example_letter": "loading",
    "example_notebooks": "examples",
    "load": "loading",
    "load_citations": "loading",
    "load_decisions": "loading",
    "load_letters": "loading",
    "published_figures": "published",
    "read_letter": "loading",
    "scan_citations": "loading",
    "scan_decisions": "loading",
    "scan_letters": "loading",
    "time_limits": "analysis.limits",
    "validate": "validation",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list of str, as _HOMES says


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'imrdata' has no attribute {name!r}")
    value = getattr(import_module(f"imrdata.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
