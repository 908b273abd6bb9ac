"""The index of all documents ever read, and which become rows.

When a build begins, the index is created from the committed documents and the unfinished steps. It is a temporary
database on disk, so that two million documents need no memory.

A document is identified by its path, and is unchanged if its stamp is the same (size and time of change, or checksum).
Two documents have the same content if their records have the same SHA-256. `step` is the step with a letter's rows.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import polars as pl

from imrdata.datasets.batches import CONFLICT, LETTER, QUARANTINED, conflict_rows, statuses
from imrdata.datasets.places import Places
from imrdata.datasets.sources import Document
from imrdata.tables.columns import in_key_order, schema

DOCUMENTS = pl.Schema(
    {
        **dict.fromkeys(("identity", "source", "stamp", "source_sha256", "case_number", "record_sha256"), pl.String()),
        "imrdata_version": pl.String(),
        "step": pl.Int64(),
        "status": pl.String(),
        **dict.fromkeys(("failed_step", "reason", "message", "excerpt"), pl.String()),  # null unless quarantined
    }
)
_ALL = ", ".join(DOCUMENTS.names())
_TABLES = f"""
CREATE TABLE documents ({_ALL}, is_new INTEGER, PRIMARY KEY (identity)) WITHOUT ROWID;
CREATE INDEX by_case ON documents (case_number);
CREATE TABLE changed_cases (case_number PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE listed (identity PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE to_read (identity PRIMARY KEY, source, stamp, document) WITHOUT ROWID;
"""
_PUT = f"INSERT OR REPLACE INTO documents VALUES ({', '.join('?' * len(DOCUMENTS))}, ?)"  # noqa: S608
_NOTE_CASES = """
INSERT OR IGNORE INTO changed_cases SELECT case_number FROM documents WHERE identity = ? AND case_number IS NOT NULL
"""
_KNOWN = "SELECT identity, source, stamp, imrdata_version, status FROM documents WHERE"
_ROWS_AT_ONCE, _ROWS_A_FILE = 10_000, 25_000


class ListedDocument(NamedTuple):
    """A document of the source, as it is now."""

    identity: str
    stamp: str
    document: Document


class KnownDocument(NamedTuple):
    """A document of the index, as it was read."""

    identity: str
    source: str
    stamp: str
    imrdata_version: str
    status: str


class Index:
    """The documents of a dataset, including those of unfinished steps.

    Args:
        places: The paths of the documents, which steps and the dataset store relative to the dataset.
        last_step: The last step whose rows are committed.
    """

    def __init__(self, places: Places, last_step: int) -> None:
        self.places = places
        self.is_anew = places.is_moved  # whether a commit writes all documents, not only the changed ones
        self._last_step = last_step
        self._base = sqlite3.connect("")  # a temporary file, deleted on close
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Delete the index."""
        self._base.close()

    # --- WHAT IS KNOWN --- #

    def load(self, documents: pl.LazyFrame) -> None:
        """Load the committed documents; of several rows for one document, the last counts."""
        for some in documents.select(DOCUMENTS.names()).collect_batches(chunk_size=_ROWS_AT_ONCE, maintain_order=True):
            self._put(some, is_new=False)

    def add(self, documents: pl.DataFrame) -> None:
        """Add the documents that a step has read, replacing earlier entries."""
        identities = [(self.places.found(one),) for one in documents["identity"]]
        self._base.executemany(_NOTE_CASES, identities)  # the cases that they had
        self._put(documents.select(DOCUMENTS.names()), is_new=True)
        self._base.executemany(_NOTE_CASES, identities)  # and those that they have now

    def _put(self, documents: pl.DataFrame, *, is_new: bool) -> None:
        self._base.executemany(_PUT, ((self.places.found(row[0]), *row[1:], is_new) for row in documents.iter_rows()))

    def forget(self, documents: Iterable[KnownDocument]) -> None:
        """Remove documents and their rows."""
        identities = [(one.identity,) for one in documents]
        self._base.executemany(_NOTE_CASES, identities)
        self._base.executemany("DELETE FROM documents WHERE identity = ?", identities)
        self.is_anew |= bool(identities)

    def unlisted(self) -> list[KnownDocument]:
        """Return known documents that the source no longer lists."""
        return self._known("identity NOT IN listed ORDER BY identity")

    def _known(self, where: str, *values: str) -> list[KnownDocument]:
        return [KnownDocument(*row) for row in self._base.execute(f"{_KNOWN} {where}", values)]

    def _frame(self, where: str, *values: str) -> pl.DataFrame:
        rows = self._base.execute(f"SELECT {_ALL} FROM documents WHERE {where}", values).fetchall()  # noqa: S608
        return pl.DataFrame(rows, schema=DOCUMENTS, orient="row")

    # --- WHAT IS TO BE READ --- #

    def note_listed(self, listed: ListedDocument) -> KnownDocument | None:
        """Note that the source lists a document now; return what is known of it."""
        self._base.execute("INSERT OR IGNORE INTO listed VALUES (?)", (listed.identity,))
        return next(iter(self._known("identity = ?", listed.identity)), None)

    def want(self, listed: ListedDocument) -> None:
        """Mark a document to be read."""
        row = (listed.identity, listed.document.name, listed.stamp, pickle.dumps(listed.document))
        self._base.execute("INSERT OR IGNORE INTO to_read VALUES (?, ?, ?, ?)", row)

    def wanted_count(self) -> int:
        """Count the documents to be read."""
        return int(self._base.execute("SELECT count(*) FROM to_read").fetchone()[0])

    def wanted(self) -> Iterator[ListedDocument]:
        """Yield the documents to be read in the order of their names, and unmark them."""
        query = "SELECT identity, stamp, document FROM to_read ORDER BY source, identity"
        for identity, stamp, document in self._base.execute(query):
            yield ListedDocument(identity, stamp, pickle.loads(document))  # noqa: S301 - written by `want`
        self._base.execute("DELETE FROM to_read")

    # --- WHAT BECOMES ROWS --- #

    def settle(self) -> list[KnownDocument]:
        """Decide which of the documents that share a case number become rows.

        Returns:
            Documents that now become rows but have none, because they were copies or in conflict. Read them again,
            then call this method again.
        """
        members = self._frame(  # of changed cases that have or had several, in order of precedence
            """
            record_sha256 IS NOT NULL AND case_number IN (
                SELECT case_number FROM documents WHERE case_number IN changed_cases AND record_sha256 IS NOT NULL
                GROUP BY case_number HAVING count(*) > 1 OR max(status) <> ?)
            ORDER BY case_number, source, identity""",
            LETTER,
        )
        is_changed = (pl.col("now") != pl.col("status")) | ((pl.col("now") != LETTER) & pl.col("step").is_not_null())
        changed = members.with_columns(now=statuses(members)).filter(is_changed)
        values = changed.select("now", pl.when(now=LETTER).then("step"), "identity").iter_rows()
        self._base.executemany("UPDATE documents SET status = ?, step = ?, is_new = 1 WHERE identity = ?", values)
        return self._known("step IS NULL AND status = ? AND case_number IN changed_cases", LETTER)

    def left_cases(self) -> pl.Series:
        """Return the changed cases without those whose committed rows are still valid."""
        query = """
            SELECT case_number FROM changed_cases
            EXCEPT SELECT case_number FROM documents WHERE status = ? AND step <= ?"""
        return self._cases(query, LETTER, self._last_step)

    def cases_of(self, step: int) -> pl.Series:
        """Return the cases whose rows a step has."""
        return self._cases("SELECT case_number FROM documents WHERE step = ? AND status = ?", step, LETTER)

    def _cases(self, query: str, *values: str | int) -> pl.Series:
        return pl.Series("case_number", [case for (case,) in self._base.execute(query, values)], dtype=pl.String())

    def bounds(self, every: int) -> list[str]:
        """Return every nth case number in order, as bounds of ranges with that many letters."""
        rows = self._base.execute("SELECT case_number FROM documents WHERE status = ? ORDER BY case_number", (LETTER,))
        return [case for (case,) in islice(rows, every - 1, None, every)]

    def quarantine(self) -> pl.DataFrame:
        """Return the quarantine rows of documents that could not be read or are in conflict with another."""
        unread = self._frame("status = ?", QUARANTINED).drop("step").rename({"failed_step": "step"})
        conflicts = conflict_rows(self._frame("status = ? ORDER BY case_number, source, identity", CONFLICT))
        rows = unread.select(conflicts.columns).cast(schema("quarantine"))
        return in_key_order(pl.concat([rows, conflicts]), "quarantine")

    def changed(self) -> Iterator[pl.DataFrame]:
        """Yield the documents that a commit writes, some at a time."""
        query = f"SELECT {_ALL} FROM documents WHERE is_new OR ? ORDER BY identity"  # noqa: S608
        found = self._base.execute(query, (self.is_anew,))
        while rows := found.fetchmany(_ROWS_A_FILE):
            stored = [(self.places.stored(identity), *others) for identity, *others in rows]
            yield pl.DataFrame(stored, schema=DOCUMENTS, orient="row")

    def count(self, where: str = "TRUE", *values: str) -> int:
        """Count the documents, or some of them."""
        query = f"SELECT count(*) FROM documents WHERE {where}"  # noqa: S608
        return int(self._base.execute(query, values).fetchone()[0])
