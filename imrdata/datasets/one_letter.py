"""One letter read again: its file, or the name by which a table calls it, in; its record out."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice

from imrdata.datasets.bundled import bundled_place
from imrdata.datasets.sources import documents
from imrdata.datasets.workers import read_isolated
from imrdata.errors import ImrDataError, SourceError
from imrdata.letters.model import Letter


def read_letter(source: str | os.PathLike[str] | bytes) -> Letter:
    """One final determination letter as a record.

    Args:
        source: The letter's file, its bytes, or its text (a string that holds a line break); or what the column
            ``source`` of a table says, such as ``letters.zip!CM16-0000123.pdf``.

    Returns:
        A frozen `Letter`: its fields, its ``requests``, its cleaned ``text``, and in ``spans`` where the text says
        each field. In a notebook it shows itself as a page.

    Raises:
        SourceError: The file cannot be read, or the source holds more than one letter.
        LetterError: It is no letter, or a part of it is missing.
        TypeError: The source is of another type.

    Example:
        >>> import imrdata
        >>> letter = imrdata.read_letter(imrdata.example_letter())
        >>> letter.case_number, letter.case_outcome
        ('CM15-0174261', 'Upheld')
    """
    if not isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
        raise TypeError(f"a letter is read from a path, bytes or text, not {type(source).__name__}")
    content, name = _content(source)
    result = read_isolated(content, name)
    if isinstance(result, ImrDataError):
        raise result
    return result


def _content(source: str | os.PathLike[str] | bytes) -> tuple[bytes, str]:
    """The bytes of one letter, and how it is called."""
    if isinstance(source, str | os.PathLike) and os.path.isdir(os.path.expanduser(source)):
        message = "is a folder, and not one letter; load reads all letters in it"
        raise SourceError(message, step="source", reason="a_folder", source=os.fspath(source))
    place = bundled_place(source) if isinstance(source, str) else None
    found = list(islice(documents(place or source), 2))
    if len(found) > 1:
        raise SourceError(
            "holds more than one letter; use load", step="source", reason="several_letters", source=found[0].name
        )
    document = found[0] if place is None else replace(found[0], name=str(source))
    try:
        return document.read(), document.name
    except SourceError as error:
        error.source = document.name
        raise
