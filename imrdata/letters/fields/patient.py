"""Read about the injured worker in the summary: age, sex, represented by an attorney. Names are redacted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cache, lru_cache, partial
from itertools import takewhile
from typing import NamedTuple

from imrdata.letters.fields.amount_patterns import NUMBER_WORDS
from imrdata.letters.found import Diagnostic, Found
from imrdata.resources import patterns, words_pattern
from imrdata.terms import PATIENT_AGES

# Patterns begin with a letter or a set of letters and then look back, which makes the search fast.
_SEXES = ("reading_words", "female", "male")  # words for a person of either sex
_ADJECTIVE = r"(?!(?:saw|seen|was|is|had|has|who|whose|with|and|by|that|the|her|his|of|for|to|at|in|on)\b)\S+"
_GAP = r"[\s)\u2013-]"  # between the number and "year": "45-year", "forty-five (45) year"
_YEARS = re.compile(r"y(?<=[0-9\s)\u2013-].)")  # the "y" of "45-year-old", in lower case
# "year-old, right-handed male"
_OLD_AND_SEX = rf"""(?x: years? | yrs?\.? | y\.? ) [\s/\u2013-]*
    (?: (?: olds? | o\.? ) (?: (?!\w) | (?<!\s[Oo])(?=[fm]\b) ) | of\s+age\b (?:\s+and\b)? )
    (?: [\s,.-]* (?:{_ADJECTIVE}\s+){{0,2}}? (?P<sex>(?i:WORDS|[fm](?![\w'\u2019])))\b )?"""
_age = partial(words_pattern, rf"(?ix) (?P<age>[0-9]{{1,3}}) {_GAP}* {_OLD_AND_SEX}", *_SEXES)
_NUMBER_WORD = rf"(?:{'|'.join(NUMBER_WORDS)})"
_NUMBER_WORDS = rf"{_NUMBER_WORD}(?:[\s-]+{_NUMBER_WORD})?"
_SPELLED_NUMBER = re.compile(rf"(?i)\b{_NUMBER_WORDS}[\s-]+\Z")
_spelled_age = partial(words_pattern, rf"(?ix) (?P<age>{_NUMBER_WORDS}) [\s-]+ {_OLD_AND_SEX}", *_SEXES)
_NUMBER = re.compile(  # not in a range: "45-50 year old"
    rf"""(?x) (?<![\w.]) (?<![0-9][-\u2013]) (?<![0-9][ ][-\u2013][ ]) (?<![0-9][ ]to[ ]) (?<![0-9]-[ ]to[ ])
    (?<![0-9][ ]and[ ]) [0-9]{{1,3}} {_GAP}{{0,2}} \Z"""
)
_AGED = re.compile(
    r"""(?x) ge(?<=\b[Aa]ge) (?: d | [ ]of | [ ]?[:=\u2013-] )? \s+ (?P<age>[0-9]{2,3})\b
    (?! \s* (?: % | percent | or\b | (?: and | to | [\u2013-] ) \s* (?: [0-9] | older ) ) )"""
)
_once = partial(  # words before an age of the past: "has smoked since the age of", "when she was a"
    words_pattern,
    r"""(?ix) (?: \b WORDS \s+ (?:the\s+)? (?:an\s+)?
    | \bwhen\s+
    | \b(?: when
        | (?:at|on)\s+the\s+(?:time|date|day)\s+of\s+(?:(?:the|his|her)\s+)?(?:\w+\s+)?(?:injury|accident),? ) \s+
        (?: s?he | the\s+(?:\w+\s+){0,2}?\w+ ) \s+ was \s+ (?:an?\s+)? ) \Z""",
    "reading_words",
    "past_age",
)
_ONCE_REACH = 20  # characters that contain one of these
# An age in apposition belongs to the noun before it: "The resident, a 90 year old man, grabbed the worker, age 28".
_APPOSED = re.compile(
    r"""(?ix) (?: \b(?:the|(?P<a>an?)|his|her|whose) | ['\u2019]s ) \s+ (?:(?!(?:is|was)\b)[\w-]+\s+){0,2}
    (?P<noun>[\w-]+) \s*,\s* (?P<article> (?:who\s+(?:is|was)\s+)? (?:an?\s+)? )
    (?: [0-9]{1,3}[\s-]+years?[\s-]+old\s+ )? \Z"""
)
# One of several adjectives: "a pleasant, 50-year-old cook".
_AGE_IN_LIST = re.compile(r"(?i)[0-9]{1,3}[\s-]*(?:year[\s-]*old|y/?o)\s+(?!and\b|who\b)[a-z]")
_AT_INJURY = re.compile(
    r"""(?ix) [^.;0-9]{0,30}? \b (?:
        when\s+ (?: s?he | the\s+\w+ | injured | hurt )
        | (?:at|on)\s+(?:the\s+)?(?:time|date|day)\s+of\s+ (?:the\s+)? (?:\w+\s+)? (?:injury|accident) ) \b"""
)
_statement = partial(
    words_pattern,
    r"""(?ix) \b(?: an? | is | was | currently | now | old ) \s+
        (?P<not> un | (?:non|self)-?\s? | not\s+ (?:\w+\s+)? )? represented\b
        (?! \s+(?:as|on)\b ) (?! \s+by\s+ (?! (?:an?\s+|the\s+)? WORDS ) )
    | \b (?<!not\s) represented\s+by\s+ (?:an?\s+)? WORDS""",
    "reading_words",
    "lawyer",
)
_sex_noun = partial(words_pattern, r"(?i)WORDS|[fm]", *_SEXES)
_is_female = partial(words_pattern, r"(?i)WORDS|f|mrs|ms|she|her", "reading_words", "female")
_PRONOUN = re.compile(r"[HhSs](?<!\w.)(?:(?<=[Hh])(?:e|is|im|er)|(?<=[Ss])he)\b(?!/)")
_H_OF_PRONOUN = re.compile(r"h(?<![^\WSs].)(?:e|is|im|er)\b")  # in lower case
_SELF = re.compile(r"(?i)\s*(s?he)(?:['\u2019]s|\s+is)\s+(?:now\s+|an?\s+){0,2}[0-9]{2}\b")  # "She is a 50-year-old"
# After the worker: "is a 45-year-old married male"; not "is a nurse of a male patient".
_stated = partial(
    words_pattern,
    r"""(?x) is (?<=\sis) \s+ (?:now\s+|currently\s+)? an?\s+
    (?: (?: (?!(?:an?|the|of|for|to|with|by|at|in|on|and|or|that|who|whose)\b) [\w,/'\u2019-]+ \s+ ){0,4}?
        (?P<sex>(?i:WORDS|[fm](?![\w'\u2019])))\b (?!-to-|/)
      | (?P<age>[0-9]{2}) [\s-]+ year )""",
    *_SEXES,
)
_PRONOUN_SUBJECT = re.compile(r"\b([Ss]?[Hh]e)\s+\Z")
_SENTENCE = re.compile(r"[^.:]+")
_SLIPS = 2  # pronouns of the other sex, which may be misprints
_NUMBER_REACH, _SPELLED_REACH = 6, 24  # characters before "year" that contain its number
_AGES = range(PATIENT_AGES[0], PATIENT_AGES[1] + 1)


@cache
def _once_words() -> frozenset[str]:
    return frozenset(("was", "when", *patterns("reading_words", "past_age").split("|")))


@cache
def _sex_word() -> re.Pattern[str]:
    """Match a word for a person of one sex, a title, or "Sex: M."; not "Sex: M/F"."""
    nouns = patterns(*_SEXES).split("|")
    first = "".join({noun[0] for noun in nouns})
    words = "|".join(rf"(?<=[{noun[0].upper()}{noun[0]}]){noun[1:]}" for noun in nouns)
    return re.compile(
        rf"""(?x) [FfMm{first.upper()}{first}] (?<!\w.) (?<!-to-.) (?:
        (?:{words}) \b
        | (?: (?<=M)r | (?<=M)rs | (?<=M)s ) (?=\.\s)
        | (?: (?<=\bSex:\ [FM])(?<![a-z]\ Sex:\ [FM]) | (?<=\bGender:\ [FM])(?<![a-z]\ Gender:\ [FM]) ) (?!
            [\w'\u2019] | [ ]?[/&,\u2013-][ ]?[FfMm]\b | [ ]or\b ) )"""
    )


# Words after an age of another person: "a 12 year old daughter"
_not_the_worker = partial(words_pattern, r"(?i)[\s,-]*WORDS(?!\w)", "reading_words", "not_the_worker")


@cache
def _of_another() -> re.Pattern[str]:
    """Match words before another person: "transferring a heavy man", "hit by a male", "his 40-year-old"."""
    return re.compile(
        rf"""(?ix) \b (?:his|her|their|whose)\s+\Z | \b (?-x:{patterns("reading_words", "of_another")})
        (?: \s+ (?:an?|the|another) )? (?: \s+ [0-9]{{1,3}}[\s-]+y[\w-]*(?:\s+old)? )? (?: \s+ [\w-]+ ){{0,2}} \s* \Z"""
    )


_worker = partial(words_pattern, r"(?i)WORDS\b", "reading_words", "worker")


@cache
def _bare_age() -> re.Pattern[str]:
    """Match an age without "years": "is a 49F", "Age/Sex: 49/M", "He is 57 and", "The patient, 44, is"."""
    return re.compile(
        rf"""(?x) \b (?: (?i:an?|this|patient|sex|gender)
          | (?P<subject> (?i:{patterns("reading_words", "worker")}) (?: \s+is | \s*, )(?: \s+(?:now|currently) )? ) )
        [\s:]+ (?P<age> [1-9][0-9] ) (?: (?:\s?/\s?)? (?P<sex>[FM])(?![\w'\u2019-])
          | (?(subject) (?= [.,;]\s+(?![0-9]) | \s+and\s+[a-z] ) | (?!) ) )"""
    )


# The worker as the subject before "is": "The injured worker "
_subject = partial(words_pattern, r"(?i)\b(?:the|this)\s+(?:[\w-]+\s+){0,2}?WORDS\s+\Z", "reading_words", "worker")


@cache
def _of_worker() -> re.Pattern[str]:
    """Match the start of a sentence about the worker: "The injured worker", "This is a 45-year-old patient"."""
    return re.compile(
        rf"""(?ix) \s* (?: (?:after|at|during|in|on)\b [^,]{{0,60}} , \s+ )?
        (?: (?:the|this|an?)\s+ )? (?: (?:is\s+an?\s+)? [\w-]+\s+ ){{0,4}}?
        (?! s?he\b ) (?: {patterns("reading_words", "worker")} | [0-9]{{2}}[\s-]+years?[\s-]+old ) \b"""
    )


_other_person = partial(words_pattern, r"(?i)\bWORDS\b", "reading_words", "other_person")
# Words before "represented" that make it no statement: "whether the worker is"
_not_represented = partial(words_pattern, r"(?i)\bWORDS\b[^.;]*\Z", "reading_words", "not_represented")


class Patient(NamedTuple):
    """The injured worker as described in the summary; None for what it does not say."""

    age: Found[int] | None
    sex: Found[str] | None
    is_represented: Found[bool] | None
    diagnostics: tuple[Diagnostic, ...] = ()


def read_patient(text: str, start: int, end: int) -> Patient:
    """Read about the injured worker in the clinical summary ``text[start:end]``."""
    every = list(_ages(text, start, end))
    ages = [one for one in every if one[0].value in _AGES]
    known = {age.value for age, _ in ages}
    age = ages[0][0] if len(known) == 1 else None
    sex = None
    diagnostics = []
    if len(known) > 1:  # perhaps of two persons, so the sex is unknown too
        diagnostics.append(Diagnostic("ages_disagree", f"patient_age: {' and '.join(map(str, sorted(known)))}"))
    elif every and not ages:  # perhaps of a child
        message = f"patient_age: {every[0][0].value} is impossible, so the age and the sex are left out"
        diagnostics.append(Diagnostic("unfit_value", message, column="patient_age"))
    else:
        sexes = _sexes(text, start, end, [*(sex for _, sex in ages if sex), *_stated_sexes(text, start, end)])
        if len({one.value for one in sexes}) > 1:
            diagnostics.append(Diagnostic("sexes_disagree", "patient_sex: the summary gives the worker both"))
        else:
            sex = sexes[0] if sexes else None
    answers = _represented(text, start, end)
    if len({answer.value for answer in answers}) > 1:
        message = "the summary calls the worker both represented and not represented"
        diagnostics.append(Diagnostic("representation_disagrees", message))
        answers = []
    return Patient(age, sex, answers[0] if answers else None, tuple(diagnostics))


def _represented(text: str, start: int, end: int) -> list[Found[bool]]:
    """Return each statement whether the worker is represented; only the words beside this one are searched."""
    answers = []
    at = text.find("epresented", start, end)
    while at >= 0:
        words = _statement().search(text, max(start, at - 24), min(end, at + 48))
        if words and not _not_represented().search(text, max(start, at - 60), words.start()):
            answers.append(Found(words["not"] is None, *words.span()))
        at = text.find("epresented", at + 1, end)
    return answers


def _stated_sexes(text: str, start: int, end: int) -> Iterator[Found[str]]:
    """Return the sex in each sentence that states it: "The patient is a married male", "She is a 45-year-old"."""
    for stated in _stated().finditer(text, start, end):
        before = text[max(start, stated.start() - 48) : stated.start()]
        if stated["sex"] and _ends_with_worker(before) and not _not_the_worker().match(text, stated.end(), end):
            yield _sex(stated["sex"], *stated.span("sex"))
        elif stated["age"] and (pronoun := _PRONOUN_SUBJECT.search(before)):
            at = stated.start() - len(before)
            yield _sex(pronoun[1], at + pronoun.start(1), at + pronoun.end(1))


@lru_cache(maxsize=2**10)  # most are "The patient "
def _ends_with_worker(words: str) -> bool:
    return _subject().search(words) is not None


def _sexes(text: str, start: int, end: int, said: list[Found[str]]) -> list[Found[str]]:
    """Return the sexes that the summary gives the worker: those beside the age, else the first word for one.

    Pronouns of the other sex are added, unless they may be misprints or of another person.
    """
    pronouns = _pronouns(text, start, end)
    if said and (not pronouns or pronouns[0].value == said[0].value):
        return said
    if said:
        others = [*takewhile(lambda pronoun: pronoun.value != said[0].value, pronouns)]
        is_alone = others == pronouns and _sex_by_pronouns(text, start, end, {one.start for one in said}) is not None
        return said + others[0 if is_alone else _SLIPS :]
    words = _sex_word().finditer(text, start, end)
    word = next((word for word in words if not _is_of_another(text, word.start(), word.end())), None)
    if word is None:
        sex = _sex_by_pronouns(text, start, end) if len({one.value for one in pronouns}) == 1 else None
        return [sex] if sex else []
    by_word = _sex(word.group(), *word.span())
    others = [pronoun for pronoun in pronouns if pronoun.value != by_word.value]
    return [by_word, *others[len(pronouns) // 2 :]]


def _pronouns(text: str, start: int, end: int) -> list[Found[str]]:
    """Return the sexes of the pronouns, found by their "h"."""
    scan = text[start:end].replace("H", "h")
    places = [start + letter.start() for letter in _H_OF_PRONOUN.finditer(scan)]
    starts = [at - (at > start and text[at - 1] in "Ss") for at in places]
    matches = [_PRONOUN.match(text, at, end) for at in starts]
    return [_sex(pronoun.group(), *pronoun.span()) for pronoun in matches if pronoun]


def _sex_by_pronouns(text: str, start: int, end: int, of_worker: Set[int] = frozenset()) -> Found[str] | None:
    """Return the first pronoun after a sentence about the worker began, unless another person is named between.

    A word for a sex is another person, except at the positions `of_worker`.
    """
    is_worker = False
    for sentence in _SENTENCE.finditer(text, start, end):
        begin, stop = sentence.span()
        is_self = _SELF.match(text, begin, stop) is not None
        worker = _of_worker().match(text, begin, stop)
        if not (is_worker or is_self or worker):
            continue
        pronoun = _PRONOUN.search(text, worker.end() if worker and not is_self else begin, stop)
        words = (one for one in _sex_word().finditer(text, begin, stop) if one.start() not in of_worker)
        other = _other_person().search(text, begin, stop) or next(words, None)
        starts = pronoun is not None and not text[begin : pronoun.start()].strip()
        is_subject = is_self or worker is not None or starts
        if pronoun and (other is None or (is_subject and pronoun.start() < other.start())):
            return _sex(pronoun.group(), *pronoun.span())
        is_worker = other is None
    return None


def _is_of_another(text: str, start: int, end: int) -> bool:
    near = max(0, start - 60, text.rfind(".", 0, start), text.rfind(":", 0, start))  # words of the same sentence
    before = max(0, near - 1)  # whether a word begins at `near`
    return (
        _ends_with_another(text[before:start], near - before)
        or _not_the_worker().match(text, end) is not None
        or _is_apposed_to_another(text, start)
    )


@lru_cache(maxsize=2**12)  # most are "The patient is a "
def _ends_with_another(words: str, at: int) -> bool:
    return _of_another().search(words, at) is not None


def _is_apposed_to_another(text: str, start: int) -> bool:
    apposed = _APPOSED.search(text, max(0, start - 60), start) if "," in text[max(0, start - 32) : start] else None
    if apposed and apposed["a"] and not apposed["article"] and _AGE_IN_LIST.match(text, apposed.end("article")):
        return False
    if apposed and _sex_noun().fullmatch(apposed["noun"]):  # "is a male, age 47", "hit by a male, age 47"
        return _of_another().search(text, max(0, apposed.start() - 60), apposed.start("noun")) is not None
    return apposed is not None and _worker().match(apposed["noun"]) is None


def _ages(text: str, start: int, end: int) -> Iterator[tuple[Found[int], Found[str] | None]]:
    """Return the ages of the worker, each with the sex beside it: "a 45-year-old, right-handed male"."""
    for match in _printed_ages(text, start, end):
        rest = match.end() if not match["sex"] else match.start("sex")
        years = _years_of(match["age"])
        if _is_of_another(text, match.start(), rest) or _is_past(text, *match.span()):
            continue
        if not (match["sex"] and _not_the_worker().match(text, match.end(), end)):
            age = Found(years, *match.span("age"))
            yield age, _sex(match["sex"], match.start("sex"), match.end("sex")) if match["sex"] else None
    for aged in _AGED.finditer(text, start, end):
        start_of_age = aged.start() - 1
        if not _is_apposed_to_another(text, start_of_age) and not _is_past(text, start_of_age, aged.end()):
            yield Found(int(aged["age"]), aged.start("age"), aged.end("age")), None


def _is_past(text: str, start: int, end: int) -> bool:
    """Return whether an age is that at an event of the past: "at age 41", "40 years old at the time of injury"."""
    if _AT_INJURY.match(text, end):
        return True
    near = text[max(0, start - _ONCE_REACH) : start].lower().split()
    return not _once_words().isdisjoint(near) and _once().search(text, max(0, start - 80), start) is not None


def _years_of(printed: str) -> int:
    if printed.isdigit():
        return int(printed)
    return sum(NUMBER_WORDS[word] for word in re.split(r"[\s-]+", printed.lower()))


def _printed_ages(text: str, start: int, end: int) -> list[re.Match[str]]:
    """Find printed ages, starting from each "y" after a number; those without "years" only if there are no others."""
    scan = text[start:end].replace("Y", "y")
    places = [start + years.start() for years in _YEARS.finditer(scan)]
    in_digits, spelled = [], []
    for at in places:
        if number := _NUMBER.search(text, max(start, at - _NUMBER_REACH), at):
            in_digits.append(_age().match(text, number.start(), end))
        elif number := _SPELLED_NUMBER.search(text, max(start, at - _SPELLED_REACH), at):
            spelled.append(_spelled_age().match(text, number.start(), end))
    found = [age for age in in_digits + spelled if age]
    return found or list(_bare_age().finditer(text, start, end))


def _sex(word: str, start: int, end: int) -> Found[str]:
    return Found(_sex_of(word), start, end)


@lru_cache(maxsize=2**8)
def _sex_of(word: str) -> str:
    return "female" if _is_female().fullmatch(word) else "male"
