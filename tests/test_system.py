"""Test that functions of POSIX systems are skipped on other systems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imrdata.datasets import system

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it needs what it compares with")


class Limits(SimpleNamespace):
    """Replaces the module `resource`, and records the limits that were set."""

    def __init__(self) -> None:
        super().__init__(RLIMIT_AS="memory", RLIMIT_CPU="time", asked={})

    def getpagesize(self) -> int:
        return 4096

    def getrlimit(self, kind: str) -> tuple[int, int]:
        return (5, 500)

    def setrlimit(self, kind: str, most: tuple[int, int]) -> None:
        self.asked[kind] = most


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    made = Limits()
    monkeypatch.setitem(sys.modules, "resource", made)  # type: ignore[arg-type]
    return made


def test_limits_are_above_what_the_process_has(limits: Limits) -> None:
    system.limit_memory(1000)
    system.limit_time(10)
    least, most = limits.asked["memory"]
    assert least == most >= 1000
    seconds, hardest = limits.asked["time"]
    assert seconds > 10
    assert hardest == 500


def test_another_system_limits_nothing(limits: Limits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    synced: list[Any] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    system.sync_folder(tmp_path)
    assert len(synced) == 1
    monkeypatch.setattr(os, "name", "nt")
    system.limit_memory(1000)
    system.limit_time(10)
    system.sync_folder(tmp_path)
    assert limits.asked == {}
    assert len(synced) == 1


def test_the_system_ends_what_takes_too_long() -> None:
    code = "from imrdata.datasets.system import limit_time\nlimit_time(0)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode in system.OUT_OF_TIME


def test_the_system_gives_no_more_memory_than_the_limit() -> None:
    code = "from imrdata.datasets.system import limit_memory\nlimit_memory(2**26)\nbytearray(2**28)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr


def test_no_other_module_asks_what_system_it_is_on() -> None:
    package = Path(system.__file__).parents[1]
    words = ("os.name", "sys.platform", "import resource\n", "fcntl", "SIGXCPU")
    others = {path.name for path in package.rglob("*.py") if any(word in path.read_text() for word in words)}
    assert others == {"system.py"}
