"""What systems do differently. Linux, macOS and other POSIX systems limit processes and force folders to disk.

Elsewhere, Windows among them, these functions do nothing: the clock alone then ends a letter that takes too long.
"""

from __future__ import annotations

import os
import signal
import time
from importlib import import_module
from pathlib import Path
from typing import Any

# Exit codes of a process that the system ended because its time was up.
OUT_OF_TIME = (-signal.SIGXCPU,) if hasattr(signal, "SIGXCPU") else ()


def _limits() -> Any:
    """The module of resource limits; None where the system has none."""
    return import_module("resource") if os.name == "posix" else None


def limit_memory(extra: int) -> None:
    """Let this process take so many bytes of address space more than it has."""
    limits = _limits()
    if limits is None:
        return
    used = Path("/proc/self/statm")  # Linux
    pages = int(used.read_text().split()[0]) if used.exists() else 0
    most = pages * limits.getpagesize() + extra
    limits.setrlimit(limits.RLIMIT_AS, (most, most))


def limit_time(seconds: int) -> None:
    """Let this process take so many seconds of CPU from now on; the system then ends it."""
    limits = _limits()
    if limits is None:
        return
    _, most = limits.getrlimit(limits.RLIMIT_CPU)
    limits.setrlimit(limits.RLIMIT_CPU, (int(time.process_time()) + 1 + seconds, most))


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
