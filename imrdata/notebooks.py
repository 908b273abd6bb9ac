"""List and copy the notebooks that ship with the package."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from imrdata.datasets.system import require_destination, write_whole
from imrdata.errors import SourceError
from imrdata.resources import data_root


def example_notebooks() -> pl.DataFrame:
    """List the notebooks that ship with the package; ``imrdata notebooks DEST`` copies them.

    Returns:
        A frame, one row per notebook in reading order: ``name`` (String, without ``.ipynb``), ``title`` (String, the
        question it answers) and ``path`` (String, the path of the installed file).

    Example:
        >>> import imrdata
        >>> imrdata.notebooks.example_notebooks().select("name", "title").row(0)
        ('01_load_decisions', 'What do the letters decide?')
    """
    rows = [(path.stem, _title(path), str(path)) for path in _paths()]
    return pl.DataFrame(rows, schema={"name": pl.String, "title": pl.String, "path": pl.String}, orient="row")


def copy_notebooks(destination: Path, *, overwrite: bool = False) -> list[Path]:
    """Copy the notebooks into a folder, which is created if it does not exist; return the copies, in reading order.

    Either all are copied or none: existing files are found before anything is written, and links are refused.
    """
    copies = [(path, destination / path.name) for path in _paths()]
    require_destination(destination)
    if destination.exists() and not destination.is_dir():
        raise SourceError("is no folder", step="notebooks", reason="not_a_folder", source=str(destination))
    in_the_way = [copy.name for _, copy in copies if copy.exists()]
    if in_the_way and not overwrite:
        message = f"already contains {len(in_the_way)} of the notebooks: {', '.join(in_the_way)}"
        raise SourceError(message, step="notebooks", reason="file_exists", source=str(destination))
    destination.mkdir(parents=True, exist_ok=True)
    for path, copy in copies:
        write_whole(copy, path.read_bytes())
    return [copy for _, copy in copies]


def _paths() -> list[Path]:
    return sorted((data_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def _title(path: Path) -> str:
    """Return the first heading of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = "".join(cells[0]["source"]).splitlines()
    return lines[0].lstrip("# ") if lines else path.stem
