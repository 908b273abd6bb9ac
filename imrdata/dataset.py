"""Letters in, four validated tables out.

`load` never loses a letter: letters in = letters out + quarantined + exact duplicates, always.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from imrdata import display
from imrdata.errors import ImrDataError, ImrDataWarning, LetterError, SourceError, ValidationError
from imrdata.records import Letter
from imrdata.resources import bundled_letters
from imrdata.sources import Document, Source, documents
from imrdata.tables import TABLES, Frames, frames, quarantine_frame
from imrdata.validation import validate, validate_tables
from imrdata.workers import Outcome, read_documents, read_isolated

ENVIRONMENT = "IMRDATA_DATASET"
_INVALID = (ValidationError, pl.exceptions.PolarsError, TypeError, OverflowError)  # what bad values of a letter raise


@dataclass(frozen=True, slots=True)
class Dataset:
    """The tables of some letters, validated.

    Attributes:
        letters: One row a letter; key ``case_number``.
        decisions: One row a treatment request decided; key ``case_number, request_number``.
        citations: One row a guideline cited; key ``case_number, request_number, cited_by, citation_number``.
        quarantine: One row a file or letter that could not become rows, with the reason.
        diagnostics: One row something that a reader should know of a letter, and that is no error:
            ``case_number``, ``code``, ``message``.
        document_count: How many files or letters were read.
        duplicate_count: How many of them say exactly what another one says; they are counted once.
    """

    letters: pl.DataFrame
    decisions: pl.DataFrame
    citations: pl.DataFrame
    quarantine: pl.DataFrame
    diagnostics: pl.DataFrame
    document_count: int
    duplicate_count: int

    def summary(self) -> pl.DataFrame:
        """What the data set holds, in figures.

        Returns:
            A frame of three columns: ``measure`` (String), ``count`` (Int64), and ``share`` (Float64) of the
            documents, letters or requests that the measure is a part of; null where it is a whole.
        """
        letters, decisions = self.letters.height, self.decisions.height
        codes = dict(self.diagnostics.group_by("code").len().iter_rows())
        unknown_sections = {"guideline sections that no vocabulary knows": codes.get("unknown_section", 0)}
        unknown_credentials = codes.get("unknown_specialty", 0) + codes.get("unknown_state", 0)
        wholes = {
            "documents read": self.document_count,
            "letters": letters,
            "treatment requests": decisions,
            "guideline citations": self.citations.height,
            "diagnostics": self.diagnostics.height,
        }
        parts = {
            "documents read": {
                "documents quarantined": self.quarantine.height,
                "exact duplicates": self.duplicate_count,
            },
            "letters": {
                "letters, synthetic": _count(self.letters, "provenance", "synthetic"),
                "letters of an unrecognised layout": _count(self.letters, "letter_layout", "unrecognised"),
            },
            "treatment requests": {
                "requests upheld": _count(self.decisions, "outcome", "Upheld"),
                "requests overturned": _count(self.decisions, "outcome", "Overturned"),
                "requests modified by utilization review": _count(self.decisions, "ur_decision", "modified"),
                "requests in category Other": _count(self.decisions, "treatment_category", "Other"),
                "requests that no vocabulary knows": codes.get("unknown_treatment", 0),
            },
            "guideline citations": unknown_sections,
            "diagnostics": {"credentials that no vocabulary knows": unknown_credentials},
        }
        rows: list[tuple[str, int, float | None]] = []
        for whole, count in wholes.items():
            rows.append((whole, count, None))
            rows += [(part, n, n / count if count else None) for part, n in parts[whole].items()]
        schema = {"measure": pl.String, "count": pl.Int64, "share": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def __repr__(self) -> str:
        return (
            f"Dataset({self.letters.height:,} letters, {self.decisions.height:,} decisions, "
            f"{self.citations.height:,} citations, {self.quarantine.height:,} quarantined)"
        )

    def _repr_html_(self) -> str:
        return display.dataset_html(
            repr(self),
            [(measure, f"{count:,}", _percent(share)) for measure, count, share in self.summary().rows()],
            self.quarantine.rows(named=True),
        )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _count(frame: pl.DataFrame, column: str, value: str) -> int:
    return int((frame[column].cast(pl.String) == value).sum())


def load(source: Source | None = None) -> Dataset:
    """Read letters into validated tables.

    Args:
        source: A file (PDF, Markdown, HTML or plain text), a folder, a glob, a .zip, the bytes or the text of a
            letter (a string that holds a line break is text), or a list of these. None: what the environment
            variable IMRDATA_DATASET names, else the sample that ships with the package: one published letter and
            1,500 synthetic ones, with one warning a process that says so.

    Returns:
        A `Dataset`, rows in the order of the sources (names sorted within a folder or archive). A letter that cannot
        be read is in its ``quarantine`` with the reason; one warning counts them.

    Raises:
        ValidationError: The tables break their own contract: an error of this package.
        TypeError: The source is of another type.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata
        >>> imrdata.load()
        Dataset(1,501 letters, 2,566 decisions, 5,404 citations, 0 quarantined)
    """
    return _loaded(source)


def load_decisions(source: Source | None = None) -> pl.DataFrame:
    """The treatment requests that letters decide, one row a request.

    Args:
        source: As for `load`.

    Returns:
        A validated frame, key ``case_number, request_number``, in the order of the letters: identity and texts of
        the request, ``ur_decision``, ``outcome``, the treatment, the guideline texts, and the letter's dates,
        reviewer and patient, repeated so that one frame is enough for analysis.

    Raises:
        ValidationError: The tables break their own contract: an error of this package.
        TypeError: The source is of another type.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata
        >>> imrdata.load_decisions(imrdata.example_letter())["outcome"].to_list()
        ['Upheld']
    """
    return _loaded(source).decisions


def load_letters(source: Source | None = None) -> pl.DataFrame:
    """Final determination letters, one row a letter.

    Args:
        source: As for `load`.

    Returns:
        A validated frame, key ``case_number``, in the order of the letters: dates, priority, reviewer, patient,
        ``case_outcome``, the counts of requests, and the letter's sections as texts.

    Raises:
        ValidationError: The tables break their own contract: an error of this package.
        TypeError: The source is of another type.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata
        >>> imrdata.load_letters(imrdata.example_letter())["decision_date"].to_list()
        [datetime.date(2015, 10, 23)]
    """
    return _loaded(source).letters


def load_citations(source: Source | None = None) -> pl.DataFrame:
    """The guidelines that the parties cite, one row a citation.

    Args:
        source: As for `load`.

    Returns:
        A validated frame, key ``case_number, request_number, cited_by, citation_number``, in the order of the
        letters. A party that cites nothing for a request has no row.

    Raises:
        ValidationError: The tables break their own contract: an error of this package.
        TypeError: The source is of another type.

    Source:
        Letters as published by the California Division of Workers' Compensation (dir.ca.gov/dwc/imr).

    Example:
        >>> import imrdata
        >>> imrdata.load_citations(imrdata.example_letter())["guideline_source"].to_list()
        ['MTUS', 'MTUS', 'MTUS']
    """
    return _loaded(source).citations


def read_letter(source: str | os.PathLike[str] | bytes) -> Letter:
    """One final determination letter as a record.

    Args:
        source: The letter's file, its bytes, or its text (a string that holds a line break).

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
    found = list(islice(documents(source), 2))
    if len(found) > 1:
        raise SourceError(
            "holds more than one letter; use load", step="source", reason="several_letters", source=str(source)[:200]
        )
    document = found[0]
    try:
        content = document.read()
    except SourceError as error:
        error.source = document.name
        raise
    result = read_isolated(content, document.name)
    if isinstance(result, ImrDataError):
        raise result
    return result


