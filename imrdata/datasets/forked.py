"""Detect processes forked after polars was used, in which polars would wait forever for missing threads.

On Linux, `multiprocessing` forks by default up to Python 3.13. Threads, spawned processes, and processes forked before
polars was used are safe.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_POLARS_THREAD = re.compile(r"polars-[0-9]")
_forks = {"have_threads": False, "are_stuck": False}


def _before() -> None:
    try:
        names = [thread.joinpath("comm").read_text() for thread in Path("/proc/self/task").iterdir()]
    except OSError:  # not Linux, or the thread has just ended: nothing is known
        names = []
    _forks["have_threads"] = any(map(_POLARS_THREAD.match, names))


def _in_child() -> None:
    _forks["are_stuck"] |= _forks["have_threads"]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_child=_in_child)


def require_threads() -> None:
    """Raise a RuntimeError if polars would wait forever, because this process was forked after polars was used."""
    if _forks["are_stuck"]:
        raise RuntimeError(
            "this process was forked after polars was used, and polars would wait here forever; start processes with "
            "multiprocessing.get_context('spawn'), or pass mp_context to ProcessPoolExecutor"
        )
