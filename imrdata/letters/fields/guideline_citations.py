"""A citation of a guideline, and the parts that all citations share: edition, pages, body, and words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from imrdata.letters.dates import FIRST_EDITION_YEAR, MONTHS
from imrdata.letters.fields.guideline_names import bodies, is_later_acoem, scan_form, subject_of, titles
from imrdata.letters.fields.lexicon import Hit
from imrdata.letters.found import Diagnostic
from imrdata.letters.model import Citation, TreatmentRequest

_PAGE = r"\d+ (?: [ ]? [-\u2013] [ ]? \d+ )?"
# Input "Page(s): 303, 308-310", "pg. 607", "pages 78 and 80"; `pages` has the numbers as printed. A search is fast if
# its pattern begins with literal letters, so both cases of the first letters are spelled out.
PAGES = re.compile(
    rf"""
    [Pp] (?= [AaGgPp.] ) (?<= \b[Pp] ) (?i: ages?(?:\(s\))? | gs?\.? | p?\. ) [ ]? :? [ ]?
    (?P<pages> {_PAGE} (?: [ ]? (?: , | ; | (?i:and) | & ) [ ]? {_PAGE} )* )
    """,
    re.VERBOSE,
)
# Input, after a title: " 2016 Guidelines", " (July 28, 2016)", " Guideline (ACOEM February 13, 2020)".
EDITION = re.compile(
    rf"""
    \)? (?: [ ] Guidelines? )? (?: ,? [ ] (?: \d{{1,2}}(?:st|nd|rd|th) | second | third ) [ ] ed(?:ition|\.)? )? ,? [ ]?
    (?: \( (?: ACOEM ,? [ ] )? (?: [a-z]+ [ ]? \d{{0,2}} ,? [ ]? )?     # the rest of a date in brackets
      | (?: {"|".join(MONTHS)} ) [a-z]{{0,6}} [ ] \d{{1,2}} , [ ] )?
    (?P<year> (?:19|20)\d\d ) (?!\d) \)?
    (?: [ ] Guidelines? )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YEAR_WITHIN = re.compile(r"\b(?P<year>(?:19|20)\d\d)\b")
# Input, after "(ACOEM": " February 13, 2020)", the edition of the title before it.
_DATE_OF_EDITION = re.compile(r",? (?:[a-z]+ ?\d{0,2},? ?)?(?:19|20)\d\d\)", re.IGNORECASE)
# Words between two names of one body: "ODG (Official Disability Guidelines)", "the Work Loss Data Institute's ODG".
_SAME_BODY = re.compile(
    r"""(?ix) (?: [\s,;.:()/\u2013-] | ['\u2019](?:s\b)?
    | \b (?: and | by | from | of | the | published | treatment | in | workers | comp(?:ensation)? ) \b )*"""
)
_SEPARATORS = " ,;."
_NEAR = 40  # characters


class CitedGuideline(NamedTuple):
    """One guideline that a party cites, with the span of its words.

    Attributes:
        source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        title: The title as in the vocabulary; as printed if no vocabulary has it.
        edition_year: The year of the edition, perhaps an impossible one; None if the letter prints none.
        sections: The sections cited.
        pages: The pages cited, as printed.
        text: The words of the citation.
        start: The start of the words in the guideline line or the rationale.
        end: The end of the words.
        unknown: Sections that are in no vocabulary.
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
        """Return the subject of the title, the same for all its editions; None if the title is in no vocabulary."""
        return subject_of(self.source, self.title)


def citation(  # noqa: PLR0917
    source: str, title: str | None, words: str, begin: int, stop: int, offset: int, *,
    edition_year: int | None = None, sections: tuple[str, ...] = (), pages: str | None = None,
    unknown: tuple[str, ...] = (), strip: bool = True,
) -> CitedGuideline:  # fmt: skip
    """Return a citation with the words ``words[begin:stop]``, without leading spaces.

    `offset` is the start of `words` in the line; `strip` removes separators at the end.
    """
    cited = words[begin:stop]
    begin += len(cited) - len(cited.lstrip(" :,;"))
    cited = cited.lstrip(" :,;").rstrip()
    cited = without_separators(cited) if strip else cited
    return CitedGuideline(
        source, title, edition_year, sections, pages, cited, offset + begin, offset + begin + len(cited), unknown
    )


def without_separators(words: str) -> str:
    """Remove the separators or "and" before the next item of a list from the end of words."""
    words = words.rstrip(_SEPARATORS)
    for word in ("the", "and"):
        if words.endswith(word) and not words[: -len(word)][-1:].isalnum():
            words = words.removesuffix(word).rstrip(_SEPARATORS)
    return words


def is_acoems_own(words: str, title: Hit[str], begin: int) -> bool:
    """Return whether a title that the MTUS also has is cited as ACOEM's: ``words[begin:]`` name ACOEM before it."""
    before = words[begin : title.start] + words[title.start : title.end].lstrip(" ,")[:5]
    return "ACOEM" in before.upper() and "MTUS" not in before.upper() and is_later_acoem(title.row)


