"""Search a dataset with an index of its texts, saved beside it or built in memory.

::

    DEST/search/decisions/    the index of the texts of decisions, made by `build(..., search=True)`
    DEST/search/letters/      the index of the texts of letters

Files of a dataset never change, and each row of the index has the SHA-256 of its file, so a search in a version uses
only the files of that version. An index that lacks one of them is not used. It can be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from imrdata.datasets.progress import progress_bar
from imrdata.datasets.store import File, Manifest, committed, kept_versions, scan_files
from imrdata.errors import DatasetError, UnknownTermError, alternatives
from imrdata.search import frames
from imrdata.search.index import Hits, TextIndex, remove
from imrdata.search.queries import Node, parse
from imrdata.tables.columns import require_column
from imrdata.tables.dictionary import case_number as normal_form

if TYPE_CHECKING:
    from imrdata.datasets.dataset import Dataset

FOLDER = "search"
INDEXED = {"decisions": ("request_text", "rationale_text"), "letters": ("clinical_summary_text",)}
_TOLD = 20_000  # rows; for more, indexing in memory shows progress
_REQUESTS = 1 << 15  # more than the requests of any letter: request_number is an Int16
_CANDIDATES = 500  # decisions with the same words, of which those of the same treatment are raised
_SERIAL = 10_000_000  # case numbers per year


def index_texts(folder: Path) -> None:
    """Update the index beside a dataset to the latest version; texts already in it are not read again."""
    kept = kept_versions(folder).values()
    for table, columns in INDEXED.items():
        path = folder / FOLDER / table
        try:
            index = TextIndex(columns, path)
        except ValueError:  # made by another version of the package
            remove(path)
            index = TextIndex(columns, path)
        wanted = committed(folder).files.get(table, ())
        needed = {file.sha256 for manifest in kept for file in manifest.files.get(table, ())}
        changed = [file for file in wanted if index.parts.get(file.sha256) != file.rows]
        gone = [part for part in index.parts if part not in needed or part in {file.sha256 for file in changed}]
        if not changed and not gone:
            continue
        try:
            index.change(gone, _rows(folder, table, changed))
        except ValueError as error:
            message = f"{path}: the search index cannot be written; is another process using it? {error}"
            raise DatasetError(message, reason="dataset_in_use") from error


def update_texts(folder: Path) -> None:
    """Update the index beside a dataset, if it has one."""
    if (folder / FOLDER).is_dir():
        index_texts(folder)


def _rows(folder: Path, table: str, files: Sequence[File]) -> Iterator[tuple[str, int, Sequence[str | None]]]:
    number = pl.col("request_number").cast(pl.UInt64) if table == "decisions" else pl.lit(0, dtype=pl.UInt64)
    case = pl.col("case_number")
    code = case.str.slice(2, 2).cast(pl.UInt64) * _SERIAL + case.str.slice(5).cast(pl.UInt64)
    for file in files:
        rows = scan_files(folder, [file]).select((code * _REQUESTS + number).alias("place"), *INDEXED[table])
        for place, *texts in rows.collect().iter_rows():
            yield file.sha256, place, texts


@dataclass(frozen=True, slots=True)
class _Texts:
    """The index of a table's texts; `manifest` is the manifest of the version if the index is saved."""

    index: TextIndex
    manifest: Manifest | None = None

    def find(self, data: Dataset, table: str, node: Node, columns: Sequence[str], limit: int | None = None) -> Hits:
        """Return the hits; their places are row numbers in the dataset's table."""
        if self.manifest is None:
            return self.index.find(node, columns, limit=limit)
        parts = {file.sha256 for file in self.manifest.files.get(table, ())}
        hits = self.index.find(node, columns, parts=parts, limit=limit)
        return replace(hits, places=_row_numbers(getattr(data, table), hits.places, table))


