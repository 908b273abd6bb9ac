"""Five million decisions without their long texts, from Parquet: checked by us, by others, and not at all.

`load_decisions` reads and checks in one polars query. Beside it stand pandera's model of the same table, the same
limits as a dataframely schema (columns and key, not the rules between columns), and a select of raw expressions.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import dataframely as dy
import polars as pl

import imrdata
from imrdata.datasets.store import File, Manifest, write_manifest
from imrdata.tables.columns import KEYS, columns, schema
from imrdata.tables.rules import Limits, limits
from imrdata.tables.validation import validate

ROWS, ROWS_A_FILE, ROUNDS = 5_000_000, 250_000, 3
LONG = ["claims_administrator_guideline_text", "reviewer_guideline_text", "rationale_text"]


def decisions() -> pl.DataFrame:
    """The sample's decisions, again and again under other case numbers."""
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
    return rows.head(ROWS).with_columns(case_number=case_number, request_number=numbers)


def write(rows: pl.DataFrame, folder: Path) -> None:
    files = []
    (folder / "decisions").mkdir()
    for (category, outcome), part in rows.partition_by(["treatment_category", "outcome"], as_dict=True).items():
        for number, piece in enumerate(part.iter_slices(ROWS_A_FILE)):
            name = Path("decisions") / f"treatment_category={category}" / f"outcome={outcome}" / f"{number}.parquet"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            piece.write_parquet(folder / name, row_group_size=16_384)
            files.append(File(str(name), piece.height, (folder / name).stat().st_size, 1, 1))
    write_manifest(folder, Manifest(generation=1, last_step=1, files={"decisions": files}))


def dataframely_schema(names: list[str]) -> type[dy.Schema]:
    """The same types, nulls, limits and key."""
    fields: dict[str, dy.Column] = {}
    for name in names:
        column, limit, dtype = columns()[name], limits(name), schema("decisions")[name]
        common = {"nullable": column.nullable, "primary_key": name in KEYS["decisions"]}
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
    """The same limits and the key, as anyone would write them."""
    parts = {name: limits(name).are_broken(pl.col(name)) for name in frame.columns if limits(name) != Limits()}
    return (
        frame.lazy()
        .select(
            *(broken.alias(name) for name, broken in parts.items()),
            pl.struct(KEYS["decisions"]).is_unique().all().alias("key"),
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


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = decisions()
        write(rows, folder)
        del rows
        names = [name for name in schema("decisions").names() if name not in LONG]
        files = f"{folder}/decisions/**/*.parquet"
        bare = best(lambda: pl.read_parquet(files, columns=names, hive_partitioning=False))
        loaded = best(lambda: imrdata.load_decisions(folder, columns=names))
        whole = pl.read_parquet(files, hive_partitioning=False).select(schema("decisions").names())
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
        print(f"{ROWS:,} decisions without long texts, {len(names)} columns")
        for title, seconds in (
            ("pl.read_parquet", bare),
            ("load_decisions, validated (aim 1.5)", loaded),
            ("pandera's checks of the same rows, alone", by_pandera),
            ("dataframely's checks of them, alone", by_dataframely),
            ("raw polars expressions, alone", by_expressions),
            ("scan_decisions, one category and outcome by year", one),
        ):
            print(f"  {title:50s} {seconds:6.2f} s  {seconds / bare:6.3f} x")


if __name__ == "__main__":
    main()
