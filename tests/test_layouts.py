"""Test invented letters of every layout and wording."""

from __future__ import annotations

import re
from datetime import date

import pytest
from conftest import HEADER, LETTER

from imrdata.errors import LetterError
from imrdata.letters.layouts import labelled_outcomes
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_text
from imrdata.letters.text.cleaning import clean
from imrdata.resources import vocabulary

PROFESSIONAL = """
MEDICAL PROFESSIONAL REVIEW
ISSUE AT DISPUTE:
Whether six visits of hand therapy are medically necessary.
CASE SUMMARY:
A 34 year old male cook cut his left thumb on 1/4/2013.
DOCUMENTS REVIEWED FOR DETERMINATION:
Hand surgery consultation dated 1/8/2013; progress report dated 1/15/2013
MEDICAL TREATMENT GUIDELINE(S) RELIED UPON BY PROFESSIONAL
REVIEWER AND WHY:
MTUS Forearm, Wrist, and Hand Complaints 2004, because it speaks of thumbs.
RATIONALE FOR WHY THE REQUESTED TREATMENT/SERVICE IS/WAS NOT
MEDICALLY NECESSARY:
The thumb has healed. Therefore, six visits are not medically necessary.
MEDICAL REVIEWER QUALIFICATIONS:
The reviewer is board certified in Orthopedic Surgery and is licensed to practice in California.
"""

NOTICE = """MAXIMUS FEDERAL SERVICES, INC.
Notice of Independent Medical Review Determination
Dated: 9/26/2013
Employee: [REDACTED]
Claim Number: [REDACTED]
Date of UR Decision: 7/2/2013
Date of Injury: 1/3/2010
IMR Application Received: 7/15/2013
MAXIMUS Case Number: CM13-0001234
1) MAXIMUS Federal Services, Inc. has determined the request for a lumbar
brace is notmedically necessary and appropriate.
2) MAXIMUS Federal Services, Inc. has determined the request for six visits
of acupuncture is medically necessary and appropriate.
INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE
An application for Independent Medical Review was filed on 7/15/2013 disputing the Utilization Review Denial dated
7/2/2013. A Notice of Assignment and Request for Information was provided to the above parties on 8/1/2013. A decision
has been made for each of the treatment and/or services that were in dispute:
1) MAXIMUS Federal Services, Inc. has determined the request for a lumbar
brace is not medically necessary and appropriate.
2) MAXIMUS Federal Services, Inc. has determined the request for six visits
of acupuncture is medically necessary and appropriate.
Medical Qualifications of the Expert Reviewer:
The independent Medical Doctor who made the decision has no affiliation with anybody. The physician reviewer is Board
Certified in Physical Medicine and Rehabilitation, has a subspecialty in Pain Management and is licensed to practice
in California, Nevada and Texas. He/she has been in active clinical practice for more than five years.
Expert Reviewer Case Summary:
Disclaimer: The following case summary was taken directly from the utilization review denial/modification dated 7/2/2013
\u201cA 52 year-old female baker lifted sacks.\u201d
Documents Reviewed for Determination:
The following documents were considered:
Application for Independent Medical Review
1) Regarding the request for a lumbar brace:
Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision
The Claims Administrator based its decision on the Low Back Complaints (ACOEM Practice Guidelines, 2nd Edition (2004),
Chapter 12), page 301, which is part of the MTUS. The Expert Reviewer found the same section applicable.
Rationale for the Decision:
A brace has no lasting benefit. The request for a lumbar brace is not medically necessary and appropriate.
2) Regarding the request for six visits of acupuncture:
Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision:
The Claims Administrator did not cite any evidence. The Expert Reviewer based his/her decision on the Acupuncture
Medical Treatment Guidelines, which is part of the MTUS.
Rationale for the Decision:
1. She is better. 2. Needles help her bake.
Effect of the Decision:
The determination is binding.
Sincerely,
cc: Department
Disclaimer: MAXIMUS is providing a review service.
"""

