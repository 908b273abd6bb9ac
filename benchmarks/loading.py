"""Measure loading five million decisions, without long texts, with and without validation.

`load_decisions` compares the SHA-256 of files, reads, and validates. It is compared with pandera's model of the same
table, the same limits as a dataframely schema (columns and key, without rules between columns), and raw polars
expressions.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import dataframely as dy
import polars as pl
from pyarrow import parquet

import imrdata
from imrdata.datasets.builds.commit import ROWS_A_FILE, ROWS_A_GROUP
from imrdata.datasets.store import File, Manifest, write_manifest
from imrdata.tables.columns import contract_of, schema
from imrdata.tables.rules import limits_are_broken
from imrdata.tables.validation import validate

ROWS, ROUNDS = 5_000_000, 3
LONG = ["claims_administrator_guideline_text", "reviewer_guideline_text", "rationale_text"]


def decisions() -> pl.DataFrame:
    """Repeat the sample's decisions under other case numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sample = imrdata.load_decisions()
    rows = pl.concat(
        [sample.with_columns(pl.lit(None, pl.String).alias(name) for name in LONG)] * (ROWS // sample.height + 1)
    )
    letter = pl.int_range(pl.len()) // 2
    year = (letter % 12 + 13).cast(pl.String)
    case_number = pl.format("CM{}-{}", year, (letter // 12).cast(pl.String).str.zfill(7))
    numbers = (pl.int_range(pl.len()) % 2 + 1).cast(pl.Int16)
    within_year = (letter // 12) * 300 // (ROWS // 24) + letter.hash(seed=2) % 60  # decided in the order of the cases
    decided = pl.date((letter % 12 + 2013).cast(pl.Int32), 1, 1) + pl.duration(days=within_year)
    return rows.head(ROWS).with_columns(case_number=case_number, request_number=numbers, decision_date=decided)


def write(rows: pl.DataFrame, folder: Path, builds: int = 1) -> None:
    """Write a dataset of the rows: one build in key order, or one large build and many small ones in any order."""
    files = []
    (folder / "decisions").mkdir(parents=True)
    small = builds - 1
    turn = pl.col("case_number").hash(seed=1) % 1000  # small builds hold 2 letters of 1,000 each, of all years
    parts = [rows.filter(turn >= 2 * small), *(rows.filter(turn // 2 == number) for number in range(small))]
    for number, part in enumerate(parts):
        for at, piece in enumerate(part.sort("case_number", "request_number").iter_slices(ROWS_A_FILE)):
            name = Path("decisions") / f"{number:08d}-{at:05d}.parquet"
            piece.write_parquet(folder / name, row_group_size=ROWS_A_GROUP)
            first, last = piece["case_number"][0], piece["case_number"][-1]
            content = (folder / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            files.append(File(str(name), piece.height, len(content), digest, first, last))
    write_manifest(folder, Manifest(version=builds, last_step=builds, files={"decisions": files}))


def dataframely_schema(names: list[str]) -> type[dy.Schema]:
    """Return the same types, nulls, limits and key as a dataframely schema."""
    fields: dict[str, dy.Column] = {}
    for name in names:
        column = limit = contract_of("decisions").columns[name]
        dtype = column.dtype
        common = {"nullable": column.nullable, "primary_key": name in contract_of("decisions").key}
        bounds = {"min": limit.minimum, "max": limit.maximum}
        if isinstance(dtype, pl.Enum):
            fields[name] = dy.Enum(dtype.categories.to_list(), **common)
        elif isinstance(dtype, pl.List):
            fields[name] = dy.List(dy.String(nullable=True), nullable=column.nullable)
        elif dtype == pl.String():
            fields[name] = dy.String(regex=limit.pattern, min_length=limit.min_length, **common)
        elif dtype == pl.Date():
            fields[name] = dy.Date(**bounds, **common)
        elif dtype == pl.Int16():
            fields[name] = dy.Int16(**bounds, **common)
        else:
            fields[name] = (
                dy.Bool(**common) if dtype == pl.Boolean() else dy.Float64(min_exclusive=limit.above, **common)
            )
    return type("Decisions", (dy.Schema,), fields)


def raw_expressions(frame: pl.DataFrame) -> pl.DataFrame:
    """Check the same limits and the key with plain polars expressions."""
    columns = contract_of("decisions").columns
    limits = {name: limits_are_broken(columns[name], pl.col(name)) for name in frame.columns}
    parts = {name: broken for name, broken in limits.items() if broken is not None}
    return (
        frame.lazy()
        .select(
            *(broken.alias(name) for name, broken in parts.items()),
            pl.struct(contract_of("decisions").key).is_unique().all().alias("key"),
        )
        .collect()
    )


def best(action: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def bytes_of_a_month(files: list[str]) -> float:
    """Return the share of the bytes that a query for one month reads: row groups that may have a date of that month."""
    wanted = whole = 0
    for file in files:
        metadata = parquet.ParquetFile(file).metadata
        names = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
        at = names.index("decision_date")
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            size = sum(group.column(column).total_compressed_size for column in range(group.num_columns))
            dates = group.column(at).statistics
            whole += size
            wanted += size * (dates.min < date(2020, 6, 1) and dates.max >= date(2020, 5, 1))
    return wanted / whole


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, many = Path(place) / "one", Path(place) / "many"
        rows = decisions()
        write(rows, folder)
        write(rows, many, builds=50)
        del rows
        names = [name for name in schema("decisions").names() if name not in LONG]
        files = imrdata.dataset_files(folder, "decisions")
        bare = best(lambda: pl.read_parquet(files, columns=names))
        loaded = best(lambda: imrdata.load_decisions(folder, columns=names))
        of_many = best(lambda: imrdata.load_decisions(many, columns=names))
        whole = pl.read_parquet(files).select(schema("decisions").names())
        by_pandera = best(partial(validate, whole))
        whole = whole.select(names)
        by_dataframely = best(partial(dataframely_schema(names).validate, whole))
        by_expressions = best(partial(raw_expressions, whole))
        del whole
        one = best(
            lambda: (
                imrdata.scan_decisions(folder)
                .filter(pl.col("treatment_category") == "Injection", pl.col("outcome") == "Overturned")
                .group_by(pl.col("decision_date").dt.year())
                .len()
                .collect()
            )
        )
        print(f"one month of decisions reads {bytes_of_a_month(files):.3f} of the bytes (aim 0.1)")
        print(f"{ROWS:,} decisions without long texts, {len(names)} columns")
        for title, seconds in (
            ("pl.read_parquet", bare),
            ("load_decisions, validated, of one build (aim 1.5)", loaded),
            ("load_decisions, validated, of 50 builds (aim 2.5)", of_many),
            ("pandera's checks of the same rows, alone", by_pandera),
            ("dataframely's checks of them, alone", by_dataframely),
            ("raw polars expressions, alone", by_expressions),
            ("scan_decisions, one category and outcome by year", one),
        ):
            print(f"  {title:50s} {seconds:6.2f} s  {seconds / bare:6.3f} x")


if __name__ == "__main__":
    main()
