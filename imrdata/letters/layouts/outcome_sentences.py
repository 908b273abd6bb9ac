"""Outcomes as numbered sentences, e.g. "2) ... the request for X is not medically necessary and appropriate".

They are in letters of 2013 and early 2014. One public copy lacks a space: ``is notmedically necessary``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from imrdata.letters.found import Diagnostic, Span, collapse
from imrdata.letters.layouts.documents import titles
from imrdata.letters.layouts.outline import refusal, require_numbers

_LONGEST = 1500  # characters of a request
# "(18) visits" within a sentence is no number of a request.
_NUMBER = r"(?:\n|\A)[ ]*(?P<mark>(?:(?<=[.:]\n)|\A)[(\#]|)(?P<number>\d{1,2})\s?[.)]\s+"
_STATEMENT = re.compile(
    rf"""(?isx) {_NUMBER} (?P<request> (?:
        (?! \n\s*\d{{1,2}}\s?[.)]\s | (?<=[.:])\n[(\#]\d{{1,2}}\s?[.)]\s ) .
    ){{1,{_LONGEST}}}? ) \s*
    (?P<outcome> \b(?:is|are|was|were) \s* (?P<not> not\b | not(?=medically) | n['\u2019]t\b )? \s*
        (?: (?:considered|deemed|found)\s+(?:to\s+be\s+)? )? medically\s+necessary
        (?: \s*(?:and|or|/|,)\s*appropriate )? (?: \s+at\s+this\s+time )? ) \s*\.?"""
)
_FORMULA = re.compile(
    r"""(?isx) \A\s* (?: MAXIMUS\s+Federal\s+Services(?:,?\s+Inc\.?)?\s+has\s+determined\s+(?:that\s+)? )?
    (?:the\s+)? (?: (?: decision | request(?:ed)?(?:\s+(?:treatment|service|item)s?)? ) \s+(?:for|of)\s+ )?"""
)

_NEW_LINE = re.compile(r"[ .]*(?:\n\s*(?![a-z])|\Z)")
# A request that contains another outcome, e.g. "X is withdrawn; it is not medically necessary to decide it".
_HEDGED = re.compile(
    r"""(?ix) \b(?:only|in\s+part|partially)\s*\Z | \bmedically\s+necessary\b | \bis\s+withdrawn\b
    | \b(?:(?:decreased|limited|modified|reduced)\s+to | with\s+the\s+exception\s+of | excepting | minus)\b
    | \bless\s+(?:\d|one|two|three|four|five|six|the)\b | \b(?:of\s+them|the\s+first\s+\w+)\s*[,)]?\s*\Z
    | [\u2013\u2014-]\s*(?:\d{1,2}|[a-z]{3,6})\s*[\u2013\u2014-]\s*\Z       # "- six -"
    | \(\s*(?:approved|certified|denied|modified|(?:not|non)[\s-]certified|partial\w*)\s*\)\s*\Z
    | \A\s*(?:whether|if|unless|once|(?:part|half|some|most)\s+of)\b
    | \b(?:is|are|was|were) [\W_]* (?:x[\W_]*)? \Z                 # "is/is not", "[X] is [ ] is not"
    | \b(?:is|are|was|were) \s+ (?:and|but|or|while)\b            # "#30 is and #60"
    | (?: [\u2610-\u2612\u25a0\u25a1] | \[[ x]?\] ) \s* \Z         # a box to check"""
)
# A note behind a sentence: "... is medically necessary and appropriate. (as amended)".
_NOTE = re.compile(
    r"""(?x) [ .]* (?: [\[({*\u2013\u2014-] | (?<=[ .])[a-z] | (?<=[ ])[A-Z]\w*,?[ ][a-z]  # a sentence on the same line
    | (?<=[ ])(?i:amended|corrected|draft|pending|preliminary|revised|tentative|void)\b
    | \n\s*[\[(]?(?!medical\s+qualifications\b)[a-z]{2} | \s*(?:However|But|Except|Only|Provided|This[ ]applies)\b )"""
)


class Statement(NamedTuple):
    """A numbered outcome sentence."""

    number: int
    request: Span
    outcome: str
    outcome_span: Span
    start: int
    end: int


def statements(text: str, start: int, end: int) -> Iterator[Statement]:
    """Return the numbered outcome sentences in ``text[start:end]``, in printed order."""
    for match in _STATEMENT.finditer(text, max(0, start - 1), end):
        if match.start("number") < start:
            continue
        words = match["request"]
        formula = _FORMULA.match(words)
        request_start = match.start("request") + (formula.end() if formula else 0)
        request = (request_start, match.end("request"))
        outcome = "Upheld" if match["not"] else "Overturned"
        yield Statement(int(match["number"]), request, outcome, match.span("outcome"), match.start("mark"), match.end())


def require_sentences(text: str, found: Iterable[Statement]) -> None:
    """Check that each sentence ends with its outcome: "... is medically necessary for 6 visits only" decides a part.

    Raises:
        LetterError: A sentence continues after its outcome, is conditional, or is corrected behind it.
    """
    for one in found:
        behind = "\n" + text[one.end : one.end + 120].lstrip(" .\n([")
        if titles("changed_outcome", "later_decision").match(behind) or (
            text[one.end - 1] == "." and _NOTE.match(text, one.end)
        ):
            message = f"words behind the outcome of request {one.number} change it"
            raise refusal("unclear_outcome", message, text[one.start : one.end + 100])
        rest = text[one.end : text.find("\n", one.end) % (len(text) + 1)]
        is_hedged = _HEDGED.search(text[slice(*one.request)]) or "medically necessary" in rest
        if is_hedged or not (text[one.end - 1] == "." or _NEW_LINE.match(text, one.end)):
            message = f"the outcome of request {one.number} is neither Upheld nor Overturned, or in part"
            raise refusal("unclear_outcome", message, text[one.start : one.end + 100])


def told_again(text: str, count: int, rationale: Span | None) -> Iterator[Diagnostic]:
    """Return a diagnostic of numbered outcome sentences in the last rationale, as of a decision behind the letter."""
    again = [one for one in statements(text, *rationale) if not 1 < one.number <= count] if rationale else []
    if again:
        words = collapse(text[again[0].start : again[0].end])
        yield Diagnostic("text_after_letter", f"the last rationale has outcomes of its own: {words[:80]!r}")


def decided_once(found: Iterable[Statement]) -> list[Statement]:
    """Return the outcome sentences by number; sentences with the same number must agree.

    Raises:
        LetterError: A request has two different decisions, or the numbers have gaps.
    """
    first: dict[int, Statement] = {}
    for statement in found:
        known = first.setdefault(statement.number, statement)
        if known.outcome != statement.outcome:
            raise refusal("outcomes_disagree", f"request {statement.number} has two different decisions")
    require_numbers(sorted(first))
    return [first[number] for number in sorted(first)]
