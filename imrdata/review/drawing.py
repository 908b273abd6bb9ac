"""`sample`: draw fields, letters and quarantined documents at random, reproducibly by seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from imrdata.datasets.dataset import Dataset
from imrdata.errors import UnknownTermError
from imrdata.review.fields import FIELD, checked_columns, is_of_request, require_dataset, with_values

WHOLE_LETTER, QUARANTINED = "request_count", "quarantine"  # what is asked of a letter, and of a document
_PRIME = 2**31 - 1


def sample(
    data: Dataset,
    n: int,
    *,
    seed: int,
    by: str | Sequence[str] = ("letter_layout", "column"),
    columns: str | Sequence[str] | None = None,
    letters: int | None = None,
    documents: int | None = None,
) -> pl.DataFrame:
    """Draw fields at random, in doubt or not, to measure the accuracy of the tables.

    Each stratum contributes equally, if it has enough fields. Whole letters are drawn too (column ``request_count``:
    are these all its requests?), and documents in quarantine (``quarantine``: is it a letter?).

    Args:
        data: The letters from `imrdata.load`.
        n: The number of fields.
        seed: Any integer. The same seed and data give the same sample, regardless of row order.
        by: The strata: ``column`` and columns of letters or decisions.
        columns: The columns to check; None for all that a person can check quickly.
        letters: The number of whole letters; None for a tenth of `n`.
        documents: The number of documents in quarantine; None for a tenth of `n`.

    Returns:
        One row per field, in the order of the letters: ``case_number`` (null for a document), ``request_number``,
        ``column``, ``value``, ``words``, ``letter_layout``, ``source``, ``stratum``, and ``drawn_of``, the number
        of fields in the stratum.

    Raises:
        UnknownTermError: A column does not exist.
        ValueError: A number is negative.

    Example:
        >>> import imrdata
        >>> data = imrdata.load(imrdata.example_letter())
        >>> imrdata.review.sample(data, 3, seed=7, columns=["outcome", "drugs", "priority"], letters=0).height
        3
    """
    require_dataset(data, "sample")
    if min(n, letters or 0, documents or 0) < 0:
        raise ValueError("the numbers of fields, letters and documents cannot be negative")
    names = _known(columns, [*checked_columns()], "checked")
    by = _known(by, ["column", *data.decisions.columns], "drawn by")
    strata = [one for one in by if one != "column"]
    rows = _rows(data, strata, seed)
    candidates = [_ordered(rows[is_of_request(name)], name, n, is_apart="column" in by) for name in names]
    tenth = n // 10
    whole = _drawn(data.letters.select("case_number"), WHOLE_LETTER, tenth if letters is None else letters, seed)
    quarantined = data.quarantine.select("source", value="reason", words="message").unique("source")
    others = _drawn(quarantined, QUARANTINED, tenth if documents is None else documents, seed)
    fields = [_shared(pl.concat(candidates), n)] if candidates else []
    valued = with_values(pl.concat([*fields, whole], how="diagonal"), data)
    both = pl.concat([valued, others], how="diagonal")
    both = both.select(*FIELD, "value", "words", "letter_layout", "source", "stratum", "drawn_of")
    return both.sort("case_number", "request_number", "column", "source", nulls_last=True)


def _known(given: str | Sequence[str] | None, known: Sequence[str], what: str) -> list[str]:
    given = [given] if isinstance(given, str) else given
    unknown = [one for one in given or () if one not in known]
    if unknown:
        message = f"{', '.join(unknown)} cannot be {what}; there are: {', '.join(known)}"
        raise UnknownTermError(message, reason="unknown_column")
    return list(known if given is None else given)


def _rows(data: Dataset, strata: Sequence[str], seed: int) -> dict[bool, pl.DataFrame]:
    """Return the keys of letters (False) and requests (True) with their stratum and a random number."""
    parts = [pl.col(one).cast(pl.String).fill_null("none") for one in strata]
    stratum = pl.concat_str(parts, separator=", ") if parts else pl.lit("all")
    requests = data.decisions.select("case_number", "request_number", stratum=stratum)
    if all(one in data.letters.columns for one in strata):
        letters = data.letters.select("case_number", stratum=stratum)
    else:
        letters = requests.sort("case_number", "request_number").unique("case_number", keep="first")
    tables = {False: letters.with_columns(request_number=pl.lit(None, pl.Int16)), True: requests}
    return {of_request: rows.with_columns(_random=_random(rows, seed)) for of_request, rows in tables.items()}


def _ordered(rows: pl.DataFrame, name: str, n: int, *, is_apart: bool) -> pl.DataFrame:
    """Return the first `n` fields of a column in each stratum, in random order, with the stratum's size."""
    stratum = pl.format("{}, {}", "stratum", pl.lit(name)) if is_apart else pl.col("stratum")
    drawn_of = pl.len().over("stratum").cast(pl.Int64)
    fields = rows.select(*FIELD[:2], stratum, column=pl.lit(name), drawn_of=drawn_of, _at=_order(name))
    first = fields.sort("_at", "case_number", "request_number")
    return first.filter(pl.int_range(pl.len()).over("stratum") < n)


def _shared(fields: pl.DataFrame, n: int) -> pl.DataFrame:
    """Choose `n` candidates: the first of each stratum, then the second of each, and so on."""
    sizes = fields.unique(["stratum", "column"]).group_by("stratum").agg(pl.col("drawn_of").sum())
    ordered = fields.drop("drawn_of").join(sizes, on="stratum").sort("_at", "column", "case_number", "request_number")
    ordered = ordered.with_columns(_turn=pl.int_range(pl.len()).over("stratum"))
    return ordered.sort("_turn", "_at", "stratum", maintain_order=True).head(n).drop("_turn", "_at")


def _random(rows: pl.DataFrame, seed: int) -> pl.Series:
    """Return a pseudorandom number for each row, from its key and the seed."""
    keys = zip(rows["case_number"], rows["request_number"], strict=True)
    digests = [hashlib.blake2b(f"{seed}:{case}:{number}".encode(), digest_size=7).digest() for case, number in keys]
    return pl.Series([int.from_bytes(digest, "big") for digest in digests], dtype=pl.UInt64)


def _order(name: str) -> pl.Expr:
    """Reorder the numbers independently for each column."""
    digest = hashlib.sha256(name.encode()).digest()
    high, low = (int.from_bytes(digest[at : at + 4], "big") % _PRIME for at in (0, 4))
    number = pl.col("_random")
    return (number // _PRIME * high + number % _PRIME * low) % _PRIME  # no product reaches 2 ** 62, so none wraps


def _drawn(rows: pl.DataFrame, column: str, n: int, seed: int) -> pl.DataFrame:
    """Draw `n` letters or quarantined documents."""
    key = "case_number" if "case_number" in rows.columns else "source"
    order = [hashlib.sha256(f"{seed}:{column}:{one}".encode()).hexdigest() for one in rows[key]]
    first: pl.DataFrame = rows.with_columns(_at=pl.Series(order, dtype=pl.String)).sort("_at").head(n).drop("_at")
    return first.with_columns(
        request_number=pl.lit(None, pl.Int16),
        column=pl.lit(column),
        stratum=pl.lit(column),
        drawn_of=pl.lit(rows.height, pl.Int64),
    )
