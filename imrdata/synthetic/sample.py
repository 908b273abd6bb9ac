"""Write synthetic letters as files, in a folder or .zip, and the sample that ships with the package."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from imrdata.synthetic.chance import generator
from imrdata.synthetic.maker import SyntheticLetter, synthesize
from imrdata.synthetic.renderings import RENDERINGS, render

SAMPLE_COUNT, SAMPLE_SEED = 1500, 2013
_SUFFIXES = {"markdown": ".md", "html": ".html"}
_TIMELESS = (1980, 1, 1, 0, 0, 0)  # so that the same letters give the same archive


def files(letters: Iterable[SyntheticLetter], seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield a file name and content for each letter, using the renderings in turn."""
    for index, letter in enumerate(letters):
        name = RENDERINGS[index % len(RENDERINGS)]
        stem = letter.name.removesuffix(".txt")
        yield stem + _SUFFIXES.get(name, ".txt"), render(letter, name, generator(seed, index))


def write_files(contents: Iterable[tuple[str, bytes]], destination: Path) -> int:
    """Write files into a new folder, or into a new archive if the destination ends in .zip; return how many."""
    if destination.exists():
        raise FileExistsError(f"{destination} exists already; name a new folder or .zip")
    count = 0
    if destination.suffix.lower() == ".zip":
        with zipfile.ZipFile(destination, "x") as archive:
            for name, content in contents:
                archive.writestr(zipfile.ZipInfo(name, _TIMELESS), content, zipfile.ZIP_DEFLATED, 9)
                count += 1
    else:
        destination.mkdir(parents=True)
        for name, content in contents:
            (destination / name).write_bytes(content)
            count += 1
    return count


def sample_files() -> Iterator[tuple[str, bytes]]:
    """Return the files of the sample that ships with the package, ``seeds/letters/synthetic.zip``."""
    return files(synthesize(SAMPLE_COUNT, seed=SAMPLE_SEED), seed=SAMPLE_SEED)
