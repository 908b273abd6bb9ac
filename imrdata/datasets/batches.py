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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.misfits import are_within_limits, without_misfits
from imrdata.datasets.sources import Document
from imrdata.errors import ImrDataError, LetterError, ValidationError
from imrdata.letters.model import Letter, fingerprint
from imrdata.tables.columns import TABLES, schema
from imrdata.tables.frames import Frames, frames, quarantine_frame
from imrdata.tables.validation import validate_tables

PLACE = "document"
_CALLS_TOLD = 3  # innermost calls in the message of a bug
DOCUMENTS = pl.Schema(
    {
        "source": pl.String(),
        "source_sha256": pl.String(),  # null if no bytes could be read
        "case_number": pl.String(),  # null if the document is quarantined; also record_sha256
        "record_sha256": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of reading some documents.

    Attributes:
        documents: One row per document, in order; the columns are those of `DOCUMENTS`.
        tables: The rows of each table, with the place of their document in the column `PLACE`.
    """

    documents: pl.DataFrame
    tables: Mapping[str, pl.DataFrame]

    def rows(self, table: str) -> pl.DataFrame:
        """Return the rows of a table without `PLACE`."""
        return self.tables[table].drop(PLACE)

    def of(self, places: pl.Series) -> Batch:
        """Keep only the rows of the documents at some positions; the quarantine is kept whole."""
        return Batch(
            self.documents,
            {
                name: frame if name == "quarantine" else frame.filter(pl.col(PLACE).is_in(places.implode()))
                for name, frame in self.tables.items()
            },
        )


@dataclass(frozen=True, slots=True)
class _Failure:
    place: int
    source: str
    source_sha256: str | None
    error: ImrDataError


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
    return batch_of((document.name, *read_document(document, begin)) for document in documents)


def batch_of(outcomes: Iterable[tuple[str, str | None, Letter | ImrDataError]]) -> Batch:
    """Make a batch of documents, each ``(source, source_sha256, letter or error)``."""
    digests: list[tuple[str, str | None]] = []
    letters: list[tuple[int, Letter]] = []
    failures: list[_Failure] = []
    for place, (source, digest, result) in enumerate(outcomes):
        digests.append((source, digest))
        if isinstance(result, Letter):
            letters.append((place, result))
        else:
            failures.append(_Failure(place, source, digest, result))
    letters, made, unfit = _made(letters)
    failures += [_Failure(place, *digests[place], error) for place, error in unfit]
    said = {place: (letter.case_number, fingerprint(letter)) for place, letter in letters}
    rows = [(*one, *said.get(place, (None, None))) for place, one in enumerate(digests)]
    return Batch(pl.DataFrame(rows, schema=DOCUMENTS, orient="row"), _tables(letters, made, failures))


def _made(
    letters: list[tuple[int, Letter]],
) -> tuple[list[tuple[int, Letter]], Frames, list[tuple[int, LetterError]]]:
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


def _invalid_record(error: ValidationError) -> LetterError:
    return LetterError(f"its rows break the tables' rules: {error}", step="dataset", reason="invalid_record")


def _tables(
    letters: Sequence[tuple[int, Letter]], made: Frames, failures: Sequence[_Failure]
) -> dict[str, pl.DataFrame]:
    counts = {
        "letters": [1 for _ in letters],
        "decisions": [len(letter.requests) for _, letter in letters],
        "citations": [sum(len(request.citations) for request in letter.requests) for _, letter in letters],
        "diagnostics": [len(letter.diagnostics) for _, letter in letters],
    }
    tables = {
        name: _placed(
            getattr(made, name), [place for (place, _), n in zip(letters, many, strict=True) for _ in range(n)]
        )
        for name, many in counts.items()
    }
    rows = quarantine_frame((one.source, one.source_sha256, one.error) for one in failures)
    return tables | {"quarantine": _placed(rows, [one.place for one in failures])}


def _placed(frame: pl.DataFrame, places: Sequence[int]) -> pl.DataFrame:
    return frame.with_columns(pl.Series(PLACE, places, dtype=pl.Int64()))


def concat(batches: Iterable[Batch]) -> Batch:
    """Concatenate batches, keeping the order of documents."""
    documents = [pl.DataFrame(schema=DOCUMENTS)]
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


# --- WHICH DOCUMENTS BECOME ROWS --- #

LETTER, DUPLICATE, CONFLICT, QUARANTINED = "letter", "duplicate", "conflict", "quarantined"


def statuses(documents: pl.DataFrame) -> pl.Series:
    """Return the status of each document, given all with its case number.

    Of equal letters, the first counts and the others are duplicates. Different letters under one case number are all
    in conflict, because it is unknown which is right.

    Args:
        documents: `case_number` and `record_sha256`, in order of precedence.

    Returns:
        ``letter``, ``duplicate``, ``conflict`` or ``quarantined`` for each row.
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
    refused = batch.documents.with_row_index("place").filter(pl.col("place").is_in(list(broken)))
    rows = quarantine_frame(
        (source, digest, _invalid_record(broken[place]))
        for place, source, digest in refused.select("place", "source", "source_sha256").iter_rows()
    )
    kept = batch.of(batch.tables["letters"].filter(~pl.col(PLACE).is_in(list(broken)))[PLACE])
    quarantine = pl.concat([kept.tables["quarantine"], _placed(rows, refused["place"].to_list())]).sort(
        PLACE, maintain_order=True
    )
    is_refused = pl.int_range(pl.len()).is_in(list(broken))
    documents = batch.documents.with_columns(
        pl.when(~is_refused).then(pl.col("case_number", "record_sha256"))  # null if refused
    )
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
