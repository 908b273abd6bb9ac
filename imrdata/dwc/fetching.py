"""Fetch the letters of an index one by one into a folder that `imrdata.build` reads."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import polars as pl
from tqdm import tqdm

from imrdata.datasets.sources import Document
from imrdata.datasets.system import sole_writer, write_whole
from imrdata.datasets.workers import read_isolated
from imrdata.dwc.client import Client, origin
from imrdata.dwc.saved_pages import LOCK, read_index
from imrdata.errors import ImrDataError, SourceError
from imrdata.letters.case_numbers import CASE_NUMBER
from imrdata.tables.validation import validate

LOG = "fetch_log.csv"
MOST_FAILURES = 5  # in a row
_END = 2048  # bytes that contain the end mark of a PDF
_NAMES = ("case_number", "url", "status", "http_status", "bytes", "sha256", "time", "message")
_SCHEMA = pl.Schema({name: pl.Int64() if name in ("http_status", "bytes") else pl.String() for name in _NAMES})
Row = dict[str, Any]


def fetch(
    index: pl.DataFrame | str | os.PathLike[str],
    dest: str | os.PathLike[str],
    *,
    rate: float = 1.0,
    limit: int | None = None,
    contact: str | None = None,
    progress: bool | None = None,
) -> pl.DataFrame:
    """Fetch the letters of an index into a folder, from which `imrdata.build` builds a dataset.

    Requests are sent one at a time, only to the host of the index, and only if its robots.txt allows them. If the site
    is busy, a request is repeated after the time that it asks for; after five failures in a row, the run stops. A
    letter is saved only if it is a complete PDF of its case. To resume a stopped run, repeat the same call: letters
    that are in the folder, or that the site does not have, are not requested again.

    Args:
        index: The index from `read_index` or `search`, or a file or folder that `read_index` reads.
        dest: The folder; created if missing. Letters are named ``CM16-0000123.pdf``; ``fetch_log.csv`` has one line
            per request.
        rate: The maximum number of requests per second.
        limit: The maximum number of letters to request in this run.
        contact: How the operators of the site can reach you, e.g. an email address.
        progress: Whether to show a progress bar on standard error; None: only in a terminal or a notebook.

    Returns:
        A frame, one row per case of the index, in the order of ``case_number``: ``url``, ``status`` (fetched; missing:
        the site does not have it; refused; no_letter: the answer is not a PDF; other_case: the PDF is of another case;
        failed: no complete answer; waiting: not requested yet; no_address), ``http_status``, ``bytes``, ``sha256``,
        ``time`` (UTC, ISO 8601) and ``message`` (what is wrong, or why the letter cannot be read).

    Raises:
        SourceError: The letters are on several hosts, or the site forbids, refuses, or redirects to another host.
        ValidationError: The frame is not an index.
        DatasetError: Another fetch is writing to `dest`.
        MissingExtraError: The extra ``fetch`` is not installed.
    """
    frame = validate(index, "index") if isinstance(index, pl.DataFrame) else read_index(index)
    letters = dict(
        frame.unique("case_number", keep="first").sort("case_number")["case_number", "letter_url"].iter_rows()
    )
    folder = Path(dest).expanduser()
    with sole_writer(folder, LOCK):
        log = _Log(folder / LOG)
        waiting = [number for number in letters if letters[number] and not _is_done(folder, number, log.rows)]
        waiting.sort(key=lambda number: number in log.rows)  # failed ones come last
        if waiting[:limit]:
            with Client(_one_host(letters[number] for number in waiting), rate=rate, contact=contact) as client:
                _fetch_all(client, {number: letters[number] for number in waiting[:limit]}, folder, log, progress)
        rows = [_row_of(folder, number, letters[number], log.rows.get(number)) for number in letters]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _fetch_all(client: Client, letters: dict[str, str], folder: Path, log: _Log, progress: bool | None) -> None:
    failures = 0
    shown = tqdm(letters.items(), unit="letter", disable=None if progress is None else not progress)
    for number, url in shown:
        row = _fetched(client, number, url, folder)
        log.add(row)
        failures = 0 if row["status"] == "fetched" else failures + 1
        if failures == MOST_FAILURES:
            message = f"{failures} letters in a row could not be fetched; the last: {row['status']}, {row['message']}"
            raise SourceError(message, step="fetch", reason="refused", source=url)


def _fetched(client: Client, number: str, url: str, folder: Path) -> Row:
    """Request a letter, check it, and save it; return the result."""
    row: Row = {"case_number": number, "url": url, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        answer = client.ask(url)
    except SourceError as error:
        if error.reason != "no_answer":
            raise
        return row | {"status": "failed", "message": error.message}
    row |= {"http_status": answer.status, "bytes": len(answer.content)}
    row["sha256"] = hashlib.sha256(answer.content).hexdigest()
    if answer.status != HTTPStatus.OK:
        is_missing = answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
        return row | {"status": "missing" if is_missing else "refused", "message": f"status {answer.status}"}
    if b"%PDF-" not in answer.content[:1024]:
        return row | {"status": "no_letter", "message": f"is not a PDF, but begins with {answer.content[:60]!r}"}
    if b"%%EOF" not in answer.content[-_END:]:
        return row | {"status": "failed", "message": "the PDF is cut off"}
    letter = read_isolated(Document(f"{number}.pdf", content=answer.content))
    if not isinstance(letter, ImrDataError) and letter.case_number != number:
        return row | {"status": "other_case", "message": f"is the letter of {letter.case_number}"}
    write_whole(_place(folder, number), answer.content)
    unread = f"{letter.reason}: {letter.message}" if isinstance(letter, ImrDataError) else ""
    return row | {"status": "fetched", "message": unread}


def _place(folder: Path, number: str) -> Path:
    if not re.fullmatch(CASE_NUMBER, number):  # the table checks this too; no other name is ever written
        raise ValueError(f"{number!r} is not a case number")
    return folder / f"{number}.pdf"


def _is_done(folder: Path, number: str, logged: dict[str, Row]) -> bool:
    return _place(folder, number).exists() or logged.get(number, {}).get("status") == "missing"


def _one_host(addresses: Iterator[str]) -> str:
    """Return an address if all are on one host."""
    by_host = {origin(url): url for url in addresses}
    if len(by_host) > 1:
        message = f"its letters are of several hosts: {', '.join(sorted(by_host)[:5])}; fetch those of one at a time"
        raise SourceError(message, step="fetch", reason="foreign_address", source="the index")
    return next(iter(by_host.values()))


def _row_of(folder: Path, number: str, url: str | None, logged: Row | None) -> Row:
    row: Row = {"case_number": number, "url": url, "status": "waiting" if url else "no_address"} | (logged or {})
    path = _place(folder, number)
    if path.exists() and row["status"] != "fetched":  # stopped after saving the letter, before its line
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        row |= {"status": "fetched", "bytes": len(content), "sha256": digest, "message": ""}
    elif not path.exists() and row["status"] == "fetched":
        row |= {"status": "waiting"}
    return row


class _Log:
    """A log with one line per request, written immediately; an incomplete line is dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: dict[str, Row] = {}
        if not path.exists():
            write_whole(path, ",".join(_SCHEMA) + "\n")
        whole = path.read_bytes()
        if not whole.endswith(b"\n"):
            write_whole(path, whole[: whole.rfind(b"\n") + 1])
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self.rows[row["case_number"]] = {
                    name: (int(words) if words else None) if _SCHEMA[name] == pl.Int64 else words
                    for name in _SCHEMA
                    for words in [row.get(name)]
                }

    def add(self, row: Row) -> None:
        row["message"] = " ".join(row["message"].split())
        self.rows[row["case_number"]] = row
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, list(_SCHEMA), lineterminator="\n").writerow(row)
            file.flush()
            os.fsync(file.fileno())
