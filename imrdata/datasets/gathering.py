"""Read and validate the letters of a source as a `Dataset` in memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from imrdata.datasets.batches import CONFLICT, DUPLICATE, LETTER, Batch, concat, conflict_rows, statuses, validated
from imrdata.datasets.dataset import Dataset
from imrdata.datasets.file_kinds import Skipped
from imrdata.datasets.forked import require_threads
from imrdata.datasets.ocr import NEVER, require_engine
from imrdata.datasets.progress import progress_bar
from imrdata.datasets.sources import Source, documents, require_there
from imrdata.datasets.workers import read_batches
from imrdata.errors import ImrDataWarning, printable
from imrdata.tables.columns import TABLES, in_key_order
from imrdata.tables.validation import validate

_FEW = 300  # letters with embedded words, which take a second or two


def gathered(
    source: Source, ocr: str, progress: bool | None, stacklevel: int, *, keep_unrecognised: bool = False
) -> Dataset:
    """Read the letters of a source; a warning counts failures."""
    require_threads()
    require_engine(ocr, keep_unrecognised=keep_unrecognised)
    skipped = Skipped(but_scans=ocr != NEVER)
    require_there(source, skipped=replace(skipped))
    options: dict[str, Any] = {"ocr": ocr, "keep_unrecognised": keep_unrecognised}
    found = (replace(document, **options) for document in documents(source, skipped))
    few = _FEW if ocr == NEVER else 0
    data = replace(collect(_with_progress(read_batches(found, here=True), few, progress)), skipped_count=skipped.count)
    if data.quarantine.height:
        first = data.quarantine.row(0, named=True)
        counts = f"{data.quarantine.height:,} of {data.document_count:,} documents could not be read"
        message = f"{counts}; the first, {first['source']}: {first['message']}. load(...).quarantine lists all"
        warnings.warn(printable(message), ImrDataWarning, stacklevel=stacklevel + 1)
    return data


def _with_progress(batches: Iterator[Batch], few: int, progress: bool | None) -> Iterator[Batch]:
    """Yield the batches, and show a progress bar after a few letters; it says how to save the result."""
    count = 0
    for batch in batches:
        count += batch.documents.height
        yield batch
        if count >= few:
            break
    else:
        return
    words = "to keep the tables, use imrdata.build(source, folder)"
    with progress_bar(progress, words=words) as bar:
        bar.update(count)
        for batch in batches:
            bar.update(batch.documents.height)
            yield batch


def collect(batches: Iterable[Batch]) -> Dataset:
    """Collect batches into validated tables sorted by key."""
    batch = concat(batches)
    status = statuses(batch.documents)
    conflicts = conflict_rows(batch.documents.filter(status == CONFLICT))
    visible = (status == LETTER).arg_true().cast(pl.Int64)
    kept = validated(batch.of(visible))
    rows = {table: kept.rows(table) for table in TABLES}
    rows["quarantine"] = pl.concat([rows["quarantine"], conflicts])
    tables: dict[str, Any] = {table: in_key_order(frame, table) for table, frame in rows.items()}
    data = Dataset(
        **tables,
        document_count=batch.documents.height,
        duplicate_count=int((status == DUPLICATE).sum()),
    )
    validate(data.quarantine, "quarantine")
    return data
