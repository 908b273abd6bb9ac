"""The index of all documents ever read, and which become rows.

A build makes the index from the committed documents and the unfinished steps. It is a temporary database on disk, so
that two million documents need no memory. A document is identified by its path, and is unchanged if its stamp is the
same (size and time of change, or checksum). `step` is the step with a letter's rows.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from imrdata.datasets.batches import CONFLICT, LETTER, QUARANTINED, READ_DOCUMENTS, conflict_rows, statuses
from imrdata.datasets.places import Places
from imrdata.datasets.sources import Document
from imrdata.datasets.store import Manifest, require_unchanged, scan_files
from imrdata.tables.columns import in_key_order, schema

DOCUMENTS = pl.Schema(
    {
        **READ_DOCUMENTS,
        "imrdata_version": pl.String(),
        "step": pl.Int64(),
        "status": pl.String(),
        **dict.fromkeys(("failed_step", "reason", "message", "excerpt"), pl.String()),  # null unless quarantined
    }
)
_ALL = ", ".join(DOCUMENTS.names())
_TABLES = f"""
CREATE TABLE documents ({_ALL}, PRIMARY KEY (identity)) WITHOUT ROWID;
CREATE INDEX by_case ON documents (case_number);
CREATE TABLE changed (identity, case_number, PRIMARY KEY (identity, case_number));
CREATE TABLE listed (identity PRIMARY KEY, source, to_read) WITHOUT ROWID;
"""
_PUT = f"INSERT OR REPLACE INTO documents VALUES ({', '.join('?' * len(DOCUMENTS))})"  # noqa: S608
_ROWS_AT_ONCE = 10_000


class KnownDocument(NamedTuple):
    """A document of the index, as it was read."""

    identity: str
    source: str
    stamp: str
    imrdata_version: str
    status: str


class Index:
    """The documents of a dataset, including those of unfinished steps.

    Identities are stored relative to the dataset, in its files and in steps; the index has them as they are now.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.places = Places(folder)
        self._last_step = manifest.last_step
        self._base = sqlite3.connect("", check_same_thread=False)  # a temporary file, deleted on close
        self._base.executescript(_TABLES)
        require_unchanged(folder, manifest.of("documents"))
        for file in manifest.of("documents"):  # of several rows for one document, the last counts
            rows = scan_files(folder, [file]).select(DOCUMENTS.names())
            for some in rows.collect_batches(chunk_size=_ROWS_AT_ONCE, maintain_order=True):
                self._put(some)
        if self.places.is_moved:
            self._base.execute("INSERT INTO changed SELECT identity, case_number FROM documents")

    def close(self) -> None:
        """Delete the index."""
        self._base.close()

    def _put(self, documents: pl.DataFrame) -> None:
        rows = ((self.places.found(identity), *others) for identity, *others in documents.iter_rows())
        self._base.executemany(_PUT, rows)

    def _note_changed(self, identities: Iterable[str]) -> None:
        """Note that documents change, and the cases that they have now."""
        query = "INSERT OR IGNORE INTO changed SELECT identity, case_number FROM documents WHERE identity = ?"
        self._base.executemany(query, ((one,) for one in identities))

    def _known(self, where: str, *values: str) -> list[KnownDocument]:
        query = f"SELECT identity, source, stamp, imrdata_version, status FROM documents WHERE {where}"  # noqa: S608
        return [KnownDocument(*row) for row in self._base.execute(query, values)]

    def _frame(self, where: str, *values: str) -> pl.DataFrame:
        rows = self._base.execute(f"SELECT {_ALL} FROM documents WHERE {where}", values).fetchall()  # noqa: S608
        return pl.DataFrame(rows, schema=DOCUMENTS, orient="row")

    def _texts(self, query: str, *values: str | int) -> pl.Series:
        rows = self._base.execute(query, values)
        return pl.Series([text for (text,) in rows], dtype=pl.String())

    # --- WHAT IS READ --- #

    def note_listed(self, listed: Document) -> KnownDocument | None:
        """Note that the source lists a document now; return what is known of it."""
        self._base.execute("INSERT OR IGNORE INTO listed VALUES (?, ?, NULL)", (listed.identity, listed.name))
        return next(iter(self._known("identity = ?", listed.identity)), None)

    def want(self, listed: Document) -> None:
        """Mark a document to be read."""
        row = (listed.identity, listed.name, pickle.dumps(listed))
        self._base.execute("INSERT OR REPLACE INTO listed VALUES (?, ?, ?)", row)

    def wanted_count(self) -> int:
        """Count the documents to be read."""
        return int(self._base.execute("SELECT count(to_read) FROM listed").fetchone()[0])

    def wanted(self) -> Iterator[Document]:
        """Yield the documents to be read in the order of their names, and unmark them."""
        query = "SELECT to_read FROM listed WHERE to_read IS NOT NULL ORDER BY source, identity"
        for (document,) in self._base.execute(query):
            yield pickle.loads(document)  # noqa: S301 - written by `want`
        self._base.execute("UPDATE listed SET to_read = NULL")

    def add(self, documents: pl.DataFrame) -> None:
        """Add the documents that a step has read, replacing earlier entries."""
        identities = [self.places.found(one) for one in documents["identity"]]
        self._note_changed(identities)  # with the cases that they had
        self._put(documents.select(DOCUMENTS.names()))
        self._note_changed(identities)  # and those that they have now

    def unlisted(self) -> list[KnownDocument]:
        """Return known documents that the source no longer lists."""
        return self._known("identity NOT IN (SELECT identity FROM listed) ORDER BY identity")

    def forget_unlisted(self) -> int:
        """Remove the documents that the source no longer lists, and their rows; return their number."""
        identities = [one.identity for one in self.unlisted()]
        self._note_changed(identities)
        self._base.executemany("DELETE FROM documents WHERE identity = ?", ((one,) for one in identities))
        return len(identities)

    # --- WHAT BECOMES ROWS --- #

    def settle(self) -> list[KnownDocument]:
        """Decide which of the documents that share a case number become rows.

        Returns those that now become rows but have none, because they were copies or in conflict. Read them again,
        then call this method again.
        """
        members = self._frame(  # of changed cases that have or had several, in order of precedence
            """
            record_sha256 IS NOT NULL AND case_number IN (
                SELECT case_number FROM documents
                WHERE case_number IN (SELECT case_number FROM changed) AND record_sha256 IS NOT NULL
                GROUP BY case_number HAVING count(*) > 1 OR max(status) <> ?)
            ORDER BY case_number, source, identity""",
            LETTER,
        )
        is_changed = (pl.col("now") != pl.col("status")) | ((pl.col("now") != LETTER) & pl.col("step").is_not_null())
        changed = members.with_columns(now=statuses(members)).filter(is_changed)
        self._note_changed(changed["identity"])
        values = changed.select("now", pl.when(now=LETTER).then("step"), "identity").iter_rows()
        self._base.executemany("UPDATE documents SET status = ?, step = ? WHERE identity = ?", values)
        return self._known("step IS NULL AND status = ?", LETTER)

    def left_cases(self) -> pl.Series:
        """Return the changed cases without those whose committed rows are still valid."""
        query = """
            SELECT case_number FROM changed WHERE case_number IS NOT NULL
            EXCEPT SELECT case_number FROM documents WHERE status = ? AND step <= ?"""
        return self._texts(query, LETTER, self._last_step)

    def cases_of(self, step: int) -> pl.Series:
        """Return the cases whose rows a step has."""
        return self._texts("SELECT case_number FROM documents WHERE step = ? AND status = ?", step, LETTER)

    def quarantine(self) -> pl.DataFrame:
        """Return the quarantine rows of documents that could not be read or are in conflict with another."""
        unread = self._frame("status = ?", QUARANTINED).drop("step").rename({"failed_step": "step"})
        conflicts = conflict_rows(self._frame("status = ? ORDER BY case_number, source, identity", CONFLICT))
        rows = unread.select(conflicts.columns).cast(schema("quarantine"))
        return in_key_order(pl.concat([rows, conflicts]), "quarantine")

    def changed_identities(self) -> pl.Series | None:
        """Return the changed documents as they are stored; None for all, of a first build or a moved dataset."""
        if self.places.is_moved or self._last_step == 0:
            return None
        identities = self._texts("SELECT DISTINCT identity FROM changed")
        return pl.Series(map(self.places.stored, identities), dtype=pl.String())

    def changed(self) -> Iterator[pl.DataFrame]:
        """Yield the changed documents that are not forgotten, some at a time."""
        where = "identity IN (SELECT identity FROM changed) ORDER BY identity"
        found = self._base.execute(f"SELECT {_ALL} FROM documents WHERE {where}")  # noqa: S608
        while rows := found.fetchmany(_ROWS_AT_ONCE):
            stored = [(self.places.stored(identity), *others) for identity, *others in rows]
            yield pl.DataFrame(stored, schema=DOCUMENTS, orient="row")

    def count(self, where: str = "TRUE", *values: str) -> int:
        """Count the documents, or some of them."""
        query = f"SELECT count(*) FROM documents WHERE {where}"  # noqa: S608
        return int(self._base.execute(query, values).fetchone()[0])
