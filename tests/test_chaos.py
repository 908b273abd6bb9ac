"""Test builds that are killed at random moments, and letters that are broken at random.

Run it with ``make test-chaos``; IMRDATA_CHAOS_MOMENTS and IMRDATA_CHAOS_FILES set the numbers of moments and files.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER, ROOT, python_path
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from paper import make_pdf
from test_builds import content, counts, letter, overturned

import imrdata
from imrdata.datasets import store
from imrdata.synthetic import render, synthesize

pytestmark = pytest.mark.chaos

MOMENTS = int(os.environ.get("IMRDATA_CHAOS_MOMENTS", "50"))
FILES = int(os.environ.get("IMRDATA_CHAOS_FILES", "10000"))
FILES_A_BUILD = 250
# The fewest writes to disk of a first build and of an update; a build is killed at one of them.
FEWEST_WRITES = {False: 90, True: 40}

# A build in small steps. Its argument is the number of the write to disk at which it is killed, or 0.
BUILD = """
import os, signal, sys
from pathlib import Path
import imrdata, imrdata.datasets.workers
from imrdata.datasets.builds import engine
engine.DOCUMENTS_A_STEP, imrdata.datasets.workers.LETTERS_A_BATCH = 16, 8
writes, dies_at = 0, int(sys.argv[3])
def dying(call):
    def called(*args, **others):
        global writes
        writes += 1
        if writes == dies_at: os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **others)
    return called
os.fsync, Path.replace, Path.rename, Path.unlink = map(dying, (os.fsync, Path.replace, Path.rename, Path.unlink))
imrdata.build(sys.argv[1], sys.argv[2], workers=2, progress=False)
print(writes)
"""


def start(source: Path, dest: Path, dies_at: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-c", BUILD, str(source), str(dest), str(dies_at)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def letters() -> Path:
    """Write two states of a folder of letters: ``before``, and ``after`` some changes."""
    folder = Path(tempfile.mkdtemp())
    before, after = folder / "before", folder / "after"
    before.mkdir()
    rng = random.Random(5)
    for made in synthesize(110, seed=5):
        (before / made.name).with_suffix(".txt").write_bytes(render(made, "plain", rng))
    for number in range(20):
        (before / f"{number:02d}.txt").write_text(letter(number))
    for number in (3, 4):
        (before / f"{number}-copy.pdf").write_bytes(make_pdf(letter(number)))
    (before / "5-other.txt").write_text(overturned(5))
    (before / "bread.txt").write_text("bread")
    shutil.copytree(before, after)
    for number in range(10):
        (after / f"{number:02d}.txt").write_text([letter(900 + number), overturned(number), "milk"][number % 3])
    for number in range(20):
        (after / f"new{number:02d}.txt").write_text(letter(950 + number))
    return folder


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_build_killed_at_any_moment_goes_on_to_the_same_content(letters: Path, tmp_path: Path, moment: int) -> None:
    rng = random.Random(moment)
    dest = tmp_path / "data"
    whole = {name: whole_content(letters / name, letters / f"whole-{name}") for name in ("before", "after")}
    is_update = moment % 2 == 1
    if is_update:
        shutil.copytree(letters / "whole-before", dest)
    source = use(letters, "after" if is_update else "before")
    expected = whole["after" if is_update else "before"]
    for attempt in range(8):
        by_write = attempt == 0 or rng.random() < 0.7
        build = start(source, dest, rng.randrange(1, FEWEST_WRITES[is_update]) if by_write and attempt < 5 else 0)
        if not by_write and attempt < 5:
            time.sleep(rng.uniform(0.05, 1.5))
            build.send_signal(signal.SIGKILL)
        build.wait(120)
        assert attempt > 0 or build.returncode == -signal.SIGKILL
        if build.returncode == 0:
            break
        if (dest / "manifest.json").exists():
            assert content(dest) in ((expected, whole["before"]) if is_update else (expected,))
        elif (dest / ".build").exists():
            with pytest.raises(imrdata.errors.DatasetError, match="has not finished"):
                imrdata.load(dest)
    assert build.returncode == 0
    assert content(dest) == expected
    data = imrdata.load(dest)
    assert data.document_count == data.letters.height + data.quarantine.height + data.duplicate_count
    assert imrdata.build(source, dest).is_unchanged
    named = set().union(*(one.paths() for one in store.kept_versions(dest).values()))
    for number in store.kept_versions(dest):
        imrdata.verify(dest, version=number)
    assert {path.relative_to(dest).as_posix() for path in dest.rglob("*.parquet")} == named


def test_operations_killed_at_each_call_that_writes_go_on_to_the_same_files(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("killed.py")), str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": python_path(ROOT), "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [line.partition(": killed at ")[::2] for line in done.stdout.splitlines()]
    assert [name for name, _ in told] == ["build", "correct", "build again", "undo", "vacuum"]
    for (_, calls), fewest in zip(told, (50, 20, 50, 20, 8), strict=True):
        assert int(calls.split()[0]) >= fewest, calls
    assert told[2][1].endswith("calls: fsync, replace, rmtree, sink_parquet")
    assert told[4][1].endswith("calls: unlink")


def use(letters: Path, state: str) -> Path:
    """Return a folder with the files of a state. The path is always the same, because it identifies a document."""
    place = letters / "source"
    if place.exists():
        shutil.rmtree(place)
    shutil.copytree(letters / state, place)
    return place


def whole_content(source: Path, dest: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the content of an uninterrupted build."""
    if not dest.exists():
        imrdata.build(use(source.parent, source.name), dest, workers=2)
    return content(dest)


