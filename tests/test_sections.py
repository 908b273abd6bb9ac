"""Test where the sections of a letter and its requests begin and end."""

import re
from contextlib import suppress

import pytest
from conftest import DECISIONS, DETERMINATION, HEADER, ITEMS, LETTER, SUMMARY

from imrdata.errors import LetterError
from imrdata.letters.found import collapse
from imrdata.letters.layouts import find_outline
from imrdata.letters.layouts.request_start import ends_paragraph
from imrdata.letters.reading import read_text
from imrdata.letters.text import letter_text
from imrdata.letters.text.cleaning import clean


def requests_of(letter: str) -> list[tuple[str, str]]:
    text = clean(letter)
    return [(collapse(text[slice(*item.request)]), item.outcome) for item in find_outline(text).items]


MRI = ("MRI of the left knee", "Upheld")
ACUPUNCTURE = (
    "Acupuncture 18 sessions was the original request. Acupuncture 6 sessions was authorized by the Claims "
    "Administrator. The remaining IMR eligible portion of the original request, Acupuncture 12 sessions is",
    "Overturned",
)


def test_names_and_cover() -> None:
    text = clean(LETTER)
    sections = find_outline(text).sections
    assert [section.name for section in sections] == [
        "header", "determination", "reviewer", "clinical_summary", "decisions",
        "request", "claims_administrator_guideline", "reviewer_guideline", "rationale",
        "request", "claims_administrator_guideline", "reviewer_guideline", "rationale",
    ]  # fmt: skip
    assert "".join(text[section.start : section.end] for section in sections) == text


@pytest.mark.parametrize(("words", "is_end"), [(45, True), (30, False)])
def test_a_line_ends_a_paragraph_where_lines_are_long_or_the_next_word_had_room(words: int, is_end: bool) -> None:
    line = " ".join(["word"] * words)  # of 224 characters: a text without line breaks; of 149: the width of its page
    text = f"{line}\nAnother sentence."
    assert ends_paragraph(text, 0, len(line), len(text)) is is_end


@pytest.mark.parametrize(("length", "is_end"), [(64, True), (68, False)])  # a full line may end 8 characters early
def test_a_line_ends_a_paragraph_where_a_tenth_of_the_page_was_left_beside_the_next_word(
    length: int, is_end: bool
) -> None:
    text = "\n".join(["w" * 80] * 20 + ["w" * length, "Brace"])
    assert ends_paragraph(text, 0, len(text) - 6, len(text)) is is_end


