"""Charts and tables for notebooks, of the frames that ``frame.imr`` returns. Requires the extra ``notebooks``.

Each function takes the rows to show, and as `of` the rows that were counted: their provenance is printed under the
title. Published and synthetic rows have different colors and shapes. Charts are Altair charts and tables are
great-tables objects; both can be changed as such. They are drawn offline, in light and dark themes. A chart raises
`UnknownTermError` for a missing column, and `ValueError` for rows that it would draw on top of each other.

Importing this module enables the Altair renderer ``imrdata``, unless you have chosen another. Altair's default
renderer loads scripts from the web, and JupyterLab includes Vega-Lite 5, but not the Vega-Lite 6 that Altair uses.
"""

from imrdata.errors import needs

with needs("notebooks", "imrdata.charts"):
    from imrdata.charts.counted import counts, days
    from imrdata.charts.drawing import provenance
    from imrdata.charts.outcomes import beside_published, funnel, rates, trend
    from imrdata.charts.printed import table

__all__ = ["beside_published", "counts", "days", "funnel", "provenance", "rates", "table", "trend"]


def __dir__() -> list[str]:
    return __all__
