"""Every document that was ever read, and which of them become rows.

The index is made anew from the committed documents and the steps under way whenever a build begins. It lives in a
temporary database on disk, so that two million documents take no memory.

A document is known again by its place, and to be the same by its stamp (size and time of change, or checksum); by
its record's SHA-256, two documents are known to say the same. `step` is the step that holds a document's rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import polars as pl

from imrdata.datasets.batches import CONFLICT, LETTER, QUARANTINED, statuses
from imrdata.datasets.sources import Document
from imrdata.errors import SourceError

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
    }
)
_NAMES = ", ".join(DOCUMENTS.names())
_TABLES = f"""
CREATE TABLE documents ({_NAMES}, is_new INTEGER, PRIMARY KEY (identity)) WITHOUT ROWID;
CREATE INDEX by_case ON documents (case_number);
CREATE TABLE changed_cases (case_number PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE stale (step INTEGER, kind TEXT, key TEXT, PRIMARY KEY (step, kind, key)) WITHOUT ROWID;
CREATE TABLE listed (identity PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE forgotten ({_NAMES});
CREATE TABLE to_read (identity PRIMARY KEY, source, path, member, stamp, reason, message) WITHOUT ROWID;
"""  # fmt: skip
_ROWS_AT_ONCE, _ROWS_A_FILE = 10_000, 100_000
FORGOTTEN = "forgotten"  # the status of a document that was taken out


class ListedDocument(NamedTuple):
    """A document to be read: where it is, and what is the matter with it, if anything is known to be."""

    identity: str
    source: str
    path: str | None
    member: int | None
    stamp: str
    reason: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, document: Document, identity: str | None = None) -> ListedDocument:
        """How a document that was listed is noted down."""
        problem = (document.problem.reason, document.problem.message) if document.problem else (None, None)
        path = str(document.path) if document.path is not None else None
        return cls(identity or document.identity, document.name, path, document.member, document.stamp(), *problem)

    def document(self) -> Document:
        """The document itself."""
        problem = None
        if self.reason is not None:
            problem = SourceError(self.message or "", step="source", reason=self.reason)
        return Document(self.source, Path(self.path) if self.path is not None else None, self.member, problem=problem)


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What is known of a document."""

    identity: str
    source: str
    stamp: str
    source_sha256: str | None
    case_number: str | None
    record_sha256: str | None
    imrdata_version: str
    step: int | None
    status: str

    def has_rows_of(
        self, source: str, source_sha256: str | None, record_sha256: str | None, imrdata_version: str
    ) -> bool:
        """Whether the rows of this document are those that the same place gives again to the same reader."""
        mine = (self.source, self.source_sha256, self.record_sha256, self.imrdata_version)
        is_same = mine == (source, source_sha256, record_sha256, imrdata_version)
        return is_same and self.step is not None and record_sha256 is not None


class Index:
    """The documents of a dataset, those of the steps under way among them."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Forget everything."""
        self._base.close()

    # --- FILLING --- #

    def load(self, documents: pl.LazyFrame) -> None:
        """The committed documents; of several rows for one document the last counts."""
        marks = ", ".join("?" * len(DOCUMENTS))
        for frame in documents.select(DOCUMENTS.names()).collect_batches(chunk_size=_ROWS_AT_ONCE, maintain_order=True):
            self._base.executemany(f"INSERT OR REPLACE INTO documents VALUES ({marks}, 0)", frame.iter_rows())  # noqa: S608
        self._base.execute("DELETE FROM documents WHERE status = ?", (FORGOTTEN,))

    def find(self, identity: str) -> KnownDocument | None:
        """What is known of a document."""
        row = self._base.execute(f"SELECT {_NAMES} FROM documents WHERE identity = ?", (identity,)).fetchone()  # noqa: S608
        return KnownDocument(*row) if row else None

    def add(self, documents: pl.DataFrame) -> None:
        """Documents that a step has read: they take the place of what was known of them."""
        marks = ", ".join("?" * len(DOCUMENTS))
        for row in documents.select(DOCUMENTS.names()).iter_rows():
            new, old = KnownDocument(*row), self.find(row[0])
            if (
                old is not None
                and new.step is None
                and old.has_rows_of(new.source, new.source_sha256, new.record_sha256, new.imrdata_version)
            ):
                new = replace(new, step=old.step, status=old.status)  # nothing new in it: its rows stay where they are
            elif old is not None:
                self._leave_rows(old)
            self._note_changed(old, new)
            values = [getattr(new, name) for name in DOCUMENTS.names()]
            self._base.execute(f"INSERT OR REPLACE INTO documents VALUES ({marks}, 1)", values)  # noqa: S608

    def _leave_rows(self, old: KnownDocument) -> None:
        if old.status == QUARANTINED and old.step is not None:
            self._mark_stale(old.step, "source", old.source)
        elif old.step is not None and old.case_number is not None:
            self._mark_stale(old.step, "case_number", old.case_number)

    def note_listed(self, identities: Iterable[str]) -> None:
        """Documents that the source lists now."""
        self._base.executemany("INSERT OR IGNORE INTO listed VALUES (?)", ((one,) for one in identities))

    def unlisted(self) -> list[KnownDocument]:
        """Documents that are known, and that the source does not list now."""
        query = f"SELECT {_NAMES} FROM documents WHERE identity NOT IN listed ORDER BY identity"  # noqa: S608
        return [KnownDocument(*row) for row in self._base.execute(query)]

    def forget(self, documents: Iterable[KnownDocument]) -> None:
        """Take documents out: their rows, and what is known of them."""
        marks = ", ".join("?" * len(DOCUMENTS))
        for one in documents:
            self._leave_rows(one)
            self._note_changed(one)
            self._base.execute("DELETE FROM documents WHERE identity = ?", (one.identity,))
            gone = replace(one, step=None, status=FORGOTTEN, case_number=None, record_sha256=None)
            values = [getattr(gone, name) for name in DOCUMENTS.names()]
            self._base.execute(f"INSERT INTO forgotten VALUES ({marks})", values)  # noqa: S608

    def _note_changed(self, *documents: KnownDocument | None) -> None:
        cases = [(one.case_number,) for one in documents if one is not None and one.case_number is not None]
        self._base.executemany("INSERT OR IGNORE INTO changed_cases VALUES (?)", cases)

    def _mark_stale(self, step: int, kind: str, key: str) -> None:
        self._base.execute("INSERT OR IGNORE INTO stale VALUES (?, ?, ?)", (step, kind, key))

    # --- WHICH BECOME ROWS --- #

    def settle(self) -> list[KnownDocument]:
        """Decide which of the documents that share a case number become rows.

        Returns:
            Documents that become rows and have none, because they were copies before or in conflict: they are to be
            read again, and then this function is to be called again.
        """
        members = self._members()
        if members.height:
            changed = members.with_columns(statuses(members).alias("now")).filter(
                (pl.col("now") != pl.col("status")) | ((pl.col("now") != LETTER) & pl.col("step").is_not_null())
            )
            for row in changed.iter_rows(named=True):
                self._set(row["identity"], row["case_number"], row["step"], row["now"])
        single = f"""
            SELECT {_NAMES} FROM documents WHERE step IS NULL AND status = ?
            AND case_number IN (SELECT case_number FROM changed_cases)"""  # noqa: S608
        return [KnownDocument(*row) for row in self._base.execute(single, (LETTER,))]

    def _members(self) -> pl.DataFrame:
        """The documents of all cases that changed and have several, or had; by the precedence of copies."""
        query = f"""
            SELECT {_NAMES} FROM documents WHERE record_sha256 IS NOT NULL AND case_number IN (
                SELECT case_number FROM documents
                WHERE case_number IN (SELECT case_number FROM changed_cases) AND record_sha256 IS NOT NULL
                GROUP BY case_number HAVING count(*) > 1 OR max(status) <> ?)
            ORDER BY case_number, source, identity"""  # noqa: S608
        return pl.DataFrame(self._base.execute(query, (LETTER,)).fetchall(), schema=DOCUMENTS, orient="row")

    def _set(self, identity: str, case_number: str, step: int | None, status: str) -> None:
        if status != LETTER and step is not None:
            self._mark_stale(step, "case_number", case_number)
            step = None
        self._base.execute(
            "UPDATE documents SET status = ?, step = ?, is_new = 1 WHERE identity = ?", (status, step, identity)
        )

    def bounds(self, key: str, every: int) -> list[str]:
        """Every nth of the keys in order: between two of them lie the rows of so many documents at most.

        Args:
            key: ``case_number`` of documents that become rows, or ``source`` of those in quarantine.
            every: The n.
        """
        status = LETTER if key == "case_number" else QUARANTINED
        query = f"SELECT {key} FROM documents WHERE status = ? ORDER BY {key}"  # noqa: S608
        found = [one for (one,) in islice(self._base.execute(query, (status,)), every - 1, None, every)]
        return list(dict.fromkeys(found))

    def conflicts(self) -> pl.DataFrame:
        """All documents that are in conflict, case by case."""
        query = f"SELECT {_NAMES} FROM documents WHERE status = ? ORDER BY case_number, source, identity"  # noqa: S608
        return pl.DataFrame(self._base.execute(query, (CONFLICT,)).fetchall(), schema=DOCUMENTS, orient="row")

    def stale_keys(self, step: int, kind: str) -> list[str]:
        """The keys whose rows a step holds, but no longer should."""
        query = "SELECT key FROM stale WHERE step = ? AND kind = ? ORDER BY key"
        return [key for (key,) in self._base.execute(query, (step, kind))]

    def steps_with_stale_rows(self) -> set[int]:
        """The steps that hold rows they no longer should."""
        return {step for (step,) in self._base.execute("SELECT DISTINCT step FROM stale")}

    def changed(self) -> Iterator[pl.DataFrame]:
        """The documents that differ from the committed ones."""
        query = f"""
            SELECT {_NAMES} FROM (
                SELECT {_NAMES} FROM documents WHERE is_new = 1
                UNION ALL SELECT {_NAMES} FROM forgotten WHERE identity NOT IN (SELECT identity FROM documents))
            ORDER BY identity"""  # noqa: S608
        found = self._base.execute(query)
        while rows := found.fetchmany(_ROWS_A_FILE):
            yield pl.DataFrame(rows, schema=DOCUMENTS, orient="row")

    def other_version_count(self, imrdata_version: str) -> int:
        """How many letters were read by another version of the reader."""
        query = "SELECT count(*) FROM documents WHERE status = ? AND imrdata_version <> ?"
        return int(self._base.execute(query, (LETTER, imrdata_version)).fetchone()[0])

    def count(self, status: str | None = None) -> int:
        """How many documents there are, or how many of a status."""
        query = "SELECT count(*) FROM documents WHERE ?1 IS NULL OR status = ?1"
        return int(self._base.execute(query, (status,)).fetchone()[0])

    # --- WHAT IS TO BE READ --- #

    def want(self, rows: Iterable[ListedDocument]) -> None:
        """Documents that are to be read."""
        self._base.executemany("INSERT OR IGNORE INTO to_read VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def wanted_count(self) -> int:
        """How many documents are to be read."""
        return int(self._base.execute("SELECT count(*) FROM to_read").fetchone()[0])

    def wanted(self, number: int) -> list[ListedDocument]:
        """The next documents to be read, in the order of their names; they are wanted no longer."""
        query = "SELECT * FROM to_read ORDER BY source, identity LIMIT ?"
        rows = [ListedDocument(*row) for row in self._base.execute(query, (number,))]
        self._base.executemany("DELETE FROM to_read WHERE identity = ?", [(row.identity,) for row in rows])
        return rows
