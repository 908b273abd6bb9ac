"""From a letter's bytes to its cleaned text.

`pdf` reads PDFs, `markup` takes Markdown and HTML off, `cleaning` makes the text of every reader alike.
All of it is pure: bytes or text in, text out.
"""

from __future__ import annotations

from imrdata.errors import LetterError
from imrdata.letters.text.cleaning import clean
from imrdata.letters.text.pdf import pdf_text
from imrdata.letters.text.unmark import plain_text

__all__ = ["is_pdf", "letter_text"]

MAX_CHARACTERS = 4_000_000  # letters have 4,000 to 60,000
_PDF_WITHIN = 1024  # a PDF may start after some junk


def is_pdf(content: bytes) -> bool:
    """Whether the bytes are a PDF, by their own mark and not by a file's name."""
    return b"%PDF-" in content[:_PDF_WITHIN]


def letter_text(content: bytes) -> str:
    """The cleaned text of a letter.

    Args:
        content: The bytes of a PDF, or of a text: plain, Markdown or HTML, in UTF-8, UTF-16 or Windows-1252.

    Raises:
        LetterError: There is no text in it, or far too much, or it is a file of another kind.
    """
    if not content.strip():
        raise LetterError("the file is empty", step="text", reason="empty")
    text = pdf_text(content) if is_pdf(content) else plain_text(_decoded(content))
    if len(text) > MAX_CHARACTERS:
        raise LetterError(
            f"the text has {len(text):,} characters; no letter is so long", step="text", reason="too_large"
        )
    text = clean(text)
    if not text:
        raise LetterError("the file holds no words", step="text", reason="empty")
    return text


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if b"\x00" in content:
        raise LetterError("the file is neither a PDF nor a text", step="text", reason="not_text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
