"""The words that columns hold and that several rooms must spell alike."""

from __future__ import annotations

OUTCOMES = ("Upheld", "Overturned")
CASE_OUTCOMES = ("Upheld", "Overturned", "Partially overturned")
PARTIES = ("claims_administrator", "reviewer")

# Every letter that this package makes carries this line; whoever finds such a letter can tell what it is.
SYNTHETIC_MARK = "Synthetic letter made by imrdata; it is about nobody and decides nothing."
