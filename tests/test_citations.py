"""Test the citations of the parties: source, title, edition, sections and pages."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from conftest import HEADER, LETTER

import imrdata
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.parties import agrees_with_administrator, is_merged_guideline
from imrdata.letters.fields.rationale_pages import read_page_citations
from imrdata.letters.found import collapse


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
    "ACOEM does not address this. ODG, 20th edition, 2015, does.": [Cited("ODG", None, 2015)],
    "The ODG was not used.": [],
    "The Claims Administrator did not cite the MTUS but cited the ODG.": [Cited("ODG")],
    "The ODG does not recommend it.": [Cited("ODG")],
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
    # A chapter that is in no vocabulary is kept as printed, in any position.
    "Decision based on MTUS Low Back Complaints 2004, Tail Complaints 2004, and Nose Complaints 2031.": [
        Cited("MTUS", "Low Back Complaints", 2004), Cited("MTUS", "Tail Complaints", 2004),
        Cited("MTUS", "Nose Complaints", 2031),
    ],
    "Decision based on MTUS Low Back Complaints 2004. The MTUS did not cite any study.": [
        Cited("MTUS", "Low Back Complaints", 2004),
    ],
    "None.": [],
    "The Claims Administrator's decision was not based on a guideline.": [],
    "The Claims Administrator's decision was not based on the MTUS, but on the ODG, Pain Chapter.": [
        Cited("ODG", "Pain"),
    ],
    # The edition may be printed before the chapter.
    "California MTUS 2016, Opioids.": [Cited("MTUS", "Opioids", 2016)],
    "MTUS/ACOEM (2017), Low Back Disorders.": [Cited("MTUS", "Low Back Disorders", 2017)],
    "California MTUS, 2016 edition, Opioids.": [Cited("MTUS", "Opioids", 2016)],
    "MTUS, ACOEM 2017, Shoulder Disorders.": [Cited("MTUS", "Shoulder Disorders", 2017)],
    "MTUS/ACOEM (2017).": [Cited("MTUS", None, 2017)],
    "MTUS/ACOEM Guidelines.": [Cited("MTUS")],
    # One body, named twice.
    NON_MTUS + "Official Disability Guidelines Treatment in Workers Compensation (ODG-TWC), Pain Chapter.": [
        Cited("ODG", "Pain"),
    ],
    # A chapter by its number and its name.
    "The Physician Reviewer based his/her decision on the ACOEM Guidelines, Chapter 12 (Low Back Complaints) (2004), "
    "pages 308-310, which is part of the MTUS.": [Cited("MTUS", "Low Back Complaints", 2004, (), "308-310")],
    # Other sources beside ODG or the MTUS in the sentence that cites.
    "The Physician Reviewer based his/her decision on the Chronic Pain Medical Treatment Guidelines, page 8, Spine, "
    "and a study from the NEJM.": [
        Cited("MTUS", CHRONIC, None, (), "8"), Cited("Other", "New England Journal of Medicine"),
    ],
    "Per the hierarchy of evidence, the Expert Reviewer based the decision on the ODG, Pain, and on the FDA.": [
        Cited("ODG", "Pain"), Cited("Other", "Food and Drug Administration"),
    ],
    "The Physician Reviewer based his/her decision on the ODG, Pain Chapter, and an article in the NEJM, which are "
    "not part of the MTUS. The FDA and the Cochrane Library are silent.": [
        Cited("ODG", "Pain"), Cited("Other", "New England Journal of Medicine"),
    ],
    # The names that letters use for a chapter of ODG give one title.
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
    # A word in a list of pages is not a chapter.
    "Decision based on MTUS ACOEM Chapter 12 Low Back Complaints Page(s): 303, Knee.": [
        Cited("MTUS", "Low Back Complaints", None, (), "303"),
    ],
    # A short name behind a chapter may be that of its section.
    "Decision based on MTUS Low Back Complaints, Knee.": [Cited("MTUS", "Low Back Complaints")],
    # A page in the next sentence does not belong to the guideline.
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
    # A year without an edition of any guideline is omitted.
    "Decision based on MTUS Low Back Complaints 1985.": [Cited("MTUS", "Low Back Complaints", 1985)],
    NON_MTUS + "Offical Disability Guidelines, Low Back, MRI.": [Cited("ODG", "Low Back")],
    NON_MTUS + "Work Loss Data Institute, Shoulder.": [Cited("ODG", "Shoulder")],
    NON_MTUS + "Occupational Medicine Practice Guidelines, Shoulder Disorders, pg. 9.": [
        Cited("ACOEM", "Shoulder Disorders", None, (), "9"),
    ],
    "The Claims Administrator based its decision on the California MTUS.": [Cited("MTUS")],
    # Letters of 2013 cite in prose.
    "The Claims Administrator based its decision on the Low Back Complaints (ACOEM Practice Guidelines, 2nd Edition "
    "(2004), Chapter 12), page 301, which is part of the MTUS.": [
        Cited("MTUS", "Low Back Complaints", 2004, (), "301"),
    ],
    "The Physician Reviewer based his/her decision on the Chronic Pain Medical Treatment Guidelines, pages 78-80.": [
        Cited("MTUS", CHRONIC, None, (), "78-80"),
    ],
    # Lines that cite nothing.
    "The Claims Administrator did not cite any medical evidence for its decision": [],
    "Claims Administrator did not give any guideline.": [],
    "The Utilization Review Physician did not provide any evidence.": [],
    "The UR did not reference any guideline for its decision.": [],
    "The Claims Administrator did not base its decision on the MTUS.": [],
    "MAXIMUS did not cite any medical evidence for its decision.": [],
    "The Expert Reviewer did not base his/her decision on a guideline.": [],
    "None": [],
    "N/A": [],
    "NA.": [],
    "Not applicable.": [],
    "   ": [],
    "Decision based on Non-MTUS Citation.": [],
    # Lines that begin like these, but cite something.
    "None of the guidelines was cited.": [Cited("Other")],
    "The Claims Administrator did not cite any guideline. It used the ODG.": [Cited("ODG")],
    # Forms of a list of sections.
    "Decision based on MTUS Knee Complaints 2004, Sections: Initial Care, Special Studies.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care", "Special Studies"))],
    "Decision based on MTUS Knee Complaints 2004, Section: Initial Care and Special Studies.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care", "Special Studies"))],
    "Decision based on MTUS Knee Complaints 2004 Section: Initial Care.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",))],
    "DECISION BASED ON MTUS KNEE COMPLAINTS 2004, SECTION(S): INITIAL CARE.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",))],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Elbow.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Elbow",))],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Initial Care, 334.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",), "334")],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Initial Care, page 334.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",), "334")],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Initial Care. See page 12 of the report.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",))],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Initial Care. A letter of the doctor, too.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",))],
    "Decision based on MTUS Chronic Pain Treatment Guidelines Moods Page(s): 76.":
        [Cited("MTUS", CHRONIC, None, ("Moods",), "76")],
    "Decision based on MTUS Chronic Pain Treatment Guidelines Opioids, criteria for use Page(s): 76.":
        [Cited("MTUS", CHRONIC, None, ("Opioids, criteria for use",), "76")],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Wand.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Wand",))],
    # Words before and between chapters.
    "decision based on the MTUS Knee Complaints 2004.": [Cited("MTUS", "Knee Complaints", 2004)],
    "Decision based on California MTUS Knee Complaints 2004.": [Cited("MTUS", "Knee Complaints", 2004)],
    "Decision based on MTUS, Knee Complaints 2004.": [Cited("MTUS", "Knee Complaints", 2004)],
    "Decision based on MTUS: Knee Complaints 2004.": [Cited("MTUS", "Knee Complaints", 2004)],
    "Decision based on MTUS - Knee Complaints 2004.": [Cited("MTUS", "Knee Complaints", 2004)],
    "Decision based on MTUS Knee Complaints 2004; Elbow Complaints 2007.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("MTUS", "Elbow Complaints", 2007)],
    "Decision based on MTUS Knee Complaints 2004 and Elbow Complaints 2007.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("MTUS", "Elbow Complaints", 2007)],
    "Decision based on MTUS Knee Complaints 2004,Elbow Complaints 2007.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("MTUS", "Elbow Complaints", 2007)],
    "Decision based on MTUS Knee Complaints, Elbow Complaints, and Shoulder Complaints.":
        [Cited("MTUS", "Knee Complaints"), Cited("MTUS", "Elbow Complaints"), Cited("MTUS", "Shoulder Complaints")],
    "Decision based on MTUS Knee Complaints 2004, MTUS Elbow Complaints 2007.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("MTUS", "Elbow Complaints", 2007)],
    "Decision based on MTUS Knee Complaints Page(s): 334, Elbow Complaints Page(s): 9.":
        [Cited("MTUS", "Knee Complaints", None, (), "334"), Cited("MTUS", "Elbow Complaints", None, (), "9")],
    "Decision based on MTUS Elbow.": [Cited("MTUS", "Elbow Complaints")],
    # Pages.
    "Decision based on MTUS Knee Complaints Page: 334.": [Cited("MTUS", "Knee Complaints", None, (), "334")],
    "Decision based on MTUS Knee Complaints pages 334 and 341.":
        [Cited("MTUS", "Knee Complaints", None, (), "334 and 341")],
    "Decision based on MTUS Knee Complaints pg. 334.": [Cited("MTUS", "Knee Complaints", None, (), "334")],
    "Decision based on MTUS Knee Complaints pgs 334 & 341.": [Cited("MTUS", "Knee Complaints", None, (), "334 & 341")],
    "Decision based on MTUS Knee Complaints pp. 334\u2013341.":
        [Cited("MTUS", "Knee Complaints", None, (), "334\u2013341")],
    "Decision based on MTUS Knee Complaints p. 334.": [Cited("MTUS", "Knee Complaints", None, (), "334")],
    "Decision based on MTUS Knee Complaints PAGE(S): 334 - 341; 345.":
        [Cited("MTUS", "Knee Complaints", None, (), "334 - 341; 345")],
    "Decision based on MTUS Knee Complaints Page(s): 334. See page 12 of the report.":
        [Cited("MTUS", "Knee Complaints", None, (), "334")],
    # Chapters that are in no vocabulary.
    "Decision based on MTUS Tail Complaints 2004, Section(s): Wagging.":
        [Cited("MTUS", "Tail Complaints", 2004, ("Wagging",))],
    "Decision based on MTUS Tail Complaints (2004).": [Cited("MTUS", "Tail Complaints", 2004)],
    "Decision based on MTUS Tail Complaints Guideline (ACOEM June 30, 2017).": [Cited("MTUS", "Tail Complaints", 2017)],
    "Decision based on MTUS Knee Complaints 2004; Tail Complaints 2004.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("MTUS", "Tail Complaints", 2004)],
    "Decision based on MTUS Knee Complaints 2004, Section(s): Initial Care, Tail Complaints 2004, "
    "Section(s): Wagging.":
        [Cited("MTUS", "Knee Complaints", 2004, ("Initial Care",)),
         Cited("MTUS", "Tail Complaints", 2004, ("Wagging",))],
    "Decision based on MTUS Tail Complaints.": [Cited("MTUS")],
    "Decision based on MTUS tail complaints 2004.": [Cited("MTUS")],
    "MTUS Tail Complaints 2004.": [Cited("MTUS", "Tail Complaints", 2004)],
    # The MTUS alone, and a line that begins with it.
    "Decision based on MTUS.": [Cited("MTUS")],
    "CA MTUS.": [Cited("MTUS")],
    "CA MTUS, Knee Complaints 2004.": [Cited("MTUS", "Knee Complaints", 2004)],
    "MTUS Knee Complaints 2004. Decision based on Non-MTUS Citation ODG.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("ODG")],
    "The MTUS was read.": [Cited("Other")],
    # Guidelines other than the MTUS.
    "Decision based on Non-MTUS Citation: ODG.": [Cited("ODG")],
    "Decision based on Non-MTUS Citations ODG.": [Cited("ODG")],
    "Decision based on Non-MTUS ODG, Knee.": [Cited("ODG", "Knee and Leg")],
    "Non-MTUS Citation ODG, Knee.": [Cited("ODG", "Knee and Leg")],
    "Decision based on Non-MTUS Citation ODG, Knee Chapter, and ACOEM Practice Guidelines, Shoulder "
    "Disorders.":
        [Cited("ODG", "Knee and Leg"), Cited("ACOEM", "Shoulder Disorders")],
    "Decision based on Non-MTUS Citation ODG (Official Disability Guidelines), Knee.": [Cited("ODG", "Knee and Leg")],
    "Decision based on Non-MTUS Citation Work Loss Data Institute's ODG, Knee.": [Cited("ODG", "Knee and Leg")],
    "Decision based on Non-MTUS Citation ODG Appendix A, ODG Workers' Compensation Drug Formulary.":
        [Cited("ODG", "Formulary")],
    "Decision based on Non-MTUS Citation ODG, Knee; ODG, Shoulder.":
        [Cited("ODG", "Knee and Leg"), Cited("ODG", "Shoulder")],
    "Decision based on Non-MTUS Citation ODG 2015, Knee.": [Cited("ODG", "Knee and Leg", 2015)],
    "Decision based on Non-MTUS Citation ODG, Knee (2015).": [Cited("ODG", "Knee and Leg", 2015)],
    "Decision based on Non-MTUS Citation ODG, Knee, page 12.": [Cited("ODG", "Knee and Leg", None, (), "12")],
    "Decision based on Non-MTUS Citation a study of knees. ODG, Knee.": [Cited("ODG", "Knee and Leg")],
    "Decision based on Non-MTUS Citation ODG, Horn Chapter.": [Cited("ODG")],
    "Decision based on Non-MTUS Citation ACOEM.": [Cited("ACOEM")],
    "Decision based on Non-MTUS Citation Low Back Disorders (ACOEM February 13, 2020).":
        [Cited("ACOEM", "Low Back Disorders", 2020)],
    "Decision based on Non-MTUS Citation ACOEM Low Back Disorders (ACOEM February 13, 2020).":
        [Cited("ACOEM", "Low Back Disorders", 2020)],
    "Decision based on Non-MTUS Citation ACOEM Guidelines, 2nd Edition (2004), Chapter 12.":
        [Cited("ACOEM", "Low Back Complaints", 2004)],
    "Decision based on Non-MTUS Citation Cochrane Database of Systematic Reviews.":
        [Cited("Other", "Cochrane Library")],
    "The Expert Reviewer based their decision on recommendation(s) outside of the MTUS Guidelines.": [Cited("Other")],
    "The Expert Reviewer based their decision on recommendation(s) outside of the MTUS Guidelines. ODG, "
    "Knee.":
        [Cited("ODG", "Knee and Leg")],
    "The Physician Reviewer based his/her decision on recommendations outside of the MTUS. A book of "
    "knees.":
        [Cited("Other")],
    # Several guidelines in one line.
    "Decision based on MTUS Knee Complaints 2004. Decision based on a book of knees.":
        [Cited("MTUS", "Knee Complaints", 2004), Cited("Other")],
    "Decision based on a book of knees. Decision based on MTUS Knee Complaints 2004.":
        [Cited("Other"), Cited("MTUS", "Knee Complaints", 2004)],
    # Prose of 2013 and 2014.
    "The Claims Administrator based its decision on the MTUS.": [Cited("MTUS")],
    "The Claims Administrator based its decision on the CA MTUS, Knee Complaints.": [Cited("MTUS", "Knee Complaints")],
    "The Claims Administrator based its decision on the Chronic Pain Medical Treatment Guidelines (2009),"
    " pages 78-80, which are part of the MTUS, and on the Official Disability Guidelines, Knee Chapter.":
        [Cited("MTUS", CHRONIC, 2009, (), "78-80"), Cited("ODG", "Knee and Leg")],
    "The Claims Administrator based its decision on the Official Disability Guidelines (ODG), Low Back "
    "Chapter, which is not part of the MTUS.":
        [Cited("ODG", "Low Back")],
    "The Claims Administrator based its decision on the ACOEM Practice Guidelines, 2nd Edition (2004), "
    "Chapter 12, page 301.":
        [Cited("MTUS", "Low Back Complaints", 2004, (), "301")],
    "The Claims Administrator based its decision on ACOEM Low Back Complaints, page 309.":
        [Cited("MTUS", "Low Back Complaints", None, (), "309")],
    "The Claims Administrator based its decision on the MTUS ACOEM Low Back Complaints, page 309.":
        [Cited("MTUS", "Low Back Complaints", None, (), "309")],
    "The Claims Administrator based its decision on the ACOEM Low Back Disorders, page 301.":
        [Cited("ACOEM", "Low Back Disorders", None, (), "301")],
    "The Claims Administrator based its decision on the ACOEM Low Back Disorders, page 301, which is part"
    " of the MTUS.":
        [Cited("MTUS", "Low Back Disorders", None, (), "301")],
    "The Claims Administrator based its decision on the ACOEM Low Back Disorders, page 301, which is not "
    "part of the MTUS.":
        [Cited("ACOEM", "Low Back Disorders", None, (), "301")],
    "The Claims Administrator based its decision on the MTUS ACOEM Low Back Disorders, page 301.":
        [Cited("MTUS", "Low Back Disorders", None, (), "301")],
    "The Claims Administrator based its decision on the ACOEM Practice Guidelines, 3rd Edition, Low Back Disorders.":
        [Cited("ACOEM", "Low Back Disorders")],
    "The Claims Administrator based its decision on the MTUS, ACOEM Practice Guidelines, 3rd Edition, Low Back "
    "Disorders.":
        [Cited("MTUS", "Low Back Disorders")],
    "The Claims Administrator based its decision on the ODG. See page 12 of the report.": [Cited("ODG")],
    "The Claims Administrator based its decision on the Knee Complaints chapter. See page 12 of the "
    "report.":
        [Cited("MTUS", "Knee Complaints")],
    "The Claims Administrator based its decision on the Work Loss Data Institute's Official Disability "
    "Guidelines, Knee & Leg.":
        [Cited("ODG", "Knee and Leg")],
    "The Claims Administrator based its decision on a book of bows.": [Cited("Other")],
    "The Claims Administrator based its decision on the Cochrane Library. It was read twice.":
        [Cited("Other", "Cochrane Library")],
    "The Claims Administrator also based its decision on the pain in the knee.": [Cited("Other")],
    "A study in the Cochrane Library was used.": [Cited("Other", "Cochrane Library")],
    "The Physician Reviewer found no bow in the MTUS. The Physician Reviewer based his/her decision on "
    "the ODG, Knee, page 3.":
        [Cited("ODG", "Knee and Leg", None, (), "3")],
    "Decision based on Non-MTUS Citation AHRQ and the American College of Rheumatology.":
        [Cited("Other", "Agency for Healthcare Research and Quality"),
         Cited("Other", "American College of Rheumatology")],
    "Decision based on Non-MTUS Citation American Academy of Orthopaedic Surgeons, AAOS, 2013.":
        [Cited("Other", "American Academy of Orthopaedic Surgeons")],
    "Decision based on Non-MTUS Citation www.drugs.com; Epocrates.":
        [Cited("Other", "Drugs.com"), Cited("Other", "Epocrates")],
    "Decision based on Non-MTUS Citation Mayo Clinic; ODG, Knee, Spine; Cochrane Library.":
        [Cited("Other", "Mayo Clinic"), Cited("ODG", "Knee and Leg"), Cited("Other", "Cochrane Library")],
    "The Physician Reviewer based his/her decision on the Acupuncture Medical Treatment Guidelines and "
    "the Postsurgical Treatment Guidelines.":
        [Cited("MTUS", "Acupuncture Treatment"), Cited("MTUS", "Postsurgical Treatment")],
    # Parties that cite nothing, in other words.
    **{line: [] for line in
        ("None cited.", "No guideline cited.", "No medical evidence was provided.", "Not specified.", "Unknown",
         "No citation provided by the Claims Administrator.", "The Claims Administrator cited no guidelines.",
         "The Claims Administrator did not cite a guideline.",
         "The Claims Administrator did not indicate which guidelines were used.",
         "The Expert Reviewer did not base their decision on the MTUS.")},
    "No chapter on bows.": [Cited("Other")],
    # A body other than the MTUS in the sentence on the MTUS, or a sentence on the MTUS before another body.
    "Decision based on MTUS Knee Complaints Page(s): 341; ODG Knee, MRI.":
        [Cited("MTUS", "Knee Complaints", None, (), "341"), Cited("ODG", "Knee and Leg")],
    "Decision based on MTUS Knee Complaints, and the ACOEM 3rd Edition, Knee Disorders 2011.":
        [Cited("MTUS", "Knee Complaints"), Cited("ACOEM", "Knee Disorders", 2011)],
    "Decision based on MTUS, ODG and ACOEM, 3rd ed.": [Cited("MTUS"), Cited("ODG"), Cited("ACOEM")],
    "Decision based on MTUS ACOEM Practice Guidelines, 2nd Edition, Chapter 9, page 210; ODG Shoulder.":
        [Cited("MTUS", "Shoulder Complaints", None, (), "210"), Cited("ODG", "Shoulder")],
    "The Claims Administrator based its decision on the MTUS Guidelines, ODG, and the FDA.":
        [Cited("MTUS"), Cited("ODG"), Cited("Other", "Food and Drug Administration")],
    "The Claims Administrator based its decision on the MTUS/ACOEM, and ODG.": [Cited("MTUS"), Cited("ODG")],
    "The Physician Reviewer based his/her decision on the Knee Complaints (ACOEM, Chapter 13), pp. 341-342. The "
    "Physician Reviewer also based his/her decision on the Non-MTUS ODG, Knee.":
        [Cited("MTUS", "Knee Complaints", None, (), "341-342"), Cited("ODG", "Knee and Leg")],
    "The ODG is silent. The ACOEM, which is not part of the MTUS, was used. Decision based on Non-MTUS Citation AHRQ.":
        [Cited("ACOEM"), Cited("Other", "Agency for Healthcare Research and Quality")],
    "Decision based on MTUS Citation Elbow Complaints 2007. Other Medical Treatment Guideline or Medical Evidence: "
    "ODG, Elbow.":
        [Cited("MTUS", "Elbow Complaints", 2007), Cited("ODG", "Elbow")],
    # The rule that adopts a chapter.
    "Decision based on MTUS Chronic Pain Medical Treatment Guidelines 8 C.C.R. 9792.20 - 9792.26 MTUS (Effective July "
    "18, 2009) Page(s): 105.":
        [Cited("MTUS", "Chronic Pain Medical Treatment", 2009, (), "105")],
    "Decision based on MTUS Acupuncture Treatment Guidelines (\u00a79792.24.1), page 8.":
        [Cited("MTUS", "Acupuncture Treatment", None, (), "8")],
    "Decision based on MTUS 2009: 9792.24.2. Chronic Pain, page 22.": [Cited("MTUS", "Chronic Pain", 2009, (), "22")],
    # A section with the name of another chapter, after the pages of the chapter before.
    "Decision based on MTUS Knee Complaints Page(s): 341. Postsurgical Treatment Guidelines, Shoulder Page(s): 27.":
        [Cited("MTUS", "Knee Complaints", None, (), "341"),
         Cited("MTUS", "Postsurgical Treatment", None, ("Shoulder",), "27")],
    # The edition of the guideline that a chapter is of, and titles of no subject.
    "The Claims Administrator based its decision on the Knee Complaints Chapter (ACOEM Practice Guidelines, 2nd "
    "Edition (2004), Chapter 13), pages 341-342, which is part of the MTUS.":
        [Cited("MTUS", "Knee Complaints", 2004, (), "341-342")],
    "The Claims Administrator based its decision on the Knee Complaints Chapter of ACOEM, Second Edition, page 341.":
        [Cited("MTUS", "Knee Complaints", None, (), "341")],
    "The Claims Administrator based its decision on the Knee Complaints, Chapter 13, ACOEM, p. 341.":
        [Cited("MTUS", "Knee Complaints", None, (), "341")],
    "Decision based on Non-MTUS Citation ACOEM, Low Back Disorders, 3rd Edition, 2011.":
        [Cited("ACOEM", "Low Back Disorders", 2011)],
    "Decision based on Non-MTUS Citation ODG, Treatment Index, 11th Edition (web), 2013, Neck & Upper Back.":
        [Cited("ODG", "Neck and Upper Back", 2013)],
    "Decision based on Non-MTUS Citation ODG, Treatment Index, on bows and arrows of all kinds, and not on the Knee.":
        [Cited("ODG", "Treatment Index")],
    "The Claims Administrator based its decision on the ACOEM Guidelines, which is part of the MTUS.": [Cited("MTUS")],
    # Addresses, and sources after a sentence of ODG.
    "Decision based on Non-MTUS Citation ODG; Work Loss Data Institute, LLC; Corpus Christi, TX; www.odg-twc.com; Knee":
        [Cited("ODG", "Knee and Leg")],
    "Decision based on Non-MTUS Citation ODG Pain, Bows. The AHRQ on bows; UpToDate; http://www.fda.gov/bows; WebMD.":
        [Cited("ODG", "Pain"), Cited("Other", "Agency for Healthcare Research and Quality"),
         Cited("Other", "UpToDate"), Cited("Other", "Food and Drug Administration"), Cited("Other", "WebMD")],
    "Decision based on Non-MTUS Citation ODG, Knee; and the ACOEM, page 4.":
        [Cited("ODG", "Knee and Leg"), Cited("ACOEM", None, None, (), "4")],
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_guideline_lines(line: str) -> None:
    found = read_citations(line)
    assert [Cited(one.source, one.title, one.edition_year, one.sections, one.pages) for one in found] == LINES[line]
    assert all(one.text and line[one.start : one.end] == one.text for one in found)


def test_a_section_that_no_vocabulary_knows_is_kept_and_told() -> None:
    line = "Decision based on MTUS Knee Complaints 2004, Section(s): Special Studies, Wishes (of all kinds, too)."
    (found,) = read_citations(line)
    assert found.sections == ("Special Studies", "Wishes (of all kinds, too)")
    assert found.unknown == ("Wishes (of all kinds, too)",)


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("Decision based on MTUS Low Back Complaints 2004.", "low back"),
        ("Decision based on MTUS Low Back Disorders 2020.", "low back"),
        ("Decision based on Non-MTUS Citation ODG, Low Back.", "low back"),
        ("Decision based on Non-MTUS Citation ACOEM Low Back Disorders.", "low back"),
        ("Decision based on MTUS Tail Complaints 2004.", None),
        ("Decision based on Non-MTUS Citation Cochrane Library.", None),
        ("Decision based on Non-MTUS Citation ODG.", None),
    ],
)  # fmt: skip
def test_editions_and_sources_of_one_subject(line: str, subject: str | None) -> None:
    (found,) = read_citations(line)
    assert found.subject == subject


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
         [Cited("MTUS", "Low Back Complaints", 1985, (), "300")]),
        ("The Low Back Complaints chapter was read. On page 5 the form is blank.", []),
        ("Her doctor wrote three pages on it, see page 2 of his report.", []),
        ("The pain is in the neck. On page 5 the form is blank.", []),
        ("See pages 12-14 of the Chronic Pain Medical Treatment Guidelines.",
         [Cited("MTUS", CHRONIC, None, (), "12-14")]),
        ("See page 12 in the Low Back Complaints.", [Cited("MTUS", "Low Back Complaints", None, (), "12")]),
        ("See page 12 of the low back MRI report.", []),
        ("See page 12 from the California MTUS-adopted Knee Complaints.",
         [Cited("MTUS", "Knee Complaints", None, (), "12")]),
        ("See page 12 of the Guideline in the Knee Complaints.", [Cited("MTUS", "Knee Complaints", None, (), "12")]),
        ("See page 12 of the MTUS Knee.", [Cited("MTUS", "Knee Complaints", None, (), "12")]),
        ("See page 12, of the MTUS, Knee Complaints (2004).", [Cited("MTUS", "Knee Complaints", 2004, (), "12")]),
        ("See page 12 of the ACOEM Low Back Disorders.", [Cited("ACOEM", "Low Back Disorders", None, (), "12")]),
        ("See page 12 of the MTUS ACOEM Low Back Disorders.", [Cited("MTUS", "Low Back Disorders", None, (), "12")]),
        ("See page 12 of the Low Back Disorders (2020).", [Cited("MTUS", "Low Back Disorders", 2020, (), "12")]),
        ("See page 12 of the ACOEM Knee Complaints.", [Cited("MTUS", "Knee Complaints", None, (), "12")]),
        ("See page 12 of the chart.", []),
        ("The Knee Complaints, page 12, say so; page 13 of the chart does not.",
         [Cited("MTUS", "Knee Complaints", None, (), "12")]),
        ("The Knee Complaints say so; on page 13 it is told.", []),
        ("As the MTUS ACOEM Low Back Disorders, pg. 8 say.", [Cited("MTUS", "Low Back Disorders", None, (), "8")]),
        ("As the ACOEM Low Back Disorders, pg. 8 say.", [Cited("ACOEM", "Low Back Disorders", None, (), "8")]),
        ("As the Low Back Disorders, p. 8 say.", [Cited("MTUS", "Low Back Disorders", None, (), "8")]),
        ("See p. 12 of the MTUS Knee Complaints and pp. 8-9 of the Chronic Pain Medical Treatment Guidelines.",
         [Cited("MTUS", "Knee Complaints", None, (), "12"), Cited("MTUS", CHRONIC, None, (), "8-9")]),
        ("THE KNEE COMPLAINTS CHAPTER SAYS SO ON PAGE 12.", [Cited("MTUS", "Knee Complaints", None, (), "12")]),
        ("The Knee Complaints chapter was read by all who were there and then by those who were not there, as "
         "noted on page 12.",
         []),
        ("No sheet is cited of the Knee Complaints.", []),
        ("The pages of the Knee Complaints name each step. 3 of them are due.", []),
    ],
)  # fmt: skip
def test_pages_in_the_rationale(rationale: str, cited: list[Cited]) -> None:
    found = list(read_page_citations(collapse(rationale)))
    assert [Cited(one.source, one.title, one.edition_year, one.sections, one.pages) for one in found] == cited


@pytest.mark.parametrize(
    ("printed", "read"), [("2004", 2004), ("2017", 2017), ("2018", None), ("2036", None), ("1985", None)]
)
def test_an_edition_that_a_letter_of_2016_cannot_cite_is_null_and_told(printed: str, read: int | None) -> None:
    letter = imrdata.read_letter(LETTER.replace("Knee Complaints 2004.", f"Knee Complaints {printed}."))
    cited = [one.edition_year for one in letter.requests[0].citations]
    assert cited == [2004, read, None]
    assert [(one.code, one.column) for one in letter.diagnostics] == [("unfit_value", "edition_year")] * (read is None)


def test_a_letter_without_dates_cites_editions() -> None:
    letter = imrdata.read_letter(LETTER.replace(HEADER, "Case Number: CM16-0000123\n"))
    assert [one.edition_year for one in letter.requests[0].citations] == [2004, 2004, None]


ADMINISTRATOR = "The Claims Administrator based its decision on the MTUS Knee Complaints."


@pytest.mark.parametrize(
    ("administrators", "reviewers", "is_merged"),
    [
        (ADMINISTRATOR, "The Physician Reviewer based his/her decision on the ODG.", False),
        (ADMINISTRATOR, "The MTUS does not address bows. The Reviewer used the ODG.", False),
        ("The Utilization Reviewer did not cite any guideline.", "MAXIMUS based its decision on the ODG.", False),
        (ADMINISTRATOR, None, True),  # the reviewer's line may repeat words of the claims administrator's line
        (f"{ADMINISTRATOR} The Medical Reviewer based his/her decision on the ODG.", "Knee Complaints.", True),
        (f"{ADMINISTRATOR} The MTUS does not address the bow in dispute. The Physician Reviewer found it in the ODG.",
         "Knee Complaints.", True),
        (ADMINISTRATOR, f"The Expert Reviewer based his/her decision on the ODG. {ADMINISTRATOR}", True),
        (f"{ADMINISTRATOR} \u201cSo it is.\u201d This Reviewer relied on the ODG.", "Knee Complaints.", True),
        (f"{ADMINISTRATOR} The Utilization Review Physician relied on the ODG.", "Knee Complaints.", False),
        (f"{ADMINISTRATOR} The ODG was cited by the Medical Reviewer.", "Knee Complaints.", True),
        ("The Claims Administrator, citing ODG, denied it. The Reviewer, citing ACOEM, agreed.", "ODG.", True),
        (f"{ADMINISTRATOR} According to the Physician Reviewer, ACOEM applies.", "Knee Complaints.", True),
        (f"{ADMINISTRATOR} The Medical Reviewers met.", "Knee Complaints.", False),  # several, so in general
        (ADMINISTRATOR, "MTUS Chronic Pain 2016, Utilization Review and Evaluation System (CURES).", False),
        (ADMINISTRATOR, "The Reviewer found the guidelines used by the Claims Administrator relevant.", False),
        (ADMINISTRATOR, "The section of the MTUS relied on by the Claims Administrator applies.", False),
        (ADMINISTRATOR, "The Expert Reviewer relied on the same guidelines as the Claims Administrator.", False),
        (ADMINISTRATOR, "The Claims Administrator did not cite a guideline. The ODG applies.", False),
        (ADMINISTRATOR, "The Claims Administrator did not cite the MTUS, but cited the ODG.", True),
        (ADMINISTRATOR, "The ODG was used by the Claims Administrator; ACOEM applies.", True),
        (f"{ADMINISTRATOR} The IMR Physician applied the ODG.", "Knee Complaints.", True),
        (f"{ADMINISTRATOR} MAXIMUS guidelines - the ODG.", "Knee Complaints.", True),
        (ADMINISTRATOR, "The ODG. The Utilization Review Physician based its decision on the MTUS.", True),
        (ADMINISTRATOR, "The Claims Adjuster cited ODG. The Physician Reviewer used ACOEM.", True),
        (None, "MAXIMUS based its decision on the ODG.", False),
        (None, "The ODG. The Claims Administrator cited the MTUS.", True),
        (None, None, False),
    ],
)  # fmt: skip
def test_whose_line_it_is(administrators: str | None, reviewers: str | None, is_merged: bool) -> None:
    assert is_merged_guideline(administrators, reviewers) is is_merged


@pytest.mark.parametrize(
    ("line", "agrees"),
    [
        (
            "The Expert Reviewer found the guidelines used by the Claims Administrator relevant and appropriate here.",
            True,
        ),
        ("The Physician Reviewer found that the guidelines cited by the Claims Administrator are applicable.", True),
        ("The Expert Reviewer found the same section applicable.", True),
        ("The Expert Reviewer found the guidelines used by the Claims Administrator not applicable.", False),
        ("The Expert Reviewer found the same section applicable. The Expert Reviewer also used the ODG.", False),
    ],
)
def test_a_reviewer_that_agrees_with_the_administrators_guidelines(line: str, agrees: bool) -> None:
    assert agrees_with_administrator(line) is agrees
