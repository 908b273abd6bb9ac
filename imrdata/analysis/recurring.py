"""Find texts that recur across letters, exactly or nearly.

The similarity of two texts is the share of five-word sequences (shingles) that they have in common (Jaccard). There are
too many pairs to compare all of them, so MinHash selects the pairs that may be similar, and only these are compared
exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import polars as pl

from imrdata.analysis.groups import Verbs, need, need_letters
from imrdata.errors import UnknownTermError

Unit = Literal["text", "sentence"]
_UNITS = ("text", "sentence")
_RUN = 5  # words
_FEWEST_WORDS = 8  # of a sentence; shorter ones recur by chance
_BANDS, _HASHES = 16, 3  # misses one in 90,000 pairs of similarity 0.8, and one in 8 of 0.5
_SENTENCE_END = r"([.!?])\s+"


def recurring_texts(
    self: Verbs, column: str = "rationale_text", *, unit: Unit = "text", similarity: float = 0.8
) -> pl.DataFrame:
    """Find stock texts that recur across letters, exactly or nearly; for decisions.

    Texts are compared by their runs of five words, ignoring numbers, case and punctuation. Texts linked by
    similar pairs form a family. Texts of fewer than 8 words are ignored.

    Args:
        column: The column of the texts.
        unit: ``text``, the whole text of each request, or ``sentence``.
        similarity: The minimum share of runs in common, 0 to 1; 1 for the same words.

    Returns:
        One row per family of two or more letters, largest first: ``provenance``, ``letter_count``,
        ``request_count``, ``overturned_count`` (Int64, of requests), ``case_numbers`` (List(String), sorted) and
        ``text`` (String), the first of the family.

    Raises:
        UnknownTermError: The frame lacks a column, which the message names, or the unit is unknown.
        ValueError: `similarity` is not between 0 and 1.

    Source:
        A. Z. Broder, On the resemblance and containment of documents, Proceedings of Compression and Complexity of
        Sequences (1997); A. Rajaraman and J. D. Ullman, Mining of Massive Datasets (2011), chapter 3.

    Example:
        >>> import imrdata
        >>> imrdata.load_decisions(imrdata.example_letter()).imr.recurring_texts().height
        0
    """
    decisions = self._frame
    need_letters(decisions, "recurring_texts")
    need(decisions, ["outcome", column], "recurring_texts")
    if unit not in _UNITS:
        raise UnknownTermError(f"no unit {unit!r}; there are: {', '.join(_UNITS)}", reason="unknown_unit")
    if not 0 < similarity <= 1:
        raise ValueError(f"similarity is {similarity}; it must be between 0 and 1")
    texts = _texts(decisions, column, unit)
    shingles = _shingles(texts)
    alike = _alike(_candidates(texts, shingles), shingles, similarity)
    families = pl.DataFrame(_families(alike), schema={"id": pl.UInt32, "family": pl.UInt32}, orient="row")
    rows = texts.join(families, on="id").sort("id")
    requests = rows.unique(["family", "row"], maintain_order=True)
    is_overturned = pl.col("outcome").cast(pl.String) == "Overturned"
    counted = requests.group_by("family").agg(
        pl.col("provenance").first(),
        letter_count=pl.col("case_number").n_unique().cast(pl.Int64),
        request_count=pl.len().cast(pl.Int64),
        overturned_count=is_overturned.sum().cast(pl.Int64),
        case_numbers=pl.col("case_number").unique().sort(),
        text=pl.col("text").first(),
    )
    order = ["provenance", "letter_count", "request_count", "text"]
    across = counted.filter(pl.col("letter_count") > 1).drop("family")
    return across.sort(order, descending=[False, True, True, False])


def _texts(decisions: pl.DataFrame, column: str, unit: Unit) -> pl.DataFrame:
    """Return each text or sentence with its words, without case, numbers and punctuation."""
    rows = decisions.select("case_number", "provenance", "outcome", text=column).with_row_index("row")
    if unit == "sentence":
        ends = pl.col("text").str.replace_all(_SENTENCE_END, "$1\x1f").str.split("\x1f")
        rows = rows.with_columns(text=ends).explode("text", empty_as_null=True, keep_nulls=True)
    words = rows.with_columns(words=pl.col("text").str.to_lowercase().str.extract_all("[a-z]+"))
    return words.filter(pl.col("words").list.len() >= _FEWEST_WORDS).with_row_index("id")


def _shingles(texts: pl.DataFrame) -> pl.DataFrame:
    words = texts.select("id", "words").explode("words", empty_as_null=True, keep_nulls=True)
    run = pl.concat_str([pl.col("words").shift(-step).over("id") for step in range(_RUN)], separator=" ")
    return words.select("id", shingle=run.hash(0)).drop_nulls().unique()


def _candidates(texts: pl.DataFrame, shingles: pl.DataFrame) -> pl.DataFrame:
    """Return pairs of texts with equal smallest hashes in a band: the first such text with each other one."""
    smallest = [pl.col("shingle").hash(1 + number).min().alias(str(number)) for number in range(_BANDS * _HASHES)]
    signatures = shingles.group_by("id").agg(smallest).join(texts.select("id", "provenance"), on="id")
    pairs = []
    for band in range(_BANDS):
        key = ["provenance", *(str(band * _HASHES + number) for number in range(_HASHES))]
        pairs.append(signatures.select(first=pl.col("id").min().over(key), second="id"))
    return pl.concat(pairs).filter(pl.col("first") != pl.col("second")).unique()


def _alike(pairs: pl.DataFrame, shingles: pl.DataFrame, similarity: float) -> pl.DataFrame:
    sizes = shingles.group_by("id").agg(size=pl.len().cast(pl.Int64))
    common = (
        pairs.join(shingles.rename({"id": "first"}), on="first")
        .join(shingles.rename({"id": "second"}), on=["second", "shingle"])
        .group_by("first", "second")
        .agg(common=pl.len().cast(pl.Int64))
        .join(sizes.rename({"id": "first"}), on="first")
        .join(sizes.rename({"id": "second"}), on="second", suffix="_second")
    )
    share = pl.col("common") / (pl.col("size") + pl.col("size_second") - pl.col("common"))
    return common.filter(share >= similarity).select("first", "second").sort("first", "second")


def _families(pairs: pl.DataFrame) -> Iterable[tuple[int, int]]:
    """Return each text with the first text of its family, which includes all texts linked by pairs."""
    leader: dict[int, int] = {}

    def led(one: int) -> int:
        while (above := leader.setdefault(one, one)) != one:
            leader[one] = leader[above]
            one = above
        return one

    for first, second in pairs.iter_rows():
        low, high = sorted((led(first), led(second)))
        leader[high] = low
    return [(one, led(one)) for one in list(leader)]
