"""Test header tables in the order of each PDF reader, and headers that cannot be read."""

import itertools
import re
from datetime import date

import pytest
from conftest import HEADER, LETTER

import imrdata
from imrdata.errors import LetterError
from imrdata.letters.case_numbers import case_number_in_name, case_numbers_in, header_shape, misprinted_case_number
from imrdata.letters.fields import header_table
from imrdata.letters.fields.header import Header, read_header
from imrdata.letters.reading import read_text
from imrdata.letters.text.cleaning import clean
from imrdata.resources import vocabulary


def found_dates(header: Header) -> dict[str, date]:
    return {name: found.value for name, found in header.dates.items()}


DATES = {
    "assigned_date": date(2016, 11, 18),
    "injury_date": date(2016, 10, 10),
    "decision_date": date(2016, 12, 19),
    "ur_denial_date": date(2016, 11, 9),
    "application_received_date": date(2016, 11, 14),
}
ORDERS = {
    "raw": """Case Number: CM16-0000123
Date Assigned: 11/18/2016 Date of Injury: 10/10/2016
Decision Date: 12/19/2016 UR Denial Date: 11/09/2016
Priority: Standard Application
Received:
11/14/2016""",
    "layout": """Case Number:          CM16-0000123
Date Assigned:        11/18/2016          Date of Injury:      10/10/2016
Decision Date:        12/19/2016          UR Denial Date:      11/09/2016
Priority:             Standard            Application          11/14/2016
                                          Received:""",
    "columns": """Case Number:
Date Assigned:
Decision Date:
Priority:

CM16-0000123
11/18/2016
12/19/2016
Standard

Date of Injury:
UR Denial Date:
Application
Received:

10/10/2016
11/09/2016
11/14/2016""",
    "a value before its label": """Case Number:
Date Assigned:
Decision Date:
Priority:

CM16-0000123
11/18/2016
12/19/2016
Standard

Date of Injury:
10/10/2016
UR Denial Date:   11/09/2016
11/14/2016
Application
Received:""",
    "a line each": """ Case Number:
CM16-0000123
Date Assigned:
11/18/2016
Date of Injury:
10/10/2016
Decision Date:
12/19/2016
UR Denial Date:
11/09/2016
Priority:
Standard
Application
Received:
11/14/2016""",
}


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_gives_the_same_header(order: str) -> None:
    text = clean(ORDERS[order])
    header = read_header(text, len(text))
    assert header.case_number is not None
    assert header.case_number.value == "CM16-0000123"
    assert {name: found.value for name, found in header.dates.items()} == DATES
    assert header.priority is not None
    assert header.priority.value == "Standard"
    assert header.diagnostics == ()


@pytest.mark.parametrize(
    ("usual", "wording"),
    [
        ("UR Denial Date:", "Date of UR Decision:"),
        ("UR Denial Date:", "UR Determination Date:"),
        ("UR Denial Date:", "Date of Utilization Review Decision:"),
        ("UR Denial Date:", "Utilization Review Decision Date:"),  # which ends like a label of another date
        ("Decision Date:", "Date of Decision:"),
        ("Decision Date:", "Date of Final Determination:"),
        ("Decision Date:", "IMR Decision Date:"),
        ("Date Assigned:", "Assigned Date:"),
        ("Date of Injury:", "DOI:"),
        ("Date of Injury:", "Date of Injury;"),
        ("UR Denial Date:", "UR Appeal Denial Date:"),
        ("UR Denial Date:", "U.R. Denial Date:"),
    ],
)
@pytest.mark.parametrize("order", ORDERS)
def test_other_wordings_of_a_label_are_read(order: str, usual: str, wording: str) -> None:
    text = clean(ORDERS[order].replace(usual, wording))
    header = read_header(text, len(text))
    assert found_dates(header) == DATES
    assert header.diagnostics == ()


