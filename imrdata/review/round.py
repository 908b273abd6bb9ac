"""A review of fields, without the browser: the display of each field, the position of its words, and its mark."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.analysis.groups import need
from imrdata.datasets.dataset import Dataset
from imrdata.datasets.filled_in import CORRECTED, parse
from imrdata.display.html import data_address
from imrdata.errors import ImrDataError, UnknownTermError
from imrdata.letters.found import Evidence, Span
from imrdata.letters.model import Letter
from imrdata.review.drawing import QUARANTINED, WHOLE_LETTER
from imrdata.review.fields import FIELD, OF_PART
from imrdata.review.marks import ONE, append, check_own, mark_of, read_marks
from imrdata.tables.columns import amount_columns, columns, treatment_columns
from imrdata.tables.dictionary import values

_PAUSE = 300.0  # seconds; a longer time between two marks was a pause
_KEPT = 3  # letters that are kept in memory
_QUESTIONS = {
    WHOLE_LETTER: "The letter has these requests, marked beside. Are they all, and is each one request?",
    QUARANTINED: "The document was refused. Is that right? (wrong: it is a letter that can be read)",
}
_CATEGORY = "treatment_category"
_EXPLAINED_BY = {"treatment_subcategory": _CATEGORY, "treatment_name": _CATEGORY, "quantity_unit": "quantity"}


class Round:
    """Fields to review one by one, starting at the first that the person has not marked."""

    def __init__(self, items: pl.DataFrame, data: Dataset, file: Path, person: str) -> None:
        need(items, [*FIELD, "value"], "review.open")
        self.items, self.data, self.file, self.person = items.rows(named=True), data, file, person
        check_own(file)
        marks = read_marks(file).filter(corrected_by=person).rows(named=True) if file.exists() else []
        known = {tuple(mark[name] for name in ONE): mark for mark in marks}
        keys = (tuple(item.get(name) for name in ONE) for item in self.items)
        self.marks = {at: known[key] for at, key in enumerate(keys) if key in known}
        self.at = next((at for at in range(len(self.items)) if at not in self.marks), len(self.items))
        self._letters: dict[str, Letter | str] = {}
        self._seconds: deque[float] = deque(maxlen=20)
        self._shown = time.monotonic()

    def mark(self, verdict: str, value: str | None = None, note: str | None = None) -> None:
        """Write the mark of the current field, and go on; a value that the column cannot hold is a ValueError."""
        item = self.items[self.at]
        value = (value or "").strip() or None
        if verdict == CORRECTED:
            if item["column"] not in columns() or item["column"] in {WHOLE_LETTER, QUARANTINED}:
                raise ValueError("there is no value to correct here: mark it wrong, and note why")
            parse(item["column"], value)
        written = {
            "value": value if verdict == CORRECTED else item["value"] if verdict == "right" else None,
            "reason": (note or "").strip() or None,
            "verdict": verdict,
            "corrected_by": self.person,
            "marked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self.marks[self.at] = mark_of(item) | written
        append(self.file, self.marks[self.at])
        now = time.monotonic()
        self._seconds.append(min(now - self._shown, _PAUSE))
        self._shown = now
        self.at = min(self.at + 1, len(self.items))

    def go(self, step: int) -> None:
        """Move back or forward by some fields."""
        self.at = max(0, min(self.at + step, len(self.items)))

    def screen(self) -> dict[str, Any]:
        """Return the display of the current field, in plain text."""
        count = len(self.items)
        left = count - len(self.marks)
        pace = sorted(self._seconds)[len(self._seconds) // 2] if self._seconds else None
        progress = {"at": self.at, "count": count, "marked": len(self.marks), "file": self.file.name}
        progress["seconds_left"] = None if pace is None else round(pace * left)
        if self.at >= count:
            return {**progress, "item": None}
        item = self.items[self.at]
        mark = self.marks.get(self.at, {})
        known = columns().get(item["column"])
        shown = {name: item.get(name) for name in ("case_number", "request_number", "column", "value", "words")}
        doubt = " ".join(filter(None, (item.get("reason"), item.get("message"))))
        told = {"doubt": doubt, "meaning": known.description if known else "", "choices": _choices(item["column"])}
        said = {"verdict": mark.get("verdict"), "value": mark.get("value"), "note": mark.get("reason")}
        return {**progress, "item": {**shown, **told, "question": _QUESTIONS.get(item["column"], "")}, "said": said}

    def letter_pieces(self) -> dict[str, Any]:
        """Return the letter in pieces, each a text and whether it belongs to the current field."""
        if self.at >= len(self.items):
            return {}
        item = self.items[self.at]
        letter = self._letter(item)
        if isinstance(letter, str):
            return {"name": item["case_number"] or item["source"], "pieces": [[letter, False]]}
        spans = _places(letter, item["column"], item["request_number"])
        evidence = evidence_of(letter, item["column"], item["request_number"])
        why = "; ".join(dict.fromkeys(one.why for one in evidence))
        return {"name": letter.case_number, "pieces": [list(one) for one in pieces(letter.text, spans)], "why": why}

    def page(self, number: int | None) -> dict[str, Any]:
        """Return the image of a page of the letter, from 1; by default the page of the current field."""
        if self.at >= len(self.items):
            return {}
        item = self.items[self.at]
        letter = self._letter(item)
        if isinstance(letter, str):
            return {"why": letter}
        places = _places(letter, item["column"], item["request_number"])
        count = max(1, len(letter.page_starts))
        number = max(1, min(number or letter.page_of(min(places, default=(0, 0))[0]), count))
        image, why = letter.page_image(number)
        return {"number": number, "count": count, "image": data_address(image) if image else "", "why": why}

    def read_ahead(self) -> None:
        """Read the letter of the next field in advance."""
        for item in self.items[self.at + 1 : self.at + 2]:
            self._letter(item)

    def _letter(self, item: dict[str, Any]) -> Letter | str:
        """Return the letter of a field, or why it cannot be shown."""
        name = item["case_number"] or item["source"]
        if name not in self._letters:
            while len(self._letters) >= _KEPT:
                del self._letters[next(iter(self._letters))]
            try:
                self._letters[name] = self.data.letter(name)
            except ImrDataError as error:
                self._letters[name] = f"The letter cannot be shown: {error}"
        return self._letters[name]


def _choices(column: str) -> list[str]:
    """Return the allowed values of a column, if it has a list."""
    if column in columns() and columns()[column].dtype == pl.Boolean():
        return ["true", "false"]
    try:
        return values(column)
    except UnknownTermError:
        return []


def evidence_of(letter: Letter, column: str, number: int | None) -> list[Evidence]:
    """Return the words that a derived field was read from, each with its vocabulary row."""
    name = f"requests[{number}].{_EXPLAINED_BY.get(column, column)}"
    return [one for one in letter.evidence() if one.name == name]


def spans_of(letter: Letter, column: str, number: int | None) -> Iterator[Span]:
    """Return the spans of a field in the letter."""
    if column == WHOLE_LETTER:
        yield from (span for name, span in letter.spans.items() if name.endswith("].request_text"))
        return
    if number is None:
        yield from (span for name, span in letter.spans.items() if name == column or name.startswith(f"{column}["))
        return
    prefix = f"requests[{number}]."
    is_of_treatment = column in treatment_columns() or column in amount_columns()
    text = OF_PART.get(column, "disputed_treatment_text" if is_of_treatment else column)
    places = (letter.spans.get(prefix + name) for name in (text, "request_text"))
    yield from [place for place in places if place][:1]


def _places(letter: Letter, column: str, number: int | None) -> list[Span]:
    """Return the places of the words that a field was read from."""
    evidence = evidence_of(letter, column, number)
    return [(one.start, one.end) for one in evidence] or list(spans_of(letter, column, number))


def pieces(text: str, spans: Iterable[Span]) -> Iterator[tuple[str, bool]]:
    """Cut a text at the ends of spans; each piece says whether a span covers it."""
    free = 0
    for start, end in sorted(spans):
        if start > free:
            yield text[free:start], False
        if end > max(start, free):
            yield text[max(start, free) : end], True
        free = max(free, end)
    if free < len(text):
        yield text[free:], False
