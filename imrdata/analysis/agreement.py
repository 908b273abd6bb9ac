"""Compare the guidelines that the reviewer and the claims administrator cite."""

from __future__ import annotations

import polars as pl

from imrdata.analysis.groups import SMALL_GROUP, Verbs, need, need_letters
from imrdata.analysis.rates import overturn_rate
from imrdata.errors import UnknownTermError

AGREEMENTS = ("same", "partly", "different", "cannot tell", "reviewer only", "claims administrator only", "neither")
_CITATIONS = ["claims_administrator_citations", "reviewer_citations"]
_REQUEST = ["case_number", "request_number"]
_BODIES, _LACKING = r"\b(?:MTUS|ODG|ACOEM)\b", 0.01  # of 100 lines that name one, no more than one may lack citations
_LINES = ("claims_administrator_guideline_text", "reviewer_guideline_text")


def citation_agreement(self: Verbs, citations: pl.DataFrame) -> pl.DataFrame:
    """Compare the reviewer's guideline line with the claims administrator's; for decisions.

    Two citations agree if they name the same body of guidelines and the same title (for MTUS, the chapter).
    Editions and sections are not compared. Works in no vocabulary are compared by their words. Pages cited
    in the rationale do not count. ``decisions.imr.citation_agreement(citations).imr.overturn_rate(
    "citation_agreement")`` gives the outcomes of the requests.

    Args:
        citations: The citations of the same letters; those of other requests are ignored.

    Returns:
        The frame, rows in the same order, with three added columns: ``claims_administrator_citations`` and
        ``reviewer_citations`` (List(String), sorted, empty if none is cited), and ``citation_agreement``
        (Enum): ``same``, ``partly`` (some in common), ``different``, ``cannot tell`` (one names a body of
        guidelines, the other a chapter of it), ``reviewer only``, ``claims administrator only``,
        ``neither``; null if the letter lacks one of the two lines.

    Raises:
        UnknownTermError: A frame lacks a column, which the message names; or decisions that name a guideline have no
            citation, so the citations are of other letters.

    Example:
        >>> import imrdata
        >>> data = imrdata.load(imrdata.example_letter())
        >>> agreement = data.decisions.imr.citation_agreement(data.citations)
        >>> agreement.select("reviewer_citations", "citation_agreement").row(0)
        (['MTUS: Chronic Pain Medical Treatment'], 'same')
    """
    decisions = self._frame
    need_letters(decisions, "citation_agreement of decisions")
    need(decisions, [*_REQUEST, *_LINES], "citation_agreement of decisions")
    named = ["guideline_source", "guideline_title", "citation_text"]
    need(citations, [*_REQUEST, "cited_by", "found_in", *named], "citation_agreement of citations")
    lines = citations.filter(pl.col("found_in").cast(pl.String) == "guideline")
    _need_same_letters(decisions, lines)
    by_party = lines.group_by(_REQUEST).agg(
        _cited_by("claims_administrator").alias("claims_administrator_citations"),
        _cited_by("reviewer").alias("reviewer_citations"),
    )
    joined = decisions.join(by_party, on=_REQUEST, how="left", maintain_order="left", validate="m:1")
    lists = pl.col(_CITATIONS)
    filled = joined.with_columns(lists.fill_null(pl.lit([], dtype=pl.List(pl.String))))
    return filled.with_columns(_agreement().alias("citation_agreement"))


