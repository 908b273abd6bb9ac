"""An index of texts by their stems, in memory or in a folder that can be updated."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.search.queries import Node, Words, analyzer

_PART, _PLACE = "part", "place"
_HEAP = 50_000_000  # bytes of memory for the writer
_STEMS = "imrdata_en"


@dataclass(frozen=True, slots=True)
class Hits:
    """The rows that a query finds, best first; rows with equal scores in the order of their places."""

    places: pl.Series  # as given when the rows were added
    scores: pl.Series  # BM25
    count: int  # of all rows found, regardless of the limit


class TextIndex:
    """An index of text columns, in a folder, which is created if missing, or in memory."""

    def __init__(self, columns: Sequence[str], folder: Path | None = None) -> None:
        import tantivy  # noqa: PLC0415 - for searches alone

        builder = tantivy.SchemaBuilder().add_text_field(_PART, tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field(_PLACE, fast=True)
        for name in columns:
            builder.add_text_field(name, tokenizer_name=_STEMS)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self.columns = tuple(columns)
        self._tantivy: Any = tantivy
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=None if folder is None else str(folder))
        self._index.register_tokenizer(_STEMS, analyzer())
        self._reload()

    def _reload(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()
        self.parts: dict[str, int] = dict(self._searcher.terms_with_prefix(_PART, ""))  # part: row count

    def change(self, forgotten: Iterable[str], added: Iterable[tuple[str, int, Sequence[str | None]]]) -> None:
        """Remove parts, and add rows, each given as part, place and texts. Either all changes are made, or none.

        A ValueError says that another process is changing the index, or that it cannot be written.
        """
        writer = self._index.writer(_HEAP, 1)
        for part in forgotten:
            writer.delete_documents_by_term(_PART, part)
        for part, place, texts in added:
            document = self._tantivy.Document()
            document.add_text(_PART, part)
            document.add_unsigned(_PLACE, place)
            for name, text in zip(self.columns, texts, strict=True):
                if text:
                    document.add_text(name, text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._reload()

    def find(
        self, node: Node, columns: Sequence[str], *, parts: Collection[str] | None = None, limit: int | None = None
    ) -> Hits:
        """Find the rows of some parts, or of all, that match a query; each word may be in any of the columns."""
        query, of = self._query(node, columns), self._tantivy
        if parts is not None and set(parts) != set(self.parts):
            within = of.Query.term_set_query(self._schema, _PART, sorted(parts))
            query = of.Query.boolean_query([(of.Occur.Must, query), (of.Occur.Must, _unscored(of, within))])
        most = max(1, self._searcher.num_docs if limit is None else limit)
        found = self._searcher.search(query, limit=most)
        places = self._searcher.fast_field_values(_PLACE, [address for _, address in found.hits])
        scores = [score for score, _ in found.hits]
        rows = pl.DataFrame({"place": places, "score": scores}, schema={"place": pl.UInt64, "score": pl.Float64})
        rows = rows.sort("score", "place", descending=[True, False])
        return Hits(rows["place"], rows["score"], found.count)

    def row_count(self, column: str, stem: str) -> int:
        """Return how many rows have a stem in a column."""
        return int(self._searcher.doc_freq(column, stem))

    def _query(self, node: Node, columns: Sequence[str]) -> Any:
        query, occur = self._tantivy.Query, self._tantivy.Occur
        if isinstance(node, Words):
            return query.boolean_query([(occur.Should, one) for name in columns for one in self._words(node, name)])
        parts = [self._query(part, columns) for part in node.parts]
        if node.kind == "not":
            every = _unscored(self._tantivy, query.all_query())
            return query.boolean_query([(occur.Must, every), (occur.MustNot, parts[0])])
        return query.boolean_query([(occur.Should if node.kind == "any" else occur.Must, part) for part in parts])

    def _words(self, words: Words, column: str) -> list[Any]:
        query, stems = self._tantivy.Query, list(words.stems)
        if len(stems) == 1:
            return [query.term_query(self._schema, column, stems[0])]
        orders = [stems] if words.near is None else [stems, stems[::-1]]
        return [query.phrase_query(self._schema, column, one, words.near or 0) for one in orders]


def _unscored(of: Any, query: Any) -> Any:
    return of.Query.const_score_query(query, 0.0)


def remove(folder: Path) -> None:
    """Delete a saved index, which can be built again."""
    shutil.rmtree(folder, ignore_errors=True)
