"""`queue`: find the fields in doubt, with the reasons."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import polars as pl

from imrdata.datasets.dataset import Dataset
from imrdata.letters.dates import CHRONOLOGY
from imrdata.letters.verdict import last_sentence, verdict_of
from imrdata.resources import patterns, split_cell, vocabulary
from imrdata.review.fields import FIELD, FIELD_SCHEMA, is_of_request, require_dataset, text_of, with_values
from imrdata.review.unread import with_unread_words
from imrdata.tables.columns import treatment_columns
from imrdata.terms import SEVERITIES

_DOUBT = pl.Schema({**FIELD_SCHEMA, "reason": pl.String(), "message": pl.String(), "excerpt": pl.String()})
_PLAIN = r"not medically (?:necessary|appropriate)(?: and appropriate)?\W*$"  # as nearly all letters close
_CLOSING = 300  # characters at the end of a rationale in which its verdict stands


def queue(data: Dataset) -> pl.DataFrame:
    """Find the fields in doubt, most severe first.

    A field is in doubt because of its own letter (diagnostics, dates out of order, an outcome that the rationale
    contradicts, words in no vocabulary), because another letter about the same treatment has a different value, or
    because accuracy was not measured for its layout. Corrected fields are not in doubt.

    Args:
        data: The letters from `imrdata.load`.

    Returns:
        One row per field in doubt: ``case_number``; ``request_number``, null for a field of the letter; ``column``;
        ``value`` as text, as in a correction; ``words``, the words of the letter that it was read from, if a column
        has them; ``reason``, the most severe code of `diagnostics.csv` or `doubts.csv`; ``severity`` (high, medium,
        low); ``message``; ``letter_layout``; ``source``. Rows of one severity are sorted by key.

    Example:
        >>> import imrdata
        >>> imrdata.review.queue(imrdata.load(imrdata.example_letter())).height
        0
    """
    require_dataset(data, "queue")
    letters = data.letters.with_columns(pl.col("letter_layout").cast(pl.String))
    doubts = [_told(data), *_out_of_order(letters), _against_verdict(data.decisions)]
    doubts += [*_other_answers(data.decisions), *_unread(data.decisions), _unmeasured(letters)]
    uncorrected = pl.concat(doubts).join(_corrected(data), on=FIELD, how="anti", nulls_equal=True)
    graded = uncorrected.with_columns(severity=pl.col("reason").replace_strict(_severities(), default="medium"))
    graded = graded.with_columns(_grade=pl.col("severity").cast(pl.Enum(SEVERITIES)).to_physical()).sort("_grade")
    fields = graded.group_by(FIELD, maintain_order=True).agg(
        pl.col("reason", "severity", "_grade").first(),
        pl.col("message").unique(maintain_order=True).str.join("; "),
        pl.col("excerpt").drop_nulls().first(),
    )
    found = with_values(fields, data).with_columns(words=pl.coalesce("excerpt", "words"))
    found = found.sort("_grade", "case_number", pl.col("request_number").fill_null(0), "column")
    return found.select(*FIELD, "value", "words", "reason", "severity", "message", "letter_layout", "source")


@cache
def _severities() -> dict[str, str]:
    return {row["code"]: row["severity"] for name in ("diagnostics", "doubts") for row in vocabulary(name)}


def _told(data: Dataset) -> pl.DataFrame:
    """Find the fields of diagnostics: their column, or else the columns that the vocabulary lists for the code."""
    rows = [(row["code"], split_cell(row["column"])) for row in vocabulary("diagnostics")]
    concerned = pl.DataFrame(rows, {"code": pl.String, "columns": pl.List(pl.String)}, orient="row")
    told = data.diagnostics.join(concerned, on="code", how="left")
    own = pl.when(pl.col("column").is_not_null()).then(pl.concat_list("column")).otherwise("columns")
    told = told.with_columns(column=own).explode("column", empty_as_null=True).filter(pl.col("column").is_not_null())
    of_request = pl.col("column").is_in([name for name in told["column"].unique() if is_of_request(name)])
    of_letter = told.filter(~of_request & pl.col("request_number").is_null())
    of_one = told.filter(pl.col("request_number").is_not_null())
    of_one = of_one.with_columns(request_number=pl.when(of_request).then("request_number"))
    of_all = told.filter(of_request & pl.col("request_number").is_null()).drop("request_number")
    of_all = of_all.join(data.decisions.select("case_number", "request_number"), on="case_number")
    parts = [part.rename({"code": "reason"}).select(list(_DOUBT)) for part in (of_letter, of_one, of_all)]
    return pl.concat(parts).cast(_DOUBT)


def _out_of_order(letters: pl.DataFrame) -> list[pl.DataFrame]:
    """Find dates before a date that must come first; either may be wrong."""
    found = []
    for earlier, later in combinations(CHRONOLOGY, 2):
        wrong = letters.filter(pl.col(later) < pl.col(earlier))
        message = pl.format(f"{later} {{}} is before {earlier} {{}}", later, earlier)
        found += [_doubts(wrong, name, "dates_out_of_order", message) for name in (earlier, later)]
    return found


def _against_verdict(decisions: pl.DataFrame) -> pl.DataFrame:
    """Find outcomes that the last sentence of the rationale contradicts."""
    rows = decisions.select("case_number", "request_number", "rationale_text", pl.col("outcome").cast(pl.String))
    closing = pl.col("rationale_text").str.slice(-_CLOSING, _CLOSING).str.to_lowercase()
    words = patterns("verdict_words", "negation", "part", "limit", "count", "procedure", "shortfall", "upheld")
    may_deny = closing.str.contains(f"{words}|medically (?:un|in)")
    is_granted = pl.col("outcome") == "Overturned"
    denied = rows.filter(~is_granted & ~closing.str.contains(_PLAIN))
    likely = pl.concat([rows.filter(is_granted).filter(may_deny), denied])
    ends = pl.Series([last_sentence(text) for text in likely["rationale_text"]], dtype=pl.String)
    verdicts = pl.Series([verdict_of(end) for end in ends], dtype=pl.String)
    wrong = likely.with_columns(_end=ends).filter(verdicts != likely["outcome"])
    message = pl.format("it is {}, but the rationale ends: {}", "outcome", "_end")
    return _doubts(wrong, "outcome", "outcome_contradicts_rationale", message, pl.col("_end"))


def _other_answers(decisions: pl.DataFrame) -> list[pl.DataFrame]:
    """Find values that differ from those of most letters about the same treatment, or from a corrected one.

    Texts are the same if they have the same words, ignoring numbers, case and order.
    """
    words = pl.col("disputed_treatment_text").str.to_lowercase().str.extract_all("[a-z][a-z0-9]*")
    texts = decisions.select("disputed_treatment_text").unique()
    texts = texts.with_columns(_words=words.list.unique().list.sort().list.join(" ")).filter(pl.col("_words") != "")
    key = ["case_number", "request_number", "provenance", "corrected_columns", "disputed_treatment_text"]
    rows = decisions.select(*key, *treatment_columns())
    rows = rows.join(texts, on="disputed_treatment_text")
    rows = rows.filter(pl.len().over("_words", "provenance") > 1)
    return [_differing(rows, name) for name in treatment_columns()]


def _differing(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Find rows whose value is not the most common one for the same words; in a tie, all."""
    same = ["_words", "provenance"]
    is_corrected = pl.col("corrected_columns").list.contains(name)
    letters, corrections = pl.col("case_number").n_unique(), is_corrected.sum().cast(pl.Int64)
    answers = rows.group_by(*same, name).agg(letters=letters, corrections=corrections)
    answers = answers.filter(pl.len().over(same) > 1)
    weight = pl.col("corrections") * rows.height + pl.col("letters")  # one corrected answer outweighs all others
    is_best = weight == weight.max().over(same)
    told = pl.format("as {} letters with the same words say {}", "letters", text_of(name).fill_null("nothing"))
    answers = answers.with_columns(
        message=told.filter(is_best).sort().last().over(same),
        _is_doubtful=(pl.col("corrections") == 0) & (~is_best | (is_best.sum().over(same) > 1)),
    )
    wrong = rows.join(answers.filter("_is_doubtful"), on=[*same, name], nulls_equal=True)
    return _doubts(wrong, name, "other_answer", pl.col("message"))


