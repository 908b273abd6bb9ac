"""The command line. Each command is a public function with options; scripts can use the exit codes.

0: done. 1: done, but something is quarantined. 2: invalid arguments. 3: a file, folder or archive is missing or cannot
be read. 4: a text is not a letter, or a part of it is missing. 5: a built dataset is damaged, unfinished, of another
version, or in use. 6: a correction is invalid. 7: a table breaks its contract. 8: a name is in no vocabulary, table or
format. 9: a package that the command needs is not installed. 10: the system refused to read or write. 11: done, but
fields differ. 12: done, but an expectation fails. 13: an expectation could not be computed. 14: done, but letters of
the index were not fetched, or pages of the search not requested. 15: the package failed, which is a bug; the traceback
is printed. 130: stopped by Ctrl-C. 141: the program that reads the output has closed it, as `head` does. SIGTERM ends a
command by that signal, which a shell shows as 143.

Whatever the code, committed data is kept.
"""

# isort: off
from imrdata.cli.application import app as app
from imrdata.cli import read_commands  # noqa: F401 - each module adds its commands, in the order of the help
from imrdata.cli import dwc_commands  # noqa: F401
from imrdata.cli import dataset_commands  # noqa: F401
from imrdata.cli import corpus_commands  # noqa: F401
from imrdata.cli import package_commands  # noqa: F401
