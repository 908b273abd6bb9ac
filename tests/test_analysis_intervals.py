"""Test `frame.imr.intervals`: days, and results that claim no more than a letter shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

import imrdata
from imrdata.errors import UnknownTermError
from imrdata.resources import vocabulary

DATES = ["ur_denial_date", "application_received_date", "assigned_date", "decision_date"]
APPLICATION, DECISION = "application_timeliness", "decision_timeliness"
SERVICE, WHICH = "depends on how the decision was served", "depends on which limit applies"
MISSING, OTHER_ORDER, UNKNOWN = "a date is missing", "the dates are in reverse order", "no limit is known"


def letters(denied: date | None, *days: int | None, priority: str | None = "Standard", **columns: Any) -> pl.DataFrame:
    """Make a letter from its UR denial date and the days from each date to the next."""
    dates: list[date | None] = [denied]
    for count in (*days, *[1] * (3 - len(days))):
        dates.append(None if count is None or dates[-1] is None else dates[-1] + timedelta(days=count))
    row = {
        "case_number": "CM16-0000001",
        "provenance": "published",
        "priority": priority,
        **dict(zip(DATES, dates, strict=True)),
        **columns,
    }
    types = {"priority": pl.String, **dict.fromkeys(DATES, pl.Date)}
    return pl.DataFrame([row], schema_overrides=types)


def told(frame: pl.DataFrame, *names: str) -> tuple[Any, ...]:
    result: tuple[Any, ...] = frame.imr.intervals().select(names).row(0)  # type: ignore[attr-defined]
    return result


MONDAY, IN_2018, LAST, AFTER = date(2016, 5, 2), date(2018, 1, 1), date(2026, 3, 31), date(2026, 4, 1)


@pytest.mark.parametrize(
    ("denied", "days", "limit", "timeliness", "reason"),
    [
        (MONDAY, 0, 30, "within", None),
        (MONDAY, 30, 30, "within", None),  # a Wednesday
        (MONDAY, 31, 30, "cannot tell", SERVICE),
        (MONDAY, 36, 30, "cannot tell", SERVICE),  # 35 by mail within California, 40 from another state
        (MONDAY, 50, 30, "cannot tell", SERVICE),  # 50 from abroad
        (MONDAY, 51, 30, "over", None),
        (date(2016, 5, 6), 31, 30, "within", None),  # the 30th day is a Sunday, the Monday is June 6
        (date(2016, 5, 6), 32, 30, "cannot tell", SERVICE),
        (date(2016, 6, 3), 32, 30, "within", None),  # the 30th day is Sunday, July 3, the next a holiday
        (date(2016, 6, 3), 33, 30, "cannot tell", SERVICE),
        (date(2016, 5, 27), 51, 30, "cannot tell", SERVICE),  # the 50th day is Saturday, July 16
        (date(2016, 5, 27), 52, 30, "cannot tell", SERVICE),
        (date(2016, 5, 27), 53, 30, "over", None),
        (MONDAY, -1, 30, "cannot tell", OTHER_ORDER),
        (MONDAY, None, 30, "cannot tell", MISSING),
        (date(2017, 12, 31), 20, 30, "within", None),
        (LAST, 20, 30, "within", None),
        (AFTER, 20, 30, "within", None),  # the rules of April 2026 leave the limit as it is
        (date(2012, 12, 31), 90, None, "cannot tell", UNKNOWN),
        (None, None, None, "cannot tell", MISSING),
    ],
)
def test_application(
    denied: date | None, days: int | None, limit: int | None, timeliness: str, reason: str | None
) -> None:
    frame = letters(denied, days, request_number=1, treatment_category="DMEPOS")
    assert told(frame, "application_limit_days", APPLICATION, f"{APPLICATION}_reason") == (limit, timeliness, reason)


@pytest.mark.parametrize(
    ("days", "timeliness", "reason"),
    [
        (10, "within", None),
        (11, "cannot tell", WHICH),
        (31, "cannot tell", WHICH),
        (50, "cannot tell", WHICH),
        (51, "over", None),  # under any limit
    ],
)
def test_a_drug_from_2018_on_is_judged_where_both_limits_agree(days: int, timeliness: str, reason: str | None) -> None:
    drug = letters(IN_2018, days, request_number=1, treatment_category="Pharmaceuticals")
    names = APPLICATION, f"{APPLICATION}_reason"
    assert told(drug, "application_limit_days", *names) == (None, timeliness, reason)
    assert told(letters(IN_2018, days), *names) == (timeliness, reason)  # a letter does not say
    operation = letters(IN_2018, days, request_number=2, treatment_category="Surgery")
    assert told(pl.concat([drug, operation]), *names) == (timeliness, reason)
    early = letters(IN_2018 - timedelta(days=1), days, request_number=1, treatment_category="Pharmaceuticals")
    assert told(early, "application_limit_days") == (30,)


@pytest.mark.parametrize(
    ("priority", "days", "limit", "timeliness", "reason"),
    [
        ("Standard", 45, 45, "within", None),  # a Saturday
        ("Standard", 47, 45, "within", None),
        ("Standard", 48, 45, "cannot tell", "depends on an extension for good cause"),
        ("Standard", 49, 45, "over", None),
        ("Standard", -3, 45, "cannot tell", OTHER_ORDER),
        ("Standard", None, 45, "cannot tell", MISSING),
        ("Expedited", 90, None, "cannot tell", UNKNOWN),
        (None, 90, None, "cannot tell", UNKNOWN),
    ],
)
def test_decision(
    priority: str | None, days: int | None, limit: int | None, timeliness: str, reason: str | None
) -> None:
    frame = letters(MONDAY, 1, 1, days, priority=priority)
    assert told(frame, "decision_limit_days", DECISION, f"{DECISION}_reason") == (limit, timeliness, reason)


def test_days_are_those_between_the_dates_and_negative_ones_are_kept() -> None:
    names = ["ur_denial_to_application", "application_to_assigned", "assigned_to_decision", "application_to_decision"]
    days = [f"{name}_days" for name in [*names, "ur_denial_to_decision"]]
    assert told(letters(MONDAY, 10, -2, 30), *days, "has_negative_interval") == (10, -2, 30, 28, 38, True)
    assert told(letters(MONDAY, 10, 2, 30), *days, "has_negative_interval") == (10, 2, 30, 32, 42, False)
    assert told(letters(MONDAY, 10, None), *days, "has_negative_interval") == (10, None, None, None, None, None)


def test_decisions_are_taken_together_by_letter() -> None:
    data = imrdata.load()
    of_decisions = data.decisions.imr.intervals()  # type: ignore[attr-defined]
    of_letters = data.letters.imr.intervals()  # type: ignore[attr-defined]
    judged = [name for name in of_letters.columns if "application" not in name]
    assert of_decisions.select(judged).equals(of_letters.select(judged))
    known = of_letters[APPLICATION] != "cannot tell"
    assert of_decisions.filter(known)[APPLICATION].equals(of_letters.filter(known)[APPLICATION])
    assert (of_decisions[APPLICATION] == "cannot tell").sum() < (~known).sum()


def test_holidays_are_business_days_of_no_court() -> None:
    days = [date.fromisoformat(row["date"]) for row in vocabulary("holidays")]
    assert days == sorted(set(days))
    assert all(day.weekday() < 5 for day in days)
    assert {date(2016, 12, 26), date(2015, 7, 3), date(2021, 12, 31), date(2016, 11, 25)} <= set(days)


def test_what_is_no_frame_of_letters_is_refused() -> None:
    letter = letters(MONDAY, 1)
    with pytest.raises(UnknownTermError, match="intervals needs assigned_date"):
        letter.drop("assigned_date").imr.intervals()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="1 letters occur twice"):
        pl.concat([letter, letter]).imr.intervals()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="CM16-0000001 occurs with different dates"):
        pl.concat([letter, letters(MONDAY, 2)]).imr.intervals()  # type: ignore[attr-defined]
