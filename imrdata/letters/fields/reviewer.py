"""Read about the reviewer: states of licensure and specialties. Letters do not print names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache, partial

from imrdata.letters.fields.header_table import blank
from imrdata.letters.found import Diagnostic, Found
from imrdata.resources import patterns, vocabulary, words_pattern

_STATES = re.compile(
    r"""(?ix) \b (?: (?: States? \s* (?:\(s\))? \s+ of \s+ )? Licensure | Licen[cs]es
      | Licen[cs]ed \s+ States? \s* (?:\(s\))? | States? \s* (?:\(s\))? \s+ Licen[cs]ed? ) \s* :"""
)
_SPECIALTIES = re.compile(
    r"""(?ix) \b (?: Certifications? \s* (?:\(s\))? (?: \s* / \s* Specialt(?:y|ies) )? | Specialt(?:y|ies) ) \s* :"""
)
_LONGEST = 60  # characters of a specialty
_PIECES = 5  # at most, of a name with commas
_SEPARATOR = re.compile(r"\s*[,;]\s*(?:and\s+)?")
_WORDS = frozenset(("IN", "OR"))  # codes of states that are words in capitals


@cache
def _state_codes() -> dict[str, str]:
    rows = vocabulary("us_states")
    return {_key(row[column]): row["code"] for row in rows for column in ("state", "code")}


@cache
def _specialty_labels() -> dict[str, str]:
    return {_key(row["variant"]): row["specialty"] for row in vocabulary("medical_specialties")}


def _key(printed: str) -> str:
    """Convert a printed name for lookup; a period at its end may be the end of the list."""
    return " ".join(printed.split()).lower().rstrip(".")


def read_reviewer(text: str, start: int, end: int) -> tuple[list[Found[str]], list[Found[str]], list[Diagnostic]]:
    """Return the states (USPS codes) and specialties (vocabulary labels) in ``text[start:end]``, in printed order.

    An unknown specialty is kept as printed, and an unknown state is left out, each with a diagnostic.
    """
    states, specialties, told = credentials_in(text[start:end])
    return _moved(states, start), _moved(specialties, start), list(told)


def _moved(terms: Sequence[Found[str]], by: int) -> list[Found[str]]:
    return [Found(term.value, term.start + by, term.end + by) for term in terms]


_Credentials = tuple[Sequence[Found[str]], Sequence[Found[str]], Sequence[Diagnostic]]


@lru_cache(maxsize=2**12)  # reviewers repeat
def credentials_in(text: str) -> _Credentials:
    """Return the states, specialties and diagnostics in the words about a reviewer."""
    labels = _STATES.search(text), _SPECIALTIES.search(text)
    starts = sorted([label.start() for label in labels if label] + [len(text)])
    found: list[list[Found[str]]] = []
    diagnostics: list[Diagnostic] = []
    is_missing = False
    for label, (are_states, known, pattern, sentence) in zip(labels, _kinds(), strict=True):
        if label:
            stop = starts[starts.index(label.start()) + 1]
            terms, unknown = _terms(text, label.end(), stop, known, pattern)
        else:
            terms, unknown = _prose_terms(text, sentence, known, pattern)
        if are_states:
            terms = [term for term in terms if term.value not in unknown]
        found.append([term for at, term in enumerate(terms) if term.value not in {one.value for one in terms[:at]}])
        told = [one.message for one in diagnostics]
        code = "unknown_state" if are_states else "unknown_specialty"
        diagnostics += [Diagnostic(code, term) for term in unknown if term not in told]
        is_missing = is_missing or not (terms or unknown)
    if is_missing:
        diagnostics.append(Diagnostic("missing_credentials", "the reviewer's license or specialty is missing"))
    return found[0], found[1], diagnostics


_Kind = tuple[bool, dict[str, str], re.Pattern[str], re.Pattern[str]]


def _kinds() -> tuple[_Kind, _Kind]:
    """Return the known states, and patterns of a state and of a sentence about states; likewise of specialties."""
    return (
        (True, _state_codes(), _state_pattern(), _LICENSED),
        (False, _specialty_labels(), _specialty_pattern(), _certified()),
    )


# 2013 and early 2014: "is Board Certified in X, has a subspecialty in Y and is licensed to practice in Z, and W."
@cache
def _certified() -> re.Pattern[str]:
    return re.compile(
        rf"""(?ix) \b (?-x:{patterns("reading_words", "credential")}) \s+ (?P<terms> (?:an?\s+)? [^.]+? )
        (?= ,?\s+(?:and\s+)? (?: has|have|is|who|holds|maintains|licensed\s+to|(?:s?he/)?s?he
            | with(?!\s+(?:an?\s+)?(?:added|additional|certific|fellowship|special|sub-?special)) )\b
        | \.(?:\s|\Z) | \Z )"""
    )


_LICENSED = re.compile(
    r"""(?ix) \b licen[cs](?:e[sd]?|ure) (?:\s+to\s+practice(?:\s+\w+){0,3}? | (?:\s+as\s+an?)? \s+\w+(?:ist|or))?
    \s+in:?\s+ (?:the\s+states?\s+of\s+)? (?P<terms>[^.]+?)
    (?= ,?\s+(?:and\s+)?(?:also\s+)?(?:has|have|is|who|with|practices|(?:s?he/)?s?he)\b | \.(?:\s|\Z) | \Z )"""
)


def _prose_terms(
    text: str, sentences: re.Pattern[str], known: dict[str, str], pattern: re.Pattern[str]
) -> tuple[list[Found[str]], list[str]]:
    """Return the terms of each sentence about credentials that are held now, and the words that are unknown."""
    terms: list[Found[str]] = []
    unknown: list[str] = []
    for sentence in sentences.finditer(text):
        start, end = sentence.span("terms")
        if _not_held().search(text, 0, sentence.start()):
            continue
        if _lapsed().match(text, end) or _lapsed().match(text[start:end]):  # "license in Utah is inactive"
            unknown.append(
                " ".join(text[start : text.find(".", end) if "." in text[end:] else None].split())[:_LONGEST]
            )
            continue
        not_held = _not_held_from_here().search(text, start, end)  # "Utah and formerly Ohio"
        end = not_held.start() if not_held else end
        terms += (Found(known[_key(term.group())], *term.span()) for term in pattern.finditer(text, start, end))
        rest = _rest(_state_pattern().sub(" ", _specialty_pattern().sub(" ", text[start:end])))[:_LONGEST]
        if terms and rest and rest not in unknown:
            unknown.append(rest)
    return terms, unknown


# Words before a credential that is not held: "was previously"
_not_held = partial(words_pattern, r"(?i)\bWORDS\s+(?:\w+\s+)?\Z", "reading_words", "not_held")
# The first word within a list from which on it is not held: "Utah and formerly Ohio"
_not_held_from_here = partial(words_pattern, r"(?i)(?:,|\b(?:and|but)\b)?\s*\bWORDS\b", "reading_words", "not_held")
# Words after a credential that is not held: " is inactive"
_lapsed = partial(words_pattern, r"(?i)(?:(?!\band\b)[^.;])*?\bWORDS\b", "reading_words", "lapsed")


def _rest(words: str) -> str:
    """Return the words that are left of a list of states or specialties when those are taken away."""
    return " ".join(re.findall(r"[\w'\u2019-]*\w", _beside_credentials().sub(" ", words)))


_beside_credentials = partial(words_pattern, r"(?i)(?<!\w)WORDS(?!\w)", "reading_words", "beside_credentials")


@cache
def _specialty_pattern() -> re.Pattern[str]:
    return _any_of(variant for variant in _specialty_labels() if len(variant) > 3)  # noqa: PLR2004 - no initials in prose


@cache
def _state_pattern() -> re.Pattern[str]:
    rows = vocabulary("us_states")
    return _any_of((row["state"] for row in rows), codes={row["code"] for row in rows} - _WORDS)


def _any_of(terms: Iterable[str], codes: Iterable[str] = ()) -> re.Pattern[str]:
    longest_first = sorted(set(terms), key=lambda term: (-len(term), term))
    names = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in longest_first)
    return re.compile(rf"\b(?:(?i:{names})|{'|'.join(sorted(codes)) or '(?!)'})(?!\w)")


def _terms(
    text: str, start: int, end: int, known: dict[str, str], pattern: re.Pattern[str]
) -> tuple[list[Found[str]], list[str]]:
    """Return the listed terms; names with commas are found by joining as many pieces as the vocabulary has."""
    pieces = _pieces(text, start, end)
    terms: list[Found[str]] = []
    unknown: list[str] = []
    at = 0
    while at < len(pieces):
        for upto in range(min(len(pieces), at + _PIECES), at, -1):
            first, last = pieces[at][0], pieces[upto - 1][1]
            printed = " ".join(text[first:last].split())
            label = known.get(_key(printed))
            if label is not None or upto == at + 1:
                break
        if label is None and not _rest(pattern.sub(" ", text[first:last])):  # "California and Texas", "Nevada/Utah"
            terms += (Found(known[_key(one.group())], *one.span()) for one in pattern.finditer(text, first, last))
            at = upto
            continue
        if label is None:
            unknown.append(printed[:_LONGEST])
        if label is None and blank().fullmatch(printed):
            at = upto
            continue
        if label is None and len(printed) > _LONGEST:  # prose after the list
            break
        terms.append(Found(label or printed, first, last))
        at = upto
    return terms, unknown


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    words = text[start:end].rstrip(" \n.")
    start += len(words) - len(words.lstrip())
    words = words.strip()
    pieces, at = [], 0
    for separator in _SEPARATOR.finditer(words):
        if separator.start() > at:
            pieces.append((start + at, start + separator.start()))
        at = separator.end()
    if at < len(words):
        pieces.append((start + at, start + len(words)))
    return pieces
