"""What became of some letters: validated tables, quarantine, and counts that add up.

No letter is lost: letters in = letters out + quarantined + exact duplicates, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from imrdata import display
from imrdata.errors import ImrDataError, LetterError, ValidationError
from imrdata.records import Letter
from imrdata.tables import TABLES, Frames, frames, quarantine_frame
from imrdata.validation import validate, validate_tables
from imrdata.workers import Outcome

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
        documents, letters, requests = self.document_count, self.letters.height, self.decisions.height
        codes = dict(self.diagnostics.group_by("code").len().iter_rows())
        rows = [
            ("documents read", documents, None),
            ("documents quarantined", self.quarantine.height, documents),
            ("exact duplicates", self.duplicate_count, documents),
            ("letters", letters, None),
            ("letters, synthetic", _count(self.letters, "provenance", "synthetic"), letters),
            ("letters of an unrecognised layout", _count(self.letters, "letter_layout", "unrecognised"), letters),
            ("treatment requests", requests, None),
            ("requests upheld", _count(self.decisions, "outcome", "Upheld"), requests),
            ("requests overturned", _count(self.decisions, "outcome", "Overturned"), requests),
            ("requests modified by utilization review", _count(self.decisions, "ur_decision", "modified"), requests),
            ("requests in category Other", _count(self.decisions, "treatment_category", "Other"), requests),
            ("requests that no vocabulary knows", codes.get("unknown_treatment", 0), requests),
            ("guideline citations", self.citations.height, None),
            ("guideline sections that no vocabulary knows", codes.get("unknown_section", 0), None),
            ("specialties that no vocabulary knows", codes.get("unknown_specialty", 0), None),
            ("states that no vocabulary knows", codes.get("unknown_state", 0), None),
            ("diagnostics", self.diagnostics.height, None),
        ]
        shares = [(measure, count, count / whole if whole else None) for measure, count, whole in rows]
        schema = {"measure": pl.String, "count": pl.Int64, "share": pl.Float64}
        return pl.DataFrame(shares, schema=schema, orient="row")

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
