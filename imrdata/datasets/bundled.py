"""The sample that ships with the package: one published letter and many synthetic ones."""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path

from imrdata.errors import SampleWarning
from imrdata.resources import bundled_letters

_WARNING = (
    "this is the sample that ships with imrdata: nearly all of its letters are synthetic, made by the package; "
    "see the column provenance, and quote no figure of it"
)
_NAMED = "seeds/letters/"  # as in the tables of the sample, wherever the package is installed
_told = threading.Event()  # once per process


def example_letter() -> Path:
    """Return the path of the published letter in the package: one request, upheld, decided 2015-10-23.

    Source:
        California Division of Workers' Compensation, case CM15-0174261.

    Example:
        >>> import imrdata
        >>> imrdata.example_letter().name
        'CM15-0174261.md'
    """
    return bundled_letters() / "CM15-0174261.md"


def bundled_place(name: str) -> str | None:
    """Return the path of a letter of the sample, by its name in the tables; None for any other name."""
    if not name.startswith(_NAMED) or os.path.exists(name):
        return None
    return str(bundled_letters() / name.removeprefix(_NAMED))


def warn_of_synthetic_letters(stacklevel: int) -> None:
    """Warn once per process that the sample has synthetic letters."""
    if not _told.is_set():
        _told.set()
        warnings.warn(_WARNING, SampleWarning, stacklevel=stacklevel + 1)
