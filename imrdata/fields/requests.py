"""What was asked for: the parts of a request, whether utilization review modified it, whether it is retrospective."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from imrdata.fields.found import Found, found_text

_ORIGINAL = re.compile(r"(?is)\A(?P<part>.+?)\s+(?:was|were)\s+the\s+original\s+request\b\s*[.,;]?")
_AUTHORIZED = (
    re.compile(
        r"(?is)\s*(?P<part>.+?),?\s+(?:was|were|is)\s+authorized\s+by\s+the\s+Claims\s+Administrator\b\s*[.,;]?"
    ),
    re.compile(
        r"(?is)\s*The\s+Claims\s+Administrator\s+authorized\s+(?P<part>.+?)"
        r"(?:,?\s+leaving\s+the\s+(?:original|remaining)\s+request\s+IMR[\s-]eligible\s*\.?|\.(?=\s+The\s+(?:original|remaining)\b))"
    ),
)
_DISPUTED = re.compile(
    r"(?is)\bThe\s+(?:remaining\s+IMR[\s-]eligible\s+portion(?:\s+of\s+the\s+original\s+request)?|original\s+request)\s*[,:]\s*"
    r"(?P<part>.+?)(?:\s+(?:is|are))?\s*\Z"
)
_MODIFIED = re.compile(
    r"(?i)\bauthorized\s+by\s+the\s+Claims\s+Administrator|\bThe\s+Claims\s+Administrator\s+authorized|\bremaining\s+IMR[\s-]eligible"
)
_RETROSPECTIVE = re.compile(r"(?i)\bretro(?:spective(?:ly)?|active(?:ly)?)?\b")
_SERVICE_DATE = re.compile(
    r"(?i)\b(?:DOS|dates?\s+of\s+services?|(?:performed|provided|dispensed|rendered|administered|completed)(?:\s+on)?)"
    r"\s*[:;#-]?\s*(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>\d{4}|\d{2})\b"
)


class RequestParts(NamedTuple):
    """A request in its parts; the first two only where utilization review modified it."""

    original: Found[str] | None
    authorized: Found[str] | None
    disputed: Found[str]
    is_modified: bool


def read_parts(text: str, start: int, end: int) -> RequestParts:
    """The parts of the request in ``text[start:end]``.

    The letters word a modification in three sentences: what was requested, what the claims administrator
    authorized, and what remains in dispute.
    """
    request = text[start:end]
    if not _MODIFIED.search(request):
        return RequestParts(None, None, found_text(text, start, end), is_modified=False)
    original = _ORIGINAL.match(request)
    at = original.end() if original else 0
    authorized = next((match for pattern in _AUTHORIZED if (match := _authorized(pattern, request, at))), None)
    at = authorized.end() if authorized else at
    disputed = _DISPUTED.search(request, at)
    return RequestParts(
        _part(text, start, original),
        _part(text, start, authorized),
        _part(text, start, disputed) or found_text(text, start, end),
        is_modified=True,
    )


def _authorized(pattern: re.Pattern[str], request: str, at: int) -> re.Match[str] | None:
    match = pattern.match(request, at)
    # "The Claims Administrator authorized X" is no "X was authorized by the Claims Administrator".
    return match if match and "Claims Administrator authorized" not in " ".join(match["part"].split()) else None


def _part(text: str, start: int, match: re.Match[str] | None) -> Found[str] | None:
    return found_text(text, start + match.start("part"), start + match.end("part")) if match else None


def is_retrospective(request: str, decided_by: date | None) -> bool:
    """Whether a request is for a treatment already given: it says so, or gives a past date of service.

    Args:
        request: The whole text of the request.
        decided_by: The day on which the letter was decided, where known; a later date is not past.
    """
    if _RETROSPECTIVE.search(request):
        return True
    for match in _SERVICE_DATE.finditer(request):
        year = int(match["year"])
        try:
            served = date(year if year > 99 else 2000 + year, int(match["month"]), int(match["day"]))  # noqa: PLR2004
        except ValueError:
            continue
        if decided_by is None or served <= decided_by:
            return True
    return False
