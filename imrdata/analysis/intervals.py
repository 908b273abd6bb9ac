"""Days between the dates of a letter, compared with the time limits in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from imrdata.analysis.groups import Verbs, need, need_letters
from imrdata.analysis.time_limits import time_limits
from imrdata.resources import vocabulary

TIMELINESS = ("within", "over", "cannot tell")

_STEPS = {
    "ur_denial_to_application_days": ("ur_denial_date", "application_received_date"),
    "application_to_assigned_days": ("application_received_date", "assigned_date"),
    "assigned_to_decision_days": ("assigned_date", "decision_date"),
    "application_to_decision_days": ("application_received_date", "decision_date"),
    "ur_denial_to_decision_days": ("ur_denial_date", "decision_date"),
}
_DATES = ["ur_denial_date", "application_received_date", "assigned_date", "decision_date"]


def intervals(self: Verbs) -> pl.DataFrame:
    """Compute the days between a letter's dates, and compare them with `imrdata.time_limits`.

    Each step is ``within`` the limit, ``over`` it, or ``cannot tell``. If the last day is not a business day, the
    next business day counts. ``over`` means more days than the rules allow at most. It does not mean that the
    decision is invalid, and there are exceptions, because letters do not print the day of service, a deferral,
    or when the documents were received:

    - The limit of an application is 30 days. Service by mail adds 5 days within California, 10 for other states
      and 20 for other countries; up to these the result is ``cannot tell``. A letter prints when the application
      was received, not filed. A dispute over liability defers the application, so a long time may be lawful.
      Late applications are not eligible, so their letters are mostly missing.
    - The limit of 45 days from assignment to decision is a working rule, 15 days for records and 30 for review,
      and a proxy for Standard reviews only; good cause adds 3. A determination over the limit stays in force.
    - Since 2018, the limit of an application about a formulary drug is 10 days instead of 30. Letters do not say
      which drugs these are. A case with a drug in dispute is judged only if both limits agree. A frame of
      letters lacks the treatments, so this applies to all its cases. Frames of decisions tell more, if they
      contain all requests of their letters.

    Returns:
        One row per letter, in the order of the frame; decisions are grouped by ``case_number``.
        ``case_number``, ``provenance`` if the frame has it, ``priority``, the four dates;
        ``ur_denial_to_application_days``, ``application_to_assigned_days``, ``assigned_to_decision_days``,
        ``application_to_decision_days``, ``ur_denial_to_decision_days`` (Int32, calendar days, null if a date
        is missing, negative if the dates are in reverse order);
        ``has_negative_interval`` (Boolean, null if no interval is negative and a date is missing);
        ``application_limit_days``, ``decision_limit_days`` (Int16, null if unknown);
        ``application_timeliness``, ``decision_timeliness`` (Enum: within, over, cannot tell);
        ``application_timeliness_reason``, ``decision_timeliness_reason`` (String: the reason for
        ``cannot tell``, else null).

    Raises:
        UnknownTermError: The frame lacks a column, which the message names.
        ValueError: A letter occurs twice, or its rows have different dates.

    Source:
        Labor Code 4610.5 and 4610.6; 8 CCR 9792.10.1 and 9792.10.5; Code of Civil Procedure 12a and 1013; see
        `imrdata.time_limits`.

    Example:
        >>> import imrdata
        >>> letters = imrdata.load_letters(imrdata.example_letter())
        >>> letters.imr.intervals().select("assigned_to_decision_days", "decision_timeliness").row(0)
        (37, 'within')
    """
    frame = self._frame
    need_letters(frame, "intervals")
    need(frame, ["priority", *_DATES], "intervals")
    letters = _letters(frame)
    days = {name: (pl.col(end) - pl.col(start)).dt.total_days().cast(pl.Int32) for name, (start, end) in _STEPS.items()}
    timed = letters.with_columns(**days)
    return timed.with_columns(
        has_negative_interval=pl.any_horizontal(pl.col(name) < 0 for name in days),
        **_held("application", "ur_denial_to_application"),
        **_held("decision", "assigned_to_decision"),
    ).drop("may_be_formulary_drug")


def _letters(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per letter of a frame of letters or decisions, and whether a drug may be in dispute."""
    key = ["case_number", "provenance"]
    drug = pl.lit(value=True)  # a frame of letters does not say
    if "treatment_category" in frame.columns:
        is_drug = pl.col("treatment_category").cast(pl.String) == "Pharmaceuticals"
        drug = is_drug.fill_null(value=True).any().over(key)
    letters = frame.select(*key, "priority", *_DATES, drug.alias("may_be_formulary_drug")).unique(maintain_order=True)
    twice = letters.filter(letters.select(key).is_duplicated())
    if twice.height:
        message = f"intervals: letter {twice['case_number'][0]} occurs with different dates or priorities"
        raise ValueError(message)
    if "request_number" not in frame.columns and letters.height < frame.height:
        raise ValueError(f"intervals: {frame.height - letters.height:,} letters occur twice")
    return letters


