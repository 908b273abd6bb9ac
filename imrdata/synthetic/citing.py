"""Write guideline lines and record the citations in them.

The chapter that a party cites depends on the treatment and the date. ``seeds/vocabularies/synthetic_chapters.csv`` has
the chapters of the MTUS and when they were in force; ``synthetic_sources.csv`` has the other sources.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from random import Random

from imrdata.letters.fields.guideline_names import subject_of
from imrdata.letters.model import Citation
from imrdata.resources import records, split_cell, vocabulary
from imrdata.synthetic.chance import WeightedChoice, between, one_of
from imrdata.synthetic.phrases import PhraseBook, knows
from imrdata.synthetic.recipes import PrintedTreatment

CLAIMS_ADMINISTRATOR, REVIEWER = "claims_administrator", "reviewer"

# What a party cites, about as often as in published letters of late 2016. There, a reviewer cites nothing only if the
# claims administrator does not either, and then upholds; reviewers who overturn cite other guidelines more often.
ADMINISTRATORS_KINDS = WeightedChoice([("nothing", 18.0), ("outside", 20), ("mtus", 50), ("both", 12)])
REVIEWERS_KINDS = WeightedChoice([("outside", 17.0), ("mtus", 70), ("both", 13)])
FOLLOWED_SHARE = 0.3  # of upheld requests: the reviewer cites the same as the claims administrator; assumed
SECOND_CHAPTER_SHARE = 0.06  # of the MTUS sentences
GUIDELINES_WORD_SHARE = 0.04  # print "<chapter> 2016 Guidelines"
OTHER_SOURCE_SHARE, ACOEM_SHARE = 0.06, 0.04  # of sources outside the MTUS: other than the ODG
BARE_ODG_SHARE = 0.06  # name no chapter
TOPIC_SHARE = 0.8  # name a topic of the chapter
BARE_CHAPTER_SHARE = 0.2  # of MTUS chapters: without a section
SECOND_SECTION_SHARE = 0.3
SPLIT_WORD_SHARE = 0.03  # print "Non- MTUS"
ADMINISTRATORS_OWN_CHAPTER_SHARE = 0.4  # cite a different chapter than the reviewer

ODG_SPELLINGS = (
    "Official Disability Guidelines (ODG), {chapter}",
    "Official Disability Guidelines (ODG) {chapter}",
    "Official Disability Guidelines, {chapter}",
    "ODG, {chapter}",
    "ODG {chapter}",
    "ODG guidelines, {chapter}",
    "ODG (Official Disability Guidelines), {chapter}",
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the MTUS while it was in force."""

    topic: str
    body_parts: tuple[str, ...]
    first_date: date
    last_date: date
    title: str
    edition_year: int
    chapter: str
    sections: tuple[str, ...]
    pages: tuple[str, ...]
    names_with_pages: tuple[str, ...]


@cache
def _chapters() -> tuple[Chapter, ...]:
    return records(Chapter, "synthetic_chapters")


@cache
def _chapter(topic: str, body_part: str, on: date) -> Chapter | None:
    for chapter in _chapters():
        is_of_part = not body_part or body_part in chapter.body_parts
        if chapter.topic == topic and is_of_part and chapter.first_date <= on <= chapter.last_date:
            return chapter
    return None


@cache
def _sources(source: str, body_part: str) -> tuple[tuple[str | None, str], ...]:
    """Return the chapters of a source for a body part or "psych", else those for no part: title and printed names."""
    rows = [row for row in vocabulary("synthetic_sources") if row["source"] == source]
    of_part = [row for row in rows if body_part in split_cell(row["body_parts"])]
    return tuple(
        (row["title"] or None, row["printed"]) for row in of_part or [row for row in rows if not row["body_parts"]]
    )