SENTENCES = """MAXIMUS FEDERAL SERVICES, INC.
Independent Medical Review
P.O. Box 138009
Independent Medical Review Final Determination Letter
Dated: 03/05/2014
IMR Case Number: CM14-0004567 Date of Injury: 02/01/2012
Claims Number: [REDACTED] UR Denial Date: 12/20/2013
Priority: STANDARD Application Received: 01/06/2014
Employee Name: [REDACTED]
Treatment(s) in Dispute Listed on IMR Application:
EIGHT (8) ACUPUNCTURE SESSIONS
DEAR [REDACTED],
Final Determination: PARTIAL OVERTURN. This means we decided that some of the disputed items are medically necessary.
HOW THE IMR FINAL DETERMINATION WAS MADE
MAXIMUS sent the file to a physician reviewer. The Physician Reviewer is Board Certified in Family Practice and
is licensed to practice in New York, and West Virginia. He/she has been in active clinical practice.
DOCUMENTS REVIEWED
- Medical records from 2012
CLINICAL CASE SUMMARY
The patient is a 39-year-old male driver.
IMR DECISION(S) AND RATIONALE(S)
The Final Determination was based on decisions for the disputed items/services set forth below:
1. EIGHT (8) ACUPUNCTURE SESSIONS FOR THE
NECK is not medically necessary and appropriate.
The Claims Administrator based its decision on the MTUS Acupuncture Medical Treatment Guidelines.
The Physician Reviewer based his/her decision on the MTUS Acupuncture Medical Treatment Guidelines.
The Physician Reviewer\u2019s decision rationale:
He asked for: 1. less pain 2. more sleep. Acupuncture gave neither.
2. NORCO 10/325MG #60 is medically necessary and appropriate.
The Claims Administrator did not cite any evidence-based criteria for its decision.
The Physician Reviewer based his/her decision on the Chronic Pain Medical Treatment Guidelines, pages 78-80.
The Physician Reviewer's decision rationale:
It lets him drive, as is needed.
"""

LATER = LETTER.replace("MAXIMUS guideline:", "IMR guideline:").replace("Decision rationale:", "Rationale:")


def read(text: str, name: str = "letter.txt", *, keep_unrecognised: bool = False) -> Letter:
    return read_text(clean(text), name, keep_unrecognised=keep_unrecognised)


def test_professional_review() -> None:
    letter = read(PROFESSIONAL, "letters/IMR 13-000004.txt")
    (request,) = letter.requests
    assert letter.letter_layout == "professional_review"
    assert letter.case_number == "CM13-0000004"
    assert [diagnostic.code for diagnostic in letter.diagnostics] == ["case_number_from_name"]
    assert (letter.decision_date, letter.priority) == (None, None)
    assert (letter.patient_age, letter.patient_sex) == (34, "male")
    assert letter.reviewer_specialties == ("Orthopedic Surgery",)
    assert letter.reviewer_states == ("CA",)
    assert letter.documents_reviewed_text == "Hand surgery consultation dated 1/8/2013; progress report dated 1/15/2013"
    assert (request.request_text, request.outcome) == ("six visits of hand therapy", "Upheld")
    assert request.reviewer_guideline_text == (
        "MTUS Forearm, Wrist, and Hand Complaints 2004, because it speaks of thumbs."
    )
    assert request.rationale_text == "The thumb has healed. Therefore, six visits are not medically necessary."


