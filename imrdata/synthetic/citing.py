"""Write guideline lines and record the citations in them.

The chapter that a party cites depends on the treatment and the date. ``seeds/vocabularies/synthetic_chapters.csv`` has
the chapters of the MTUS and when they were in force; ``synthetic_sources.csv`` has the other sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from imrdata.letters.fields.guideline_names import subject_of
from imrdata.letters.model import Citation
from imrdata.resources import split_cell, vocabulary
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
    number: str
    sections: tuple[str, ...]
    pages: tuple[str, ...]
    names_with_pages: tuple[str, ...]


@cache
def _chapters() -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            topic=row["topic"],
            body_parts=split_cell(row["body_parts"]),
            first_date=date.fromisoformat(row["first_date"]),
            last_date=date.fromisoformat(row["last_date"]),
            title=row["title"],
            edition_year=int(row["edition_year"]),
            number=row["chapter"],
            sections=split_cell(row["sections"]),
            pages=split_cell(row["pages"]),
            names_with_pages=split_cell(row["names_with_pages"]),
        )
        for row in vocabulary("synthetic_chapters")
    )


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
    topics: list[tuple[str, str]] = []
    if recipe.category == "Psych Services":
        topics.append(("psych", ""))
    if recipe.subcategory == "Acupuncture":
        topics.append(("acupuncture", ""))
    if treatment.text.lower().startswith("post-operative physical"):
        topics.append(("postsurgical", ""))
    if recipe.subcategory == "Opioids" and rng.random() < 0.5:  # noqa: PLR2004 - two chapters, either will do
        topics.append(("opioids", ""))
    if recipe.sections:
        topics.append(("chronic pain", ""))
    topics += [("body", part) for part in treatment.meaning.body_parts]
    topics += [("general", ""), ("chronic pain", "")]
    found = [chapter for topic, part in topics if (chapter := _chapter(topic, part, on))]
    return list(dict.fromkeys(found))


def two_parties(
    treatment: PrintedTreatment, chapters: list[Chapter], phrases: PhraseBook, rng: Random, *, is_upheld: bool
) -> tuple[Citing, Citing]:
    """Return the claims administrator and the reviewer of one request, with related citations."""
    kept = rng.getrandbits(32)
    theirs = Random(kept)  # noqa: S311 - the same draws twice, where the reviewer follows
    follows = is_upheld and rng.random() < FOLLOWED_SHARE
    own = chapters[1:] if rng.random() < ADMINISTRATORS_OWN_CHAPTER_SHARE and len(chapters) > 1 else chapters
    administrator = Citing(CLAIMS_ADMINISTRATOR, ADMINISTRATORS_KINDS, treatment, own, phrases, rng=theirs)
    if follows:
        again = Random(kept)  # noqa: S311
        return administrator, Citing(REVIEWER, ADMINISTRATORS_KINDS, treatment, own, phrases, rng=again)
    return administrator, Citing(REVIEWER, REVIEWERS_KINDS, treatment, chapters, phrases, rng=rng)


class Citing:
    """A writer of one party's guideline line for one request, which records its citations."""

    def __init__(
        self,
        party: str,
        kinds: WeightedChoice[str],
        treatment: PrintedTreatment,
        chapters: list[Chapter],
        phrases: PhraseBook,
        *,
        rng: Random,
    ):
        """Prepare a party's citations; the same generator and kinds give the same citations."""
        self.party = party
        self._kinds = kinds
        self.citations: list[Citation] = []
        self._treatment = treatment
        self._chapters = chapters
        self._phrases = phrases
        self._rng = rng

    # --- LABELLED OUTCOMES, 2014 ON --- #

    def labelled_line(self, *, has_pages: bool) -> str:
        """Write the line of letters with labelled outcomes; early letters cite pages, later ones sections."""
        kind = self._kinds.draw(self._rng)
        name = "Claims Administrator" if self.party == CLAIMS_ADMINISTRATOR else "Expert Reviewer"
        if kind == "nothing":
            return f"The {name} did not cite any medical evidence for its decision."
        parts = []
        if kind == "outside":
            parts.append(f"The {name} based their decision on recommendation(s) outside of the MTUS Guidelines.")
        else:
            chapters = self._drawn_chapters()
            words = self._with_pages(chapters) if has_pages else self._with_sections(chapters)
            parts.append(f"Decision based on MTUS {words}.")
        if kind != "mtus":
            word = "Non- MTUS" if self._rng.random() < SPLIT_WORD_SHARE else "Non-MTUS"
            parts.append(f"Decision based on {word} Citation {self._outside(ending='.')}")
        return " ".join(parts)

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

    def _with_sections(self, chapters: list[Chapter]) -> str:
        printed = []
        for chapter in chapters:
            sections = self._sections(chapter)
            words = f"{chapter.title} {chapter.edition_year}"
            if chapter.topic == "chronic pain" and self._rng.random() < GUIDELINES_WORD_SHARE:
                words += " Guidelines"
            if sections:
                words += f", Section(s): {', '.join(sections)}"
            self._keep("MTUS", chapter.title, words, year=chapter.edition_year, sections=sections)
            printed.append(words)
        return ", and ".join(printed)

    def _with_pages(self, chapters: list[Chapter]) -> str:
        printed = []
        for chapter in chapters:
            pages = one_of(self._rng, chapter.pages)
            sections = self._sections(chapter)[:1] if chapter.topic == "chronic pain" else ()
            words = " ".join([one_of(self._rng, chapter.names_with_pages), *sections, f"Page(s): {pages}"])
            self._keep("MTUS", chapter.title, words, sections=sections, pages=pages)
            printed.append(words)
        return ", and ".join(printed)

    # --- PROSE, 2013 TO MID 2014 --- #

    def prose(self, name: str, based: str, *, is_notice: bool) -> str:
        """Write the sentence of letters before mid-2014.

        Args:
            name: The letter's name for the party.
            based: "its" or "his/her".
            is_notice: Whether the letter says if the guideline is part of the MTUS.
        """
        kind = self._kinds.draw(self._rng)
        if kind == "nothing":
            return f"The {name} did not cite any medical evidence for {based} decision."
        if kind == "outside":
            words = self._outside(ending="")
            ending = ", which is not part of the MTUS" if is_notice else ""
            return f"The {name} based {based} decision on the {words}{ending}."
        words = self.prose_chapter(is_notice=is_notice)
        ending = ", which is part of the MTUS" if is_notice else ""
        return f"The {name} based {based} decision on the {'' if is_notice else 'MTUS '}{words}{ending}."

    def prose_chapter(self, *, is_notice: bool) -> str:
        """Write a chapter with its page in prose."""
        chapter = self._drawn_chapters()[0]
        pages = one_of(self._rng, chapter.pages)
        name = chapter.names_with_pages[-1]
        year = None
        if is_notice and chapter.number:
            year = 2004
            name = f"{chapter.title} (ACOEM Practice Guidelines, 2nd Edition (2004), Chapter {chapter.number})"
        words = f"{name}, {'pages' if '-' in pages else 'page'} {pages}"
        self._keep("MTUS", chapter.title, words, year=year, pages=pages)
        return words

    # --- BOTH --- #

    def _outside(self, ending: str) -> str:
        """Write a source outside the MTUS: nearly always the ODG."""
        rng, treatment = self._rng, self._treatment
        category = treatment.recipe.category
        part = next(iter(treatment.meaning.body_parts), "psych" if category == "Psych Services" else "")
        drawn = rng.random()
        if drawn < OTHER_SOURCE_SHARE:
            title, words = one_of(rng, _sources("Other", ""))
            self._keep("Other", title, words + ending)
            return words + ending
        if drawn < OTHER_SOURCE_SHARE + ACOEM_SHARE:
            return self._acoem(part, ending)
        if drawn < OTHER_SOURCE_SHARE + ACOEM_SHARE + BARE_ODG_SHARE:
            words = "Official Disability Guidelines (ODG)" + ending
            self._keep("ODG", None, words)
            return words
        title, printed = one_of(rng, _sources("ODG", part))
        symbol = f"odg_topic {category}"
        topic = self._phrases.say(symbol if knows(symbol) else "odg_topic other")
        words = one_of(rng, ODG_SPELLINGS).format(chapter=printed)
        words += f", {topic}{ending}" if rng.random() < TOPIC_SHARE else ending
        self._keep("ODG", title, words)
        return words

    def _acoem(self, part: str, ending: str) -> str:
        """Write an edition of ACOEM's guidelines later than the adopted one."""
        title, printed = one_of(self._rng, _sources("ACOEM", part))
        pages = str(between(self._rng, 40, 700))
        words = f"{printed}, pg. {pages}{ending}"
        self._keep("ACOEM", title, words, pages=pages)
        return words

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
    ) -> None:
        number, subject = len(self.citations) + 1, subject_of(source, title)
        cited = Citation(self.party, number, found_in, source, title, subject, year, sections, pages, words)
        self.citations.append(cited)

    def cite_page(self, page: str) -> str:
        """Write a citation of a page in the reviewer's prose."""
        words = f"page {page} of the MTUS Chronic Pain Medical Treatment Guidelines"
        self._keep("MTUS", "Chronic Pain Medical Treatment", words, pages=page, found_in="rationale")
        return words
