"""The command line. Each command is a public function with flags; exit codes are for scripts.

0: done. 1: done, and something was quarantined, could not be read, fails or differs. 2: the command was called wrongly.
3: it could not be done, for instance because a place is not there; what was committed is not lost. 130: stopped by
Ctrl-C.
"""

from imrdata.cli import corpus_commands, dataset_commands, package_commands, read_commands  # noqa: F401 - each module adds its commands
from imrdata.cli.application import app as app