@pytest.mark.parametrize(
    ("order", "blank", "lost"),
    [
        (
            "a line each",
            "10/10/2016",
            {"injury_date", "decision_date"},
        ),  # it is unclear which label the only date belongs to
        ("a line each", "11/14/2016", {"application_received_date"}),
        ("layout", "10/10/2016", {"injury_date"}),
        ("raw", "10/10/2016", {"injury_date"}),
        ("raw", "11/14/2016", {"application_received_date"}),
        ("columns", "10/10/2016", {"injury_date", "ur_denial_date", "application_received_date"}),
        ("columns", "11/18/2016", {"assigned_date", "decision_date"}),
        ("a value before its label", "10/10/2016", {"injury_date", "application_received_date"}),
    ],
)
def test_a_blank_date_shifts_no_other(order: str, blank: str, lost: set[str]) -> None:
    text = clean(ORDERS[order].replace(blank, ""))
    header = read_header(text, len(text))
    found = {name: one.value for name, one in header.dates.items()}
    assert found.items() <= DATES.items()
    assert set(DATES) - set(found) <= lost
    assert [diagnostic.code for diagnostic in header.diagnostics] == ["unmatched_dates"]


@pytest.mark.parametrize(
    "foreign",
    ["12/20/2016\n{}", "Employee Name: J. R.\nDate of Birth: 01/02/1970\n{}", "{}\nThe scan of 01/02/2016 was clear."],
)
def test_dates_of_others_are_not_taken(foreign: str) -> None:
    text = clean(foreign.format(ORDERS["raw"].replace("10/10/2016", "")))
    header = read_header(text, len(text))
    found = {name: one.value for name, one in header.dates.items()}
    assert found == {name: day for name, day in DATES.items() if name != "injury_date"}


def test_a_misread_character_cuts_no_value_short() -> None:
    text = clean(ORDERS["raw"].replace("CM16-0000123", "CM16-000012G").replace("12/19/2016", "12/19/20l6"))
    header = read_header(text, len(text))
    assert header.case_number is None
    assert "decision_date" not in header.dates
    assert header.dates["ur_denial_date"].value == DATES["ur_denial_date"]


@pytest.mark.parametrize(
    ("line", "priority", "codes"),
    [
        ("Priority: Expedited", "Expedited", []),
        ("Employer: Standard Foods\nPriority: Expedited", "Expedited", ["unknown_header_line"]),
        ("Employer: Standard Foods", None, ["unknown_header_line"]),
        ("Priority: see Standard Foods", None, ["unknown_priority"]),
        ("Priority: Standard Review", "Standard", []),
        ("Priority: Expedited\nPriority: Standard", None, ["priorities_disagree"]),
        ("Priority: Expedited\nPriority: expedited", "Expedited", []),
        ("Priority:\nRegular", "Standard", []),
        ("Priority: Standard (30 days)", "Standard", []),
        ("Priority: Expedited - 72 hours", "Expedited", []),
        ("Priority: Standard / Expedited", None, ["unknown_priority"]),
        ("Priority: Expedited (changed to Standard)", None, ["unknown_priority"]),
        ("Priority: Standard | Date of Injury: 01/02/2016", "Standard", []),
        ("Priority: Urgent", None, ["unknown_priority"]),
        ("Priority:\nUrgent", None, ["unknown_priority"]),
        ("Priority:", None, ["unknown_priority"]),
        ("Priority: N/A", None, []),
        ("Priority Standard", None, ["unknown_priority"]),  # without a colon, which may be of a name
    ],
)
def test_the_priority_is_that_of_its_label(line: str, priority: str | None, codes: list[str]) -> None:
    text = clean(f"Case Number: CM16-0000123\n{line}\n")
    header = read_header(text, len(text))
    assert (header.priority.value if header.priority else None) == priority
    assert [one.code for one in header.diagnostics] == codes


