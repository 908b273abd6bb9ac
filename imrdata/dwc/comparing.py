"""Compare the values read from letters with the state's own entries in its index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from imrdata.analysis.groups import need
from imrdata.analysis.quantiles import exact_interval
from imrdata.resources import vocabulary
from imrdata.tables.validation import validate

_OF_CASE = ("case_outcome", "injury_date", "application_received_date", "decision_date")
_OF_REQUEST = ("outcome", "treatment_category", "treatment_subcategory")
_COLUMNS = (*_OF_REQUEST, "request_count", *_OF_CASE, "reviewer_specialties")
_AGREES, _DIFFERS, _UNREAD, _UNKNOWN = "agrees", "differs", "unread", "unknown"
_TEXTS = ("column", "value", "index_value", "words", "verdict")
_FIELDS = pl.Schema({"case_number": pl.String(), "request_number": pl.Int16(), **dict.fromkeys(_TEXTS, pl.String())})
_WORD = re.compile("[a-z]{4,}")
Row = dict[str, Any]
Field = tuple[str, int | None, str, Any, Any, str | None, str]


@dataclass(frozen=True)
class Comparison:
    """The agreement between letters and the state's own entries.

    Attributes:
        agreement: One row per column: ``column``, ``compared_count``, ``agreed_count``, ``letter_count``, ``agreement``
            (the share), ``interval_low``, ``interval_high`` (95%, Clopper-Pearson for the number of letters),
            ``unread_count`` (only the state has a value), ``unknown_count`` (the state's spelling is in no
            vocabulary). The last two are not in the share.
        disagreements: One row per field: ``case_number``, ``request_number`` (null for a field of the letter),
            ``column``, ``value``, ``index_value``, ``words`` of the request, ``message``. Either side may be wrong;
            `imrdata.review.open` and `form` accept these rows.
        coverage: One row per month of decision: ``month``, ``index_count`` (cases in the index), ``letter_count``
            (cases whose letters were read), ``missing_count``, ``coverage``.
        missing: The rows of the index, one per case, whose letters were not read.
    """

    agreement: pl.DataFrame
    disagreements: pl.DataFrame
    coverage: pl.DataFrame
    missing: pl.DataFrame

    def __repr__(self) -> str:
        cases, read = self.coverage.select(pl.col("index_count", "letter_count").sum()).row(0)
        differing = self.disagreements.height
        return f"Comparison({read:,} of {cases:,} letters of the index were read, {differing:,} fields differ)"


def compare(decisions: pl.DataFrame, index: pl.DataFrame) -> Comparison:
    """Compare values read from letters with the state's own entries.

    The index has the treatment category, which letters do not print, and values that they do. Requests are matched by
    case and order, or by category and words if the categories do not fit in that order. A wrong category may therefore
    be matched with another request of its letter, so the agreement of categories is slightly too high for letters with
    several requests.

    Args:
        decisions: Decisions from `imrdata.load_decisions`, with at least ``case_number`` and ``request_number``.
            Missing columns are not compared.
        index: The index from `read_index` or `search`.

    Returns:
        A `Comparison`: ``agreement`` by column, ``disagreements`` by field, ``coverage`` by month, and ``missing``
        letters.

    Raises:
        UnknownTermError: `decisions` has no case numbers.
        ValidationError: `index` is not an index.

    Example:
        >>> import imrdata
        >>> from imrdata import dwc
        >>> compared = dwc.compare(imrdata.load_decisions(), dwc.read_index(dwc.example_pages()))
        >>> compared.disagreements["column"].to_list()
        ['treatment_category', 'treatment_subcategory']
    """
    need(decisions, ("case_number", "request_number"), "compare")
    validate(index, "index")
    cases = index.unique("case_number", keep="first").sort("case_number")
    wanted = [name for name in (*_COLUMNS, "request_text") if name in decisions.columns]
    enums = [name for name in wanted if isinstance(decisions.schema[name], pl.Enum)]
    ours = decisions.select("case_number", "request_number", *wanted).with_columns(pl.col(enums).cast(pl.String))
    ours = ours.join(cases, on="case_number", how="semi").sort("case_number", "request_number")
    theirs = index.join(ours, on="case_number", how="semi").sort("case_number", "request_number", nulls_last=True)
    entered = _by_case(theirs)
    fields = [field for number, rows in _by_case(ours).items() for field in _fields(rows, entered[number])]
    compared = pl.DataFrame(fields, schema=_FIELDS, orient="row")
    missing = cases.join(ours, on="case_number", how="anti")
    return Comparison(_agreement(compared), _disagreements(compared), _coverage(cases, ours["case_number"]), missing)


def kind_of(category: str | None, subcategory: str | None) -> tuple[str, str | None] | None:
    """Return the package's category and subcategory for the state's spelling; None if it is in no vocabulary.

    Spaces, punctuation and case do not matter. The subcategory is None if the state prints no known one.
    """
    named = [part for part in (category or "").split("*") if part.strip()][:1]
    more = [part for part in f"{category or ''}*{subcategory or ''}".split("*") if part.strip()]
    first, last = _folded("".join(named)), _folded(more[-1]) if more else ""
    known = _kinds()
    return known.get((first, last)) or known.get((first, "")) or None


@cache
def _kinds() -> dict[tuple[str, str], tuple[str, str | None]]:
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for name, prefix in (("treatment_categories", ""), ("dwc_categories", "dwc_")):
        for row in vocabulary(name):
            first, last = _folded(row[f"{prefix}category"]), _folded(row[f"{prefix}subcategory"])
            found[first, last] = (row["category"], row["subcategory"])
            found.setdefault((first, ""), (row["category"], None))
    return found


def _folded(words: str) -> str:
    return "".join(filter(str.isalnum, words.lower()))


@cache
def _specialties() -> dict[str, str]:
    return {_folded(row["variant"]): row["specialty"] for row in vocabulary("medical_specialties")}


# --- FIELDS --- #


def _by_case(frame: pl.DataFrame) -> dict[str, list[Row]]:
    rows = frame.iter_rows(named=True)
    return {number: list(of_case) for number, of_case in groupby(rows, key=itemgetter("case_number"))}


def _fields(ours: list[Row], theirs: list[Row]) -> Iterator[Field]:
    """Return every field of a letter that the state has an entry for, with the result."""
    case, first = theirs[0], ours[0]
    specialty = _specialties().get(_folded(case["reviewer_specialty"] or ""))
    entered = [row | {"kind": kind_of(row["dwc_category"], row["dwc_subcategory"])} for row in theirs]
    entered = [row for row in entered if row["request_number"] is not None]
    for name in (*_OF_CASE, "reviewer_specialties"):
        printed, known = (case[name], case[name]) if name in _OF_CASE else (case["reviewer_specialty"], specialty)
        if name in first and printed is not None:
            yield _field(first, name, printed, known)
    if entered:
        yield _field(first | {"request_count": len(ours)}, "request_count", len(entered), len(entered))
    for own, other in _paired(ours, entered):
        category, subcategory = other["kind"] or (None, None)
        of_state = (
            (other["request_outcome"], other["request_outcome"]),
            (other["dwc_category"], category),
            (other["dwc_subcategory"] or subcategory, subcategory),
        )
        for name, (printed, known) in zip(_OF_REQUEST, of_state, strict=True):
            if name in own and printed is not None:
                yield _field(own, name, printed, known)


def _field(own: Row, name: str, printed: Any, known: Any) -> Field:
    """Return a field: its value as read, and the state's as printed, and what it means; None if that is unknown."""
    read, is_of_request = own[name], name in _OF_REQUEST
    is_same = known in read if isinstance(read, list) else read == known
    verdict = _UNKNOWN if known is None else _UNREAD if read in (None, []) else _AGREES if is_same else _DIFFERS
    value = "; ".join(read) if isinstance(read, list) else None if read is None else str(read)
    request = (own["request_number"], own.get("request_text")) if is_of_request else (None, None)
    return own["case_number"], request[0], name, value, str(printed), request[1], verdict


