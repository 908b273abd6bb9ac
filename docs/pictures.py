"""Draw the pictures of the gallery: run the blocks of its page, and keep the files that they save."""

from __future__ import annotations

import doctest
import os
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent

page = (HERE / "gallery.md").read_text(encoding="utf-8")
test = doctest.DocTestParser().get_doctest(page.replace("```", ""), {}, "gallery", None, 0)
gallery = HERE / "_static" / "gallery"
gallery.mkdir(exist_ok=True)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    if doctest.DocTestRunner().run(test).failed:
        raise SystemExit("a block of gallery.md fails")
    os.chdir(HERE)
    for picture in Path(folder).glob("*.png"):
        with Image.open(picture) as image:  # few colors take a tenth of the bytes
            image.convert("RGB").quantize(64).save(gallery / picture.name, optimize=True)
