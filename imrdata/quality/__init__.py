"""What a corpus should look like: expectation suites, and `report`, which runs them over a corpus.

::

    views         what each table is judged by: narrow columns, made by polars
    expectations  the rules, from the bands of the seeds
    suites        the rules as suites of Great Expectations, kept in schemas/expectations
    drift         new letters against old ones
    corpus        the views of a corpus, and the size of what each rule is about
    limits        how far chance may lead a corpus away from a band, and what shift would be seen
    judging       Great Expectations runs the suites, in pandas or on Spark; one finding a rule
    wording       findings in words
    page          findings as a page that opens offline
    reports       all of it: `report`

What every row must satisfy is not looked at here; that is `imrdata.validate`. Great Expectations, pandas and Spark are
imported on use: ``pip install 'imrdata[quality]'``, and ``imrdata[spark]`` for the second.
"""

from imrdata.quality.reports import QualityReport, report
from imrdata.quality.suites import suite, write_suites

__all__ = ["QualityReport", "report", "suite", "write_suites"]
