"""Letters of spring 2013, "Medical Professional Review": one request per letter, the reviewer's credentials last.

The heading of the rationale prints "NOT MEDICALLY NECESSARY" regardless of the decision (it may be part of the form),
so the outcome is read from the rationale: from its last sentence, or else from all that state one, which must agree.
"""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import pairwise

from imrdata.letters.found import Diagnostic, Section, collapse
from imrdata.letters.layouts.documents import (
    front,
    letter_end,
    require_decision,
    require_no_later_decision,
    require_one_letter,
    told_behind,
)  # fmt: skip
from imrdata.letters.layouts.labels import marks
from imrdata.letters.layouts.outline import Item, Outline, after_letter, refusal, require_sections, spread
from imrdata.letters.text.margins import IN_WORDS
from imrdata.letters.verdict import (
    Claim,
    altered,
    claims,
    is_qualified,
    is_ruling,
    last_clause,
    last_sentence,
    opposite,
    verdict_of,
)
from imrdata.resources import vocabulary, words_pattern

LAYOUT = "professional_review"

_WHETHER = re.compile(  # "Whether X is medically necessary", "Is X medically necessary?", "Medical necessity of X"
    r"""(?isx) \A\s* (?:\d{1,2}\s?[.)]\s+)? (?:Determine\s+)?
    (?: Whether\s+(?:or\s+not\s+)? | (?P<verb>(?:is|are|was|were)\s+) )? (?:the\s+)?
    (?:(?:there\s+(?:is|was)\s+)?medical\s+necessity\s+(?:of|for)\s+(?:the\s+)?)? (?:request(?:ed)?\s+(?:for\s+)?)?
    (?P<request>.+?) \s*
    (?: \b(?(verb)|(?:is|are|was|were)(?:/(?:is|are|was|were))?\s+)
      (?:medically\s+necessary(?:\s+and\s+appropriate)?|appropriate) )?
    \s*[.?]?\s*\Z"""
)
_NOT_OF_REQUEST = re.compile(r"(?i)\bwhether\b|\bmedically\s+necessary\b")
_SEVERAL = re.compile(r"(?:\n|\A)\s*2\s?[.)]\s+\S")
_SENTENCE_END = re.compile(r"[.?!]\s")
_PAST = re.compile(r"\b(?:was|were)\b")
_NOUN = re.compile(r"(?!right\b)\b[a-z]{5,}")
_WORD = re.compile(r"[a-z]+|\d+")
_AND = re.compile(r"\b(?:and|plus)\b|[;&]")
_plain = partial(words_pattern, r"WORDS", "verdict_words", "plain")
_earlier = partial(words_pattern, r"\bWORDS\b", "verdict_words", "earlier")


@cache
def _counts() -> re.Pattern[str]:
    """Match a number with its unit: "six more visits", "#30", not "3 visits a week"."""
    units = "|".join(row["term"] for row in vocabulary("units") if row["unit"])
    number = rf"\d{{1,3}}|{'|'.join(IN_WORDS)}|\w+teen|twenty|thirty"
    return re.compile(
        rf"""(?x) \b(?P<number>{number})[ -] (?: (?!a[ ]|per[ ]) \w+[ ] ){{0,2}}?
        (?:{units}|weeks?|months?) (?![ ](?:a|per)\b) \b | \#\s?(?P<pills>\d+)"""
    )


def is_layout(text: str) -> bool:
    """Return whether the text has the layout's labels for the request and the rationale."""
    names = {name for name, _, _ in marks(text, LAYOUT)}
    return "title" in names or {"request", "rationale"} <= names


def outline(text: str) -> Outline:
    """Find the sections and the only request of a professional review.

    Raises:
        LetterError: A label is missing, or the rationale does not state the outcome.
    """
    found = marks(text, LAYOUT)
    first = found[0].start
    require_decision(text, first)
    told = require_sections(LAYOUT, [mark.name for mark in found], text[-200:])
    require_one_letter(text, LAYOUT, first)
    told += front(text, first)
    end, behind = letter_end(text, found[-1].end, len(text))
    if found[-1].name == "reviewer":
        behind = behind or told_behind(text, found[-1].end)
    sections = spread(text, found)
    by_name = {section.name: section for section in sections}
    request, rationale = by_name["request"], by_name["rationale"]
    if _SEVERAL.search(text, request.body, request.end):
        raise refusal(
            "several_requests",
            "the letter disputes several requests, with one rationale for all",
            _words(text, request),
        )
    disputed = _request(text, request)
    outcome, span, doubts = _outcome(text, rationale, text[slice(*disputed)])
    guideline = by_name.get("reviewer_guideline")
    item = Item(
        number=1,
        request=disputed,
        outcome=outcome,
        outcome_span=span,
        reviewer_guideline=(guideline.body, guideline.end) if guideline else None,
        rationale=(rationale.body, rationale.end),
    )
    whole = (*sections[:-1], sections[-1]._replace(end=end), *after_letter(end, len(text)))
    return Outline(LAYOUT, whole, (item,), (*told, *doubts, *behind))


