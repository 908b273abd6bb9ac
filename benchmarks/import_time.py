"""Measure `import imrdata` relative to `import polars`: alternating processes, median of the pairs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

PAIRS = 15


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    seconds("import polars, imrdata")  # warms the disk cache
    both = [
        (seconds("import imrdata"), seconds("import polars, imrdata"), seconds("import polars")) for _ in range(PAIRS)
    ]
    alone = statistics.median(ours / theirs for ours, _, theirs in both)
    beside = statistics.median(together / theirs for _, together, theirs in both)
    print(f"import polars: {statistics.median(theirs for *_, theirs in both) * 1000:.0f} ms")
    print(f"import imrdata / import polars: {alone:.2f}")
    print(f"import polars, imrdata / import polars: {beside:.2f}")


if __name__ == "__main__":
    main()