@pytest.mark.parametrize(
    ("printed", "outcome", "codes"),
    [
        ("UPHOLD", "Upheld", []),
        ("PARTIAL OVERTURN", "Partially overturned", []),
        ("MODIFIED", None, ["case_outcome_differs"]),
        ("", None, ["case_outcome_differs"]),
    ],
)
def test_the_outcome_on_a_cover(printed: str, outcome: str | None, codes: list[str]) -> None:
    text = clean(f"Final Determination: {printed}\n{ORDERS['raw']}")
    header = read_header(text, len(text))
    assert header.case_outcome == outcome
    assert [one.code for one in header.diagnostics] == codes


def test_an_unknown_line_is_kept() -> None:
    text = clean(ORDERS["raw"].replace("Priority", "Region Code: 77 B Priority"))
    header = read_header(text, len(text))
    assert header.other == ("Region Code:",)
    assert [diagnostic.code for diagnostic in header.diagnostics] == ["unknown_header_line"]


PRIVATE = (
    "Employee Name|Claims Number|Provider Name|Patient|Applicant|Injured Worker|Attorney|Employer|SSN|Date of Birth"
)


@pytest.mark.parametrize("label", [*PRIVATE.split("|"), "EAMS No", "Insured", "Anything Else"])
def test_no_name_and_no_claim_number_goes_into_a_record(label: str) -> None:
    text = clean(f"{label}: Jane Roe 77 B\n" + ORDERS["raw"])
    header = read_header(text, len(text))
    assert len(header.dates) == len(DATES)
    assert "Roe" not in repr(header)
    assert "77 B" not in repr(header)


@pytest.mark.parametrize(
    ("printed", "in_its_place", "lost"),
    [
        ("10/10/2016", "02/30/2016", {"injury_date"}),
        ("10/10/2016", "00/10/2016", {"injury_date"}),
        ("10/10/2016", "01/02/3026", {"injury_date"}),
        ("10/10/2016", "01/02/1899", {"injury_date"}),
        ("10/10/2016", "03/04/35", {"injury_date"}),  # 2035: after the decision
        ("10/10/2016", "01/02/2021", {"injury_date"}),
        ("10/10/2016", "13/01/2016", set(DATES)),  # the day first: then 11/09/2016 may be the 11th of September
        ("12/19/2016", "12/19/2076", {"decision_date"}),
        ("12/19/2016", "12/19/1916", {"decision_date"}),
        ("12/19/2016", "12/19/2020", {"decision_date"}),
        ("11/18/2016", "11/18/2014", {"assigned_date"}),
        ("11/09/2016", "11/09/2012", {"ur_denial_date"}),  # there was no review before 2013
        ("11/14/2016", "11/14/2018", {"application_received_date"}),
    ],
)
def test_an_impossible_date_is_null_and_told(printed: str, in_its_place: str, lost: set[str]) -> None:
    text = clean(ORDERS["raw"].replace(printed, in_its_place))
    header = read_header(text, len(text))
    assert found_dates(header) == {name: day for name, day in DATES.items() if name not in lost}
    assert [diagnostic.code for diagnostic in header.diagnostics] == ["impossible_date"]


@pytest.mark.parametrize(("year", "decided"), [(26, date(2027, 12, 19)), (27, date(2027, 12, 19)), (26, None)])
def test_a_date_after_next_year_is_null_and_told(year: int, decided: date | None) -> None:
    of_year = str(2000 + year)
    text = LETTER.replace("CM16", f"CM{year}").replace("12/19/2016", "12/19/2027" if decided else "12/19/2028")
    letter = read_text(clean(text.replace("/2016", f"/{of_year}")), last_year=2027)
    assert letter.decision_date == decided
    assert [one.code for one in letter.diagnostics] == ([] if decided else ["impossible_date", "missing_date"])


def test_a_case_number_after_next_year_is_refused() -> None:
    text = LETTER.replace("CM16", "CM38").replace("/2016", "/2038")
    assert read_text(clean(text)).decision_date == date(2038, 12, 19)  # this does not know the time
    with pytest.raises(LetterError, match="in the future") as caught:
        imrdata.read_letter(text)
    assert caught.value.reason == "impossible_case_number"


