"""A value and where the cleaned text says it."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from imrdata.letters.text.cleaning import collapse

T_co = TypeVar("T_co", covariant=True)


class Found(NamedTuple, Generic[T_co]):
    """A value with its half-open span of characters in the cleaned text."""

    value: T_co
    start: int
    end: int


class Diagnostic(NamedTuple):
    """Something about a letter that its reader should know, and that is no error.

    Attributes:
        code: A short stable code, e.g. ``"missing_date"``.
        message: What was seen, in one sentence.
    """

    code: str
    message: str


def found_text(text: str, start: int, end: int) -> Found[str]:
    """The words between two places, on one line, with the white space at their ends left out."""
    words = text[start:end]
    stripped = words.strip()
    if stripped[:1] != words[:1]:
        start += len(words) - len(words.lstrip())
    return Found(collapse(stripped), start, start + len(stripped))
