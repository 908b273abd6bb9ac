"""Measure how many damaged scans with known true values are read, refused, null, or silently wrong.

    python benchmarks/ocr_damage.py [--clean 300] [--damaged 60] [--letters FOLDER] [--seconds 3600] [--out FILE]

Synthetic letters of every layout and, if available, the published ones, are drawn as by a scanner, damaged, saved as a
PDF of images, and read with ``ocr="auto"``. A value is silently wrong if it is neither null nor the true one. The table
counts letters, and the bound is exact (Clopper-Pearson, one-sided, 95%).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from PIL import Image, ImageDraw, ImageFilter
from scipy.stats import beta

from imrdata.datasets.batches import read_content
from imrdata.errors import ImrDataError
from imrdata.letters.dates import CHRONOLOGY
from imrdata.letters.model import Amounts, Letter
from imrdata.letters.reading import read_bytes
from imrdata.synthetic import synthesize

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from paper import on_letter_paper

Damage = Callable[[Image.Image, np.random.Generator], Image.Image]
WHITE = 255


def blurred(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(1.5))


def packed(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=20)
    return Image.open(content)


def faxed(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Render as a fax: 204 by 98 dots per inch, dithered to black and white, with some lines lost."""
    small = image.resize((image.width, image.height // 2)).convert("1").convert("L")
    dots = np.asarray(small).copy()
    for row in chance.choice(dots.shape[0], size=dots.shape[0] // 100, replace=False):
        dots[row] = WHITE
    return Image.fromarray(dots).resize(image.size)


def stamped(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Put a gray, tilted stamp somewhere on the page."""
    stamp = Image.new("L", (420, 120), WHITE)
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((4, 4, 415, 115), outline=90, width=6)
    draw.text((40, 35), "RECEIVED", fill=90, font_size=60)
    stamp = stamp.rotate(float(chance.uniform(-20, 20)), expand=True, fillcolor=WHITE)
    place = (int(chance.uniform(0, image.width - stamp.width)), int(chance.uniform(0, image.height - stamp.height)))
    page = np.asarray(image).copy()
    part = page[place[1] : place[1] + stamp.height, place[0] : place[0] + stamp.width]
    np.minimum(part, np.asarray(stamp), out=part)
    return Image.fromarray(page)


def photographed(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Render as a photograph: in perspective, and darker toward one corner."""
    wide, high = image.size
    shift = [float(chance.uniform(0.01, 0.04)) * side for side in (wide, high) * 4]
    left, right = (-shift[0], -shift[1], -shift[2], high + shift[3]), (wide + shift[4], high + shift[5])
    corners = (*left, *right, wide + shift[6], -shift[7])
    image = image.transform(image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=200)
    light = np.linspace(1, 0.65, wide)[None, :] * np.linspace(1, 0.85, high)[:, None]
    return Image.fromarray((np.asarray(image) * light).astype(np.uint8))


def turned(degrees: float) -> Damage:
    return lambda image, chance: image.rotate(degrees, Image.Resampling.BICUBIC, expand=degrees == 180, fillcolor=WHITE)


def specked(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    dots = np.asarray(image).copy()
    dots[chance.random(dots.shape) < 0.004] = 0
    return Image.fromarray(dots)


def same(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    return image


# Each damage by its name: dots per inch, and what is done to each page.
DAMAGES: dict[str, tuple[int, Damage]] = {
    "clean, 200 dpi": (200, same),
    "300 dpi": (300, same),
    "150 dpi": (150, same),
    "100 dpi": (100, same),
    "skew of 1 degree": (200, turned(1)),
    "skew of 3 degrees": (200, turned(-3)),
    "blur": (200, blurred),
    "JPEG of quality 20": (200, packed),
    "fax": (200, faxed),
    "specks": (200, specked),
    "stamp over text": (200, stamped),
    "photograph": (200, photographed),
    "upside down": (200, turned(180)),
    "two-sided, blank backs": (200, same),
}


def letters(folder: Path | None) -> Iterator[tuple[bytes, Letter]]:
    """Yield PDFs and their letters, synthetic and published ones in turn."""
    published = iter(sorted(folder.glob("*.pdf"))[1::2] if folder else ())
    for made in synthesize(10_000, seed=18):
        yield on_letter_paper(made.text), made.letter
        if path := next(published, None):
            content = path.read_bytes()
            yield content, read_bytes(content)


def scanned(content: bytes, name: str, chance: np.random.Generator) -> bytes:
    """Return a PDF of damaged images of the pages."""
    dpi, damage = DAMAGES[name]
    with pymupdf.open(stream=content) as document:
        drawn = [page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY) for page in document]
    pages = [damage(Image.frombytes("L", (one.width, one.height), one.samples), chance).convert("L") for one in drawn]
    if "blank" in name:
        pages = [side for page in pages for side in (page, Image.new("L", page.size, 250))]
    scan = io.BytesIO()
    pages[0].save(scan, "PDF", save_all=True, append_images=pages[1:], resolution=dpi, quality=90)
    return scan.getvalue()


def compared(truth: Letter, read: Letter | ImrDataError) -> dict[str, Any]:
    """Read a damaged letter: it is refused, or each group of fields has counts of right, null and silently wrong."""
    if isinstance(read, ImrDataError):
        return {"refused": read.reason, "said": str(read)[:200]}
    pairs: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
    pairs["case number"].append((truth.case_number, read.case_number))
    pairs["dates"] += [(getattr(truth, name), getattr(read, name)) for name in CHRONOLOGY]
    outcomes = tuple([one.outcome for one in letter.requests] for letter in (truth, read))
    pairs["outcomes"].append(outcomes)
    for one, other in zip(truth.requests, read.requests, strict=False):
        amounts = one.treatment.amounts, other.treatment.amounts
        pairs["quantities"] += [
            tuple(getattr(amount, name) for amount in amounts)
            for name in Amounts.__dataclass_fields__
            if "quantity" in name
        ]
        pairs["categories"].append((one.treatment.category, other.treatment.category))
    found = {
        group: Counter("right" if mine == its else "null" if its is None else "wrong" for mine, its in both)
        for group, both in pairs.items()
    }
    wrong = [(str(mine), str(its)) for group in pairs for mine, its in pairs[group] if its is not None and mine != its]
    return {"fields": found, "wrong": wrong[:5]}


def upper_bound(wrong: int, count: int) -> float:
    """Return the exact upper limit of a share (95%, one-sided)."""
    return float(beta.ppf(0.95, wrong + 1, count - wrong)) if wrong < count else 1.0


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| scans | letters | read | refused | dates null | quantities null | wrong: case numbers | wrong: dates "
        "| wrong: outcomes | wrong: quantities | letters with any of these, at most | s of CPU a page |",
        "|---" * 12 + "|",
    ]
    for name in DAMAGES:
        some = [row for row in rows if row["damage"] == name]
        read = [row for row in some if "fields" in row]
        if not some:
            continue
        nulls = []
        for group in ("dates", "quantities"):
            total = sum(sum(row["fields"].get(group, {}).values()) for row in read)
            null = sum(row["fields"].get(group, {}).get("null", 0) for row in read)
            nulls.append(f"{null}/{total}")
        strict = ("case number", "dates", "outcomes", "quantities")
        wrong = [sum(row["fields"].get(group, {}).get("wrong", 0) for row in read) for group in strict]
        letters_wrong = sum(any(row["fields"].get(group, {}).get("wrong") for group in strict) for row in read)
        cpu = sum(row["cpu"] for row in some) / sum(row["pages"] for row in some)
        cells = [name, len(some), len(read), len(some) - len(read), *nulls, *wrong]
        bound = f"{letters_wrong} letters, {upper_bound(letters_wrong, len(some)):.1%}"
        lines.append(f"| {' | '.join(map(str, cells))} | {bound} | {cpu:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", type=int, default=300)
    parser.add_argument("--damaged", type=int, default=60)
    parser.add_argument("--letters", type=Path)
    parser.add_argument("--seconds", type=float, default=36_000)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    until = time.monotonic() + asked.seconds
    rows: list[dict[str, Any]] = []
    for number, (content, truth) in enumerate(letters(asked.letters)):
        clean, *others = DAMAGES
        wanted = [clean] * (number < asked.clean)
        wanted += [others[number % len(others)]] * (number < asked.damaged * len(others))
        if not wanted or time.monotonic() > until:
            break
        is_named = isinstance(read_content(content, "scan"), ImrDataError)  # the case number is only in the file's name
        source = f"{truth.case_number}.pdf" if is_named else "scan"
        for name in wanted:
            scan = scanned(content, name, np.random.default_rng(number))
            with pymupdf.open(stream=scan) as document:
                pages = len(document)
            began = sum(os.times()[:4])
            result = read_content(scan, source, "auto")
            row = {"damage": name, "letter": truth.case_number, "pages": pages, "cpu": sum(os.times()[:4]) - began}
            rows.append(row | {"layout": truth.letter_layout} | compared(truth, result))
            if asked.out:
                with asked.out.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