@pytest.mark.parametrize("year", ["14", "19"])
def test_a_case_number_of_another_year_than_all_dates(year: str) -> None:
    text = clean(ORDERS["raw"].replace("CM16", f"CM{year}").replace("10/10/2016", "10/10/2013"))
    with pytest.raises(LetterError, match=f"the case number is of 20{year}") as caught:
        read_header(text, len(text))
    assert caught.value.reason == "impossible_case_number"


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("12/19/2016", date(2016, 12, 19)),
        ("12-19-2016", date(2016, 12, 19)),
        ("1.2.2016", date(2016, 1, 2)),
        ("December 19, 2016", date(2016, 12, 19)),
        ("Sept. 9, 2016", date(2016, 9, 9)),
        ("Monday, December 19, 2016", date(2016, 12, 19)),
        ("Mon. 12/19/2016", date(2016, 12, 19)),
        ("12/19/16", date(2016, 12, 19)),
        ("03/04/50", date(1950, 3, 4)),
        ("03/04/45", date(1945, 3, 4)),
        ("10/10/16 11/09/16", None),  # it is unclear which labels they belong to
        ("12/19/20 16", None),
        ("1 2/19/2016", None),
        ("12/19/20l6", None),
        ("19 December 2016", date(2016, 12, 19)),
        ("19-Dec-2016", date(2016, 12, 19)),
        ("Dec/19/2016", date(2016, 12, 19)),
        ("December 19th, 2016", date(2016, 12, 19)),
        ("December 19 2016", date(2016, 12, 19)),
        ("CT: 12/19/2016", date(2016, 12, 19)),
        ("Cumulative trauma 12/19/2016", date(2016, 12, 19)),
        ("12/19/2015 to 12/19/2016", None),
        ("12/19/2015\n12/19/2016\nPriority: Standard", None),  # two injuries
        ("12/19/2016\nPriority: Standard", date(2016, 12, 19)),
        ("CT: 12/19/2015 - 12/19/2016", None),
        ("December 19 20161", None),
        ("2016-12-19", None),
        ("12 / 19 / 2016", date(2016, 12, 19)),
        ("12/ 19/2016", date(2016, 12, 19)),
        ("12 -19- 2016", date(2016, 12, 19)),
        ("1 2 / 19 / 2016", None),
        ("10 - 11/09/2016", None),  # not 10/11/09
        ("12/19/2016 (CT)", date(2016, 12, 19)),
    ],
)
def test_a_printed_date(printed: str, read: date | None) -> None:
    text = clean(f"Case Number: CM16-0000123\nDate of Injury: {printed}\n")
    header = read_header(text, len(text))
    assert found_dates(header).get("injury_date") == read
    assert [diagnostic.code for diagnostic in header.diagnostics] == ([] if read else ["unmatched_dates"])


@pytest.mark.parametrize(
    ("before", "found", "codes"),
    [
        ("Decision Date: 12/19/2016\n", DATES, []),
        ("Decision Date: 12/20/2016\n", {"decision_date"}, ["dates_disagree"]),
        ("Fax 01/02/2017 10:22\n", DATES, []),
        ("Printed on 01/02/2017\n", DATES, []),
    ],
)
def test_what_stands_above_the_header(before: str, found: set[str], codes: list[str]) -> None:
    text = clean(before + ORDERS["raw"])
    header = read_header(text, len(text))
    lost = set() if found is DATES else found
    assert found_dates(header) == {name: day for name, day in DATES.items() if name not in lost}
    assert [diagnostic.code for diagnostic in header.diagnostics] == codes


@pytest.mark.parametrize(
    ("in_its_place", "stamp"),
    [("", "12/20/2016 10:22"), ("", "Printed 12/20/2016"), ("", "12/20/2016"), ("[REDACTED]", "12/20/2016")],
)
def test_a_stamp_is_no_value_of_a_label_without_one(in_its_place: str, stamp: str) -> None:
    text = clean(ORDERS["raw"].replace("11/14/2016", in_its_place) + f"\n{stamp}\n")
    header = read_header(text, len(text))
    assert found_dates(header) == {n: day for n, day in DATES.items() if n != "application_received_date"}
    assert [diagnostic.code for diagnostic in header.diagnostics] == ["unmatched_dates"]