def _held(name: str, step: str) -> dict[str, pl.Expr]:
    """Compare a step of each letter with the limits that may apply: return the limit, the result, and the reason.

    If a letter does not show which of several limits applies, the result is known only if they agree.
    """
    start, end = (pl.col(date) for date in _STEPS[f"{step}_days"])
    limits = time_limits().filter(step=step, day_kind="calendar").rows(named=True)
    applies = [_applies(row, start) for row in limits]

    def agreed(values: Iterable[pl.Expr]) -> pl.Expr:
        applied = [pl.when(one).then(value) for one, value in zip(applies, values, strict=True)]
        low, high = pl.min_horizontal(applied), pl.max_horizontal(applied)
        return pl.when(low == high).then(low)

    states = [
        pl.when(end <= _last_day(start, row["limit_days"])).then(0)
        .when(end > _last_day(start, row["longest_days"])).then(2).otherwise(1)
        for row in limits
    ]  # fmt: skip
    first = pl.min_horizontal(pl.when(one).then(state) for one, state in zip(applies, states, strict=True))
    depends = pl.coalesce(
        pl.when(one).then(pl.lit(f"depends on {row['depends_on']}")) for one, row in zip(applies, limits, strict=True)
    )
    state = agreed(states)
    reason = (
        pl.when(start.is_null() | end.is_null()).then(pl.lit("a date is missing"))
        .when(end < start).then(pl.lit("the dates are in reverse order"))
        .when(first.is_null()).then(pl.lit("no limit is known"))
        .when(state.is_null()).then(pl.lit("depends on which limit applies"))
        .when(state == 1).then(depends)
    )  # fmt: skip
    timeliness = (
        pl.when(reason.is_not_null()).then(pl.lit("cannot tell"))
        .when(state == 0).then(pl.lit("within")).otherwise(pl.lit("over"))
    )  # fmt: skip
    return {
        f"{name}_limit_days": agreed(pl.lit(row["limit_days"], dtype=pl.Int16) for row in limits),
        f"{name}_timeliness": timeliness.cast(pl.Enum(TIMELINESS)),
        f"{name}_timeliness_reason": reason,
    }


def _applies(row: dict[str, Any], start: pl.Expr) -> pl.Expr:
    applies = start >= pl.lit(row["valid_from"])
    if row["valid_to"] is not None:
        applies &= start <= pl.lit(row["valid_to"])
    if row["priority"] is not None:
        applies &= pl.col("priority").cast(pl.String) == row["priority"]
    return applies if row["disputed"] == "any" else applies & pl.col("may_be_formulary_drug")


def _last_day(start: pl.Expr, days: int) -> pl.Expr:
    """Return the last day of a period; if that is a Saturday, Sunday or holiday, the next business day.

    Source:
        Code of Civil Procedure 12a; holidays from `seeds/vocabularies/holidays.csv`.
    """
    holidays = [date.fromisoformat(row["date"]) for row in vocabulary("holidays")]
    return (start + pl.duration(days=days)).dt.add_business_days(0, holidays=holidays, roll="forward")
