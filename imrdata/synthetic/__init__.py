"""Invented letters of every layout, with their true records: to test readers, and to try the package.

`maker` makes letters from a seed; `renderings` prints a letter as a reader of PDFs, a Markdown or an HTML converter
would give it. A letter begins as one of `cases` (dates, reviewer, patient, `injuries`) with its `disputed_requests`
(`recipes`, `printed_amounts`), is put in words (`phrases`, `rationales`, `citing`, `reviewers`), set in its layout
(one module a layout, each of which returns a `draft`) and printed (`printing`). How often each thing happens is data
with its sources (`yearly_rates`). `sample` writes letters as files, and the letters that ship with the package;
`pdf_files` makes PDFs.
"""

from imrdata.synthetic.maker import SyntheticLetter, synthesize
from imrdata.synthetic.pdf_files import pdf_of
from imrdata.synthetic.renderings import RENDERINGS, render

__all__ = ["RENDERINGS", "SyntheticLetter", "pdf_of", "render", "synthesize"]
