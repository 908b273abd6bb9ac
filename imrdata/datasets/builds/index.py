"""The index of all documents ever read, and which become rows.

When a build begins, the index is created from the committed documents and the unfinished steps. It is a temporary
database on disk, so that two million documents need no memory.

A document is identified by its path, and is unchanged if its stamp is the same (size and time of change, or checksum).
Two documents have the same content if their records have the same SHA-256. `step` is the step with a letter's rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from imrdata.datasets.batches import CONFLICT, LETTER, QUARANTINED, conflict_rows, statuses
from imrdata.datasets.places import Places
from imrdata.datasets.sources import Document
from imrdata.errors import SourceError
from imrdata.tables.columns import in_key_order, schema

DOCUMENTS = pl.Schema(
    {
        "identity": pl.String(),
        "source": pl.String(),
        "stamp": pl.String(),
        "source_sha256": pl.String(),
        "case_number": pl.String(),
        "record_sha256": pl.String(),
        "imrdata_version": pl.String(),
        "step": pl.Int64(),
        "status": pl.String(),
        "failed_step": pl.String(),  # this and the next columns are null unless quarantined
        "reason": pl.String(),
        "message": pl.String(),
        "excerpt": pl.String(),
    }
)
FORGOTTEN = "forgotten"  # the status of a removed document
_ALL = ", ".join(DOCUMENTS.names())
_KNOWN = ", ".join(DOCUMENTS.names()[:9])
_TABLES = f"""
CREATE TABLE documents ({_ALL}, is_new INTEGER, PRIMARY KEY (identity)) WITHOUT ROWID;
CREATE INDEX by_case ON documents (case_number);
CREATE VIEW known AS SELECT * FROM documents WHERE status <> '{FORGOTTEN}';
CREATE TABLE changed_cases (case_number PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE left_cases (case_number PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE listed (identity PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE to_read (identity PRIMARY KEY, source, path, member, stamp, reason, message) WITHOUT ROWID;
"""  # noqa: S608
_PUT = f"INSERT OR REPLACE INTO documents VALUES ({', '.join('?' * len(DOCUMENTS))}, ?)"  # noqa: S608
_OF_ROWS = ("source", "source_sha256", "record_sha256", "imrdata_version")  # what a document's rows depend on
_ROWS_AT_ONCE, _ROWS_A_FILE = 10_000, 25_000


class ListedDocument(NamedTuple):
    """A document to read: its location, and its problem, if one is known."""

    identity: str
    source: str
    path: str | None
    member: int | None
    stamp: str
    reason: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, document: Document, identity: str | None = None) -> ListedDocument:
        """Return the entry of a listed document."""
        problem = (document.problem.reason, document.problem.message) if document.problem else (None, None)
        path = str(document.path) if document.path is not None else None
        return cls(identity or document.identity, document.name, path, document.member, document.stamp(), *problem)

    def document(self) -> Document:
        """Return the document itself."""
        problem = None
        if self.reason is not None:
            problem = SourceError(self.message or "", step="source", reason=self.reason)
        return Document(self.source, Path(self.path) if self.path is not None else None, self.member, problem=problem)


class KnownDocument(NamedTuple):
    """The entry of a known document."""

    identity: str
    source: str
    stamp: str
    source_sha256: str | None
    case_number: str | None
    record_sha256: str | None
    imrdata_version: str
    step: int | None
    status: str

    def has_rows_of(self, row: Mapping[str, Any]) -> bool:
        """Return whether this document has the rows that it would get from a step's row about it."""
        is_same = all(getattr(self, name) == row[name] for name in _OF_ROWS)
        return is_same and self.step is not None and self.record_sha256 is not None


class Index:
    """The documents of a dataset, including those of unfinished steps.

    Args:
        places: The paths of the documents, which steps and the dataset store relative to the dataset.
        last_step: The last step whose rows are committed.
    """

    def __init__(self, places: Places, last_step: int) -> None:
        self.places = places
        self._last_step = last_step
        self._base = sqlite3.connect("")  # a temporary file, deleted on close
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Delete the index."""
        self._base.close()

    # --- FILLING --- #

    def load(self, documents: pl.LazyFrame) -> None:
        """Load the committed documents; of several rows for one document, the last counts."""
        is_new = self.places.is_moved  # then all paths are stored again
        for frame in documents.select(DOCUMENTS.names()).collect_batches(chunk_size=_ROWS_AT_ONCE, maintain_order=True):
            self._base.executemany(_PUT, ((self.places.found(row[0]), *row[1:], is_new) for row in frame.iter_rows()))

    def find(self, identity: str) -> KnownDocument | None:
        """Return what is known of a document."""
        row = self._base.execute(f"SELECT {_KNOWN} FROM known WHERE identity = ?", (identity,)).fetchone()  # noqa: S608
        return KnownDocument(*row) if row else None

    def add(self, documents: pl.DataFrame) -> None:
        """Add the documents that a step has read, replacing earlier entries."""
        for row in documents.select(DOCUMENTS.names()).iter_rows(named=True):
            row["identity"] = self.places.found(row["identity"])
            old = self.find(row["identity"])
            if old is not None and row["step"] is None and old.has_rows_of(row):
                row |= {"step": old.step, "status": old.status}  # unchanged: its rows stay where they are
            elif old is not None:
                self._leave_rows(old.case_number, old.step)
            self._note_changed(row["case_number"], old.case_number if old is not None else None)
            self._base.execute(_PUT, (*row.values(), True))

    def note_listed(self, identities: Iterable[str]) -> None:
        """Note the documents that the source lists now."""
        self._base.executemany("INSERT OR IGNORE INTO listed VALUES (?)", ((one,) for one in identities))

    def unlisted(self) -> list[KnownDocument]:
        """Return known documents that the source no longer lists."""
        return self._found("identity NOT IN listed ORDER BY identity")

    def forget(self, documents: Iterable[KnownDocument]) -> None:
        """Remove documents and their rows."""
        query = """
            UPDATE documents SET status = ?, step = NULL, case_number = NULL, record_sha256 = NULL, is_new = 1
            WHERE identity = ?"""
        for one in documents:
            self._leave_rows(one.case_number, one.step)
            self._note_changed(one.case_number)
            self._base.execute(query, (FORGOTTEN, one.identity))

    def _note_changed(self, *case_numbers: str | None) -> None:
        cases = ((one,) for one in case_numbers if one is not None)
        self._base.executemany("INSERT OR IGNORE INTO changed_cases VALUES (?)", cases)

    def _leave_rows(self, case_number: str | None, step: int | None) -> None:
        """Note that the committed rows of a case are no longer valid."""
        if case_number is not None and step is not None and step <= self._last_step:
            self._base.execute("INSERT OR IGNORE INTO left_cases VALUES (?)", (case_number,))

    # --- WHICH BECOME ROWS --- #

    def settle(self) -> list[KnownDocument]:
        """Decide which of the documents that share a case number become rows.

        Returns:
            Documents that now become rows but have none, because they were copies or in conflict. Read them again,
            then call this method again.
        """
        members = self._members()
        if members.height:
            changed = members.with_columns(statuses(members).alias("now")).filter(
                (pl.col("now") != pl.col("status")) | ((pl.col("now") != LETTER) & pl.col("step").is_not_null())
            )
            for identity, case_number, step, now in changed.select(
                "identity", "case_number", "step", "now"
            ).iter_rows():
                if now != LETTER:
                    self._leave_rows(case_number, step)
                values = (now, step if now == LETTER else None, identity)
                self._base.execute("UPDATE documents SET status = ?, step = ?, is_new = 1 WHERE identity = ?", values)
        return self._found("step IS NULL AND status = ? AND case_number IN changed_cases", LETTER)

    def _members(self) -> pl.DataFrame:
        """Return the documents of changed cases that have or had several, in order of precedence."""
        return self._frame(
            """
            record_sha256 IS NOT NULL AND case_number IN (
                SELECT case_number FROM known WHERE case_number IN changed_cases AND record_sha256 IS NOT NULL
                GROUP BY case_number HAVING count(*) > 1 OR max(status) <> ?)
            ORDER BY case_number, source, identity""",
            LETTER,
        )

    def _found(self, where: str, *values: str) -> list[KnownDocument]:
        query = f"SELECT {_KNOWN} FROM known WHERE {where}"  # noqa: S608
        return [KnownDocument(*row) for row in self._base.execute(query, values)]

    def _frame(self, where: str, *values: str) -> pl.DataFrame:
        rows = self._base.execute(f"SELECT {_ALL} FROM known WHERE {where}", values).fetchall()  # noqa: S608
        return pl.DataFrame(rows, schema=DOCUMENTS, orient="row")

    # --- WHAT A COMMIT NEEDS --- #

    def left_cases(self) -> pl.Series:
        """Return the cases whose committed rows are outdated."""
        return self._cases("SELECT case_number FROM left_cases ORDER BY case_number")

    def cases_of(self, step: int) -> pl.Series:
        """Return the cases whose rows a step has."""
        return self._cases("SELECT case_number FROM known WHERE step = ? AND status = ?", step, LETTER)

    def _cases(self, query: str, *values: str | int) -> pl.Series:
        return pl.Series("case_number", [case for (case,) in self._base.execute(query, values)], dtype=pl.String())

    def bounds(self, every: int) -> list[str]:
        """Return every nth case number in order, as bounds of ranges with that many letters."""
        rows = self._base.execute("SELECT case_number FROM known WHERE status = ? ORDER BY case_number", (LETTER,))
        return [case for (case,) in islice(rows, every - 1, None, every)]

    def quarantine(self) -> pl.DataFrame:
        """Return the quarantine rows of documents that could not be read or are in conflict with another."""
        wanted = schema("quarantine").names()
        unread = self._frame("status = ?", QUARANTINED).drop("step").rename({"failed_step": "step"})
        conflicts = conflict_rows(self._frame("status = ? ORDER BY case_number, source, identity", CONFLICT))
        rows = pl.concat([unread.select(wanted).cast(schema("quarantine")), conflicts])
        return in_key_order(rows, "quarantine")

    def changed(self) -> Iterator[pl.DataFrame]:
        """Return the documents that differ from the committed ones."""
        found = self._base.execute(f"SELECT {_ALL} FROM documents WHERE is_new ORDER BY identity")  # noqa: S608
        while rows := found.fetchmany(_ROWS_A_FILE):
            stored = [(self.places.stored(identity), *others) for identity, *others in rows]
            yield pl.DataFrame(stored, schema=DOCUMENTS, orient="row")

    def other_version_count(self, imrdata_version: str) -> int:
        """Count the letters read by another version of the reader."""
        query = "SELECT count(*) FROM known WHERE status = ? AND imrdata_version <> ?"
        return int(self._base.execute(query, (LETTER, imrdata_version)).fetchone()[0])

    def count(self, status: str | None = None) -> int:
        """Count the documents, or those with a status."""
        query = "SELECT count(*) FROM known WHERE ?1 IS NULL OR status = ?1"
        return int(self._base.execute(query, (status,)).fetchone()[0])

    # --- WHAT IS TO BE READ --- #

    def want(self, rows: Iterable[ListedDocument]) -> None:
        """Mark documents to be read."""
        self._base.executemany("INSERT OR IGNORE INTO to_read VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def wanted_count(self) -> int:
        """Count the documents to be read."""
        return int(self._base.execute("SELECT count(*) FROM to_read").fetchone()[0])

    def wanted(self, number: int) -> list[ListedDocument]:
        """Return and unmark the next documents to be read, in the order of their names."""
        query = "SELECT * FROM to_read ORDER BY source, identity LIMIT ?"
        rows = [ListedDocument(*row) for row in self._base.execute(query, (number,))]
        self._base.executemany("DELETE FROM to_read WHERE identity = ?", [(row.identity,) for row in rows])
        return rows
