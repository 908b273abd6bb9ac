"""Read files, and the members of .zip archives, within limits."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections import Counter
from functools import lru_cache
from pathlib import Path, PurePosixPath

from imrdata.errors import SourceError

MAX_LETTER_BYTES = 32 * 2**20  # the published PDFs have about 30 kB
MAX_MEMBERS = 1_000_000  # of one archive
MAX_RATIO = 200  # of unpacked to packed size of a member; about 10 for text


def open_archive(file: Path | io.BytesIO) -> zipfile.ZipFile:
    """Open an archive; a SourceError if it is damaged, or not an archive."""
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        message = f"the archive cannot be opened: {error}"
        raise SourceError(message, step="source", reason="damaged_archive") from error


@lru_cache(maxsize=2)
def kept_archive(path: Path, size: int, changed: int) -> tuple[zipfile.ZipFile, list[str]]:
    """Open an archive and keep it open, so that its list of members is read only once."""
    archive = open_archive(path)
    return archive, member_names(archive)


def member_names(archive: zipfile.ZipFile) -> list[str]:
    """Return a unique name for each member, in order: the second ``name`` becomes ``name!2``."""
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    names = []
    for info in archive.infolist():
        name = info.filename
        while name in taken:
            counts[info.filename] += 1
            name = f"{info.filename}!{counts[info.filename] + 1}"
        taken.add(name)
        names.append(name)
    return names


def read_member(archive: zipfile.ZipFile, place: int) -> bytes:
    """Read the member at a position; a SourceError if it is damaged, or far larger than a letter."""
    info = archive.infolist()[place]
    if info.file_size > MAX_LETTER_BYTES:
        raise too_large(info.file_size)
    if info.file_size > max(MAX_RATIO * info.compress_size, 2**20):
        raise SourceError("the member is far larger than a letter", step="source", reason="archive_bomb")
    try:
        with archive.open(info) as stream:
            return stream.read(MAX_LETTER_BYTES + 1)
    except Exception as error:  # zipfile, zlib, lzma and bz2 raise many kinds on hostile input
        message = f"the member cannot be unpacked: {error}"
        raise SourceError(message, step="source", reason="damaged_archive") from error


def read_file(path: Path) -> bytes:
    """Read a file; a SourceError if it is missing, unreadable, too large, or no regular file."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):  # reading a pipe could wait forever
                raise SourceError("is no regular file", step="source", reason="unreadable")
            if status.st_size > MAX_LETTER_BYTES:
                raise too_large(status.st_size)
            return file.read(MAX_LETTER_BYTES + 1)
    except FileNotFoundError as error:
        raise SourceError("there is no such file", step="source", reason="missing_path") from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", step="source", reason="unreadable") from error


def climbs_out(member: str) -> bool:
    """Return whether a path is absolute or leads out of the archive."""
    path = PurePosixPath(member.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(member) > 1 and member[1] == ":")


def too_large(size: int) -> SourceError:
    """Return the error for a letter of this size."""
    message = f"has {size / 2**20:,.0f} MiB; a letter has at most {MAX_LETTER_BYTES // 2**20}"
    return SourceError(message, step="source", reason="too_large")