def _names(sentence: str, request: str) -> bool:
    """Return whether a sentence in the present tense has a noun of the request."""
    words = sentence.lower()
    return not _PAST.search(words) and not {*_NOUN.findall(words)}.isdisjoint(_NOUN.findall(request.lower()))


def _words(text: str, section: Section) -> str:
    return text[section.body : section.end]


def _request(text: str, section: Section) -> tuple[int, int]:
    match = _WHETHER.match(_words(text, section))
    if match is None:
        raise refusal("no_request_text", "the issue at dispute has no words")
    if _NOT_OF_REQUEST.search(match["request"]):
        raise refusal("unclear_request", "the issue at dispute has other words beside the request", match["request"])
    return section.body + match.start("request"), section.body + match.end("request")


def _number(word: str) -> str:
    return str(IN_WORDS.index(word) + 1) if word in IN_WORDS else word


def _has_other_count(words: str, request: str) -> bool:
    """Return whether words count other than the request does: "six visits" of twelve; "after six visits" does not."""
    asked = {_number(word) for word in _WORD.findall(request.lower())}
    numbers = [int(word) for word in asked if word.isdigit()]
    asked |= {str(one * other) for one in numbers for other in numbers}  # "2 x 6"
    for found in _counts().finditer(words := words.lower().replace("\n", " ")):
        before = words[: found.start()].split(",")[-1].split()[-2:]
        if not _earlier().search(" ".join(before)) and _number(found["number"] or found["pills"]) not in asked:
            return True
    return False


def _is_limited(said: tuple[int, str, list[Claim]], text: str, request: str) -> bool:
    """Return whether a verdict is on a part of the request, or the sentences behind it in `text` limit it."""
    start, sentence, found = said
    behind = text[start + len(sentence) :]
    return (
        _has_other_count(sentence[: found[-1].end], request)
        or is_qualified(behind)
        or _has_other_count(behind, request)
    )


def _stems(words: str) -> set[str]:
    return {word.removesuffix("s") for word in _WORD.findall(words.lower())}


def _doubts(said: tuple[int, str, list[Claim]], text: str, request: str) -> tuple[Diagnostic, ...]:
    """Return a diagnostic of a verdict with unusual words, without a part of the request, or with words behind."""
    start, sentence, found = said
    behind = text[start + len(sentence) :]
    words = _stems(last_clause(sentence[: found[-1].end].lower().replace("\n", " ")))
    known, parts = _stems(request), [_stems(part) for part in _AND.split(request)]
    is_whole = len(parts) == 1 or "request" in words or not any(part.isdisjoint(_stems(sentence)) for part in parts)
    if is_whole and not behind.strip() and all(word in known or _plain().fullmatch(word) for word in words):
        return ()
    excerpt = collapse(sentence + behind)
    return (Diagnostic("unusual_verdict", f"the outcome is read from the words: {excerpt}", 1, "outcome", excerpt),)


def _outcome(text: str, section: Section, request: str) -> tuple[str, tuple[int, int], tuple[Diagnostic, ...]]:
    """Return the outcome that the last sentence of the rationale states, or else the one that all on the request state.

    A last sentence on a decision, rather than on necessity, must not contradict the sentence before it, and no last
    sentence one on the request or its denial. No sentence may decide on less than the request.
    """
    stops = [stop.end() for stop in _SENTENCE_END.finditer(text, section.body, section.end - 2)]
    spans = pairwise([section.body, *stops, section.end])
    every = [(start, text[start:end], found) for start, end in spans if (found := claims(text[start:end]))]
    said = every
    last_two = [section.body, *stops][-2:]
    if said and said[-1][0] == last_two[-1]:
        said = said[-1:] if "medically" in said[-1][1].lower() else [one for one in said if one[0] in last_two]
    else:
        said = [one for one in said if is_ruling(one[1]) or (one[0] in last_two and _names(one[1], request))]
    outcomes = {verdict_of(words) for _, words, _ in said}
    outcome = outcomes.pop() if len(outcomes) == 1 else None
    words = _words(text, section).rstrip()
    if (
        outcome is None
        or opposite(words, last_sentence(words), outcome)
        or altered(words)
        or _is_limited(said[-1], text[: section.end], request)
        or any(_names(one, request) and verdict_of(one) not in (None, outcome) for _, one, _ in every)
    ):
        message = "the rationale states no outcome, two outcomes, or decides only a part"
        raise refusal("no_outcome", message, words[-200:])
    require_no_later_decision(last_sentence(words))
    start, _, found = said[-1]
    doubts = _doubts(said[-1], text[: section.end], request)
    return outcome, (start + found[-1].start, start + found[-1].end), doubts