@pytest.mark.parametrize(
    ("closing", "outcome"),
    [
        ("Six visits are medically necessary.", "Overturned"),
        ("The medical necessity of it is not established.", "Upheld"),
        ("More is not needed after this. Therefore six visits were found to be medically necessary.", "Overturned"),
        ("The denial is overturned.", "Overturned"),
        ("There is insufficient evidence that six visits are medically necessary.", "Upheld"),
        ("The records fail to show that the visits are medically necessary.", "Upheld"),
        ("It is unclear why the visits are medically necessary.", "Upheld"),
    ],
)
def test_the_outcome_of_a_professional_review_is_what_its_rationale_says(closing: str, outcome: str) -> None:
    letter = read(PROFESSIONAL.replace("Therefore, six visits are not medically necessary.", closing), "CM13-0000004")
    assert letter.requests[0].outcome == outcome


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        (PROFESSIONAL.replace("Therefore, six visits are not medically necessary.", ""), "no_outcome"),
        (PROFESSIONAL.replace("Whether", "1. Whether").replace("necessary.\nCASE", "necessary.\n2. A splint.\nCASE"),
         "several_requests"),
        (PROFESSIONAL[: PROFESSIONAL.index("RATIONALE")], "cut_off"),
        (PROFESSIONAL[: PROFESSIONAL.index("MEDICAL REVIEWER")], "cut_off"),
        (PROFESSIONAL.replace("visits are not medically necessary.", "visits are medically necessary in part."),
         "no_outcome"),
        (PROFESSIONAL.replace("Whether", "(continued) Whether"), "unclear_request"),
        (PROFESSIONAL.replace("necessary.\nCASE", "necessary. It is ordered.\nCASE"), "unclear_request"),
        (PROFESSIONAL + NOTICE, "several_letters"),
        (NOTICE + SENTENCES, "several_letters"),
        (SENTENCES + PROFESSIONAL, "several_letters"),
        (SENTENCES + SENTENCES, "several_letters"),
        (NOTICE + NOTICE, "several_letters"),
        (NOTICE[: NOTICE.index("Needles")], "cut_off"),
        (NOTICE[: NOTICE.index("2) Regarding")], "cut_off"),
        (SENTENCES[: SENTENCES.index("It lets")], "cut_off"),
        (SENTENCES[: SENTENCES.index("The Claims Administrator did not")], "cut_off"),
        (SENTENCES + "3. A lumbar brace is not medi", "cut_off"),
        (SENTENCES.replace("gave neither.", "gave"), "cut_off"),
        (NOTICE.replace("2) Regarding", "The records\n2) Regarding"), "cut_off"),
        (LETTER + "A lumbar brace: Uph", "cut_off"),
        (LETTER + "A lumbar brace: Upheld", "labels_do_not_add_up"),
        (SENTENCES + "3. " + SENTENCES[SENTENCES.index("NORCO") :], "repeated_request"),
        (LETTER + "So says another letter (IMR Case Number: CM16-0000999) of this day.\n", "several_letters"),
        (LETTER + "The Administrative Director's determination is hereby set aside.\n", "unclear_outcome"),
        (SENTENCES.replace("#60 is medically necessary and appropriate.", "#60 is medically necessary in part."),
         "cut_off"),
        (SENTENCES.replace("#60 is medically", "#60 is/is not medically"), "unclear_outcome"),
        (SENTENCES.replace("#60 is medically", "#60 [X] is [ ] is not medically"), "unclear_outcome"),
        (NOTICE.replace("is notmedically", "is medically", 1), "outcomes_disagree"),
        (NOTICE.replace("\n2) MAXIMUS", "\n3) MAXIMUS"), "labels_do_not_add_up"),
        (NOTICE.replace("\n1) Regarding", "\nRationale for the Decision:\n1) Regarding"), "labels_do_not_add_up"),
        (SENTENCES.replace("\nCLINICAL", "\nDecision rationale:\nA fall.\nCLINICAL"), "labels_do_not_add_up"),
        (NOTICE.replace("2) Regarding", "5) Regarding"), "labels_do_not_add_up"),
        (NOTICE.replace("2) Regarding", "2) Regarding the request for a scan:\nIt is old.\n2) Regarding"),
         "labels_do_not_add_up"),
        (SENTENCES.replace("\n2. NORCO", "\n4. NORCO"), "labels_do_not_add_up"),
        (SENTENCES.replace("\n2. NORCO", "\nNORCO"), "labels_do_not_add_up"),  # more rationales than numbers
        (SENTENCES[: SENTENCES.index("1. EIGHT")], "no_outcome"),
        (LETTER.replace(": Overturned", ": Modified"), "unclear_outcome"),
        (NOTICE + "cc: DWC\nThis letter was corrected and reissued on 5/5/2014.\n", "unclear_outcome"),
        (NOTICE + "The decision on request 1 was changed.\n", "unclear_outcome"),
        (LETTER + "Upon reconsideration, the scan is approved.\n", "unclear_outcome"),
        (NOTICE + "cc: DWC\nThe above request was later authorized by the adjuster.\n", "unclear_outcome"),
        (NOTICE + "cc: DWC\nRequest 1 was subsequently certified.\n", "unclear_outcome"),
        (PROFESSIONAL + "\nThe dispute was resolved by agreement.\n", "unclear_outcome"),
        (NOTICE + "cc: DWC\nThis determination does not apply to request 2.\n", "unclear_outcome"),
        (NOTICE + "cc: DWC\nThe employer agreed to pay for the brace on 5/1/2014.\n", "unclear_outcome"),
        (PROFESSIONAL.replace("\nMEDICAL REVIEWER", " DRAFT - NOT FINAL\nMEDICAL REVIEWER"), "unclear_outcome"),
        (SENTENCES.replace("NORCO 10/325MG", "Part of NORCO 10/325MG"), "unclear_outcome"),
        (SENTENCES.replace("#60 is", "#60 reduced to #30 is"), "unclear_outcome"),
        (SENTENCES.replace("#60 is", "#60 (denied) is"), "unclear_outcome"),
        (NOTICE.replace("notmedically necessary and appropriate.", "not medically necessary. Pending.", 1),
         "unclear_outcome"),
        (SENTENCES.replace("NORCO 10/325MG", "If tried, NORCO 10/325MG"), "unclear_outcome"),
        (PROFESSIONAL.replace("\nMEDICAL REVIEWER", " The carrier has since approved it.\nMEDICAL REVIEWER"),
         "unclear_outcome"),
        (NOTICE.replace("notmedically necessary and appropriate.", "not medically necessary. Two may be."),
         "unclear_outcome"),
        (NOTICE.replace("notmedically necessary and appropriate.", "not medically necessary.\nHowever, it is."),
         "unclear_outcome"),
        (LETTER.replace("MRI of the left", "RECEIVED JAN 5 2017\nMRI of the left", 1), "unclear_request"),
        (LETTER.replace("MRI of the left", "NSAIDs.\nMRI of the left", 1), "unclear_request"),
        (LETTER.replace("MRI of the left", "MRI of CONFIDENTIAL the left", 1), "unclear_request"),
    ],
)  # fmt: skip
def test_letters_that_cannot_be_read(letter: str, reason: str) -> None:
    with pytest.raises(LetterError) as caught:
        read(letter, "CM13-0000004.txt")
    assert caught.value.reason == reason


