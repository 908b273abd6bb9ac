"""Parse queries of words, "phrases", AND, OR, NOT, NEAR and parentheses into a tree of stems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

_TOKEN = re.compile(r'"(?P<phrase>[^"]*)"|(?P<bracket>[()])|(?P<word>[^\s"()]+)')
_NEAR = re.compile(r"NEAR(?:/(\d{1,3}))?\Z")
_OPERATORS = ("AND", "OR", "NOT", "NEAR")
_WORDS_BETWEEN = 10  # for NEAR without a number
_MAX_LENGTH, _MAX_DEPTH = 2000, 50


@dataclass(frozen=True, slots=True)
class Words:
    """Consecutive words, as stems; or with `near`, two words with at most that many others between them."""

    stems: tuple[str, ...]
    near: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of a query combined by ``all``, ``any`` or ``not``."""

    kind: str
    parts: tuple[Node, ...]


Node = Words | Group


@cache
def analyzer() -> Any:
    """Return the analyzer that finds the stems of a text, for the index and for queries."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer  # noqa: PLC0415 - for searches alone

    words = TextAnalyzerBuilder(Tokenizer.regex(r"\w+")).filter(Filter.lowercase())
    return words.filter(Filter.stemmer("english")).build()


def stems_of(text: str) -> list[str]:
    """Return the stem of each word of a text."""
    return list(analyzer().analyze(text))


def parse(query: str) -> Node:
    """Parse a query into a tree; a ValueError explains the syntax if it is empty, too long, or malformed."""
    if len(query) > _MAX_LENGTH:
        raise ValueError(f"the query has {len(query):,} characters; the limit is {_MAX_LENGTH:,}")
    if query.count('"') % 2:
        raise ValueError(f"a quotation mark is not closed: {query}")
    reader = _Reader(list(_TOKEN.finditer(query)))
    if not reader.tokens:
        raise ValueError("search needs at least one word")
    return reader.any_of(0)


def positive(node: Node) -> Iterator[Words]:
    """Return the words that must match: all but those after NOT."""
    if isinstance(node, Words):
        yield node
    elif node.kind != "not":
        for part in node.parts:
            yield from positive(part)


class _Reader:
    """A parser of a query. It rejects a lowercase operator, because it is unclear whether a word is meant."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def next_is(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] in words

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.next_is("OR"):
            self.at += 1
            parts.append(self.all_of(depth))
        if depth == 0 and self.at < len(self.tokens):
            raise ValueError("there is a closing parenthesis without an opening one")
        return parts[0] if len(parts) == 1 else Group("any", tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.item(depth)]
        while self.at < len(self.tokens) and not self.next_is("OR", ")"):
            self.at += self.next_is("AND")
            parts.append(self.item(depth))
        return parts[0] if len(parts) == 1 else Group("all", tuple(parts))

    def item(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise ValueError(f"the query nests more than {_MAX_DEPTH} levels")
        if self.next_is("NOT"):
            self.at += 1
            return Group("not", (self.item(depth + 1),))
        if self.next_is("("):
            self.at += 1
            inside = self.any_of(depth + 1)
            if not self.next_is(")"):
                raise ValueError("a parenthesis is not closed")
            self.at += 1
            return inside
        words = self.words()
        near = _NEAR.match(self.tokens[self.at][0]) if self.at < len(self.tokens) else None
        if near is None:
            return words
        self.at += 1
        both = words.stems + self.words().stems
        if len(set(both)) != 2:  # noqa: PLR2004 - a pair
            raise ValueError("NEAR must be between two different single words, e.g. knee NEAR/5 arthritis")
        return Words(both, int(near[1] or _WORDS_BETWEEN))

    def words(self) -> Words:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token["bracket"] or token[0] in _OPERATORS or _NEAR.match(token[0]):
            raise ValueError(f"a word is missing {f'before {token[0]}' if token else 'at the end'} of the query")
        self.at += 1
        if token["word"] and token[0].upper() in _OPERATORS:
            message = f'write {token[0].upper()} to combine words, or "{token[0]}", in quotation marks, for the word'
            raise ValueError(message)
        stems = tuple(stems_of(token["phrase"] if token["phrase"] is not None else token[0]))
        if not stems:
            raise ValueError(f"{token[0]} contains no word to search for")
        return Words(stems)
