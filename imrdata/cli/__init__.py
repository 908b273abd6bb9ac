"""The command line. Each command is a public function with flags; exit codes are for scripts.

0: done. 1: done, and something is quarantined. 2: the command was called wrongly. 3: a file, folder or archive is not
there or cannot be read. 4: a text is no letter, or a part of it is missing. 5: a built dataset is damaged, unfinished,
of another version, or in use. 6: a correction cannot be taken. 7: a table breaks its contract. 8: a name is of no
vocabulary, table or format. 9: a package is not installed that the command needs. 10: the system refused to read or
write. 11: done, and fields differ. 12: done, and an expectation fails. 13: an expectation could not be computed.
14: done, and letters of the index are not fetched. 130: stopped by Ctrl-C.

What was committed is not lost, whatever the code.
"""

from imrdata.cli import (  # noqa: F401 - each module adds its commands
    corpus_commands,
    dataset_commands,
    dwc_commands,
    package_commands,
    read_commands,
)
from imrdata.cli.application import app as app