@pytest.mark.parametrize(
    ("heading", "request_text"),
    [
        ("Norco 10/325mg #60: Upheld", "Norco 10/325mg #60"),
        ("Associated surgical service: Pre-op labs: CBC: Upheld", "Associated surgical service: Pre-op labs: CBC"),
        ("X-ray of the wrist is: Upheld", "X-ray of the wrist is"),
        ("Cold therapy unit for the left shoulder, with\npads and wraps:\nUpheld",
         "Cold therapy unit for the left shoulder, with pads and wraps"),
        ("Physical therapy for the\fneck: Upheld", "Physical therapy for the neck"),  # a page ends in the heading
        ("Norco 10/325mg, one tab. twice a day, qty.\n60 for the pain that came back after the fall:\nUpheld",
         "Norco 10/325mg, one tab. twice a day, qty. 60 for the pain that came back after the fall"),
        ("Norco 10/325mg, which may be taken with or without food by mouth, one tab up to twice a day, qty.\n"
         "60: Upheld",
         "Norco 10/325mg, which may be taken with or without food by mouth, one tab up to twice a day, qty. 60"),
        ("Flector patch ; Upheld.", "Flector patch"),
        ("Flector patch: Outcome - Upheld", "Flector patch"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [1, 2])
def test_headings(heading: str, request_text: str, place: int) -> None:
    item = ITEMS[0].replace("MRI of the left knee: Upheld", heading)
    items = [item, ITEMS[0]] if place == 1 else [ITEMS[0], item]
    found = requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + "".join(items))
    assert found[place - 1] == (request_text, "Upheld")
    assert found[2 - place] == MRI


@pytest.mark.parametrize("word", [
    "Partially Overturned", "Not Upheld", "Upheld in part", "Modified", "[X] Upheld [ ] Overturned",
    "Upheld / Overturned", "Modified and Upheld", "Cannot be overturned", "No longer Upheld", "Mostly Upheld",
    "Neither Upheld nor Overturned",
    "Moot: Upheld", "Not eligible; Overturned", "Un-Upheld",
    "Upheld; amended: Overturned", "Pending; Upheld", "Deferred: Upheld", "Rescinded; Overturned",
])  # fmt: skip
def test_an_outcome_that_is_neither_is_refused(word: str) -> None:
    with pytest.raises(LetterError, match=r"neither Upheld nor Overturned|also contain an outcome") as caught:
        requests_of(LETTER.replace(": Upheld", f": {word}"))
    assert caught.value.reason == "unclear_outcome"


def test_a_request_with_full_stops_begins_at_its_first_word() -> None:
    heading = "Left knee arthroscopy, with chondroplasty of the patella, and a medial meniscectomy.\nAssistant surgeon"
    found = requests_of(LETTER.replace("Acupuncture 18 sessions was", heading + ": Upheld\n" + "\n".join(
        ITEMS[0].split("\n")[1:]) + "Acupuncture 18 sessions was"))  # fmt: skip
    assert found == [MRI, (heading.replace("\n", " "), "Upheld"), ACUPUNCTURE]


@pytest.mark.parametrize(
    "closing",
    [
        "What was asked for by the doctor of the cook who fell in the kitchen cannot be deemed medically necessary\n"
        "without further evidence of a benefit that outweighs the risks of it.",
        "It is not recommended\nfor chronic pain conditions of the knee.",
    ],
)
def test_a_closing_word_at_a_lines_end_may_stand_in_a_sentence(closing: str) -> None:
    first = ITEMS[0].replace("The\nscan is not medically necessary.", closing)
    assert requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[1]) == [MRI, ACUPUNCTURE]


def test_a_short_sentence_after_a_full_line_is_refused_and_not_guessed() -> None:
    first = ITEMS[0].replace(
        "The\nscan is not medically necessary.",
        "The cook can stand at her stove for the whole of a day, and she walks home after.\nContinued usage of gains.",
    )
    with pytest.raises(LetterError, match="cannot be separated"):
        requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[0])


@pytest.mark.parametrize(("rest", "is_read"), [("nor rest.", True), ("nor rest", False)])
def test_where_a_paragraph_is_a_line_a_request_follows_the_end_of_a_sentence(rest: str, is_read: bool) -> None:
    closing = "The cook has not had therapy of any kind for her knee since the fall in the kitchen, " * 3 + rest
    first = ITEMS[0].replace("The\nscan is not medically necessary.", closing)
    letter = HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[0]
    if is_read:
        assert requests_of(letter) == [MRI, MRI]
    else:
        with pytest.raises(LetterError, match="cannot be separated"):
            requests_of(letter)


@pytest.mark.parametrize(
    "words", ["MRI of the left knee per ODG", "MRI of the left knee (MTUS guidelines support one)"]
)
def test_a_first_request_may_name_a_guideline(words: str) -> None:
    assert requests_of(LETTER.replace("MRI of the left knee:", f"{words}:")) == [(words, "Upheld"), ACUPUNCTURE]


def test_labels_within_lines_count_beside_those_at_line_starts() -> None:
    one_line = " ".join(ITEMS[1].split())
    letter = HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0] + one_line
    assert requests_of(letter) == [MRI, ACUPUNCTURE]
    with pytest.raises(LetterError, match="cut off within a request"):
        requests_of(letter[: letter.rindex("Decision rationale:")])


def test_an_outcome_behind_the_last_verdict_is_of_a_request_without_labels() -> None:
    letter = HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0]
    with pytest.raises(LetterError, match="2 outcomes but 1 labelled requests"):
        requests_of(letter + re.sub("guideline:|rationale:|The rest is medically necessary", "-", ITEMS[1]))


