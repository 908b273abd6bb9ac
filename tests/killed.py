"""Kill a build, a correction and a vacuum at each call that writes, and go on; run by test_chaos.py.

Usage: python tests/killed.py FOLDER. Each operation runs in a process forked from this one, which never uses polars
itself. It is killed before its first call that writes, then before its second, and so on. What is being written when
it is killed is cut in half. Afterwards, another process verifies every kept version and repeats the operation.
The files must then be those of the operation that nobody killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
from conftest import LETTER

import imrdata
from imrdata.datasets import store
from imrdata.datasets.batches import Batch, read_batch
from imrdata.datasets.builds import engine, local
from imrdata.datasets.sources import Document
from imrdata.letters.reading import read_text
from imrdata.tables.columns import TABLES

WRITERS = [
    (os, ("fsync",)),
    (Path, ("replace", "rename", "unlink", "rmdir", "write_text", "write_bytes")),
    (shutil, ("rmtree", "move", "copyfile")),
    (pl.LazyFrame, ("sink_parquet",)),
]
Operation = Callable[[], object]


def letter(number: int) -> str:
    return LETTER.replace("CM16-0000123", f"CM16-{number:07d}")


def in_a_child(action: Operation) -> int:
    """Run an action in a forked process; return its exit code, or the negative number of the signal."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dying_at(number: int, action: Operation, log: Path) -> None:
    """Run an action, and kill this process before a call that writes; write the names of the calls to a file."""
    names: list[str] = []

    def dying(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **others: Any) -> Any:
            if not is_without_effect(name, args):
                names.append(name)
                if len(names) == number:
                    cut(name, args)
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **others)

        return called

    originals = [(place, name, getattr(place, name)) for place, them in WRITERS for name in them]
    for place, name, call in originals:
        setattr(place, name, dying(name, call))
    action()
    for place, name, call in originals:
        setattr(place, name, call)
    log.write_text(json.dumps(names))


def is_without_effect(name: str, args: tuple[Any, ...]) -> bool:
    """Return whether a call changes no file: a folder is forced to disk, or nothing is deleted."""
    is_of_folder = name == "fsync" and stat.S_ISDIR(os.fstat(args[0]).st_mode)
    return is_of_folder or (name == "rmtree" and not Path(args[0]).exists())


def cut(name: str, args: tuple[Any, ...]) -> None:
    """Leave half of what a call would have written or deleted."""
    if name == "fsync" and stat.S_ISREG(os.fstat(args[0]).st_mode):
        os.ftruncate(args[0], os.fstat(args[0]).st_size // 2)
    elif name == "rmtree":
        some = sorted(path for path in Path(args[0]).rglob("*") if path.is_file())
        for path in some[: len(some) // 2 + 1]:
            os.unlink(path)


def in_this_process(documents: Iterable[Document], _workers: int | None) -> Iterator[Batch]:
    for document in documents:
        yield read_batch([document])


def operations(folder: Path) -> Iterator[tuple[str, Operation]]:
    """Yield operations on one dataset, each after those before, and write the letters that they read."""
    source, data = folder / "letters", folder / "data"
    source.mkdir()
    for number in range(1, 6):
        (source / f"{number}.txt").write_text(letter(number))
    (source / "copy.txt").write_text(letter(3))
    (source / "bread.txt").write_text("bread")
    yield "build", lambda: imrdata.build(source, data, progress=False)
    mark = {"case_number": "CM16-0000002", "request_number": 2, "column": "outcome", "value": "Upheld"}
    marks = lambda: pl.DataFrame([mark | {"reason": "misprint", "corrected_by": "me"}])  # noqa: E731 - not before forking
    yield "correct", lambda: imrdata.correct(data, marks())
    (source / "2.txt").write_text(letter(2).replace(": Upheld", ": Overturned"))
    (source / "3.txt").write_text("milk")  # so its copy becomes rows
    (source / "4.txt").unlink()
    (source / "6.txt").write_text(letter(6))
    yield "build again", lambda: imrdata.build(source, data, forget_missing=True, progress=False)
    yield "undo", lambda: imrdata.correct(data, marks(), undo=True)
    yield "vacuum", lambda: imrdata.vacuum(data, keep_versions=2)


def files_of(data: Path) -> dict[str, bytes]:
    """Return the files of a dataset without the times of commits; of unfinished work, only the names."""
    found = {}
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        name = path.relative_to(data).as_posix()
        content = b"" if name.startswith(".build/") else path.read_bytes()
        if path.suffix == ".json" and path.name != store.PACKAGE:
            content = json.dumps(json.loads(content) | {"committed_at": ""}).encode()
        found[name] = content
    return found


def restore(kept: Path, data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)
    if kept.exists():
        shutil.copytree(kept, data)


def verify_all(data: Path) -> None:
    """Verify every kept version."""
    if (data / store.MANIFEST).exists():
        for number in store.kept_versions(data):
            imrdata.verify(data, version=number)


def main(folder: Path) -> None:
    os.fsync = lambda _: None  # a killed process loses nothing that it wrote
    read_text(LETTER, "1.txt")  # what follows is forked, and need not compile patterns again
    for table in TABLES:
        imrdata.model(table)
    engine.DOCUMENTS_A_STEP = 5
    local.read_batches = in_this_process  # type: ignore[assignment]
    data, log = folder / "data", folder / "log"
    for name, operation in operations(folder):
        before = folder / f"before {name}"
        if data.exists():
            shutil.copytree(data, before)
        assert in_a_child(lambda: dying_at(0, operation, log)) == 0  # noqa: B023 - it runs at once
        calls, expected = json.loads(log.read_text()), files_of(data)
        assert in_a_child(lambda: verify_all(data)) == 0

        def go_on() -> None:
            verify_all(data)
            operation()  # noqa: B023 - see above

        for number, call in enumerate(calls, start=1):
            restore(before, data)
            assert in_a_child(lambda: dying_at(number, operation, log)) == -signal.SIGKILL, call  # noqa: B023
            assert in_a_child(go_on) == 0, (name, number, call)
            found = files_of(data)
            different = {one for one in {*found, *expected} if found.get(one) != expected.get(one)}
            assert not different, (name, number, call, different)
        print(f"{name}: killed at {len(calls)} calls: {', '.join(sorted(set(calls)))}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
