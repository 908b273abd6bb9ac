"""The paths of a dataset's documents, relative to the dataset, so that both can be moved together.

``DEST/.build/place`` has the path of the dataset at its last build, so that the dataset can also be moved alone.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from imrdata.datasets.sources import is_there
from imrdata.datasets.system import write_whole

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # Spark writes file:/letters/1.txt


class Places:
    """The paths of the documents of the dataset in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)
        self._note = Path(self._folder, ".build", "place")
        self._before = (
            self._note.read_text(encoding="utf-8", errors="replace") if self._note.is_file() else self._folder
        )

    @property
    def is_moved(self) -> bool:
        """Return whether the dataset was moved since its last build."""
        return self._before != self._folder

    def note(self) -> None:
        """Store the path of the dataset; call this when its documents were committed."""
        if self.is_moved or not self._note.is_file():
            write_whole(self._note, self._folder)
            self._before = self._folder

    def stored(self, identity: str) -> str:
        """Return the path of a document to store: relative to the dataset, if it can be restored from that."""
        if _ADDRESS.match(identity):
            return identity
        try:
            relative = os.path.relpath(identity, self._folder)
        except ValueError:  # another drive
            return identity
        return relative if _joined(self._folder, relative) == identity else identity

    def found(self, stored: str) -> str:
        """Return a document's current path: moved with the dataset, or as at its last build."""
        if os.path.isabs(stored) or _ADDRESS.match(stored):
            return stored
        here = _joined(self._folder, stored)
        if not self.is_moved or is_there(here):
            return here
        there = _joined(self._before, stored)
        return there if is_there(there) else here


def _joined(folder: str, relative: str) -> str:
    head, tail = os.path.split(relative)
    return os.path.join(_folder_of(folder, head), tail)


@lru_cache(maxsize=4096)
def _folder_of(folder: str, head: str) -> str:
    return os.path.normpath(os.path.join(folder, head))
