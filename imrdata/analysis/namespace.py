"""`frame.imr`: the verbs on a polars frame. The docstrings here are their manual.

Importing this module costs no more than polars; each verb imports its own work.
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
    """What an analyst asks of decisions, letters and citations; every polars DataFrame has it as ``frame.imr``.

    Type checkers do not know ``frame.imr``. Written ``ImrFrame(frame).overturn_rate()``, a call is checked.

    Args:
        frame: Decisions, letters, citations, or what a verb makes of them.
    """

    def overturn_rate(
        self, by: str | Sequence[str] | None = None, *, small_below: int = SMALL_GROUP, method: Method = "cluster"
    ) -> pl.DataFrame:
        """The share of treatment requests that were overturned, with a 95 % interval.

        The unit is the treatment request. A row of decisions is one request; a row of letters counts all requests of
        the letter; in citations joined with decisions, a request counts once in each group.

        One reviewer decides all requests of a letter on one file, so they are not independent. The interval is that
        of a ratio with letters as clusters: Wilson's, on the number of independent requests that would vary as much
        (``decided_count / design_effect``), with the t quantile for the number of letters. It covers chance only; it
        knows nothing of which cases come to a review at all.

        Published and synthetic letters are never added up: ``provenance`` is always a group.

        Args:
            by: A column to group by, or several; None for one figure. In a column of lists, such as ``drugs`` or
                ``reviewer_specialties``, a request counts in each of its groups, so that the counts of the groups
                add up to more than the requests. Rows without a value, or with an empty list, are the group null.
            small_below: Groups of fewer letters are marked as small.
            method: ``cluster``; or ``wilson``, the plain interval, which takes all requests for independent and is
                too narrow for most groups.

        Returns:
            One row a group, in the order of the groups, null last: the columns of `by`; ``decided_count``,
            ``overturned_count``, ``letter_count`` (Int64); ``overturn_rate`` (Float64, 0 to 1), ``interval_low``,
            ``interval_high`` (Float64), null where nothing was decided; ``design_effect`` (Float64, 1 or more: how
            many times the variance is that of independent requests; null where all outcomes are alike or there is
            one letter, and the interval then takes the requests of a letter as decided alike);
            ``is_small_group`` (Boolean).

        Raises:
            UnknownTermError: The frame lacks a column, which the message names; an outcome is neither Upheld nor
                Overturned; or there is no such method.
            ValueError: The frame holds a request or a letter twice in a group.

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
        """The figures of `overturn_rate`, period by period of the decision date.

        Args:
            every: The length of a period: a count and d, w, mo, q or y, e.g. ``1q`` or ``6mo``.
            by: As for `overturn_rate`.
            small_below: As for `overturn_rate`.
            method: As for `overturn_rate`.

        Returns:
            One row a group and period, sorted by them: ``provenance``, the columns of `by`, ``period`` and
            ``last_day`` (Date, the first and last day of the period), the measures of `overturn_rate`, ``first_date``
            and ``last_date`` (Date, of the decisions in it), and ``is_partial`` (Boolean): more than a week or a
            tenth of the period lies before the first or after the last decision of its provenance, so that it
            cannot be held against a whole one. Every group has every period from the first to the last one of its
            provenance: one without decisions has counts of 0 and null rates. Requests without a decision date are in
            the period null, last in their group.

        Raises:
            UnknownTermError: As for `overturn_rate`.
            ValueError: As for `overturn_rate`, or `every` is no such length.

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
        """Whether groups differ: difference and ratio of their overturn rates, crude and standardised.

        Letters are the clusters, as in `overturn_rate`; a letter with requests on both sides counts as such. A crude
        difference may come from what the groups are made of: a specialty that decides on more surgery. Standardised
        rates are means over the strata that both sides have (Mantel and Haenszel's weights), so that only like
        requests are compared. That removes the columns named, and nothing else; none of it shows a cause.

        Args:
            by: The column of the groups. In a column of lists a request is in each of its groups.
            groups: Two or more of its values: each is compared with the first. None compares each with all others.
            standardize: The columns to standardise for; ``year`` is that of the decision date.
            correction: How p values are corrected for the number of comparisons: ``holm``, against one false alarm
                among all; ``benjamini-hochberg``, against a share of false ones among those found.
            small_below: Pairs with fewer letters on a side are marked as small.

        Returns:
            One row a comparison and figure, sorted: ``provenance``, the column of `by` (String), ``compared_with``
            (String: the first group, or ``all others``), ``figure`` (String: crude, standardised); ``decided_count``,
            ``overturned_count``, ``letter_count`` (Int64) and ``overturn_rate`` (Float64), and the same of the
            others as ``other_decided_count`` and so on, in strata that both have; ``difference`` and ``ratio``
            (Float64) with 95 % intervals (``difference_low``, ``difference_high``, ``ratio_low``, ``ratio_high``,
            null where it has no end), ``p_value`` and ``adjusted_p_value`` (Float64), null where a side has fewer
            than 2 letters; ``is_small_group`` (Boolean).

        Raises:
            UnknownTermError: As for `overturn_rate`, or there is no such group or correction.
            ValueError: As for `overturn_rate`, or fewer than two groups are named.

        Source:
            R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890; A. Donner and G. Y. Zou, Statistical Methods in
            Medical Research 21 (2012), 347-359; S. Greenland and J. M. Robins, Biometrics 41 (1985), 55-68.

        Example:
            >>> import imrdata
            >>> decisions = imrdata.load_decisions(imrdata.example_letter())
            >>> compared = decisions.imr.compare("treatment_category", standardize="year")
            >>> compared.select("compared_with", "figure", "decided_count", "p_value").rows()
            [('all others', 'crude', 0, None), ('all others', 'standardised', 0, None)]
        """
        from imrdata.analysis.comparisons import compare

        return compare(self._frame, by, groups, standardize=standardize, correction=correction, small_below=small_below)

    def intervals(self) -> pl.DataFrame:
        """The days between a letter's dates, held against the time limits of `imrdata.time_limits`.

        Both steps have three values: ``within`` the limit, ``over`` it, or ``cannot tell``. A last day that is no
        business day moves to the next one. ``over`` says that more days passed than the longest time that the rules
        give, not that a decision is invalid, and it has exceptions, for letters print no day of service, no deferral,
        and not when the documents were received:

        - Service by mail adds 5 days to the 30 of an application within California, 10 from or to another state, 20
          from or to abroad; up to that a letter cannot tell. It prints when the application was received, not when
          it was filed. A dispute over liability defers the application: then a long time is lawful. Posted letters
          are of applications found eligible, and an application out of time is not: the late ones are mostly missing.
        - The 45 days from assignment to decision are a working rule of 15 days for records and 30 for the review, a
          proxy for Standard reviews only; good cause adds 3. A determination over the limit stays in force.
        - From 2018 on the limit of an application about a drug of the formulary is 10 days instead of 30. Letters do
          not say which drugs these are. A case with a drug in dispute is judged only where both limits agree; and
          every case of a frame of letters, which does not tell the treatments. Frames of decisions tell more, if
          they hold all the requests of their letters.

        Returns:
            One row a letter, in the order of the frame; decisions are taken together by ``case_number``.
            ``case_number``, ``provenance`` where the frame has it, ``priority``, the four dates;
            ``ur_denial_to_application_days``, ``application_to_assigned_days``, ``assigned_to_decision_days``,
            ``application_to_decision_days``, ``ur_denial_to_decision_days`` (Int32, calendar days, null where a date
            is missing, negative where the letter prints the dates in the other order);
            ``has_negative_interval`` (Boolean, null where no interval is negative and a date is missing);
            ``application_limit_days``, ``decision_limit_days`` (Int16, null where none is known or it is not known
            which one applies); ``application_timeliness``, ``decision_timeliness`` (Enum: within, over, cannot tell);
            ``application_timeliness_reason``, ``decision_timeliness_reason`` (String: why it cannot be told, else
            null).

        Raises:
            UnknownTermError: The frame lacks a column, which the message names.
            ValueError: A letter is there twice, or its rows have different dates.

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
        """Texts that recur across letters, word for word or nearly so: stock paragraphs; for decisions.

        Texts are compared by their runs of five words, without figures, case and punctuation; those joined by pairs
        that are alike form a family. Texts of fewer than 8 words do not count.

        Args:
            column: The column of the texts.
            unit: ``text``, the whole text of each request, or ``sentence``.
            similarity: The share of the runs of two texts that both have, 0 to 1; 1 for the same words.

        Returns:
            One row a family of two letters or more, the largest first: ``provenance``, ``letter_count``,
            ``request_count``, ``overturned_count`` (Int64, of requests), ``case_numbers`` (List(String), sorted) and
            ``text`` (String), the first of the family.

        Raises:
            UnknownTermError: The frame lacks a column, which the message names, or there is no such unit.
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
        """The rows whose texts hold what a query asks for, best first.

        Words are found by their stems, in upper or lower case: ``session`` finds ``sessions``, and ``matched_words``
        tells which words it found. All words of a query must be there, each in any of the columns::

            knee arthroscopy            both words
            "physical therapy"          a phrase: words that follow each other
            mri OR ct                   one of them
            session NOT acupuncture     without a word
            knee NEAR/5 arthritis       at most 5 words between, in any order; NEAR alone means 10
            (mri OR ct) knee            parentheses

        Which rows are found never depends on their rank. An index of the texts is made in memory each time; a built
        dataset keeps one for `Dataset.search`.

        Args:
            query: What to look for.
            in_: The columns to search, with or without ``_text`` at the end; None for ``request_text``,
                ``rationale_text`` and ``clinical_summary_text``, as far as the frame has them.
            limit: How many of the best rows to give; None for all.

        Returns:
            The rows found, best first, with five columns more: ``score`` (Float64, BM25), ``found_count`` (Int64, how
            many rows are found in all, whatever the limit), ``matched_words`` (List(String)), ``excerpt_of``
            (String), the first column with a hit, and ``excerpt`` (String), its words around the first hit there,
            each hit marked as ``«hit»``; null where nothing was to be found but words behind NOT.

        Raises:
            UnknownTermError: The frame has no such column of texts.
            ValueError: The query cannot be read; the message says how to write it.

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
        """The excerpts of a `search` as a page, their hits marked.

        Args:
            limit: How many rows are shown, from the first.

        Returns:
            A page that shows itself in a notebook; its ``html`` is self-contained. It says how many rows there are.

        Raises:
            UnknownTermError: The frame has no column ``excerpt``: it is not the result of a search.

        Example:
            >>> import imrdata
            >>> found = imrdata.load_decisions(imrdata.example_letter()).imr.search("conditioning", in_="request")
            >>> '10 work <mark class="hit">conditioning</mark> sessions' in found.imr.show_excerpts().html
            True
        """
        from imrdata.search.frames import excerpts

        return excerpts(self._frame, limit)
