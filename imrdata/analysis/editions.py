"""Check whether cited editions of the MTUS were in force on the decision date."""

from __future__ import annotations

from datetime import date

import polars as pl

from imrdata.analysis.groups import Verbs, need, need_letters
from imrdata.resources import vocabulary

STATUSES = ("in force", "superseded", "not yet in force", "cannot tell")
_EDITIONS = {
    "guideline_subject": pl.String,
    "edition_year": pl.Int16,
    "_first": pl.Date,
    "_last": pl.Date,
    "_is_replaced": pl.Boolean,
}


def edition_status(self: Verbs, letters: pl.DataFrame) -> pl.DataFrame:
    """Find whether each cited MTUS edition was in force on the decision date; for citations.

    The rules require the edition in force on the day of the service, which letters do not print. An edition
    superseded shortly before the decision may have been correct.

    Args:
        letters: Letters or decisions, for ``decision_date``.

    Returns:
        The frame, rows in the same order, with ``edition_status`` (Enum): ``in force``, ``superseded``, ``not yet
        in force``, or ``cannot tell``, if the edition's year, its successor or the date is unknown; null for
        guidelines other than the MTUS.

    Raises:
        UnknownTermError: A frame lacks a column, which the message names.

    Source:
        ``seeds/vocabularies/mtus_editions.csv``, with certainty; its orders end in November 2021.

    Example:
        >>> import imrdata
        >>> data = imrdata.load(imrdata.example_letter())
        >>> data.citations.imr.edition_status(data.letters)["edition_status"].to_list()
        ['in force', 'in force', 'cannot tell']
    """
    citations = self._frame
    key = ["case_number", "provenance"]
    need_letters(citations, "edition_status of citations")
    need_letters(letters, "edition_status of letters")
    need(citations, ["guideline_source", "guideline_subject", "edition_year"], "edition_status of citations")
    need(letters, ["decision_date"], "edition_status of letters")
    dated = letters.select(*key, pl.col("decision_date").alias("_day")).unique()
    rows = [
        (row["subject"], int(row["edition_year"]), *map(date.fromisoformat, days), row["then"] == "replaced")
        for row in vocabulary("mtus_editions")
        for days in [(row["in_force_from"], row["in_force_to"])]
    ]
    editions = pl.DataFrame(rows, schema=_EDITIONS, orient="row")
    both = citations.drop("decision_date", strict=False)
    both = both.join(dated, on=key, how="left", maintain_order="left", validate="m:1")
    both = both.join(editions, on=list(_EDITIONS)[:2], how="left", maintain_order="left")
    day, first, last = pl.col("_day"), pl.col("_first"), pl.col("_last")
    status = (
        pl.when(day < first).then(pl.lit("not yet in force"))
        .when(day <= last).then(pl.lit("in force"))
        .when((day > last) & pl.col("_is_replaced")).then(pl.lit("superseded"))
        .otherwise(pl.lit("cannot tell"))
    )  # fmt: skip
    is_mtus = pl.col("guideline_source").cast(pl.String) == "MTUS"
    status = pl.when(is_mtus).then(status).cast(pl.Enum(STATUSES))
    return both.select(*citations.columns, status.alias("edition_status"))