def chapters_for(treatment: PrintedTreatment, on: date, rng: Random) -> list[Chapter]:
    """Return the chapters of the MTUS in force that cover a treatment, the most specific first."""
    recipe = treatment.recipe
    covers = {
        "psych": recipe.category == "Psych Services",
        "acupuncture": recipe.subcategory == "Acupuncture",
        "postsurgical": treatment.text.lower().startswith("post-operative physical"),
        "opioids": recipe.subcategory == "Opioids" and rng.random() < 0.5,  # noqa: PLR2004 - either of two chapters
        "chronic pain": bool(recipe.sections),
    }
    topics = [(topic, "") for topic, is_covered in covers.items() if is_covered]
    topics += [("body", part) for part in treatment.meaning.body_parts]
    topics += [("general", ""), ("chronic pain", "")]
    found = [chapter for topic, part in topics if (chapter := _chapter(topic, part, on))]
    return list(dict.fromkeys(found))


def two_parties(
    treatment: PrintedTreatment, chapters: list[Chapter], phrases: PhraseBook, rng: Random, *, is_upheld: bool
) -> tuple[Citing, Citing]:
    """Return the claims administrator and the reviewer of one request, with related citations."""
    kept = rng.getrandbits(32)
    follows = is_upheld and rng.random() < FOLLOWED_SHARE
    own = chapters[1:] if rng.random() < ADMINISTRATORS_OWN_CHAPTER_SHARE and len(chapters) > 1 else chapters
    parties = (CLAIMS_ADMINISTRATOR, REVIEWER)
    administrator, same = (
        Citing(one, ADMINISTRATORS_KINDS, treatment, own, phrases, Random(kept))  # noqa: S311 - the same draws twice
        for one in parties
    )
    return administrator, same if follows else Citing(REVIEWER, REVIEWERS_KINDS, treatment, chapters, phrases, rng)