def test_a_date_behind_words_is_no_value_of_the_labels_above() -> None:
    text = "Case Number: CM16-0000123\nEmployer:\nDate of Injury:\nFaxed 05/02/2016\nDecision Date: 12/19/2016\n"
    header = read_header(text, len(text))
    assert found_dates(header) == {"decision_date": date(2016, 12, 19)}
    assert {one.code for one in header.diagnostics} == {"unmatched_dates", "unknown_header_line"}


def printed_in(order: str, labels: list[str], values: list[str]) -> str:
    case = "Case Number: CM16-0000123"
    rows = list(zip(labels, values, strict=True))
    filled = [value for value in values if value]
    first, second = [value for value in values[:3] if value], [value for value in values[3:] if value]
    return {
        "a column": "\n".join(["Case Number:", *labels, "CM16-0000123", *filled]),
        "two columns": "\n".join([case, *labels[:3], "", *first, "", *labels[3:], "", *second]),
        "two rows": "\n".join([case, " ".join(labels[:3]), " ".join(first), " ".join(labels[3:]), " ".join(second)]),
        "a line in all": " ".join([case, *labels, *filled]),
        "a line each": "\n".join([case, *(words for row in rows for words in row if words)]),
        "beside": "\n".join([case, *(f"{label} {value}" for label, value in rows)]),
        "values first": "\n".join([*(words for row in rows for words in row[::-1] if words), case]),
        "values by date": "\n".join([case, *labels, *sorted(filled)]),
    }[order]


LABELS = {
    "Date of Injury:": "10/10/2016",
    "UR Denial Date:": "11/09/2016",
    "Application Received:": "11/14/2016",
    "Date Assigned:": "11/18/2016",
    "Decision Date:": "12/19/2016",
}
KEPT = {"a column", "two columns", "two rows", "a line each", "beside"}  # orders that are read if the counts agree


@pytest.mark.parametrize(
    "order", ["a column", "two columns", "two rows", "a line in all", "a line each", "beside", "values first"]
)
@pytest.mark.parametrize(
    "unknown", ["Received Date:", "Date of Birth:", "Region:", "Carrier Decision Date:", "Prior Date of Injury:"]
)
@pytest.mark.parametrize("value", ["03/04/1970", "11/14/2016", "77 B", ""])
def test_no_order_with_an_unknown_label_gives_a_date_of_another(order: str, unknown: str, value: str) -> None:
    """Check all orders of the labels, with an unknown label at each position: every date is right or null."""
    kept = 0
    for labels in itertools.permutations(LABELS):
        for at in range(len(labels) + 1):
            printed = [*labels[:at], unknown, *labels[at:]]
            text = printed_in(order, printed, [LABELS.get(label, value) for label in printed])
            found = found_dates(read_header(text, len(text)))
            assert found.items() <= DATES.items(), text
            kept += len(found) == len(DATES)
    assert kept or order not in KEPT or not value or (order, value) == ("two rows", "77 B")


def test_dates_matched_by_order_are_dropped_where_their_order_does_not_hold() -> None:
    for labels in itertools.permutations(LABELS):
        text = printed_in("values by date", list(labels), list(LABELS.values()))
        header = read_header(text, len(text))
        assert found_dates(header).items() <= DATES.items(), text
        assert found_dates(header) or [one.code for one in header.diagnostics] == ["unmatched_dates"]


