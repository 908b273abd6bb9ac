"""Compare the records of the working tree with those of a revision, for the same letters.

    python benchmarks/differences.py [REVISION] [SOURCE ...]

By default, the source is the bundled letters, and the real letters if they are beside the checkout. The exit code is 1
if any field differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import polars as pl

TABLES = ("letters", "decisions", "citations", "quarantine", "diagnostics")
ROOT = Path(__file__).resolve().parent.parent
SOURCES = (ROOT / "seeds" / "letters", ROOT.parent / "shared" / "letters")


def write(source: str, folder: str) -> None:
    """Return the tables of a source, read by the checkout on PYTHONPATH."""
    import imrdata  # noqa: PLC0415 - of the checkout on PYTHONPATH

    warnings.simplefilter("ignore")
    data = imrdata.load(source)
    for table in TABLES:
        getattr(data, table).write_parquet(Path(folder) / f"{table}.parquet")


def read_by(checkout: Path, source: Path) -> dict[str, pl.DataFrame]:
    """Return the tables of a source, read by the package of a checkout in a separate process."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), "--write", str(source), folder],
            env=os.environ | {"PYTHONPATH": str(checkout)}, cwd=checkout, check=True,
        )  # fmt: skip
        return {table: pl.read_parquet(Path(folder) / f"{table}.parquet") for table in TABLES}


def main(revision: str, sources: list[Path]) -> int:
    from imrdata.datasets.differences import difference_counts, differences  # noqa: PLC0415 - older checkouts lack it

    is_different = False
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / "checkout"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(old), revision], cwd=ROOT, check=True)
        try:
            for source in sources:
                found = differences(read_by(old, source), read_by(ROOT, source))
                is_different |= not found.is_empty()
                print(f"{source}: {found.height:,} differences from {revision}")
                with pl.Config(
                    tbl_rows=-1, tbl_cols=-1, tbl_hide_dataframe_shape=True, fmt_str_lengths=50, tbl_width_chars=180
                ):
                    print(difference_counts(found) if found.height else "")
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(old)], cwd=ROOT, check=True)
    return int(is_different)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(*sys.argv[2:4])
    else:
        chosen = [Path(one).resolve() for one in sys.argv[2:]]
        sys.exit(main((sys.argv[1:] or ["HEAD"])[0], chosen or [source for source in SOURCES if source.exists()]))
