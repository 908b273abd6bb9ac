"""Search a frame, and find rows with similar texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import log
from typing import Any

import polars as pl

from imrdata.errors import UnknownTermError
from imrdata.search.excerpts import with_excerpts
from imrdata.search.index import Hits, TextIndex
from imrdata.search.queries import Group, Node, Words, positive, stems_of
from imrdata.tables.columns import require_column

SEARCHED = ("request_text", "rationale_text", "clinical_summary_text")
_TERMS = 40  # words of a text that similar texts are found by
_TOO_COMMON, _FEW = 0.2, 5  # a word in more than this share of rows, and in more rows than this, is not used
_SAME_CATEGORY, _SAME_SUBCATEGORY = 1.5, 2.0  # factors of the score of a decision about the same treatment


def text_columns(frame: pl.DataFrame, in_: str | Sequence[str] | None) -> list[str]:
    """Return the columns to search; an UnknownTermError if one does not exist, a ValueError if none is named."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if in_ is None:
        columns = [name for name in SEARCHED if name in texts]
        if not columns:
            message = f"search needs {' or '.join(SEARCHED)}, or the columns that in_ names"
            raise UnknownTermError(message, reason="missing_columns")
        return columns
    wanted = [in_] if isinstance(in_, str) else list(in_)
    if not wanted:
        raise ValueError("search needs at least one column to search in")
    columns = [name if name in texts else f"{name}_text" for name in wanted]
    for column, name in zip(columns, wanted, strict=True):
        require_column(column if column in texts else name, texts)
    return columns


def indexed(frame: pl.DataFrame, columns: Sequence[str], told: Callable[[], object] = bool) -> TextIndex:
    """Index a frame in memory. A place is the number of a row; progress is reported for each row."""

    def rows() -> Iterator[tuple[str, int, Sequence[str | None]]]:
        for place, texts in enumerate(frame.select(columns).iter_rows()):
            told()
            yield "", place, texts

    index = TextIndex(columns)
    index.change([], rows())
    return index


def found_rows(frame: pl.DataFrame, hits: Hits, node: Node, columns: Sequence[str]) -> pl.DataFrame:
    """Return the rows of hits, whose places are row numbers, with score and excerpt."""
    rows = frame[hits.places].with_columns(score=hits.scores, found_count=pl.lit(hits.count, dtype=pl.Int64))
    return with_excerpts(rows, positive(node), columns)


def telling_words(index: TextIndex, text: str, column: str, row_count: int) -> Group:
    """Return the distinctive words of a text (highest tf-idf), each repeated as often as in the text."""
    weights, counts = {}, Counter(stems_of(text))
    for stem, times in counts.items():
        holders = index.row_count(column, stem)
        if holders > 1 and holders <= max(_FEW, _TOO_COMMON * row_count) and not stem.isdecimal():
            weights[stem] = times * log(row_count / holders)
    best = sorted(weights, key=lambda stem: (-weights[stem], stem))[:_TERMS]
    return Group("any", tuple(Words((stem,)) for stem in best for _ in range(counts[stem])))


def same_treatment_first(frame: pl.DataFrame, hits: Hits, row: dict[str, Any], n: int) -> Hits:
    """Return the best `n` hits; those for the same treatment score higher, because reviewers reuse their phrases."""
    names = ["treatment_category", "treatment_subcategory"]
    is_same = [pl.col(name) == row[name] for name in names]
    weight = pl.when(pl.all_horizontal(is_same)).then(_SAME_SUBCATEGORY).when(is_same[0]).then(_SAME_CATEGORY)
    scored = frame.select(names)[hits.places].select(place=hits.places, score=hits.scores * weight.otherwise(1.0))
    best = scored.sort("score", "place", descending=[True, False]).head(n)
    return Hits(best["place"], best["score"], hits.count)


def similar_rows(frame: pl.DataFrame, hits: Hits, node: Node, column: str) -> pl.DataFrame:
    """Return the rows of hits, with their score and the distinctive words that they share."""
    rows = found_rows(frame, hits, node, [column])
    return rows.drop("found_count", "excerpt_of", "excerpt").rename({"matched_words": "shared_words"})