def test_the_header_may_be_on_the_line_of_the_first_request() -> None:
    letter = read_text(" ".join(LETTER.split()))
    assert letter.decision_date == read_text(LETTER).decision_date is not None


@pytest.mark.parametrize(
    "line",
    [
        "The cook is a 40 year old woman who sustained a burn, and the",
        "Priority: Expedited",
        "Decision Date: 01/05/2017",
        "01/05/2017",
        "Page 3",
        "3 of 5",
        "This decision is reversed.",
        "ORDER",
        "ORDERED, ADJUDGED AND DECREED:",
        "CM16-0000999",
        "RECEIVED",
        "VOID",
    ],
)
def test_a_line_of_other_words_above_a_request_refuses_or_is_no_part_of_it(line: str) -> None:
    with pytest.raises(LetterError, match="cannot be separated"):
        requests_of(LETTER.replace("\nMRI of the left knee:", f"\n{line}\nMRI of the left knee:"))
    with suppress(LetterError):
        assert requests_of(LETTER.replace("\nAcupuncture 18", f"\n{line}\nAcupuncture 18")) == [MRI, ACUPUNCTURE]


@pytest.mark.parametrize(
    "words",
    [
        "Morphine sulfate sustained release 15 mg #60",
        "Reversed total shoulder arthroplasty",
        "Review of reports x 2",
        "Ergonomic mouse for a left handed worker",
        "Consultation for complaints of abdominal pain",
        "Norco #90 (6 refills have been approved)",
    ],
)
def test_words_that_are_also_those_of_a_summary_may_be_of_a_request(words: str) -> None:
    assert requests_of(LETTER.replace("MRI of the left knee:", f"{words}:")) == [(words, "Upheld"), ACUPUNCTURE]


def test_a_modified_request_with_lines_of_a_rationale_is_refused() -> None:
    words = "authorized by the Claims"
    with pytest.raises(LetterError, match="cannot be separated"):
        requests_of(LETTER.replace(words, f"The cook had rest, and she was seen again.\n{words}"))


@pytest.mark.parametrize("label", ["\nDecision", " Outcome", ": Final", ". Final determination", ":"])
def test_a_label_of_the_outcome_is_no_part_of_the_request(label: str) -> None:
    assert requests_of(LETTER.replace("MRI of the left knee:", f"MRI of the left knee{label}:")) == [MRI, ACUPUNCTURE]


def test_a_numbered_request_may_name_a_guideline() -> None:
    letter = LETTER.replace("MRI of the left knee:", "1. MRI of the left knee per ODG:")
    letter = letter.replace("Acupuncture 18", "2. MTUS acupuncture 18")
    first, second = requests_of(letter)
    assert (first[0], second[0]) == ("MRI of the left knee per ODG", ACUPUNCTURE[0].replace("Acu", "MTUS acu", 1))


@pytest.mark.parametrize(
    ("words", "is_read"),
    [
        ("Acupuncture per ODG", True),
        ("Zolpidem 5mg #30, which she does not tolerate at 10mg", False),  # "she" is of a summary
        ("Zolpidem 5mg #30, which does not help at 10mg, to be taken at night with a refill for a\nmonth", True),
        ("Zolpidem 5mg #30, which does not help\nat 10mg", False),
        ("Acupuncture per ODG. Six visits", False),
        ("per ODG", False),
    ],
)
def test_a_request_in_its_own_paragraph_behind_a_verdict_may_have_words_of_a_sentence(
    words: str, is_read: bool
) -> None:
    letter = HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0] + ITEMS[0].replace("MRI of the left knee", words)
    if is_read:
        assert requests_of(letter) == [MRI, (words.replace("\n", " "), "Upheld")]
    else:
        with pytest.raises(LetterError, match="cannot be separated"):
            requests_of(letter)


def test_an_introduction_that_leaks_into_the_request_is_refused() -> None:
    with pytest.raises(LetterError, match="introduction") as caught:
        requests_of(LETTER.replace("The Final Determination was based on", "This final decision rests upon"))
    assert caught.value.reason == "unclear_request"


