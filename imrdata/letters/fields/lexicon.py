"""Find vocabulary terms in a request text, from left to right, without overlap.

A vocabulary pattern is a regular expression that is valid in Python and Rust. It begins with a letter or digit, or
with a group or class of these, so only patterns that begin like the current word are tried. Many have equal rests, such
as `s?`, which are compiled once. Of the terms that begin at a word, the longest match is taken, so adding an optional
part to a pattern does not change the choice between others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
Word = tuple[int, str]

NO_TERM_BEGINS_WITH = frozenset({"a", "an", "and", "at", "from", "of", "on", "or", "per", "the", "to", "with", "times"})
KEY_LENGTH = 3  # first characters of a word, by which its patterns are looked up
_FIXED = re.compile(r"[a-z0-9 /&,]*(?![?*+{])")
_CLASS = re.compile(r"\[([a-z0-9 ,/-]+)\]")
_RANGE = re.compile(r"(.)(?:-(.))?")
_MARK = re.compile(r"\\.|[()|]")
GLUED = 4  # letters of a drug name that a number may follow without a space
_BROKEN_WORD = re.compile(r"(?<=[A-Za-z])- (?=[a-z])|(?<=\b[A-Za-z]) - (?=[A-Za-z]{3})")  # and "X - ray"
_DASHES = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2019": "'"})
WORD = re.compile(rf"[a-z]{{{GLUED},}}+(?=\d)|[a-z0-9]+")  # "menthol10%" is a drug and its strength


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


@lru_cache(maxsize=2**8)  # several vocabularies look for their terms in one text
def words_of(text: str) -> Sequence[Word]:
    """Return the positions and words of a text in scan form at which a term may begin."""
    return [(found.start(), word) for found in WORD.finditer(text) if (word := found[0]) not in NO_TERM_BEGINS_WITH]


def _alternatives(group: str) -> list[str]:
    """Split the inside of a group at its own `|`, not at those of nested groups."""
    parts, depth, begin = [], 0, 0
    for mark in _MARK.finditer(group) if "|" in group else ():
        if mark[0] == "|" and depth == 0:
            parts.append(group[begin : mark.start()])
            begin = mark.end()
        depth += (mark[0] == "(") - (mark[0] == ")")
    return [*parts, group[begin:]]


def _closing(pattern: str) -> int:
    """Return the position of the parenthesis that closes the group at the start of `pattern`."""
    depth = 0
    for mark in _MARK.finditer(pattern):
        depth += (mark[0] == "(") - (mark[0] == ")")
        if depth == 0:
            return mark.start()
    raise ValueError(f"unbalanced group in pattern {pattern!r}")


def _members(characters: str) -> list[str]:
    """Return the characters of a class such as `a-z` or `02-4`."""
    ranges = _RANGE.findall(characters)
    return [chr(code) for first, last in ranges for code in range(ord(first), ord(last or first) + 1)]


def _first_part(pattern: str) -> tuple[list[str], str]:
    """Return the alternatives of a group, a class or an optional character at the start of a pattern, and its rest."""
    if pattern.startswith("(?:"):
        end = _closing(pattern) + 1
        heads = _alternatives(pattern[3 : end - 1])
    elif characters := _CLASS.match(pattern):
        end, heads = characters.end(), _members(characters[1])
    elif pattern.startswith(r"\d"):
        end, heads = 2, list("0123456789")
    else:
        end, heads = 1, [pattern[:1]] if pattern[1:2] == "?" else []
    if pattern[end : end + 1] == "?":
        return [*heads, ""], pattern[end + 1 :]
    return ([] if pattern[end : end + 1] in ("*", "+", "{") else heads), pattern[end:]


def beginnings(pattern: str, fixed: str = "") -> list[tuple[str, str]]:
    """Split a pattern into alternatives that begin with fixed words: return these, each with the rest of its pattern.

    `fixed` precedes the pattern. A short beginning is extended, so that few words have it.

    Raises:
        ValueError: a match could begin with something other than a letter or digit.
    """
    wholes = _alternatives(pattern)
    if len(wholes) == 1:
        literal = _FIXED.match(pattern)
        fixed += literal[0] if literal else ""
        pattern = pattern[literal.end() :] if literal else pattern
        heads, rest = _first_part(pattern) if len(fixed) < KEY_LENGTH else ([], "")
        if not heads:
            if not fixed[:1].isalnum():
                raise ValueError(f"pattern must begin with a letter or digit: {pattern!r}")
            return [(fixed, pattern)]
        wholes = [head + rest for head in heads]
    return [one for whole in wholes for one in beginnings(whole, fixed)]


def _by_beginning(pattern: str) -> dict[str, str]:
    """Return the rest of a pattern by its fixed beginnings, of which none begins like another.

    Alternatives that begin alike are joined in their order, so the first that matches is taken, as in the pattern.
    """
    found, short = beginnings(pattern), ""
    shortest: dict[str, str] = {}
    for begin in sorted(begin for begin, _ in found):
        short = short if short and begin.startswith(short) else begin
        shortest[begin] = short
    rests: dict[str, list[str]] = defaultdict(list)
    for begin, rest in found:
        rests[shortest[begin]].append(begin[len(shortest[begin]) :] + rest)
    return {begin: some[0] if len(some) == 1 else f"(?:{'|'.join(some)})" for begin, some in rests.items()}


@cache
def _compiled_rest(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


class PatternLexicon(Generic[Row]):
    """Pattern terms of a vocabulary; the longest at a word wins, and of equals the first given."""

    def __init__(self, terms: Iterable[tuple[str, Row]], ending: str = "") -> None:
        """Index `(pattern, row)` pairs, most preferred first; each pattern also matches with the `ending`."""
        self._rows: list[Row] = []
        self._by_key: dict[str, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
        for number, (pattern, row) in enumerate(terms):
            self._rows.append(row)
            for begin, rest in _by_beginning(pattern).items():
                key = WORD.findall(begin)[0][:KEY_LENGTH]
                self._by_key[key][begin].append((rf"{rest}{ending}\b", number))
        self._candidates = lru_cache(maxsize=2**12)(self._beginning_like)

    def _beginning_like(self, word: str) -> Sequence[tuple[str, Sequence[tuple[str, int]]]]:
        """Return the beginnings of terms that can begin with `word`, each with the rests of the patterns."""
        keys = {word[:length] for length in range(1, KEY_LENGTH + 1)}
        return [
            (begin, rests)
            for key in keys & self._by_key.keys()
            for begin, rests in self._by_key[key].items()
            if begin.startswith(word) or word.startswith(begin)
        ]

    def find(self, text: str, words: Sequence[Word]) -> list[Hit[Row]]:
        """Find the terms of `text`, whose words are `words`, from left to right, without overlap."""
        free, hits, candidates = 0, [], self._candidates
        for place, word in words:
            if place < free:
                continue
            longest = (0, 0)
            for begin, rests in candidates(word):
                if text.startswith(begin, place):
                    for rest, number in rests:
                        if found := _compiled_rest(rest).match(text, place + len(begin)):
                            longest = max(longest, (found.end(), -number))
            if longest[0]:
                free = longest[0]
                hits.append(Hit(place, free, self._rows[-longest[1]]))
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
        free, hits, lengths = 0, [], self._lengths
        for place, word in words:
            for length in lengths[word] if word in lengths and place >= free else ():
                term = text[place : place + length]
                end = place + len(term)
                after = text[end : end + 1]
                if term in self._rows and not (after.isalpha() or (after.isdigit() and not _may_be_glued(term))):
                    hits.append(Hit(place, end, self._rows[term]))
                    free = end
                    break
        return hits
