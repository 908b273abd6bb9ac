"""Invented letters of every layout and dress, with their true records: to test readers, and to try the package.

`letters` makes them from a seed; `dresses` prints a letter as a reader of PDFs, a Markdown or an HTML converter would
give it. A letter grows from a `cases` (dates, reviewer, patient) and its `disputes` (`treatments`, `amounts`, `sites`),
is put in words (`phrases`, `reasons`, `guidelines`, `reviewers`), set in the layout of its time (`labelled`,
`earlier`: both give a `written`) and printed (`pages`). How often what happens is data with its sources (`rates`).
`sample` writes letters as files, and the sample that ships with the package.
"""

from imrdata.synthetic.dresses import DRESSES, dress
from imrdata.synthetic.letters import SyntheticLetter, synthesize

__all__ = ["DRESSES", "SyntheticLetter", "dress", "synthesize"]