def example_letter() -> Path:
    """The path of a published letter that ships with the package: one request, upheld, decided 2015-10-23.

    Source:
        California Division of Workers' Compensation, case CM15-0174261.

    Example:
        >>> import imrdata
        >>> imrdata.example_letter().name
        'CM15-0174261.md'
    """
    return bundled_letters() / "CM15-0174261.md"


def _loaded(source: Source | None) -> Dataset:
    """The data set of a source, for a public function that was called by the user."""
    data = collect(read_documents(documents(source) if source is not None else _default_documents()))
    if data.quarantine.height:
        counts = f"{data.quarantine.height:,} of {data.document_count:,} documents"
        warnings.warn(f"{counts} could not be read; load(...).quarantine says why", ImrDataWarning, stacklevel=3)
    if source is None and _is_first_sample() and _count(data.letters, "provenance", "synthetic"):
        warnings.warn(SAMPLE_WARNING, ImrDataWarning, stacklevel=3)
    return data


SAMPLE_WARNING = (
    "this is the sample that ships with imrdata: nearly all of its letters are synthetic, made by the package; "
    "see the column provenance, and quote no figure of it"
)
_told = threading.Event()  # once a process is enough


def _is_first_sample() -> bool:
    is_first = not _told.is_set()
    _told.set()
    return is_first


