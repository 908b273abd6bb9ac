"""Test how often damaged letters are read correctly, refused, or reported, by kind of damage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from conftest import SHARED
from damage import DAMAGES, Sound, judged, sound
from test_synthetic import YEARS, letters_of

VERDICTS = ("right", "refused", "told", "silent")
# How many of the sampled letters are silently wrong (of 30 synthetic and 25 real ones), and why.
CEILINGS: dict[str, tuple[int, int, str]] = {
    "middle page lost": (1, 2, "a page between two requests leaves no trace in the text; no page number is printed"),
    "last page lost": (1, 0, "a letter with decision sentences may end after any of them"),
    "another's page in it": (1, 1, "a page of running text that names no case may be anybody's"),
    "cut anywhere": (1, 0, "the first words of a request may look like the last ones of the rationale before"),
    "three lines deleted": (1, 0, "the lines that are left of a request may be whole words of one"),
    "another's later pages": (2, 1, "pages that name no case may be anybody's"),
}


def table(counts: Counter[tuple[str, str]]) -> str:
    rows = [f"{'damage':26}" + "".join(f"{verdict:>9}" for verdict in VERDICTS)]
    rows += [f"{kind:26}" + "".join(f"{counts[kind, verdict]:9}" for verdict in VERDICTS) for kind in DAMAGES]
    return "\n".join(rows)


def require(letters: list[Sound], draws: int, which: int = 0, factor: int = 1) -> None:
    counts = Counter((kind, verdict) for kind, verdict, _ in judged(letters, draws))
    print(f"\n{table(counts)}")
    silent = {kind: n for kind in DAMAGES if (n := counts[kind, "silent"])}
    over = [kind for kind, n in silent.items() if kind not in CEILINGS or n > factor * int(CEILINGS[kind][which])]
    assert over == [], table(counts)


def synthetic(count: int, seed: int = 31) -> list[Sound]:
    return [sound(made.name, made.text) for layout in YEARS for made in letters_of(layout, count, seed=seed)]


def test_damaged_synthetic_letters_are_never_silently_wrong() -> None:
    require(synthetic(6), draws=1)


@pytest.mark.chaos
def test_many_damaged_synthetic_letters_are_never_silently_wrong() -> None:
    require(synthetic(60, seed=32), draws=2, factor=20)


def test_damaged_real_letters_are_never_silently_wrong() -> None:
    files = sorted((SHARED / "letters").glob("*.pdf"))[:25]
    if not files:
        pytest.skip("the real letters are not at hand (../shared/letters)")
    require([sound(file.name, pages_of(file)) for file in files], draws=1, which=1)


def pages_of(file: Path) -> str:
    """Return the text of a PDF, with form feeds between pages."""
    with pypdfium2.PdfDocument(file) as document:
        return "\f".join(page.get_textpage().get_text_bounded() for page in document)