def test_numbers_before_the_requests_are_none_of_their_words() -> None:
    letter = LETTER.replace("MRI of the left", "1. MRI of the left").replace("Acupuncture 18", "2. Acupuncture 18")
    assert requests_of(letter) == [MRI, ACUPUNCTURE]
    assert requests_of(LETTER.replace("MRI of the left", "3. MRI of the left"))[0][0] == "3. MRI of the left knee"


def test_a_line_of_prose_that_begins_like_a_heading_is_none() -> None:
    letter = LETTER.replace("knee still hurts", "documents reviewed include a note of her\nknee, which still hurts")
    letter = letter.replace(
        "The guideline asks for one.", "The\nclinical case summary and the\ndocuments reviewed say so."
    )
    assert requests_of(letter) == [MRI, ACUPUNCTURE]
    assert "documents_reviewed" not in {section.name for section in find_outline(clean(letter)).sections}


def test_labels_within_lines_are_found_where_lines_are_lost() -> None:
    letter = LETTER.replace("\nMAXIMUS guideline", " MAXIMUS guideline").replace(
        "\nDecision rationale", " Decision rationale"
    )
    assert requests_of(letter) == [MRI, ACUPUNCTURE]


@pytest.mark.parametrize(
    "ending",
    [
        "The scan is not medically necessary.",
        "The scan is not medically necessary",  # the period is lost
        "The request was \u201cnot indicated.\u201d",
        "It was asked for by phone (see the note of 11-02-2016.)",
    ],
)
def test_a_request_begins_after_the_rationale_before_it(ending: str) -> None:
    first = ITEMS[0].replace("The\nscan is not medically necessary.", ending)
    assert requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[1]) == [MRI, ACUPUNCTURE]


LOST_STOP = (
    "Decision rationale: The file of the worker shows no sign of any kind of a torn ligament in her knee, and\n"
    "a guideline asks for one, so that the scan which her doctor wants is {closing}\n"
)


def test_a_lost_full_stop_before_a_short_line_end() -> None:
    stop = LOST_STOP.replace("which her doctor wants ", "")
    first = ITEMS[0][: ITEMS[0].index("Decision rationale")] + stop.format(closing="denied")
    found = requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[0])
    assert found == [MRI, MRI]


def test_a_lost_full_stop_before_a_full_line_is_refused() -> None:
    first = ITEMS[0][: ITEMS[0].index("Decision rationale")] + LOST_STOP.format(closing="denied for the time being")
    with pytest.raises(LetterError, match="cannot be separated"):
        requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[0])


def test_the_modification_in_the_summary_is_no_request() -> None:
    summary = SUMMARY + "Acupuncture 18 sessions was the original request. It is: Upheld by nobody.\n"
    assert requests_of(HEADER + DETERMINATION + summary + DECISIONS + "".join(ITEMS)) == [MRI, ACUPUNCTURE]


def test_outcome_words_in_prose_are_no_outcome() -> None:
    first = ITEMS[0].replace("The guideline asks for one.", "An earlier denial was overturned; another was upheld.")
    assert requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + first + ITEMS[1]) == [MRI, ACUPUNCTURE]


def test_headings_broken_over_lines_and_pages() -> None:
    letter = LETTER.replace("IMR ISSUES, DECISIONS AND RATIONALES", "IMR ISSUES, DECISIONS\n\f\nAND RATIONALES")
    letter = letter.replace("Claims Administrator guideline:", "Claims\nAdministrator guideline:")
    assert requests_of(letter) == [MRI, ACUPUNCTURE]


