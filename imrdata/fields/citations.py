"""The guidelines that a party cites: MTUS chapters with their editions, ODG, ACOEM, others.

The letters word a guideline line in three ways: ``Decision based on MTUS <chapter> <year>[, Section(s): ...]``,
``Decision based on Non-MTUS Citation ...``, or that the party did not cite any medical evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from imrdata.fields.found import found_text
from imrdata.resources import vocabulary

_NOTHING_CITED = re.compile(r"(?i)\bdid\s+not\s+cite\s+any\b")
_OUTSIDE = re.compile(
    r"(?i)The\s+(?:Claims\s+Administrator|(?:Expert|Physician)\s+Reviewer)\s+based\s+(?:their|its|his/her)\s+decision\s+on\s+"
    r"recommendation\(?s?\)?\s+outside\s+of\s+the\s+MTUS(?:\s+Guidelines?)?\s*\.?\s*"
)
_PART = re.compile(
    r"(?i)(?:Decision\s+based\s+on\s+)?\bNon-\s?MTUS(?:\s+Citations?)?\b\s*:?|Decision\s+based\s+on\s+(?=MTUS\b)"
)
_MTUS = re.compile(r"(?i)\s*MTUS\s+")
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_UNKNOWN_TITLE = re.compile(rf"(?P<title>[A-Z][^:.;]{{2,90}}?)(?:\s+Guidelines?)?,?\s+{_YEAR}")
_ODG = re.compile(r"\bODG\b|(?i:\bOfficial\s+Disability\s+Guidelines?\b)")
_ACOEM = re.compile(r"\bACOEM\b|(?i:\bAmerican\s+College\s+of\s+Occupational\s+(?:and|&)\s+Environmental\s+Medicine\b)")


@dataclass(frozen=True, slots=True)
class CitedGuideline:
    """One guideline that a party cites, with the span of its words.

    Attributes:
        source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        title: The MTUS chapter as printed, without the year; None for the others.
        edition_year: The year of the MTUS chapter's edition.
        text: The words of the citation.
        start: Where they begin in the cleaned text.
        end: Where they end.
    """

    source: str
    title: str | None
    edition_year: int | None
    text: str
    start: int
    end: int


@cache
def _chapter_titles() -> dict[str, str]:
    return {row["variant"].lower(): row["title"] for row in vocabulary("mtus_chapters")}


@cache
def _known_title() -> re.Pattern[str]:
    variants = sorted(_chapter_titles(), key=lambda variant: (-len(variant), variant))
    titles = "|".join(re.escape(variant).replace(r"\ ", r"\s+") for variant in variants)
    return re.compile(rf"(?i)\b(?P<title>{titles})(?:\s+Guidelines?)?,?\s+{_YEAR}(?:\s+Guidelines?)?")


def read_citations(text: str, start: int, end: int) -> list[CitedGuideline]:
    """The guidelines cited in the guideline line ``text[start:end]``, in printed order.

    A line that cites nothing gives none. A line of other wording gives one, with its whole words.
    """
    if start >= end or _NOTHING_CITED.search(text, start, end):
        return []
    outside = _OUTSIDE.search(text, start, end)
    parts = list(_PART.finditer(text, start, end))
    if not parts:
        at = outside.end() if outside else start
        return list(_other(text, at if at < end else start, end))
    stops = [part.start() for part in parts[1:]] + [end]
    cited: list[CitedGuideline] = []
    for part, stop in zip(parts, stops, strict=True):
        is_mtus = _MTUS.match(text, part.end(), stop)
        cited += _mtus(text, is_mtus.end(), stop) if is_mtus else _other(text, part.end(), stop)
    return cited


def _mtus(text: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """The chapters of an MTUS sentence; each runs to the next."""
    titles = list(_known_title().finditer(text, start, end))
    if not titles or text[start : titles[0].start()].strip():
        unknown = _UNKNOWN_TITLE.match(text, start, titles[0].start() if titles else end)
        titles = [unknown, *titles] if unknown else titles
    if not titles:
        words = found_text(text, start, end)
        yield CitedGuideline("MTUS", None, None, words.value, words.start, words.end)
        return
    stops = [title.start() for title in titles[1:]] + [end]
    for title, stop in zip(titles, stops, strict=True):
        printed = " ".join(title["title"].split())
        words = found_text(text, title.start(), stop)
        cited = re.sub(r"[\s,;.]*(?:\band\b)?[\s,;.]*\Z", "", words.value)
        name = _chapter_titles().get(printed.lower(), printed)
        yield CitedGuideline("MTUS", name, int(title["year"]), cited, words.start, words.start + len(cited))


def _other(text: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """The sources outside of the MTUS; words that name neither ODG nor ACOEM are of another source."""
    words = found_text(text, start, end)
    if not words.value.strip(" .,;:"):
        return
    sources = [name for name, pattern in (("ODG", _ODG), ("ACOEM", _ACOEM)) if pattern.search(words.value)]
    for source in sources or ["Other"]:
        yield CitedGuideline(source, None, None, words.value, words.start, words.end)
