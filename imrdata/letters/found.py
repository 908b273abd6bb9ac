"""Values and sections with their place in the cleaned text, and diagnostics."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

T_co = TypeVar("T_co", covariant=True)
Span = tuple[int, int]  # the half-open range of characters in the cleaned text


class Found(NamedTuple, Generic[T_co]):
    """A value with its half-open span of characters in the cleaned text."""

    value: T_co
    start: int
    end: int


class Section(NamedTuple):
    """A labelled span of the cleaned text.

    Attributes:
        name: What the section is, e.g. ``"clinical_summary"``.
        item: Number of the treatment request it belongs to; 0 outside of the requests.
        start: Where its label begins.
        body: Where its words begin, after the label.
        end: Where the next section begins.
    """

    name: str
    item: int
    start: int
    body: int
    end: int


class Diagnostic(NamedTuple):
    """Something about a letter that its reader should know, and that is no error.

    Attributes:
        code: A short stable code, e.g. ``"missing_date"``.
        message: What was seen, in one sentence.
        request_number: The treatment request that it is about; None where it is about the whole letter.
        column: The column that it is about, where it is about one.
        excerpt: The words of the letter that it is about, where there are any.
    """

    code: str
    message: str
    request_number: int | None = None
    column: str | None = None
    excerpt: str | None = None


class Evidence(NamedTuple):
    """Words of a text that a derived field was read from.

    Attributes:
        name: The field's name, e.g. ``"requests[1].treatment_category"``.
        start: Where the words begin in the cleaned text.
        end: Where they end.
        why: The row of a vocabulary that decided it, and what it says.
    """

    name: str
    start: int
    end: int
    why: str


def collapse(text: str) -> str:
    """The words of a span of cleaned text on one line."""
    return text.replace("\n", " ")


def found_text(text: str, start: int, end: int) -> Found[str]:
    """The words between two places, on one line, with the white space at their ends left out."""
    words = text[start:end]
    stripped = words.strip()
    if stripped[:1] != words[:1]:
        start += len(words) - len(words.lstrip())
    return Found(stripped.replace("\n", " "), start, start + len(stripped))
