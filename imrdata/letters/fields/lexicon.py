"""Vocabulary terms found in a request text, from left to right, without overlap.

A vocabulary pattern is a regex fragment of the common Python and Rust subset. It begins with a
letter or digit, or with a group or class of these, so only the patterns that begin as the word at
hand does are tried. Of the terms that begin at one word, the one that matches the most text is
taken: an optional part that is added to a pattern never changes which of two other terms wins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
Word = tuple[int, str]

NO_TERM_BEGINS_WITH = frozenset({"a", "an", "and", "at", "from", "of", "on", "or", "per", "the", "to", "with", "times"})
KEY_LENGTH = 3  # characters by which the patterns that can begin at a word are looked up
_FIXED = re.compile(r"(?:[a-z0-9 ](?![?*+{]))*")
WORD = re.compile(r"[a-z0-9]+")


class Hit(NamedTuple, Generic[Row]):
    """A term found at `start:end` of the scanned text."""

    start: int
    end: int
    row: Row


def request_form(printed: str) -> str:
    """A normalised text as the patterns of the vocabularies want it."""
    return printed.lower().replace("-", " ")


def words_of(text: str) -> list[Word]:
    """Places and words of a text in scan form, without those that begin no term."""
    return [(word.start(), word[0]) for word in WORD.finditer(text) if word[0] not in NO_TERM_BEGINS_WITH]


def _alternatives(group: str) -> list[str]:
    """Split the inside of a group at its own `|`, not at those of groups within."""
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
    """Place of the bracket that closes the group with which `pattern` begins."""
    depth = 0
    for place, character in enumerate(pattern):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place
    raise ValueError(f"unbalanced group in pattern {pattern!r}")


def _members(characters: str) -> list[str]:
    """The characters of a class such as `a-z` or `rlb`."""
    first, dash, last = characters.partition("-")
    return list(map(chr, range(ord(first), ord(last) + 1))) if dash else list(characters)


def beginnings(pattern: str) -> frozenset[str]:
    """The texts with which every match of `pattern` begins, as far as they are fixed.

    Raises:
        ValueError: a match could begin with anything but a letter or digit.
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


class PatternLexicon(Generic[Row]):
    """Regex terms of a vocabulary; of those that begin at one word the longest wins, of equals the first given."""

    def __init__(self, terms: Iterable[tuple[str, Row]]) -> None:
        """Index `(pattern, row)` pairs, most preferred first."""
        given = [(pattern, row, {begin[:KEY_LENGTH] for begin in beginnings(pattern)}) for pattern, row in terms]
        self._by_key: dict[str, list[tuple[str, Row]]] = {key: [] for *_, keys in given for key in sorted(keys)}
        longer = {key: [other for other in self._by_key if other.startswith(key)] for key in self._by_key}
        for pattern, row, keys in given:
            for reached in sorted({other for key in keys for other in longer[key]}):
                self._by_key[reached].append((pattern, row))
        self._compiled: dict[str, tuple[re.Pattern[str], list[Row]]] = {}

    def _candidates(self, key: str) -> tuple[re.Pattern[str], list[Row]] | None:
        """The terms that can begin with `key`: one regex with a group for each, which is set where it matches."""
        while key and key not in self._by_key:
            key = key[:-1]
        if not key:
            return None
        if (compiled := self._compiled.get(key)) is None:
            each = "".join(rf"(?=(?:{pattern})\b()|)" for pattern, _ in self._by_key[key])
            compiled = self._compiled[key] = re.compile(each), [row for _, row in self._by_key[key]]
        return compiled

    def find(self, text: str, words: Sequence[Word]) -> list[Hit[Row]]:
        """Terms of `text`, whose words are `words`, from left to right, without overlap."""
        free, hits = 0, []
        for place, _ in words:
            if place < free:
                continue
            key = text[place : place + KEY_LENGTH]
            candidates = self._compiled.get(key) or self._candidates(key)
            if candidates is None:
                continue
            regex, rows = candidates
            found = regex.match(text, place)
            if found is not None and found.lastindex is not None:
                ends = [found.end(group) for group in range(1, found.lastindex + 1)]
                free = max(ends)
                hits.append(Hit(place, free, rows[ends.index(free)]))
        return hits


class PlainLexicon(Generic[Row]):
    """Plain terms on word boundaries, longest first: one compiled regex a first word."""

    def __init__(self, terms: Iterable[tuple[str, Row]]) -> None:
        """Compile `(term, row)` pairs by their first word."""
        self._rows: dict[str, Row] = {}
        by_word: dict[str, list[str]] = defaultdict(list)
        for term, row in terms:
            first = WORD.match(term)
            if first is None:
                raise ValueError(f"term must begin with a letter or digit: {term!r}")
            by_word[first[0]].append(term)
            self._rows.setdefault(term, row)
        self._patterns = {word: self._compile(terms) for word, terms in by_word.items()}

    @staticmethod
    def _compile(terms: Iterable[str]) -> re.Pattern[str]:
        longest_first = sorted(terms, key=lambda term: (-len(term), term))
        return re.compile(f"(?:{'|'.join(map(re.escape, longest_first))})(?![^\\W_])")

    def find(self, text: str, words: Sequence[Word]) -> list[Hit[Row]]:
        """Terms of `text`, whose words are `words`, from left to right, without overlap."""
        free, hits, patterns = 0, [], self._patterns
        for place, word in words:
            if word in patterns and place >= free and (found := patterns[word].match(text, place)):
                free = found.end()
                hits.append(Hit(place, free, self._rows[found[0]]))
        return hits
