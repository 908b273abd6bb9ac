"""`frame.imr`: the methods on a polars frame.

Importing this module is as fast as importing polars; each method imports what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from imrdata.analysis.citation_verbs import CitationVerbs
from imrdata.analysis.groups import SMALL_GROUP

if TYPE_CHECKING:
    from imrdata.analysis.comparisons import Correction
    from imrdata.analysis.rates import Method
    from imrdata.analysis.recurring import Unit
    from imrdata.display.html import Page


@pl.api.register_dataframe_namespace("imr")
class ImrFrame(CitationVerbs):
    """Analyze decisions, letters and citations; every polars DataFrame has it as ``frame.imr``.

    Type checkers do not know ``frame.imr``; they can check ``ImrFrame(frame).overturn_rate()``.

    Args:
        frame: Decisions, letters, citations, or the result of a method.
    """

    def overturn_rate(
        self, by: str | Sequence[str] | None = None, *, small_below: int = SMALL_GROUP, method: Method = "cluster"
    ) -> pl.DataFrame:
        """Compute the share of treatment requests overturned, with a 95% interval.

        The unit is the treatment request. A row of decisions is one request; a row of letters counts all requests of
        the letter; in citations joined with decisions, a request counts once in each group.

        One reviewer decides all requests of a letter, so they are not independent. The interval treats letters as
        clusters: it is Wilson's interval for the effective number of independent requests
        (``decided_count / design_effect``), with the t quantile for the number of letters. It reflects chance only,
        not which cases come to review.

        Published and synthetic letters are never combined: ``provenance`` is always a group.

        Args:
            by: One or more columns to group by; None for a single rate. In a column of lists, such as ``drugs`` or
                ``reviewer_specialties``, a request counts in each of its groups, so the group counts may add up
                to more than the number of requests. Nulls and empty lists form the group null.
            small_below: Groups with fewer letters are marked as small.
            method: ``cluster``; or ``wilson``, the plain interval, which assumes independent requests and is
                too narrow for most groups.

        Returns:
            One row per group, sorted by group, null last: the columns of `by`; ``decided_count``,
            ``overturned_count``, ``letter_count`` (Int64); ``overturn_rate`` (Float64, 0 to 1), ``interval_low``,
            ``interval_high`` (Float64), null if nothing was decided; ``design_effect`` (Float64, at least 1: the
            variance relative to independent requests; null if all outcomes are equal or there is only one letter;
            the interval then assumes that all requests of a letter have the same outcome);
            ``is_small_group`` (Boolean).

        Raises:
            UnknownTermError: The frame lacks a column, which the message names; an outcome is neither Upheld nor
                Overturned; or the method is unknown.
            ValueError: The frame contains a request or a letter twice in a group.

        Source:
            R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, method 3; W. G. Cochran, Sampling Techniques
            (1977), 6.3; L. Kish, Survey Sampling (1965), 8.2.

        Example:
            >>> import imrdata
            >>> decisions = imrdata.load_decisions(imrdata.example_letter())
            >>> decisions.imr.overturn_rate().select("provenance", "decided_count", "overturned_count").row(0)
            ('published', 1, 0)
            >>> decisions.imr.overturn_rate("body_parts").columns[:3]
            ['provenance', 'body_parts', 'decided_count']
        """
        from imrdata.analysis.rates import overturn_rate

        return overturn_rate(self._frame, by, small_below=small_below, method=method)

    def trend(
        self,
        every: str = "1q",
        by: str | Sequence[str] | None = None,
        *,
        small_below: int = SMALL_GROUP,
        method: Method = "cluster",
    ) -> pl.DataFrame:
        """Compute `overturn_rate` by period of the decision date.

        Args:
            every: The length of a period: a count and d, w, mo, q or y, e.g. ``1q`` or ``6mo``.
            by: As for `overturn_rate`.
            small_below: As for `overturn_rate`.
            method: As for `overturn_rate`.

        Returns:
            One row per group and period, sorted: ``provenance``, the columns of `by`, ``period`` and ``last_day``
            (Date, the first and last day of the period), the measures of `overturn_rate`, ``first_date`` and
            ``last_date`` (Date, of the decisions in it), and ``is_partial`` (Boolean): more than a week or a tenth
            of the period lies before the first or after the last decision of its provenance. Do not compare it with
            a full period. Every group has every period from the first to the last of its provenance; periods
            without decisions have counts of 0 and null rates. Requests without a decision date are in the period
            null, last in their group.

        Raises:
            UnknownTermError: As for `overturn_rate`.
            ValueError: As for `overturn_rate`, or `every` is invalid.

        Example:
            >>> import imrdata
            >>> decisions = imrdata.load_decisions(imrdata.example_letter())
            >>> decisions.imr.trend("1y").select("period", "decided_count").row(0)
            (datetime.date(2015, 1, 1), 1)
        """
        from imrdata.analysis.trends import trend

        return trend(self._frame, every, by, small_below=small_below, method=method)

    def compare(
        self,
        by: str,
        groups: Sequence[object] | None = None,
        *,
        standardize: str | Sequence[str] | None = None,
        correction: Correction = "holm",
        small_below: int = SMALL_GROUP,
    ) -> pl.DataFrame:
        """Compare the overturn rates of groups: difference and ratio, crude and standardized.

        Letters are the clusters, as in `overturn_rate`, also if a letter has requests on both sides. A crude
        difference may reflect the mix of requests: one specialty may decide on more surgery. Standardized rates are
        means over the strata that both sides have (Mantel-Haenszel weights). They adjust for the columns named and
        for nothing else; no difference proves a cause.

        Args:
            by: The column of the groups. In a column of lists, a request is in each of its groups.
            groups: Two or more values: each is compared with the first. None compares each with all others.
            standardize: The columns to standardize for; ``year`` is that of the decision date.
            correction: How to correct p values for multiple comparisons: ``holm`` controls the family-wise error
                rate, ``benjamini-hochberg`` the false discovery rate.
            small_below: Pairs with fewer letters on a side are marked as small.

        Returns:
            One row per comparison and figure, sorted: ``provenance``, the column of `by` (String), ``compared_with``
            (String: the first group, or ``all others``), ``figure`` (String: crude, standardized); ``decided_count``,
            ``overturned_count``, ``letter_count`` (Int64) and ``overturn_rate`` (Float64), and the same for the
            others as ``other_decided_count`` and so on, in strata that both have; ``difference`` and ``ratio``
            (Float64) with 95% intervals (``difference_low``, ``difference_high``, ``ratio_low``, ``ratio_high``,
            null if unbounded), ``p_value`` and ``adjusted_p_value`` (Float64), null if a side has fewer
            than 2 letters; ``is_small_group`` (Boolean).

        Raises:
            UnknownTermError: As for `overturn_rate`, or the group or correction is unknown.
            ValueError: As for `overturn_rate`, or fewer than two groups are given.

        Source:
            R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890; A. Donner and G. Y. Zou, Statistical Methods in
            Medical Research 21 (2012), 347-359; S. Greenland and J. M. Robins, Biometrics 41 (1985), 55-68.

        Example:
            >>> import imrdata
            >>> decisions = imrdata.load_decisions(imrdata.example_letter())
            >>> compared = decisions.imr.compare("treatment_category", standardize="year")
            >>> compared.select("compared_with", "figure", "decided_count", "p_value").rows()
            [('all others', 'crude', 0, None), ('all others', 'standardized', 0, None)]
        """
        from imrdata.analysis.comparisons import compare

        return compare(self._frame, by, groups, standardize=standardize, correction=correction, small_below=small_below)

    def intervals(self) -> pl.DataFrame:
        """Compute the days between a letter's dates, and compare them with `imrdata.time_limits`.

        Each step is ``within`` the limit, ``over`` it, or ``cannot tell``. If the last day is not a business day, the
        next business day counts. ``over`` means more days than the rules allow at most. It does not mean that the
        decision is invalid, and there are exceptions, because letters do not print the day of service, a deferral,
        or when the documents were received:

        - The limit of an application is 30 days. Service by mail adds 5 days within California, 10 for other states
          and 20 for other countries; up to these the result is ``cannot tell``. A letter prints when the application
          was received, not filed. A dispute over liability defers the application, so a long time may be lawful.
          Late applications are not eligible, so their letters are mostly missing.
        - The limit of 45 days from assignment to decision is a working rule, 15 days for records and 30 for review,
          and a proxy for Standard reviews only; good cause adds 3. A determination over the limit stays in force.
        - Since 2018, the limit of an application about a formulary drug is 10 days instead of 30. Letters do not say
          which drugs these are. A case with a drug in dispute is judged only if both limits agree. A frame of
          letters lacks the treatments, so this applies to all its cases. Frames of decisions tell more, if they
          contain all requests of their letters.

        Returns:
            One row per letter, in the order of the frame; decisions are grouped by ``case_number``.
            ``case_number``, ``provenance`` if the frame has it, ``priority``, the four dates;
            ``ur_denial_to_application_days``, ``application_to_assigned_days``, ``assigned_to_decision_days``,
            ``application_to_decision_days``, ``ur_denial_to_decision_days`` (Int32, calendar days, null if a date
            is missing, negative if the dates are in reverse order);
            ``has_negative_interval`` (Boolean, null if no interval is negative and a date is missing);
            ``application_limit_days``, ``decision_limit_days`` (Int16, null if unknown);
            ``application_timeliness``, ``decision_timeliness`` (Enum: within, over, cannot tell);
            ``application_timeliness_reason``, ``decision_timeliness_reason`` (String: the reason for
            ``cannot tell``, else null).

        Raises:
            UnknownTermError: The frame lacks a column, which the message names.
            ValueError: A letter occurs twice, or its rows have different dates.

        Source:
            Labor Code 4610.5 and 4610.6; 8 CCR 9792.10.1 and 9792.10.5; Code of Civil Procedure 12a and 1013; see
            `imrdata.time_limits`.

        Example:
            >>> import imrdata
            >>> letters = imrdata.load_letters(imrdata.example_letter())
            >>> letters.imr.intervals().select("assigned_to_decision_days", "decision_timeliness").row(0)
            (37, 'within')
        """
        from imrdata.analysis.intervals import intervals

        return intervals(self._frame)

    def recurring_texts(
        self, column: str = "rationale_text", *, unit: Unit = "text", similarity: float = 0.8
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
            A. Z. Broder, On the resemblance and containment of documents (1997).

        Example:
            >>> import imrdata
            >>> imrdata.load_decisions(imrdata.example_letter()).imr.recurring_texts().height
            0
        """
        from imrdata.analysis.recurring import recurring_texts

        return recurring_texts(self._frame, column, unit=unit, similarity=similarity)

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
        from imrdata.search.frames import search

        return search(self._frame, query, in_, limit)

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
        from imrdata.search.frames import excerpts

        return excerpts(self._frame, limit)
