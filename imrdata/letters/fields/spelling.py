"""Correct misprinted words of a request, so that the vocabularies find them.

Text recognition confuses letters and digits that look alike: "Tramado1", "lnterferential". Such a word is corrected
wherever a vocabulary has exactly one word that looks like it. A word with one wrong, missing, doubled or exchanged
letter ("Gabapentn") is corrected only in a request that is not understood without it, or before a strength ("300 mg").
The diagnostic ``guessed_word`` tells each correction.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from imrdata.resources import vocabulary

LONG = 7  # letters of a word with one wrong letter, printed and corrected; a shorter one is too close to others
_WORD = re.compile(r"(?<![A-Za-z0-9|])(?:[A-Za-z|][A-Za-z0-9|]{3,}|[0-9][A-Za-z|]{3,})")
_TERMS = re.compile(r"[a-z]{4,}")
_STRENGTH = re.compile(r" ?\d[\d.,/-]{0,9} ?(?:mg|mcg|%)")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALIKE = str.maketrans({"1": "i", "l": "i", "|": "i", "0": "o", "5": "s", "8": "b"})
_COLUMNS = (
    ("treatments", "example"),
    ("body_parts", "example"),
    ("laterality", "example"),
    ("ordinary_words", "word"),
    ("units", "term"),
    ("reading_words", "example"),
    ("drugs", "term"),
)
# Columns whose words are right, but which no misprinted word is corrected to.
_OTHER_COLUMNS = (
    ("guideline_titles", "title"),
    ("medical_specialties", "example"),
    ("mtus_sections", "section"),
    ("treatments", "name"),
    ("us_states", "state"),
)


class Correction(NamedTuple):
    """A request with its misprinted words corrected, and these words as ``(printed, right)``."""

    text: str
    guesses: tuple[tuple[str, str], ...]


@cache
def _spelled() -> dict[str, bool]:
    """Return the words of the vocabularies, and whether each is spelled right."""
    words: dict[str, bool] = {}
    for name, column in _COLUMNS:
        for row in vocabulary(name):
            is_right = "misspelling" not in (row.get("kind"), row.get("note", "").removeprefix("a "))
            for word in _TERMS.findall(row[column].lower()):
                words[word] = words.get(word, False) or is_right
    return words


@cache
def _looks() -> dict[str, str]:
    """Return the words of the vocabularies by how they look, without those that look like another."""
    looks: dict[str, str] = {}
    for word, is_right in _spelled().items():
        if is_right:
            look = _look(word)
            looks[look] = "" if look in looks else word
    return looks


@cache
def _other_words() -> frozenset[str]:
    cells = (row[column].lower() for name, column in _OTHER_COLUMNS for row in vocabulary(name))
    return frozenset(word for cell in cells for word in _TERMS.findall(cell))


def _look(word: str) -> str:
    return word.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def _alike(word: str) -> str:
    """Return the word of a vocabulary that looks like `word`."""
    return word if word in _spelled() else _looks().get(_look(word)) or word


@lru_cache(maxsize=2**12)
def _near(word: str) -> str:
    """Return the one word of a vocabulary that `word` is by one wrong, missing, doubled or exchanged letter.

    A word that no request of the vocabularies has, but another text of the field, is right as it is.
    """
    if len(word) < LONG or not word.isalpha():
        return _alike(word)
    if word in _other_words():
        return word
    halves = [(word[:place], word[place:]) for place in range(1, len(word) + 1)]  # first letters are rarely wrong
    edits = {head + tail[1:] for head, tail in halves}
    edits |= {head + tail[1::-1] + tail[2:] for head, tail in halves}
    edits |= {head + letter + rest for head, tail in halves for letter in _LETTERS for rest in (tail, tail[1:])}
    near = sorted(edit for edit in edits if len(edit) >= LONG and _spelled().get(edit))
    return near[0] if near and all(edit.startswith(near[0]) for edit in near) else _alike(word)


def corrected(printed: str, *, is_understood: bool) -> Correction:
    """Return a request with its misprinted words corrected, these in lower case.

    Args:
        printed: The request with single spaces.
        is_understood: Whether other words say what is requested; then a letter is guessed before a strength only.
    """
    guesses = []

    def correct(word: re.Match[str]) -> str:
        plain = word[0].lower()
        if plain in _spelled():
            return word[0]
        guess = _near if _STRENGTH.match(printed, word.end()) or not is_understood else _alike
        if (right := guess(plain)) == plain:
            return word[0]
        guesses.append((word[0], right))
        return right

    return Correction(_WORD.sub(correct, printed), tuple(guesses))