def edition_of(words: str, title: Hit[str], stop: int, body: Hit[str] | None = None) -> tuple[int | None, int]:
    """Return the year of a title's edition, and the end of the words of both.

    The year is printed after the title or in it, else after the body or between the two.
    """
    found = EDITION.match(words, title.end, stop) or _YEAR_WITHIN.search(words, title.start, title.end)
    if found is None and body is not None:
        found = EDITION.match(words, body.end, stop) or _YEAR_WITHIN.search(words, body.start, title.start)
    return (int(found["year"]), max(title.end, found.end())) if found else (None, title.end)


def bodies_named(words: str) -> list[Hit[str]]:
    """Find the names of bodies other than the MTUS; consecutive names of one body are one hit."""
    kept: list[Hit[str]] = []
    for hit in bodies(scan_form(words)):
        is_of_edition = words[hit.start - 1 : hit.start] == "(" and _DATE_OF_EDITION.match(words, hit.end) is not None
        is_again = bool(kept) and kept[-1].row == hit.row and _is_same_body(words, kept[-1], hit)
        if not is_of_edition and not is_again:
            kept.append(hit)
    return kept


def _is_same_body(words: str, first: Hit[str], second: Hit[str]) -> bool:
    """Return whether the second name only repeats the same body, or is within its title ("Appendix A, ODG ...")."""
    if _SAME_BODY.fullmatch(words, first.end, second.start):
        return True
    # The second name may be the address of the body: "ODG; Corpus Christi, TX; www.odg-twc.com".
    if words[: second.start].endswith(("www.", "//")):
        return not titles(first.row, scan_form(words[first.end : second.start]))
    after = titles(first.row, scan_form(words[first.end :]))
    return any(first.end + hit.start < second.start < first.end + hit.end for hit in after)


def title_of(words: str, body: Hit[str], begin: int, stop: int) -> Hit[str] | None:
    """Return the first title of a body in ``words[begin:stop]``, other than the name of the body itself.

    A title of no subject gives way to one near it: "Treatment Index, 11th Edition (web), 2013, Neck & Upper Back".
    """
    found: Hit[str] | None = None
    for hit in titles(body.row, scan_form(words[begin:stop])):
        if body.start <= begin + hit.start and begin + hit.end <= body.end:
            continue
        title = Hit(begin + hit.start, begin + hit.end, hit.row)
        if subject_of(body.row, title.row):
            return title if found is None or title.start - found.end <= _NEAR else found
        found = found or title
    return found


def of_body(words: str, body: Hit[str], begin: int, stop: int, offset: int, *, strip: bool) -> CitedGuideline:
    """Return the citation of a body other than the MTUS in ``words[begin:stop]``."""
    title = title_of(words, body, begin, stop)
    year, _ = edition_of(words, title or body, stop, body)
    pages = PAGES.search(words, body.end, stop)
    return citation(
        body.row, title.row if title else None, words, begin, stop, offset,
        edition_year=year, pages=pages["pages"] if pages else None, strip=strip,
    )  # fmt: skip


def without_impossible_editions(
    requests: tuple[TreatmentRequest, ...], last_year: int
) -> tuple[tuple[TreatmentRequest, ...], list[Diagnostic]]:
    """Remove editions that cannot be, such as later ones than a letter of `last_year` can cite, and tell of each."""
    editions = range(FIRST_EDITION_YEAR, last_year + 2)
    years = (citation.edition_year for request in requests for citation in request.citations)
    if all(year is None or year in editions for year in years):
        return requests, []
    told: list[Diagnostic] = []

    def possible(number: int, cited: Iterable[Citation]) -> Iterator[Citation]:
        for citation in cited:
            if citation.edition_year is None or citation.edition_year in editions:
                yield citation
                continue
            message = f"request {number} cites the edition of {citation.edition_year}, which is impossible"
            told.append(Diagnostic("unfit_value", message, number, "edition_year"))
            yield replace(citation, edition_year=None)

    return tuple(replace(one, citations=tuple(possible(one.request_number, one.citations))) for one in requests), told
