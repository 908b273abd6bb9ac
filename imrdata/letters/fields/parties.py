"""The two parties that cite guidelines: their printed names, and whether their guideline lines are merged."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from imrdata.resources import patterns, vocabulary

CLAIMS_ADMINISTRATOR, REVIEWER = "claims_administrator", "reviewer"


@cache
def party_pattern(party: str | None = None) -> str:
    """Return a pattern of the printed names of a party, or of both, in any case."""
    rows = sorted(vocabulary("parties"), key=lambda row: -len(row["example"]))
    return "|".join(f"(?:{row['pattern']})" for row in rows if party in {None, row["party"]})


@cache
def _opening(party: str) -> re.Pattern[str]:
    """Match the start of a sentence with the party's name: "The Physician Reviewer based", "MAXIMUS did"."""
    other = CLAIMS_ADMINISTRATOR if party == REVIEWER else REVIEWER
    return re.compile(
        rf"""
        (?: \A | [.;:]["\u201d)]* [ ] )                  # a sentence begins
        (?: (?:The|This|Our) [ ] )?
        (?! (?-x:{party_pattern(other)}) \b )            # "The Utilization Reviewer" is the claims administrator
        (?: (?-x:{party_pattern(party)}) (?:['\u2019]s)? [ ]
            (?-x:{patterns("reading_words", "citing_verb")}) \b )
        """,
        re.IGNORECASE | re.VERBOSE,
    )


@lru_cache(maxsize=2**12)  # lines are composed from pick lists, and repeat
def _holds_other(line: str, party: str) -> bool:
    """Return whether the guideline line of a party contains a sentence of the other party."""
    other = CLAIMS_ADMINISTRATOR if party == REVIEWER else REVIEWER
    return _opening(other).search(line) is not None


def is_merged_guideline(administrators: str | None, reviewers: str | None) -> bool:
    """Return whether the guideline lines of the two parties are merged, so citations have no known party.

    They are if a line has words of the other party, or if only the claims administrator's line was found: the
    reviewer's may have unknown wording.
    """
    if administrators is None:
        return reviewers is not None and _holds_other(reviewers, REVIEWER)
    return reviewers is None or _holds_other(administrators, CLAIMS_ADMINISTRATOR) or _holds_other(reviewers, REVIEWER)


@cache
def _agreement() -> re.Pattern[str]:
    return re.compile(
        rf"""
        \s* (?: The [ ] )? (?-x:{party_pattern(REVIEWER)}) [ ] (?: found | finds ) [ ] (?: that [ ] )?
        the [ ] (?: same [ ] (?: guidelines? | sections? )
          | guidelines? [ ] (?: used | cited | referenced ) [ ] by [ ]
            (?: the [ ] )? (?-x:{party_pattern(CLAIMS_ADMINISTRATOR)}) ) [ ]
        (?: (?: to [ ] be | is | are | was | were ) [ ] )? (?: relevant | appropriate | applicable ) \b [^.]* \.? \s*
        """,
        re.IGNORECASE | re.VERBOSE,
    )


def agrees_with_administrator(line: str) -> bool:
    """Return whether the reviewer's line only says that the claims administrator's guidelines are appropriate."""
    return _agreement().fullmatch(line) is not None
