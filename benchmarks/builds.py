"""Measure builds from PDFs: time relative to extracting their text, with one worker and two, and memory.

    python benchmarks/builds.py [FOLDER OF REAL PDFS]

Each figure is a ratio of alternating whole runs, including the start of processes; the best round counts.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pypdfium2

from imrdata.synthetic import render, synthesize

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from paper import make_pdf

PDFS, ROUNDS = 6000, 2
LETTERS = (1_000, 10_000, 100_000)

BUILD = "import sys, imrdata; imrdata.build(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), progress=False)"
MEASURED = BUILD + "; import resource as r; print(r.getrusage(r.RUSAGE_SELF).ru_maxrss // 1024)"


def bare_text(path: str) -> int:
    """Return the characters of a PDF, with pypdfium2 alone."""
    with pypdfium2.PdfDocument(Path(path).read_bytes()) as document:
        pages = []
        for page in document:
            textpage = page.get_textpage()
            pages.append(textpage.get_text_bounded())
            textpage.close()
            page.close()
    return len("\f".join(pages))


def bare(folder: Path, processes: int) -> float:
    start = time.perf_counter()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        assert all(pool.map(bare_text, map(str, sorted(folder.iterdir())), chunksize=32))
    return time.perf_counter() - start


def built(folder: Path, workers: int) -> float:
    with tempfile.TemporaryDirectory() as dest:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-W", "ignore", "-c", BUILD, folder, dest, str(workers)], check=True)
        return time.perf_counter() - start


def make_pdfs(folder: Path) -> None:
    folder.mkdir()
    for letter in synthesize(PDFS, seed=21):
        content = make_pdf(letter.text, size=(595, 842), spacing=11, font=9, deflate=True)
        (folder / letter.name).with_suffix(".pdf").write_bytes(content)


def copy_pdfs(source: Path, folder: Path) -> None:
    """Copy each real letter several times; all copies are read, and then counted as duplicates."""
    folder.mkdir()
    files = sorted(source.glob("*.pdf"))
    for number in range(PDFS):
        shutil.copy(
            files[number % len(files)], folder / f"{number // len(files):02d}-{files[number % len(files)].name}"
        )


def pdfs(title: str, folder: Path) -> None:
    both = [(bare(folder, 2), built(folder, 2), bare(folder, 1), built(folder, 1)) for _ in range(ROUNDS)]
    bare_two, two, bare_one, one = (min(times) for times in zip(*both, strict=True))
    count = len(list(folder.iterdir()))
    print(f"{title}: {count:,} PDFs, {os.cpu_count()} cores")
    rows = [
        ("bare text, 2 processes", bare_two, ""),
        ("bare text, 1 process", bare_one, f"2 processes are {bare_one / bare_two:.2f} times as fast"),
        ("dataset, 2 workers", two, f"{two / bare_two:.2f} x bare text (aim 1.15)"),
        ("dataset, 1 worker", one, f"2 workers are {one / two:.2f} times as fast (aim 1.8)"),
    ]
    for name, seconds, remark in rows:
        print(f"  {name:24s} {seconds:6.1f} s  {count / seconds:6.0f} a second  {remark}")


def memory() -> None:
    print("peak memory of the building process, by letters:")
    with tempfile.TemporaryDirectory() as place:
        rng, folder, made = random.Random(1), Path(place) / "letters", 0
        folder.mkdir()
        letters = synthesize(LETTERS[-1], seed=3)
        for count in LETTERS:
            for letter in letters:
                name = f"{made // 1000:04d}/{letter.name}"
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).with_suffix(".txt").write_bytes(render(letter, "plain", rng))
                made += 1
                if made == count:
                    break
            dest = Path(place) / f"data{count}"
            command = [sys.executable, "-W", "ignore", "-c", MEASURED, folder, dest, "2"]
            start = time.perf_counter()
            done = subprocess.run(command, check=True, capture_output=True)
            seconds = time.perf_counter() - start
            print(f"  {count:>9,} letters  {int(done.stdout):>6,} MiB   {seconds:6.1f} s")
    print(f"  this process, which made the letters: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MiB")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        make_pdfs(Path(place) / "made")
        pdfs("synthetic letters", Path(place) / "made")
        if len(sys.argv) > 1:
            copy_pdfs(Path(sys.argv[1]), Path(place) / "real")
            pdfs("real letters", Path(place) / "real")
    memory()


if __name__ == "__main__":
    main()
