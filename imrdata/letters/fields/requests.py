"""Read the parts of a request, whether utilization review modified it, and whether it is retrospective."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import NamedTuple

from imrdata.letters.dates import PRINTED_DATE, calendar_date
from imrdata.letters.fields.amount_patterns import units
from imrdata.letters.fields.parties import CLAIMS_ADMINISTRATOR, party_pattern
from imrdata.letters.found import Found, found_text
from imrdata.resources import patterns

# In these patterns, <UR> is the claims administrator, <GRANTED> its decision, and <COUNT> an amount; see `_compiled`.
_ORIGINAL = r"""(?isx) \A (?:
    (?P<part>.+?) \s+<BE>\s+the\s+original\s+requests?\b
    | The\s+original\s+request\s+(?:was|is)\s+(?:for\s+)? (?P<other>.+?) (?=\.\s+[A-Z0-9]) ) \s*[.,;]?"""
_AUTHORIZED = r"""(?isx) \s*<UR> \s+<GRANTED>\s+ (?P<part>.+?)
    (?: ,?\s+leaving\s+the\s+(?:original|remaining)\s+request\s+IMR[\s-]eligible\s*\.?
    | \. (?= \s+The\s+(?:original|remaining)\b ) )"""
_WAS_AUTHORIZED = r"(?isx) \s*(?P<part>.+?),?\s+<BE>\s+(?:<GRANTED>|modified)(?:\s+by\s+<UR>)?\s*(?:[.,;]|\Z)(?=\s|\Z)"
_DISPUTED = re.compile(
    r"""(?isx) \b The\s+ (?:
        remaining\s+(?:IMR[\s-]eligible\s+)?(?:portions?|requests?) (?:\s+of\s+the\s+original\s+requests?)?
            (?:\s+(?:that\s+is\s+)?eligible\s+for\s+IMR)? (?:\s+(?:is|are))?
        | original\s+request ) \s*[,:]?\s+
    (?P<part>.+?) [\s,]* (?:\b(?:is|are|was|were))? \s*\Z"""
)
_REMAINING = re.compile(r"(?is)\bThe\s+(?P<part>remaining\s+.+?)[\s,]*(?:\b(?:is|are|was|were))?\s*\Z")
_MODIFIED_TO = r"""(?isx) \A (?P<part>.+?) [\s,;:(\[-]{1,4} (?:                          # "Norco #90 (modified to #60)"
        (?: <UR>\s+)? modified\s+to | <UR>\s+ (?:has\s+)? <GRANTED>
        | partial(?:ly)? [\s-]+ (?: <GRANTED> | certification | approval | authorization ) (?:\s+of)?
        | <NOW_GRANTED>
    ) [\s:]{1,2} (?:(?:for|only)\s+)?
    (?P<authorized> [#x]?\s? (?: \d | <FEW>\b ) .*?) (?: \s+by\s+<UR> )? \s*[)\]]? \s*\.? \Z"""
_THIS_MODIFIED = r"""(?isx) \A (?P<part>.+?) [\s,;:(\[-]{1,4} (?P<authorized><COUNT>|\d+) \s+ (?:<BE>\s+)?
    <GRANTED> (?:\s+by\s+<UR>)? (?:\s+for\s+[\w ]+)? \s*[)\]]? \s*\.? \Z"""  # "Norco #90 (#60 approved by UR)"
_MODIFIED = r"""(?ix)
    \b<BE>\s+the\s+original\s+requests?\b | \bThe\s+original\s+request\s+(?:was|is)\s+for\b
    | \bremaining\s+(?:IMR[\s-]eligible|portions?\s+of\s+the\s+original)
    | \bmodified\s+(?:by\s+<UR>\b | to\s+(?:[#x]?\s?[0-9] | (?:<FEW>|an?|the)\b))
    | \(\s*(?:<UR>\s+)?modified\s+to\b
    | \b<UR>\s+(?:has\s+)?(?:partial(?:ly)?\s+)?(?:<GRANTED>|modified)\b     # "Norco #90, UR approved #60"
    | (?<!previously\s)(?<!already\s)\b<GRANTED>\s+by\s+UR\b
    | \bpartial(?:ly)?[\s-]+(?:<GRANTED>|certification|approval|authorization)\b
    | \b<GRANTED>\s+(?:in\s+part|with\s+modifications?)\b
    | \bmodified\s+certification\b | \b<GRANTED>\s*:\s*[#x]?\s?[0-9]
    | \b<NOW_GRANTED> | [\s(]<COUNT>\s+<BE>\s+<GRANTED>\s*[).]*\Z
    | [,;(\[]\s*(?:<COUNT>|\d+)\s+<GRANTED>\s*[)\].]*\Z  # "12 visits, 4 certified"
    | \b\d+\s+of\s+(?:the\s+)?\d+\s+(?:\w+\s+)?<BE>\s+<GRANTED>\b
    | \breduced\s+(?:by\s+<UR>\s+to|to\s+\#)"""
_RETROSPECTIVE = re.compile(r"(?i)\bretro(?:spective(?:ly)?|active(?:ly)?)?\b(?!-?\s?(?:patellar|calcaneal|orbital))")
_SERVICE_DATE = re.compile(
    rf"""(?ix) \b (?: D\.?O\.?S\b\.? | dates?\s+of\s+services?(?:\s+\(DOS\))?
        | (?:provided|dispensed|rendered)(?:\s+on)? ) (?:\s+(?:of|from|on))?
    \s*[:;\#-]?\s* (?P<date>(?-x:{PRINTED_DATE}))"""
)
_OF_SERVICE_DATE = ("do", "d.o", "date", "provided", "dispensed", "rendered")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern, with the words of the vocabularies in place of their names."""
    administrator = party_pattern(CLAIMS_ADMINISTRATOR).replace(" ?", r"\s?").replace(" ", r"\s+")
    granted, unit = patterns("reading_words", "granted"), units("total")
    words = {
        "<BE>": r"was|were|is|are|has\s+been|have\s+been",
        "<COUNT>": rf"\#\s?\d+|\d+\s+(?:{unit})\b",
        "<FEW>": "one|two|three|four|five|six|eight|ten|twelve",
        "<GRANTED>": granted,
        "<NOW_GRANTED>": rf"""(?<!previously\s)(?<!already\s)(?<!board\s)(?:{granted}) (?= [\s:]{{1,2}}
            (?: (?:for|only) \s+ (?:[\w-]+\s+){{0,3}} )? (?: [#x]\s?\d | \d+\s+(?:{unit})\b | \d+\s?[)\]] ) )""",
        "<UR>": rf"(?:the\s+)?(?:{administrator})",
    }
    return re.compile(re.sub("<[A-Z_]+>", lambda name: f"(?:{words[name.group()]})", pattern))


@cache
def _of_modified() -> tuple[str, ...]:
    """Return words of which each modified request has one."""
    return "original", "remaining", "modifi", "partial", "reduced", *patterns("reading_words", "granted").split("|")


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
    if not (_holds(request, _of_modified()) and _compiled(_MODIFIED).search(request)):
        return RequestParts(None, None, found_text(text, start, end), is_modified=False)
    original = _compiled(_ORIGINAL).match(request)
    at = original.end() if original else 0
    authorized = _compiled(_AUTHORIZED).match(request, at) or _compiled(_WAS_AUTHORIZED).match(request, at)
    at = authorized.end() if authorized else at
    disputed = _DISPUTED.search(request, at) or _REMAINING.search(request, at)
    if not (original or disputed) and (short := _short_form(request)):
        begin, end_of_part = short.span("authorized")
        authorized_part = found_text(text, start + begin, start + end_of_part)
        return RequestParts(_part(text, start, short), authorized_part, found_text(text, start, end), is_modified=True)
    return RequestParts(
        _part(text, start, original),
        _part(text, start, authorized),
        _part(text, start, disputed) or found_text(text, start, end),
        is_modified=True,
    )


def _short_form(request: str) -> re.Match[str] | None:
    return _compiled(_MODIFIED_TO).match(request) or _compiled(_THIS_MODIFIED).match(request)


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
