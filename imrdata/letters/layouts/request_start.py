"""Where a request begins that follows the prose of a rationale.

Nothing marks the place: PDFium prints no blank lines. A rationale ends in a full sentence and a request begins on a
new line, so a request is looked for upwards from its outcome: back to the last line before which a sentence ends,
and further up as long as what stands there is no prose ("... with chondroplasty." / "Assistant surgeon"). Where prose
and request cannot be told apart, the letter is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache, partial
from itertools import chain

from imrdata.errors import LetterError
from imrdata.letters.layouts.outline import refusal
from imrdata.resources import patterns

_ENDS = frozenset(".?!\u2026\"'\u2019\u201d)]")  # a sentence ends in one of these
_SENTENCE_END = re.compile(r"(?:[.?!\u2026][\"'\u2019\u201d)\]]*|\([A-Z][^()]*\b(?:19|20)\d\d\))\Z")
_LONE_NUMBER = re.compile(r"(?:[.?!]\s|\n)\s*\d{1,2}\s?[.)]\Z")  # the next request's, or a list's
_ENDS_RATIONALE = re.compile(r"(?i)\s*(?:<?(?:https?://|www\.)\S+|denied|approved|not\s+certified)[\s.]*")
_OF_A_LIST = re.compile(r"(?i)\s*(?:[\u2022\u25cf\u25aa*\u00b7-]\s|criteria\b[^\n]*:)")
_ORIGINAL_REQUEST = re.compile(r"(?i)\b(?:was|were|is|are)\s+the\s+original\s+requests?\b")
_MODIFICATION = re.compile(
    r"""(?ix) \b remaining\b[^.]{0,40}\bIMR\b | \b IMR[\s-]eligible\b
    | \b (?:authorized|certified|approved)\s+by\s+(?:the\s+Claims|Utilization)
    | \b Claims\s+Administrator\s+authorized | \b leaving\s+the\s+original\s+request
    | \b The\s+original\s+request\s*,"""
)
_OUTCOME_VERBS = ("is", "are", "was", "were")
_LONGEST_ABBREVIATION = 12  # characters, with its full stop and what stands before it
_UNWRAPPED = 200  # characters; longer lines mean that a paragraph is a line
_ROOM = 0.9  # of a page's width: a shorter line before a new one ended a paragraph


_words = partial(patterns, "reading_words")


@cache
def _last_words() -> tuple[str, ...]:
    """Words with which a rationale may end where its full stop is lost."""
    return tuple(_words("last_word").split("|"))


@cache
def _lost_stop() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('last_word')})\Z")


@cache
def _complete() -> re.Pattern[str]:
    return re.compile(rf"(?i)(?:[%]|(?:https?:|www\.)\S+|\b(?:{_words('last_word')}))\Z")


@cache
def _abbreviation() -> re.Pattern[str]:
    return re.compile(rf"(?:\b(?i:{_words('abbreviation')}|[a-z]\.[a-z])|\b[A-Za-z])\.\Z")


@cache
def _prose() -> re.Pattern[str]:
    """Words of sentences that no request holds."""
    last = rf"(?:is|are|was|were|be)\s+(?:therefore\s+|also\s+)?(?:{_words('last_word')})"
    return re.compile(rf"(?i)\b(?:{_words('prose')}|{last})\b")


@cache
def _sentence_word() -> re.Pattern[str]:
    """Words of sentences, in lower case, that a request may hold: they only stop the way up."""
    return re.compile(rf"\b(?:{_words('sentence_word', 'last_word')})\b|https?:|www\.")


@cache
def _sentence_opener() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{_words('sentence_opener')})\s+[a-z]")


@cache
def _directions() -> re.Pattern[str]:
    """Words of sentences, in lower case, that are those of a request: "to be taken at night"."""
    return re.compile(rf"\b(?:{_words('directions')})\b")


def request_start(text: str, start: int, end: int) -> int:
    """Where a request begins that follows a rationale; both stand in ``text[start:end]``.

    Raises:
        LetterError: The rationale and the request cannot be told apart.
    """
    breaks = _breaks_upwards(text, start, end)
    begin = next(breaks, start)
    above = next(breaks, None)
    while above is not None and _is_request(text[above:begin]):
        # A request follows the end of a paragraph; after a full line it may as well be a sentence of the rationale.
        if not _had_room(text, above - 1, end):
            raise _unclear(text, start, end)
        begin, above = above, next(breaks, None)
    rest = breaks if above is None else chain((above,), breaks)
    begin = _whole_modification(text, start, begin, end, rest)
    words = text[begin : _prose_end(text, begin, end)]
    found = _after_short_line(text, begin, end) if begin == start or _prose().search(words) else begin
    if found is None or not text[start:found].strip():
        raise _unclear(text, start, end)
    return _begun(text, found, start, end)


def _begun(text: str, found: int, start: int, end: int) -> int:
    """The beginning of a request below an address or a lone "Denied", which end the rationale above it.

    Raises:
        LetterError: It begins with a line of a list, or of criteria, and goes on with other lines.
    """
    while (line := text[found:end].split("\n", 1))[1:] and _ENDS_RATIONALE.fullmatch(line[0]):
        found += len(line[0]) + 1
    first, *rest = text[found:end].strip().split("\n")
    if _OF_A_LIST.match(first) and any(line.strip() and not _OF_A_LIST.match(line) for line in rest):
        raise _unclear(text, start, end)
    return found


def is_complete(closing: str) -> bool:
    """Whether words end as a rationale may: in a full sentence, a word that closes one, or an address."""
    closing = closing.rstrip()
    if _LONE_NUMBER.search(closing[-12:]):
        return False
    return closing[-1:] in _ENDS or _complete().search(closing) is not None


def _unclear(text: str, start: int, end: int) -> LetterError:
    message = "a rationale and the request after it cannot be told apart"
    return refusal("unclear_request", message, text[start:end][-300:])


def line_start(text: str, at: int) -> int:
    """Where the line of a place begins."""
    return text.rfind("\n", 0, at) + 1


def _breaks_upwards(text: str, start: int, end: int) -> Iterator[int]:
    """The places in a span before which a sentence ends, the last first: line starts; without lines, any place."""
    line_end = text.rfind("\n", start, end)
    if line_end < 0:
        for stop in reversed(list(re.finditer(r"[.?!]\s+", text[start:end]))):
            if not _is_abbreviated(text[start : start + stop.start() + 1]):
                yield start + stop.end()
        return
    is_unwrapped = max(map(len, text[start:end].split("\n"))) > _UNWRAPPED
    while line_end >= 0:
        if is_unwrapped or _is_break(text, start, line_end, end):
            yield line_end + 1
        line_end = text.rfind("\n", start, line_end)


def _is_break(text: str, start: int, line_end: int, end: int) -> bool:
    """Whether a sentence ends with a line; where only a word tells, or an abbreviation misleads, the line is short."""
    before = text[max(start, line_end - 40) : line_end]
    if before[-1:] in _ENDS and _SENTENCE_END.search(before):
        return not _is_abbreviated(before) or _had_room(text, line_end, end)
    is_lost = before.endswith(_last_words()) and _lost_stop().search(before) is not None
    return is_lost and (text[line_end + 1 : line_end + 2].isupper() or _had_room(text, line_end, end))


def _is_abbreviated(words: str) -> bool:
    """Whether the full stop at the end of words is that of an abbreviation."""
    return words[-1:] == "." and _abbreviation().search(words[-_LONGEST_ABBREVIATION:]) is not None


def _is_request(words: str) -> bool:
    """Whether words may be the beginning of a request: no sentence is among them."""
    return not (_sentence_word().search(_directions().sub(" ", words.lower())) or _sentence_opener().match(words))


def _whole_modification(text: str, start: int, begin: int, end: int, above: Iterator[int]) -> int:
    """The beginning of the sentence "X was the original request", where the request is what remained of it.

    `above` gives the places above `begin` before which a sentence ends, the last first.
    """
    request = text[begin:end]
    if not _MODIFICATION.search(request) or _ORIGINAL_REQUEST.search(request):
        return begin
    formulas = list(_ORIGINAL_REQUEST.finditer(text, start, begin))
    return next((place for place in above if place < formulas[-1].start()), start) if formulas else begin


def _prose_end(text: str, begin: int, end: int) -> int:
    """Up to where a request may be searched for prose: a modified one has sentences of its own."""
    formula = _ORIGINAL_REQUEST.search(text, begin, end)
    if formula:
        return formula.start()
    words = text[begin:end].rstrip(" \n:;,.-")
    verb = next((verb for verb in _OUTCOME_VERBS if words.lower().endswith(verb)), "")
    return begin + len(words.removesuffix(words[-len(verb) :]).rstrip(" \n,") if verb else words)


def _after_short_line(text: str, start: int, end: int) -> int | None:
    """The first line start in the span that a paragraph's end stands before, and after which no prose is."""
    line_end = text.find("\n", start, end)
    while line_end >= 0:
        is_free = not _prose().search(text, line_end + 1, _prose_end(text, line_end + 1, end))
        if is_free and _had_room(text, line_end, end):
            return line_end + 1
        line_end = text.find("\n", line_end + 1, end)
    return None


def _had_room(text: str, line_end: int, end: int) -> bool:
    """Whether a line had room for the next word: then what follows it is a new paragraph."""
    width = _page_width(text)
    word = text[line_end + 1 : end].split(None, 1)
    return bool(word) and line_end - line_start(text, line_end) + 1 + len(word[0]) < _ROOM * width


@lru_cache(maxsize=2)
def _page_width(text: str) -> int:
    """The width of nearly all lines of a text."""
    lengths = sorted(map(len, text.split("\n")))
    return lengths[int(0.9 * len(lengths))]