def _row_numbers(frame: pl.DataFrame, codes: pl.Series, table: str) -> pl.Series:
    """Return the row numbers of keys; a letter's requests are consecutive and numbered without gaps."""
    cases, numbers = codes // _REQUESTS, (codes % _REQUESTS).cast(pl.Int64)
    year, serial = (cases // _SERIAL).cast(pl.String), (cases % _SERIAL).cast(pl.String)
    wanted = "CM" + year.str.zfill(2) + "-" + serial.str.zfill(7)
    places = frame["case_number"].search_sorted(wanted).cast(pl.Int64)
    places = places + numbers - 1 if table == "decisions" else places
    is_there = (places < frame.height).all() and (frame["case_number"].gather(places) == wanted).all()
    if not is_there or (table == "decisions" and not (frame["request_number"].gather(places) == numbers).all()):
        raise DatasetError("the search index does not belong to these rows; delete it", reason="damaged_dataset")
    return places


def _texts(data: Dataset, table: str, columns: Sequence[str]) -> _Texts:
    """Return the saved index if it has the version and the columns, else one in memory; cached."""
    known = data.indexes
    key = (table, *sorted(columns))
    if key not in known:
        known[key] = _kept(data, table, columns) or _in_memory(getattr(data, table), sorted(columns), table)
    found: _Texts = known[key]
    return found


def _in_memory(frame: pl.DataFrame, columns: Sequence[str], table: str) -> _Texts:
    """Build an index in memory; if it takes seconds, show progress and how to save an index."""
    shown = None if frame.height >= _TOLD else False
    words = "texts are indexed; imrdata build --search keeps the index"
    with progress_bar(shown, total=frame.height, words=words, unit=table) as bar:
        return _Texts(frames.indexed(frame, columns, bar.update))


def _kept(data: Dataset, table: str, columns: Sequence[str]) -> _Texts | None:
    if data.folder is None or data.is_corrected or not set(columns) <= set(INDEXED[table]):
        return None
    path = data.folder / FOLDER / table
    if not path.is_dir():
        return None
    manifest = committed(data.folder, data.version)
    if manifest.rows(table) != getattr(data, table).height:
        return None
    try:
        index = TextIndex(INDEXED[table], path)
    except (ValueError, OSError):
        return None
    is_whole = all(index.parts.get(file.sha256) == file.rows for file in manifest.files.get(table, ()))
    return _Texts(index, manifest) if is_whole else None


def search(data: Dataset, query: str, in_: str | Sequence[str] | None, table: str, limit: int | None) -> pl.DataFrame:
    """See `Dataset.search`."""
    if table not in INDEXED:
        raise UnknownTermError(f"no texts of {table!r}; {alternatives(table, INDEXED)}", reason="unknown_table")
    frame: pl.DataFrame = getattr(data, table)
    node, columns = parse(query), frames.text_columns(frame, in_)
    hits = _texts(data, table, columns).find(data, table, node, columns, limit)
    return frames.found_rows(frame, hits, node, columns)


def similar(data: Dataset, case_number: str, request_number: int, n: int, on: str) -> pl.DataFrame:
    """See `Dataset.similar`."""
    if not isinstance(request_number, int):
        raise TypeError(f"a request number is a whole number, not {request_number!r}")
    rows, case = data.decisions, normal_form(case_number)
    require_column(on, [name for name, dtype in rows.schema.items() if dtype == pl.String])
    found = rows.filter(case_number=case, request_number=request_number).rows(named=True)
    if not found:
        message = f"there is no request {request_number} of {case}"
        raise UnknownTermError(message, reason="unknown_case_number")
    text = found[0][on]
    if not text:
        raise ValueError(f"request {request_number} of {case} has no {on}")
    texts = _texts(data, "decisions", [on])
    node = frames.telling_words(texts.index, text, on, rows.height)
    count = n + rows.filter(case_number=case).height  # those of the letter itself are left out
    hits = texts.find(data, "decisions", node, [on], max(count, _CANDIDATES))
    hits = frames.same_treatment_first(rows, hits, found[0], count)
    return frames.similar_rows(rows, hits, node, on).filter(pl.col("case_number") != case).head(n)