def test_markdown_html_and_plain_text_are_one_letter() -> None:
    plain = letter_text(LETTER.encode()).text
    marked = LETTER.replace("Claims Administrator guideline:", "\n**Claims Administrator guideline:**")
    marked = marked.replace("MAXIMUS guideline:", "\n**MAXIMUS guideline:**")
    marked = marked.replace("Decision rationale:", "\n**Decision rationale:**")
    marked = marked.replace("MRI of the left knee:", "\n**MRI of the left knee:**")
    marked = marked.replace("Acupuncture 18", "\nAcupuncture 18").replace("CLINICAL CASE", "\n### CLINICAL CASE")
    assert requests_of(letter_text(marked.encode()).text) == requests_of(plain) == [MRI, ACUPUNCTURE]


@pytest.mark.parametrize(
    ("letter", "reason", "message"),
    [
        ("An invoice over 12 dollars.\nThank you.", "not_a_letter", "labels found: none; labels missed: "),
        (HEADER + DETERMINATION, "no_outcome", "labels found: 'HOW THE IMR FINAL DETERMINATION WAS MADE', "),
        (HEADER + DETERMINATION + SUMMARY + DECISIONS, "no_outcome", "decides no treatment request"),
        (LETTER.replace(": Upheld\n", "\n"), "no_outcome", "request 1 has no outcome"),
        (LETTER.replace("MRI of the left knee: Upheld", "Upheld"), "no_request_text", "an outcome but no words"),
        (LETTER[: LETTER.index("MAXIMUS guideline", 1500)], "cut_off", "cut off within a request"),
        (LETTER[: LETTER.index("brought her back")], "cut_off", "its last rationale does not end"),
        (LETTER.replace("MAXIMUS guideline:", "MAXIMUS says:", 1), "labels_do_not_add_up", "'MAXIMUS guideline:' 1"),
        (LETTER.replace("Claims Administrator guideline:", "Someone:", 1).replace("MAXIMUS guideline:", "Maxi:", 1)
         .replace("Decision rationale:", "Reason:", 1), "labels_do_not_add_up", "2 outcomes but 1 labelled"),
        (LETTER + LETTER, "several_letters", "are repeated"),
    ],
)  # fmt: skip
def test_letters_that_cannot_be_read(letter: str, reason: str, message: str) -> None:
    with pytest.raises(LetterError, match=re.escape(message)) as caught:
        find_outline(clean(letter))
    assert caught.value.reason == reason
    assert caught.value.step == "sections"


def test_a_letter_without_a_summary_still_reads() -> None:
    assert requests_of(HEADER + DETERMINATION + DECISIONS + "".join(ITEMS)) == [MRI, ACUPUNCTURE]


COURT = "WORKERS' COMPENSATION APPEALS BOARD\nCase No. ADJ1234567\nThe letter reads:\n"
PROSE = "The applicant was given this letter by her adjuster, who had kept it for long.\n"
PROOF = "PROOF OF SERVICE BY MAIL\nI am a resident of the County of Sacramento.\n"
ORDER = "For these reasons IT IS ORDERED that the determination is REVERSED.\n"


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        (HEADER + DETERMINATION + SUMMARY + "".join(ITEMS), "cut_off"),  # no heading of the decisions
        (HEADER + SUMMARY + DECISIONS + "".join(ITEMS), "cut_off"),
        (DETERMINATION + SUMMARY + DECISIONS + "".join(ITEMS), "cut_off"),  # no header
        ("Case Number: CM16-0000123\nThe rest is lost.\n" + DETERMINATION + DECISIONS + "".join(ITEMS), "cut_off"),
        (LETTER.replace("CLINICAL CASE", "IMR Case Number: CM16-0000999\nCLINICAL CASE"), "several_letters"),
        (LETTER.replace("CLINICAL CASE", "Case #: CM16-0000999\nCLINICAL CASE"), "several_letters"),
        (HEADER + SUMMARY + DETERMINATION + DECISIONS + "".join(ITEMS), "several_letters"),  # out of order
        (HEADER + DETERMINATION + ITEMS[0] + SUMMARY + DECISIONS + ITEMS[1], "labels_do_not_add_up"),
        (
            LETTER.replace("CLINICAL CASE", "MRI Overturned\nCT Upheld\nCLINICAL CASE"),
            "labels_do_not_add_up",
        ),  # a table
        (LETTER + ITEMS[1], "repeated_request"),
        (
            HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0] + DECISIONS.partition("\n")[2] + ITEMS[1],
            "labels_do_not_add_up",
        ),
        (LETTER + ITEMS[1].replace("rest", "rost"), "repeated_request"),
        (
            LETTER.replace("MRI of the left knee: U", "of pain. A scan is not needed.\nMRI of the left knee: U"),
            "unclear_request",
        ),
        (LETTER + "We return the matter to the administrative director.\n", "not_a_decision"),
        (LETTER + HEADER, "several_letters"),
        (LETTER + "MEDICAL PROFESSIONAL REVIEW\nISSUE AT DISPUTE:\nA brace.\n", "several_letters"),
        (LETTER + "Notice of Independent Medical Review Determination\n", "several_letters"),
        (LETTER + ORDER, "not_a_decision"),
        (LETTER + "ERRATUM: the second request is upheld.\n", "unclear_outcome"),
        (LETTER + "Note: the above outcome was changed on reconsideration.\n", "unclear_outcome"),
        ("THIS DETERMINATION WAS RESCINDED\n" + LETTER, "not_a_decision"),
        (COURT + LETTER, "not_a_decision"),
        (PROSE + LETTER, "text_before_letter"),
    ],
)
def test_letters_that_are_not_whole_or_not_one_are_refused(letter: str, reason: str) -> None:
    with pytest.raises(LetterError) as caught:
        find_outline(clean(letter))
    assert caught.value.reason == reason


