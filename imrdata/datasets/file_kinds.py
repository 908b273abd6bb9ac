"""Classify files by name, before they are opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath

from imrdata.letters.case_numbers import case_number_in_name
from imrdata.letters.text.pdf import TURN_ON

LETTER_SUFFIXES = frozenset({".pdf", ".md", ".markdown", ".txt", ".htm", ".html"})
SCAN_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})  # read only with text recognition
IMAGE_SUFFIXES = frozenset({".gif", ".jpg", ".jpeg", ".png"})
# Files beside letters that are not letters, unless their name is a case number. Other kinds are quarantined.
NO_LETTER_SUFFIXES = IMAGE_SUFFIXES | {
    *(".csv", ".tsv", ".json", ".jsonl", ".xml", ".xls", ".xlsx", ".parquet", ".log", ".ini", ".db", ".toml"),
    *(".yaml", ".yml", ".py", ".ipynb", ".sh", ".svg", ".css", ".js"),
}
KINDS = f"{' '.join(sorted(LETTER_SUFFIXES))} .zip"


@dataclass(slots=True)
class Skipped:
    """The number of files that were not opened, because their names show that they are not letters.

    These are hidden files and folders, tables, programs and images. A file named by a case number is quarantined
    instead.
    """

    count: int = 0
    but_scans: bool = False  # scanned images are read as letters instead


def kind_of(name: str, *, are_scans_read: bool = False) -> str:
    """Classify a file in a folder or an archive by its name: letter, archive, none, or unknown."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if any(part.startswith((".", "~$")) and part != ".." for part in path.parts):
        return "none"
    if are_scans_read and is_scan(name):
        return "letter"
    if suffix in NO_LETTER_SUFFIXES:
        return "none" if case_number_in_name(path.name) is None else "unknown"
    if suffix == ".zip":
        return "archive"
    return "letter" if suffix in LETTER_SUFFIXES else "unknown"


def is_scan(name: str) -> bool:
    """Return whether a file is a picture of a format that text recognition reads."""
    return PurePosixPath(name).suffix.lower() in SCAN_SUFFIXES


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder, not a link to one."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # no permission on some file systems; reading the entry reports it
        return False


def unknown_kind(name: str) -> str:
    """Return the message for an unknown kind of file."""
    if is_scan(name):
        return f"the file is a picture; {TURN_ON}"
    return f"files of this kind are not read; letters are {KINDS}"
