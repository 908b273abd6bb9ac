"""Charts and tables for notebooks, of frames such as the verbs of ``frame.imr`` return; the extra ``notebooks``.

Each takes the rows to show, and in `of` the rows that were counted: their provenance stands under every title.
Published and synthetic rows are told apart by colour and shape, so that nobody takes one for the other. Charts are
Altair's and can be changed as such, tables are great-tables'. Both are drawn offline, in a light and in a dark theme.
A chart refuses a column that is not there (`UnknownTermError`), and rows that it would draw upon each other
(`ValueError`).

Importing this module gives Altair a renderer of its own, ``imrdata``, unless the reader has chosen one. Altair's
default renderer loads scripts from the web, and JupyterLab brings Vega-Lite 5 along but not Altair's Vega-Lite 6.
"""

from imrdata.errors import MissingExtraError

try:
    from imrdata.charts.counted import counts, days
    from imrdata.charts.drawing import provenance
    from imrdata.charts.outcomes import beside_published, funnel, rates, trend
    from imrdata.charts.printed import table
except ModuleNotFoundError as error:
    raise MissingExtraError("notebooks", "imrdata.charts") from error

__all__ = ["beside_published", "counts", "days", "funnel", "provenance", "rates", "table", "trend"]
