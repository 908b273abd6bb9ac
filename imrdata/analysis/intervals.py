"""Days between the dates of a letter, held against the time limits in force."""

from __future__ import annotations

import polars as pl

from imrdata.analysis.groups import need
from imrdata.analysis.time_limits import time_limits

_STEPS = {
    "ur_denial_to_application_days": ("ur_denial_date", "application_received_date"),
    "application_to_assigned_days": ("application_received_date", "assigned_date"),
    "assigned_to_decision_days": ("assigned_date", "decision_date"),
    "application_to_decision_days": ("application_received_date", "decision_date"),
    "ur_denial_to_decision_days": ("ur_denial_date", "decision_date"),
}
_DATES = ["ur_denial_date", "application_received_date", "assigned_date", "decision_date"]


def intervals(frame: pl.DataFrame) -> pl.DataFrame:
    """The verb behind ``frame.imr.intervals``, which tells all."""
    need(frame, ["case_number", "priority", *_DATES], "intervals")
    letters = _letters(frame)
    days = {name: (pl.col(end) - pl.col(start)).dt.total_days().cast(pl.Int32) for name, (start, end) in _STEPS.items()}
    timed = letters.with_columns(**days)
    application = _Held(timed, "ur_denial_to_application")
    decision = _Held(timed, "assigned_to_decision")
    return timed.with_columns(
        has_negative_interval=pl.any_horizontal(pl.col(name) < 0 for name in days),
        application_limit_days=application.limit(),
        is_application_over_limit=application.is_over(),
        is_application_in_time_only_by_mail=application.is_in_time_only_by_mail(),
        decision_limit_days=decision.limit(),
        is_decision_over_limit=decision.is_over(),
    ).drop("may_be_formulary_drug")


def _letters(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a letter, of a frame of letters or of decisions, and whether a drug may be in dispute."""
    key = ["case_number", *(["provenance"] if "provenance" in frame.columns else [])]
    drug = pl.lit(value=True)  # letters do not tell
    if "treatment_category" in frame.columns:
        is_drug = pl.col("treatment_category").cast(pl.String) == "Pharmaceuticals"
        drug = is_drug.fill_null(value=True).any().over(key)
    letters = frame.select(*key, "priority", *_DATES, drug.alias("may_be_formulary_drug")).unique(maintain_order=True)
    twice = letters.filter(letters.select(key).is_duplicated())
    if twice.height:
        message = f"intervals: letter {twice['case_number'][0]} is there with different dates or priorities"
        raise ValueError(message)
    if "request_number" not in frame.columns and letters.height < frame.height:
        raise ValueError(f"intervals: {frame.height - letters.height:,} letters are there twice")
    return letters


class _Held:
    """A step of some letters, held against its limits.

    Several limits may apply where a letter does not tell which: what they agree on is known, the rest is null.
    """

    def __init__(self, letters: pl.DataFrame, step: str) -> None:
        self.days = pl.col(f"{step}_days")
        self.start = pl.col(_STEPS[f"{step}_days"][0])
        self.rows = time_limits().filter(step=step, day_kind="calendar").rows(named=True)
        self.letters = letters

    def limit(self) -> pl.Expr:
        return self._agreed([pl.lit(row["limit_days"], dtype=pl.Int16) for row in self.rows])

    def is_over(self) -> pl.Expr:
        return self._known([self.days > row["limit_days"] + row["mail_days"] for row in self.rows])

    def is_in_time_only_by_mail(self) -> pl.Expr:
        return self._known(
            [self.days.is_between(row["limit_days"] + 1, row["limit_days"] + row["mail_days"]) for row in self.rows]
        )

    def _known(self, values: list[pl.Expr]) -> pl.Expr:
        """Null where the dates contradict each other."""
        return pl.when(self.days >= 0).then(self._agreed(values))

    def _agreed(self, values: list[pl.Expr]) -> pl.Expr:
        """What the limits that apply agree on."""
        applied = [pl.when(self._applies(row)).then(value) for row, value in zip(self.rows, values, strict=True)]
        low, high = pl.min_horizontal(applied), pl.max_horizontal(applied)
        return pl.when(low == high).then(low)

    def _applies(self, row: dict[str, object]) -> pl.Expr:
        applies = self.start.is_between(pl.lit(row["valid_from"]), pl.lit(row["valid_to"]))
        if row["priority"] is not None:
            applies &= pl.col("priority").cast(pl.String) == row["priority"]
        return applies if row["disputed"] == "any" else applies & pl.col("may_be_formulary_drug")
