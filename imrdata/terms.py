"""Words and limits of columns that several parts of the package share."""

from __future__ import annotations

OUTCOMES = ("Upheld", "Overturned")
CASE_OUTCOMES = ("Upheld", "Overturned", "Partially overturned")
PARTIES = ("claims_administrator", "reviewer")
SEVERITIES = ("high", "medium", "low")  # of reasons, diagnostics and doubts
PATIENT_AGES = (14, 110)  # plausible ages of an injured worker, both included

# Every letter that this package generates contains this line, so that nobody takes it for a published one.
SYNTHETIC_MARK = "Synthetic letter made by imrdata; it is about nobody and decides nothing."
