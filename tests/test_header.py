"""The header's table in the order of each reader, and headers that cannot be read."""

from datetime import date

import pytest

from imrdata.errors import LetterError
from imrdata.letters.case_numbers import normal_case_number
from imrdata.letters.fields.header import read_header
from imrdata.letters.text.cleaning import clean

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
    ("order", "blank", "lost"),
    [
        ("a line each", "10/10/2016", {"injury_date", "decision_date"}),  # whose the one date is cannot be told
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
    ("line", "priority"),
    [
        ("Priority: Expedited", "Expedited"),
        ("Employer: Standard Foods\nPriority: Expedited", "Expedited"),
        ("Employer: Standard Foods", None),
        ("Priority:\nRegular", "Standard"),
    ],
)
def test_the_priority_is_that_of_its_label(line: str, priority: str | None) -> None:
    text = clean(f"Case Number: CM16-0000123\n{line}\n")
    found = read_header(text, len(text)).priority
    assert (found.value if found else None) == priority


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


@pytest.mark.parametrize("impossible", ["02/30/2016", "13/01/2016", "01/02/3026", "00/10/2016"])
def test_a_date_that_no_calendar_has(impossible: str) -> None:
    text = clean(ORDERS["raw"].replace("10/10/2016", impossible))
    with pytest.raises(LetterError, match="no calendar") as caught:
        read_header(text, len(text))
    assert caught.value.reason == "impossible_date"
    assert caught.value.excerpt == impossible


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("CM16-0219557", "CM16-0219557"),
        ("IMR 13-000004", "CM13-0000004"),
        ("CM 14-0001234", "CM14-0001234"),
        ("cm16\u20130000123", "CM16-0000123"),
    ],
)
def test_case_numbers(printed: str, number: str) -> None:
    assert normal_case_number(printed) == number
