"""The header's table in the order of each reader, and headers that cannot be read."""

from datetime import date

import pytest

from imrdata.errors import LetterError
from imrdata.fields.header import normal_case_number, read_header
from imrdata.text.cleaning import clean

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


def test_a_blank_date_shifts_no_other() -> None:
    text = clean(ORDERS["a line each"].replace("10/10/2016", ""))
    header = read_header(text, len(text))
    assert header.dates == {}  # five labels, four dates, none of them beside its label
    text = clean(ORDERS["layout"].replace("10/10/2016", ""))
    header = read_header(text, len(text))
    assert {name: found.value for name, found in header.dates.items()} == {
        name: day for name, day in DATES.items() if name != "injury_date"
    }
    assert [diagnostic.code for diagnostic in header.diagnostics] == ["unmatched_dates"]


def test_dates_that_do_not_match_their_labels_are_left_out() -> None:
    text = clean(ORDERS["columns"].replace("10/10/2016\n", ""))
    header = read_header(text, len(text))
    assert header.dates == {}
    assert header.diagnostics[0].code == "unmatched_dates"


def test_an_unknown_line_is_kept() -> None:
    text = clean(ORDERS["raw"].replace("Priority", "Region Code: 77 B Priority"))
    header = read_header(text, len(text))
    assert header.other == (("Region Code:", "77 B"),)
    assert [diagnostic.code for diagnostic in header.diagnostics] == ["unknown_header_line"]


def test_no_name_and_no_claim_number_goes_into_a_record() -> None:
    text = clean("Employee Name: Jane Roe\nClaims Number: 77 B\nProvider Name: Dr. Doe\n" + ORDERS["raw"])
    header = read_header(text, len(text))
    assert header.dates
    assert "Roe" not in repr(header)
    assert "77 B" not in repr(header)
    assert "Doe" not in repr(header)


@pytest.mark.parametrize("impossible", ["02/30/2016", "13/01/2016", "01/02/3026", "00/10/2016"])
def test_a_date_that_no_calendar_has(impossible: str) -> None:
    text = clean(ORDERS["raw"].replace("10/10/2016", impossible))
    with pytest.raises(LetterError, match="no calendar") as caught:
        read_header(text, len(text))
    assert caught.value.reason == "impossible_date"
    assert caught.value.excerpt == impossible


@pytest.mark.parametrize(
    ("printed", "number"),
    [("CM16-0219557", "CM16-0219557"), ("IMR 13-000004", "CM13-0000004"), ("CM 14-0001234", "CM14-0001234")],
)
def test_case_numbers(printed: str, number: str) -> None:
    assert normal_case_number(printed) == number
