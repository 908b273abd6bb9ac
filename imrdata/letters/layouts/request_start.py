"""Find the start of a request after the prose of a rationale.

Nothing marks it, because PDFium prints no blank lines. A rationale ends with a complete sentence, and a request begins
on a new line. So the search goes up from the outcome to the last line that follows the end of a sentence, and further
up while the lines are not prose ("... with chondroplasty." / "Assistant surgeon"). If prose and request cannot be
separated, the letter is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache, partial
from itertools import chain

from imrdata.errors import LetterError
from imrdata.letters.found import Span
from imrdata.letters.layouts.outline import Item, refusal
from imrdata.letters.layouts.request_marks import is_bulleted, number_mark
from imrdata.letters.verdict import last_sentence, verdict_of
from imrdata.resources import patterns, words_pattern

_STOP = re.compile(r"[.?!\u2026\"'\u2019\u201d)](?=\n)|[.?!][\"'\u2019\u201d)\]]*(?=\s)")
_STOP_WITHIN = re.compile(r"[.!?][\"'\u2019\u201d)\]]*\s+\S")
_STOPS = frozenset(".?!\u2026")
_ENDS = _STOPS | frozenset("\"'\u2019\u201d)]")  # a sentence ends with one of these
_SENTENCE_END = re.compile(r"(?:[.?!\u2026][\"'\u2019\u201d)\]]*|\([A-Z][^()]*\b(?:19|20)\d\d\))\Z")
_LONE_NUMBER = re.compile(r"(?:[.?!]\s|\n)\s*\d{1,2}\s?[.)]\Z")  # of the next request or of a list
_FOOTNOTE = re.compile(r"[a-z]{3}\.\d{1,2}\Z")  # "necessary.1"
_ORIGINAL_REQUEST = re.compile(r"(?i)\b(?:was|were|is|are)\s+the\s+original\s+requests?\b")
_OUTCOME_VERBS = ("is", "are", "was", "were")
_LONGEST_VERB = 4  # characters
_LONGEST_ABBREVIATION = 12  # characters, including its period and the character before it
_LONGEST_CLOSING = 300  # characters of a closing sentence
_UNWRAPPED = 200  # characters; with longer lines, each paragraph is one line
_ROOM = 0.9  # of a page's width; a shorter line ends a paragraph


_LAST_WORDS = ("last_word", "verdict_word")  # kinds of words that may end a rationale whose period is missing
_lost_stop = partial(words_pattern, r"\bWORDS\Z", "reading_words", *_LAST_WORDS)
_complete = partial(words_pattern, r"(?i)(?:[%]|(?:https?:|www\.)\S+|\bWORDS)\Z", "reading_words", *_LAST_WORDS)
_modification = partial(
    words_pattern,
    r"""(?ix) \b remaining\b[^.]{0,40}\bIMR\b | \b IMR[\s-]eligible\b
    | \b WORDS\s+by\s+(?:the\s+Claims|Utilization) | \b Claims\s+Administrator\s+WORDS
    | \b leaving\s+the\s+original\s+request | \b The\s+original\s+request\s*,""",
    "reading_words",
    "granted",
)
_OF_MODIFICATION = ("imr", "claims", "utilization", "leaving", "original")  # of these, `_modification` needs one
_abbreviation = partial(words_pattern, r"(?:\b(?i:WORDS|[a-z]\.[a-z])|\b[A-Za-z])\.\Z", "reading_words", "abbreviation")
# Words of sentences, in lower case, that a request may contain; they only stop the search upward.
_sentence_word = partial(words_pattern, r"\bWORDS\b|https?:|www\.", "reading_words", "sentence_word", *_LAST_WORDS)
_sentence_opener = partial(words_pattern, r"\s*WORDS\s+[a-z]", "reading_words", "sentence_opener")
_ends_rationale = partial(
    words_pattern, r"(?i)(?:<?(?:\w{2,9}://|www\.)\S+|WORDS)[\s.:]*", "reading_words", "decision_line"
)
_directions = partial(words_pattern, r"\bWORDS\b", "reading_words", "directions")  # in lower case


@cache
def _last_words() -> tuple[str, ...]:
    return tuple(patterns("reading_words", *_LAST_WORDS).split("|"))


@cache
def _prose() -> re.Pattern[str]:
    """Match words of sentences; of these, only names of guidelines occur in a request."""
    last = rf"(?:is|are|was|were|be)\s+(?:therefore\s+|also\s+)?(?:{patterns('reading_words', *_LAST_WORDS)})"
    return re.compile(rf"(?i)\b(?:{patterns('reading_words', 'prose', 'narrative')}|{last})\b")


@lru_cache(maxsize=2**14)  # requests repeat
def _is_prose(words: str) -> bool:
    return _prose().search(words) is not None


def request_start(text: str, start: int, end: int, number: int, style: Span | None) -> int:
    """Return the start of the request that follows a rationale in ``text[start:end]``.

    A request with its `number`, or in a paragraph behind a verdict, may name a guideline: "2. Acupuncture per MTUS".
    It has a number or a bullet only if the first request has one, whose span is `style`.

    Raises:
        LetterError: The rationale and the request cannot be separated.
    """
    breaks = _breaks_upwards(text, start, end)
    begin = next(breaks, start)
    above = next(breaks, None)
    while above is not None and _is_request(text[above:begin]):
        # A request follows the end of a paragraph; after a full line, it may be a sentence of the rationale.
        if not _had_room(text, above - 1, end):
            raise _unclear(text, start, end)
        begin, above = above, next(breaks, None)
    rest = breaks if above is None else chain((above,), breaks)
    begin = _whole_modification(text, start, begin, end, rest)
    words = text[begin : _prose_end(text, begin, end)]
    is_prose = begin == start or _is_prose(words)
    if (
        is_prose
        and begin > start
        and ((style and _is_numbered(text, style, words, number)) or _is_own_paragraph(text, start, begin, end))
    ):
        is_prose = False
    found = _after_short_line(text, begin, end) if is_prose else begin
    if found is None or not text[start:found].strip():
        raise _unclear(text, start, end)
    return _begun(text, found, start, end, is_list=style is not None and is_bulleted(text[slice(*style)]))


def _is_numbered(text: str, style: Span, words: str, number: int) -> bool:
    is_next = words.startswith((f"{number}. ", f"{number}) ")) and f"\n{number}" not in words
    return is_next and number_mark(text, style) is not None


def _is_own_paragraph(text: str, start: int, begin: int, end: int) -> bool:
    """Return whether a request is one paragraph behind a verdict, so that it may have words of a sentence."""
    words = text[begin:end].rstrip()
    closing = last_sentence(text[max(start, begin - _LONGEST_CLOSING) : begin])
    breaks = (begin + one.start() for one in re.finditer("\n", words))
    is_one = not (words[:1].islower() or _STOP_WITHIN.search(words) or any(_had_room(text, at, end) for at in breaks))
    return is_one and verdict_of(closing) is not None


def _begun(text: str, found: int, start: int, end: int, *, is_list: bool) -> int:
    """Return the start of a request after an address or a line "Denied", which end the rationale before it.

    Raises:
        LetterError: It begins with a bullet and has several lines, unless the requests are a list.
    """
    while (line := text[found:end].split("\n", 1))[1:] and _ends_rationale().fullmatch(line[0].strip()):
        found += len(line[0]) + 1
    first, *rest = filter(None, text[found:end].strip().split("\n"))
    if rest and is_bulleted(first) and not (is_list and not any(map(is_bulleted, rest))):
        raise _unclear(text, start, end)
    return found


def sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the ends of sentences, and of lines that end with a sign of one, last first."""
    for stop in reversed([match.end() for match in _STOP.finditer(text, start, end)]):
        if text[stop] == "\n" or not is_abbreviated(text[max(start, stop - _LONGEST_ABBREVIATION) : stop]):
            yield stop


