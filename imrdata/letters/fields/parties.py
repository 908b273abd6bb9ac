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
def _names(party: str) -> re.Pattern[str]:
    """Match the names of a party, and as `other` those of the other: "Utilization Reviewer" is no "Reviewer"."""
    other = CLAIMS_ADMINISTRATOR if party == REVIEWER else REVIEWER
    return re.compile(
        rf"""
        \b (?: (?-x:{party_pattern(party)}) \b
          | (?P<other> (?-x:{party_pattern(other)}) ) \b
            (?! [ ] and [ ] Evaluation [ ] System )     # "Controlled Substance Utilization Review and ..."
        )
        """,
        re.IGNORECASE | re.VERBOSE,
    )


# The reviewer may judge the other's guidelines, or miss them: "found the section of the MTUS relied on by the Claims
# Administrator applicable", "the same guidelines as the Claims Administrator", "the Claims Administrator did not".
_GUIDELINES_OF = re.compile(
    r"""(?xi) \b (?:guidelines?|sections?|chapters?|criteria|evidence|citations?|MTUS|ODG|ACOEM)
    [ ] (?: (?: (?!(?:was|were|is|are)\b) [\w,/-]+[ ]){1,8}? by | as ) [ ] (?:the[ ])? \Z"""
)
_CITED_NONE = re.compile(r"(?i) (?:(?:did|does|has|had) not|(?:cited|gave|used) no)\b(?![^.;]*\bbut\b)")


@cache
def _any_name(party: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{party_pattern(party)})\b", re.IGNORECASE)


@lru_cache(maxsize=2**12)  # lines are composed from pick lists, and repeat
def _holds_other(line: str, party: str) -> bool:
    """Return whether the guideline line of a party names the other party, so some citations may be its own."""
    other = CLAIMS_ADMINISTRATOR if party == REVIEWER else REVIEWER
    return _any_name(other).search(line) is not None and any(
        name["other"] and not (party == REVIEWER and _is_judged(line, name)) for name in _names(party).finditer(line)
    )


def _is_judged(line: str, administrator: re.Match[str]) -> bool:
    """Return whether a reviewer's line names the claims administrator to judge its guidelines, or as it cited none."""
    of_it = _GUIDELINES_OF.search(line, max(0, administrator.start() - 120), administrator.start())
    return of_it is not None or _CITED_NONE.match(line, administrator.end()) is not None


def is_merged_guideline(administrators: str | None, reviewers: str | None) -> bool:
    """Return whether the guideline lines of the two parties are merged, so citations have no known party.

    They are if a line names the other party, or if only the claims administrator's line was found: the
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
        (?: (?: to [ ] be | is | are | was | were ) [ ] )? (?-x:{patterns("reading_words", "relevant")}) \b
        [^.]* \.? \s*
        """,
        re.IGNORECASE | re.VERBOSE,
    )


@lru_cache(maxsize=2**12)
def agrees_with_administrator(line: str) -> bool:
    """Return whether the reviewer's line only says that the claims administrator's guidelines are appropriate."""
    return _agreement().fullmatch(line) is not None
