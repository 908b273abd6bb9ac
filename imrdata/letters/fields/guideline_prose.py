"""Read the guidelines cited in sentences of letters of 2013 and 2014.

Input: "The Claims Administrator based its decision on the Low Back Complaints (ACOEM Practice Guidelines, 2nd Edition
(2004), Chapter 12), page 301, which is part of the MTUS."
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from imrdata.letters.fields.guideline_citations import (
    PAGES,
    CitedGuideline,
    bodies_named,
    citation,
    edition_of,
    is_acoems_own,
    of_body,
    title_of,
)
from imrdata.letters.fields.guideline_names import (
    ACOEM,
    MTUS,
    OTHER,
    is_adopted,
    mtus_pattern,
    scan_form,
    titles,
)
from imrdata.letters.fields.guideline_non_mtus import listed_others
from imrdata.letters.fields.lexicon import Hit
from imrdata.letters.fields.parties import party_pattern
from imrdata.resources import patterns

# A sentence ends at its period, or where it begins to say whether the guideline is part of the MTUS.
_SENTENCE_END = re.compile(
    r"(?<!\bpg)(?<!\bp)(?<!\bpp)(?<!\bed) \. (?: [ ] | \Z ) | ,? [ ] which [ ] (?: is | are ) \b", re.VERBOSE
)
_PART_OF_MTUS = re.compile(r",? which (?:is|are) (?:an? )?(?:adopted )?part of the (?:CA |California )?MTUS")
_BEHIND_MTUS = re.compile(r"MTUS(?:,? (?:the )?| ?/ ?)\Z")


@cache
def _lead() -> re.Pattern[str]:
    """Match "The Physician Reviewer based his/her decision on the" before the citation."""
    return re.compile(
        rf"""
        (?: The [ ] )? (?-x:{party_pattern()}) [ ] based [ ] (?:its|their|his/her|the) [ ] decision [ ] on [ ]
        (?: the [ ] )? (?P<mtus> (?-x:{mtus_pattern()}) )?
        """,
        re.IGNORECASE | re.VERBOSE,
    )


# Input, after a chapter, before ACOEM: " Chapter (", " chapter of the ", ", Chapter 8, ".
_OF_BODY = re.compile(r"(?:(?: chapters?)?,? ?(?:\(|(?:of|in|from) )|,? chapter \d+, )(?:the )?", re.IGNORECASE)
# Input, after a chapter: " Chapter (ACOEM Practice Guidelines, 2nd Edition (Revised 2007)".
_EDITION_OF_BODY = re.compile(
    r"[^.;]{0,80}?\b(?:ed|edition)\b\.?,? ?\(?(?:Revised,? )?(?P<year>(?:19|20)\d\d)\)?", re.IGNORECASE
)


def prose_citations(line: str, start: int, end: int, *, only_named: bool = False) -> Iterator[CitedGuideline]:
    """Return the guidelines that sentences name.

    Args:
        line: The guideline line.
        start: The start of the sentences.
        end: The end of the sentences.
        only_named: Return none if the sentences name none, instead of the sentences themselves.
    """
    words = line[start:end]
    chapters = titles(MTUS, scan_form(words), in_prose=True)
    chapters = [chapter for chapter in _named_once(words, chapters) if not _is_acoems_own(words, chapter)]
    bodies = bodies_named(words)
    cited_bodies = [body for body in bodies if not _not_cited().match(words, body.end)]
    named = [body for body in cited_bodies if body.row != OTHER and not _is_within(words, body, chapters)]
    chapters = [chapter for chapter in chapters if not _is_of_body(words, chapter, named)]
    if not chapters and not named:
        if bodies and not cited_bodies:  # "The ODG does not address this."
            return
        yield from () if only_named else (_other(words, start),)
        return
    lead = _lead().match(words) or _lead().search(words)
    if lead and lead["mtus"] and not chapters and not any(_names_adopted(words, body) for body in named):
        yield citation(MTUS, None, words, *lead.span("mtus"), start)
    first = min((*chapters, *named), key=lambda hit: hit.start)
    others = listed_others(words[: _sentence_end(words, first.end)], named, first.start) if lead else []
    hits = ((chapters, True), (named, False), (others, False))
    cited = sorted(((hit, is_chapter) for some, is_chapter in hits for hit in some), key=lambda one: one[0].start)
    starts = [hit.start for hit, _ in cited[1:]] + [len(words)]
    for (hit, is_chapter), next_start in zip(cited, starts, strict=True):
        stop = min(_sentence_end(words, hit.end), next_start)
        if is_chapter:
            yield _chapter(words, hit, hit, stop, start)
        elif hit in others:
            yield citation(OTHER, hit.row, words, hit.start, stop, start)
        else:
            yield _of_body(words, hit, stop, start)


def _of_body(words: str, body: Hit[str], stop: int, offset: int) -> CitedGuideline:
    """Return the citation of a body; ACOEM's may be a chapter that the MTUS adopted, or said to be part of it."""
    title = title_of(words, body, body.start, stop)
    if body.row == ACOEM and title is not None and is_adopted(title.row):
        return _chapter(words, title, body, stop, offset)
    cited = of_body(words, body, body.start, stop, offset, strip=True)
    return cited._replace(source=MTUS) if body.row == ACOEM and _PART_OF_MTUS.match(words, stop) else cited


