"""Read about the injured worker in the summary: age, sex, represented by an attorney. Names are redacted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from imrdata.letters.fields.guideline_names import scan_form
from imrdata.letters.found import Diagnostic, Found
from imrdata.resources import patterns
from imrdata.terms import PATIENT_AGES

FEMALE = frozenset(("female", "woman", "lady", "f", "mrs", "ms"))

# Patterns begin with a letter or a set of letters and then look back, which makes the search fast.
_SEX = r"female|male|woman|man|lady|gentleman|[fm](?![\w'\u2019])"
_ADJECTIVE = r"(?!(?:saw|seen|was|is|had|has|who|whose|with|and|by|that|the|her|his)\b)\S+"
_YEARS = re.compile(r"y(?:(?<=[0-9].)|(?<=[0-9][\s-].)|(?<=[0-9][\s-][\s-].))")  # the "y" of "45-year-old"
_AGE = re.compile(
    rf"""(?ix) (?P<age>[0-9]{{1,3}}) [\s-]* (?: years? | yrs?\.? | y\.? ) [\s/-]*
    (?: olds? | o\.? ) (?: (?!\w) | (?=[fm]\b) )
    (?: [\s,.-]* (?:{_ADJECTIVE}\s+){{0,2}}? (?P<sex>(?i:{_SEX}))\b )?"""  # "45-year-old, right-handed male"
)
_NUMBER = re.compile(  # not in a range: "45-50 year old"
    r"(?<![\w.])(?<![0-9][-\u2013])(?<![0-9] [-\u2013] )(?<![0-9] to )[0-9]{1,3}[\s-]*\Z"
)
_AGED = re.compile(r"ge(?<=\b[Aa]ge)(?:d| of)?\s+(?P<age>[0-9]{2,3})\b(?!\s*(?:%|percent))")
_SEX_WORD = re.compile(
    r"""(?x) [FfMmWwLlGg] (?<!\w.) (?:
        (?: (?<=[Ff])emale | (?<=[Mm])ale | (?<=[Ww])oman | (?<=[Mm])an | (?<=[Ll])ady | (?<=[Gg])entleman ) \b
        | (?: (?<=M)r | (?<=M)rs | (?<=M)s ) (?=\.\s) )"""
)
# An age in apposition belongs to the noun before it: "The resident, a 90 year old man, grabbed the worker, age 28".
_APPOSED = re.compile(
    r"""(?ix) (?: \b(?:the|an?|his|her) | ['\u2019]s ) \s+ (?:[\w-]+\s+)? (?P<noun>[\w-]+) \s*,\s*
    (?:who\s+(?:is|was)\s+)? (?:an?\s+)? (?: [0-9]{1,3}[\s-]+years?[\s-]+old\s+ )? \Z"""
)
_AT_INJURY = re.compile(
    r"""(?ix) [^.;]{0,30}? \b (?:
        when\s+ (?: s?he | the\s+\w+ | injured | hurt )
        | at\s+(?:the\s+)?(?:time|date)\s+of\s+ (?:the\s+)? (?:\w+\s+)? (?:injury|accident) ) \b"""
)
_REPRESENTED = re.compile(
    r"""(?ix) \b(?: an? | is | was | currently | now ) \s+ (?P<not> un | non-?\s? | not\s+ )? represented\b
        (?! \s+as\b ) (?! \s+by\s+ (?! an?\s+attorney | attorney | counsel | legal ) )
    | \b represented\s+by\s+ (?:an?\s+)? (?:attorney|counsel|lawyer)"""
)
_PRONOUN = re.compile(r"[HhSs](?<!\w.)(?:(?<=[Hh])(?:e|is|im|er)|(?<=[Ss])he)\b(?!/)")
_AGES = range(PATIENT_AGES[0], PATIENT_AGES[1] + 1)


@cache
def _not_the_worker() -> re.Pattern[str]:
    """Match words after an age of another person: "a 12 year old daughter"."""
    return re.compile(rf"(?i)[\s,-]*(?:{patterns('reading_words', 'not_the_worker')})(?!\w)")


@cache
def _of_another() -> re.Pattern[str]:
    """Match words before another person: "transferring a heavy man", "hit by a male"."""
    return re.compile(
        rf"""(?ix) \b (?-x:{patterns("reading_words", "of_another")})
        (?: \s+ (?:an?|the|another) )? (?: \s+ [\w-]+ ){{0,2}} \s* \Z"""
    )


@cache
def _worker() -> re.Pattern[str]:
    return re.compile(rf"(?i)(?:{patterns('reading_words', 'worker')})\b")


@cache
def _not_represented() -> re.Pattern[str]:
    """Match words before "represented" that make it no statement: "whether the worker is"."""
    return re.compile(rf"(?i)\b(?:{patterns('reading_words', 'not_represented')})\b[^.;]*\Z")


class Patient(NamedTuple):
    """The injured worker as described in the summary; None for what it does not say."""

    age: Found[int] | None
    sex: Found[str] | None
    is_represented: Found[bool] | None
    diagnostics: tuple[Diagnostic, ...] = ()


def read_patient(text: str, start: int, end: int) -> Patient:
    """Read about the injured worker in the clinical summary ``text[start:end]``."""
    ages = list(_ages(text, start, end))
    known = {age.value for age, _ in ages}
    age, sex = ages[0] if len(known) == 1 else (None, None)
    diagnostics = []
    if len(known) > 1:
        diagnostics.append(Diagnostic("ages_disagree", f"patient_age: {' and '.join(map(str, sorted(known)))}"))
    elif sex is None:
        sex = next((beside for _, beside in ages if beside), None) or _first_sex(text, start, end)
    answers = _represented(text, start, end)
    if len({answer.value for answer in answers}) > 1:
        message = "the summary calls the worker both represented and not represented"
        diagnostics.append(Diagnostic("representation_disagrees", message))
        answers = []
    return Patient(age, sex, answers[0] if answers else None, tuple(diagnostics))


def _represented(text: str, start: int, end: int) -> list[Found[bool]]:
    """Return whether the worker is represented; only the context of this word is searched."""
    answers = []
    at = text.find("epresented", start, end)
    while at >= 0:
        words = _REPRESENTED.search(text, max(start, at - 24), min(end, at + 48))
        if words and not _not_represented().search(text, max(start, at - 60), words.start()):
            answers.append(Found(words["not"] is None, *words.span()))
        at = text.find("epresented", at + 1, end)
    return answers


def _first_sex(text: str, start: int, end: int) -> Found[str] | None:
    """Return the first word for a sex, unless the summary has pronouns of the other."""
    words = _SEX_WORD.finditer(text, start, end)
    word = next((word for word in words if not _is_of_another(text, word.start(), word.end())), None)
    if word is None:
        return None
    sex = _sex(word.group(), *word.span())
    pronouns = {"female": 0, "male": 0}
    for pronoun in _PRONOUN.finditer(text, start, end):
        pronouns["male" if pronoun.group().lower() in ("he", "his", "him") else "female"] += 1
    other = "male" if sex.value == "female" else "female"
    return None if pronouns[other] > pronouns[sex.value] else sex


def _is_of_another(text: str, start: int, end: int) -> bool:
    return bool(
        _of_another().search(text, max(0, start - 60), start)
        or _not_the_worker().match(text, end)
        or _is_apposed_to_another(text, start)
    )


def _is_apposed_to_another(text: str, start: int) -> bool:
    apposed = _APPOSED.search(text, max(0, start - 60), start) if "," in text[max(0, start - 32) : start] else None
    return apposed is not None and _worker().match(apposed["noun"]) is None


def _ages(text: str, start: int, end: int) -> Iterator[tuple[Found[int], Found[str] | None]]:
    """Return the ages of the worker, each with the sex beside it: "a 45-year-old, right-handed male"."""
    for match in _printed_ages(text, start, end):
        rest = match.end() if not match["sex"] else match.start("sex")
        if int(match["age"]) not in _AGES or _is_of_another(text, match.start(), rest):
            continue
        if _AT_INJURY.match(text, match.end(), end):
            continue
        if not (match["sex"] and _not_the_worker().match(text, match.end(), end)):
            age = Found(int(match["age"]), *match.span("age"))
            yield age, _sex(match["sex"], match.start("sex"), match.end("sex")) if match["sex"] else None
    for aged in _AGED.finditer(text, start, end):
        start_of_age = aged.start() - 1
        if (
            int(aged["age"]) in _AGES
            and not _is_apposed_to_another(text, start_of_age)
            and not _AT_INJURY.match(text, aged.end(), end)
        ):
            yield Found(int(aged["age"]), aged.start("age"), aged.end("age")), None


def _printed_ages(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Find printed ages, starting from each "y" after a number."""
    for years in _YEARS.finditer(scan_form(text[start:end])):
        number = _NUMBER.search(text, max(start, start + years.start() - 6), start + years.start())
        match = _AGE.match(text, number.start(), end) if number else None
        if match:
            yield match


def _sex(word: str, start: int, end: int) -> Found[str]:
    return Found("female" if word.lower() in FEMALE else "male", start, end)
