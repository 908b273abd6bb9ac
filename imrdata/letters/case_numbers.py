"""Case numbers: how letters, files and people write them, and their normal form ``CMyy-nnnnnnn``."""

from __future__ import annotations

import re

CASE_NUMBER = r"^CM[0-9]{2}-[0-9]{7}$"  # the normal form
PRINTED_CASE_NUMBER = r"(?i:CM|IMR\s*#?\s*)\s?\d{2}[ \u2013-]\d{6,7}(?![0-9A-Za-z])"


def normal_case_number(printed: str) -> str:
    """``CMyy-nnnnnnn`` for every printed form, e.g. ``IMR 13-000004``."""
    year, number = re.findall(r"\d+", printed)
    return f"CM{year}-{int(number):07d}"


def case_number_in_name(name: str) -> str | None:
    """The case number that a file's name holds, in normal form."""
    found = re.search(r"(?i)(?<![a-z0-9])(?:CM|IMR)?[ _#-]*\d{2}-\d{6,7}(?!\d)", re.split(r"[/\\!]", name)[-1])
    return normal_case_number(found.group().lstrip(" _#-")) if found else None