@pytest.mark.parametrize("label", ["Date of Injury", "Date of Injury -", "Date of Injury 2:", "DOI", "Injury Date"])
def test_the_date_of_a_label_without_a_colon_is_told(label: str) -> None:
    text = clean(f"Case Number: CM16-0000123\n{label} 10/10/2016\nDecision Date: 12/19/2016\n")
    header = read_header(text, len(text))
    assert set(header.dates) == {"decision_date"}
    assert [(one.code, one.message[-20:]) for one in header.diagnostics] == [
        ("unmatched_dates", f"no date certainly belongs to: {label}".strip(" -:")[-20:])
    ]


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("CM16-0219557", "CM16-0219557"),
        ("IMR 13-000004", "CM13-0000004"),
        ("IMR 13-103", "CM13-0000103"),
        ("IMR #13-0000103", "CM13-0000103"),
        ("IMR No. 14-114", "CM14-0000114"),
        ("CM 14-0001234", "CM14-0001234"),
        ("CM140001234", "CM14-0001234"),
        ("CM14000123", None),
        ("cm16\u20130000123", "CM16-0000123"),
        ("CM16 \u2212 0000123", "CM16-0000123"),
        ("CM16-021955", None),  # a digit was lost
        ("CM16-02195570", None),
        ("IMR 16-021955", None),
        ("IMR 13-00004", None),
        ("CM76-0200001", None),
        ("CM12-0200001", None),
        ("16-0219557", None),
    ],
)
def test_case_numbers(printed: str, number: str | None) -> None:
    assert case_numbers_in(f"The case {printed}, and no other.") == ([number] if number else [])
    text = clean(f"Case Number: {printed}\nPriority: Standard\n")
    found = read_header(text, len(text)).case_number
    assert (found.value if found else None) == number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("CM16-0219557.pdf", "CM16-0219557"),
        ("letters!2017/CM16_0219557_final (1).pdf", "CM16-0219557"),
        ("IMR 13-000004.txt", "CM13-0000004"),
        ("16-1234567.txt", None),  # other numbers have this form, too
        ("CM16-021955.pdf", None),
        ("CM16-0219557/letter.pdf", None),
        ("CM16-0219557_CM16-0219558.pdf", None),
    ],
)
def test_case_numbers_in_names_of_files(name: str, number: str | None) -> None:
    assert case_number_in_name(name) == number


@pytest.mark.parametrize(
    ("printed", "misprinted"),
    [("CM16-021955", "CM16-021955"), ("CM16-O2l9557", "CM16-O2l9557"), ("CM16-0219557", None), ("CM 5-10 mg", None)],
)
def test_misprinted_case_numbers(printed: str, misprinted: str | None) -> None:
    assert misprinted_case_number(f"Case Number: {printed}\n", 0, 40) == misprinted


def test_two_case_numbers() -> None:
    text = clean(f"Case Number: CM16-0000124\n{ORDERS['raw']}")
    with pytest.raises(LetterError) as caught:
        read_header(text, len(text))
    assert caught.value.reason == "several_letters"


@pytest.mark.parametrize(
    "label", ["Related Case Number:", "Prior IMR Case No.:", "Companion Cases: CM16-0000125,", "Consolidated with:"]
)
def test_the_number_of_a_related_case_is_not_that_of_the_letter(label: str) -> None:
    for header in (f"{ORDERS['layout']}\n{label} CM16-0000124\n", f"{label} CM16-0000124\n{ORDERS['layout']}"):
        letter = imrdata.read_letter(LETTER.replace(HEADER, header))
        assert letter.case_number == "CM16-0000123"
        assert (letter.priority, letter.decision_date, letter.diagnostics) == ("Standard", DATES["decision_date"], ())


def test_a_letter_without_a_number_does_not_get_that_of_a_related_case() -> None:
    text = clean("Date Assigned: 11/18/2016\nRelated Case: CM16-0000124\n")
    assert read_header(text, len(text)).case_number is None


