"""Letters of spring 2013, "Medical Professional Review": one request a letter, the reviewer's credentials last.

The heading of the rationale prints "NOT MEDICALLY NECESSARY" whatever was decided (it may be a form's own words), so
the outcome is what the rationale says. A rationale that says both, or neither, cannot be read.
"""

from __future__ import annotations

import re

from imrdata.letters.found import Section
from imrdata.letters.layouts.documents import front, letter_end, require_decision, require_one_letter
from imrdata.letters.layouts.labels import marks
from imrdata.letters.layouts.outline import Item, Outline, refusal, require_sections, spread, told_behind
from imrdata.letters.verdict import verdict_of

LAYOUT = "professional_review"

_WHETHER = re.compile(
    r"(?is)\A\s*(?:\d{1,2}\s?[.)]\s+)?(?:Whether\s+)?(?:the\s+)?(?:request(?:ed)?\s+(?:for\s+)?)?(?P<request>.+?)"
    r"\s*(?:\b(?:is|are|was|were)\s+medically\s+necessary(?:\s+and\s+appropriate)?)?\s*[.?]?\s*\Z"
)
_SEVERAL = re.compile(r"(?:\n|\A)\s*2\s?[.)]\s+\S")
_UPHELD = re.compile(
    r"(?i)\bnot\s+(?:been\s+)?(?:considered\s+|deemed\s+|found\s+|established\s+as\s+)?(?:to\s+be\s+)?medically\s+(?:necessary|appropriate)"
    r"|\bmedical\s+necessity\b[^.]{0,80}\bnot\b|\bnot\b[^.]{0,80}\bmedical\s+necessity\b"
    r"|\b(?:upheld|uphold|non-?certified|denial\s+is\s+(?:appropriate|supported))\b"
)
_OVERTURNED = re.compile(
    r"(?i)\b(?:is|are|was|were)\s+(?:therefore\s+|thus\s+)?(?:considered\s+|deemed\s+|found\s+)?(?:to\s+be\s+)?medically\s+(?:necessary|appropriate)"
    r"|\bmedical\s+necessity\s+(?:is|was|has\s+been)\s+(?:established|met|supported)|\b(?:overturned|overturn)\b"
)

_LIMITED = re.compile(
    r"(?i)\bmedically\s+(?:necessary|appropriate)\b[^.]{0,60}\b(?:only|in\s+part|except|but\s+not|up\s+to|for\s+\d+)\b"
    r"|\bonly\b[^.]{0,60}\bmedically\s+necessary|\bpartially\b"
)


def is_layout(text: str) -> bool:
    """Whether the text has the layout's labels for the request and the rationale."""
    names = {name for name, _, _ in marks(text, LAYOUT)}
    return "title" in names or {"request", "rationale"} <= names


def outline(text: str) -> Outline:
    """The sections and the one request of a professional review.

    Raises:
        LetterError: A label is missing, or the rationale does not say the outcome.
    """
    found = marks(text, LAYOUT)
    first = found[0].start
    require_decision(text, first)
    told = require_sections(LAYOUT, [mark.name for mark in found], text[-200:])
    require_one_letter(text, LAYOUT, first)
    told += front(text, first)
    end, behind = letter_end(text, found[-1].end, len(text))
    sections = spread(text, found)
    by_name = {section.name: section for section in sections}
    request, rationale = by_name["request"], by_name["rationale"]
    if _SEVERAL.search(text, request.body, request.end):
        raise refusal(
            "several_requests",
            "the letter disputes several requests, with one rationale for all",
            _words(text, request),
        )
    outcome, span = _outcome(text, rationale)
    guideline = by_name.get("reviewer_guideline")
    item = Item(
        number=1,
        request=_request(text, request),
        outcome=outcome,
        outcome_span=span,
        reviewer_guideline=(guideline.body, guideline.end) if guideline else None,
        rationale=(rationale.body, rationale.end),
    )
    whole = (*sections[:-1], sections[-1]._replace(end=end), *told_behind(sections, end, len(text)))
    return Outline(LAYOUT, whole, (item,), (*told, *behind))


def _is_doubtful(overturned: re.Match[str], verdict: str | None) -> bool:
    """Whether words say "medically necessary", and others of the sentence may deny it."""
    return verdict is None and "medically" in overturned.group().lower()


def _words(text: str, section: Section) -> str:
    return text[section.body : section.end]


def _request(text: str, section: Section) -> tuple[int, int]:
    match = _WHETHER.match(_words(text, section))
    if match is None:
        raise refusal("no_request_text", "the issue at dispute has no words")
    return section.body + match.start("request"), section.body + match.end("request")


def _outcome(text: str, section: Section) -> tuple[str, tuple[int, int]]:
    """The outcome that the rationale's last sentence says; else the one that all of it says."""
    last = max(text.rfind(stop, section.body, section.end - 2) for stop in (". ", ".\n"))
    for start in (max(last, section.body), section.body):
        upheld, overturned = _UPHELD.search(text, start, section.end), _OVERTURNED.search(text, start, section.end)
        verdict = verdict_of(" ".join(text[start : section.end].split())) if overturned else None
        if overturned and verdict == "Upheld":
            upheld, overturned = overturned, None  # "insufficient evidence that it is medically necessary"
        elif overturned and (_LIMITED.search(text, start, section.end) or _is_doubtful(overturned, verdict)):
            break
        match = upheld or overturned
        if match is not None and (upheld is None) != (overturned is None):
            return ("Upheld" if upheld else "Overturned"), match.span()
        if upheld and overturned:
            break
    message = "the rationale does not say, or says twice or in part, what was decided"
    raise refusal("no_outcome", message, _words(text, section)[-200:])
