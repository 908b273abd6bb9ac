"""The injured worker, as far as the summary says: age, sex, represented by an attorney. Names are redacted."""

from __future__ import annotations

import re
from typing import NamedTuple

from imrdata.letters.found import Found

FEMALE = frozenset(("female", "woman", "lady", "f", "mrs", "ms"))

# Each pattern begins with a set of characters, and looks back only then: that lets `re` skip to the next candidate.
_SEX = r"female|male|woman|man|lady|gentleman|[fm](?![\w'\u2019])"
_ADJECTIVE = r"(?!(?:saw|seen|was|is|had|has|who|whose|with|and|by|that|the|her|his)\b)\S+"
_AGE = re.compile(
    rf"(?i)[0-9](?<![\w.].)[0-9]{{0,2}}(?![0-9])[\s-]*(?:years?|yrs?\.?|y\.?)[\s/-]*(?:olds?|o\.?)(?:(?!\w)|(?=[fm]\b))"
    rf"(?:[\s,.-]*(?:{_ADJECTIVE}\s+){{0,2}}?(?P<sex>(?i:{_SEX}))\b)?"
)
_AGED = re.compile(r"[Aa](?<!\w.)ge(?:d| of)?\s+(?P<age>[0-9]{2,3})\b(?!\s*(?:%|percent))")
# Whose age it is not, in the words right after it.
_NOT_THE_WORKER = re.compile(
    r"(?i)[\s,-]*(?:(?:son|daughter|child|boy|girl|wife|husband|mother|father|injury|claim|scar|history|film)\b"
    r"|(?:car|truck|vehicle)(?=[.,;])|(?:clients?|inmates?|suspects?|co-?workers?)\b)"
)
# Another person, by the words right before: "transferring a heavy man", "hit by a male".
_OF_ANOTHER = re.compile(
    r"(?i)\b(?:by|lift\w*|transferr?\w*|assist\w*|restrain\w*|help\w*|hit|another|saw|seen)(?:\s+(?:an?|the|another))?(?:\s+[\w-]+){0,2}\s*\Z"
)
_SEX_WORD = re.compile(
    r"[FfMmWwLlGg](?<!\w.)(?:(?:(?<=[Ff])emale|(?<=[Mm])ale|(?<=[Ww])oman|(?<=[Mm])an|(?<=[Ll])ady|(?<=[Gg])entleman)\b"
    r"|(?:(?<=M)r|(?<=M)rs|(?<=M)s)(?=\.\s))"
)
_REPRESENTED = re.compile(
    r"(?i)\b(?:an?|is|was|currently|now)\s+(?P<not>un|non-?\s?|not\s+)?represented\b(?!\s+by\s+(?!an?\s+attorney|attorney|counsel|legal))"
    r"|\brepresented\s+by\s+(?:an?\s+)?(?:attorney|counsel|lawyer)"
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
    represented = _represented(text, start, end)
    is_represented = Found(represented["not"] is None, *represented.span()) if represented else None
    return Patient(age, sex, is_represented)


def _represented(text: str, start: int, end: int) -> re.Match[str] | None:
    """The words that say so; looked for only around the word itself, which few summaries hold."""
    at = text.find("epresented", start, end)
    while at >= 0:
        words = _REPRESENTED.search(text, max(start, at - 24), min(end, at + 48))
        if words:
            return words
        at = text.find("epresented", at + 1, end)
    return None


def _first_sex(text: str, start: int, end: int) -> Found[str] | None:
    """The first word for a sex, if the pronouns of the summary are not those of the other."""
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
    return bool(_OF_ANOTHER.search(text, max(0, start - 60), start) or _NOT_THE_WORKER.match(text, end))


def _age(text: str, start: int, end: int) -> tuple[Found[int] | None, Found[str] | None]:
    """The age, and the sex where it stands beside it: "a 45-year-old, right-handed male"."""
    for match in _AGE.finditer(text, start, end):
        digits = re.match("[0-9]+", match.group())
        rest = match.end() if not match["sex"] else match.start("sex")
        if not digits or int(digits.group()) not in _AGES or _is_of_another(text, match.start(), rest):
            continue
        if not (match["sex"] and _NOT_THE_WORKER.match(text, match.end(), end)):
            age = Found(int(digits.group()), match.start(), match.start() + digits.end())
            return age, _sex(match["sex"], match.start("sex"), match.end("sex")) if match["sex"] else None
    aged = _AGED.search(text, start, end)
    if aged and int(aged["age"]) in _AGES:
        return Found(int(aged["age"]), aged.start("age"), aged.end("age")), None
    return None, None


def _sex(word: str, start: int, end: int) -> Found[str]:
    return Found("female" if word.lower() in FEMALE else "male", start, end)
