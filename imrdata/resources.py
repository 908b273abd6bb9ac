"""The package's own data: ``seeds/`` and ``schemas/`` of a checkout, or their copies in a wheel.

Vocabularies are CSV files that a domain expert can correct. They are read on first use and cached.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from imrdata.errors import UnknownTermError, alternatives
from imrdata.version import __version__

_Record = TypeVar("_Record")
PACKAGE = Path(__file__).resolve().parent


@cache
def data_root() -> Path:
    """Return the folder that contains ``seeds/`` and ``schemas/``.

    A checkout has its own ``pyproject.toml`` beside ``seeds/``; anything else is an installed wheel.
    """
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "seeds" / "letters").is_dir():
        return checkout
    return PACKAGE / "_data"


def bundled_letters() -> Path:
    """Return the folder of the letters that ship with the package."""
    return data_root() / "seeds" / "letters"


def bundled_sample() -> Path:
    """Return the folder of the dataset built from the letters that ship with the package."""
    return data_root() / "seeds" / "sample"


@cache
def vocabulary(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of ``seeds/vocabularies/<name>.csv``, in the order of the file."""
    folder = data_root() / "seeds" / "vocabularies"
    path = folder / f"{name}.csv"
    if not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.csv"))
        raise UnknownTermError(f"no vocabulary {name!r}; {alternatives(name, known)}", reason="unknown_vocabulary")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def records(kind: type[_Record], name: str) -> tuple[_Record, ...]:
    """Return the rows of a vocabulary as instances of a dataclass whose fields are columns of the file."""
    columns = [(one.name, _READERS[str(one.type)]) for one in fields(kind)]  # type: ignore[arg-type]
    return tuple(kind(**{column: read(row[column]) for column, read in columns}) for row in vocabulary(name))


@cache
def patterns(name: str, *kinds: str) -> str:
    """Return the patterns of some kinds of rows of a vocabulary, as one alternation."""
    return "|".join(row["pattern"] for row in vocabulary(name) if row["kind"] in kinds)


@cache
def words_pattern(shape: str, name: str, *kinds: str) -> re.Pattern[str]:
    """Return a regular expression in which ``WORDS`` is replaced by the `patterns` of a vocabulary, compiled once."""
    return re.compile(shape.replace("WORDS", f"(?:{patterns(name, *kinds)})"))


@cache
def reader_version() -> str:
    """Return the package's version and a digest of its vocabularies; the same version reads letters the same way."""
    digest = hashlib.sha256()
    for path in sorted((data_root() / "seeds" / "vocabularies").glob("*.csv")):
        digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"


def split_cell(joined: str) -> tuple[str, ...]:
    """Split a cell that holds several values, separated by ``; ``."""
    return tuple(joined.split("; ")) if joined else ()


# How a cell is read into a field of a dataclass, by the annotation of the field.
_READERS: dict[str, Callable[[str], object]] = {
    "str": str,
    "int": int,
    "float": float,
    "date": date.fromisoformat,
    "tuple[str, ...]": split_cell,
    "tuple[int, ...]": lambda joined: tuple(map(int, split_cell(joined))),
}