@cache
def _not_cited() -> re.Pattern[str]:
    """Match words after a body that is not cited: " does not address this"."""
    words = patterns("reading_words", "not_cited")
    return re.compile(rf"(?i)(?: guidelines?)? (?:does|did|do|is|are|was|were) not (?:{words})\b")


def _named_once(words: str, chapters: list[Hit[str]]) -> list[Hit[str]]:
    """Return the chapters with the number and the name of one joined: "ACOEM Guidelines, Chapter 12 (Low Back ...)"."""
    kept: list[Hit[str]] = []
    for chapter in chapters:
        if kept and kept[-1].row == chapter.row and not words[kept[-1].end : chapter.start].strip(" ,(:-"):
            kept[-1] = kept[-1]._replace(end=chapter.end)
        else:
            kept.append(chapter)
    return kept


def _names_adopted(words: str, body: Hit[str]) -> bool:
    title = title_of(words, body, body.start, len(words)) if body.row == ACOEM else None
    return title is not None and is_adopted(title.row)


def _is_acoems_own(words: str, chapter: Hit[str]) -> bool:
    """Return whether "ACOEM Low Back Disorders" is ACOEM's: no words name the MTUS or say that it is part of it."""
    is_own = is_acoems_own(words, chapter, chapter.start) and _BEHIND_MTUS.search(words, 0, chapter.start) is None
    return is_own and _PART_OF_MTUS.match(words, _sentence_end(words, chapter.end)) is None


def _is_within(words: str, body: Hit[str], chapters: list[Hit[str]]) -> bool:
    """Return whether a body is named as the origin of an MTUS chapter, in its name or after "MTUS"."""
    is_behind = body.row == ACOEM and _BEHIND_MTUS.search(words, 0, body.start) is not None
    return is_behind or any(
        chapter.start <= body.start < chapter.end or _OF_BODY.fullmatch(words, chapter.end, body.start)
        for chapter in chapters
    )


def _is_of_body(words: str, chapter: Hit[str], named: list[Hit[str]]) -> bool:
    """Return whether the name of an MTUS chapter is a chapter of the body named before it in the sentence."""
    before = [body for body in named if body.start < chapter.start]
    if not before or _BEHIND_MTUS.search(words, 0, chapter.start):
        return False
    body = before[-1]
    end = _sentence_end(words, body.end)
    own = [hit for hit in titles(body.row, scan_form(words[body.start : end])) if hit.row]
    is_own = any(body.start + hit.start <= chapter.start and chapter.end <= body.start + hit.end for hit in own)
    return chapter.start < end and (is_own or body.row == ACOEM)


def _sentence_end(words: str, at: int) -> int:
    found = _SENTENCE_END.search(words, at)
    return found.start() if found else len(words)


def _chapter(words: str, chapter: Hit[str], first: Hit[str], stop: int, offset: int) -> CitedGuideline:
    """Return the citation of a chapter; `first` is the chapter, or the body named before it."""
    year, end = edition_of(words, chapter, stop, first)
    origin = _EDITION_OF_BODY.match(words, chapter.end, stop) if year is None else None
    if origin:
        year, end = int(origin["year"]), origin.end()
    pages = PAGES.search(words, chapter.end, stop)
    return citation(
        MTUS, chapter.row, words, first.start, max(end, pages.end() if pages else 0), offset,
        edition_year=year, pages=pages["pages"] if pages else None,
    )  # fmt: skip


def _other(words: str, offset: int) -> CitedGuideline:
    """Return what a sentence cites that names no chapter, and no body other than the MTUS."""
    lead = _lead().match(words)
    if lead is None:
        other = titles(OTHER, scan_form(words))
        return citation(OTHER, other[0].row if other else None, words, 0, len(words), offset, strip=False)
    begin = lead.start("mtus") if lead["mtus"] else lead.end()
    stop = _sentence_end(words, begin)
    if lead["mtus"]:
        return citation(MTUS, None, words, begin, stop, offset)
    other = titles(OTHER, scan_form(words[begin:stop]))
    return citation(OTHER, other[0].row if other else None, words, begin, stop, offset)