def _paired(ours: list[Row], theirs: list[Row]) -> list[tuple[Row, Row]]:
    """Match the requests of a letter with those of the state, in order, or by category and words."""
    same_count = len(ours) == len(theirs)
    if same_count and all(map(_is_of_category, ours, theirs)):
        return list(zip(ours, theirs, strict=True))
    left, open_, pairs = list(ours), list(theirs), []
    for fits in (_is_of_kind, _is_of_category, _has_words):
        for other in list(open_):
            at = theirs.index(other)
            near = sorted(left, key=lambda own, at=at: abs(ours.index(own) - at))  # type: ignore[misc]
            own = next((own for own in near if fits(own, other)), None)
            if own is not None:
                pairs.append((own, other))
                left.remove(own)
                open_.remove(other)
    return [*pairs, *zip(left, open_, strict=True)] if same_count else pairs


def _is_of_kind(own: Row, other: Row) -> bool:
    return bool(other["kind"]) and other["kind"] == (own.get("treatment_category"), own.get("treatment_subcategory"))


def _is_of_category(own: Row, other: Row) -> bool:
    return "treatment_category" not in own or (other["kind"] or ("",))[0] == own["treatment_category"]


def _has_words(own: Row, other: Row) -> bool:
    printed = set(_WORD.findall((other["dwc_subcategory"] or other["dwc_category"] or "").lower()))
    return bool(printed & set(_WORD.findall((own.get("request_text") or "").lower())))


