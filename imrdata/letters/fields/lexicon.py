"""Vocabulary terms found in a request text: one compiled regex a first character, one match a place.

A vocabulary pattern is a regex fragment of the common Python and Rust subset. It begins with a
literal letter or digit, or with a group of such alternatives, so the scan tries only the patterns
that can begin with the character at hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
Word = tuple[int, str]

NO_TERM_BEGINS_WITH = frozenset({"a", "an", "and", "at", "from", "of", "on", "or", "per", "the", "to", "with", "times"})
_CHARACTER_RANGE = re.compile(r"[a-z0-9]-[a-z0-9]")
_OPTIONAL = re.compile(r"\(\?:[^()]*\)(?:[?*]|\{0,\d\})|\\w\*|\\?[^()\\]\?(?!:)")
_GROUP = re.compile(r"\(\?:([^()]*)\)(?![?*]|\{0,)")
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


def first_characters(pattern: str) -> frozenset[str]:
    """The characters with which a match of `pattern` can begin.

    Raises:
        ValueError: the head is neither literal nor a class or group of literals.
    """
    if pattern.startswith("(?:"):
        close = _closing(pattern)
        heads = frozenset[str]().union(*map(first_characters, _alternatives(pattern[3:close])))
        rest = pattern[close + 1 :]
    elif pattern.startswith("["):
        close = pattern.index("]")
        inside = pattern[1:close]
        if _CHARACTER_RANGE.fullmatch(inside):
            inside = "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
        heads, rest = frozenset(inside), pattern[close + 1 :]
    elif pattern.startswith(r"\d"):
        heads, rest = frozenset("0123456789"), pattern[2:]
    else:
        heads, rest = frozenset(pattern[:1]), pattern[1:]
    if not heads or not all(head.isascii() and head.isalnum() for head in heads):
        raise ValueError(f"pattern must begin with a letter or digit: {pattern!r}")
    return heads | first_characters(rest.lstrip("?")) if rest.startswith("?") else heads


def required_length(pattern: str) -> int:
    """Length of `pattern` without its optional parts: a measure of how much text it demands."""
    before, pattern = "", pattern.replace(r"\w+", "x")
    while before != pattern:
        before, pattern = pattern, _OPTIONAL.sub("", pattern)
        pattern = _GROUP.sub(lambda group: min(group[1].split("|"), key=len), pattern)
    return len(pattern)


class PatternLexicon(Generic[Row]):
    """Regex terms of a vocabulary; where several begin at one place, the first given wins."""

    def __init__(self, terms: Iterable[tuple[str, Row]]) -> None:
        """Compile `(pattern, row)` pairs, most preferred first."""
        buckets: dict[str, list[tuple[str, Row]]] = defaultdict(list)
        for pattern, row in terms:
            for head in first_characters(pattern):
                buckets[head].append((pattern, row))
        self._buckets = {head: self._compile(terms) for head, terms in buckets.items()}

    @staticmethod
    def _compile(terms: Sequence[tuple[str, Row]]) -> tuple[re.Pattern[str], list[Row]]:
        """One alternation; the empty group after each term tells which one matched."""
        joined = "|".join(rf"(?:{pattern})\b()" for pattern, _ in terms)
        return re.compile(joined), [row for _, row in terms]

    def find(self, text: str, words: Sequence[Word]) -> list[Hit[Row]]:
        """Terms of `text`, whose words are `words`, from left to right, without overlap."""
        free, hits = 0, []
        for place, word in words:
            if place < free or (bucket := self._buckets.get(word[0])) is None:
                continue
            found = bucket[0].match(text, place)
            if found is not None and found.lastindex is not None:
                free = found.end()
                hits.append(Hit(place, free, bucket[1][found.lastindex - 1]))
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
