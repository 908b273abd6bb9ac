"""The decision search of the Division of Workers' Compensation: read its index, fetch letters, and compare them.

The state's index has the category and subcategory of each request, which letters do not print, and its outcome.
`read_index` reads saved result pages and lists of case numbers, `search` queries the site itself, `fetch` downloads the
letters, and `compare` compares their values with the state's entries. Pages and the site require the extra ``fetch``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imrdata.dwc.comparing import Comparison as Comparison
    from imrdata.dwc.comparing import compare as compare
    from imrdata.dwc.fetching import fetch as fetch
    from imrdata.dwc.saved_pages import example_pages as example_pages
    from imrdata.dwc.saved_pages import read_index as read_index
    from imrdata.dwc.searching import search as search

_HOMES = {
    "Comparison": "comparing",
    "compare": "comparing",
    "example_pages": "saved_pages",
    "fetch": "fetching",
    "read_index": "saved_pages",
    "search": "searching",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list of str, as _HOMES says


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'imrdata.dwc' has no attribute {name!r}")
    return getattr(import_module(f"imrdata.dwc.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
