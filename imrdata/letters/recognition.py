"""Combine several recognitions of a letter's images, and keep only the certain values.

An image is read by two or three passes with different settings. A decisive value is accepted only if all passes read it
alike, two passes (or one of three) are sure of its words, and it does not contradict other values. Otherwise, a case
number or an outcome refuses the letter, and a date or an amount becomes null with a diagnostic. Other uncertain words
are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any, NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.dates import CHRONOLOGY
from imrdata.letters.found import Diagnostic, Span, collapse
from imrdata.letters.model import Amounts, Letter, Treatment, TreatmentRequest
from imrdata.letters.text.cleaning import plain_characters

SURE = 60.0  # percent; less sure words are not accepted. Correct numbers of clean scans have at least 72
_ENOUGH = 4  # the number of passes that read a value alike plus the number of these that are sure of it
_REACH = 400  # characters to search for a line; lines at the edges of pages are removed from letters
_LONG_LINE = 30  # characters; such a line is unique
_SHOWN = 60  # characters of uncertain words
_STRICT = (*CHRONOLOGY, "patient_age")
_NULLED = ("priority", "patient_age", "patient_sex", "is_represented")
_HOLD_AMOUNTS = ("request_text", "original_request_text", "authorized_text", "disputed_treatment_text")
_NUMBER = re.compile(r"\d|\b\w{1,3}\b")  # a number, or a short word that may be a misread number
# Values of the records that are kept if two passes differ, and the columns that are then reported.
_TEXTS = {
    name: name
    for name in (
        *("reviewer_states", "reviewer_specialties"),
        *("determination_text", "clinical_summary_text", "documents_reviewed_text"),
    )
}
_TEXTS_OF_REQUEST = {
    name: name
    for name in (
        *_HOLD_AMOUNTS,
        *("is_retrospective", "claims_administrator_guideline_text", "reviewer_guideline_text", "rationale_text"),
    )
} | {"citations": "citation_text"}
_TREATMENT = {
    "category": "treatment_category",
    "subcategory": "treatment_subcategory",
    "name": "treatment_name",
    "drugs": "drugs",
    "body_parts": "body_parts",
}
_NULLED_TREATMENT = [one.name for one in fields(Treatment) if one.compare and one.name not in (*_TREATMENT, "amounts")]
_SPLIT_NUMBER = re.compile(r"\bCM[0-9]{2}-(?:[0-9][ ]?){6}[0-9](?!\S)")  # a narrow 1 is separated: CM25-9885 140
_SPAN_NAME = re.compile(r"(?:requests\[(?P<number>\d+)\]\.)?(?:citations\[[^]]*\]\.)?(?P<column>\w+)(?:\[\d+\])?")

Doubts = dict[tuple[int | None, str], str]  # uncertain words by request (or None) and column


class Word(NamedTuple):
    """A recognized word, and its confidence in percent."""

    text: str
    confidence: float


Lines = Sequence[Sequence[Word]]


def page_text(lines: Lines) -> str:
    """Return the words of a page, line by line."""
    text = "\n".join(" ".join(word.text for word in line) for line in lines)
    return _SPLIT_NUMBER.sub(lambda number: number[0].replace(" ", ""), text) if "CM" in text else text


def agreed(readings: Sequence[tuple[Letter, Iterable[Lines]]]) -> Letter:
    """Return the first of several readings of the same images, without the values that are uncertain.

    Args:
        readings: The letter and the recognized pages of each pass.

    Raises:
        LetterError: The case number, the number of requests or an outcome is uncertain.
    """
    letters = [letter for letter, _ in readings]
    first = letters[0]
    of_passes = [_doubts(letter, _uncertain(letter.text, pages)) for letter, pages in readings]
    doubts = {key: words for one in reversed(of_passes) for key, words in one.items()}
    sure_passes = {key: sum(key not in one for one in of_passes) for key in doubts}
    unsure = {key: words for key, words in doubts.items() if len(readings) + sure_passes[key] < _ENOUGH}
    _refuse_unsure(letters, unsure)
    told: list[Diagnostic] = []
    names = _dates_out_of_order(first) | {name for number, name in unsure if number is None and name in _STRICT}
    values = {name: _sure(letters, name, told, is_unsure=name in names) for name in (*CHRONOLOGY, *_NULLED)}
    requests = []
    for same in zip(*(letter.requests for letter in letters), strict=True):
        requests.append(_sure_request(same, unsure, told))
        for other in same[1:]:
            told += _differing(same[0], other, _TEXTS_OF_REQUEST, same[0].request_number)
            told += _differing(same[0].treatment, other.treatment, _TREATMENT, same[0].request_number)
    for letter in letters[1:]:
        told += _differing(first, letter, _TEXTS, None)
    told += [_uncertain_words(column, number, words) for (number, column), words in doubts.items()]
    once = {(one.code, one.request_number, one.column): one for one in told}
    return replace(first, requests=tuple(requests), **values, diagnostics=(*first.diagnostics, *once.values()))


def _uncertain(text: str, pages: Iterable[Lines]) -> list[Span]:
    """Find the uncertain words in a cleaned text, which lacks the lines at the edges of the pages."""
    places = [at for at, character in enumerate(text) if not character.isspace()]
    squeezed = "".join(text.split())
    found: list[Span] = []
    cursor = 0
    for line in (line for lines in pages for line in lines):
        words = [("".join(plain_characters(word.text).split()), word.confidence) for word in line]
        whole = "".join(word for word, _ in words)
        at = squeezed.find(whole, cursor, cursor + _REACH + len(whole))
        if at < 0 and len(whole) > _LONG_LINE:  # after a page with embedded words
            at = squeezed.find(whole, cursor)
        start = cursor = at if at >= 0 else cursor
        for word, confidence in words:
            place = start if at >= 0 else squeezed.find(word, cursor, cursor + _REACH if cursor else 0)
            if confidence < SURE and place >= 0 and word:
                found.append((places[place], places[place + len(word) - 1] + 1))
            start += len(word)
        cursor = start if at >= 0 else cursor
    return found


def _doubts(letter: Letter, uncertain: Sequence[Span]) -> Doubts:
    """Return the columns whose words are uncertain, with these words."""
    doubts: Doubts = {}
    for name, (start, end) in letter.spans.items():
        words = [letter.text[left:right] for left, right in uncertain if left < end and start < right]
        match = _SPAN_NAME.fullmatch(name)
        if words and match:
            number = int(match["number"]) if match["number"] else None
            doubts[number, match["column"]] = collapse(" ".join(words))
    return doubts


def _refuse_unsure(letters: Sequence[Letter], unsure: Doubts) -> None:
    numbers = list(dict.fromkeys(letter.case_number for letter in letters))
    if len(numbers) > 1:
        raise _refusal(f"passes read the case numbers {' and '.join(numbers)}")
    if (None, "case_number") in unsure:
        raise _refusal(f"the case number {numbers[0]} is uncertain")
    misread = [one.message for one in letters[0].diagnostics if one.code == "case_number_differs_from_name"]
    if misread:
        raise _refusal(misread[0])
    outcomes = list(dict.fromkeys(tuple(request.outcome for request in letter.requests) for letter in letters))
    if len(outcomes) > 1:
        raise _refusal(f"passes read the outcomes {' and '.join(', '.join(one) for one in outcomes)}")
    for request in letters[0].requests:
        if (request.request_number, "outcome") in unsure:
            raise _refusal(f"the outcome of request {request.request_number} is uncertain")


def _refusal(message: str) -> LetterError:
    return LetterError(message, step="text", reason="uncertain_recognition")


def _dates_out_of_order(letter: Letter) -> set[str]:
    """Return the dates of a letter that contradict another; one of the two was misread or misprinted."""
    dates = [(getattr(letter, name), name) for name in CHRONOLOGY if getattr(letter, name) is not None]
    return {name for (earlier, one), (later, other) in pairwise(dates) if later < earlier for name in (one, other)}


def _sure(
    records: Sequence[Any], name: str, told: list[Diagnostic], number: int | None = None, *, is_unsure: bool = False
) -> Any:
    """Return a value if it is the same in all records and certain; else None, with a diagnostic."""
    values = list(dict.fromkeys(getattr(one, name) for one in records))
    if len(values) == 1 and (values[0] is None or not is_unsure):
        return values[0]
    said = f"{values[0]}, which is uncertain" if len(values) == 1 else " and ".join(map(str, values))
    told.append(Diagnostic("uncertain_value", f"{name} was recognized as {said}", number, name))
    return None


def _sure_request(same: Sequence[TreatmentRequest], unsure: Doubts, told: list[Diagnostic]) -> TreatmentRequest:
    """Return a request as read by each pass, without the values that are uncertain."""
    first, number = same[0], same[0].request_number
    is_unsure = any(_NUMBER.search(unsure.get((number, column), "")) for column in _HOLD_AMOUNTS)
    treatments = [one.treatment for one in same]
    every = [one.amounts for one in treatments]
    amounts = {field.name: _sure(every, field.name, told, number, is_unsure=is_unsure) for field in fields(Amounts)}
    others = {name: _sure(treatments, name, told, number) for name in _NULLED_TREATMENT}
    treatment = replace(first.treatment, amounts=Amounts(**amounts), **others)
    return replace(first, ur_decision=_sure(same, "ur_decision", told, number), treatment=treatment)


def _differing(one: Any, other: Any, names: Mapping[str, str], number: int | None) -> Iterator[Diagnostic]:
    """Report the values for which two passes recognized different words; those of the first are kept."""
    for name, column in names.items():
        value, second = getattr(one, name), getattr(other, name)
        if value == second:
            continue
        words = str(value or "").split()
        seen = set(str(second or "").split())
        yield _uncertain_words(column, number, " ".join(word for word in words if word not in seen))


def _uncertain_words(column: str, number: int | None, words: str) -> Diagnostic:
    shown = words[:_SHOWN]
    return Diagnostic("uncertain_words", f"uncertain words in {column}: {shown}", number, column, shown or None)