def _need_same_letters(decisions: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Raise an error if requests whose lines name a guideline lack citations: they would seem to cite nothing."""
    named = decisions.filter(pl.any_horizontal(pl.col(line).str.contains(_BODIES) for line in _LINES))
    lacking = named.join(lines, on=_REQUEST, how="anti").height
    if lacking > named.height * _LACKING:
        message = (
            f"citation_agreement: {lacking:,} of {named.height:,} decisions that name a guideline have no citation"
        )
        raise UnknownTermError(f"{message}; give the citations of the same letters", reason="no_common_request")


def _cited_by(party: str) -> pl.Expr:
    """Return what a party cites, sorted and unique: source and title, or the printed words of unknown guidelines."""
    source, title = pl.col("guideline_source").cast(pl.String), pl.col("guideline_title")
    words = pl.col("citation_text").str.strip_chars(" .,;").str.to_lowercase()
    bare = pl.when(source == "Other").then(source + ": " + words).otherwise(source)
    name = pl.when(title.is_null()).then(bare).otherwise(source + ": " + title)
    return name.filter(pl.col("cited_by").cast(pl.String) == party).unique().sort()


def _agreement() -> pl.Expr:
    theirs, ours = pl.col("claims_administrator_citations"), pl.col("reviewer_citations")
    has_theirs, has_ours = theirs.list.len() > 0, ours.list.len() > 0
    shared = theirs.list.set_intersection(ours).list.len()
    is_told = pl.all_horizontal(pl.col(line).is_not_null() for line in _LINES)
    (is_any_theirs, is_all_theirs), (is_any_ours, is_all_ours) = _open(theirs, ours), _open(ours, theirs)
    is_open = pl.when(shared == 0).then(is_any_theirs | is_any_ours).otherwise(is_all_theirs & is_all_ours)
    state = (
        pl.when(~has_theirs & ~has_ours).then(pl.lit("neither"))
        .when(~has_theirs).then(pl.lit("reviewer only"))
        .when(~has_ours).then(pl.lit("claims administrator only"))
        .when((shared == theirs.list.len()) & (shared == ours.list.len())).then(pl.lit("same"))
        .when(is_open).then(pl.lit("cannot tell"))
        .when(shared == 0).then(pl.lit("different"))
        .otherwise(pl.lit("partly"))
    )  # fmt: skip
    return pl.when(is_told).then(state).cast(pl.Enum(AGREEMENTS))


def _open(mine: pl.Expr, others: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return whether any and whether all unmatched citations may match, because one names only the body."""
    one = pl.element()
    is_bare, body = ~one.str.contains(": ", literal=True), one.str.extract("^(.*?)(?:: |$)")
    lacking = mine.list.set_difference(others)
    bare, named = lacking.list.eval(one.filter(is_bare)), lacking.list.eval(body.filter(~is_bare))
    bodies, bare_ones = others.list.eval(body), others.list.eval(one.filter(is_bare))
    matched = bare.list.set_intersection(bodies).list.len() + named.list.set_intersection(bare_ones).list.len()
    unmatched = bare.list.set_difference(bodies).list.len() + named.list.set_difference(bare_ones).list.len()
    return matched > 0, unmatched == 0


def citation_matrix(
    self: Verbs, citations: pl.DataFrame, *, titles: bool = False, small_below: int = SMALL_GROUP
) -> pl.DataFrame:
    """Compute overturn rates by what the claims administrator and the reviewer cite; for decisions.

    Args:
        citations: As for `citation_agreement`.
        titles: Whether to distinguish titles, not only bodies of guidelines.
        small_below: As for `overturn_rate`.

    Returns:
        The measures of `overturn_rate` for each ``provenance``, ``claims_administrator_cites`` and
        ``reviewer_cites`` (String; ``none`` if the line cites nothing, null if the letter has no line). A
        request with several citations counts in each of their cells.

    Raises:
        UnknownTermError: As for `citation_agreement` and `overturn_rate`.

    Example:
        >>> import imrdata
        >>> data = imrdata.load(imrdata.example_letter())
        >>> data.decisions.imr.citation_matrix(data.citations).row(0)[:5]
        ('published', 'MTUS', 'MTUS', 1, 0)
    """
    agreed = citation_agreement(self, citations)
    columns = {}
    for name, line in zip(_CITATIONS, _LINES, strict=True):
        cited = (
            pl.col(name) if titles else pl.col(name).list.eval(pl.element().str.extract("^(.*?)(?:: |$)")).list.unique()
        )
        cited = pl.when(pl.col(name).list.len() == 0).then(pl.lit(["none"])).otherwise(cited)
        columns[name.removesuffix("_citations") + "_cites"] = pl.when(pl.col(line).is_not_null()).then(cited)
    return overturn_rate(Verbs(agreed.with_columns(**columns)), list(columns), small_below=small_below)
