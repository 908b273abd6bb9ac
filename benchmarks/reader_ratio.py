"""Measure the CPU time of reading relative to another checkout, in alternating processes on the same texts.

    python benchmarks/reader_ratio.py CHECKOUT [ROUNDS]

The texts are from the real PDFs, if they are beside the checkout, and from 1,000 synthetic letters of mixed layouts.
`text` starts from the cleaned text, and `bytes` from the bytes of a text file. `first` reads each letter once, in a new
process that has read a few other letters; `warm` reads the same letters again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LETTERS, WARM_UP, AGAIN = 1000, 5, 4


def texts() -> dict[str, list[tuple[str, str]]]:
    """Return the letters of each kind: as the text of a file, and as cleaned text."""
    from imrdata.letters.text import letter_text  # noqa: PLC0415 - children import the package of their own checkout
    from imrdata.synthetic import synthesize  # noqa: PLC0415

    pdfs = sorted((ROOT.parent / "shared" / "letters").glob("*.pdf"))
    made = [(letter.text, letter_text(letter.text.encode()).text) for letter in synthesize(LETTERS + WARM_UP, seed=77)]
    real = [(text, text) for text in (letter_text(path.read_bytes()).text for path in pdfs)]
    return {"warm_up": made[:WARM_UP], "real": real, "synthetic": made[WARM_UP:]}


def reader() -> Any:
    """Return the module of the reader in the checkout on PYTHONPATH."""
    try:
        return import_module("imrdata.letters.reading")
    except ModuleNotFoundError:  # older checkouts have no subpackages
        return import_module("imrdata.records")


def readable(file: str) -> None:
    """Keep the letters that this checkout reads; the time of a refusal says nothing."""
    from imrdata.errors import ImrDataError  # noqa: PLC0415

    read, kept = reader(), {}
    for kind, found in json.loads(Path(file).read_text()).items():
        kept[kind] = []
        for printed, cleaned in found:
            with suppress(ImrDataError):
                read.read_bytes(printed.encode())
                read.read_text(cleaned)
                kept[kind].append((printed, cleaned))
    Path(file).write_text(json.dumps(kept))


def measure(file: str, kind: str, begin: str) -> None:
    """Print the CPU seconds of the first pass over the letters of a kind, and of the fastest later pass."""
    every = json.loads(Path(file).read_text())
    read = reader().read_text if begin == "text" else lambda text: reader().read_bytes(text.encode())
    passes = [
        [cleaned if begin == "text" else printed for printed, cleaned in every[name]] for name in ("warm_up", kind)
    ]
    seconds = []
    for letters in (passes[0], *passes[1:] * AGAIN):
        start = time.process_time()
        for letter in letters:
            read(letter)
        seconds.append(time.process_time() - start)
    print(json.dumps([seconds[1], min(seconds[2:])]))


def run_by(checkout: Path, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", __file__, *arguments]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    return subprocess.run(command, env=environment, check=True, stdout=-1, text=True, cwd=checkout).stdout


def main(other: Path, rounds: int) -> None:
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.json"
        file.write_text(json.dumps(texts()))
        for checkout in (ROOT, other):
            run_by(checkout, "readable", str(file))
        counts = {kind: len(found) for kind, found in json.loads(file.read_text()).items() if kind != "warm_up"}
        for kind, begin in product((kind for kind, count in counts.items() if count), ("text", "bytes")):
            seconds: dict[Path, list[list[float]]] = {other: [], ROOT: []}
            for checkout in [*seconds] * rounds:
                seconds[checkout].append(json.loads(run_by(checkout, "measure", str(file), kind, begin)))
            for at, name in enumerate(("first", "warm")):
                old, new = ([run[at] / counts[kind] * 1e6 for run in seconds[one]] for one in (other, ROOT))
                pairs = [after / before for before, after in zip(old, new, strict=True)]
                print(
                    f"{counts[kind]:4d} {kind:9s} {begin:5s} {name:5s} {min(old):5.0f} -> {min(new):5.0f} us a letter:"
                    f" {min(new) / min(old):.2f} times; median of the pairs {median(pairs):.2f}"
                )


if __name__ == "__main__":
    if sys.argv[1] == "readable":
        readable(sys.argv[2])
    elif sys.argv[1] == "measure":
        measure(*sys.argv[2:])
    else:
        main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
