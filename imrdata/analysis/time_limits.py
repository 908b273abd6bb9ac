"""The table of time limits by date, from `seeds/vocabularies/time_limits.csv`."""

from __future__ import annotations

import polars as pl

from imrdata.resources import vocabulary

_DATES, _NUMBERS = ("valid_from", "valid_to"), ("limit_days", "longest_days")


def time_limits() -> pl.DataFrame:
    """Return the time limits of an independent medical review, and how certain they are.

    Returns:
        A frame, one row per limit and period in force, sorted by step:
        ``step`` (String), the events from and to; ``priority`` (String), null for both; ``disputed`` (String),
        ``any`` or ``formulary drug``; ``valid_from``, ``valid_to`` (Date), the first and last day on which the time
        may start, null if no end is known; ``limit_days``, ``longest_days`` (Int16), the limit and its longest
        extension; ``depends_on`` (String), the reason for it; ``day_kind`` (String), ``calendar`` or ``working``;
        ``certainty`` (String), ``high`` (checked in the rule) or ``medium``; ``section`` (String), of the Labor
        Code (LC), the Code of Regulations (CCR) or the Code of Civil Procedure (CCP); ``source`` (String);
        ``caveat`` (String). Limits since April 1, 2026 have medium certainty.

    Source:
        The column ``source``.

    Example:
        >>> import imrdata
        >>> limits = imrdata.time_limits()
        >>> limits.filter(step="assigned_to_decision").select("priority", "limit_days", "certainty").row(0)
        ('Standard', 45, 'medium')
    """
    rows = pl.DataFrame(vocabulary("time_limits")).with_columns(pl.all().replace("", None))
    return rows.with_columns(pl.col(_DATES).str.to_date(), pl.col(_NUMBERS).cast(pl.Int16))
