"""Read one letter from its file, or from its name in a table."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import polars as pl

from imrdata.datasets.bundled import bundled_place
from imrdata.datasets.ocr import IMAGES, require_engine
from imrdata.datasets.page_images import page_png
from imrdata.datasets.places import Places
from imrdata.datasets.sources import Document, document_at, documents
from imrdata.datasets.store import committed, kept_versions, scan_files
from imrdata.datasets.workers import call_isolated, read_isolated
from imrdata.errors import ImrDataError, LetterError, MissingExtraError, SourceError
from imrdata.letters.model import Letter


def read_letter(
    source: str | os.PathLike[str] | bytes, *, ocr: str = "never", keep_unrecognised: bool = False
) -> Letter:
    """Read one final determination letter as a record.

    Args:
        source: The letter's file, its bytes, or its text (a string with a line break); or a value of the column
            ``source`` of a table, such as ``letters.zip!CM16-0000123.pdf``.
        ocr: Which pages to read by text recognition, as for `load`.
        keep_unrecognised: Whether to read a text of unknown layout instead of refusing it, as for `load`.

    Returns:
        A frozen `Letter`: its fields, its ``requests``, its cleaned ``text``, and ``spans``, the position of each
        field in the text. A notebook displays it as a page.

    Raises:
        SourceError: The file cannot be read, or the source has more than one letter.
        LetterError: The file is not a letter, or a part is missing.
        MissingExtraError: Text recognition is requested but not installed.
        TypeError: The source has an unsupported type.

    Example:
        >>> import imrdata
        >>> letter = imrdata.read_letter(imrdata.example_letter())
        >>> letter.case_number, letter.case_outcome
        ('CM15-0174261', 'Upheld')
    """
    if not isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
        raise TypeError(f"a letter is read from a path, bytes or text, not {type(source).__name__}")
    require_engine(ocr, keep_unrecognised=keep_unrecognised)
    return _letter(replace(_document(source), ocr=ocr, keep_unrecognised=keep_unrecognised))


def _document(source: str | os.PathLike[str] | bytes) -> Document:
    """Return the only document of a source."""
    if isinstance(source, str | os.PathLike) and os.path.isdir(os.path.expanduser(source)):
        message = "is a folder, not a letter; load reads all letters in it"
        raise SourceError(message, step="source", reason="a_folder", source=os.fspath(source))
    place = bundled_place(source) if isinstance(source, str) else None
    found = list(islice(documents(place or source), 2))
    if len(found) > 1:
        raise SourceError(
            "holds more than one letter; use load", step="source", reason="several_letters", source=found[0].name
        )
    return found[0] if place is None else replace(found[0], name=str(source))


def _letter(document: Document, source_sha256: str | None = None) -> Letter:
    """Read the letter of a document; check its SHA-256 if given."""
    result = read_isolated(replace(document, content=_content(document, source_sha256)))
    if isinstance(result, ImrDataError):
        raise result
    drawn = result.text_origin and partial(_page_image, document, result.source_sha256)
    return replace(result, draw_page=drawn) if drawn else result


def _content(document: Document, source_sha256: str | None) -> bytes:
    try:
        content = document.read()
    except SourceError as error:
        error.source = document.name
        raise
    if source_sha256 is not None and hashlib.sha256(content).hexdigest() != source_sha256:
        message = "the file was changed after its rows were read; a build reads it again"
        raise SourceError(message, step="source", reason="changed_file", source=document.name)
    return content


def _page_image(document: Document, source_sha256: str | None, number: int) -> bytes:
    """Draw a page of a document as PNG."""
    if find_spec("PIL") is None:
        raise MissingExtraError("ocr", "an image of a page")
    drawn = call_isolated(page_png, _content(document, source_sha256), number)
    if isinstance(drawn, ImrDataError):
        raise drawn
    return bytes(drawn)


def letter_of_row(source: str, source_sha256: str | None, folder: Path | None, version: int | None) -> Letter:
    """Read the letter of a table row again; a SourceError if the file is missing or has another SHA-256.

    The row is of a version of the built dataset in a folder; without a folder, of letters that were loaded.
    """
    document = _document_of_row(folder, version, source, source_sha256) if folder is not None else None
    document = document or _document(source)
    try:
        return _letter(replace(document, keep_unrecognised=True), source_sha256)  # it has a row
    except LetterError as error:
        if error.reason not in IMAGES:
            raise
        require_engine("auto")
        return _letter(replace(document, ocr="auto"), source_sha256)


def _document_of_row(folder: Path, version: int | None, source: str, source_sha256: str | None) -> Document | None:
    """Find the document of a row, even if the dataset was moved together with its letters."""
    manifest = committed(folder, version if version in kept_versions(folder) else None)
    files = manifest.files.get("documents", ())
    if not files:
        return None
    is_it = (pl.col("source") == source) & pl.col("source_sha256").eq_missing(source_sha256)
    found = scan_files(folder, files).filter(is_it).select("identity").collect()["identity"]
    return document_at(source, Places(folder).found(found[-1])) if found.len() else None