@pytest.mark.parametrize("mark", ["(1)", "#1.", "1)", "1 ."])
def test_a_sentence_may_have_its_number_in_any_style(mark: str) -> None:
    two = mark.replace("1", "2")
    letter = SENTENCES.replace("\n1. EIGHT", f"\n{mark} EIGHT").replace("\n2. NORCO", f"\n{two} NORCO")
    assert [(one.rationale_text, one.outcome) for one in read(letter).requests] == [
        (one.rationale_text, one.outcome) for one in read(SENTENCES).requests
    ]


@pytest.mark.parametrize("words", ["considered", "deemed", "found to be"])
def test_a_sentence_may_say_what_was_found(words: str) -> None:
    letter = read(SENTENCES.replace(" medically necessary and", f" {words} medically necessary and"))
    assert [one.outcome for one in letter.requests] == ["Upheld", "Overturned"]


def test_a_list_within_a_rationale_whose_last_line_is_followed_by_a_verdict_is_no_request() -> None:
    behind = (
        "He asked for:\n1. a cane\n2. a brace\n3. a lamp\nNone was given. The request is not medically necessary.\n"
    )
    letter = read(SENTENCES.replace("2. NORCO", f"{behind}2. NORCO"))
    assert [one.outcome for one in letter.requests] == ["Upheld", "Overturned"]


@pytest.mark.parametrize("title", ["", "Utilization Review Determination\n"])
def test_outcomes_behind_the_last_request_are_told(title: str) -> None:
    behind = "ACME REVIEW\n1. A cane is not medically necessary.\n"
    letter = read(SENTENCES + title + behind)
    own = "It lets him drive, as is needed."
    assert letter.requests[-1].rationale_text == (own if title else f"{own} {' '.join(behind.split())}")
    assert "text_after_letter" in [one.code for one in letter.diagnostics]


def test_another_outcome_behind_the_last_request_of_a_notice_is_told() -> None:
    more = "3) MAXIMUS Federal Services, Inc. has determined the request for a cane is medically necessary.\n"
    letter = read(NOTICE.replace("Effect of the Decision", f"{more}Effect of the Decision"))
    assert [one.code for one in letter.diagnostics] == ["text_after_letter"]


def test_labels_of_a_notice_may_be_in_lower_case_or_on_three_lines() -> None:
    letter = NOTICE.replace("Medical Qualifications", "medical qualifications")
    letter = letter.replace("by the Expert Reviewer to Make", "by\nthe Expert Reviewer to\nMake")
    assert read(letter).requests == read(NOTICE).requests


def test_determination_notice() -> None:
    letter = read(NOTICE)
    brace, acupuncture = letter.requests
    assert letter.letter_layout == "determination_notice"
    assert letter.case_number == "CM13-0001234"
    assert letter.decision_date == date(2013, 9, 26)
    assert letter.injury_date == date(2010, 1, 3)
    assert letter.ur_denial_date == date(2013, 7, 2)
    assert letter.application_received_date == date(2013, 7, 15)
    assert letter.assigned_date == date(2013, 8, 1)
    assert letter.reviewer_specialties == ("Physical Medicine & Rehabilitation", "Pain Management")
    assert letter.reviewer_states == ("CA", "NV", "TX")
    assert (letter.patient_age, letter.patient_sex) == (52, "female")
    assert (brace.request_text, brace.outcome) == ("a lumbar brace", "Upheld")
    assert (acupuncture.request_text, acupuncture.outcome) == ("six visits of acupuncture", "Overturned")
    assert brace.claims_administrator_guideline_text is not None
    assert brace.claims_administrator_guideline_text.endswith("page 301, which is part of the MTUS.")
    assert brace.reviewer_guideline_text == "The Expert Reviewer found the same section applicable."
    assert acupuncture.rationale_text == "1. She is better. 2. Needles help her bake."
    assert letter.case_outcome == "Partially overturned"
    assert letter.diagnostics == ()


