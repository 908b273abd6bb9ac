"""Read documents in batches: their rows and the result of each. Workers run this, here or on a cluster.

`read_batch` has no side effects: the same documents give the same batch in every process and year, except that a date
after next year is null, and a letter with a case number after next year is refused.
Rows refer to their document by its position in the batch. These numbers are removed from the tables returned.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.misfits import are_within_limits, without_misfits
from imrdata.datasets.sources import Document
from imrdata.errors import ImrDataError, LetterError, ValidationError
from imrdata.letters.model import Letter, fingerprint
from imrdata.tables.columns import TABLES, schema
from imrdata.tables.frames import frames, quarantine_frame
from imrdata.tables.validation import validate_tables

PLACE = "document"
_CALLS_TOLD = 3  # innermost calls in the message of a bug
# The digest is null if no bytes could be read; number and record of the case, if the document is quarantined.
_NAMES = ("identity", "source", "stamp", "source_sha256", "case_number", "record_sha256")
READ_DOCUMENTS = pl.Schema(dict.fromkeys(_NAMES, pl.String()))


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of reading some documents."""

    documents: pl.DataFrame  # one row per document, in order; the columns are those of `READ_DOCUMENTS`
    tables: Mapping[str, pl.DataFrame]  # the rows of each table, with the place of their document in `PLACE`

    def rows(self, table: str) -> pl.DataFrame:
        """Return the rows of a table without `PLACE`."""
        return self.tables[table].drop(PLACE)

    def of(self, places: pl.Series) -> Batch:
        """Keep only the rows of the documents at some positions; the quarantine is kept whole."""
        of_letters = {name: frame for name, frame in self.tables.items() if name != "quarantine"}
        is_kept = pl.col(PLACE).is_in(places.implode())
        return replace(self, tables={**self.tables, **{name: of.filter(is_kept) for name, of in of_letters.items()}})


def read_bytes(*given: Any, **options: Any) -> Letter:
    """Call `imrdata.letters.reading.read_bytes`, imported only when needed; no date is after next year."""
    from imrdata.letters import reading  # noqa: PLC0415 - see above

    return reading.read_bytes(*given, last_year=datetime.now(UTC).year + 1, **options)


def read_content(
    content: bytes,
    source: str,
    ocr: str = "never",
    begin: Callable[[], None] = lambda: None,
    *,
    keep_unrecognised: bool = False,
) -> Letter | ImrDataError:
    """Read the letter in some bytes in this process; return the error if it fails.

    `begin` is called before each page that is recognized from an image, which takes time.

    A bug in the reader costs only this letter; the error names the lines of code.
    """
    try:
        if ocr == "never":
            return read_bytes(content, source, keep_unrecognised=keep_unrecognised)
        from imrdata.datasets.ocr import read_recognized  # noqa: PLC0415 - few need it

        return read_recognized(content, source, ocr, begin)
    except ImrDataError as error:
        return error
    except MemoryError:
        message = "reading it needs more memory than one letter may have"
        return LetterError(message, step="worker", reason="out_of_memory", source=source)
    except Exception as error:  # one letter must not stop a build
        calls = traceback.extract_tb(error.__traceback__)[-_CALLS_TOLD:]
        places = ", ".join(f"{'/'.join(Path(one.filename).parts[-2:])}:{one.lineno} {one.name}" for one in calls)
        message = f"the reader failed: {type(error).__name__}: {error} ({places})"
        return LetterError(message, step="worker", reason="internal_error", source=source)


def read_document(
    document: Document, begin: Callable[[], None] = lambda: None
) -> tuple[str | None, Letter | ImrDataError]:
    """Return a document's SHA-256, if it has bytes, and its letter or the error."""
    try:
        content = document.read()
    except ImrDataError as error:
        return None, error
    keep = document.keep_unrecognised
    letter = read_content(content, document.name, document.ocr, begin, keep_unrecognised=keep)
    return hashlib.sha256(content).hexdigest() if content else None, letter


def digest(document: Document) -> str | None:
    """Return the SHA-256 of a document's bytes, if any."""
    with suppress(ImrDataError):
        return hashlib.sha256(document.read()).hexdigest()
    return None


def read_batch(documents: Iterable[Document], begin: Callable[[], None] = lambda: None) -> Batch:
    """Read some documents, in order."""
    return batch_of((document, *read_document(document, begin)) for document in documents)


def batch_of(outcomes: Iterable[tuple[Document, str | None, Letter | ImrDataError]]) -> Batch:
    """Make a batch of documents, each with its SHA-256, and its letter or the error."""
    read = list(outcomes)
    letters = [(place, result) for place, (_, _, result) in enumerate(read) if isinstance(result, Letter)]
    failures = [(place, result) for place, (_, _, result) in enumerate(read) if isinstance(result, ImrDataError)]
    letters, made, unfit = _made(letters)
    failures += unfit
    said = {place: (letter.case_number, fingerprint(letter)) for place, letter in letters}
    rows = [
        (document.identity, document.name, document.stamp, digest, *said.get(place, (None, None)))
        for place, (document, digest, _) in enumerate(read)
    ]
    refused = quarantine_frame((read[place][0].name, read[place][1], error) for place, error in failures)
    quarantine = _placed(refused, [place for place, _ in failures])
    tables = _tables(letters, made) | {"quarantine": quarantine}
    return Batch(pl.DataFrame(rows, schema=READ_DOCUMENTS, orient="row"), tables)


