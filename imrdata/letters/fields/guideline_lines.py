"""The guidelines that a party's guideline line cites: MTUS chapters with editions and sections, ODG, ACOEM, others.

The letters word a line in three ways: ``Decision based on MTUS <chapter> <year>[, Section(s): ...]``, ``Decision based
on Non-MTUS Citation ...``, or that the party did not cite any medical evidence. Letters of 2013 and 2014 cite in prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from imrdata.letters.fields.guideline_names import (
    ACOEM,
    BARE_LENGTH,
    MTUS,
    ODG,
    OTHER,
    first_word,
    scan_form,
    sections_of,
    titles,
)
from imrdata.letters.fields.lexicon import Hit
from imrdata.letters.text.cleaning import collapse

_PARTY = r"(?:Claims Administrator|(?:Expert|Physician|MAXIMUS) Reviewer|MAXIMUS|UR)"
_NO_CITATION = r"did not (?:(?:cite|give|provide|reference) any|base (?:its|their|his/her) decision on)\b[^.]*"
_NOTHING_CITED = re.compile(rf"(?i)(?:(?:The )?{_PARTY} {_NO_CITATION}|None|N/?A|Not applicable)\.?\Z")
_OUTSIDE = re.compile(
    r"(?i)The (?:Claims Administrator|(?:Expert|Physician|MAXIMUS) Reviewer) based (?:their|its|his/her) decision on "
    r"recommendation\(?s?\)? outside of the MTUS(?: Guidelines?)? ?\.? ?"
)
# Where a sentence on a source begins. It starts with a set of characters, and looks back only then: that lets `re` skip
# to the next candidate.
_PART = re.compile(
    r"[DdNn](?:(?<=[Dd])(?i:ecision based on )(?:(?i:Non- ?MTUS(?: Citations?)?)\b(?: ?:)?|(?=(?i:MTUS)\b))"
    r"|(?<=[Nn])(?<!\w.)(?i:on- ?MTUS(?: Citations?)?)\b(?: ?:)?)"
)
_BARE_MTUS = re.compile(r"(?i) ?(?:CA |California )?(?=MTUS )")
_MTUS = re.compile(r"(?i) ?MTUS,? ")
_YEAR = re.compile(
    r"(?i)(?: Guidelines?)?,? ?(?:\((?:[a-z]+ ?\d{0,2},? ?)?)?(?P<year>199\d|20\d\d)(?!\d)\)?(?: Guidelines?)?"
)
_YEAR_WITHIN = re.compile(r"\b(?:199\d|20\d\d)\b")
_UNKNOWN_TITLE = re.compile(
    r"(?:\A|, and |[,;] )(?P<title>[A-Z][^,:.;()]{2,90}?)(?: Guidelines?)?,? (?:199\d|20\d\d)(?=[,.;]|\Z| Guidelines?)"
)
_FOLLOWS = re.compile(r"(?:\A|\band |[;,] ?|\bMTUS )\Z")
_AFTER_PAGES = re.compile(r"\d(?:[,;.] ?|[,;.]?(?: and)? )\Z")
_LISTED = re.compile(
    r"(?i)(?: Guidelines?)?,? ?(?:Sections?|Section\(s\)|Topics?) ?:|(?: Guidelines?)?,? ?Pages?(?:\(s\))?[ :]"
)
_SECTIONS = re.compile(r"(?i)Section(?:s|\(s\))? ?: ?")
_PAGE = r"\d+(?: ?[-\u2013] ?\d+)?"
PAGES = re.compile(rf"(?i)\b(?:Pages?(?:\(s\))?|pgs?\.?|pp?\.) ?:? ?(?P<pages>{_PAGE}(?: ?(?:,|;|and|&) ?{_PAGE})*)")
_ODG = re.compile(r"[Oo](?<!\w.)(?:(?<=O)DG\b|(?i:fficial Disabilit(?:y|ies) Guidelines?\b)(?: ?\(ODG\))?)")
_ACOEM = re.compile(
    r"[Aa](?<!\w.)(?:(?<=A)COEM\b|(?i:merican College of Occupational (?:and|&) Environmental Medicine\b)"
    r"(?: ?\(ACOEM\))?)"
)
_OTHER = re.compile(r"(?i)(?:\band )?\bOther Medical (?:Treatment )?(?:Guidelines?|Evidence)\b")
_LEAD = re.compile(rf"(?i)(?:The )?{_PARTY} based (?:its|their|his/her) decision on (?:the )?")
_SENTENCE_STOP = re.compile(r"(?<!\bpg)(?<!\bp)(?<!\bpp)(?<!\bed)\.(?: |\Z)|,? which (?:is|are)\b")
_PIECE = re.compile(r"(?:[^,;()]|\([^()]*\))+")
_SEPARATORS = " ,;."


class CitedGuideline(NamedTuple):
    """One guideline that a party cites, with the span of its words.

    Attributes:
        source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        title: The title in it, as the vocabulary names it; as printed where no vocabulary knows it.
        edition_year: The year of the edition.
        sections: The sections named.
        pages: The pages named, as printed.
        text: The words of the citation.
        start: Where they begin in the cleaned text.
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

    def moved(self, by: int) -> CitedGuideline:
        """The same citation in a text that begins `by` characters earlier."""
        return CitedGuideline(
            self.source, self.title, self.edition_year, self.sections, self.pages, self.text,
            self.start + by, self.end + by, self.unknown,
        )  # fmt: skip