def test_a_numbered_list_in_a_rationale_of_a_notice_decides_nothing() -> None:
    advice = "She was told:\n3. A brace for sleep is not medically necessary and appropriate.\nNeedles"
    letter = read(NOTICE.replace("1. She is better. 2. Needles", advice))
    assert [request.outcome for request in letter.requests] == ["Upheld", "Overturned"]


def test_decision_sentences() -> None:
    letter = read(SENTENCES)
    acupuncture, norco = letter.requests
    assert letter.letter_layout == "decision_sentences"
    assert letter.case_number == "CM14-0004567"
    assert letter.decision_date == date(2014, 3, 5)
    assert letter.injury_date == date(2012, 2, 1)
    assert letter.ur_denial_date == date(2013, 12, 20)
    assert letter.application_received_date == date(2014, 1, 6)
    assert letter.priority == "Standard"
    assert letter.reviewer_specialties == ("Family Practice",)
    assert letter.reviewer_states == ("NY", "WV")
    assert (acupuncture.request_text, acupuncture.outcome) == ("EIGHT (8) ACUPUNCTURE SESSIONS FOR THE NECK", "Upheld")
    assert (norco.request_text, norco.outcome) == ("NORCO 10/325MG #60", "Overturned")
    assert acupuncture.rationale_text is not None
    assert acupuncture.rationale_text.startswith("He asked for: 1. less pain")
    assert norco.rationale_text == "It lets him drive, as is needed."
    assert norco.claims_administrator_guideline_text is not None
    assert norco.claims_administrator_guideline_text.startswith("The Claims Administrator did not cite")
    assert letter.diagnostics == ()


def test_a_cover_that_disagrees_with_the_requests_is_told() -> None:
    letter = read(SENTENCES.replace("PARTIAL OVERTURN", "UPHOLD"))
    assert [diagnostic.code for diagnostic in letter.diagnostics] == ["case_outcome_differs"]


@pytest.mark.parametrize(
    ("cover", "is_told"),
    [
        ("UPHOLD", True),
        ("We uphold the decision of the claims administrator.", True),
        ("Partial overturn", False),
        ("We may uphold or overturn a decision.", False),
    ],
)
def test_a_cover_without_a_label_that_disagrees_with_the_requests_is_told(cover: str, is_told: bool) -> None:
    letter = read(LETTER.replace("HOW THE IMR", f"{cover}\nHOW THE IMR", 1))
    assert ("case_outcome_differs" in {diagnostic.code for diagnostic in letter.diagnostics}) is is_told


def test_a_request_without_a_rationale_is_told() -> None:
    letter = read(SENTENCES.replace("The Physician Reviewer's decision rationale:", "So he decided, because"))
    assert letter.requests[1].rationale_text is None
    assert ("missing_rationale", "request 2 has no rationale") in [one[:2] for one in letter.diagnostics]


def test_a_missing_cover_leaves_the_file_name() -> None:
    letter = read(SENTENCES[SENTENCES.index("HOW THE IMR") :], "CM14-0004567.pdf")
    assert letter.case_number == "CM14-0004567"
    assert [request.outcome for request in letter.requests] == ["Upheld", "Overturned"]


def test_a_header_on_one_line_below_a_title() -> None:
    letter = read("INDEPENDENT MEDICAL REVIEW\n" + LETTER.replace(HEADER, " ".join(HEADER.split()) + "\n"))
    assert letter == read(LETTER)


def test_later_letters_with_other_labels() -> None:
    letter, earlier = read(LATER), read(LETTER)
    assert letter.letter_layout == "labelled_outcomes_2018"
    assert earlier.letter_layout == "labelled_outcomes"
    assert letter.requests == earlier.requests


LINES = "Case Number: CM19-0000777\nDecision Date: 05/06/2019\nMRI of the knee: Upheld\nNorco #60: Overturned\n"


def test_no_known_layout_but_outcomes_is_refused_unless_asked_for() -> None:
    with pytest.raises(LetterError, match="has no known layout; labels found: none; labels missed: ") as caught:
        read(LINES)
    assert caught.value.reason == "unrecognised_layout"
    letter = read(LINES, keep_unrecognised=True)
    assert letter.letter_layout == "unrecognised"
    assert letter.decision_date == date(2019, 5, 6)
    assert [(one.request_text, one.outcome) for one in letter.requests] == [
        ("MRI of the knee", "Upheld"), ("Norco #60", "Overturned"),
    ]  # fmt: skip
    letter = read(
        "IMR 13-000777\n1. The request for a brace is not medically necessary.\nBecause.\n", keep_unrecognised=True
    )
    assert [(one.request_text, one.outcome) for one in letter.requests] == [("a brace", "Upheld")]
    assert "unrecognised_layout" in {diagnostic.code for diagnostic in letter.diagnostics}
    with pytest.raises(LetterError, match="only the file name has a case number"):
        read(
            LINES.replace("Case Number: CM19-0000777", "Independent Medical Review"),
            "CM19-0000777.pdf",
            keep_unrecognised=True,
        )
    with pytest.raises(LetterError, match="has two different decisions"):
        read(
            "IMR 13-000777\n1. A brace is not medically necessary.\n1. A brace is medically necessary.\n",
            keep_unrecognised=True,
        )


