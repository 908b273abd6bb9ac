"""Detect processes forked after polars was used, where polars would wait forever for missing threads.

Linux forks by default in `multiprocessing` up to Python 3.13. A process that is spawned, or forked before polars was
used, works; so do threads.
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
    except OSError:  # no Linux, or a thread that just ended: nothing is known
        names = []
    _forks["have_threads"] = any(map(_POLARS_THREAD.match, names))


def _in_child() -> None:
    _forks["are_stuck"] |= _forks["have_threads"]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_child=_in_child)


def require_threads() -> None:
    """Raise an error where polars would wait forever.

    Raises:
        RuntimeError: This process was forked after polars was used.
    """
    if _forks["are_stuck"]:
        raise RuntimeError(
            "this process was forked after polars was used, and polars would wait here for ever; start processes with "
            "multiprocessing.get_context('spawn'), or pass mp_context to ProcessPoolExecutor"
        )