def _unread(decisions: pl.DataFrame) -> list[pl.DataFrame]:
    """Find fields read from texts with unknown words."""
    texts = with_unread_words(decisions.select("disputed_treatment_text").unique())
    rows = decisions.select("case_number", "request_number", "disputed_treatment_text")
    wrong = rows.join(texts, on="disputed_treatment_text")
    message = pl.format("no vocabulary knows: {}", "unread")
    return [_doubts(wrong, name, "unread_words", message) for name in ("body_parts", "drugs")]


def _unmeasured(letters: pl.DataFrame) -> pl.DataFrame:
    """Find letters of a layout without measured accuracy."""
    measured = {row["letter_layout"] for row in vocabulary("accuracy")}
    wrong = letters.filter(~pl.col("letter_layout").is_in(list(measured)))
    message = pl.format("the reader was not measured on letters of the layout {}", "letter_layout")
    return _doubts(wrong, "letter_layout", "unmeasured_layout", message)


def _doubts(
    rows: pl.DataFrame, column: str, reason: str, message: pl.Expr, excerpt: pl.Expr | None = None
) -> pl.DataFrame:
    """Return the doubts about one column in rows of letters or decisions."""
    number = pl.col("request_number") if "request_number" in rows.columns else pl.lit(None)
    return rows.select(
        "case_number",
        request_number=number.cast(pl.Int16),
        column=pl.lit(column),
        reason=pl.lit(reason),
        message=message,
        excerpt=pl.lit(None, pl.String) if excerpt is None else excerpt,
    )


def _corrected(data: Dataset) -> pl.DataFrame:
    """Return the corrected fields."""
    of_letters = data.letters.select("case_number", pl.lit(None, pl.Int16).alias("request_number"), "corrected_columns")
    of_requests = data.decisions.select("case_number", "request_number", "corrected_columns")
    listed = pl.concat([of_letters, of_requests]).filter(pl.col("corrected_columns").list.len() > 0)
    return listed.explode("corrected_columns").rename({"corrected_columns": "column"})