@pytest.mark.parametrize("row", vocabulary("document_titles"), ids=lambda row: row["example"][:30])
def test_every_title_matches_its_example_and_says_what_the_document_is(row: dict[str, str]) -> None:
    assert re.fullmatch(rf"(?:{row['pattern']})(?s:.*)", row["example"])
    if row["kind"] in ("no_decision", "not_in_force"):
        with pytest.raises(LetterError, match="not a final determination") as caught:
            read(row["example"] + "\n" + LINES, "CM19-0000777.txt")
        assert caught.value.reason == "not_a_decision"


@pytest.mark.parametrize(
    "title",
    [
        "RE: Withdrawal of Application",
        "RE: Notice of Dispute Resolution",
        "Your request for Independent Medical Review is not eligible",
        "IMR Application Determined to be Untimely",
        "Notification of IMR Assignment",
        "Internal Appeal Determination",
        "Utilization Review - Reconsideration Decision",
        "PEER REVIEW RECOMMENDATION",
        "Notice of Amended Determination",
        "Significant Panel Decision",
        "Workers' Compensation Appeals Board",
        "The following letter is fictitious.",
        "Defendant's Trial Brief",
        "ORDER TO SHOW CAUSE",
        "SUBPOENA DUCES TECUM",
        "TRANSCRIPT OF PROCEEDINGS",
    ],
)
def test_other_wordings_of_a_title_are_known(title: str) -> None:
    with pytest.raises(LetterError) as caught:
        read(f"{title}\n{LETTER}")
    assert caught.value.reason == "not_a_decision"


def test_a_name_that_differs_from_the_letter_is_told() -> None:
    letter = read(LETTER, "CM16-0000999.txt")
    assert letter.case_number == "CM16-0000123"
    assert [diagnostic.code for diagnostic in letter.diagnostics] == ["case_number_differs_from_name"]


@pytest.mark.parametrize("letter", [NOTICE, PROFESSIONAL])
@pytest.mark.parametrize(
    ("behind", "is_told"),
    [
        ("P.S. It was later reversed.\n", True),
        ("Status: appealed\n", True),
        ("QA HOLD - UNSIGNED\n", True),
        ("JONES, J., Dissenting.\nI would grant the petition.\n", True),
        ("Which guideline was\nused by the writer?\n", True),
        ("[Seen by the clerk. DK]\n", True),
        ("The physician has no affiliation with the\nemployer.\n", False),
        ("", False),
        ("Chief of the Medical Unit\nP.O. Box 1\n", False),
        ("MAXIMUS gives no\nadvice on the law.\n", False),
    ],
)
def test_words_below_what_closes_a_letter_are_told(letter: str, behind: str, is_told: bool) -> None:
    codes = [one.code for one in read(letter + behind, "CM13-0000004").diagnostics]
    assert codes.count("text_after_letter") == is_told


def test_another_case_number_in_a_letter_without_its_own_is_told() -> None:
    letter = read(PROFESSIONAL.replace("Hand surgery", "CM13-0000009; hand surgery"), "CM13-0000004")
    assert "case_number_differs_from_name" in [one.code for one in letter.diagnostics]


