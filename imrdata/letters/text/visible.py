"""Check that the words of a PDF page are visible: the page is drawn, and each word must have left ink.

The text of a page also contains words that nobody sees: words that are painted over, have the color of their
background, are invisible or clipped, or are in a hidden layer.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from itertools import repeat
from math import ceil, degrees
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

_MOST_PIXELS = 2_000_000  # a letter drawn at 72 dpi has 485,000
_LOW = 2  # pages are drawn at 1 / 2 of their height: half the pixels, and gaps between words keep their width
_WIDEST_SPACE = 7  # pixels without ink within a line; justified lines have 5
_EDGE = 2  # pixels of a gap into which the characters beside it may reach
_SMALL = 1.5  # pixels: words in a lower or narrower box may be specks
_OVERLAP = 4  # points; the words of a line do not overlap
_SPECK = 0.15  # points: no letter that is seen is narrower; none is lower than 1 point
_NO_INK = bytes(_WIDEST_SPACE)
_GAP = re.compile(_NO_INK + rb"\0*")
_WORD = re.compile(r"\w{2}|\d")
_SAMPLE = 40  # characters
_EVERY = 4  # characters; the shortest stamp has this many
_SKEW = 0.06  # of a right angle; scanned pages may be skewed
_WHITE = 0xFFFFFFFF
_DRAWN = (2, 3, 4)  # PDFium's type numbers of paths, images and shadings
_THICKEST, _SHORTEST = 3, 6  # points of a line through words
_MIDDLE, _HIGHEST = (0.25, 0.75), 99  # of the height of words, and points
_FINE = 1000  # parts of a pixel; points to measure the scale of a picture
# Shades of gray as bits, fewer for darker ones: AND returns the darkest of several, and OR the lightest.
_SHADES = bytes(sum(1 << bit for bit in range(8) if shade > 16 + 32 * bit) for shade in range(256))

Box = tuple[float, float, float, float]


def angle_of(textpage: PdfTextPage) -> int | None:
    """Return the rotation of the words of a page, in steps of 90 degrees to the right; None if they differ.

    Words at any other angle belong to a watermark.
    """
    from pypdfium2 import raw  # noqa: PLC0415 - as in `pdf`

    angle, page = raw.FPDFText_GetCharAngle, textpage.raw
    places = range(0, textpage.count_chars(), _EVERY)
    angles = list(map(angle, repeat(page), places))
    if len(set(angles)) > 1:  # PDFium may rotate its own spaces and line breaks differently
        angles = [one for one, at in zip(angles, places, strict=True) if not raw.FPDFText_IsGenerated(page, at)]
    turns = [degrees(one) / 90 for one in set(angles)]
    upright = {round(turn) % 4 for turn in turns if abs(turn - round(turn)) < _SKEW}
    if len(upright) > 1:
        return None
    return upright.pop() * 90 if upright else 0


def words_within(textpage: PdfTextPage, box: Box) -> str:
    """Return the words within a box: left, bottom, right, top. PDFium looks at each character of the page once."""
    from pypdfium2 import raw  # noqa: PLC0415

    left, bottom, right, top = box
    most = 1 << (3 * textpage.count_chars() + 2).bit_length()  # PDFium may put a line break before each character
    buffer = (ctypes.c_ushort * most)()
    size = raw.FPDFText_GetBoundedText(textpage.raw, left, top, right, bottom, buffer, most)
    return bytes(memoryview(buffer)[: max(0, size - 1)]).decode("utf-16-le", errors="ignore")  # a NUL ends it


class _Picture(NamedTuple):
    """A drawn page: one byte of gray per pixel."""

    greys: bytes
    width: int
    height: int
    stride: int


def unseen_words(page: PdfPage, textpage: PdfTextPage, boxes: list[Box]) -> str | None:
    """Return the first words of a page that are not visible, if any."""
    if not boxes:
        return None
    if (at := _first_speck(textpage)) is not None:
        return str(textpage.get_text_range(at, _SAMPLE)).strip()
    if covered := _covered(boxes):
        return words_within(textpage, covered).strip()
    picture = _drawn(page)
    pixels = _pixels(page, picture)
    for box in boxes:
        left, top, right, bottom = pixels(box)
        if right - left < _SMALL or bottom - top < _SMALL:
            words = words_within(textpage, box)
            if _WORD.search(words) and _is_speck(textpage, box):
                return words.strip()
        for first, last in _gaps(picture, (left, top, right, bottom)):
            words = words_within(textpage, _points(page, picture, (first + _EDGE, top, last - _EDGE, bottom)))
            if _WORD.search(words):
                return words.strip()
    return None


def word_boxes(textpage: PdfTextPage) -> list[Box]:
    """Return the boxes around the words of a page."""
    from pypdfium2 import raw  # noqa: PLC0415

    one, page, found = raw.FPDFText_GetRect, textpage.raw, []
    left, bottom, right, top = (ctypes.c_double() for _ in range(4))
    ends = [ctypes.byref(end) for end in (left, top, right, bottom)]
    for at in range(textpage.count_rects()):
        one(page, at, *ends)
        found.append((left.value, bottom.value, right.value, top.value))
    return found


def struck_words(page: PdfPage, textpage: PdfTextPage, boxes: list[Box]) -> str | None:
    """Return the first words of a page with a line drawn through them, if any; a line under words is below them."""
    from pypdfium2 import raw  # noqa: PLC0415

    kind, of = raw.FPDFPageObj_GetType, raw.FPDFPage_GetObject
    ends = [ctypes.c_float() for _ in range(4)]
    through: dict[int, list[Box]] = {}  # boxes by the heights of their middle
    objects = list(map(of, repeat(page.raw), range(raw.FPDFPage_CountObjects(page.raw))))
    for one in [one for one, number in zip(objects, map(kind, objects), strict=True) if number in _DRAWN]:
        raw.FPDFPageObj_GetBounds(one, *ends)
        left, bottom, right, top = (end.value for end in ends)
        if top - bottom > _THICKEST or right - left < _SHORTEST:
            continue
        through = through or _by_middle(boxes)
        for box in through.get(round((top + bottom) / 2), ()):
            x1, x2 = max(left, box[0]), min(right, box[2])
            if x2 - x1 > _SHORTEST and _WORD.search(words := words_within(textpage, (x1, box[1], x2, box[3]))):
                return words.strip()
    return None


def _by_middle(boxes: list[Box]) -> dict[int, list[Box]]:
    heights: dict[int, list[Box]] = {}
    for box in boxes:
        low, high = (box[1] + share * (box[3] - box[1]) for share in _MIDDLE)
        for height in range(ceil(low), int(min(high, low + _HIGHEST)) + 1):
            heights.setdefault(height, []).append(box)
    return heights


def _covered(boxes: list[Box]) -> Box | None:
    """Return a box whose words are printed over the words of another box, if any."""
    by_height = sorted(boxes, key=itemgetter(3))
    for at, (left, bottom, right, top) in enumerate(by_height):
        for other_left, other_bottom, other_right, other_top in by_height[at + 1 :]:
            shared = top - max(bottom, other_bottom)
            if 2 * shared < other_top - other_bottom:
                break
            if min(right, other_right) - max(left, other_left) > _OVERLAP and 2 * shared > top - bottom:
                return left, bottom, right, top
    return None


def _first_speck(textpage: PdfTextPage) -> int | None:
    """Return the place of a letter or digit too small to see; PDFium has no box for some of them."""
    from pypdfium2 import raw  # noqa: PLC0415

    one, page = raw.FPDFText_GetCharBox, textpage.raw
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    ends = [ctypes.byref(end) for end in (left, right, bottom, top)]
    for at in range(0, textpage.count_chars(), _SAMPLE):
        one(page, at, *ends)
        if (right.value - left.value < _SPECK or top.value - bottom.value < _SPECK) and chr(
            raw.FPDFText_GetUnicode(page, at)
        ).isalnum():
            return at
    return None


def _is_speck(textpage: PdfTextPage, box: Box) -> bool:
    """Return whether a small box has letters or digits too small to see, rather than a dot beside a word."""
    left, bottom, right, top = box
    for share in (0.25, 0.5, 0.75):
        at = textpage.get_index(left + share * (right - left), (bottom + top) / 2, _SPECK, _SPECK)
        if at is not None and textpage.get_text_range(at, 1).isalnum():
            x1, y1, x2, y2 = textpage.get_charbox(at)
            if y2 - y1 < 1 or x2 - x1 < _SPECK:
                return True
    return False


def _drawn(page: PdfPage) -> _Picture:
    from pypdfium2 import PdfBitmap, raw  # noqa: PLC0415

    width, height = page.get_size()
    scale = min(1.0, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    size = max(1, ceil(width * scale)), max(1, ceil(height * scale / _LOW))
    bitmap = PdfBitmap.new_native(*size, raw.FPDFBitmap_Gray)
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, *size, _WHITE)
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, *size, 0, raw.FPDF_ANNOT)
        return _Picture(bytes(bitmap.buffer), *size, bitmap.stride)
    finally:
        bitmap.close()


def _pixels(page: PdfPage, picture: _Picture) -> Callable[[Box], Box]:
    """Return a function that converts a box of the page to the picture: left, top, right, bottom."""
    from pypdfium2 import raw  # noqa: PLC0415

    x, y = ctypes.c_int(), ctypes.c_int()
    places = []
    for point in ((0, 0), (_FINE, 0), (0, _FINE)):
        raw.FPDF_PageToDevice(page, 0, 0, picture.width * _FINE, picture.height * _FINE, 0, *point, x, y)
        places.append((x.value / _FINE, y.value / _FINE))
    (x0, y0), *ends = places
    (xx, xy), (yx, yy) = (((x1 - x0) / _FINE, (y1 - y0) / _FINE) for x1, y1 in ends)

    def pixels(box: Box) -> Box:
        left, bottom, right, top = box
        x1, x2 = x0 + xx * left + yx * bottom, x0 + xx * right + yx * top
        y1, y2 = y0 + xy * left + yy * bottom, y0 + xy * right + yy * top
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    return pixels


def _points(page: PdfPage, picture: _Picture, box: Box) -> Box:
    """Convert a box of the picture to the page: left, bottom, right, top."""
    from pypdfium2 import raw  # noqa: PLC0415

    x, y = ctypes.c_double(), ctypes.c_double()
    corners = []
    for at in (0, 2):
        column, row = round(box[at] * _FINE), round(box[at + 1] * _FINE)
        raw.FPDF_DeviceToPage(page, 0, 0, picture.width * _FINE, picture.height * _FINE, 0, column, row, x, y)
        corners.append((x.value, y.value))
    (left, right), (bottom, top) = map(sorted, zip(*corners, strict=True))
    return left, bottom, right, top


def _gaps(picture: _Picture, box: Box) -> list[tuple[int, int]]:
    """Return the columns of a line of text without ink that are wider than a space: first and last."""
    left, right = max(0, round(box[0])), min(picture.width, round(box[2]) + 1)  # a line may extend beyond the page
    width = right - left
    if width < _WIDEST_SPACE:
        return []
    greys, stride, top = picture.greys, picture.stride, max(0, round(box[1]))
    bottom = min(picture.height, max(round(box[3]), top + 1))
    middle = (top + bottom) // 2  # nearly all letters have ink there
    inner = (1 << 8 * (width - 1)) - 1
    darkest, lightest, ink, found = -1, 0, 0, bytes(width)
    for row in (*range(middle, bottom), *range(top, middle)):
        start = row * stride + left
        one = int.from_bytes(greys[start : start + width].translate(_SHADES), "little")
        darkest &= one
        lightest |= one
        ink |= darkest ^ lightest | (one ^ one >> 8) & inner  # a change from row to row, or along the row
        found = ink.to_bytes(width, "little")
        if _NO_INK not in found:
            return []
    return [(left + gap.start(), left + gap.end()) for gap in _GAP.finditer(found)]
