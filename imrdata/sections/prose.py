"""Where a request begins that follows the prose of a rationale.

Nothing marks the place: PDFium prints no blank lines. A rationale ends in a full sentence, and a request begins on
a new line.
"""

from __future__ import annotations

import re

from imrdata.sections.outline import refusal

# A request's first line is the one after a sentence's end ...
_SENTENCE_END = re.compile(
    r"(?:[.?!][\"'\u2019\u201d)\]]*|\b(?:necessary|appropriate|indicated|warranted|supported|established))\Z"
)
# ... but not after an abbreviation.
_ABBREVIATION = re.compile(
    r"(?i)(?:\b(?:qty|no|nos|approx|vs|dr|mr|mrs|ms|tabs?|caps?|hrs?|min|wks?|mos?|oz|lbs?|ft|mg|ml|inj|eval|st|e\.g|i\.e|a\.m|p\.m))\.\Z"
)
_ORIGINAL_REQUEST = re.compile(r"(?i)\b(?:was|were)\s+the\s+original\s+request\b")
_MODIFICATION = re.compile(
    r"(?i)\bremaining\s+IMR|\bauthorized\s+by\s+the\s+Claims\s+Administrator|\bClaims\s+Administrator\s+authorized|"
    r"\bleaving\s+the\s+original\s+request|\bThe\s+original\s+request\s*,"
)
# What a request does not hold: it swallowed prose whose full stop is lost.
_PROSE = re.compile(r"(?i)\bmedically\s+(?:necessary|appropriate)\b|(?-i:[a-z]{3}[.?!]\s+[A-Z])")


def request_start(text: str, start: int, end: int) -> int:
    """Where a request begins that follows a rationale; both stand in ``text[start:end]``.

    The request's first line follows the last sentence of the rationale. A request that utilization review modified
    has sentences of its own, and begins where the first of them does.

    Raises:
        LetterError: The rationale and the request cannot be told apart.
    """
    begin = _after_last_sentence(text, start, end)
    request = text[begin:end]
    if _MODIFICATION.search(request):
        formulas = [] if _ORIGINAL_REQUEST.search(request) else list(_ORIGINAL_REQUEST.finditer(text, start, begin))
        if formulas:
            begin = _after_last_sentence(text, start, formulas[-1].start())
    elif not text[start:begin].strip() or _PROSE.search(request):
        begin = _after_short_line(text, begin, end)
    if not text[start:begin].strip():
        raise refusal("unclear_request", "a rationale and the request after it cannot be told apart", request)
    return begin


def _after_last_sentence(text: str, start: int, end: int) -> int:
    """The last line start in the span before which a sentence ends; without lines, the last sentence's start."""
    line_end = text.rfind("\n", start, end)
    if line_end < 0:
        stops = list(re.finditer(r"[.?!]\s+", text[start:end]))
        return start + stops[-1].end() if stops else start
    while line_end > start:
        before = text[max(start, line_end - 40) : line_end]
        if _SENTENCE_END.search(before) and not _ABBREVIATION.search(before):
            return line_end + 1
        line_end = text.rfind("\n", start, line_end)
    return start


def _after_short_line(text: str, start: int, end: int) -> int:
    """The last line start in the span whose line before had room for its first word: a paragraph began there."""
    lengths = sorted(map(len, text[:end].split("\n")))
    width = 0.75 * lengths[int(0.9 * len(lengths))]
    line_end = text.rfind("\n", start, end)
    while line_end > start:
        line_start = text.rfind("\n", 0, line_end) + 1
        word = text[line_end + 1 : end].split(None, 1)
        if word and line_end - line_start + 1 + len(word[0]) < width:
            return line_end + 1
        line_end = text.rfind("\n", start, line_end)
    return start


def line_start(text: str, at: int) -> int:
    """Where the line of a place begins."""
    return text.rfind("\n", 0, at) + 1
