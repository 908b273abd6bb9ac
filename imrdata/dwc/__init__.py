"""The decision search of the Division of Workers' Compensation: its index, fetching letters, comparing.

The state's index says of each request what its letter does not print: its category and subcategory, beside the outcome.
`read_index` reads result pages that a person saved and lists of case numbers, `search` asks the site itself, `fetch`
brings the letters, and `compare` holds what was read from them against the state's own entries. Pages and the site need
the extra ``fetch``.
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
    return sorted({*globals(), *__all__})
