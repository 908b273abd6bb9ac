"""Whether the words of a PDF's page are seen by who looks at it: the page is drawn, and each word must have left ink.

Words that are painted over, of the colour of what lies under them, invisible, clipped, or in a layer that is switched
off are in the text of a page and shown to nobody.
"""

from __future__ import annotations

import ctypes
import re
from math import degrees
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdfium2 import PdfBitmap, PdfPage, PdfTextPage

_MOST_PIXELS = 2_000_000  # a letter drawn at 72 dpi has 485,000
_WIDEST_SPACE = 7  # pixels without ink within a line; justified lines have 5
_WORD = re.compile(r"\w{2}|\d")
_EVERY = 4  # characters; the shortest stamp has so many
_SKEW = 0.06  # of a right angle: a page may be scanned askew
# Shades of grey as bits, darker ones with fewer: of several, AND gives the darkest and OR the lightest.
_SHADES = bytes(sum(1 << bit for bit in range(8) if shade > 16 + 32 * bit) for shade in range(256))


def angle_of(textpage: PdfTextPage) -> int | None:
    """How far the words of a page are turned, in steps of 90 degrees to the right; None where some lie across others.

    Words of any other angle are a watermark's.
    """
    from pypdfium2 import raw  # noqa: PLC0415 - as in `pdf`

    turns = set()
    for at in range(0, textpage.count_chars(), _EVERY):
        turn = degrees(raw.FPDFText_GetCharAngle(textpage.raw, at)) / 90
        if abs(turn - round(turn)) < _SKEW and not raw.FPDFText_IsGenerated(textpage.raw, at):
            turns.add(round(turn) % 4)
    if len(turns) > 1:
        return None
    return turns.pop() * 90 if turns else 0


def unseen_words(page: PdfPage, textpage: PdfTextPage) -> str | None:
    """The first words of a page that its picture does not show, if there are any."""
    width, height = page.get_size()
    scale = min(1.0, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        shades = bytes(bitmap.buffer).translate(_SHADES)
        for at in range(textpage.count_rects()):
            left, top, right, bottom = _pixels(page, bitmap, textpage.get_rect(at))
            for first, last in _gaps(bitmap, shades, (left, top, right, bottom)):
                words: str = textpage.get_text_bounded(*_points(page, bitmap, (first + 1, top, last - 1, bottom)))
                if _WORD.search(words):
                    return words.strip()
    finally:
        bitmap.close()
    return None


def _pixels(page: PdfPage, bitmap: PdfBitmap, box: tuple[float, ...]) -> tuple[int, int, int, int]:
    """A box of the page as one of its picture: left, top, right, bottom."""
    from pypdfium2 import raw  # noqa: PLC0415 - as in `pdf`

    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for at in (0, 2):
        raw.FPDF_PageToDevice(page.raw, 0, 0, bitmap.width, bitmap.height, 0, box[at], box[at + 1], x, y)
        corners.append((x.value, y.value))
    (left, right), (top, bottom) = map(sorted, zip(*corners, strict=True))
    return left, top, right, bottom


def _points(page: PdfPage, bitmap: PdfBitmap, box: tuple[int, int, int, int]) -> tuple[float, ...]:
    """A box of the picture as one of the page: left, bottom, right, top."""
    from pypdfium2 import raw  # noqa: PLC0415

    x, y = ctypes.c_double(), ctypes.c_double()
    corners = []
    for at in (0, 2):
        raw.FPDF_DeviceToPage(page.raw, 0, 0, bitmap.width, bitmap.height, 0, box[at], box[at + 1], x, y)
        corners.append((x.value, y.value))
    (left, right), (bottom, top) = map(sorted, zip(*corners, strict=True))
    return left, bottom, right, top


def _gaps(bitmap: PdfBitmap, shades: bytes, box: tuple[int, int, int, int]) -> Iterator[tuple[int, int]]:
    """Where a line of text has no ink for longer than a space is wide: from which column to which."""
    left, top, right, bottom = box
    left, right = max(0, left), min(bitmap.width, right + 1)  # a line may run off the page
    if right <= left:
        return
    darkest, lightest = -1, 0
    for row in range(max(0, top), min(bitmap.height, bottom + 1)):
        start = row * bitmap.stride
        one = int.from_bytes(shades[start + left : start + right], "big")
        darkest, lightest = darkest & one, lightest | one
    ink = (darkest ^ lightest).to_bytes(right - left, "big") if darkest >= 0 else b""
    for gap in re.finditer(rb"\0{%d,}" % _WIDEST_SPACE, ink):
        yield left + gap.start(), left + gap.end()
