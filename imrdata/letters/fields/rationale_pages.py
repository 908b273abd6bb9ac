"""Read guideline pages that a rationale cites: "page 125 of the MTUS Chronic Pain ... Guidelines"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imrdata.letters.fields.guideline_citations import PAGES, CitedGuideline, citation, edition_of, is_acoems_own
from imrdata.letters.fields.guideline_names import ACOEM, MTUS, scan_form, titles
from imrdata.letters.fields.lexicon import Hit

# Input, after a page: " of the MTUS ", ", in the California MTUS-adopted ", " of the Guideline in the ".
_OF = re.compile(
    r"""
    ,? [ ] (?: of | in | from ) [ ] (?: the [ ] )? (?: California [ ] )?
    (?P<mtus> MTUS (?: [- ] adopted )? ,? [ ]? )?
    (?P<guideline> Guidelines? [ ] in [ ] (?: the [ ] )? )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_REACH = 90  # characters between a title and its page
_SENTENCE_END = re.compile(r"[.;] ")


def read_page_citations(words: str) -> Iterator[CitedGuideline]:
    """Return the guidelines cited with a page in a rationale without line breaks, in printed order.

    Pages of guidelines that are in no vocabulary are ignored.
    """
    lowered = words.lower()
    if not ("pag" in lowered or "pg" in lowered or "p." in lowered):  # every citation of a page has one
        return
    scan = scan_form(words)
    for page in PAGES.finditer(words):
        cited = _before_its_title(words, scan, page) or _after_its_title(words, scan, page)
        if cited is not None:
            yield cited


def _before_its_title(words: str, scan: str, page: re.Match[str]) -> CitedGuideline | None:
    """Match a page before its title: "page 125 of the MTUS Chronic Pain Medical Treatment Guidelines"."""
    of = _OF.match(words, page.end())
    if of is None:
        return None
    begin = of.end()
    is_named = bool(of["mtus"] or of["guideline"])  # "the low back MRI report" is not a chapter
    for source in (MTUS, ACOEM):
        named = titles(source, scan[begin : begin + _REACH], in_prose=source == ACOEM or not is_named)
        if named and named[0].start == 0:
            return _citation(words, page, Hit(begin, begin + named[0].end, named[0].row), page.end())
    return None


def _after_its_title(words: str, scan: str, page: re.Match[str]) -> CitedGuideline | None:
    """Match a page after its title: "the MTUS Guideline in ACOEM Chapter 12, Table 12-8, page 309"."""
    begin = max(0, page.start() - _REACH)
    named = titles(MTUS, scan[begin : page.start()], in_prose=True)
    if not named:
        return None
    title = Hit(begin + named[-1].start, begin + named[-1].end, named[-1].row)
    if _SENTENCE_END.search(words, title.end, page.start()):
        return None
    return _citation(words, page, title, max(0, title.start - _REACH))


def _citation(words: str, page: re.Match[str], title: Hit[str], begin: int) -> CitedGuideline:
    """Return the citation of a title with its page; ``words[begin:]`` show whether it is ACOEM's or the MTUS's."""
    source = ACOEM if is_acoems_own(words, title, begin) else MTUS
    year, end = edition_of(words, title, len(words))
    span = min(page.start(), title.start), max(page.end(), end)
    return citation(source, title.row, words, *span, 0, edition_year=year, pages=page["pages"], strip=False)
