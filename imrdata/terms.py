"""The words and numbers that columns may hold, and that several rooms must agree on."""

from __future__ import annotations

OUTCOMES = ("Upheld", "Overturned")
CASE_OUTCOMES = ("Upheld", "Overturned", "Partially overturned")
PARTIES = ("claims_administrator", "reviewer")
PATIENT_AGES = (14, 110)  # the least and the greatest age of an injured worker that is believed

# Every letter that this package makes carries this line; whoever finds such a letter can tell what it is.
SYNTHETIC_MARK = "Synthetic letter made by imrdata; it is about nobody and decides nothing."
