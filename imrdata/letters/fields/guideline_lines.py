"""Read the guidelines that a guideline line cites: MTUS chapters with editions and sections, ODG, ACOEM, others.

Letters have three kinds of lines: ``Decision based on MTUS <chapter> <year>[, Section(s): ...]``, ``Decision based
on Non-MTUS Citation ...``, or that the party did not cite any medical evidence. Letters of 2013 and 2014 cite in prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from imrdata.letters.fields.guideline_citations import (
    EDITION,
    PAGES,
    CitedGuideline,
    bodies_named,
    citation,
    edition_of,
    of_body,
    title_of,
    without_separators,
)
from imrdata.letters.fields.guideline_names import (
    BARE_LENGTH,
    MTUS,
    OTHER,
    bodies,
    first_word,
    mtus_pattern,
    scan_form,
    sections_of,
    titles,
)
from imrdata.letters.fields.guideline_prose import prose_citations
from imrdata.letters.fields.lexicon import Hit
from imrdata.letters.fields.parties import party_pattern

# Input: the words from one title to the next; a chapter that is in no vocabulary is followed by a year.
_UNKNOWN_TITLE = re.compile(
    rf"""
    (?: \A | ,[ ]and[ ] | [,;][ ] )
    (?P<title> [A-Z] [^,:.;()]{{2,90}}? )
    (?i: {EDITION.pattern} )
    (?= [,.;] | \Z )
    """,
    re.VERBOSE,
)
# Words before any chapter but the first: a separator, or "MTUS".
_BEFORE_CHAPTER = (",", ", ", ";", "; ", " and ", " MTUS ")
_BETWEEN_CHAPTERS = (", ", "; ", " and ", ", and ")
_AFTER_PAGES = re.compile(r"\d(?:[,;.] ?|[,;.]?(?: and)? )\Z")
# Input: the words after a title: ", Section(s): ...", " Topics: ...", " Guidelines Page(s): ...".
_LISTED = re.compile(
    r"(?: [ ] Guidelines? )? ,? [ ]? (?: (?: Sections? | Section\(s\) | Topics? ) [ ]? : | Pages?(?:\(s\))? [ :] )",
    re.IGNORECASE | re.VERBOSE,
)
_SECTIONS = re.compile(r"[Ss](?i:ection(?:s|\(s\))?) ?: ?")
_SENTENCE_END = re.compile(r"\. (?<!\bpg\. )(?<!\bp\. )(?<!\bpp\. )")
_YEAR = re.compile(r"[12][09]\d\d")
_LEADS_ON = re.compile(r"(?:[,;]|\band)(?: the)?\Z", re.IGNORECASE)  # before the next item
_PIECE = re.compile(r"(?:[^,;()]|\([^()]*\))+")


def read_citations(line: str) -> tuple[CitedGuideline, ...]:
    """Return the guidelines cited in a guideline line without line breaks, in printed order.

    A line that cites nothing returns none. A line with unknown wording returns at least one, with all its words.
    """
    if not line.strip() or _nothing_cited().match(line.strip()):
        return ()
    return tuple(_cited(line))


@cache
def _nothing_cited() -> re.Pattern[str]:
    """Match a whole line: "The Claims Administrator did not cite any medical evidence for its decision.", "None"."""
    return re.compile(
        rf"""
        (?: (?: The[ ] )? (?-x:{party_pattern()}) [ ] did[ ]not[ ]
            (?: (?: cite | give | provide | reference ) [ ] any | base [ ] (?:its|their|his/her) [ ] decision [ ] on )
            \b [^.]*
          | None | N/?A | Not[ ]applicable )
        \.? \Z
        """,
        re.IGNORECASE | re.VERBOSE,
    )


@cache
def _outside_statement() -> re.Pattern[str]:
    """Match "The Expert Reviewer based their decision on recommendation(s) outside of the MTUS Guidelines."."""
    return re.compile(
        rf"""
        The [ ] (?-x:{party_pattern()}) [ ] based [ ] (?:their|its|his/her) [ ] decision [ ] on [ ]
        recommendation\(?s?\)? [ ] outside [ ] of [ ] the [ ] MTUS (?: [ ] Guidelines? )? [ ]? \.? [ ]?
        """,
        re.IGNORECASE | re.VERBOSE,
    )


@cache
def _part() -> re.Pattern[str]:
    """Match the start of words on one body: "Decision based on MTUS", "... on Non-MTUS Citation", or others."""
    outside = r"on-[ ]?MTUS (?: [ ] Citations? )? \b (?: [ ]? : )?"
    return re.compile(
        rf"""
        [DdNn] (?<= \b\w ) (?i:
            (?<= d ) ecision [ ] based [ ] on [ ]
               (?: n{outside} | (?: the [ ] )? (?P<mtus> (?-x:{mtus_pattern()}) ) | (?P<prose>) )
          | (?<= n ) {outside}
        )
        """,
        re.VERBOSE,
    )


@cache
def _first_mtus() -> re.Pattern[str]:
    """Match a line that begins with the MTUS itself: "CA MTUS Low Back Complaints 2004"."""
    return re.compile(rf" ?(?P<mtus>{mtus_pattern()})", re.IGNORECASE)


def _cited(line: str) -> Iterator[CitedGuideline]:
    parts = list(_part().finditer(line))
    first = _first_mtus().match(line)
    if first and _is_mtus_line(line[first.end() : parts[0].start() if parts else len(line)]):
        parts.insert(0, first)
    if all(part.groupdict().get("prose") is not None for part in parts):
        outside = _outside_statement().search(line)
        begin = outside.end() if outside and outside.end() < len(line) else 0
        yield from prose_citations(line, begin, len(line))
        return
    stops = [part.start() for part in parts[1:]] + [len(line)]
    for part, stop in zip(parts, stops, strict=True):
        groups = part.groupdict()
        if groups.get("mtus") is not None:
            yield from _mtus(line, part, stop)
        elif groups.get("prose") is not None:
            yield from prose_citations(line, part.end(), stop)
        else:
            yield from _non_mtus(line, part.end(), stop)


# --- MTUS --- #


def _is_mtus_line(words: str) -> bool:
    """Return whether the words after "MTUS" at the start of a line are its chapters, or nothing."""
    return not words.strip(" ,.:-") or bool(_chapters(words.lstrip(" ,:-")))


def _mtus(line: str, part: re.Match[str], end: int) -> Iterator[CitedGuideline]:
    """Return the chapters of an MTUS sentence; each extends to the next. Without one, the MTUS itself is cited."""
    words = line[part.end() : end].lstrip(" ,:-")
    start = end - len(words)
    chapters = _chapters(words)
    if not chapters:
        begin = start if words.strip(" ,.") else part.start("mtus")
        yield citation(MTUS, None, line, begin, end, 0)
        return
    stops = [chapter.start for chapter in chapters[1:]] + [len(words)]
    for chapter, stop in zip(chapters, stops, strict=True):
        yield _chapter(words, chapter, stop, start)


def _chapters(words: str) -> list[Hit[str]]:
    """Return the cited chapters, including those that are in no vocabulary."""
    known: list[Hit[str]] = []
    for hit in titles(MTUS, scan_form(words)):
        if _is_chapter(words, hit) or (known and _follows(words, known[-1], hit)):
            known.append(hit)
    unknown: list[Hit[str]] = []
    at = 0
    for hit in (*known, Hit(len(words), len(words), "")):
        if _YEAR.search(words, at, hit.start):
            found = _UNKNOWN_TITLE.finditer(words, at, hit.start)
            unknown += (Hit(*match.span("title"), match["title"]) for match in found)
        _, at = edition_of(words, hit, len(words))
    return sorted(known + unknown, key=lambda hit: hit.start) if unknown else known


def _follows(words: str, chapter: Hit[str], hit: Hit[str]) -> bool:
    """Return whether a long title directly follows another ("Knee Complaints, Elbow Complaints"): both are chapters."""
    between = words[edition_of(words, chapter, hit.start)[1] : hit.start]
    return hit.end - hit.start > BARE_LENGTH and between in _BETWEEN_CHAPTERS


def _is_chapter(words: str, hit: Hit[str]) -> bool:
    """Return whether a title is a cited chapter rather than a word in a section's name."""
    if hit.start == 0:
        return True
    if not f" {words[max(0, hit.start - 6) : hit.start]}".endswith(_BEFORE_CHAPTER):
        return False
    if EDITION.match(words, hit.end) or _LISTED.match(words, hit.end):
        return True
    is_after_pages = _AFTER_PAGES.search(words[max(0, hit.start - 8) : hit.start]) is not None
    return is_after_pages and hit.end - hit.start > BARE_LENGTH


