"""Read outcomes from words: the outcome that a rationale states, and the outcome of a whole case.

A sentence states an outcome with claims: "is [not] medically necessary", or words with the same meaning. A claim is
read with the words that govern it ("insufficient evidence that ..."). A claim that asks, supposes, quotes, or decides
only a part states no outcome, and neither does a sentence with two outcomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import NamedTuple

from imrdata.resources import patterns

UPHELD, OVERTURNED, IN_PART = "Upheld", "Overturned", "in part"
_NEAR = 40  # characters before an outcome to search for another decision
_LONGEST = 1000  # characters of a sentence
_LONGEST_CHAIN = 80  # characters of "is therefore not found to be"
_CLOSING_SENTENCES = 2  # in which a rationale states its verdict
_NECESSARY = re.compile(r"(?:medically (?:\[sic\] )?(?P<un>un|in)?(?:necessary|appropriate)|a medical necessity)\b")
# Nearly all letters close like this: "The brace is not medically necessary and appropriate."
_PLAIN = re.compile(
    r"""(?x) (?P<claim> \b(?:is|are|was|were)[ ]not[ ]medically[ ](?:necessary|appropriate) )
    (?: [ ]and[ ]appropriate )? \W* \Z"""
)
# The rest of a sentence that denies a request, and approves another or a part: "...; six visits would be".
_GIVEN_BACK = re.compile(
    r"""(?x) [,;][ ][^,;]* \b(?:is|are|was|were|would[ ]be|may[ ]be)\W*\Z
    | (?:;|\b(?:and|but|although|though|while)\b) [^;]* \b(?:is|are|was|were|be)[ ](?!not\b)(?:\w+[ ])?
      (?<!not[ ])(?:allowed|approved|authorized|certified|granted)\b"""
)
_AND = re.compile(r"(?:;|\b(?:and|but|while|whereas)\b)[^,;]*\Z")  # a clause beside another one
# The end of a sentence that reverses its claim, or decides the rest: "..., but the surgery is not".
_TAKEN_BACK = re.compile(
    r"""(?x) \b(?:is|are|was|were)[ ]not\W*\Z | (?:,|though)[ ]not\b | \b(?:un|in)(?:necessary|appropriate)\b
    | [,;][ ] (?! (?:as|because|since)\b ) [^,;]*\bnot\b | \b(?:denied|non-?certified)\b"""
)
_THAT = re.compile(  # in the last part of a sentence; not "pain that never resolved"
    r"""(?x) (?P<head>[^,;]*) \b that[ ]
    (?! (?:is|are|was|were|has|have|had|does|do|did|can|could|may|might|will|would|never|not|\w+ed)\b ) [^,;]*\Z"""
)
_ELLIPSIS = re.compile(
    r"""(?x) \b(?:is|are|was|were|would[ ]be|do|does)(?:[ ]not)?[.?!]
    | \bnot[ ](?:correct|so|true)\b | \b(?:dis)?agree\b | \bconcur\b"""
)
_DECISION_WORDS = ("edical", "enial", "approv", "certif")  # without first letters, which may be capitals
_LONGEST_NOTE = 120  # characters
_NEAR_END = 300  # characters of a rationale in which a note without brackets is searched

_any = partial(patterns, "verdict_words")


class Claim(NamedTuple):
    """Words that state an outcome; `outcome` is None if they ask, suppose or quote."""

    outcome: str | None
    start: int
    end: int


@cache
def _words(*kinds: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any(*kinds)})\b")


@cache
def _turn() -> re.Pattern[str]:
    """Match the start of a main clause; a negation before it does not count: "Rest did not help, so the brace is"."""
    return re.compile(
        rf"""(?x) ;[ ] | (?:,[ ]|\b) (?-x:{_any("turn")})[ ] | ,[ ](?:and|it|which)[ ]
        | \b and[ ](?:it|this|the|an?)[ ] | \A (?-x:{_any("subordinate")})\b[^,;]*,[ ]"""
    )


@cache
def _object() -> re.Pattern[str]:
    """Match the first noun of a clause that is decided on: "the denial of the request" is about a denial."""
    return re.compile(rf"\b(?:(?P<denial>{_any('denial')})|(?P<ruled_on>{_any('ruled_on')})|{_any('subject')})\b")


@cache
def _chain() -> re.Pattern[str]:
    """Match words before a claim: the "is therefore not found to be" of "The brace is therefore not found to be"."""
    return re.compile(rf"(?:(?<!\w)(?:{_any('link', 'negation')})[ ,-]{{1,2}})*\Z")


@cache
def _governors() -> tuple[re.Pattern[str], ...]:
    no, view, short = _any("negation"), _any("opinion"), _any("shortfall")
    return (
        # "insufficient evidence that", "unclear why"
        re.compile(rf"\b(?:{no})\b[^;]{{0,80}}? (?:that|why|whether|how)\b(?P<claim>[^;]*)\Z"),
        # "does not find the brace to be", "not enough to call it", "falls short of making it"
        re.compile(rf"\b(?:(?:{no}) (?:{view})|{short})\b(?P<claim>[^;]*)\Z"),
        # "None of the drugs is", "Neither the brace nor the cane is", "At no time was the brace"
        re.compile(r"(?:\A|[;,:] |\bthat )(?:none|neither|(?:at |under )?no|nothing) (?P<claim>[^;,]*)\Z"),
    )


@cache
def _share() -> re.Pattern[str]:
    """Match words right behind a denial that limit it: "not medically necessary for twelve visits"."""
    return re.compile(rf",? (?:{_any('share')})\b")


@cache
def _supposed() -> re.Pattern[str]:
    """Match the end of words before a claim that suppose it: "might soon" before "be medically necessary"."""
    return re.compile(rf"\b(?:{_any('supposition')})(?: \w+){{0,3}} \Z")


@cache
def _complete() -> re.Pattern[str]:
    """Match the rest of a sentence that leaves its claim whole: "at this time", "as rest did not help"."""
    return re.compile(
        rf"""(?x) (?: ,?[ ](?-x:{_any("addition")})\b )*+ (?: \W+\Z | ;[ ] | ,?[ ](?-x:{_any("reason")})\b )"""
    )


@cache
def _holding() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any('holding')}) \Z")


@cache
def _ruling() -> re.Pattern[str]:
    """Match a sentence on the request or its denial: "Therefore, the request is medically necessary."."""
    return re.compile(
        rf"""(?xi) (?:\A|[.?!]\s)
        (?P<ruling> (?: (?-x:{_any("conclusion")}),?\s )? (?: I\s (?:find|conclude)\s (?:that\s)? )?
        (?: medical\snecessity
          | th(?:e|is)\s (?: request(?:ed\s\w+)?(?:\sfor\sth(?:e|is)\s\w+)? | (?-x:{_any("denial")}) ) )
        \s (?: (?:is|are|should|therefore|thus)\s | medically ) [^.?!]{{1,200}} [.?!] )"""
    )


@cache
def _finding() -> re.Pattern[str]:
    """Match "has not been established", "does not meet the criteria", "the denial stands", "agree with the denial"."""
    link, near = rf"(?-x:(?:{_any('link', 'negation')})[ ,]{{1,2}})", r"[ ](?:[\w'\u2019-]+[ ]){0,5}?"
    denial = _any("denial", "ruled_on")
    return re.compile(
        rf"""(?x) \b (?: {link}+ (?: (?P<denied>(?-x:{_any("rejected")})) | (?-x:{_any("finding")}) )
        | (?P<ruled> {link}* ) (?: (?-x:{_any("upheld")}) | (?P<overturned> (?-x:{_any("overturned")}) ) )
        | (?P<agrees> {link}* ) (?: (?P<dis>(?-x:{_any("disagrees")})) | (?-x:{_any("agrees")}) ) {near} (?-x:{denial})
        | (?P<meets> {link}* ) (?-x:{_any("meets")}) (?={near} (?-x:{_any("requirement")})) ) \b"""
    )


def claims(sentence: str) -> list[Claim]:
    """Return the claims of a sentence, in order; those not on necessity only if there is no other, or on a denial."""
    words = sentence.lower().replace("\n", " ")
    if len(words) != len(sentence) or len(words) > _LONGEST:
        return []
    if undecided := _words("undecided").search(words):
        return [Claim(None, *undecided.span())]
    if (
        " not medically " in words
        and (plain := _PLAIN.search(words))
        and "denial" not in words
        and words.find("medically") > plain.start()
        and not _words("quote", "condition", "unsaid").search(words, 0, plain.start())
        and not _is_unheld(words[: plain.start()])
    ):
        return [Claim(UPHELD, *plain.span())]
    found = [_necessity(words, one) for one in _NECESSARY.finditer(words)] if "medical" in words else []
    if found and "denial" in words:
        return sorted([*found, *_other_claims(words)], key=lambda claim: claim.start)
    return found or list(_other_claims(words))


def _necessity(words: str, necessary: re.Match[str]) -> Claim:
    """Return the claim of "medically necessary" with the words before it: "is not medically necessary"."""
    stop = necessary.start()
    chain = _chain().search(words, max(0, stop - _LONGEST_CHAIN), stop)
    start = chain.start() if chain else stop
    links, after = words[start:stop], words[necessary.end() :]
    subject = last_clause(words[:start])
    negation = _words("negation").search(links)
    is_denied = necessary["un"] or negation
    is_quoted = _words("quote", "condition").search(subject) or _words("source").search(after)
    is_unheld = _is_unheld(subject)
    outcome: str | None = OVERTURNED
    is_reversed = negation if necessary["un"] else negation and _words("unsaid").search(subject)
    if is_quoted or is_reversed or (is_denied and is_unheld):  # "not medically unnecessary", "cannot be said not to be"
        outcome = None
    elif _words("part").search(after) or (is_denied and (_share().match(after) or _GIVEN_BACK.search(after))):
        outcome = IN_PART
    elif is_denied:
        outcome = UPHELD
    elif governor := _governor(words[:stop]):
        outcome = None if _words("dispute").search(governor) else UPHELD
    elif is_unheld or not _is_stated(subject, links):
        outcome = None
    elif _words("part").search(subject + links) or not _is_whole(words, necessary.end()):
        outcome = IN_PART
    return Claim(outcome, start, necessary.end())


def _is_whole(words: str, end: int) -> bool:
    """Return whether the words behind a claim leave it whole."""
    if end == len(words):
        return True
    is_less = _TAKEN_BACK.search(words, end) or _words("count").search(words, end)
    return _complete().match(words, end) is not None and not is_less


def _is_stated(subject: str, links: str) -> bool:
    """Return whether a claim is a statement, rather than a question, a supposition or a noun."""
    if _words("doubt").search(subject) or _words("supposition").search(links):
        return False
    if _words("copula").search(links):
        return _supposed().search(subject) is None
    is_found = _words("finder").search(subject) and not _words("supposition").search(subject)
    return bool(is_found) or not (subject + links).strip()  # "Medically necessary."


def _is_unheld(before: str) -> bool:
    """Return whether the words before a claim make it a clause of which the reviewer is not convinced."""
    if "that " not in before:
        return False
    clause = _THAT.match(before, max(before.rfind(","), before.rfind(";")) + 1)
    return clause is not None and not _holding().search(clause["head"])


def last_clause(words: str) -> str:
    """Return the main clause at the end of words in lower case."""
    turns = list(_turn().finditer(words))
    return words[turns[-1].end() :] if turns else words


def _governor(before: str) -> str | None:
    """Return the words before a claim that negate it, unless a main clause begins between them."""
    governors = (pattern.search(before) for pattern in _governors())
    return next((one.group() for one in governors if one and not _turn().search(one["claim"])), None)


def _other_claims(words: str) -> Iterator[Claim]:
    """Return claims in other words, about the request or the denial: "the request is not supported"."""
    is_part = _words("part").search(words) or _words("quote").search(words)  # a part or a quotation states no outcome
    subject = _words("subject", "conclusion").search(words)
    for finding in _finding().finditer(words):
        before = words[: finding.start()]
        clause = _words("subordinate").split(last_clause(before))[-1]
        noun = _object().search(clause) or _object().search(words, finding.end())
        is_ruled, agrees = finding["ruled"] is not None, finding["agrees"] is not None
        is_denial = noun and (noun["denial"] or ((is_ruled or finding["denied"]) and noun["ruled_on"]))
        if not (is_denial or agrees or (subject and not is_ruled)):
            if _AND.search(before) and _words("decided").search(finding.group()):  # "..., and the drug is approved"
                yield Claim(IN_PART, *finding.span())
            continue
        negations = len(_words("negation").findall(finding.group()))
        turns = (negations, is_denial or agrees, *finding.group("denied", "overturned", "dis"))
        is_denied = sum(map(bool, turns)) % 2 == 1
        is_supposed = bool(not is_denied and _words("supposition").search(finding.group()))
        if is_denial or agrees or not is_denied:
            rest = finding.end()
            is_active = agrees or finding["meets"] is not None
            is_limited = _words("limit", "count").search(words, rest) if is_active else not _is_whole(words, rest)
            is_supposed = bool(is_supposed or is_limited or _words("doubt").search(clause))
        is_litotes = negations and (finding["denied"] or "").startswith(("in", "im", "un"))  # "is not unsupported"
        is_open = is_part or is_supposed or negations > 1 or is_litotes
        yield Claim(None if is_open else UPHELD if is_denied else OVERTURNED, *finding.span())


@lru_cache(maxsize=2**12)  # many rationales have equal closings
def verdict_of(sentence: str) -> str | None:
    """Return the outcome that a sentence clearly states; None if it states none or is ambiguous."""
    found = claims(sentence)
    outcomes = {claim.outcome for claim in found if claim.outcome}
    outcome = found[-1].outcome if found else None
    return outcome if outcomes in ({UPHELD}, {OVERTURNED}) else None


@cache
def _procedure() -> re.Pattern[str]:
    return re.compile(rf"(?i)[:;\u2013\u2014-]\s*(?:{_any('procedure')})[\s.,;:]*\Z")


def ends_with_another_decision(heading: str) -> bool:
    """Return whether the words before an outcome end with another decision, as in "MRI: Vacated; Upheld"."""
    return _procedure().search(heading[-_NEAR:]) is not None


def case_outcome_of(outcomes: Sequence[str]) -> str:
    """Return the outcome of a whole case from the outcomes of its requests."""
    return outcomes[0] if len(set(outcomes)) == 1 else "Partially overturned"


def last_sentence(text: str) -> str:
    """Return the last sentence of a text."""
    start = text.rfind(". ", 0, -1) + 1
    return text[max(start, text.rfind("? ", start, -1) + 1, text.rfind("! ", start, -1) + 1) :].strip()


def opposite(text: str, closing: str, outcome: str) -> str | None:
    """Return a sentence before the last one that clearly states another outcome of the request."""
    words = text.rstrip()[: -len(closing) or None].rstrip()
    before = last_sentence(words)
    is_decision = any(map(before.__contains__, _DECISION_WORDS))
    earlier = [before] if is_decision and ("request" in before or "denial" in before) else []
    earlier += [ruling["ruling"] for end in _decision_sentences(words) if (ruling := _ruling().match(words, end))]
    return next((one for one in earlier if verdict_of(one) not in (None, outcome)), None)


def _decision_sentences(words: str) -> list[int]:
    """Return the ends of the sentences before those that have a word on a decision; 0 for the first sentence."""
    ends = set()
    for word in _DECISION_WORDS:
        at = words.find(word)
        while at >= 0:
            end = max(0, words.rfind(". ", 0, at))
            ends.add(max(end, words.rfind("? ", end, at), words.rfind("! ", end, at)))
            at = words.find(word, at + 1)
    return sorted(ends)


@cache
def _altering() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(rf"(?:\A|[.;] )(?:{_any('altering')})"), re.compile(_any("note"))


def altered(rationale: str) -> str | None:
    """Return the words of a note, in brackets or near the end of a rationale, that its decision may be changed."""
    words = rationale if "[" in rationale else rationale[-_NEAR_END:]
    lowered = words.lower().replace("\n", " ")
    note = next(filter(None, (pattern.search(lowered) for pattern in _altering())), None)
    return words[note.start() :][:_LONGEST_NOTE] if note else None


def is_qualified(words: str) -> bool:
    """Return whether the sentences behind a verdict may limit or reverse it: "Twelve visits are not."."""
    words = words.lower().replace("\n", " ")
    is_part = _words("part").search(words) and _words("closing").search(words)
    return bool(is_part or _ELLIPSIS.search(words))


def is_ruling(sentence: str) -> bool:
    """Return whether a sentence is on the request or its denial, or draws a conclusion."""
    words = sentence.strip()
    return bool(_ruling().match(words) or _words("conclusion").match(words.lower()))


def has_closing(rationale: str) -> bool:
    """Return whether the last sentences of a rationale have words of a verdict, unlike in a letter that is cut off."""
    at = len(rationale)
    for _ in range(_CLOSING_SENTENCES):
        at = max(rationale.rfind(stop, 0, max(at - 1, 0)) for stop in (". ", "? ", "! "))
    closing = rationale[at + 1 :].lower()
    return "medically necessary" in closing or _words("closing").search(closing) is not None