# --- DAMAGED LETTERS --- #


def originals() -> list[bytes]:
    made = list(synthesize(12, seed=9))
    rng = random.Random(9)
    texts = [render(one, "plain", rng) for one in made]
    pdfs = [make_pdf(one.text, deflate=True) for one in made[:6]] + [make_pdf(LETTER), make_pdf(LETTER, garbage=4)]
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pdf", pdfs[0])
        archive.writestr("b.zip", b"PK\x03\x04")
    return [*texts, *pdfs, *pdfs, packed.getvalue()]


def broken(content: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return the bytes with flips, cuts, repetitions, splices, or nesting."""
    at, there = rng.randrange(max(1, len(content))), rng.randrange(max(1, len(other)))
    flipped = bytearray(content)
    for _ in range(rng.choice([1, 4, 40, 400])):
        flipped[rng.randrange(len(flipped))] = rng.randrange(256)
    return rng.choice(
        [
            bytes(flipped),
            content[:at],
            content[:at] + content[at + rng.randrange(1, 2000) :],
            content[:at] + other[there:],
            content[:at] + content[max(0, at - rng.randrange(1, 3000)) :],
            content[:at] + other + content[at:],
            rng.randbytes(rng.randrange(0, 3000)) + content[at:],
        ]
    )


@settings(
    max_examples=max(1, FILES // FILES_A_BUILD),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(seed=st.integers(0, 2**32))
def test_broken_letters_are_all_accounted_for(seed: int) -> None:
    rng, pool = random.Random(seed), POOL
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "letters"
        folder.mkdir()
        for number in range(FILES_A_BUILD):
            content = broken(rng.choice(pool), rng.choice(pool), rng)
            suffix = rng.choice([".pdf", ".txt", ".md", ".html"]) if rng.random() < 0.3 else None
            (folder / f"{number}{suffix or ('.pdf' if content[:4] == b'%PDF' else '.txt')}").write_bytes(content)
        report = imrdata.build(folder, Path(place) / "data", workers=2, progress=False)
        data = imrdata.load(Path(place) / "data")
        ledger = pl.concat(
            pl.read_parquet(Path(place) / "data" / file.path)
            for file in store.committed(Path(place) / "data").files["documents"]
        )
    assert counts(report)[0] == FILES_A_BUILD == ledger["identity"].n_unique()
    assert data.letters.height + data.quarantine.height + data.duplicate_count == FILES_A_BUILD
    assert set(data.quarantine["reason"].to_list()).isdisjoint({"internal_error"}), data.quarantine.filter(
        reason="internal_error"
    )["message"].to_list()


POOL = originals() if FILES else []
