"""Generate synthetic letters of every layout with their true records, for tests and examples.

`maker` generates letters from a seed. `renderings` prints a letter the way different PDF readers and converters to
Markdown and HTML output it. A letter starts from `cases` (dates, reviewer, patient, `injuries`) and its
`disputed_requests` (`recipes`, `printed_amounts`). `phrases`, `rationales`, `citing` and `reviewers` write its
sentences, one module per layout arranges them as a `draft`, and `printing` prints the pages. `yearly_rates` has
frequencies and their sources. `sample` writes files, including the letters that ship with the package, and `pdf_files`
makes PDFs.
"""

from imrdata.synthetic.maker import SyntheticLetter, synthesize
from imrdata.synthetic.pdf_files import pdf_of
from imrdata.synthetic.renderings import RENDERINGS, render

__all__ = ["RENDERINGS", "SyntheticLetter", "pdf_of", "render", "synthesize"]


def __dir__() -> list[str]:
    return __all__