# --- COUNTS --- #


def _agreement(compared: pl.DataFrame) -> pl.DataFrame:
    verdict = pl.col("verdict")
    is_compared = verdict.is_in([_AGREES, _DIFFERS])
    counts = compared.group_by("column").agg(
        is_compared.sum().alias("compared_count"),
        (verdict == _AGREES).sum().alias("agreed_count"),
        pl.col("case_number").filter(is_compared).n_unique().alias("letter_count"),
        (verdict == _UNREAD).sum().alias("unread_count"),
        (verdict == _UNKNOWN).sum().alias("unknown_count"),
    )
    share = pl.when(pl.col("compared_count") > 0).then(pl.col("agreed_count") / pl.col("compared_count"))
    counts = counts.sort(pl.col("column").cast(pl.Enum(_COLUMNS))).with_columns(agreement=share)
    of = counts.select("agreement", "letter_count").rows()
    ends = [(None, None) if one is None else exact_interval(one * letters, letters) for one, letters in of]
    intervals = pl.DataFrame(ends, schema=dict.fromkeys(("interval_low", "interval_high"), pl.Float64), orient="row")
    last = ["unread_count", "unknown_count"]
    return pl.concat([counts, intervals], how="horizontal").select(pl.exclude(last), *last)


def _disagreements(compared: pl.DataFrame) -> pl.DataFrame:
    differing = compared.filter(verdict=_DIFFERS).drop("verdict").sort("case_number", "request_number")
    return differing.with_columns(message=pl.format("the state's index says {}", "index_value"))


def _coverage(cases: pl.DataFrame, read: pl.Series) -> pl.DataFrame:
    is_read = pl.col("case_number").is_in(read.unique().implode())
    counts = cases.group_by(pl.col("decision_date").dt.truncate("1mo").alias("month")).agg(
        pl.len().cast(pl.Int64).alias("index_count"), is_read.sum().cast(pl.Int64).alias("letter_count")
    )
    missing = (pl.col("index_count") - pl.col("letter_count")).alias("missing_count")
    share = (pl.col("letter_count") / pl.col("index_count")).alias("coverage")
    return counts.sort("month", nulls_last=True).with_columns(missing, share)
