"""The result of reading letters: validated tables, quarantine, and counts.

Documents in = letters out + quarantined + exact duplicates, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from imrdata.display.dataset_page import dataset_html
from imrdata.errors import UnknownTermError
from imrdata.letters.case_numbers import typed_case_number
from imrdata.tables.columns import TABLES
from imrdata.version import __version__

if TYPE_CHECKING:
    from imrdata.letters.model import Letter


@dataclass(frozen=True, slots=True)
class Dataset:
    """The validated tables read from a set of letters.

    Attributes:
        letters: One row per letter; key ``case_number``.
        decisions: One row per treatment request decided; key ``case_number, request_number``.
        citations: One row per guideline cited; key ``case_number, request_number, cited_by, citation_number``.
        quarantine: One row per file or letter that could not be read, with the reason.
        diagnostics: One row per finding about a letter that is not an error.
        document_count: Number of files or letters read.
        duplicate_count: Number of documents with the same content as an earlier document.
        version: The version of the built dataset that was read; None if letters were read.
        folder: The built dataset that was read; None if letters were read.
        skipped_count: Number of files skipped because of their names: hidden files, tables, programs, images. None
            for a built dataset; see its `BuildReport`.
        is_corrected: Whether corrections were applied that are not stored in `folder`.
        indexes: The text indexes that searches built or opened.
    """

    letters: pl.DataFrame
    decisions: pl.DataFrame
    citations: pl.DataFrame
    quarantine: pl.DataFrame
    diagnostics: pl.DataFrame
    document_count: int
    duplicate_count: int
    version: int | None = None
    folder: Path | None = None
    skipped_count: int | None = None
    is_corrected: bool = False
    indexes: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def letter(self, case_number: str) -> Letter:
        """Read the letter of a case from its file again.

        Args:
            case_number: The case number, also as ``cm16-0000123``, ``CM16 0000123`` or ``16-0000123``; or a value of
                the column ``source``.

        Returns:
            A `Letter` without corrections.

        Raises:
            UnknownTermError: The dataset has no such letter.
            SourceError: Its file is missing or has changed since its rows were read.
            LetterError: The document is in quarantine: it is not a letter, or a part is missing.

        Example:
            >>> import imrdata
            >>> imrdata.load(imrdata.example_letter()).letter("cm15 0174261").case_outcome
            'Upheld'
        """
        from imrdata.datasets.one_letter import letter_of_row  # noqa: PLC0415 - tables are loaded without a reader

        wanted = pl.col("case_number") == (typed_case_number(case_number) or "")
        found = self.letters.filter(wanted | (pl.col("source") == case_number))
        refused = self.quarantine.filter(pl.col("source") == case_number)
        named = pl.concat([one.select("source", "source_sha256") for one in (found, refused)])
        if named.is_empty():
            message = f"no letter {case_number!r} among {self.letters.height:,} letters, nor in the quarantine"
            raise UnknownTermError(message, reason="unknown_letter")
        source, digest = named.row(0)
        return letter_of_row(source, digest, self.folder, self.version)

    def summary(self) -> pl.DataFrame:
        """Count what the dataset contains.

        Returns:
            A frame of three columns: ``measure`` (String), ``count`` (Int64), and ``share`` (Float64) of the documents,
            letters, or requests; null for totals.
        """
        documents, letters, requests = self.document_count, self.letters.height, self.decisions.height
        codes = dict(self.diagnostics.group_by("code").len().iter_rows())
        rows = [
            ("documents read", documents, None),
            ("documents quarantined", self.quarantine.height, documents),
            ("exact duplicates", self.duplicate_count, documents),
            *([("files skipped", self.skipped_count, None)] if self.skipped_count else []),
            ("letters", letters, None),
            ("letters, synthetic", _count(self.letters, "provenance", "synthetic"), letters),
            ("letters of an unrecognized layout", _count(self.letters, "letter_layout", "unrecognised"), letters),
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

    def search(
        self,
        query: str,
        in_: str | Sequence[str] | None = None,
        *,
        table: str = "decisions",
        limit: int | None = None,
    ) -> pl.DataFrame:
        """Return the rows whose texts match a query, best first.

        Queries and columns are those of ``frame.imr.search``. ``imrdata build ... --search`` keeps an index of
        ``request_text``, ``rationale_text`` and ``clinical_summary_text`` beside the dataset; other columns, and
        datasets without it, are indexed in memory by the first search, which takes seconds for 100,000 decisions.

        Args:
            query: Words that must all appear; see ``frame.imr.search``.
            in_: The columns to search; None for ``request_text`` and ``rationale_text``, or, of letters, for
                ``clinical_summary_text``.
            table: ``decisions`` or ``letters``.
            limit: The maximum number of rows; None for all.

        Returns:
            The rows found, with the columns that ``frame.imr.search`` adds.

        Raises:
            UnknownTermError: The table or text column does not exist.
            ValueError: The query is malformed; the message explains the syntax.
            DatasetError: The saved index is damaged.

        Example:
            >>> import imrdata
            >>> data = imrdata.load(imrdata.example_letter())
            >>> data.search("session NOT acupuncture")["excerpt"].to_list()
            ['10 work conditioning «sessions»']
        """
        from imrdata.datasets.searching import search  # noqa: PLC0415 - not needed for reading

        return search(self, query, in_, table, limit)

    def similar(
        self, case_number: str, request_number: int, n: int = 10, *, on: str = "rationale_text"
    ) -> pl.DataFrame:
        """Return the decisions of other letters whose text is most similar to that of one decision.

        Similarity is measured by shared words (tf-idf, at most 40 words). The score of a decision in the same
        treatment category is multiplied by 1.5, in the same subcategory by 2. Decisions with similar words may
        have different facts.

        Args:
            case_number: The case number, in any form that `imrdata.case_number` accepts.
            request_number: The number of the request in the letter.
            n: The maximum number of rows.
            on: The text to compare: ``rationale_text``, ``request_text`` or another text column.

        Returns:
            At most `n` rows of decisions, most similar first, with two added columns: ``score`` (Float64) and
            ``shared_words`` (List(String)), the distinctive words in both texts.

        Raises:
            UnknownTermError: The request or text column does not exist.
            ValueError: The text is null for this request.

        Example:
            >>> import imrdata
            >>> data = imrdata.load(imrdata.example_letter())
            >>> data.similar("cm15-0174261", 1).height  # there is no other letter
            0
        """
        from imrdata.datasets.searching import similar  # noqa: PLC0415 - not needed for reading

        return similar(self, case_number, request_number, n, on)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.letters.height:,} letters, {self.decisions.height:,} decisions, "
            f"{self.citations.height:,} citations, {self.quarantine.height:,} quarantined; {origin_words(self)})"
        )

    def _repr_html_(self) -> str:
        unknown = self.diagnostics.filter(pl.col("code").str.starts_with("unknown_")).group_by("code", "message").len()
        return dataset_html(
            repr(self),
            [
                (name, f"{count:,}", "" if share is None else f"{share:.1%}")
                for name, count, share in self.summary().rows()
            ],
            dict(self.letters.group_by("provenance").len().sort("provenance").iter_rows()),
            self.quarantine.select("source", "reason", "message").rows(),
            unknown.sort(-pl.col("len").cast(pl.Int64), "code", "message").rows(),
        )


def origin_words(data: Dataset | None, letters: pl.DataFrame | None = None) -> str:
    """Return the versions of the built dataset, if any, and of the package, for citing a figure.

    If other versions of the package, or several, read the letters, these are named too.
    """
    version = f"dataset version {data.version}, " if data is not None and data.version is not None else ""
    unsaved = ", with corrections that are not stored" if data is not None and data.is_corrected else ""
    letters = data.letters if letters is None and data is not None else letters
    read_by = pl.Series() if letters is None else letters.to_dict().get("imrdata_version", pl.Series())
    readers = read_by.drop_nulls().unique().sort().to_list()
    is_own = len(readers) < 2 and all(one.partition("+")[0] == __version__ for one in readers)  # noqa: PLR2004 - one
    read = "" if is_own else f", letters read by {' and '.join(readers)}"
    return f"{version}imrdata {__version__}{read}{unsaved}"


def _count(frame: pl.DataFrame, column: str, value: str) -> int:
    return int((frame[column].cast(pl.String) == value).sum())