def _chapter(words: str, chapter: Hit[str], stop: int, offset: int) -> CitedGuideline:
    year, at = edition_of(words, chapter, stop)
    label = _SECTIONS.search(words, at, _sentence_end(words, at, stop))
    pages = PAGES.search(words, label.end() if label else at, stop if label else _sentence_end(words, at, stop))
    # Letters of 2014 name a topic before its pages: "Chronic Pain Treatment Guidelines Opioids Page(s): 78-80".
    begin, end = (label.end() if label else at), (pages.start() if pages else stop if label else at)
    sections, unknown, end = _sections(words, begin, end, chapter.row)
    if pages and words[end : pages.start()].strip(" ,;("):  # the sentence with the sections ends before the pages
        pages = None
    numbers = [section for section in sections if section.isdecimal()]  # a page printed as a section
    return citation(
        MTUS, chapter.row, words, chapter.start, _sentence_end(words, pages.end() if pages else end, stop), offset,
        edition_year=year,
        sections=tuple(section for section in sections if not section.isdecimal()),
        pages=pages["pages"] if pages else ", ".join(numbers) or None,
        unknown=tuple(section for section in unknown if not section.isdecimal()),
    )  # fmt: skip


def _sentence_end(words: str, at: int, stop: int) -> int:
    found = _SENTENCE_END.search(words, at, stop)
    return found.start() if found else stop


