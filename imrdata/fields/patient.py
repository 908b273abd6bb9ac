"""The injured worker, as far as the summary says: age, sex, represented by an attorney. Names are redacted."""

from __future__ import annotations

import re
from typing import NamedTuple

from imrdata.fields.found import Found

FEMALE = frozenset(("female", "woman", "lady", "f", "mrs", "ms"))

# Each pattern begins with a set of characters, and looks back only then: that lets `re` skip to the next candidate.
_SEX = r"female|male|woman|man|lady|gentleman|[fm](?![\w'\u2019])"
_ADJECTIVE = r"(?!(?:saw|seen|was|is|had|has|who|whose|with|and|by|that|the|her|his)\b)\S+"
_AGE = re.compile(
    rf"[0-9](?<![\w.].)[0-9]{{0,2}}(?![0-9])[\s-]*(?:years?|yrs?\.?|y\.?)[\s/-]*(?:olds?|o\.?)(?!\w)"
    rf"(?:[\s,-]+(?:{_ADJECTIVE}\s+){{0,2}}?(?P<sex>(?i:{_SEX}))\b)?"
)
_AGED = re.compile(r"[Aa](?<!\w.)ge(?:d| of)?\s+(?P<age>[0-9]{2,3})\b(?!\s*(?:%|percent))")
# Whose age it is not, in the words right after it.
_NOT_THE_WORKER = re.compile(
    r"(?i)[\s,-]*(?:(?:son|daughter|child|boy|girl|wife|husband|mother|father|injury|claim|scar|history|film)\b"
    r"|(?:car|truck|vehicle)(?=[.,;]))"
)
_SEX_WORD = re.compile(
    r"[FfMmWwLlGg](?<!\w.)(?:(?:(?<=[Ff])emale|(?<=[Mm])ale|(?<=[Ww])oman|(?<=[Mm])an|(?<=[Ll])ady|(?<=[Gg])entleman)\b"
    r"|(?:(?<=M)r|(?<=M)rs|(?<=M)s)(?=\.\s))"
)
_REPRESENTED = re.compile(
    r"(?i)\b(?P<not>un|non-?\s?|not\s+)?represented\b(?!\s+(?:an?|the|that|his|her|no|as)\b(?!\s+attorney))"
)
_PRONOUN = re.compile(r"[HhSs](?<!\w.)(?:(?<=[Hh])(?:e|is|im|er)|(?<=[Ss])he)\b(?!/)")
_AGES = range(10, 111)


class Patient(NamedTuple):
    """What the summary says of the injured worker; None where it does not say."""

    age: Found[int] | None
    sex: Found[str] | None
    is_represented: Found[bool] | None


def read_patient(text: str, start: int, end: int) -> Patient:
    """The injured worker in the clinical summary ``text[start:end]``."""
    age, sex = _age(text, start, end)
    if sex is None:
        sex = _first_sex(text, start, end)
    represented = None
    if text.find("epresented", start, end) >= 0:
        represented = _REPRESENTED.search(text, start, end)
    is_represented = Found(represented["not"] is None, *represented.span()) if represented else None
    return Patient(age, sex, is_represented)


def _first_sex(text: str, start: int, end: int) -> Found[str] | None:
    """The first word for a sex, if the pronouns of the summary are not those of the other."""
    word = _SEX_WORD.search(text, start, end)
    if word is None:
        return None
    sex = _sex(word.group(), *word.span())
    pronouns = {"female": 0, "male": 0}
    for pronoun in _PRONOUN.finditer(text, start, end):
        pronouns["male" if pronoun.group().lower() in ("he", "his", "him") else "female"] += 1
    other = "male" if sex.value == "female" else "female"
    return None if pronouns[other] > pronouns[sex.value] else sex


def _age(text: str, start: int, end: int) -> tuple[Found[int] | None, Found[str] | None]:
    """The age, and the sex where it stands beside it: "a 45-year-old, right-handed male"."""
    for match in _AGE.finditer(text, start, end):
        digits = re.match("[0-9]+", match.group())
        rest = match.end() if not match["sex"] else match.start("sex")
        if digits and int(digits.group()) in _AGES and not _NOT_THE_WORKER.match(text, rest, end):
            age = Found(int(digits.group()), match.start(), match.start() + digits.end())
            return age, _sex(match["sex"], match.start("sex"), match.end("sex")) if match["sex"] else None
    aged = _AGED.search(text, start, end)
    if aged and int(aged["age"]) in _AGES:
        return Found(int(aged["age"]), aged.start("age"), aged.end("age")), None
    return None, None


def _sex(word: str, start: int, end: int) -> Found[str]:
    return Found("female" if word.lower() in FEMALE else "male", start, end)