@dataclass
class Citing:
    """A writer of one party's guideline line for one request; the same generator and kinds give the same citations."""

    party: str
    _kinds: WeightedChoice[str]
    _treatment: PrintedTreatment
    _chapters: list[Chapter]
    _phrases: PhraseBook
    _rng: Random
    citations: list[Citation] = field(default_factory=list)

    # --- LABELLED OUTCOMES, 2014 ON --- #

    def labelled_line(self, *, has_pages: bool) -> str:
        """Write the line of letters with labelled outcomes; early letters cite pages, later ones sections."""
        kind = self._kinds.draw(self._rng)
        name = "Claims Administrator" if self.party == CLAIMS_ADMINISTRATOR else "Expert Reviewer"
        if kind == "nothing":
            return f"The {name} did not cite any medical evidence for its decision."
        if kind == "outside":
            line = f"The {name} based their decision on recommendation(s) outside of the MTUS Guidelines."
        else:
            words = map(self._with_pages if has_pages else self._with_sections, self._drawn_chapters())
            line = f"Decision based on MTUS {', and '.join(words)}."
        if kind == "mtus":
            return line
        word = "Non- MTUS" if self._rng.random() < SPLIT_WORD_SHARE else "Non-MTUS"
        return f"{line} Decision based on {word} Citation {self._outside(ending='.')}"

    def _drawn_chapters(self) -> list[Chapter]:
        return self._chapters[: 2 if self._rng.random() < SECOND_CHAPTER_SHARE else 1]

    def _sections(self, chapter: Chapter) -> tuple[str, ...]:
        is_chronic = chapter.title == "Chronic Pain Medical Treatment"
        known = self._treatment.recipe.sections if is_chronic else chapter.sections
        if not known or self._rng.random() < BARE_CHAPTER_SHARE:
            return ()
        first = one_of(self._rng, known)
        second = one_of(self._rng, known)
        return (first, second) if second != first and self._rng.random() < SECOND_SECTION_SHARE else (first,)

    def _with_sections(self, chapter: Chapter) -> str:
        sections = self._sections(chapter)
        words = f"{chapter.title} {chapter.edition_year}"
        if chapter.topic == "chronic pain" and self._rng.random() < GUIDELINES_WORD_SHARE:
            words += " Guidelines"
        if sections:
            words += f", Section(s): {', '.join(sections)}"
        return self._keep("MTUS", chapter.title, words, year=chapter.edition_year, sections=sections)

    def _with_pages(self, chapter: Chapter) -> str:
        pages = one_of(self._rng, chapter.pages)
        sections = self._sections(chapter)[:1] if chapter.topic == "chronic pain" else ()
        words = " ".join([one_of(self._rng, chapter.names_with_pages), *sections, f"Page(s): {pages}"])
        return self._keep("MTUS", chapter.title, words, sections=sections, pages=pages)

    # --- PROSE, 2013 TO MID 2014 --- #

    def prose(self, name: str, based: str, *, is_notice: bool) -> str:
        """Write the sentence of letters before mid-2014; a notice says whether the guideline is part of the MTUS."""
        kind = self._kinds.draw(self._rng)
        if kind == "nothing":
            return f"The {name} did not cite any medical evidence for {based} decision."
        if kind == "outside":
            words, part = self._outside(ending=""), "is not part"
        else:
            words, part = self.prose_chapter(is_notice=is_notice), "is part"
            words = words if is_notice else f"MTUS {words}"
        ending = f", which {part} of the MTUS" if is_notice else ""
        return f"The {name} based {based} decision on the {words}{ending}."

    def prose_chapter(self, *, is_notice: bool) -> str:
        """Write a chapter with its page in prose."""
        chapter = self._drawn_chapters()[0]
        pages = one_of(self._rng, chapter.pages)
        name = chapter.names_with_pages[-1]
        year = None
        if is_notice and chapter.chapter:
            year = 2004
            name = f"{chapter.title} (ACOEM Practice Guidelines, 2nd Edition (2004), Chapter {chapter.chapter})"
        words = f"{name}, {'pages' if '-' in pages else 'page'} {pages}"
        return self._keep("MTUS", chapter.title, words, year=year, pages=pages)

    # --- BOTH --- #

    def _outside(self, ending: str) -> str:
        """Write a source outside the MTUS: nearly always the ODG."""
        rng, treatment = self._rng, self._treatment
        category = treatment.recipe.category
        part = next(iter(treatment.meaning.body_parts), "psych" if category == "Psych Services" else "")
        drawn = rng.random()
        if drawn < OTHER_SOURCE_SHARE:
            title, words = one_of(rng, _sources("Other", ""))
            return self._keep("Other", title, words + ending)
        if drawn < OTHER_SOURCE_SHARE + ACOEM_SHARE:  # an edition later than the adopted one
            title, printed = one_of(rng, _sources("ACOEM", part))
            pages = str(between(rng, 40, 700))
            return self._keep("ACOEM", title, f"{printed}, pg. {pages}{ending}", pages=pages)
        if drawn < OTHER_SOURCE_SHARE + ACOEM_SHARE + BARE_ODG_SHARE:
            return self._keep("ODG", None, "Official Disability Guidelines (ODG)" + ending)
        title, printed = one_of(rng, _sources("ODG", part))
        symbol = f"odg_topic {category}"
        topic = self._phrases.say(symbol if knows(symbol) else "odg_topic other")
        words = one_of(rng, ODG_SPELLINGS).format(chapter=printed)
        return self._keep("ODG", title, words + (f", {topic}{ending}" if rng.random() < TOPIC_SHARE else ending))

    def _keep(
        self,
        source: str,
        title: str | None,
        words: str,
        *,
        year: int | None = None,
        sections: tuple[str, ...] = (),
        pages: str | None = None,
        found_in: str = "guideline",
    ) -> str:
        """Record a citation, and return its words."""
        number, subject = len(self.citations) + 1, subject_of(source, title)
        cited = Citation(self.party, number, found_in, source, title, subject, year, sections, pages, words)
        self.citations.append(cited)
        return words

    def cite_page(self, page: str) -> str:
        """Write a citation of a page in the reviewer's prose."""
        words = f"page {page} of the MTUS Chronic Pain Medical Treatment Guidelines"
        return self._keep("MTUS", "Chronic Pain Medical Treatment", words, pages=page, found_in="rationale")
