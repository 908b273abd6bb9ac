"""Read the parts of a request, whether utilization review modified it, and whether it is retrospective."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from imrdata.letters.dates import PRINTED_DATE, calendar_date
from imrdata.letters.found import Found, found_text

_BY = r"(?:\s+by\s+(?:the\s+)?(?:Claims?\s+Admin\w*|Utilization\s+Review|UR))?"
_GRANTED = r"(?:authorized|approved|certified|allowed)"
_NOW_GRANTED = rf"""(?x:(?<!previously\s)(?<!already\s)(?<!board\s){_GRANTED} (?= [\s:]{{1,2}}
    (?: (?:for|only) \s+ (?:[\w-]+\s+){{0,3}} )? (?: \#\s?\d | \d+\s+(?:sess|visit|treat|tab|cap|pill) ) ))"""
_UR = r"(?:(?:the\s+)?Claims?\s+Admin\w*|Utilization\s+Review|UR)"
_BE = r"(?:was|were|is|are|has\s+been|have\s+been)"
_COUNT = r"(?:[#]\s?\d+|\d+\s+(?:sess\w*|visits?|treatments?|tab\w*|cap\w*|pills?))"
_ORIGINAL = re.compile(
    rf"""(?isx) \A (?:
        (?P<part>.+?) \s+{_BE}\s+the\s+original\s+requests?\b
        | The\s+original\s+request\s+(?:was|is)\s+(?:for\s+)? (?P<other>.+?) (?=\.\s+[A-Z0-9]) ) \s*[.,;]?"""
)
_AUTHORIZED = (
    re.compile(
        rf"""(?isx) \s*(?:The\s+)?(?: Claims?\s+Admin\w* | Utilization\s+Review | UR ) \s+{_GRANTED}\s+ (?P<part>.+?)
        (?: ,?\s+leaving\s+the\s+(?:original|remaining)\s+request\s+IMR[\s-]eligible\s*\.?
        | \. (?= \s+The\s+(?:original|remaining)\b ) )"""
    ),
    re.compile(rf"(?is)\s*(?P<part>.+?),?\s+{_BE}\s+(?:{_GRANTED}|modified){_BY}\s*(?:[.,;]|\Z)(?=\s|\Z)"),
)
_DISPUTED = re.compile(
    r"""(?isx) \b The\s+ (?:
        remaining\s+(?:IMR[\s-]eligible\s+)?(?:portions?|requests?) (?:\s+of\s+the\s+original\s+requests?)?
            (?:\s+(?:that\s+is\s+)?eligible\s+for\s+IMR)? (?:\s+(?:is|are))?
        | original\s+request ) \s*[,:]?\s+
    (?P<part>.+?) [\s,]* (?:\b(?:is|are|was|were))? \s*\Z"""
)
_REMAINING = re.compile(r"(?is)\bThe\s+(?P<part>remaining\s+.+?)[\s,]*(?:\b(?:is|are|was|were))?\s*\Z")
_MODIFIED_TO = re.compile(
    rf"""(?isx) \A (?P<part>.+?) [\s,;:(\[-]{{1,4}} (?:                              # "Norco #90 (modified to #60)"
        (?: {_UR}\s+)? modified\s+to | {_UR}\s+ (?:has\s+)? {_GRANTED}
        | partial(?:ly)? [\s-]+ (?: {_GRANTED} | certification | approval | authorization ) (?:\s+of)?
        | {_NOW_GRANTED}
    ) [\s:]{{1,2}} (?:(?:for|only)\s+)?
    (?P<authorized> [#x]?\s? (?: \d | (?:one|two|three|four|five|six|eight|ten|twelve)\b ) .*?)
    (?: \s+by\s+{_UR} )? \s*[)\]]? \s*\.? \Z"""
)
_THIS_MODIFIED = re.compile(
    rf"""(?isx) \A (?P<part>.+?) [\s,;:(\[-]{{1,4}} (?P<authorized>{_COUNT}) \s+ (?:{_BE}\s+)?
        {_GRANTED} (?:\s+by\s+{_UR})? (?:\s+for\s+[\w ]+)? \s*[)\]]? \s*\.? \Z"""  # "Norco #90 (#60 approved by UR)"
)
_MODIFIED = re.compile(
    rf"""(?ix)
    \b{_BE}\s+the\s+original\s+requests?\b | \bThe\s+original\s+request\s+(?:was|is)\s+for\b
    | \bremaining\s+(?:IMR[\s-]eligible|portions?\s+of\s+the\s+original)
    | \bmodified\s+(?:by\s+{_UR}\b | to\s+(?:[#x]?\s?[0-9]
        | (?:one|two|three|four|five|six|eight|ten|twelve|an?|the)\b))
    | \(\s*(?:UR\s+)?modified\s+to\b
    | \b{_UR}\s+(?:has\s+)?(?:partial(?:ly)?\s+)?(?:{_GRANTED}|modified)\b  # "Norco #90, UR approved #60"
    | (?<!previously\s)(?<!already\s)\b{_GRANTED}\s+by\s+UR\b
    | \bpartial(?:ly)?[\s-]+(?:{_GRANTED}|granted|certification|approval|authorization)\b
    | \b{_GRANTED}\s+(?:in\s+part|with\s+modifications?)\b
    | \bmodified\s+certification\b | \b{_GRANTED}\s*:\s*[#x]?\s?[0-9]
    | \b{_NOW_GRANTED} | [\s(]{_COUNT}\s+{_BE}\s+{_GRANTED}\s*[).]*\Z"""
)
_OF_MODIFIED = ("original", "remaining", "modifi", "authoriz", "approv", "certifi", "partial")
_RETROSPECTIVE = re.compile(r"(?i)\bretro(?:spective(?:ly)?|active(?:ly)?)?\b(?!-?\s?(?:patellar|calcaneal|orbital))")
_SERVICE_DATE = re.compile(
    rf"""(?ix) \b (?: D\.?O\.?S\b\.? | dates?\s+of\s+services?(?:\s+\(DOS\))?
        | (?:provided|dispensed|rendered)(?:\s+on)? ) (?:\s+(?:of|from|on))?
    \s*[:;\#-]?\s* (?P<date>(?-x:{PRINTED_DATE}))"""
)
_OF_SERVICE_DATE = ("do", "d.o", "date", "provided", "dispensed", "rendered")


class RequestParts(NamedTuple):
    """The parts of a request; the first two only if utilization review modified it."""

    original: Found[str] | None
    authorized: Found[str] | None
    disputed: Found[str]
    is_modified: bool


def read_parts(text: str, start: int, end: int) -> RequestParts:
    """Read the parts of the request in ``text[start:end]``.

    Letters describe a modification in three sentences: what was requested, what the claims administrator
    authorized, and what remains in dispute. A short form, "Norco #90, modified to #60", does not state the last.
    """
    request = text[start:end]
    if not (_holds(request, _OF_MODIFIED) and _MODIFIED.search(request)):
        return RequestParts(None, None, found_text(text, start, end), is_modified=False)
    original = _ORIGINAL.match(request)
    at = original.end() if original else 0
    authorized = next((match for pattern in _AUTHORIZED if (match := pattern.match(request, at))), None)
    at = authorized.end() if authorized else at
    disputed = _DISPUTED.search(request, at) or _REMAINING.search(request, at)
    if not (original or disputed) and (short := _MODIFIED_TO.match(request) or _THIS_MODIFIED.match(request)):
        begin, end_of_part = short.span("authorized")
        authorized_part = found_text(text, start + begin, start + end_of_part)
        return RequestParts(_part(text, start, short), authorized_part, found_text(text, start, end), is_modified=True)
    return RequestParts(
        _part(text, start, original),
        _part(text, start, authorized),
        _part(text, start, disputed) or found_text(text, start, end),
        is_modified=True,
    )


def _holds(request: str, words: tuple[str, ...]) -> bool:
    """Return whether a request has one of some words, which a slower pattern needs."""
    lowered = request.lower()
    for word in words:  # noqa: SIM110 - a generator costs more than the search
        if word in lowered:
            return True
    return False


def _part(text: str, start: int, match: re.Match[str] | None) -> Found[str] | None:
    if match is None:
        return None
    name = "part" if match["part"] else "other"
    return found_text(text, start + match.start(name), start + match.end(name))


def is_retrospective(request: str, decision_date: date | None) -> bool:
    """Return whether a request is for a treatment already given: it says so, or has a past date of service.

    Args:
        request: The whole text of the request.
        decision_date: The decision date, if known; a later date is not in the past.
    """
    if "retro" in request.lower() and _RETROSPECTIVE.search(request):
        return True
    for match in _SERVICE_DATE.finditer(request) if _holds(request, _OF_SERVICE_DATE) else ():
        served = calendar_date(match["date"])
        if served is not None and (decision_date is None or served <= decision_date):
            return True
    return False