def _default_documents() -> Iterator[Document]:
    named = os.environ.get(ENVIRONMENT)
    if named:
        yield from documents(Path(named))
        return
    folder = bundled_letters()
    for document in documents(folder):  # named alike in a checkout and in a wheel
        yield replace(document, name=f"seeds/letters/{document.name.removeprefix(str(folder)).lstrip('/' + os.sep)}")


def collect(outcomes: Iterable[Outcome]) -> Dataset:
    """The validated tables of some read documents.

    A letter that is there twice is counted once. Different letters under one case number are all quarantined:
    nothing tells which of them is right.
    """
    letters: dict[str, Letter] = {}
    conflicts: dict[str, list[Letter]] = {}
    failures: list[tuple[str, str | None, ImrDataError]] = []
    document_count = duplicate_count = 0
    for source, digest, result in outcomes:
        document_count += 1
        if isinstance(result, ImrDataError):
            failures.append((source, digest, result))
        elif (known := letters.setdefault(result.case_number, result)) is not result:
            if known == result:
                duplicate_count += 1
            else:
                conflicts.setdefault(result.case_number, [known]).append(result)
    for case_number, several in conflicts.items():
        del letters[case_number]
        failures += _conflict(case_number, several)
    tables, refused = _valid_frames(list(letters.values()))
    data = Dataset(
        letters=tables.letters,
        decisions=tables.decisions,
        citations=tables.citations,
        quarantine=quarantine_frame([*failures, *refused]),
        diagnostics=tables.diagnostics,
        document_count=document_count,
        duplicate_count=duplicate_count,
    )
    validate(data.quarantine, "quarantine")
    return data


def _valid_frames(letters: list[Letter]) -> tuple[Frames, list[tuple[str, str | None, ImrDataError]]]:
    """The validated tables of the letters, without those whose own rows break a rule: these are refused one by one."""
    try:
        return _validated(frames(letters)), []
    except _INVALID:
        pass
    kept: list[Letter] = []
    refused: list[tuple[str, str | None, ImrDataError]] = []
    for letter in letters:
        try:
            _validated(frames([letter]))
        except _INVALID as error:
            fault = LetterError(f"its rows break the tables' rules: {error}", step="dataset", reason="invalid_record")
            refused.append((letter.source, letter.source_sha256, fault))
        else:
            kept.append(letter)
    return _validated(frames(kept)), refused


def _validated(tables: Frames) -> Frames:
    validate_tables({name: getattr(tables, name) for name in TABLES if name != "quarantine"})
    return tables


def _conflict(case_number: str, several: list[Letter]) -> Iterator[tuple[str, str | None, ImrDataError]]:
    places = ", ".join(letter.source for letter in several)
    for letter in several:
        message = f"{len(several)} different letters have the case number {case_number}: {places}"
        yield letter.source, letter.source_sha256, LetterError(message, step="dataset", reason="conflicting_letters")
