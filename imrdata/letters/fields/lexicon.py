"""Find vocabulary terms in a request text, from left to right, without overlap.

A vocabulary pattern is a regular expression that is valid in Python and Rust. It begins with a letter or digit, or
with a group or class of these, so only patterns that begin like the current word are tried. Of the terms that begin at
a word, the longest match is taken, so adding an optional part to a pattern does not change the choice between others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
Word = tuple[int, str]

NO_TERM_BEGINS_WITH = frozenset({"a", "an", "and", "at", "from", "of", "on", "or", "per", "the", "to", "with", "times"})
KEY_LENGTH = 3  # first characters of a word, by which its patterns are looked up
_FIXED = re.compile(r"(?:[a-z0-9 ](?![?*+{]))*")
GLUED = 4  # letters of a drug name that a number may follow without a space
_BROKEN_WORD = re.compile(r"(?<=[A-Za-z])- (?=[a-z])|(?<=\b[A-Za-z]) - (?=[A-Za-z]{3})")  # and "X - ray"
_DASHES = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2019": "'"})
WORD = re.compile(rf"[a-z]{{{GLUED},}}(?=\d)|[a-z0-9]+")  # "menthol10%" is a drug and its strength


class Hit(NamedTuple, Generic[Row]):
    """A term found at `start:end` of the scanned text."""

    start: int
    end: int
    row: Row


def normalise(text: str) -> str:
    """Normalize spaces and dashes, and join words that were hyphenated at the end of a line."""
    if not text.isascii():
        text = text.translate(_DASHES)
    text = " ".join(text.split())
    return _BROKEN_WORD.sub("-", text) if "- " in text else text


def request_form(printed: str) -> str:
    """Convert a normalized text to the form that vocabulary patterns match, of the same length."""
    return printed.lower().replace("-", " ").replace(" (r)", " rt ").replace(" (l)", " lt ")


def words_of(text: str) -> list[Word]:
    """Return the positions and words of a text in scan form at which a term may begin."""
    return [(word.start(), word[0]) for word in WORD.finditer(text) if word[0] not in NO_TERM_BEGINS_WITH]


def _alternatives(group: str) -> list[str]:
    """Split the inside of a group at its own `|`, not at those of nested groups."""
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(group):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "|" and depth == 0:
            parts.append(group[begin:place])
            begin = place + 1
    return [*parts, group[begin:]]


def _closing(pattern: str) -> int:
    """Return the position of the parenthesis that closes the group at the start of `pattern`."""
    depth = 0
    for place, character in enumerate(pattern):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place
    raise ValueError(f"unbalanced group in pattern {pattern!r}")


def _members(characters: str) -> list[str]:
    """Return the characters of a class such as `a-z` or `rlb`."""
    first, dash, last = characters.partition("-")
    return list(map(chr, range(ord(first), ord(last) + 1))) if dash else list(characters)


def beginnings(pattern: str) -> frozenset[str]:
    """Return the fixed beginnings of the matches of `pattern`.

    Raises:
        ValueError: a match could begin with something other than a letter or digit.
    """
    wholes = _alternatives(pattern)
    if len(wholes) == 1:
        if pattern.startswith("(?:"):
            end = _closing(pattern) + 1
            heads = _alternatives(pattern[3 : end - 1])
        elif pattern.startswith("["):
            end = pattern.index("]") + 1
            heads = _members(pattern[1 : end - 1])
        elif pattern.startswith(r"\d"):
            end, heads = 2, list("0123456789")
        else:
            fixed = _FIXED.match(pattern)
            if fixed is None or not fixed[0][:1].strip():
                raise ValueError(f"pattern must begin with a letter or digit: {pattern!r}")
            return frozenset({fixed[0]})
        rest = pattern[end:]
        wholes = [*heads, rest[1:]] if rest[:1] in ("?", "*") else [head + rest for head in heads]
    return frozenset[str]().union(*map(beginnings, wholes))


class _Alike(Generic[Row]):
    """Terms with the same beginning, most preferred first, compiled when a text first has this beginning."""

    def __init__(self) -> None:
        self.terms: list[tuple[str, int, Row]] = []

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Return a pattern with a group for each term."""
        return re.compile("".join(rf"(?=(?:{pattern})\b()|)" for pattern, *_ in self.terms))

    def longest(self, text: str, place: int) -> tuple[int, int, Row] | None:
        """Return the end of the longest term at `place`, its rank, and its row."""
        found = self.regex.match(text, place)
        if found is None or found.lastindex is None:
            return None
        ends = [found.end(group) for group in range(1, found.lastindex + 1)]
        end = max(ends)
        _, number, row = self.terms[ends.index(end)]
        return end, -number, row


