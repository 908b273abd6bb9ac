"""`frame.imr.intervals`: days, and flags that say no more than a letter can tell."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

import imrdata
from imrdata.errors import UnknownTermError

DATES = ["ur_denial_date", "application_received_date", "assigned_date", "decision_date"]
OVER, BY_MAIL = "is_application_over_limit", "is_application_in_time_only_by_mail"


def letters(denied: date | None, *days: int | None, priority: str | None = "Standard", **columns: Any) -> pl.DataFrame:
    """A letter by its UR denial date and the days from each date to the next."""
    dates: list[date | None] = [denied]
    for count in (*days, *[1] * (3 - len(days))):
        dates.append(None if count is None or dates[-1] is None else dates[-1] + timedelta(days=count))
    row = {"case_number": "CM16-0000001", "priority": priority, **dict(zip(DATES, dates, strict=True)), **columns}
    types = {"priority": pl.String, **dict.fromkeys(DATES, pl.Date)}
    return pl.DataFrame([row], schema_overrides=types)


def flags(frame: pl.DataFrame, *names: str) -> tuple[Any, ...]:
    result: tuple[Any, ...] = frame.imr.intervals().select(names).row(0)  # type: ignore[attr-defined]
    return result


IN_2016, IN_2018, LAST, AFTER = date(2016, 5, 2), date(2018, 1, 1), date(2026, 3, 31), date(2026, 4, 1)


@pytest.mark.parametrize(
    ("denied", "days", "limit", "is_over", "is_by_mail"),
    [
        (IN_2016, 0, 30, False, False),
        (IN_2016, 30, 30, False, False),
        (IN_2016, 31, 30, False, True),
        (IN_2016, 35, 30, False, True),
        (IN_2016, 36, 30, True, False),
        (IN_2016, -1, 30, None, None),
        (IN_2016, None, 30, None, None),
        (date(2017, 12, 31), 20, 30, False, False),
        (LAST, 20, 30, False, False),
        (AFTER, 90, None, None, None),
        (date(2012, 12, 31), 90, None, None, None),
        (None, None, None, None, None),
    ],
)
def test_application(
    denied: date | None, days: int | None, limit: int | None, is_over: bool | None, is_by_mail: bool | None
) -> None:
    frame = letters(denied, days, request_number=1, treatment_category="DMEPOS")
    assert flags(frame, "application_limit_days", OVER, BY_MAIL) == (limit, is_over, is_by_mail)


@pytest.mark.parametrize(
    ("days", "is_over", "is_by_mail"),
    [
        (10, False, False),
        (11, False, None),  # late by mail only, if the drug is of the formulary
        (15, False, None),
        (16, None, False),  # late, if the drug is of the formulary
        (30, None, False),
        (31, None, None),
        (35, None, None),
        (36, True, False),  # whatever the limit is
    ],
)
def test_a_drug_from_2018_on_is_judged_where_both_limits_agree(
    days: int, is_over: bool | None, is_by_mail: bool | None
) -> None:
    drug = letters(IN_2018, days, request_number=1, treatment_category="Pharmaceuticals")
    assert flags(drug, "application_limit_days", OVER, BY_MAIL) == (None, is_over, is_by_mail)
    assert flags(letters(IN_2018, days), OVER, BY_MAIL) == (is_over, is_by_mail)  # a letter does not tell
    operation = letters(IN_2018, days, request_number=2, treatment_category="Surgery")
    mixed = pl.concat([drug, operation])
    assert flags(mixed, OVER, BY_MAIL) == (is_over, is_by_mail)
    early = letters(IN_2018 - timedelta(days=1), days, request_number=1, treatment_category="Pharmaceuticals")
    assert flags(early, "application_limit_days") == (30,)


@pytest.mark.parametrize(
    ("priority", "days", "limit", "is_over"),
    [
        ("Standard", 45, 45, False),
        ("Standard", 46, 45, True),
        ("Standard", -3, 45, None),
        ("Standard", None, 45, None),
        ("Expedited", 90, None, None),
        (None, 90, None, None),
    ],
)
def test_decision(priority: str | None, days: int | None, limit: int | None, is_over: bool | None) -> None:
    frame = letters(IN_2016, 1, 1, days, priority=priority)
    assert flags(frame, "decision_limit_days", "is_decision_over_limit") == (limit, is_over)


def test_days_are_those_between_the_dates_and_negative_ones_are_kept() -> None:
    names = ["ur_denial_to_application", "application_to_assigned", "assigned_to_decision", "application_to_decision"]
    days = [f"{name}_days" for name in [*names, "ur_denial_to_decision"]]
    assert flags(letters(IN_2016, 10, -2, 30), *days, "has_negative_interval") == (10, -2, 30, 28, 38, True)
    assert flags(letters(IN_2016, 10, 2, 30), *days, "has_negative_interval") == (10, 2, 30, 32, 42, False)
    assert flags(letters(IN_2016, 10, None), *days, "has_negative_interval") == (10, None, None, None, None, None)


def test_decisions_are_taken_together_by_letter() -> None:
    data = imrdata.load()
    of_decisions = data.decisions.imr.intervals()  # type: ignore[attr-defined]
    of_letters = data.letters.imr.intervals()  # type: ignore[attr-defined]
    judged = [name for name in of_letters.columns if "application" not in name]
    assert of_decisions.select(judged).equals(of_letters.select(judged))
    known = of_letters[OVER].is_not_null()
    assert of_decisions.filter(known)[OVER].equals(of_letters.filter(known)[OVER])
    assert of_decisions[OVER].null_count() < of_letters[OVER].null_count()


def test_what_is_no_frame_of_letters_is_refused() -> None:
    letter = letters(IN_2016, 1)
    with pytest.raises(UnknownTermError, match="intervals needs assigned_date"):
        letter.drop("assigned_date").imr.intervals()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="1 letters are there twice"):
        pl.concat([letter, letter]).imr.intervals()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="CM16-0000001 is there with different dates"):
        pl.concat([letter, letters(IN_2016, 2)]).imr.intervals()  # type: ignore[attr-defined]
