"""The injured worker, as far as the summary says: age, sex, represented by an attorney. Names are redacted."""

from __future__ import annotations

import re
from typing import NamedTuple

from imrdata.fields.found import Found

FEMALE = frozenset(("female", "woman", "lady", "f"))

_SEX = r"female|male|woman|man|lady|gentleman|[fm](?![\w'\u2019])"
_AGE = re.compile(
    rf"\b(?P<age>\d{{1,3}})[\s-]*(?:years?|yrs?\.?|y\.?)[\s/-]*(?:olds?|o\.?)(?!\w)(?:[\s,-]+(?:\S+\s+){{0,2}}?(?P<sex>(?i:{_SEX}))\b)?"
    r"|\b(?:aged?|age\s+of)\s+(?P<aged>\d{2,3})\b(?!\s*(?:%|percent))"
)
_SEX_WORD = re.compile(r"(?i)\b(?:(?P<sex>female|male|woman|man|lady|gentleman)\b|(?P<title>mr|mrs|ms)\.\s)")
_REPRESENTED = re.compile(r"(?i)\b(?P<not>un|non-?\s?|not\s+)?represented\b(?!\s+by\s+(?:the|a)\s+\w+\s+(?:scan|image))")
_AGES = range(10, 111)


class Patient(NamedTuple):
    """What the summary says of the injured worker; None where it does not say."""

    age: Found[int] | None
    sex: Found[str] | None
    is_represented: Found[bool] | None


def read_patient(text: str, start: int, end: int) -> Patient:
    """The injured worker in the clinical summary ``text[start:end]``."""
    age: Found[int] | None = None
    sex: Found[str] | None = None
    for match in _AGE.finditer(text, start, end):
        group = "age" if match["age"] else "aged"
        if int(match[group]) in _AGES:
            age = Found(int(match[group]), match.start(group), match.end(group))
            if match["sex"]:
                sex = _sex(match["sex"], match.start("sex"), match.end("sex"))
            break
    if sex is None:
        word = _SEX_WORD.search(text, start, end)
        if word:
            group = "sex" if word["sex"] else "title"
            sex = _sex(word[group], word.start(group), word.end(group))
    represented = _REPRESENTED.search(text, start, end)
    is_represented = Found(represented["not"] is None, *represented.span()) if represented else None
    return Patient(age, sex, is_represented)


def _sex(word: str, start: int, end: int) -> Found[str]:
    return Found("female" if word.lower() in FEMALE | {"mrs", "ms"} else "male", start, end)
