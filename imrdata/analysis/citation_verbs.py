"""The verbs of `frame.imr` about what is cited; the others are in `namespace`."""

from __future__ import annotations

import polars as pl

from imrdata.analysis.groups import SMALL_GROUP


class CitationVerbs:
    """What an analyst asks of citations, as far as it is a verb of ``frame.imr``."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def citation_agreement(self, citations: pl.DataFrame) -> pl.DataFrame:
        """Whether the reviewer's guideline line cites what the claims administrator's cites; for decisions.

        Two citations agree when they name the same body of guidelines and the same title (of MTUS, the chapter).
        Editions and sections are not compared. Of works that no vocabulary knows the words are compared. Pages cited
        in the rationale do not count. ``decisions.imr.citation_agreement(citations).imr.overturn_rate(
        "citation_agreement")`` tells what becomes of the requests.

        Args:
            citations: The citations of the same letters; those of other requests are of no account.

        Returns:
            The frame, rows in the same order, with three columns more: ``claims_administrator_citations`` and
            ``reviewer_citations`` (List(String), sorted, empty where none is cited), and ``citation_agreement``
            (Enum): ``same``, ``partly`` (some of them in common), ``different``, ``cannot tell`` (one names a body of
            guidelines, the other a chapter of that body), ``reviewer only``, ``claims administrator only``,
            ``neither``; null where the letter has no line for one of the two.

        Raises:
            UnknownTermError: A frame lacks a column, which the message names; or no citation belongs to any of the
                decisions.

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
        """What becomes of requests by what the claims administrator cites and what the reviewer cites; for decisions.

        Args:
            citations: As for `citation_agreement`.
            titles: Whether the titles are told apart, or only the bodies of guidelines.
            small_below: As for `overturn_rate`.

        Returns:
            The measures of `overturn_rate` for each ``provenance``, ``claims_administrator_cites`` and
            ``reviewer_cites`` (String; ``none`` where the line cites nothing, null where the letter has no line). A
            request that cites several counts in each of their cells.

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
        """Whether each MTUS edition cited was in force on the day of the decision; for citations.

        The rules ask for the edition in force on the day of the service, which letters do not print: an edition
        superseded shortly before the decision may have been the right one.

        Args:
            letters: Letters or decisions, for ``decision_date``.

        Returns:
            The frame, rows in the same order, with ``edition_status`` (Enum): ``in force``, ``superseded``, ``not yet
            in force``, or ``cannot tell``, where the year of the edition or the date is missing, and where it is not
            known what came after the edition; null for other bodies of guidelines than the MTUS.

        Raises:
            UnknownTermError: A frame lacks a column, which the message names.

        Source:
            ``seeds/vocabularies/mtus_editions.csv``, with certainty; it knows no order after November 2021.

        Example:
            >>> import imrdata
            >>> data = imrdata.load(imrdata.example_letter())
            >>> data.citations.imr.edition_status(data.letters)["edition_status"].to_list()
            ['in force', 'in force', 'cannot tell']
        """
        from imrdata.analysis.editions import edition_status

        return edition_status(self._frame, letters)

    def split_decisions(self, citations: pl.DataFrame) -> pl.DataFrame:
        """Like requests that were decided both ways, in different letters; for decisions.

        Requests are like when they ask for the same treatment (``treatment_name``) and the reviewer's guideline line
        cites the same subject (``guideline_subject``). The patients are not the same: read both letters before you
        call a decision inconsistent.

        Args:
            citations: The citations of the same letters.

        Returns:
            One row a treatment and subject, those first that most letters stand against: ``provenance``,
            ``treatment_name``, ``guideline_subject`` (String); ``decided_count``, ``overturned_count``, of requests;
            ``letter_count``, ``upheld_letter_count``, ``overturned_letter_count`` (Int64; a letter that decides both
            ways is in both); ``upheld_case_numbers``, ``overturned_case_numbers`` (List(String), sorted).

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
