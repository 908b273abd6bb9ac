"""Measure ranked search over a million rationales, repeated from the sample: index, first page, all rows."""

from __future__ import annotations

import hashlib
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import polars as pl

import imrdata
from imrdata.datasets.builds.commit import ROWS_A_FILE, ROWS_A_GROUP
from imrdata.datasets.dataset import Dataset
from imrdata.datasets.searching import FOLDER, index_texts
from imrdata.datasets.store import File, Manifest, write_manifest
from imrdata.tables.columns import TABLES, schema

ROWS, PAGE, ROUNDS = 1_000_000, 20, 20
QUERIES = ("arthroscopy", '"physical therapy"', "mri NOT knee", "session OR visit", "knee NEAR/5 pain", "pain")


def decisions() -> pl.DataFrame:
    """Repeat the sample's decisions under other case numbers, one per letter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sample = imrdata.load_decisions()
    rows = pl.concat([sample] * (ROWS // sample.height + 1)).head(ROWS)
    number = pl.int_range(pl.len())
    year, serial = (number // 100_000 + 13).cast(pl.String), (number % 100_000).cast(pl.String).str.zfill(7)
    one = pl.lit(1, dtype=pl.Int16)
    return rows.with_columns(case_number=pl.format("CM{}-{}", year, serial), request_number=one)


def write(rows: pl.DataFrame, folder: Path) -> None:
    files = []
    (folder / "decisions").mkdir(parents=True)
    for at, piece in enumerate(rows.iter_slices(ROWS_A_FILE)):
        name = f"decisions/{at:05d}.parquet"
        piece.write_parquet(folder / name, row_group_size=ROWS_A_GROUP)
        first, last = piece["case_number"][0], piece["case_number"][-1]
        content = (folder / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files.append(File(name, piece.height, len(content), digest, first, last))
    write_manifest(folder, Manifest(version=1, files={"decisions": files}))


def milliseconds(action: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the longest CPU time of an action on all threads, without the first run."""
    action()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        action()
        times.append(1000 * (time.process_time() - start))
    return sorted(times)[ROUNDS // 2], max(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        rows = decisions()
        write(rows, folder)
        start, cpu = time.perf_counter(), time.process_time()
        index_texts(folder)
        size = sum(path.stat().st_size for path in (folder / FOLDER).rglob("*") if path.is_file())
        spent = f"{time.perf_counter() - start:.0f} s, {time.process_time() - cpu:.0f} s of CPU"
        print(f"index of {rows.height:,} decisions: {spent}, {size / 2**20:.0f} MiB")
        empty = {table: pl.DataFrame(schema=schema(table)) for table in TABLES if table != "decisions"}
        data = Dataset(decisions=rows, **empty, document_count=0, duplicate_count=0, version=1, folder=folder)
        start = time.process_time()
        data.search("knee", limit=PAGE)
        print(f"first search, with opening: {1000 * (time.process_time() - start):.0f} ms of CPU")
        for query in QUERIES:
            count = data.search(query, limit=1)["found_count"].sum()
            middle, most = milliseconds(lambda query=query: data.search(query, limit=PAGE))  # type: ignore[misc]
            print(f"{query:<24} {count:>9,} found, first {PAGE}: {middle:6.1f} ms of CPU, at most {most:6.1f}")
        middle, most = milliseconds(lambda: data.similar("CM13-0000003", 1))
        print(f"{'ten similar decisions':<24} {middle:6.1f} ms of CPU, at most {most:6.1f}")
        start = time.process_time()
        height = data.search("session OR visit").height
        print(f"all {height:,} rows with their excerpts: {time.process_time() - start:.1f} s of CPU")


if __name__ == "__main__":
    main()
