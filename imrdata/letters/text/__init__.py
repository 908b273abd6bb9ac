"""Convert a letter's bytes to its cleaned text.

`pdf` reads PDFs, `unmark` removes Markdown and HTML and the words that `styles` finds hidden, `pages` checks that the
pages are complete and joins them, and `cleaning` makes the text of different PDF readers equal. All functions are pure.
"""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.found import Diagnostic
from imrdata.letters.text.pages import join_pages
from imrdata.letters.text.pdf import TURN_ON, read_pdf
from imrdata.letters.text.unmark import plain_text

__all__ = ["LetterText", "is_image", "is_pdf", "letter_text"]

MAX_CHARACTERS = 4_000_000  # letters have 4,000 to 60,000
_PDF_WITHIN = 1024  # bytes in which a PDF may start
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")  # PNG, JPEG, TIFF
_SAMPLE = 2000
_SOFT_BREAK = re.compile(rb"=(?<!==)\r?\n")  # of quoted-printable text; `re` finds a first character fastest
_SOFT_BREAKS = 3
_CONTINUING = "[\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]"
_MOJIBAKE = re.compile(f"[\u00c2-\u00df]{_CONTINUING}|[\u00e0-\u00ef]{_CONTINUING}{{2}}")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


class LetterText(NamedTuple):
    """The cleaned text of a letter, and diagnostics of its file.

    Attributes:
        text: The cleaned text.
        diagnostics: Diagnostics of the file.
        origin: ``embedded`` in a PDF, by ``ocr`` of its images, or ``mixed``; None if the file is a text.
        page_starts: The start of each page in the text.
    """

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()
    origin: str | None = None
    page_starts: tuple[int, ...] = ()


def is_pdf(content: bytes) -> bool:
    """Return whether the bytes are a PDF, regardless of the file name."""
    return b"%PDF-" in content[:_PDF_WITHIN]


def is_image(content: bytes) -> bool:
    """Return whether the bytes are an image in a format that scanners use."""
    return content.startswith(_IMAGES)


def letter_text(content: bytes, recognized: Mapping[int, str] | None = None) -> LetterText:
    """Return the cleaned text of a letter.

    Args:
        content: The bytes of a PDF, an image, or a text: plain, Markdown or HTML, in UTF-8, UTF-16 or Windows-1252.
        recognized: The words of pages that are images, by page number from 0.

    Raises:
        LetterError: It has no text, or far too much, a part is missing, or the file has another format.
    """
    if not content.strip():
        raise LetterError("the file is empty", step="text", reason="empty")
    recognized = recognized or {}
    pages, told, origin = _pages(content, recognized)
    for number, words in recognized.items():
        pages[number] = words
    length = sum(map(len, pages))
    if length > MAX_CHARACTERS:
        raise _too_large(length)
    text, told_of_pages, starts = join_pages(pages)
    if not text:
        raise LetterError("the file contains no words", step="text", reason="empty")
    return LetterText(text, (*told, *told_of_pages), origin, starts)


def _pages(content: bytes, recognized: Mapping[int, str]) -> tuple[list[str], list[Diagnostic], str | None]:
    """Return the words of each page (empty for images), diagnostics of the file, and the origin of the words."""
    if is_image(content):
        if not recognized:
            raise LetterError(f"the file is a picture; {TURN_ON}", step="text", reason="scanned_page")
        return [""] * len(recognized), [], "ocr"
    if is_pdf(content):
        pages, told = read_pdf(content, recognized)
        origin = ("mixed" if any(page.strip() for page in pages) else "ocr") if recognized else "embedded"
        return pages, told, origin
    if len(content) > 8 * MAX_CHARACTERS:
        raise _too_large(len(content))
    return plain_text(_decoded(content)).split("\f"), [], None


def _too_large(length: int) -> LetterError:
    message = f"the text has {length:,} characters; no letter is that long"
    return LetterError(message, step="text", reason="too_large")


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if b"\x00" in content:
        return content.decode(_utf16_without_mark(content), "replace")
    if b"=" in content and len(_SOFT_BREAK.findall(content)) >= _SOFT_BREAKS:  # an e-mail saved as it was sent
        content = quopri.decodestring(content)
    text = content.decode("utf-8-sig", "imrdata_bad_bytes")
    is_twice = not text.isascii() and any([sign in text for sign in "\u00c2\u00c3\u00e2"])  # noqa: C419 - faster
    return _MOJIBAKE.sub(_as_utf8, text) if is_twice else text


def _as_utf8(match: re.Match[str]) -> str:
    """Decode UTF-8 that was read as Windows-1252: "doctor\u00e2\u20ac\u2122s"; other characters are unchanged."""
    with suppress(UnicodeError):
        return b"".join(one.encode("latin-1" if one < "\u0100" else "cp1252") for one in match.group()).decode()
    return match.group()


def _utf16_without_mark(content: bytes) -> str:
    """Return the byte order of a UTF-16 text without a mark, found from the zeros beside Latin letters."""
    sample = content[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if len(content) % 2 or max(even, odd) < 0.8 * half or min(even, odd) > 0.02 * half:
        raise LetterError("the file is neither a PDF nor a text", step="text", reason="not_text")
    return "utf-16-le" if odd > even else "utf-16-be"


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that is not UTF-8 as Windows-1252; the rest of the text is unchanged."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.start + 3]
    if _SURROGATE.fullmatch(bad):  # a surrogate, which some programs write
        return "\ufffd", error.start + 3
    return bad[:1].decode("cp1252", "replace"), error.start + 1


codecs.register_error("imrdata_bad_bytes", _as_cp1252)
