"""The reviewer: states of licensure and specialties. The letters name nobody."""

from __future__ import annotations

import re
from functools import cache

from imrdata.fields.found import Diagnostic, Found
from imrdata.resources import vocabulary

_STATES = re.compile(r"(?i)State\(?s?\)?\s+of\s+Licensure\s*:")
_SPECIALTIES = re.compile(r"(?i)Certification\(?s?\)?\s*/\s*Specialt(?:y|ies)\s*:")
_SEPARATOR = re.compile(r"\s*[,;]\s*(?:and\s+)?")


@cache
def _state_codes() -> dict[str, str]:
    rows = vocabulary("us_states")
    return {row["state"].lower(): row["code"] for row in rows} | {row["code"].lower(): row["code"] for row in rows}


@cache
def _specialty_labels() -> dict[str, str]:
    return {row["variant"].lower(): row["specialty"] for row in vocabulary("medical_specialties")}


def read_reviewer(text: str, start: int, end: int) -> tuple[list[Found[str]], list[Found[str]], list[Diagnostic]]:
    """The states (USPS codes) and specialties (vocabulary labels) in ``text[start:end]``, in printed order.

    A term that no vocabulary knows is kept as printed, with a diagnostic.
    """
    states_label = _STATES.search(text, start, end)
    specialties_label = _SPECIALTIES.search(text, start, end)
    diagnostics = []
    states: list[Found[str]] = []
    specialties: list[Found[str]] = []
    if states_label is None or specialties_label is None:
        diagnostics.append(Diagnostic("missing_credentials", "the reviewer's licence or specialty is not labelled"))
    if states_label:
        stop = specialties_label.start() if specialties_label else end
        states, unknown = _terms(text, states_label.end(), stop, _state_codes())
        diagnostics += [Diagnostic("unknown_state", term) for term in unknown]
    if specialties_label:
        specialties, unknown = _terms(text, specialties_label.end(), end, _specialty_labels())
        diagnostics += [Diagnostic("unknown_specialty", term) for term in unknown]
    return states, specialties, diagnostics


def _terms(text: str, start: int, end: int, known: dict[str, str]) -> tuple[list[Found[str]], list[str]]:
    """The listed terms; a name that holds commas is found by taking as many pieces as the vocabulary knows."""
    pieces = _pieces(text, start, end)
    terms, unknown = [], []
    at = 0
    while at < len(pieces):
        for upto in range(len(pieces), at, -1):
            first, last = pieces[at][0], pieces[upto - 1][1]
            printed = " ".join(text[first:last].split())
            label = known.get(printed.lower())
            if label is not None or upto == at + 1:
                break
        if label is None:
            unknown.append(printed)
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
