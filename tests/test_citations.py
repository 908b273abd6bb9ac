"""What the parties cite, to the grain of source, title, edition, sections and pages."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.parties import is_merged_guideline
from imrdata.letters.fields.rationale_pages import read_page_citations


class Cited(NamedTuple):
    source: str
    title: str | None = None
    year: int | None = None
    sections: tuple[str, ...] = ()
    pages: str | None = None


CHRONIC = "Chronic Pain Medical Treatment"
HAND = "Forearm, Wrist, and Hand Complaints"
OUTSIDE = "The Expert Reviewer based their decision on recommendation(s) outside of the MTUS Guidelines. "
NON_MTUS = "Decision based on Non-MTUS Citation "

LINES = {
    "The Claims Administrator did not cite any medical evidence for its decision.": [],
    "Decision based on MTUS Low Back Complaints 2004, Section(s): Special Studies.": [
        Cited("MTUS", "Low Back Complaints", 2004, ("Special Studies",)),
    ],
    # Names of chapters and of sections hold commas.
    "Decision based on MTUS Forearm, Wrist, and Hand Complaints 2004, Section(s): Initial Care, and Chronic Pain "
    "Medical Treatment 2016 Guidelines, Section(s): NSAIDs, GI symptoms & cardiovascular risk, Topical analgesics.": [
        Cited("MTUS", HAND, 2004, ("Initial Care",)),
        Cited("MTUS", CHRONIC, 2016, ("NSAIDs, GI symptoms & cardiovascular risk", "Topical analgesics")),
    ],
    "Decision based on MTUS Shoulder Complaints 2004, and Low Back Complaints 2004. Decision based on Non- MTUS "
    "Citation Official Disability Guidelines (ODG).": [
        Cited("MTUS", "Shoulder Complaints", 2004), Cited("MTUS", "Low Back Complaints", 2004), Cited("ODG"),
    ],
    "Decision based on MTUS Elbow Complaints 2007, Section(s): 326.": [
        Cited("MTUS", "Elbow Complaints", 2007, (), "326"),  # a page printed as a section
    ],
    # 2014 and 2015: pages instead of sections.
    "Decision based on MTUS Chronic Pain Treatment Guidelines Page(s): 78-80.": [
        Cited("MTUS", CHRONIC, None, (), "78-80"),
    ],
    "Decision based on MTUS ACOEM Chapter 12 Low Back Complaints Page(s): 303, 308-310.": [
        Cited("MTUS", "Low Back Complaints", None, (), "303, 308-310"),
    ],
    "Decision based on MTUS ACOEM Chapter 12 Low Back Complaints Page(s): 303, 304, Chronic Pain Treatment Guidelines "
    "Opioids Page(s): 78-80.": [
        Cited("MTUS", "Low Back Complaints", None, (), "303, 304"),
        Cited("MTUS", CHRONIC, None, ("Opioids",), "78-80"),
    ],
    "Decision based on MTUS Chronic Pain Medical Treatment Guidelines (July 2009).": [Cited("MTUS", CHRONIC, 2009)],
    "CA MTUS Chronic Pain Medical Treatment 2009, Section(s): Opioids, criteria for use.": [
        Cited("MTUS", CHRONIC, 2009, ("Opioids, criteria for use",)),
    ],
    # A chapter that no vocabulary knows is kept as printed, wherever it stands.
    "Decision based on MTUS Low Back Complaints 2004, Tail Complaints 2004, and Nose Complaints 2031.": [
        Cited("MTUS", "Low Back Complaints", 2004), Cited("MTUS", "Tail Complaints", 2004),
        Cited("MTUS", "Nose Complaints", 2031),
    ],
    "Decision based on MTUS Low Back Complaints 2004. The MTUS did not cite any study.": [
        Cited("MTUS", "Low Back Complaints", 2004),
    ],
    "None.": [],
    # The words that letters use for a chapter of ODG, under one title.
    OUTSIDE + NON_MTUS + "Official Disability Guidelines, Low Back - Lumbar & Thoracic (Acute & Chronic), MRI.": [
        Cited("ODG", "Low Back"),
    ],
    OUTSIDE + NON_MTUS + "ODG guidelines, Neck and Upper back, MRI.": [Cited("ODG", "Neck and Upper Back")],
    OUTSIDE + NON_MTUS + "Official Disability Guidelines (ODG) Hips & Pelvis Chapter, X-Ray.": [
        Cited("ODG", "Hip and Pelvis"),
    ],
    OUTSIDE + NON_MTUS + "Official Disability Guidelines, Shoulder (updated 12/12/16); ODG, Low Back.": [
        Cited("ODG", "Shoulder"), Cited("ODG", "Low Back"),
    ],
    OUTSIDE + NON_MTUS + "ACOEM Practice Guidelines, 3rd ed., Low Back Disorders, pg. 607.": [
        Cited("ACOEM", "Low Back Disorders", None, (), "607"),
    ],
    OUTSIDE + NON_MTUS + "A Textbook of Hands, 6th ed.": [Cited("Other")],
    "Decision based on MTUS Tail Complaints 2031.": [Cited("MTUS", "Tail Complaints", 2031)],  # unknown: as printed
    "A journal of 1999.": [Cited("Other")],
    # A word in a list of pages is no chapter.
    "Decision based on MTUS ACOEM Chapter 12 Low Back Complaints Page(s): 303, Knee.": [
        Cited("MTUS", "Low Back Complaints", None, (), "303"),
    ],
    # A page of the next sentence is not the guideline's.
    "Decision based on MTUS Low Back Complaints 2004. See page 12 of the report.": [
        Cited("MTUS", "Low Back Complaints", 2004),
    ],
    # Editions as the DIR names them.
    "Decision based on MTUS Low Back Disorders Guideline (ACOEM February 13, 2020), Section(s): Medications.": [
        Cited("MTUS", "Low Back Disorders", 2020, ("Medications",)),
    ],
    "Decision based on MTUS Chronic Pain Guideline (ACOEM May 15, 2017).": [Cited("MTUS", "Chronic Pain", 2017)],
    "Decision based on MTUS Cannabis Guideline (ACOEM January 28, 2025).": [Cited("MTUS", "Cannabis", 2025)],
    "The Claims Administrator based its decision on the MTUS Low Back Disorders Guideline (ACOEM February 13, 2020).": [
        Cited("MTUS", "Low Back Disorders", 2020),
    ],
    # A year in which no guideline was issued is left out.
    "Decision based on MTUS Low Back Complaints 1985.": [Cited("MTUS", "Low Back Complaints")],
    NON_MTUS + "Offical Disability Guidelines, Low Back, MRI.": [Cited("ODG", "Low Back")],
    NON_MTUS + "Work Loss Data Institute, Shoulder.": [Cited("ODG", "Shoulder")],
    NON_MTUS + "Occupational Medicine Practice Guidelines, Shoulder Disorders, pg. 9.": [
        Cited("ACOEM", "Shoulder Disorders", None, (), "9"),
    ],
    "The Claims Administrator based its decision on the California MTUS.": [Cited("MTUS")],
    # 2013: prose.
    "The Claims Administrator based its decision on the Low Back Complaints (ACOEM Practice Guidelines, 2nd Edition "
    "(2004), Chapter 12), page 301, which is part of the MTUS.": [
        Cited("MTUS", "Low Back Complaints", 2004, (), "301"),
    ],
    "The Physician Reviewer based his/her decision on the Chronic Pain Medical Treatment Guidelines, pages 78-80.": [
        Cited("MTUS", CHRONIC, None, (), "78-80"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_guideline_lines(line: str) -> None:
    text = "before. " + line
    found = read_citations(text, 8, len(text))
    assert [Cited(one.source, one.title, one.edition_year, one.sections, one.pages) for one in found] == LINES[line]
    assert all(text[one.start : one.end] == one.text for one in found)


def test_a_section_that_no_vocabulary_knows_is_kept_and_told() -> None:
    line = "Decision based on MTUS Knee Complaints 2004, Section(s): Special Studies, Wishes (of all kinds, too)."
    (found,) = read_citations(line, 0, len(line))
    assert found.sections == ("Special Studies", "Wishes (of all kinds, too)")
    assert found.unknown == ("Wishes (of all kinds, too)",)


@pytest.mark.parametrize(
    ("rationale", "cited"),
    [
        ("As noted on page 125 of the MTUS Chronic Pain Medical\nTreatment Guidelines, a goal is due.",
         [Cited("MTUS", CHRONIC, None, (), "125")]),
        ("See page 82 of the MTUS Chronic Pain Medical Treatment Guidelines (July 28, 2016).",
         [Cited("MTUS", CHRONIC, 2016, (), "82")]),
        ("So says the MTUS Guideline in ACOEM Chapter 12, Table 12-8, page 309.",
         [Cited("MTUS", "Low Back Complaints", None, (), "309")]),
        ("The third edition ACOEM Guidelines Low Back Disorders Chapter notes on page 607 that it helps.",
         [Cited("ACOEM", "Low Back Disorders", None, (), "607")]),
        ("The ACOEM Low Back Complaints chapter says so on page 309.",
         [Cited("MTUS", "Low Back Complaints", None, (), "309")]),
        ("See page 300 of the MTUS Low Back Complaints (1985) for that.",
         [Cited("MTUS", "Low Back Complaints", None, (), "300")]),
        ("The Low Back Complaints chapter was read. On page 5 the form is blank.", []),
        ("Her doctor wrote three pages on it, see page 2 of his report.", []),
        ("The pain is in the neck. On page 5 the form is blank.", []),
    ],
)  # fmt: skip
def test_pages_in_the_rationale(rationale: str, cited: list[Cited]) -> None:
    found = list(read_page_citations(rationale, 0, len(rationale)))
    assert [Cited(one.source, one.title, one.edition_year, one.sections, one.pages) for one in found] == cited


ADMINISTRATOR = "The Claims Administrator based its decision on the MTUS Knee Complaints."


@pytest.mark.parametrize(
    ("administrators", "reviewers", "is_merged"),
    [
        (ADMINISTRATOR, "The Physician Reviewer based his/her decision on the ODG.", False),
        (ADMINISTRATOR, "The MTUS does not address bows. The Reviewer used the ODG.", False),
        ("The Utilization Reviewer did not cite any guideline.", "MAXIMUS based its decision on the ODG.", False),
        (ADMINISTRATOR, None, True),  # the reviewer's words may be in the claims administrator's
        (f"{ADMINISTRATOR} The Medical Reviewer based his/her decision on the ODG.", "Knee Complaints.", True),
        (f"{ADMINISTRATOR} The MTUS does not address the bow in dispute. The Physician Reviewer found it in the ODG.",
         "Knee Complaints.", True),
        (ADMINISTRATOR, f"The Expert Reviewer based his/her decision on the ODG. {ADMINISTRATOR}", True),
        (None, "MAXIMUS based its decision on the ODG.", False),
        (None, None, False),
    ],
)  # fmt: skip
def test_whose_line_it_is(administrators: str | None, reviewers: str | None, is_merged: bool) -> None:
    text = f"{administrators}{reviewers}"
    cut = len(str(administrators))
    first = (0, cut) if administrators is not None else None
    second = (cut, len(text)) if reviewers is not None else None
    assert is_merged_guideline(text, first, second) is is_merged
