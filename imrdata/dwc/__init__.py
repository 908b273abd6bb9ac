"""The decision search of the Division of Workers' Compensation: read its index, fetch letters, and compare them.

The state's index has the category and subcategory of each request, which letters do not print, and its outcome.
`read_index` reads saved result pages and lists of case numbers, `search` queries the site itself, `fetch` downloads the
letters, and `compare` compares their values with the state's entries. Pages and the site require the extra ``fetch``.
"""

from imrdata.dwc.comparing import Comparison, compare
from imrdata.dwc.fetching import fetch
from imrdata.dwc.saved_pages import example_pages, read_index
from imrdata.dwc.searching import search

__all__ = ["Comparison", "compare", "example_pages", "fetch", "read_index", "search"]


def __dir__() -> list[str]:
    return __all__
