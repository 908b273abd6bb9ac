"""The fields that a person can check: their values as text, and the words they were read from."""

from __future__ import annotations

from functools import cache

import polars as pl

from imrdata.datasets.corrections import correctable
from imrdata.datasets.dataset import Dataset
from imrdata.tables.columns import columns, contract_of

FIELD = ["case_number", "request_number", "column"]
FIELD_SCHEMA = pl.Schema({"case_number": pl.String(), "request_number": pl.Int16(), "column": pl.String()})
_PASSAGES = frozenset(
    ("determination_text", "clinical_summary_text", "documents_reviewed_text", "rationale_text")
)  # too long to be checked word by word
_WORDS = 240  # characters shown of a text


def require_dataset(data: object, verb: str) -> None:
    """Raise an error for what is not a dataset in memory."""
    if not isinstance(data, Dataset):
        raise TypeError(f"review.{verb} takes the Dataset that imrdata.load returns, not {type(data).__name__}")


# The text that a column of the letter was read from, and whether its end tells most. Dates and priority stand in the
# header, which is in no column.
_OF_LETTER = {
    "reviewer_states": ("determination_text", True),
    "reviewer_specialties": ("determination_text", True),
    "patient_age": ("clinical_summary_text", False),
    "patient_sex": ("clinical_summary_text", False),
    "is_represented": ("clinical_summary_text", False),
}
OF_PART = {  # of a modified request; the whole request of others
    "requested_quantity": "original_request_text",
    "authorized_quantity": "authorized_text",
}
_OF_REQUEST = {
    "outcome": ("rationale_text", True),
    "rationale_text": ("rationale_text", True),
    **{name: (text, False) for name, text in OF_PART.items()},
}
_WHOLE_REQUEST = frozenset((
    "request_text", "original_request_text", "authorized_text", "disputed_treatment_text", "ur_decision",
    "is_retrospective",
))  # fmt: skip


@cache
def checked_columns() -> dict[str, str]:
    """Return the columns to sample, each with its table."""
    tables = {"letters": correctable(of_request=False), "decisions": correctable(of_request=True)}
    return {name: table for table, names in tables.items() for name in names if name not in _PASSAGES}


def is_of_request(column: str) -> bool:
    """Return whether each request has its own value of a column."""
    table = contract_of("decisions")
    return column in table.columns and not table.repeats(column)


def with_values(fields: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Add ``value``, ``words``, ``letter_layout`` and ``source`` to each field.

    Columns of citations or of no table have no value.
    """
    cases = fields.select("case_number").unique()
    both = {"letters": data.letters, "decisions": data.decisions}
    tables = {name: frame.join(cases, on="case_number", how="semi") for name, frame in both.items()}
    of_letter = tables["letters"].select("case_number", pl.col("letter_layout").cast(pl.String), "source")
    parts = [_valued(part, tables) for part in fields.partition_by("column")]
    valued = pl.concat(parts) if parts else fields.with_columns(value=pl.lit(""), words=pl.lit(""))
    return valued.join(of_letter, on="case_number", how="left")


def _valued(fields: pl.DataFrame, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the fields of one column with their values."""
    name = fields["column"][0]
    table = "decisions" if is_of_request(name) else "letters"
    key = [*contract_of(table).key]
    if name not in tables[table].columns:
        return fields.with_columns(value=pl.lit(None, pl.String), words=pl.lit(None, pl.String))
    values = tables[table].select(*key, value=text_of(name), words=_words_of(name))
    return fields.join(values, on=key, how="left")


def text_of(name: str) -> pl.Expr:
    """Convert a column to texts as in corrections: lists joined, whole numbers without a point."""
    value, dtype = pl.col(name), columns()[name].dtype
    if isinstance(dtype, pl.List):
        return value.list.join("; ").replace("", None)
    if dtype.is_float():
        whole = value.round().cast(pl.Int64, strict=False)
        return pl.when(value == whole).then(whole.cast(pl.String)).otherwise(value.cast(pl.String))
    return value.cast(pl.String)


def _words_of(name: str) -> pl.Expr:
    """Return the words that a column was read from, if a column has them."""
    if not is_of_request(name):
        if name not in _OF_LETTER:
            return pl.lit(None, pl.String)
        text, is_end = _OF_LETTER[name]
    else:
        whole = "request_text" if name in _WHOLE_REQUEST else "disputed_treatment_text"
        text, is_end = _OF_REQUEST.get(name, (name if name.endswith("_guideline_text") else whole, False))
    words = pl.coalesce(text, "request_text") if name in OF_PART else pl.col(text)
    return words.str.slice(-_WORDS, _WORDS) if is_end else words.str.slice(0, _WORDS)