def read_citations(text: str, start: int, end: int) -> list[CitedGuideline]:
    """The guidelines cited in the guideline line ``text[start:end]``, in printed order.

    A line that cites nothing gives none. A line of other wording gives at least one, with its whole words.
    """
    return [cited.moved(start) for cited in cited_in(collapse(text[start:end]))]


@lru_cache(maxsize=2**14)  # the lines are composed from pick lists, and repeat
def cited_in(line: str) -> tuple[CitedGuideline, ...]:
    """The guidelines cited in a guideline line by itself."""
    if not line.strip() or _NOTHING_CITED.match(line.strip()):
        return ()
    return tuple(_cited(line))


def _cited(line: str) -> Iterator[CitedGuideline]:
    bare = _BARE_MTUS.match(line)
    parts = [*((bare,) if bare else ()), *_PART.finditer(line, bare.end() if bare else 0)]
    if not parts:
        outside = _OUTSIDE.search(line)
        yield from _prose(line, outside.end() if outside and outside.end() < len(line) else 0)
        return
    stops = [part.start() for part in parts[1:]] + [len(line)]
    for part, stop in zip(parts, stops, strict=True):
        mtus = _MTUS.match(line, part.end(), stop)
        yield from _mtus(line, mtus.end(), stop) if mtus else _non_mtus(line, part.end(), stop)


# --- MTUS --- #