@pytest.mark.parametrize("label", ["Case ID:", "IMR Number:", "IMR #:", "UR Appeal Date: 11/10/2016\nIMR Case No.:"])
def test_wordings_of_the_header_are_read(label: str) -> None:
    assert read_text(clean(LETTER.replace("Case Number:", label, 1))).case_number == "CM16-0000123"


@pytest.mark.parametrize("words", ["the denial was Upheld\nby the reviewer", "it was not upheld\nThe"])
def test_an_outcome_in_a_sentence_is_no_row_of_a_table(words: str) -> None:
    assert requests_of(LETTER.replace("IMR ISSUES", f"{words} end.\nIMR ISSUES")) == [MRI, ACUPUNCTURE]


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (LETTER + PROOF, "text_after_letter"),
        (LETTER + "Sincerely,\nA. Director\n", "text_after_letter"),
        (LETTER + "cc: Claims administrator\n", "text_after_letter"),
        (LETTER + "You have the right to appeal within 30 days.\n", "text_after_letter"),
        (LETTER + "*** END OF DOCUMENT ***\n", "text_after_letter"),
        ("For the file\n" + LETTER, "text_before_letter"),
        (HEADER + DETERMINATION + DECISIONS + "".join(ITEMS), "missing_section"),
    ],
)
def test_what_is_told_of_a_letter(letter: str, code: str) -> None:
    text = clean(letter)
    outline = find_outline(text)
    assert [one.code for one in outline.diagnostics] == [code]
    assert requests_of(letter) == [MRI, ACUPUNCTURE]
    assert text[slice(*(outline.items[1].rationale or (0, 0)))].strip().endswith("The rest is medically necessary.")


@pytest.mark.parametrize(
    ("closing", "behind", "is_told", "is_cut"),
    [
        (
            "The rest is\nmedically necessary.",
            "The writer is a nurse in Fresno, and sent this to a friend.",
            True,
            True,
        ),
        ("The rest is medically necessary.", "The writer is a nurse in Fresno.", True, False),  # no paragraph ends
        ("The rest is\nmedically necessary.", "All in all, both are medically necessary.", False, False),
        ("The rest is medically necessary. We conclude that the determination was wrong.", "", True, False),
        ("The rest is\nmedically necessary.", "We conclude that the determination was wrong.", True, True),
        ("The rest was denied. The undersigned disagrees.", "", True, False),
        ("We find that the rest is medically necessary.", "", True, False),
        ("The rest is medically necessary. This note is kept in a file.", "", True, False),
        ("The rest is medically necessary. A slow taper of the drug is safe.", "", False, False),
        ("The rest is medically necessary for Dr. Smith.", "", False, False),
        ("The office visit and the firm mattress are medically necessary.", "", False, False),
    ],
)
def test_words_behind_the_last_verdict_are_told(closing: str, behind: str, is_told: bool, is_cut: bool) -> None:
    outline = find_outline(clean(LETTER.replace("The rest is medically necessary.", closing) + behind))
    assert [one.code for one in outline.diagnostics] == ["text_after_letter"] * is_told
    assert (outline.sections[-1].name == "text_after_letter") is is_cut