@pytest.mark.parametrize(
    ("outcome", "closing", "is_told"),
    [
        ("Upheld", "The scan is medically necessary.", True),
        ("Overturned", "The scan is not medically necessary.", True),
        ("Overturned", "She has not improved; therefore the scan is medically necessary.", False),
        ("Upheld", "There is insufficient evidence that the scan is medically necessary.", False),
        ("Upheld", "It is unclear why the scan is medically necessary.", False),
        ("Overturned", "There is insufficient evidence that the scan is medically necessary.", True),
        ("Overturned", "The MRI without contrast is medically necessary.", False),
        ("Overturned", "After failed conservative care the scan is medically necessary.", False),
        ("Overturned", "For pain that never resolved the scan is medically necessary.", False),
        ("Overturned", "The scan cannot be deemed medically necessary.", True),
        ("Upheld", "The request is medically necessary. The scan is not medically necessary.", True),
        ("Upheld", "The denial is overturned. The scan is not medically necessary.", True),
        ("Upheld", "The first visit was medically necessary. The scan is not medically necessary.", False),
        ("Upheld", "The administrator says that the request is medically necessary. The scan is not supported.", False),
        ("Upheld", "The request is medically necessary. She was seen. The scan is not medically necessary.", True),
        ("Overturned", "Thus this request is not medically necessary. She was seen. The scan is needed.", True),
        ("Upheld", "The denial is reversed. She was seen in May. The scan is not medically necessary.", True),
        ("Upheld", "As such, medical necessity is established. Yes. The scan is not medically necessary.", True),
        ("Upheld", "A related request is medically necessary. She was seen. The scan is not needed.", False),
        ("Upheld", "The request is supported by the ODG. The MTUS differs. The scan is not needed.", False),
        ("Overturned", "The request is not appropriate for acute pain. It is chronic. The scan is needed.", False),
        ("Upheld", "The first request was medically necessary. She was seen. The scan is not needed.", False),
        ("Overturned", "UR wrote that the request is not medically necessary. Yes. The scan is needed.", False),
        ("Overturned", "The request is neither clearly supported nor clearly refuted.", False),
        ("Upheld", "It has yet to be shown that the scan is medically necessary.", False),
        ("Overturned", "Despite the lack of a trial, the scan is medically necessary.", False),
        ("Overturned", "UR denied the scan as not medically necessary; I disagree.", False),
        ("Upheld", "[Note: this decision was later amended] The scan is not medically necessary.", True),
        ("Upheld", "The scan [sic] is not medically necessary [sic].", False),
        ("Upheld", "The scan is not medically necessary (but see addendum).", True),
        ("Upheld", "The scan is not medically necessary (ODG, Knee Chapter).", False),
        ("Upheld", "The scan is not medically necessary. Pending quality review.", True),
        ("Upheld", "The scan is not medically necessary. The scan is pending.", False),
        ("Upheld", "The scan is not medically necessary. This was revised on 5/1/2013.", True),
    ],
)
def test_a_rationale_that_contradicts_its_outcome_is_told(outcome: str, closing: str, is_told: bool) -> None:
    letter = LETTER.replace("MRI of the left knee: Upheld", f"MRI of the left knee: {outcome}")
    found = read(letter.replace("The\nscan is not medically necessary.", closing)).diagnostics
    assert ("outcome_contradicts_rationale" in {diagnostic.code for diagnostic in found}) is is_told


@pytest.mark.parametrize(
    ("closing", "is_told"),
    [
        ("The rest is medically necessary.", False),
        ("The course should go ahead. She lives alone.", False),
        ("The course should go ahead. She lives alone. She cooks.", True),
        ("She cooks.", True),
    ],
)
def test_a_last_rationale_without_a_verdict_is_told(closing: str, is_told: bool) -> None:
    found = read(LETTER.replace("The rest is medically necessary.", closing)).diagnostics
    assert ("no_verdict" in {diagnostic.code for diagnostic in found}) is is_told


@pytest.mark.parametrize("row", vocabulary("verdict_words"), ids=lambda row: row["example"])
def test_each_word_of_a_verdict_matches_its_example(row: dict[str, str]) -> None:
    assert re.search(row["pattern"], row["example"], re.IGNORECASE)


