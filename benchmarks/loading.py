"""Five million decisions without their long texts, from Parquet: validated by `load_decisions`, and not validated."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

import imrdata
from imrdata.store import File, Manifest, write_manifest
from imrdata.tables import schema
from imrdata.validation import validate

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
        print(f"  pl.read_parquet                                  {bare:6.2f} s")
        print(f"  load_decisions, validated                        {loaded:6.2f} s   {loaded / bare:.2f} x (aim 1.5)")
        print(f"  pandera's checks of the same rows, alone         {by_pandera:6.2f} s   {by_pandera / bare:.2f} x")
        print(f"  scan_decisions, one category and outcome by year {one:6.2f} s   {one / bare:.3f} x")


if __name__ == "__main__":
    main()
