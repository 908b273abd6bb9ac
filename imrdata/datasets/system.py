"""Functions that depend on the operating system: limits of processes, whole files on disk, and locks of folders.

Limits work on Linux, macOS and other POSIX systems. Elsewhere, for example on Windows, there are none; then only the
clock stops the reading of a letter that takes too long.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from imrdata.errors import DatasetError

# Exit codes of a process that the system ended because it exceeded its CPU time.
OUT_OF_TIME = (-signal.SIGXCPU,) if hasattr(signal, "SIGXCPU") else ()


def _limits() -> Any:
    """Return the module of resource limits; None if the system has none."""
    return import_module("resource") if os.name == "posix" else None


def limit_memory(extra: int) -> None:
    """Limit the address space of this process to its current size and `extra` bytes."""
    limits = _limits()
    if limits is None:
        return
    used = Path("/proc/self/statm")  # Linux
    pages = int(used.read_text().split()[0]) if used.exists() else 0
    most = pages * limits.getpagesize() + extra
    limits.setrlimit(limits.RLIMIT_AS, (most, most))


def limit_time(seconds: int) -> None:
    """Limit the CPU time of this process from now on; the system ends it afterwards."""
    limits = _limits()
    if limits is None:
        return
    _, most = limits.getrlimit(limits.RLIMIT_CPU)
    limits.setrlimit(limits.RLIMIT_CPU, (int(time.process_time()) + 1 + seconds, most))


@contextmanager
def limited_children(seconds: int) -> Iterator[None]:
    """Let each process that is started here take so many seconds of CPU; the system then ends it."""
    limits = _limits()
    if limits is None:
        yield
        return
    before, most = limits.getrlimit(limits.RLIMIT_CPU)
    # This process may have taken more: it is told so and goes on. What it starts does not inherit the handler.
    handler = signal.signal(signal.SIGXCPU, lambda *_: None)
    limits.setrlimit(limits.RLIMIT_CPU, (seconds, most))
    try:
        yield
    finally:
        limits.setrlimit(limits.RLIMIT_CPU, (before, most))
        signal.signal(signal.SIGXCPU, handler)


def sync_folder(folder: Path) -> None:
    """Force the entries of a folder to disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_destination(path: Path) -> None:
    """Refuse to write to a link, or a folder with links in it. The name must be UTF-8, as for polars."""
    _require_name(path)
    waiting = [os.fspath(path)] if path.is_dir() else []
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                _refuse_link(entry)
                if entry.is_dir():
                    waiting.append(entry.path)


def _require_name(path: Path) -> None:
    _refuse_link(path)
    try:
        os.path.abspath(path).encode()
    except UnicodeEncodeError:
        raise OSError(f"{path} cannot be written: its name, or that of a folder above it, is not UTF-8") from None


def _refuse_link(path: Path | os.DirEntry[str]) -> None:
    if path.is_symlink():
        raise OSError(f"{os.fspath(path)} is a link, and nothing is written through a link")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a temporary file, force it to disk, and atomically replace the current file, if any."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


@contextmanager
def sole_writer(folder: Path, name: str = ".build/lock") -> Iterator[None]:
    """Lock a folder against other writers; the system releases the lock when the process ends.

    A DatasetError says that another process writes to it; an OSError, that it has links or cannot be locked.
    """
    path = folder / name
    for one in (folder, path.parent, path):
        _require_name(one)
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            lock = held.enter_context(closing(sqlite3.connect(path, timeout=0, isolation_level=None)))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:  # the rest of the code is a detail
                message = f"another program writes to {folder}; wait until it ends"
                raise DatasetError(message, reason="dataset_in_use") from error
            raise OSError(f"{path} cannot be locked: {error}") from error
        require_destination(folder)
        yield