@pytest.mark.parametrize("space", [" ", "\n"])
def test_a_sentence_that_changes_the_verdict_before_it_refuses_the_letter(space: str) -> None:
    with pytest.raises(LetterError) as caught:
        find_outline(clean(LETTER + f"{space}The request was later authorized by the adjuster.\n"))
    assert caught.value.reason == "unclear_outcome"


@pytest.mark.parametrize(
    "sentence",
    [
        "After further review, the request is not supported.",
        "The request was later authorized in part.",
        "The patient has since approved of surgery.",
    ],
)
def test_a_rationale_may_tell_of_other_decisions_before_its_verdict(sentence: str) -> None:
    letter = LETTER.replace(
        "The rest is medically necessary.", f"It is old.\n{sentence}\nThe rest is medically necessary."
    )
    assert sentence in letter
    assert find_outline(clean(letter)).diagnostics == ()


@pytest.mark.parametrize(
    ("first_mark", "second_mark"),
    [
        *((style.format(1), style.format(2)) for style in ("{}.", "{})", "{}.)", "{}:", "{} -", "({})", "[{}]")),
        *((style.format(1), style.format(2)) for style in ("#{}", "Request {}:", "Request #{}:", "No. {}")),
        ("Disputed Item 1.", "Disputed Item 2."),
        *(("1 of 2:", "2 of 2:"), ("I.", "II."), ("i)", "ii)"), ("a.", "b."), ("(A)", "(B)"), ("\u2460", "\u2461")),
        *(
            ("Dispute 1:", "Dispute 2:"),
            ("Decision for item 1:", "Decision for item 2:"),
            ("1st request:", "2nd request:"),
        ),
        *(("-", ""), ("\u2022", ""), ("\u2192", "\u2192"), ("o", "o"), ("\uf0b7", "\uf0b7")),
        *(("First:", "Second:"), ("1/2", "2/2"), ("Request one:", "Request two:"), ("Item#1", "Item#2")),
        *(("#1", ""), ("1.", "1."), ("", "2."), ("1/3:", ""), ("Item 1 -", "")),
    ],
)
def test_numbers_and_bullets_of_every_style_are_none_of_the_words(first_mark: str, second_mark: str) -> None:
    letter = LETTER.replace("MRI of the left knee: U", f"{first_mark} MRI of the left knee: U")
    letter = letter.replace("Acupuncture 18 sessions was", f"{second_mark} Acupuncture 18 sessions was")
    text = clean(letter)
    first = find_outline(text).items[0]
    assert requests_of(letter) == [MRI, ACUPUNCTURE]
    assert text[slice(*(first.rationale or (0, 0)))].strip().endswith("scan is not medically necessary.")


@pytest.mark.parametrize(
    ("first_mark", "second_mark", "is_read"),
    [("1.", "3.", False), ("2)", "3)", False), ("#1", "#3", False), ("#30", "#60", True), ("2.", "1.", True)],
)
def test_a_number_that_is_skipped_is_of_a_lost_request(first_mark: str, second_mark: str, *, is_read: bool) -> None:
    letter = LETTER.replace("MRI of the left knee: U", f"{first_mark} MRI of the left knee: U")
    letter = letter.replace("Acupuncture 18 sessions was", f"{second_mark} Acupuncture 18 sessions was")
    if is_read:
        assert [words.split()[0] for words, _ in requests_of(letter)] == [first_mark, second_mark]
    else:
        with pytest.raises(LetterError, match="the requests are numbered"):
            requests_of(letter)