def _mtus(line: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """The chapters of an MTUS sentence; each runs to the next."""
    words = line[start:end]
    chapters = [hit for hit in titles(MTUS, scan_form(words)) if _is_chapter(words, hit)]
    chapters = _with_unknown(words, chapters)
    if not chapters:
        yield _citation(MTUS, None, words, 0, len(words), start)
        return
    stops = [chapter.start for chapter in chapters[1:]] + [len(words)]
    for chapter, stop in zip(chapters, stops, strict=True):
        yield _chapter(words, chapter, stop, start)


def _with_unknown(words: str, chapters: list[Hit[str]]) -> list[Hit[str]]:
    """The chapters with those that no vocabulary knows: other words before a year, where a chapter is listed."""
    every = list(chapters)
    for match in _UNKNOWN_TITLE.finditer(words):
        if all(match.end("title") <= hit.start or hit.end <= match.start("title") for hit in chapters):
            every.append(Hit(match.start("title"), match.end("title"), match["title"]))
    return sorted(every, key=lambda hit: hit.start)


def _is_chapter(words: str, hit: Hit[str]) -> bool:
    """Whether a title stands where a chapter is cited, and is no word of a section's name."""
    if not _FOLLOWS.search(words[max(0, hit.start - 6) : hit.start]):
        return False
    if hit.start == 0 or _YEAR.match(words, hit.end) or _LISTED.match(words, hit.end):
        return True
    return (
        _AFTER_PAGES.search(words[max(0, hit.start - 8) : hit.start]) is not None and hit.end - hit.start > BARE_LENGTH
    )


def _chapter(words: str, chapter: Hit[str], stop: int, offset: int) -> CitedGuideline:
    year = _YEAR.match(words, chapter.end, stop) or _YEAR_WITHIN.search(words, chapter.start, chapter.end)
    at = max(chapter.end, year.end() if year else 0)
    pages = PAGES.search(words, at, stop)
    label = _SECTIONS.search(words, at, stop)
    listed_end = pages.start() if pages and (not label or pages.start() > label.end()) else stop
    # Letters of 2014 name a topic before its pages: "Chronic Pain Treatment Guidelines Opioids Page(s): 78-80".
    listed = (label.end(), listed_end) if label else (at, pages.start()) if pages else (at, at)
    sections, unknown = _sections(words[slice(*listed)].rstrip(), chapter.row)
    numbers = [section for section in sections if section.isdecimal()]  # a page printed as a section
    year_words = (year.groupdict().get("year") or year.group()) if year else None
    return _citation(
        MTUS, chapter.row, words, chapter.start, stop, offset,
        edition_year=int(year_words) if year_words else None,
        sections=tuple(section for section in sections if not section.isdecimal()),
        pages=pages["pages"] if pages else ", ".join(numbers) or None,
        unknown=tuple(section for section in unknown if not section.isdecimal()),
    )  # fmt: skip


def _sections(listed: str, title: str) -> tuple[list[str], list[str]]:
    """The sections in a list, and those that no vocabulary knows. Their names hold commas: longest first."""
    scan, at = scan_form(listed), 0
    sections: list[str] = []
    unknown: list[str] = []
    while at < len(listed):
        if listed[at] in " ,;.":
            at += 1
        elif listed.startswith("and ", at):
            at += 4
        elif known := _known_section(scan, at, title):
            sections.append(known[0])
            at = known[1]
        else:
            piece = _PIECE.match(listed, at)
            stop = piece.end() if piece else at + 1
            printed = _without_separators(listed[at:stop])
            if printed:
                sections.append(printed)
                unknown.append(printed)
            at = stop
    return sections, unknown


def _without_separators(words: str) -> str:
    """Words without the separators, or the "and", that lead on to what is listed next."""
    words = words.rstrip(_SEPARATORS)
    is_open = words.endswith("and") and not words[-4:-3].isalnum()
    return words.removesuffix("and").rstrip(_SEPARATORS) if is_open else words


def _known_section(scan: str, at: int, title: str) -> tuple[str, int] | None:
    for variant, section in sections_of(title).get(first_word(scan, at), ()):
        end = at + len(variant)
        if scan.startswith(variant, at) and (end == len(scan) or scan[end] in ",;." or scan.startswith(" and ", end)):
            return section, end
    return None


# --- OUTSIDE OF THE MTUS --- #


def _non_mtus(line: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """The sources named outside of the MTUS; each runs to the next. Words that name none are of another source."""
    words = line[start:end]
    if not words.strip(" .,;:"):
        return
    mentions = _mentions(words)
    if not mentions:
        other = titles(OTHER, scan_form(words))
        yield _citation(OTHER, other[0].row if other else None, words, 0, len(words), start, strip=False)
        return
    starts = [0] + [mention.start for mention in mentions[1:]]  # words before the first belong to it
    for mention, begin, stop in zip(mentions, starts, [*starts[1:], len(words)], strict=True):
        yield _outside(words, mention, begin, stop, start, strip=stop < len(words))


def _mentions(words: str) -> list[Hit[str]]:
    every = [
        Hit(match.start(), match.end(), source)
        for source, pattern in ((ODG, _ODG), (ACOEM, _ACOEM), (OTHER, _OTHER))
        for match in pattern.finditer(words)
    ]
    every.sort(key=lambda hit: hit.start)
    kept: list[Hit[str]] = []
    for hit in every:
        is_same = kept and kept[-1].row == hit.row and not words[kept[-1].end : hit.start].strip(" ,;.(and")
        if not is_same:
            kept.append(hit)
    return kept


def _outside(words: str, mention: Hit[str], begin: int, stop: int, offset: int, *, strip: bool) -> CitedGuideline:
    source = mention.row
    named = titles(source, scan_form(words[begin:stop]))
    outside_name = [hit for hit in named if not mention.start <= hit.start + begin < mention.end]
    pages = PAGES.search(words, mention.end, stop) if source == ACOEM else None
    title = outside_name[0].row if outside_name else None
    return _citation(source, title, words, begin, stop, offset, pages=pages["pages"] if pages else None, strip=strip)


# --- PROSE OF 2013 AND 2014 --- #


def _prose(line: str, start: int) -> Iterator[CitedGuideline]:
    """The guidelines that a party's sentences name; where they name none, the sentences themselves."""
    words = line[start:]
    named = titles(MTUS, scan_form(words), in_prose=True)
    outside = [hit for hit in _mentions(words) if hit.row != OTHER and not _of_the_mtus(words, hit, named)]
    chapters = [
        hit for hit in named if not any(one.start < hit.start < _sentence_end(words, one.end) for one in outside)
    ]
    if not chapters and not outside:
        yield _other_prose(words, start)
        return
    for hit in sorted([*chapters, *outside], key=lambda hit: hit.start):
        if hit in outside:
            stop = _sentence_end(words, hit.end)
            yield _outside(words, hit, hit.start, stop, start, strip=True)
        else:
            yield _prose_chapter(words, hit, start)


def _other_prose(words: str, start: int) -> CitedGuideline:
    lead = _LEAD.match(words)
    begin = lead.end() if lead else 0
    stop = _sentence_end(words, begin) if lead else len(words)
    other = titles(OTHER, scan_form(words[begin:stop]))
    return _citation(OTHER, other[0].row if other else None, words, begin, stop, start, strip=lead is not None)


def _of_the_mtus(words: str, hit: Hit[str], named: list[Hit[str]]) -> bool:
    """Whether ACOEM is named as the origin of an MTUS chapter, e.g. in the chapter's own name."""
    if any(chapter.start <= hit.start < chapter.end for chapter in named):
        return True
    rest = words[hit.start : _sentence_end(words, hit.end)]
    is_second_edition = "2nd Edition" in rest or "hapter" in rest[:60] or words[: hit.start].endswith("MTUS ")
    return hit.row == ACOEM and is_second_edition


def _sentence_end(words: str, at: int) -> int:
    """Where a sentence ends, or the clause on whether it is a part of the MTUS begins."""
    stop = _SENTENCE_STOP.search(words, at)
    return stop.start() if stop else len(words)


def _prose_chapter(words: str, chapter: Hit[str], start: int) -> CitedGuideline:
    stop = _sentence_end(words, chapter.end)
    pages = PAGES.search(words, chapter.end, stop)
    year = _YEAR.match(words, chapter.end, stop) or _YEAR_WITHIN.search(words, chapter.start, chapter.end)
    year_words = (year.groupdict().get("year") or year.group()) if year else None
    end = max(chapter.end, year.end() if year else 0, pages.end() if pages else 0)
    return _citation(
        MTUS, chapter.row, words, chapter.start, end, start,
        edition_year=int(year_words) if year_words else None, pages=pages["pages"] if pages else None,
    )  # fmt: skip


def _citation(  # noqa: PLR0917
    source: str, title: str | None, words: str, begin: int, stop: int, offset: int, *,
    edition_year: int | None = None, sections: tuple[str, ...] = (), pages: str | None = None,
    unknown: tuple[str, ...] = (), strip: bool = True,
) -> CitedGuideline:  # fmt: skip
    """A citation with its words, from the first that is no space; `strip` takes its separators off the end."""
    cited = words[begin:stop]
    begin += len(cited) - len(cited.lstrip(" :,;"))
    cited = cited.lstrip(" :,;").rstrip()
    cited = _without_separators(cited) if strip else cited
    return CitedGuideline(
        source, title, edition_year, sections, pages, cited, offset + begin, offset + begin + len(cited), unknown
    )