def ends_paragraph(text: str, start: int, stop: int, end: int) -> bool:
    """Return whether a line of ``text[start:end]`` ends a paragraph there."""
    return max(map(len, text[start:end].split("\n"))) > _UNWRAPPED or _had_room(text, stop, end)


def has_prose(text: str, start: int, end: int) -> bool:
    """Return whether words before an outcome have a sentence, which is no part of a request."""
    return _prose().search(text, start, _prose_end(text, start, end)) is not None


def ends_a_sentence(text: str, start: int, end: int) -> bool:
    """Return whether words before an outcome have prose and the end of a sentence: a rationale precedes the request.

    A request without the end of a sentence may name a guideline: "Physical therapy per MTUS".
    """
    return _STOP_WITHIN.search(text, start, end) is not None and has_prose(text, start, end)


def is_complete(closing: str) -> bool:
    """Return whether words may end a rationale: with a complete sentence, a closing word, or an address."""
    closing = closing.rstrip()
    if _LONE_NUMBER.search(closing[-12:]):
        return False
    return closing[-1:] in _ENDS or bool(_complete().search(closing) or _FOOTNOTE.search(closing))


def require_whole(text: str, items: Iterable[Item]) -> None:
    """Check that each rationale ends with a sentence, so that no page is missing within it.

    Raises:
        LetterError: One does not.
    """
    for item in items:
        words = text[slice(*item.rationale)] if item.rationale else "."
        if not is_complete(words[-120:]):
            message = f"the rationale of request {item.number} does not end; a page may be missing"
            raise refusal("cut_off", message, words[-200:])


