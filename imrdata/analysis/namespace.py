"""`frame.imr`: the methods on a polars frame. The first use of ``frame.imr`` imports this module."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from imrdata.analysis import agreement, comparisons, editions, intervals, rates, recurring, split_decisions, trends
from imrdata.analysis.groups import Verbs
from imrdata.display.excerpts_page import excerpts_page
from imrdata.display.html import Page
from imrdata.search import frames
from imrdata.search.queries import parse
from imrdata.tables.columns import require_column


class ImrFrame(Verbs):
    """Analyze decisions, letters and citations; every polars DataFrame has it as ``frame.imr``.

    Polars cannot declare ``frame.imr`` to type checkers; they can check ``ImrFrame(frame).overturn_rate()``.

    Args:
        frame: Decisions, letters, citations, or the result of a method.
    """

    overturn_rate = rates.overturn_rate
    trend = trends.trend
    compare = comparisons.compare
    intervals = intervals.intervals
    recurring_texts = recurring.recurring_texts
    citation_agreement = agreement.citation_agreement
    citation_matrix = agreement.citation_matrix
    edition_status = editions.edition_status
    split_decisions = split_decisions.split_decisions

    def search(self, query: str, in_: str | Sequence[str] | None = None, *, limit: int | None = None) -> pl.DataFrame:
        """Return the rows whose texts match a query, best first.

        Words match by their stems, ignoring case: ``session`` finds ``sessions``, and ``matched_words`` lists the
        words found. All words of a query must appear, each in any of the columns::

            knee arthroscopy            both words
            "physical therapy"          a phrase: words that follow each other
            mri OR ct                   one of them
            session NOT acupuncture     without a word
            knee NEAR/5 arthritis       at most 5 words between, in any order; NEAR alone means 10
            (mri OR ct) knee            parentheses

        Each call indexes the texts in memory; a built dataset can keep an index for `Dataset.search`.

        Args:
            query: What to look for.
            in_: The columns to search, with or without ``_text`` at the end; None for ``request_text``,
                ``rationale_text`` and ``clinical_summary_text``, if the frame has them.
            limit: The maximum number of rows; None for all.

        Returns:
            The rows found, best first, with five added columns: ``score`` (Float64, BM25), ``found_count`` (Int64,
            the number of matches regardless of the limit), ``matched_words`` (List(String)), ``excerpt_of``
            (String), the first column with a hit, and ``excerpt`` (String), the words around its first hit,
            each hit marked as ``«hit»``; null if the query has only words after NOT.

        Raises:
            UnknownTermError: The frame lacks such a text column.
            ValueError: The query is malformed; the message explains the syntax.

        Example:
            >>> import imrdata
            >>> decisions = imrdata.load_decisions(imrdata.example_letter())
            >>> decisions.imr.search('"return-to-work goal"')["excerpt_of"].to_list()
            ['rationale_text']
            >>> decisions.imr.search("session", in_="request")["excerpt"][0]
            '10 work conditioning «sessions»'
        """
        node, columns = parse(query), frames.text_columns(self._frame, in_)
        hits = frames.indexed(self._frame, columns).find(node, columns, limit=limit)
        return frames.found_rows(self._frame, hits, node, columns)

    def show_excerpts(self, limit: int = 20) -> Page:
        """Show the excerpts of a `search` as a page with marked hits.

        Args:
            limit: The maximum number of rows.

        Returns:
            A page for notebooks, with the total number of rows; its ``html`` is self-contained.

        Raises:
            UnknownTermError: The frame has no column ``excerpt``; it is not a search result.

        Example:
            >>> import imrdata
            >>> found = imrdata.load_decisions(imrdata.example_letter()).imr.search("conditioning", in_="request")
            >>> '10 work <mark class="hit">conditioning</mark> sessions' in found.imr.show_excerpts().html
            True
        """
        frame = self._frame
        require_column("excerpt", frame.columns)
        count = frame["found_count"][0] if "found_count" in frame.columns and frame.height else frame.height
        return excerpts_page(frame.head(limit).rows(named=True), count)
