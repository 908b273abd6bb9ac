"""The two parties that cite guidelines, by their printed names, and whether one's words hold words of the other."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from imrdata.resources import vocabulary

CLAIMS_ADMINISTRATOR, REVIEWER = "claims_administrator", "reviewer"


@cache
def party_pattern(party: str | None = None) -> str:
    """A regular expression of the printed names of a party, or of both parties; letter case does not matter."""
    rows = sorted(vocabulary("parties"), key=lambda row: -len(row["example"]))
    return "|".join(f"(?:{row['pattern']})" for row in rows if party in {None, row["party"]})


@cache
def _opening(party: str) -> re.Pattern[str]:
    """A sentence that begins with the party's name: "The Physician Reviewer based", "MAXIMUS did"."""
    other = CLAIMS_ADMINISTRATOR if party == REVIEWER else REVIEWER
    return re.compile(
        rf"""
        (?: \A | [.;:]["\u201d)]* [ ] )                  # a sentence begins
        (?: (?:The|This|Our) [ ] )?
        (?! (?-x:{party_pattern(other)}) \b )            # "The Utilization Reviewer" is the claims administrator
        (?: (?-x:{party_pattern(party)}) (?:['\u2019]s)? [ ]
            (?: also | based | cite[ds] | decided | did | does | f(?:ind|ound)s? | gave | has | is | note[ds] | provided
              | quoted | referenced | relied | used | uses ) \b )
        """,
        re.IGNORECASE | re.VERBOSE,
    )


@lru_cache(maxsize=2**12)  # the lines are composed from pick lists, and repeat
def _holds_other(line: str, party: str) -> bool:
    """Whether the guideline line of a party also holds a sentence of the other party."""
    other = CLAIMS_ADMINISTRATOR if party == REVIEWER else REVIEWER
    return _opening(other).search(line) is not None


def is_merged_guideline(administrators: str | None, reviewers: str | None) -> bool:
    """Whether the guideline lines of the two parties stand in one, so that neither party can be cited from it.

    They do where a line has words of the other party, and where the claims administrator's line is there and the
    reviewer's is not: then the reviewer's may be worded as no letter known.
    """
    if administrators is None:
        return reviewers is not None and _holds_other(reviewers, REVIEWER)
    return reviewers is None or _holds_other(administrators, CLAIMS_ADMINISTRATOR) or _holds_other(reviewers, REVIEWER)
