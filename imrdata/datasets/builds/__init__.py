"""Build a dataset of letters on disk; to resume an interrupted build, repeat the same command.

index      every document that was ever read, and which of them become rows
steps      the work under way: some documents' rows at a time, each step complete or not there
commit     finished steps become files of the dataset, and the manifest names them
engine     a build at work: what is to be read, with what progress, whoever reads it
local      letters on this machine, read by processes of it: the public function
"""

from __future__ import annotations

from imrdata.datasets.builds.engine import BuildReport
from imrdata.datasets.builds.local import build

__all__ = ["BuildReport", "build"]
