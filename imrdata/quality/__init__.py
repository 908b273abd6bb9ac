"""Check a whole corpus: expectation suites, and `report`, which runs them.

::

    views         the views of the tables that expectations use: narrow columns, made by polars
    expectations  the rules, with bands from seeds/vocabularies
    suites        the rules as Great Expectations suites, stored in schemas/expectations
    drift         comparison of new letters with old ones
    corpus        the views of a corpus, and the size of the part that each rule is about
    limits        limits that allow for chance, and the shifts that would be detected
    judging       run the suites with Great Expectations, in pandas or on Spark; one finding per rule
    wording       findings in words
    page          findings as a page that opens offline
    reports       `report`

Great Expectations evaluates each rule on the views, lists the rows that break it, and keeps the suites as JSON; the
bands, limits and wording are this package's. Rules that every row must satisfy are in `imrdata.validate`, not here.
Great Expectations, pandas and Spark are imported when used: install ``imrdata[quality]``, and ``imrdata[spark]``
for Spark.
"""

from imrdata.quality.reports import QualityReport, report
from imrdata.quality.suites import suite, write_suites

__all__ = ["QualityReport", "report", "suite", "write_suites"]


def __dir__() -> list[str]:
    return __all__