def _unclear(text: str, start: int, end: int) -> LetterError:
    message = "a rationale and the request after it cannot be separated"
    return refusal("unclear_request", message, text[start:end][-300:])


def line_start(text: str, at: int) -> int:
    """Return the start of the line of a position."""
    return text.rfind("\n", 0, at) + 1


def _breaks_upwards(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the positions after the end of a sentence, last first: line starts, or any if there are no lines."""
    line_end = text.rfind("\n", start, end)
    if line_end < 0:
        for stop in reversed(list(re.finditer(r"[.?!]\s+", text[start:end]))):
            if not is_abbreviated(text[start : start + stop.start() + 1]):
                yield start + stop.end()
        return
    while line_end >= 0:
        if _is_break(text, start, line_end, end):
            yield line_end + 1
        line_end = text.rfind("\n", start, line_end)


def _is_break(text: str, start: int, line_end: int, end: int) -> bool:
    """Return whether a sentence ends with a line; after a closing word or an abbreviation, the line must be short."""
    last = text[line_end - 1]
    is_ended = last in _ENDS
    if not is_ended and not text.endswith(_last_words(), start, line_end):  # nearly all lines
        return False
    before = text[max(start, line_end - 40) : line_end]
    if is_ended and (last in _STOPS or _SENTENCE_END.search(before)):
        return not is_abbreviated(before) or _had_room(text, line_end, end)
    is_lost = before.endswith(_last_words()) and _lost_stop().search(before) is not None
    return is_lost and (text[line_end + 1 : line_end + 2].isupper() or _had_room(text, line_end, end))


def is_abbreviated(words: str) -> bool:
    """Return whether the period at the end of words belongs to an abbreviation."""
    return words[-1:] == "." and _ends_with_abbreviation(words[-_LONGEST_ABBREVIATION:])


@lru_cache(maxsize=2**12)  # few words end a sentence
def _ends_with_abbreviation(words: str) -> bool:
    return _abbreviation().search(words) is not None


def _is_request(words: str) -> bool:
    """Return whether words may begin a request: they have no sentence."""
    return not (_sentence_opener().match(words) or _sentence_word().search(_directions().sub(" ", words.lower())))


def _whole_modification(text: str, start: int, begin: int, end: int, above: Iterator[int]) -> int:
    """Return the start of the sentence "X was the original request" if the request is the disputed part of it.

    `above` has the positions before `begin` that follow the end of a sentence, last first.
    """
    request = text[begin:end]
    lowered = request.lower()
    if not any([word in lowered for word in _OF_MODIFICATION]):  # noqa: C419 - faster than a generator
        return begin
    if not _modification().search(request) or _ORIGINAL_REQUEST.search(request):
        return begin
    formulas = list(_ORIGINAL_REQUEST.finditer(text, start, begin))
    return next((place for place in above if place < formulas[-1].start()), start) if formulas else begin


def _prose_end(text: str, begin: int, end: int) -> int:
    """Return the end of the part of a request to search for prose; a modified request has its own sentences."""
    formula = _ORIGINAL_REQUEST.search(text, begin, end)
    if formula:
        return formula.start()
    words = text[begin:end].rstrip(" \n:;,.-")
    last = words[-_LONGEST_VERB:].lower()
    if not last.endswith(_OUTCOME_VERBS):
        return begin + len(words)
    verb = next(verb for verb in _OUTCOME_VERBS if last.endswith(verb))
    return begin + len(words[: -len(verb)].rstrip(" \n,"))


def _after_short_line(text: str, start: int, end: int) -> int | None:
    """Return the first line start in the span that follows the end of a paragraph and precedes no prose.

    A line in lower case continues the sentence before it.
    """
    line_end = text.find("\n", start, end)
    while line_end >= 0:
        is_begun = not text[line_end + 1 : line_end + 2].islower()
        if is_begun and not has_prose(text, line_end + 1, end) and _had_room(text, line_end, end):
            return line_end + 1
        line_end = text.find("\n", line_end + 1, end)
    return None


def _had_room(text: str, line_end: int, end: int) -> bool:
    """Return whether a line had room for the next word, so the next line begins a new paragraph."""
    width = _page_width(text)
    word = text[line_end + 1 : end].split(None, 1)
    return bool(word) and line_end - line_start(text, line_end) + 1 + len(word[0]) < _ROOM * width


@lru_cache(maxsize=2)
def _page_width(text: str) -> int:
    """Return the width of nearly all lines of a text."""
    lengths = sorted(map(len, text.split("\n")))
    return lengths[int(0.9 * len(lengths))]