def _made(
    letters: list[tuple[int, Letter]],
) -> tuple[list[tuple[int, Letter]], dict[str, pl.DataFrame], list[tuple[int, LetterError]]]:
    """Make the rows of letters; leave out values that fit no column, and letters that require them."""
    made = None
    with suppress(Exception):  # a value fits no column; other errors are raised below
        made = frames(letter for _, letter in letters)
    if made is not None and are_within_limits(made):
        return letters, made, []
    kept, refused = [], []
    for place, letter in letters:
        try:
            kept.append((place, without_misfits(letter)))
        except LetterError as error:
            refused.append((place, error))
    return kept, frames(letter for _, letter in kept), refused


def _tables(letters: Sequence[tuple[int, Letter]], made: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    counts = {
        "letters": [1 for _ in letters],
        "decisions": [len(letter.requests) for _, letter in letters],
        "citations": [sum(len(request.citations) for request in letter.requests) for _, letter in letters],
        "diagnostics": [len(letter.diagnostics) for _, letter in letters],
    }
    return {
        name: _placed(made[name], [place for (place, _), n in zip(letters, many, strict=True) for _ in range(n)])
        for name, many in counts.items()
    }


def _placed(frame: pl.DataFrame, places: Sequence[int]) -> pl.DataFrame:
    return frame.with_columns(pl.Series(PLACE, places, dtype=pl.Int64()))


def concat(batches: Iterable[Batch]) -> Batch:
    """Concatenate batches, keeping the order of documents."""
    documents = [pl.DataFrame(schema=READ_DOCUMENTS)]
    tables: dict[str, list[pl.DataFrame]] = {
        name: [pl.DataFrame(schema={**schema(name), PLACE: pl.Int64()})] for name in TABLES
    }
    before = 0
    for batch in batches:
        documents.append(batch.documents)
        for name in TABLES:
            tables[name].append(batch.tables[name].with_columns(pl.col(PLACE) + before))
        before += batch.documents.height
    return Batch(pl.concat(documents), {name: pl.concat(parts) for name, parts in tables.items()})


# --- WHICH READ_DOCUMENTS BECOME ROWS --- #

LETTER, DUPLICATE, CONFLICT, QUARANTINED = "letter", "duplicate", "conflict", "quarantined"


def statuses(documents: pl.DataFrame) -> pl.Series:
    """Return the status of each document, given all with its case number, in order of precedence.

    Of equal letters, the first counts and the others are duplicates. Different letters under one case number are all
    in conflict, because it is unknown which is right.
    """
    record = ["case_number", "record_sha256"]
    status = (
        pl.when(pl.col("record_sha256").is_null()).then(pl.lit(QUARANTINED))
        .when(pl.int_range(pl.len()).over(record) > 0).then(pl.lit(DUPLICATE))
        .when(pl.col("record_sha256").n_unique().over("case_number") > 1).then(pl.lit(CONFLICT))
        .otherwise(pl.lit(LETTER))
    )  # fmt: skip
    return documents.select(status.alias("status")).to_series()


def conflict_rows(documents: pl.DataFrame) -> pl.DataFrame:
    """Return the quarantine rows of documents in conflict; pass all documents of each case, in order."""
    failures = []
    for (case_number,), group in documents.group_by("case_number", maintain_order=True):
        places = ", ".join(group["source"])
        message = f"{group.height} different letters have the case number {case_number}: {places}"
        error = LetterError(message, step="dataset", reason="conflicting_letters")
        failures += [(source, digest, error) for source, digest in group.select("source", "source_sha256").iter_rows()]
    return quarantine_frame(failures)


def validated(batch: Batch) -> Batch:
    """Validate a batch, and quarantine documents whose rows break a contract.

    They are found by bisection: if a set of rows breaks a rule, each half is checked.
    """
    broken = _broken(batch, batch.tables["letters"][PLACE])
    if not broken:
        return batch
    refused = sorted(broken)
    errors = (
        LetterError(f"its rows break the tables' rules: {broken[place]}", step="dataset", reason="invalid_record")
        for place in refused
    )
    named = batch.documents[refused].select("source", "source_sha256").rows()
    rows = quarantine_frame((*one, error) for one, error in zip(named, errors, strict=True))
    kept = batch.of(batch.tables["letters"].filter(~pl.col(PLACE).is_in(refused))[PLACE])
    quarantine = pl.concat([kept.tables["quarantine"], _placed(rows, refused)]).sort(PLACE, maintain_order=True)
    is_kept = ~pl.int_range(pl.len()).is_in(refused)
    documents = batch.documents.with_columns(pl.when(is_kept).then(pl.col("case_number", "record_sha256")))
    return Batch(documents, {**kept.tables, "quarantine": quarantine})


def _broken(batch: Batch, places: pl.Series) -> dict[int, ValidationError]:
    """Return the documents whose rows break a rule, with the rule."""
    half = batch.of(places)
    try:
        validate_tables({name: half.rows(name) for name in TABLES if name != "quarantine"})
    except ValidationError as error:  # other errors are not caused by the letters
        if places.len() <= 1:
            return {int(place): error for place in places}
        middle = places.len() // 2
        found = _broken(batch, places[:middle]) | _broken(batch, places[middle:])
        if not found:
            raise
        return found
    return {}
