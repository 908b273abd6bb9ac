"""Read scanned PDFs and images of letters with Tesseract and pytesseract, which only this module uses.

Call this in a child process (`imrdata.datasets.workers`); Tesseract inherits its memory limit.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from imrdata.datasets.batches import read_bytes
from imrdata.datasets.page_images import count_pictures, drawn_page, drawn_picture, failed
from imrdata.datasets.system import limited_children
from imrdata.errors import ImrDataError, LetterError, MissingExtraError, UnknownTermError
from imrdata.letters.model import Letter
from imrdata.letters.recognition import Lines, Word, agreed, page_text
from imrdata.letters.text import is_image, is_pdf
from imrdata.letters.text.pdf import scanned_pages

if TYPE_CHECKING:
    from PIL.Image import Image

NEVER = "never"
MODES = (NEVER, "auto", "always")
IMAGES = ("no_text_layer", "scanned_page")  # reasons for refusing pages that are images
PASSES = (200, 300, 250)  # dots per inch
SECONDS_A_PAGE = 20  # of CPU, for all passes
_SECONDS_A_PASS = 200  # of real time, on a busy machine
_SURE_PAGE = 70.0  # percent; below this, a page may be rotated
_FEW_WORDS = 8
_DARK, _INK = 128, 0.002  # gray level; share of dark pixels above which a page is not blank
_SKEWS = [step / 4 for step in range(-16, 17)]  # degrees
_SMALL = 600  # pixels of the longer side, to measure the skew
_GET = (
    "Tesseract (Debian, Ubuntu: apt-get install tesseract-ocr; macOS: brew install tesseract; "
    "Windows: winget install UB-Mannheim.TesseractOCR, and its folder in PATH)"
)


def require_engine(mode: str, *, keep_unrecognised: bool = False) -> None:
    """Check that the mode exists, also for texts of unknown layout, and that its requirements are installed."""
    if mode not in MODES:
        raise UnknownTermError(f"no ocr={mode!r}; there are: {', '.join(MODES)}", reason="unknown_ocr")
    if keep_unrecognised and mode != NEVER:
        message = "scans of unknown layout are not read: use keep_unrecognised=True without ocr"
        raise UnknownTermError(message, reason="unknown_ocr")
    if mode == NEVER or (shutil.which("tesseract") and all(map(find_spec, ("PIL", "pytesseract")))):
        return
    raise MissingExtraError("ocr", "reading scans", _GET)


def read_recognized(content: bytes, source: str, mode: str, begin: Callable[[], None]) -> Letter:
    """Read the letter in the bytes of a file, with text recognition of scanned pages.

    In the mode ``auto``, pages without words are recognized; in ``always``, all pages of a PDF. `begin` is called
    before each page, which may take as long as a whole letter without text recognition. A LetterError says that the
    file is not a letter, a part is unreadable, or a decisive word is uncertain.
    """
    if is_image(content):
        require_engine(mode)
        count = count_pictures(content)
        return _read(content, source, {n: _Page(partial(drawn_picture, content, n)) for n in range(count)}, begin)
    numbers = scanned_pages(content, every=mode == "always") if is_pdf(content) else []
    if not numbers:
        return read_bytes(content, source)
    require_engine(mode)
    import pypdfium2 as pdfium  # noqa: PLC0415 - as in letters

    with closing(pdfium.PdfDocument(content)) as document:
        return _read(content, source, {n: _Page(partial(drawn_page, document, n)) for n in numbers}, begin)


def _read(content: bytes, source: str, pages: dict[int, _Page], begin: Callable[[], None]) -> Letter:
    """Read the letter that the passes agree on; a third pass runs if one of two fails or is uncertain."""
    read: list[tuple[Letter, list[Lines]]] = []
    refused: list[ImrDataError] = []
    for dpi in PASSES:
        try:
            lines = {number: page.lines(dpi, begin) for number, page in pages.items()}
            recognized = {number: page_text(one) for number, one in lines.items()}
            read.append((read_bytes(content, source, recognized), list(lines.values())))
        except LetterError as error:
            refused.append(error)
        if len(refused) > 1 or (len(read) > 1 and _are_sure(read)):
            break
    try:
        if len(read) < 2:  # noqa: PLR2004 - two passes
            raise refused[0]
        return replace(agreed(read), ocr_engine=_engine())
    except ImrDataError as error:
        error.source = source
        raise


def _are_sure(read: list[tuple[Letter, list[Lines]]]) -> bool:
    """Return whether the passes agree on all decisive values."""
    try:
        return not any(one.code == "uncertain_value" for one in agreed(read).diagnostics)
    except LetterError:
        return False


def _engine() -> str:
    from pytesseract import get_tesseract_version  # noqa: PLC0415 - an extra

    return f"tesseract {get_tesseract_version()}"


class _Page:
    """A page that is an image, turned upright and straightened the same way for every pass."""

    def __init__(self, draw: Callable[[int], Image]) -> None:
        self._draw = draw  # at a number of dots per inch
        self._turn = 0  # degrees to the right that make it upright
        self._skew: float | None = None
        self._used = 0.0

    def lines(self, dpi: int, begin: Callable[[], None]) -> Lines:
        """Return the words of the page, line by line; none if it is blank. A LetterError if none can be read."""
        begin()
        is_first = self._skew is None
        image = self._straight(dpi)
        lines: Lines = self._limited(_recognized, image, dpi)
        if not lines and _is_blank(image):
            return ()
        if is_first and _confidence(lines) < _SURE_PAGE:
            begin()
            self._turn, self._skew = self._limited(_turn, image), None
            begin()
            lines = self._limited(_recognized, self._straight(dpi), dpi)
        if not lines:
            raise failed("no words are recognized on a page that is not blank")
        return lines

    def _limited(self, run: Callable[..., Any], *given: Any) -> Any:
        """Run Tesseract within the remaining time for the page."""
        before, left = _cpu_of_children(), SECONDS_A_PAGE - self._used
        try:
            with limited_children(max(1, int(left))):
                return run(*given) if left > 0 else None
        finally:
            self._used += _cpu_of_children() - before
            if self._used >= SECONDS_A_PAGE:
                raise failed(f"a page takes more than {SECONDS_A_PAGE} s of CPU")

    def _straight(self, dpi: int) -> Image:
        from PIL import Image  # noqa: PLC0415

        image = self._draw(dpi)
        if self._turn:
            image = image.rotate(-self._turn, expand=True, fillcolor=255)
        if self._skew is None:
            self._skew = _skew(image)
        return image.rotate(self._skew, Image.Resampling.BICUBIC, fillcolor=255) if self._skew else image


def _skew(image: Image) -> float:
    """Return the degrees to the left that make the lines of a page horizontal."""
    from PIL import Image as images  # noqa: PLC0415

    small = image.copy()
    small.thumbnail((_SMALL, _SMALL), images.Resampling.BOX)

    def sharpness(angle: float) -> int:
        turned = small.rotate(angle, images.Resampling.BILINEAR, fillcolor=255)
        rows = turned.resize((1, turned.height), images.Resampling.BOX).tobytes()
        return sum((row - other) ** 2 for row, other in pairwise(rows))

    best = max(_SKEWS, key=lambda angle: (sharpness(angle), -abs(angle)))
    return 0.0 if abs(best) < 0.5 else best  # noqa: PLR2004 - Tesseract reads half a degree as well


def _is_blank(image: Image) -> bool:
    small = image.reduce(4).histogram()
    return sum(small[:_DARK]) < _INK * sum(small)


def _turn(image: Image) -> int:
    """Return the degrees to the right that make a page upright."""
    import pytesseract  # noqa: PLC0415 - an extra

    try:
        found = pytesseract.image_to_osd(image, output_type=pytesseract.Output.DICT, timeout=_SECONDS_A_PASS)
        return int(found["rotate"])
    except pytesseract.TesseractError:  # too few characters to decide
        return 0


def _recognized(image: Image, dpi: int) -> Lines:
    """Recognize the words of an image, line by line."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # one core per worker
    import pytesseract  # noqa: PLC0415

    try:
        found = pytesseract.image_to_data(
            image, config=f"--psm 4 --dpi {dpi}", output_type=pytesseract.Output.DICT, timeout=_SECONDS_A_PASS
        )
    except (pytesseract.TesseractError, RuntimeError, MemoryError) as error:
        raise failed(f"Tesseract failed: {error}") from error
    lines: dict[tuple[int, int, int], list[Word]] = {}
    places = zip(found["block_num"], found["par_num"], found["line_num"], strict=True)
    for place, text, confidence in zip(places, found["text"], found["conf"], strict=True):
        if text.strip():
            lines.setdefault(place, []).append(Word(text.strip(), float(confidence)))
    return tuple(map(tuple, lines.values()))


def _confidence(lines: Lines) -> float:
    """Return the confidence of the words of a page, in percent; 0 for a few words, which say nothing."""
    every = [word.confidence for line in lines for word in line]
    return sum(every) / len(every) if len(every) >= _FEW_WORDS else 0.0


def _cpu_of_children() -> float:
    return os.times().children_user + os.times().children_system