@pytest.mark.parametrize(
    ("closing", "outcome"),
    [
        ("Nothing in the file shows that hand therapy, 3 visits a week, is medically necessary.", "Upheld"),
        ("Medical necessity has not been established.", "Upheld"),
        ("The prior denial is overturned.", "Overturned"),
        ("Six visits are medically necessary. See page 12.", "Overturned"),  # the last sentence with an outcome
        ("A scan was not medically necessary. Six visits are medically necessary.", "Overturned"),  # the last
        ("Six visits are not medically necessary. The decision was overturned on appeal.", None),
        ("The requested visits are medically necessary. They are not medically necessary.", None),
        ("The denial is upheld. Six visits are medically necessary.", None),
        ("Without a new injury six visits are medically necessary only in rare cases, and none is shown.", None),
        ("Six of twelve visits are medically necessary.", None),
        ("The surgeon states that six visits are medically necessary.", None),
        ("I disagree that six visits are not medically necessary.", None),
        ("Six visits are not medically unnecessary.", None),
        ("Six visits are medically necessary pending a scan.", None),
        ("The surgery was medically necessary. He had 24 visits. He should exercise.", None),
        ("A cane is medically necessary. It was not asked for.", None),
        ("Past visits were medically necessary. He was seen in May.", None),
        ("Opioids are not medically necessary for acute pain. His is chronic. The dose is stable.", None),
        ("The request is not medically necessary. He was seen in May. Motion is reduced.", "Upheld"),
        ("Therefore six visits are medically necessary. He was seen in May. Motion is reduced.", "Overturned"),
        ("UR was wrong.", None),
        ("Six visits are as likely as not medically necessary.", None),
        ("More visits are medically necessary to complete six visits.", None),
        ("Six visits are not medically necessary in full.", None),
        ("Six visits are medically necessary, less the last two.", None),
        ("Six visits are neither clearly supported nor clearly refuted.", None),
        ("The criteria for the request are neither met nor unmet.", None),
        ("Six visits are medically necessary. The request can be argued either way.", None),
        ("Six visits are medically necessary for this patient at this time, as rest did not help.", "Overturned"),
        ("The first six visits are medically necessary.", None),
        ("Two visits are medically necessary. The others are not medically necessary. See page 12.", None),
        ("Four visits are medically necessary. Six were requested.", None),
        ("After four visits, six visits are medically necessary.", "Overturned"),
        ("Hand therapy is not medically necessary for six visits.", None),
        ("The denial of the splint is upheld, and the therapy is approved.", None),
        ("Hand therapy is medically necessary. Six visits are not.", None),
        ("Hand therapy is medically necessary. Four visits are sent for.", None),
        ("Hand therapy is medically necessary. The request as it stands exceeds it, but half is supported.", None),
        (
            "Hand therapy is not medically necessary. The therapy is medically necessary. It is not medically"
            " necessary.",
            None,
        ),
        ("The request is not medically necessary. I withdraw this opinion.", None),
        ("UR found the visits not medically necessary. I do not concur.", None),
        ("Six visits are not medically necessary (MTUS, page 12).", "Upheld"),
    ],
)
def test_a_professional_review_is_decided_by_its_closing(closing: str, outcome: str | None) -> None:
    text = PROFESSIONAL.replace("Therefore, six visits are not medically necessary.", closing)
    if outcome is None:
        with pytest.raises(LetterError, match="states no outcome"):
            read(text, "CM13-0000004")
    else:
        assert read(text, "CM13-0000004").requests[0].outcome == outcome


@pytest.mark.parametrize(
    ("request_text", "closing", "is_told"),
    [
        ("hand therapy", "Therefore, hand therapy is not medically necessary.", False),
        ("hand therapy", "Since rest helped him at home, the request is not medically necessary.", False),
        ("hand therapy", "A short course of hand therapy is medically necessary.", True),
        ("hand therapy", "The request is not medically necessary. See page 12.", True),
        ("hand therapy and a splint", "Hand therapy is medically necessary.", True),
        ("hand therapy and a splint", "Hand therapy and the splint are medically necessary.", False),
        ("hand therapy and a splint", "The request is medically necessary.", False),
    ],
)
def test_a_verdict_of_a_professional_review_in_unusual_words_is_told(
    request_text: str, closing: str, is_told: bool
) -> None:
    text = PROFESSIONAL.replace("six visits of hand therapy", request_text)
    found = read(text.replace("Therefore, six visits are not medically necessary.", closing), "CM13-0000004")
    assert ("unusual_verdict" in {one.code for one in found.diagnostics}) is is_told


@pytest.mark.parametrize(
    ("behind", "is_told"),
    [
        ("Hold.", True),
        ("Ignore the above.", True),
        ("See page 12.", False),
        ("Denied.", False),
        ("Weaning is advised.", False),
        ("She " + "was seen in May and " * 8 + "in June.", False),
    ],
)
def test_a_short_sentence_behind_the_verdict_of_a_rationale_within_a_letter_is_told(behind: str, is_told: bool) -> None:
    found = read(LETTER.replace("scan is not medically necessary.", f"scan is not medically necessary. {behind}"))
    assert ("unusual_verdict" in {one.code for one in found.diagnostics}) is is_told


def test_a_date_that_a_line_breaks_is_no_title_behind_the_letter() -> None:
    closing = "Three more sessions are medically necessary. They were asked for " + "by her physician " * 8 + "again.\n"
    letter = read(
        LETTER.replace("The rest is medically necessary.", closing + "On August\n3, 2015 they began. They help.")
    )
    assert letter.requests[-1].rationale_text is not None
    assert letter.requests[-1].rationale_text.endswith("On August 3, 2015 they began. They help.")
    assert not [one for one in letter.diagnostics if "On August" in one.message[:60]]


def test_each_guideline_label_is_found_before_labels_within_lines_are_searched() -> None:
    rows = [row for row in vocabulary("labels") if row["layout"].startswith("labelled_outcomes")]
    examples = [row["example"] for row in rows if row["name"].endswith("_guideline")]
    assert len(examples) == 4
    assert all(labelled_outcomes._GUIDELINE_LABEL.search(example.lower()) for example in examples)
