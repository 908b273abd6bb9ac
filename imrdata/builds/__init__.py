"""Letters to a dataset on disk: a build that can be stopped at any moment and goes on with the same command.

index      every document that was ever read, and which of them become rows
steps      the work under way: some documents' rows at a time, each step complete or not there
commit     finished steps become files of the dataset, and the manifest names them
build      the public function: what is to be read, by how many processes, with what progress
"""

from __future__ import annotations

from imrdata.builds.engine import BuildReport, build

__all__ = ["BuildReport", "build"]
