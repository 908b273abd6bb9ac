"""Draw the pages of PDFs and images in shades of gray.

A hostile file may crash a library or exhaust the memory: call this in a child process
(`imrdata.datasets.workers`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from imrdata.errors import LetterError
from imrdata.letters.text import is_image
from imrdata.letters.text.pdf import MAX_PAGES

if TYPE_CHECKING:
    from PIL.Image import Image

_INCHES = 11.0  # the longer side of a page of unknown size
_MOST_PIXELS = 100_000_000  # of an image; a letter at 600 dots per inch has 34 million
_MOST_INCHES = 20.0  # of a page
_SHOWN_DPI = 100  # for display: words are legible, and the image has about 100 kB


def page_png(content: bytes, number: int) -> bytes | LetterError:
    """Draw a page of a PDF or an image, from 1, as PNG for display; return the error where it cannot be drawn."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - as in letters

    try:
        if is_image(content):
            image = drawn_picture(content, number - 1, _SHOWN_DPI)
        else:
            with closing(pdfium.PdfDocument(content)) as document:
                image = drawn_page(document, number - 1, _SHOWN_DPI)
    except LetterError as error:
        return error
    except (pdfium.PdfiumError, IndexError, EOFError) as error:
        return failed(f"page {number} cannot be drawn: {error}")
    packed = io.BytesIO()
    image.quantize(16).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def drawn_page(document: Any, number: int, dpi: int) -> Image:
    """Draw a page of a PDF."""
    with closing(document[number]) as page:
        inches = max(page.get_size()) / 72
        scale = dpi / 72 * min(1.0, _MOST_INCHES / inches)
        with closing(page.render(scale=scale, grayscale=True)) as bitmap:
            return bitmap.to_pil().convert("L").copy()  # type: ignore[no-any-return]


def count_pictures(content: bytes) -> int:
    """Count the pages of an image file; a LetterError if it is damaged, or has too many pages."""
    with _opened(content) as file:
        count = getattr(file, "n_frames", 1)
    if count > MAX_PAGES:
        raise failed(f"the picture has {count} pages; a letter has at most {MAX_PAGES}")
    return count


def drawn_picture(content: bytes, number: int, dpi: int) -> Image:
    """Draw a page of an image file, scaled as a scan of a letter-size page; a LetterError if it cannot be drawn."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - an extra

    with _opened(content) as file:
        file.seek(number)
        if file.width * file.height > _MOST_PIXELS:
            raise failed(f"a picture has {file.width} x {file.height} pixels on page {number + 1}")
        shown = ImageOps.exif_transpose(file).convert("L")
        scale = dpi * _INCHES / max(shown.size)
        size = (max(1, round(shown.width * scale)), max(1, round(shown.height * scale)))
        return shown.resize(size, Image.Resampling.BICUBIC)


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - an extra

    try:
        with Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "TIFF"]) as file:
            yield file
    except UnidentifiedImageError as error:  # its message names an object in memory
        raise failed("the picture is damaged: its format is unknown") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise failed(f"the picture is damaged: {error}") from error


def failed(message: str) -> LetterError:
    """Return the error for a page that cannot be drawn or recognized."""
    return LetterError(message, step="text", reason="recognition_failed")
