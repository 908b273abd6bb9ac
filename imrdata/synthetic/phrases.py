"""Generate sentences from a small grammar, ``seeds/vocabularies/synthetic_phrases.csv``.

Each row has one phrase for a symbol. In a phrase, ``{symbol}`` is replaced by a phrase of that symbol or by a fact of
the case. No phrase is taken from a real letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from random import Random

from imrdata.resources import vocabulary

_SYMBOL = re.compile(r"\{([^}]*)\}")
Phrase = tuple[str, ...]  # literal, symbol, literal, symbol, ..., literal


@cache
def _grammar() -> dict[str, tuple[Phrase, ...]]:
    grammar: dict[str, list[Phrase]] = {}
    for row in vocabulary("synthetic_phrases"):
        grammar.setdefault(row["symbol"], []).append(tuple(_SYMBOL.split(row["phrase"])))
    return {symbol: tuple(phrases) for symbol, phrases in grammar.items()}


class PhraseBook:
    """A generator of phrases about one case; it never repeats the last phrase of a symbol.

    Attributes:
        facts: The facts of this case by symbol, e.g. ``{"area": "left knee"}``.
    """

    def __init__(self, rng: Random, facts: Mapping[str, str]) -> None:
        """Take the facts of a case."""
        self.facts = dict(facts)
        self._random = rng.random
        self._last: dict[str, int] = {}

    def say(self, symbol: str) -> str:
        """Return a phrase for a symbol, with all symbols in it replaced."""
        parts: list[str] = []
        self._expand(symbol, parts)
        return "".join(parts)

    def _expand(self, symbol: str, parts: list[str]) -> None:
        fact = self.facts.get(symbol)
        if fact is not None:
            parts.append(fact)
            return
        phrase = self._phrase(symbol)
        for place, piece in enumerate(phrase):
            if place % 2:
                self._expand(piece, parts)
            elif piece:
                parts.append(piece)

    def _phrase(self, symbol: str) -> Phrase:
        phrases = _grammar()[symbol]
        count = len(phrases)
        last = self._last.get(symbol)
        if last is None or count == 1:
            place = int(self._random() * count)
        else:
            place = (last + 1 + int(self._random() * (count - 1))) % count
        self._last[symbol] = place
        return phrases[place]


def knows(symbol: str) -> bool:
    """Return whether the grammar has phrases for a symbol."""
    return symbol in _grammar()