@pytest.mark.parametrize(
    ("application", "review", "assignment"),
    [
        ("application for Independent Medical Review was filed on", "Utilization Review Denial dated", "was provided"),
        (
            "request for Independent Medical Review was received by MAXIMUS on",
            "UR Decision/Denial of",
            "was issued to X",
        ),
        ("application for Independent Medical Review was submitted on", "Utilization Review dated", "was\nsent"),
    ],
)
def test_dates_in_the_sentences_of_a_notice(application: str, review: str, assignment: str) -> None:
    text = (
        f"An {application} 7/29/2013 disputing the {review} July 15, 2013. "
        f"A Notice of Assignment and Request {assignment} on 8/6/2013."
    )
    assert found_dates(read_header(text, 0, (0, len(text)))) == {
        "application_received_date": date(2013, 7, 29),
        "ur_denial_date": date(2013, 7, 15),
        "assigned_date": date(2013, 8, 6),
    }


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ("Date of Injury: 10/10/2016 (CT) Decision Date: 12/19/2016", set()),
        ("Date of Injury: Unknown Decision Date: 12/19/2016", {"injury_date"}),
        ("Date of Injury: 10/10/2016 Revised Decision Date: 12/19/2016", {"decision_date"}),
    ],
)
def test_words_between_a_value_and_a_label(line: str, lost: set[str]) -> None:
    text = clean(f"Case Number: CM16-0000123\n{line}\n")
    header = read_header(text, len(text))
    assert set(header.dates) == {"injury_date", "decision_date"} - lost
    assert bool(header.diagnostics) == bool(lost)


def test_values_that_end_with_the_priority_are_those_of_their_labels() -> None:
    """Check a two-column header as pdfminer prints it: a date before its label follows the first column's values."""
    letter = imrdata.read_letter(
        LETTER.replace(
            HEADER,
            "Case Number:\nDate Assigned:\nDecision Date:\nPriority:\nCM16-0000123\n11/18/2016\n12/19/2016\nStandard\n"
            "10/10/2016\nDate of Injury:\nUR Denial Date: 11/09/2016\n11/14/2016\nApplication\nReceived:\n",
        )
    )
    assert (str(letter.assigned_date), str(letter.decision_date)) == ("2016-11-18", "2016-12-19")
    assert (letter.priority, str(letter.ur_denial_date)) == ("Standard", "2016-11-09")
    assert str(letter.injury_date) == "2016-10-10"
    assert letter.diagnostics == ()


def test_a_label_of_the_header_may_have_several_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    known = next(row for row in vocabulary("labels") if row["name"] == "disputed_list")
    rows = (*vocabulary("labels"), {**known, "pattern": r"Care\s+at\s+Issue"})
    monkeypatch.setattr(header_table, "vocabulary", lambda name: rows if name == "labels" else vocabulary(name))
    header_table._token_pattern.cache_clear()
    texts = ("Care at Issue: MRI", "Treatment in Dispute: MRI")
    found = [header_table.tokens(text)[0].kind for text in texts]
    header_table._token_pattern.cache_clear()
    assert found == ["disputed_list", "disputed_list"]


def test_no_pattern_of_a_header_depends_on_the_value_of_a_digit() -> None:
    """Headers that differ only in digits are analyzed once, see `header_shape`."""
    kinds = ("no_decision", "not_in_force", "letterhead")
    rows = [row for row in vocabulary("document_titles") if row["kind"] in kinds]
    rows += [row for row in vocabulary("labels") if row["kind"] == "header"]
    without_counts = [re.sub(r"\{[0-9,]+\}|\[[^\]]*0-9[^\]]*\]", "", row["pattern"]) for row in rows]
    assert [pattern for pattern in without_counts if re.search("[0-9]", pattern)] == []


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        ("Case Number: CM16-0000123\nDated: 10/2/2016", "Case Number: CM33-3333333\nDated: 33/3/3333"),
        ("Case Number: CM99-0000123\nDated: 10/2/2016", "Case Number: CM99-0000123\nDated: 10/2/2016"),
        ("IMR 13-000004\nDated: 10/2/2016", "IMR 13-000004\nDated: 10/2/2016"),
    ],
)
def test_only_headers_with_a_standard_case_number_share_a_shape(header: str, shape: str) -> None:
    assert header_shape(header) == shape