@pytest.mark.parametrize("words", ["1/2 tablet of Norco", "(1) brace", "I.V. fluids", "A-V graft", "1 - level fusion"])
def test_an_amount_or_an_abbreviation_is_no_number_of_a_request(words: str) -> None:
    assert requests_of(LETTER.replace("MRI of the left knee:", f"{words}:")) == [(words, "Upheld"), ACUPUNCTURE]


@pytest.mark.parametrize("words", ["Modified barium swallow", "Denied portion: six visits", "Cream (www.example.org)"])
def test_a_request_may_name_a_decision_or_an_address(words: str) -> None:
    assert requests_of(LETTER.replace("MRI of the left knee:", f"{words}:")) == [(words, "Upheld"), ACUPUNCTURE]


@pytest.mark.parametrize(
    "words", ["https://example.org/a ", "file:///C:/a.html ", "Denied ", "Approved: ", "Criteria: pain. ", "Denied.\n"]
)
@pytest.mark.parametrize("request_text", ["MRI of the left knee: U", "Acupuncture 18 sessions was"])
def test_an_address_a_criterion_or_a_decision_never_begins_a_request(words: str, request_text: str) -> None:
    letter = LETTER.replace(request_text, words + request_text)
    if words.endswith("\n") and request_text.startswith("A"):
        assert requests_of(letter) == [MRI, ACUPUNCTURE]  # the line ends the rationale before
    else:
        with pytest.raises(LetterError, match="an address, a criterion or a decision and the words of request"):
            requests_of(letter)


def test_a_letter_alone_on_a_line_is_of_a_watermark() -> None:
    with pytest.raises(LetterError, match="a stamp and the words of request 1"):
        requests_of(LETTER.replace("MRI of the left knee: U", "C\nMRI of the left knee: U"))


def test_a_request_that_occurs_twice_with_a_rationale_that_does_is_refused() -> None:
    again = (
        ITEMS[0].partition("MAXIMUS guideline")[0] + "MAXIMUS guideline" + ITEMS[1].partition("MAXIMUS guideline")[2]
    )
    with pytest.raises(LetterError, match="request 3 occurs twice"):
        requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + "".join(ITEMS) + again)


def test_a_request_of_a_list_with_bullets_may_have_two_lines() -> None:
    heading = "\uf0b7 Therapy for the neck,\nsix visits: Upheld"
    items = ITEMS[0].replace("MRI of", "\uf0b7 MRI of") + ITEMS[0].replace("MRI of the left knee: Upheld", heading)
    found = requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + items)
    assert found == [MRI, ("Therapy for the neck, six visits", "Upheld")]


@pytest.mark.parametrize(
    ("ending", "request_text"),
    [
        ("https://www.example.org/knee\n", "Knee brace"),
        ("Denied\n", "Knee brace"),
        (
            "Cream of baclofen 2%, to be applied twice a day.\n",
            "Cream of baclofen 2%, to be applied twice a day. Knee brace",
        ),
    ],
)
def test_where_a_request_begins(ending: str, request_text: str) -> None:
    item = ending + ITEMS[0].replace("MRI of the left knee", "Knee brace").replace("asks for one", "asks for two")
    assert requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0] + item) == [
        MRI,
        (request_text, "Upheld"),
    ]


@pytest.mark.parametrize("ending", ["Criteria: pain\n", "- swelling\n"])
def test_a_list_above_a_request_is_refused(ending: str) -> None:
    item = ending + ITEMS[0].replace("MRI of the left knee", "Knee brace")
    with pytest.raises(LetterError, match="cannot be separated"):
        requests_of(HEADER + DETERMINATION + SUMMARY + DECISIONS + ITEMS[0] + item)


@pytest.mark.parametrize("words", ["&" * 50_000, "a " * 50_000])
def test_long_lines_above_a_letter_take_no_longer_than_others(words: str) -> None:
    assert [one.code for one in find_outline(clean(f"{words}\n{LETTER}")).diagnostics] == ["text_before_letter"]
