"""Every process of a test run refuses to connect to other machines."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

_GUARD = str(Path(__file__).parent / "tests" / "only_loopback")
_FOLDERS = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))

if _GUARD not in _FOLDERS:  # unless Python ran it at its start
    os.environ["PYTHONPATH"] = os.pathsep.join([_GUARD, *_FOLDERS])
    runpy.run_path(f"{_GUARD}/sitecustomize.py")
