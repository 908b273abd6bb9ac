"""Errors, by cause.

ImrDataError
 |- SourceError           the file cannot be read: missing, too large, damaged
 |- LetterError           the text is not a letter, or a section or field of it is missing
 |- DatasetError          a built dataset is damaged, unfinished, of another version, or in use
 |- UnknownTermError      a name that is in no vocabulary (also LookupError)
 |- MissingExtraError     an optional part of the package is not installed (also ImportError)
 |- CorrectionError       a correction has an unknown row or column, or an invalid value (also ValueError)
 `- ValidationError       a table breaks its contract (also ValueError); has the invalid rows

ImrDataWarning is the base of all warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


# Control characters change what a terminal does; direction marks reorder the text after them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(?:r|x[0-9a-f]{2}|u[0-9a-f]{4})")

_LIKE, _PART = 4, 4  # the most similar names listed; the fewest letters of a matching part of a name


def printable(text: str) -> str:
    """Escape the characters of a text that would control a terminal."""
    return _UNPRINTABLE.sub(lambda odd: odd.group().encode("unicode_escape").decode("ascii"), text)


def unescaped(text: str) -> str:
    """Return a text from its `printable` form."""
    return _ESCAPED.sub(lambda escape: escape.group().encode().decode("unicode_escape"), text)


def alternatives(name: str, known: Iterable[str]) -> str:
    """Suggest known names similar to an unknown one, or list all if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 - for errors alone

    name, every = str(name), list(known)
    lower = {one.lower(): one for one in reversed(every)}
    close = [lower[one] for one in get_close_matches(name.lower(), lower, cutoff=0.7)]
    within = [one for key, one in lower.items() if len(name) >= _PART and name.lower() in key]
    like = list(dict.fromkeys([*close, *within[::-1]]))[:_LIKE]
    return f"did you mean {' or '.join(like)}?" if like else f"there are: {', '.join(every) or 'none'}"


@dataclass(eq=False, repr=False)
class ImrDataError(Exception):
    """Base of all errors of the package.

    Attributes:
        message: What is wrong, in one sentence.
        step: The step of the reading that failed, e.g. ``"sections"``.
        reason: A stable code of the cause, e.g. ``"cut_off"``.
        source: Where the letter was read from, if known.
        section: The section of the letter, if known.
        span: Start and end in the cleaned text, if known.
        excerpt: The words of the letter where the problem is.
    """

    message: str
    _: KW_ONLY
    step: str = ""
    reason: str = ""
    source: str | None = None
    section: str | None = None
    span: tuple[int, int] | None = None
    excerpt: str | None = None

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __str__(self) -> str:
        return printable(f"{self.source}: {self.message}" if self.source else self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle an error with all its attributes."""
        return rebuild, (type(self), self.message, self.__dict__)


def rebuild(cls: type[ImrDataError], message: str, state: dict[str, Any]) -> ImrDataError:
    """Restore an error that another process raised."""
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class SourceError(ImrDataError):
    """A file, folder or archive cannot be read."""


class LetterError(ImrDataError):
    """A text is not an IMR final determination letter, or a part of it is missing."""


class DatasetError(ImrDataError):
    """A built dataset cannot be read or written: it is damaged, unfinished, of another version, or in use."""


class UnknownTermError(ImrDataError, LookupError):
    """A name is in no vocabulary or table."""


class MissingExtraError(ImrDataError, ImportError):
    """An optional part of the package is not installed; the message gives the pip command."""

    def __init__(self, extra: str, purpose: str, beside: str | None = None) -> None:
        message = f"{purpose} needs packages that are not installed: pip install 'imrdata[{extra}]'"
        message += f"; and {beside}" if beside else ""
        super().__init__(message, step="extras", reason="missing_extra")


@contextmanager
def needs(extra: str, purpose: str) -> Iterator[None]:
    """Raise a `MissingExtraError` if an import in the block fails."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(extra, purpose) from error


class CorrectionError(ImrDataError, ValueError):
    """A correction is invalid: its column is unknown, or its column does not allow the value."""


class ValidationError(ImrDataError, ValueError):
    """A table breaks its contract.

    Attributes:
        failures: One row per broken rule: table, column, rule, count, examples.
        rows: The unchanged rows of the frame that break a rule; None if rows of two tables contradict each other.
    """

    def __init__(self, message: str, failures: pl.DataFrame, rows: pl.DataFrame | None = None) -> None:
        super().__init__(message, step="validation", reason="invalid_table")
        self.failures = failures
        self.rows = rows


class ImrDataWarning(UserWarning):
    """The base of all warnings of the package."""


class SampleWarning(ImrDataWarning):
    """The tables are those of the sample that ships with the package; nearly all its letters are synthetic.

    ``warnings.simplefilter("ignore", imrdata.errors.SampleWarning)`` turns it off.
    """