class PatternLexicon(Generic[Row]):
    """Pattern terms of a vocabulary; the longest at a word wins, and of equals the first given."""

    def __init__(self, terms: Iterable[tuple[str, Row]]) -> None:
        """Index `(pattern, row)` pairs, most preferred first."""
        alike: dict[frozenset[str], _Alike[Row]] = defaultdict(_Alike)
        for number, (pattern, row) in enumerate(terms):
            alike[beginnings(pattern)].terms.append((pattern, number, row))
        keys = {begin[:KEY_LENGTH] for begins in alike for begin in begins}
        short = [key for key in keys if len(key) < KEY_LENGTH]
        longer = {key: [other for other in keys if other.startswith(key)] for key in short}
        self._by_key: dict[str, list[tuple[str, _Alike[Row]]]] = defaultdict(list)
        for begins, terms_alike in alike.items():
            for begin in begins:
                for key in longer.get(begin, (begin[:KEY_LENGTH],)):
                    self._by_key[key].append((begin, terms_alike))

    def _candidates(self, key: str) -> Sequence[tuple[str, _Alike[Row]]]:
        """Return the terms that can begin with `key`, each with a beginning."""
        while key and key not in self._by_key:
            key = key[:-1]
        return self._by_key[key] if key else ()

    def find(self, text: str, words: Sequence[Word]) -> list[Hit[Row]]:
        """Find the terms of `text`, whose words are `words`, from left to right, without overlap."""
        free, hits = 0, []
        for place, _ in words:
            if place < free:
                continue
            longest = None
            for begin, alike in self._candidates(text[place : place + KEY_LENGTH]):
                if text.startswith(begin, place) and (found := alike.longest(text, place)):
                    longest = max(longest or found, found)
            if longest is not None:
                free = longest[0]
                hits.append(Hit(place, free, longest[2]))
        return hits


def _may_be_glued(term: str) -> bool:
    """Return whether a number may follow a term without a space: "menthol10%", but not "vitamin d3"."""
    return len(term) >= GLUED and term.isalpha()


class PlainLexicon(Generic[Row]):
    """Plain terms on word boundaries, longest first."""

    def __init__(self, terms: Iterable[tuple[str, Row]]) -> None:
        """Index `(term, row)` pairs by the first word of the term."""
        self._rows: dict[str, Row] = {}
        lengths: dict[str, set[int]] = defaultdict(set)
        for term, row in terms:
            first = WORD.match(term)
            if first is None:
                raise ValueError(f"term must begin with a letter or digit: {term!r}")
            lengths[first[0]].add(len(term))
            self._rows.setdefault(term, row)
        self._lengths = {word: sorted(known, reverse=True) for word, known in lengths.items()}

    def find(self, text: str, words: Sequence[Word]) -> list[Hit[Row]]:
        """Find the terms of `text`, whose words are `words`, from left to right, without overlap."""
        free, hits = 0, []
        for place, word in words:
            for length in self._lengths.get(word, ()) if place >= free else ():
                term = text[place : place + length]
                end = place + len(term)
                after = text[end : end + 1]
                if term in self._rows and not (after.isalpha() or (after.isdigit() and not _may_be_glued(term))):
                    hits.append(Hit(place, end, self._rows[term]))
                    free = end
                    break
        return hits
