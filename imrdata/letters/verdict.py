"""What outcome words say: of a request's rationale, and of a whole case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from imrdata.resources import vocabulary

_VERDICT = re.compile(r"[Mm](?<!\w.)(?i:edically\s+(?:necessary|appropriate)\b)")
_CLAUSE = re.compile(r"(?i)[,;]|\b(?:and|but|however|therefore|thus|as\s+such|that)\b")
_DOUBT = re.compile(
    r"(?i)(?:\b(?:not|cannot|neither|no|nothing|insufficient|fail(?:s|ed)?\s+to|unclear|lack\w*|questionable)\b|n't\b)[^,;]{0,60}?"
    r"\b(?:that|why|whether|how)\b(?P<claim>[^,;]*)\Z"
)
_TURN = re.compile(r"(?i)\b(?:but|however|therefore|thus|so|and)\b")
_NEAR = 40  # characters in which the last clause before a verdict mostly begins
_CLOSING_SENTENCES = 2  # in which a rationale says its verdict


@cache
def _words(kind: str) -> re.Pattern[str]:
    """The words of a kind, in lower case: negation; denial (of what follows); closing (that a rationale ends with)."""
    return re.compile("|".join(row["pattern"] for row in vocabulary("verdict_words") if row["kind"] == kind))


@cache
def _procedure() -> re.Pattern[str]:
    words = "|".join(row["pattern"] for row in vocabulary("verdict_words") if row["kind"] == "procedure")
    return re.compile(rf"(?i)[:;\u2013\u2014-]\s*(?:{words})[\s.,;:]*\Z")


def ends_with_another_decision(heading: str) -> bool:
    """Whether the words before an outcome end with another decision, as in "MRI: Vacated; Upheld"."""
    return _procedure().search(heading[-_NEAR:]) is not None


def case_outcome_of(outcomes: Sequence[str]) -> str:
    """The outcome of a whole case, which those of its requests make."""
    first = outcomes[0]
    return first if all(outcome == first for outcome in outcomes) else "Partially overturned"


def verdict_of(sentence: str) -> str | None:
    """The outcome that a sentence says beyond doubt; None where its clauses might be read otherwise."""
    found = list(_VERDICT.finditer(sentence)) if "edically" in sentence else []
    if not found:
        return None
    at = found[-1].start()
    if sentence.endswith(" not ", 0, at):
        return "Upheld"
    breaks = list(_CLAUSE.finditer(sentence, max(0, at - _NEAR), at)) or list(_CLAUSE.finditer(sentence, 0, at))
    clause = sentence[breaks[-1].end() if breaks else 0 : at]
    if _words("denial").search(clause.lower()) or _is_doubted(sentence[:at]):
        return "Upheld"
    return None if _words("negation").search(sentence.lower()) else "Overturned"


def _is_doubted(before: str) -> bool:
    """Whether the words before a verdict deny it, e.g. "insufficient evidence that six visits are"."""
    doubt = _DOUBT.search(before)
    return doubt is not None and not _TURN.search(doubt["claim"])


def last_sentence(text: str) -> str:
    """The last sentence of a text."""
    return text[max(text.rfind(". ", 0, -1), text.rfind("? ", 0, -1), text.rfind("! ", 0, -1)) + 1 :].strip()


def has_closing(rationale: str) -> bool:
    """Whether the last sentences of a rationale hold words of a verdict; those of a letter cut off may hold none."""
    at = len(rationale)
    for _ in range(_CLOSING_SENTENCES):
        at = max(rationale.rfind(stop, 0, max(at - 1, 0)) for stop in (". ", "? ", "! "))
    closing = rationale[at + 1 :].lower()
    return "medically necessary" in closing or _words("closing").search(closing) is not None
