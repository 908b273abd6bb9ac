"""Find similar requests that were decided both ways."""

from __future__ import annotations

import polars as pl

from imrdata.analysis.groups import Verbs, need, need_letters

_REQUEST = ["provenance", "case_number", "request_number"]
_LIKE = ["provenance", "treatment_name", "guideline_subject"]


def split_decisions(self: Verbs, citations: pl.DataFrame) -> pl.DataFrame:
    """Find similar requests that were decided both ways, in different letters; for decisions.

    Requests are similar if they ask for the same treatment (``treatment_name``) and the reviewer's guideline line
    cites the same subject (``guideline_subject``). The patients differ: read both letters before you
    call a decision inconsistent.

    Args:
        citations: The citations of the same letters.

    Returns:
        One row per treatment and subject, those with most dissenting letters first: ``provenance``,
        ``treatment_name``, ``guideline_subject`` (String); ``decided_count``, ``overturned_count``, of requests;
        ``letter_count``, ``upheld_letter_count``, ``overturned_letter_count`` (Int64; a letter with both
        outcomes counts in both); ``upheld_case_numbers``, ``overturned_case_numbers`` (List(String), sorted).

    Raises:
        UnknownTermError: A frame lacks a column, which the message names.

    Example:
        >>> import imrdata
        >>> data = imrdata.load(imrdata.example_letter())
        >>> data.decisions.imr.split_decisions(data.citations).height
        0
    """
    decisions = self._frame
    need_letters(decisions, "split_decisions of decisions")
    need(decisions, [*_REQUEST, "treatment_name", "outcome"], "split_decisions of decisions")
    need(citations, [*_REQUEST, "cited_by", "found_in", "guideline_subject"], "split_decisions of citations")
    texts = (pl.col(name).cast(pl.String) for name in ("cited_by", "found_in"))
    is_reviewers_line = pl.concat_str(texts, separator=" ") == "reviewer guideline"
    cited = citations.filter(is_reviewers_line).select(*_REQUEST, "guideline_subject").unique().drop_nulls()
    requests = decisions.select(*_REQUEST, "treatment_name", "outcome").drop_nulls("treatment_name")
    outcome, case = pl.col("outcome").cast(pl.String), pl.col("case_number")
    upheld, overturned = case.filter(outcome == "Upheld").unique(), case.filter(outcome == "Overturned").unique()
    like = (
        requests.join(cited, on=_REQUEST, validate="1:m")
        .group_by(_LIKE)
        .agg(
            decided_count=pl.len().cast(pl.Int64),
            overturned_count=(outcome == "Overturned").sum().cast(pl.Int64),
            letter_count=case.n_unique().cast(pl.Int64),
            upheld_letter_count=upheld.len().cast(pl.Int64),
            overturned_letter_count=overturned.len().cast(pl.Int64),
            upheld_case_numbers=upheld.sort(),
            overturned_case_numbers=overturned.sort(),
        )
    )
    fewer = pl.min_horizontal("upheld_letter_count", "overturned_letter_count")
    split = like.filter(fewer > 0, pl.col("letter_count") > 1)
    order = [pl.col("provenance"), -fewer, -pl.col("letter_count"), *map(pl.col, _LIKE[1:])]
    return split.sort(order)
