"""One citation of a guideline, and what is read alike in all of them: the edition, the pages, the body, the words."""

from __future__ import annotations

import re
from typing import NamedTuple

from imrdata.letters.dates import MONTHS, edition_year
from imrdata.letters.fields.guideline_names import bodies, is_later_acoem, scan_form, subject_of, titles
from imrdata.letters.fields.lexicon import Hit

_PAGE = r"\d+ (?: [ ]? [-\u2013] [ ]? \d+ )?"
# Input "Page(s): 303, 308-310", "pg. 607", "pages 78 and 80"; `pages` is the numbers as printed. Patterns that are
# searched begin with their first letters in both cases: where no place has these, the search is quick.
PAGES = re.compile(
    rf"""
    [Pp] (?<= \b[Pp] ) (?i: ages?(?:\(s\))? | gs?\.? | p?\. ) [ ]? :? [ ]?
    (?P<pages> {_PAGE} (?: [ ]? (?: , | ; | (?i:and) | & ) [ ]? {_PAGE} )* )
    """,
    re.VERBOSE,
)
# Input, behind a title: " 2016 Guidelines", " (July 28, 2016)", " Guideline (ACOEM February 13, 2020)".
EDITION = re.compile(
    rf"""
    (?: [ ] Guidelines? )? ,? [ ]?
    (?: \( (?: ACOEM ,? [ ] )? (?: [a-z]+ [ ]? \d{{0,2}} ,? [ ]? )?     # the rest of a date in brackets
      | (?: {"|".join(MONTHS)} ) [a-z]{{0,6}} [ ] \d{{1,2}} , [ ] )?
    (?P<year> (?:19|20)\d\d ) (?!\d) \)?
    (?: [ ] Guidelines? )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YEAR_WITHIN = re.compile(r"\b(?P<year>(?:19|20)\d\d)\b")
# Input, behind "ACOEM" in brackets: " February 13, 2020)": the edition of the title before, and no further guideline.
_DATE_OF_EDITION = re.compile(r",? (?:[a-z]+ ?\d{0,2},? ?)?(?:19|20)\d\d\)", re.IGNORECASE)
# Words between two names of one body: "ODG (Official Disability Guidelines)", "the Work Loss Data Institute's ODG".
_SAME_BODY = re.compile(r"(?:[\s,;.:()/\u2013-]|['\u2019]s\b|\b(?:and|by|from|of|the|published)\b)*", re.IGNORECASE)
_SEPARATORS = " ,;."


class CitedGuideline(NamedTuple):
    """One guideline that a party cites, with the span of its words.

    Attributes:
        source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        title: The title in it, as the vocabulary names it; as printed where no vocabulary knows it.
        edition_year: The year of the edition; None where the letter prints none, or one that is not possible.
        sections: The sections named.
        pages: The pages named, as printed.
        text: The words of the citation.
        start: Where they begin in the guideline line, or in the rationale.
        end: Where they end.
        unknown: Sections that no vocabulary knows.
    """

    source: str
    title: str | None
    edition_year: int | None
    sections: tuple[str, ...]
    pages: str | None
    text: str
    start: int
    end: int
    unknown: tuple[str, ...] = ()

    @property
    def subject(self) -> str | None:
        """The subject of the title, the same for all its editions; None where no vocabulary knows the title."""
        return subject_of(self.source, self.title)


def citation(  # noqa: PLR0917
    source: str, title: str | None, words: str, begin: int, stop: int, offset: int, *,
    edition_year: int | None = None, sections: tuple[str, ...] = (), pages: str | None = None,
    unknown: tuple[str, ...] = (), strip: bool = True,
) -> CitedGuideline:  # fmt: skip
    """A citation with the words ``words[begin:stop]``, from the first that is no space.

    `offset` is where `words` begin in the line; `strip` takes separators off the end.
    """
    cited = words[begin:stop]
    begin += len(cited) - len(cited.lstrip(" :,;"))
    cited = cited.lstrip(" :,;").rstrip()
    cited = without_separators(cited) if strip else cited
    return CitedGuideline(
        source, title, edition_year, sections, pages, cited, offset + begin, offset + begin + len(cited), unknown
    )


def without_separators(words: str) -> str:
    """Words without the separators, or the "and", that lead on to what is listed next."""
    words = words.rstrip(_SEPARATORS)
    is_open = words.endswith("and") and not words[-4:-3].isalnum()
    return words.removesuffix("and").rstrip(_SEPARATORS) if is_open else words


def is_acoems_own(words: str, title: Hit[str], begin: int) -> bool:
    """Whether a title that the MTUS has too is cited as ACOEM's: ``words[begin:]`` name ACOEM before it."""
    before = words[begin : title.start] + words[title.start : title.end].lstrip(" ,")[:5]
    return "ACOEM" in before.upper() and "MTUS" not in before.upper() and is_later_acoem(title.row)


def edition_of(words: str, title: Hit[str], stop: int, body: Hit[str] | None = None) -> tuple[int | None, int]:
    """The year of a title's edition, and where the words of both end.

    It is printed behind the title or in it, else behind the body or between the two.
    """
    found = EDITION.match(words, title.end, stop) or _YEAR_WITHIN.search(words, title.start, title.end)
    if found is None and body is not None:
        found = EDITION.match(words, body.end, stop) or _YEAR_WITHIN.search(words, body.start, title.start)
    return (edition_year(found["year"]), max(title.end, found.end())) if found else (None, title.end)


def bodies_named(words: str) -> list[Hit[str]]:
    """Where bodies other than the MTUS are named, one hit for several names of one body in a row."""
    kept: list[Hit[str]] = []
    for hit in bodies(scan_form(words)):
        is_of_edition = words[hit.start - 1 : hit.start] == "(" and _DATE_OF_EDITION.match(words, hit.end) is not None
        is_again = bool(kept) and kept[-1].row == hit.row and _is_same_body(words, kept[-1], hit)
        if not is_of_edition and not is_again:
            kept.append(hit)
    return kept


def _is_same_body(words: str, first: Hit[str], second: Hit[str]) -> bool:
    """Whether a body is named again only as its further name, or within a title of it ("Appendix A, ODG ...")."""
    if _SAME_BODY.fullmatch(words, first.end, second.start):
        return True
    after = titles(first.row, scan_form(words[first.end :]))
    return any(first.end + hit.start < second.start < first.end + hit.end for hit in after)


def title_of(words: str, body: Hit[str], begin: int, stop: int) -> Hit[str] | None:
    """The title of a body that ``words[begin:stop]`` name first, besides the name of the body itself."""
    for hit in titles(body.row, scan_form(words[begin:stop])):
        if not (body.start <= begin + hit.start and begin + hit.end <= body.end):
            return Hit(begin + hit.start, begin + hit.end, hit.row)
    return None


def of_body(words: str, body: Hit[str], begin: int, stop: int, offset: int, *, strip: bool) -> CitedGuideline:
    """The citation of a body other than the MTUS in ``words[begin:stop]``."""
    title = title_of(words, body, begin, stop)
    year, _ = edition_of(words, title or body, stop, body)
    pages = PAGES.search(words, body.end, stop)
    return citation(
        body.row, title.row if title else None, words, begin, stop, offset,
        edition_year=year, pages=pages["pages"] if pages else None, strip=strip,
    )  # fmt: skip
