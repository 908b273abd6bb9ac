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
    without_separators,
)
from imrdata.letters.fields.guideline_names import (
    ACOEM,
    BARE_LENGTH,
    MTUS,
    ODG,
    first_word,
    mtus_pattern,
    scan_form,
    sections_of,
    titles,
)
from imrdata.letters.fields.guideline_non_mtus import non_mtus_citations
from imrdata.letters.fields.guideline_prose import prose_citations
from imrdata.letters.fields.lexicon import Hit
from imrdata.letters.fields.parties import party_pattern
from imrdata.resources import patterns

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
# Input, before or after a title: "2009: 9792.24.2. ", "/ACOEM (2017), ",
# " 8 C.C.R. 9792.20 - 9792.26 MTUS (Effective July 18, 2009)".
_NUMBER_OF_RULE = r"(?:\u00a7[ ]?){0,2} 9792\.\d[\d.]*"
_LEAD = re.compile(
    rf"""
    (?: [/(]? [ ]? ACOEM (?: [ ] Guidelines? )? ,? [ ]? (?= \(? (?:19|20)\d\d | [.]? \Z ) )?
    (?: \(? (?P<year> (?:19|20)\d\d ) \)? (?: [ ] edition )?
        (?: [ ]? [:,]? [ ]? (?: {_NUMBER_OF_RULE} )? [ ,:]+ | [.]? \Z ) )?
    """,
    re.VERBOSE,
)
_LEAD_BEGINS = frozenset("/( A12")
_RULE = re.compile(
    rf"""
    [ ,:(]* (?: (?:Title[ ]8,?|8[ ]C\.?C\.?R\.?),? [ ] )? {_NUMBER_OF_RULE}
    (?: [ ]? (?:-|\u2013|to|through) [ ]? {_NUMBER_OF_RULE} )? \)? (?: ,? [ ] MTUS )?
    (?: [ ] \( (?:Effective|Revised) [^()]{{0,20}} (?P<year>20\d\d) \) )? [.,;]?
    """,
    re.VERBOSE,
)
_SENTENCE = re.compile(r"(?:[^.]++|\.(?! +[A-Z]| *\Z))+")
_CITES_NOTHING = re.compile(
    r"\b(?=[nos])(?:(?:no|silent|outside|neither)\b|(?<!which is )(?<!which are )not\b)", re.IGNORECASE
)
_THIRD_EDITION = re.compile(r"[^,;]{0,40}\b(?:3rd|third)\b", re.IGNORECASE)
_LISTED_BODY = re.compile(r"(?:[,;/.]|\b(?:and|or)\b)(?: the)? ?\Z", re.IGNORECASE)  # words before the name of a body
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
    kinds = ("did_not", "cited", "cited_no", "evidence")
    cite, cited, cited_no, evidence = (f"(?-x:{patterns('reading_words', kind)})" for kind in kinds)
    return re.compile(
        rf"""
        (?: (?: The[ ] )? (?-x:{party_pattern()}) [ ] {cited_no} [ ] no [ ] (?: (?! \b but \b ) [^.;] )*
          | (?: The[ ] )? (?-x:{party_pattern()}) [ ] did[ ]not[ ]
            (?: {cite} | base [ ] (?:its|their|his/her) [ ] decision [ ] on )
            \b (?: (?! \b but \b ) [^.;] )*
          | (?: The[ ] )? (?-x:{party_pattern()}) (?:['\u2019]s)? [ ] decision [ ] (?:is|was) [ ] not [ ] based
            [ ] on [ ] (?: (?: an? | any | the | its | [a-z-]+ ) [ ] ){{0,3}}?
            {evidence}
          | (?: None | No [ ] (?:[a-z-]+[ ]){{0,4}}? {evidence} )
            (?: [ ] (?:was|were|has[ ]been|have[ ]been) )? (?: [ ] {cited} )?
            (?: [ ] by [ ] (?: the [ ] )? (?-x:{party_pattern()}) )?
          | N/?A | Not [ ] (?: applicable | available | {cited} ) | Unknown | Unspecified )
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
        [DdNnO] (?:
            (?=[EeOo]) (?<= \b[DdNn] ) (?i:
                (?<= d ) ecision [ ] based [ ] on [ ]
                   (?: n{outside} | (?: the [ ] )? (?P<mtus> (?-x:{mtus_pattern()}) ) (?: [ ] Citations?\b )?
                     | (?P<prose>) )
              | (?<= n ) {outside} )
          | (?<= O ) ther [ ] Medical [ ] (?: Treatment [ ] )? Guidelines? [ ]? (?: or [ ] Medical [ ] Evidence [ ]? )?
            : (?P<other>)
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
    parts = [part for part, before in zip(parts, [None, *parts], strict=False) if _is_part(part, before)]
    first = _first_mtus().match(line)
    if first and _is_mtus_line(line[first.end() : parts[0].start() if parts else len(line)]):
        parts.insert(0, first)
    if all([part.lastgroup == "prose" for part in parts]):  # noqa: C419 - faster than a generator
        outside = _outside_statement().search(line)
        begin = outside.end() if outside and outside.end() < len(line) else 0
        yield from prose_citations(line, begin, len(line))
        return
    yield from _before_parts(line, parts[0].start())
    stops = [part.start() for part in parts[1:]] + [len(line)]
    for part, stop in zip(parts, stops, strict=True):
        if part.lastgroup == "mtus":
            yield from _mtus(line, part, stop)
        elif part.lastgroup == "prose":
            yield from prose_citations(line, part.end(), stop)
        else:
            yield from non_mtus_citations(line, part.end(), stop)


def _is_part(part: re.Match[str], before: re.Match[str] | None) -> bool:
    """Return whether a part begins: the label of other guidelines only follows the MTUS, or begins the line."""
    return part.lastgroup != "other" or before is None or before.lastgroup == "mtus"


def _before_parts(line: str, end: int) -> Iterator[CitedGuideline]:
    """Return what the sentences of ``line[:end]`` cite; a sentence with "not" or "silent" cites nothing."""
    for sentence in _SENTENCE.finditer(line, 0, end):
        if not _CITES_NOTHING.search(sentence.group()):
            yield from prose_citations(line, *sentence.span(), only_named=True)


# --- MTUS --- #


def _is_mtus_line(words: str) -> bool:
    """Return whether the words after "MTUS" at the start of a line are its chapters, or nothing."""
    words = words.lstrip(" ,:-")
    return not words[_lead(words)[0] :].strip(" .") or bool(_chapters(words))


def _lead(words: str) -> tuple[int, int | None]:
    """Return where the words before the first chapter end, and the year in them."""
    lead = _LEAD.match(words) if words[:1] in _LEAD_BEGINS else None
    return (lead.end(), int(lead["year"]) if lead["year"] else None) if lead else (0, None)


def _mtus(line: str, part: re.Match[str], end: int) -> Iterator[CitedGuideline]:
    """Return the chapters of an MTUS sentence; each extends to the next. Without one, the MTUS itself is cited."""
    words = line[part.end() : end].lstrip(" ,:-")
    start = end - len(words)
    other = _other_body(line, words, part.end(), start)
    words = words[: other - start]
    chapters = _chapters(words)
    _, year = _lead(words)
    if not chapters and (adopted := list(_by_number(line, start, other))):
        yield from adopted
    elif not chapters:
        begin = start if without_separators(words) else part.start("mtus")
        yield citation(MTUS, None, line, begin, other if begin == start else part.end("mtus"), 0, edition_year=year)
    stops = [chapter.start for chapter in chapters[1:]] + [len(words)]
    for chapter, stop in zip(chapters, stops, strict=False):
        cited = _chapter(words, chapter, stop, start)
        yield cited if cited.edition_year else cited._replace(edition_year=year)
    if other < end:
        yield from non_mtus_citations(line, other, end)


def _other_body(line: str, words: str, after: int, start: int) -> int:
    """Return where a body other than the MTUS is listed in words at `start`: "MTUS Low Back Complaints; ODG Low Back".

    The MTUS itself ends at `after`.
    """
    for body in bodies_named(words):
        at = start + body.start
        is_own = body.row == ODG or (body.row == ACOEM and _THIRD_EDITION.match(line, at) is not None)
        if is_own and _LISTED_BODY.search(line[after:at]):
            return at
    return start + len(words)


def _by_number(line: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """Return chapters that the MTUS adopted, named by ACOEM's number: "ACOEM Guidelines, 2nd Edition, Chapter 9"."""
    cited = prose_citations(line, start, end, only_named=True)
    return (one for one in cited if one.source == MTUS)


def _chapters(words: str) -> list[Hit[str]]:
    """Return the cited chapters, including those that are in no vocabulary."""
    known: list[Hit[str]] = []
    for hit in titles(MTUS, scan_form(words)):
        if known and scan_form(words[hit.start : hit.end]) in _bare_sections(known[-1].row):
            continue
        if _is_chapter(words, hit) or (known and _follows(words, known[-1], hit)):
            known.append(hit)
    unknown: list[Hit[str]] = []
    at, _ = _lead(words)
    for hit in (*known, Hit(len(words), len(words), "")):
        if _YEAR.search(words, at, hit.start):
            found = _UNKNOWN_TITLE.finditer(words, at, hit.start)
            unknown += (Hit(*match.span("title"), match["title"]) for match in found)
        _, at = edition_of(words, hit, len(words))
    return sorted(known + unknown, key=lambda hit: hit.start) if unknown else known


@cache
def _bare_sections(title: str) -> frozenset[str]:
    """Return short names of a chapter's sections, which may be those of other chapters: "Postsurgical, Shoulder"."""
    known = (name for names in sections_of(title).values() for name, _ in names)
    return frozenset(name for name in known if len(name) <= BARE_LENGTH)


def _follows(words: str, chapter: Hit[str], hit: Hit[str]) -> bool:
    """Return whether a long title directly follows another ("Knee Complaints, Elbow Complaints"): both are chapters."""
    between = words[edition_of(words, chapter, hit.start)[1] : hit.start]
    return hit.end - hit.start > BARE_LENGTH and between in _BETWEEN_CHAPTERS


def _is_chapter(words: str, hit: Hit[str]) -> bool:
    """Return whether a title is a cited chapter rather than a word in a section's name."""
    if hit.start == 0 or hit.start == _lead(words)[0]:
        return True
    is_long = hit.end - hit.start > BARE_LENGTH
    is_after_pages = is_long and _AFTER_PAGES.search(words[max(0, hit.start - 8) : hit.start]) is not None
    if not is_after_pages and not f" {words[max(0, hit.start - 6) : hit.start]}".endswith(_BEFORE_CHAPTER):
        return False
    return is_after_pages or bool(EDITION.match(words, hit.end) or _LISTED.match(words, hit.end))


def _chapter(words: str, chapter: Hit[str], stop: int, offset: int) -> CitedGuideline:
    year, at = edition_of(words, chapter, stop)
    if rule := _RULE.match(words, at, stop):
        at, year = rule.end(), year or (int(rule["year"]) if rule["year"] else None)
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
