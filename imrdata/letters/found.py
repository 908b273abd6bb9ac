"""Values and sections with their spans in the cleaned text, and diagnostics."""

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
    """A labeled span of the cleaned text.

    Attributes:
        name: The name of the section, e.g. ``"clinical_summary"``.
        item: The number of the treatment request it belongs to; 0 outside the requests.
        start: The start of its label.
        body: The start of its words, after the label.
        end: The start of the next section.
    """

    name: str
    item: int
    start: int
    body: int
    end: int


class Diagnostic(NamedTuple):
    """A finding about a letter that is not an error.

    Attributes:
        code: A short stable code, e.g. ``"missing_date"``.
        message: The finding, in one sentence.
        request_number: The treatment request that it is about; None for the whole letter.
        column: The column that it is about, if any.
        excerpt: The words of the letter that it is about, if any.
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
        start: The start of the words in the cleaned text.
        end: The end of the words.
        why: The vocabulary row that decided it, and its meaning.
    """

    name: str
    start: int
    end: int
    why: str


def collapse(text: str) -> str:
    """Return the words of a span of cleaned text on one line."""
    return text.replace("\n", " ")


def found_text(text: str, start: int, end: int) -> Found[str]:
    """Return the words between two positions on one line, without white space at the ends."""
    return Found(*text_and_span(text, start, end))


def text_and_span(text: str, start: int, end: int) -> tuple[str, int, int]:
    """Return the same as `found_text`, as a tuple without names, which is faster."""
    words = text[start:end]
    stripped = words.strip()
    if stripped[:1] != words[:1]:
        start += len(words) - len(words.lstrip())
    return stripped.replace("\n", " "), start, start + len(stripped)
