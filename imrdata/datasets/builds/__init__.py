"""Build a dataset of letters on disk; to resume an interrupted build, repeat the same command.

index      all documents ever read, and which become rows
commit     write the rows of some documents as a step; change the tables of a dataset, and name their files
engine     run a build, whoever reads the documents
local      build from letters on this machine: the public function
correct    correct values of a dataset: the public function
"""

from imrdata.datasets.builds.engine import BuildReport
from imrdata.datasets.builds.local import MOST_WORKERS, build

__all__ = ["MOST_WORKERS", "BuildReport", "build"]
