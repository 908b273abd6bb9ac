"""Pages of guidelines that the reviewer cites in the rationale: "page 125 of the MTUS Chronic Pain ... Guidelines"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imrdata.letters.fields.guideline_lines import PAGES, CitedGuideline
from imrdata.letters.fields.guideline_names import ACOEM, MTUS, scan_form, titles
from imrdata.letters.text.cleaning import collapse

_OF = re.compile(
    r"(?i),? (?:of|in|from) (?:the )?(?:California )?(?:MTUS(?:[- ]adopted)?,? ?)?(?:Guidelines? in (?:the )?)?"
)
_REACH = 90  # characters between a title and its page
_ISSUED = re.compile(r" ?\((?:[A-Za-z]+ ?\d{0,2},? ?)?(?P<year>(?:19|20)\d\d)\)")
_YEAR = re.compile(r"\b(?P<year>(?:19|20)\d\d)\b")
_BREAK = re.compile(r"[.;] ")


def read_page_citations(text: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """The guidelines cited with a page in the rationale ``text[start:end]``, in printed order.

    A page whose guideline no vocabulary knows gives none.
    """
    if text.find("pag", start, end) < 0 and text.find("pg", start, end) < 0:
        return
    words = collapse(text[start:end])
    scan = scan_form(words)
    for page in PAGES.finditer(words):
        cited = _before_its_title(words, scan, page) or _after_its_title(words, scan, page)
        if cited is not None:
            yield cited.moved(start)


def _before_its_title(words: str, scan: str, page: re.Match[str]) -> CitedGuideline | None:
    """A page that stands first: "page 125 of the MTUS Chronic Pain Medical Treatment Guidelines"."""
    of = _OF.match(words, page.end())
    if of is None:
        return None
    for source in (MTUS, ACOEM):
        is_named = re.search(r"MTUS|Guideline", of.group()) is not None  # "the low back MRI report" is no chapter
        named = titles(source, scan[of.end() : of.end() + _REACH], in_prose=source == ACOEM or not is_named)
        if named and named[0].start == 0:
            title = (of.end(), of.end() + named[0].end)
            return _citation(words, source, named[0].row, page, title)
    return None


def _after_its_title(words: str, scan: str, page: re.Match[str]) -> CitedGuideline | None:
    """A page that stands last: "the MTUS Guideline in ACOEM Chapter 12, Table 12-8, page 309"."""
    begin = max(0, page.start() - _REACH)
    named = titles(MTUS, scan[begin : page.start()], in_prose=True)
    if not named or _BREAK.search(words, begin + named[-1].end, page.start()):
        return None
    title = (begin + named[-1].start, begin + named[-1].end)
    before = words[max(0, title[0] - _REACH) : title[1]]
    # A later ACOEM edition is named like the MTUS chapter that was made of it; the words before it tell.
    source = ACOEM if "ACOEM" in before and "MTUS" not in before and "omplaints" not in named[-1].row else MTUS
    return _citation(words, source, named[-1].row, page, title)


def _citation(words: str, source: str, title: str, page: re.Match[str], at: tuple[int, int]) -> CitedGuideline:
    issued = _ISSUED.match(words, at[1]) or _YEAR.search(words, *at)
    start, end = min(page.start(), at[0]), max(page.end(), at[1], issued.end() if issued else 0)
    year = int(issued["year"]) if issued else None
    return CitedGuideline(source, title, year, (), page["pages"], words[start:end], start, end)
