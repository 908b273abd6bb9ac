"""Build a dataset of letters on disk; to resume an interrupted build, repeat the same command.

index      all documents ever read, and which become rows
steps      the rows of some documents at a time; each step is on disk completely or not at all
commit     write finished steps as files of the dataset, and name them in the manifest
engine     run a build, whoever reads the documents
local      build from letters on this machine: the public function
"""

from __future__ import annotations

from imrdata.datasets.builds.engine import BuildReport
from imrdata.datasets.builds.local import build

__all__ = ["BuildReport", "build"]
