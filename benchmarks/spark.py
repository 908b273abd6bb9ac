"""Measure a build on Spark relative to a local build: whole processes, the same PDFs, all cores.

    python benchmarks/spark.py FOLDER OF PDFS

Requires the extra ``[spark]`` and Java. On one machine, Spark can only be slower; the figure says by how much.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from builds import BUILD, copy_pdfs

ROUNDS = 2
ON_SPARK = """
import sys, time
from pyspark.sql import SparkSession
import imrdata.spark
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
         .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate())
start = time.perf_counter()
imrdata.spark.build(spark, sys.argv[1], sys.argv[2], progress=False)
print(time.perf_counter() - start)
"""


def run(code: str, *arguments: object) -> tuple[float, str]:
    start = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start, done.stdout.decode()


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "letters"
        copy_pdfs(Path(sys.argv[1]), folder)
        count = len(list(folder.iterdir()))
        local, whole, inside = [], [], []
        for turn in range(ROUNDS):
            local.append(run(BUILD, folder, Path(place) / f"local{turn}", 2)[0])
            seconds, printed = run(ON_SPARK, folder, Path(place) / f"spark{turn}")
            whole.append(seconds)
            inside.append(float(printed))
        print(f"{count:,} PDFs")
        print(f"  local, 2 processes          {min(local):6.1f} s")
        print(f"  Spark, local[2]             {min(whole):6.1f} s  {min(whole) / min(local):.2f} x")
        print(f"  the same, without its start {min(inside):6.1f} s  {min(inside) / min(local):.2f} x")


if __name__ == "__main__":
    main()
