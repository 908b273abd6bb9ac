"""The methods of `frame.imr` about citations; the others are in `namespace`."""

from __future__ import annotations

import polars as pl

from imrdata.analysis.groups import SMALL_GROUP


class CitationVerbs:
    """The methods of ``frame.imr`` about citations."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def citation_agreement(self, citations: pl.DataFrame) -> pl.DataFrame:
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
            UnknownTermError: A frame lacks a column, which the message names; or no citation belongs to a decision.

        Example:
            >>> import imrdata
            >>> data = imrdata.load(imrdata.example_letter())
            >>> agreement = data.decisions.imr.citation_agreement(data.citations)
            >>> agreement.select("reviewer_citations", "citation_agreement").row(0)
            (['MTUS: Chronic Pain Medical Treatment'], 'same')
        """
        from imrdata.analysis.agreement import citation_agreement

        return citation_agreement(self._frame, citations)

    def citation_matrix(
        self, citations: pl.DataFrame, *, titles: bool = False, small_below: int = SMALL_GROUP
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
        from imrdata.analysis.agreement import citation_matrix

        return citation_matrix(self._frame, citations, titles=titles, small_below=small_below)

    def edition_status(self, letters: pl.DataFrame) -> pl.DataFrame:
        """Find whether each cited MTUS edition was in force on the decision date; for citations.

        The rules require the edition in force on the day of the service, which letters do not print. An edition
        superseded shortly before the decision may have been correct.

        Args:
            letters: Letters or decisions, for ``decision_date``.

        Returns:
            The frame, rows in the same order, with ``edition_status`` (Enum): ``in force``, ``superseded``, ``not yet
            in force``, or ``cannot tell``, if the edition's year, its successor or the date is unknown; null for
            guidelines other than the MTUS.

        Raises:
            UnknownTermError: A frame lacks a column, which the message names.

        Source:
            ``seeds/vocabularies/mtus_editions.csv``, with certainty; its orders end in November 2021.

        Example:
            >>> import imrdata
            >>> data = imrdata.load(imrdata.example_letter())
            >>> data.citations.imr.edition_status(data.letters)["edition_status"].to_list()
            ['in force', 'in force', 'cannot tell']
        """
        from imrdata.analysis.editions import edition_status

        return edition_status(self._frame, letters)

    def split_decisions(self, citations: pl.DataFrame) -> pl.DataFrame:
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
        from imrdata.analysis.split_decisions import split_decisions

        return split_decisions(self._frame, citations)