def _sections(words: str, at: int, end: int, title: str) -> tuple[list[str], list[str], int]:
    """Return the sections listed in ``words[at:end]``, those that are in no vocabulary, and the end of the list.

    Section names contain commas and periods, so the longest known name is matched first. A period before words that
    are not a section ends the list.
    """
    listed = words[:end].rstrip()
    scan = scan_form(listed)
    sections: list[str] = []
    unknown: list[str] = []
    while at < len(listed):
        if known := _known_section(scan, at, title):
            sections.append(known[0])
            at = known[1]
        elif listed[at] in " ,;.":
            at += 1
        elif listed.startswith("and ", at):
            at += 4
        elif sections and listed[:at].endswith(". "):
            return sections, unknown, at - 2
        else:
            piece = _PIECE.match(listed, at)
            stop = _sentence_end(listed, at, piece.end() if piece else at + 1)
            if printed := without_separators(listed[at:stop]):
                sections.append(printed)
                unknown.append(printed)
            at = stop
    return sections, unknown, end


def _known_section(scan: str, at: int, title: str) -> tuple[str, int] | None:
    for variant, section in sections_of(title).get(first_word(scan, at), ()):
        end = at + len(variant)
        if scan.startswith(variant, at) and (end == len(scan) or scan[end] in ",;." or scan.startswith(" and ", end)):
            return section, end
    return None


# --- OTHER THAN THE MTUS --- #


def _non_mtus(line: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """Return the bodies named other than the MTUS; each extends to the next. Other words are another source."""
    words = line[start:end]
    if not words.strip(" .,;:"):
        return
    named = bodies_named(words)
    if not named and "(ACOEM" in words:  # "Low Back Disorders (ACOEM February 13, 2020)"
        named = bodies(scan_form(words))
    others = _others(words, named)
    cited = sorted([*((body, None) for body in named), *((other, other.row) for other in others)])
    if not cited:
        title = next((other.row for other in titles(OTHER, scan_form(words))), None)
        cited = [(Hit(0, 0, OTHER), title)]
    starts = [0] + [hit.start for hit, _ in cited[1:]]  # words before the first belong to it
    for (hit, title), begin, stop in zip(cited, starts, [*starts[1:], len(words)], strict=True):
        is_last = stop == len(words)
        if hit in named:
            yield of_body(words, hit, begin, stop, start, strip=not is_last)
        else:
            yield citation(OTHER, title, words, begin, stop, start, strip=not is_last)


def _others(words: str, named: list[Hit[str]]) -> list[Hit[str]]:
    """Return where further sources without a known body begin: after a separator, and not in a body's title."""
    found: list[Hit[str]] = []
    for hit in titles(OTHER, scan_form(words)):
        name, before = words[hit.start : hit.end], words[: hit.start].rstrip()
        is_behind_body = bool(named) and named[0].start < hit.start
        is_name = not is_behind_body or " " in name or "." in name or name.isupper()  # "Spine" may be a chapter
        is_listed = not before.strip(" ,;.:") or _LEADS_ON.search(before) is not None
        is_again = bool(found) and found[-1].row == hit.row
        if is_name and is_listed and not is_again and not _is_in_title(words, hit, named):
            found.append(hit._replace(start=hit.start - 4) if before.endswith(" the") else hit)
    return found


def _is_in_title(words: str, hit: Hit[str], named: list[Hit[str]]) -> bool:
    """Return whether words are within the title or the name of the body before them."""
    body = next((body for body in reversed(named) if body.start <= hit.start), None)
    title = title_of(words, body, body.start, len(words)) if body else None
    return body is not None and (hit.start < body.end or (title is not None and title.start < hit.end <= title.end))
