"""Check that the words of a request have none of other parts of a letter: they are then not separated from these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

from imrdata.letters.case_numbers import PRINTED_CASE_NUMBER
from imrdata.letters.dates import PRINTED_DATE
from imrdata.letters.layouts.documents import titles
from imrdata.letters.layouts.labels import header_date_label
from imrdata.letters.layouts.outline import Item, refusal
from imrdata.letters.layouts.request_start import is_abbreviated
from imrdata.letters.text.margins import PAGE_NUMBER, is_stamp, mark_within
from imrdata.resources import words_pattern

OUTCOME_WORD = re.compile(r"[UuOo](?<!\w.)(?i:(?<=u)ph[eo]ld|(?<=o)verturn(?:ed)?)\b")
_FRAGMENT = re.compile(r"(?!.*\b(?:is|are|was|were)\b)[^\d.]{1,40}\.")  # "NSAIDs." above a request
_DATE, _CASE_NUMBER = re.compile(PRINTED_DATE), re.compile(PRINTED_CASE_NUMBER)
_not_begun = partial(words_pattern, r"(?i)\s*(?:<?(?:\w{2,9}://|www\.)\S|WORDS)", "reading_words", "never_first")
_decided = partial(words_pattern, r"(?i)\s*WORDS\s*(?:[.:;,\u2013\u2014\n]|-\s)", "reading_words", "decision_line")
_SAME_REASONS = 0.8  # of the different words
_narrative = partial(words_pattern, r"(?i)\bWORDS\b", "reading_words", "narrative")


def require_own_words(text: str, items: Iterable[Item]) -> None:
    """Check the words of each request.

    Raises:
        LetterError: A request has an outcome, a stamp, or words of the header, a summary or a rationale.
    """
    for item in items:
        words = text[slice(*item.request)]
        if other := other_words(words):
            reason = "unclear_outcome" if other == "an outcome" else "unclear_request"
            raise refusal(reason, f"{other} and the words of request {item.number} cannot be separated", words)


@lru_cache(maxsize=2**14)  # requests repeat
def other_words(words: str) -> str | None:
    """Return which other words a request contains, or None."""
    if OUTCOME_WORD.search(words):
        return "an outcome"
    if _not_begun().match(words) or _decided().match(words):
        return "an address, a criterion or a decision"
    first, *rest = words.split("\n")
    in_capitals = [] if words.isupper() else [line for line in (first, *rest) if line.isupper()]
    is_watermark = any([len(line) == 1 for line in (first, *rest)[:-1]])  # noqa: C419 - faster than a generator
    if (
        is_watermark
        or mark_within(words)
        or any(is_stamp(line) or titles("not_in_force").match(f"\n{line}") for line in in_capitals)
    ):
        return "a stamp"
    is_number = PAGE_NUMBER.fullmatch(first) is not None and not first.isdigit()  # the number of the request
    is_fragment = rest and _FRAGMENT.fullmatch(first) and not is_abbreviated(first)
    if rest and (is_number or is_fragment or _DATE.fullmatch(first)):
        return "a page number, a date or other words"
    if (":" in words and header_date_label().search(words)) or ("CM" in words and _CASE_NUMBER.search(words)):
        return "a line of the header"
    return "a summary or a rationale" if _narrative().search(words) else None


def require_different(text: str, items: Sequence[Item]) -> None:
    """Check that no request occurs twice with a rationale that also occurs twice, as in a text with a repeated page."""
    known: dict[str, Item] = {}
    for item in items if len(items) > 1 else ():
        request = " ".join(text[slice(*item.request)].lower().split())
        before = known.setdefault(request, item)
        if before is not item and any(
            _are_alike(text, one, other) for one in (before, item) for other in items if other is not one
        ):
            message = f"request {item.number} occurs twice with the same rationale; a page may be repeated"
            raise refusal("repeated_request", message, request[:200])


def _are_alike(text: str, *items: Item) -> bool:
    """Return whether the rationales of two requests have nearly the same words."""
    first, again = (set(text[slice(*one.rationale)].split()) if one.rationale else set() for one in items)
    return len(first & again) >= _SAME_REASONS * min(len(first), len(again))
