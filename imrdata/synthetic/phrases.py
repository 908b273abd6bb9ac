"""Generate sentences from a small grammar, ``seeds/vocabularies/synthetic_phrases.csv``.

Each row has one phrase for a symbol. In a phrase, ``{symbol}`` is replaced by a phrase of that symbol or by a fact of
the case. No phrase is taken from a real letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from operator import itemgetter
from random import Random

from imrdata.resources import vocabulary

_SYMBOL = re.compile(r"\{([^}]*)\}")
Phrase = tuple[str, ...]  # literal, symbol, literal, symbol, ..., literal


@cache
def _grammar() -> dict[str, tuple[Phrase, ...]]:
    rows = groupby(vocabulary("synthetic_phrases"), key=itemgetter("symbol"))
    return {symbol: tuple(tuple(_SYMBOL.split(row["phrase"])) for row in of_symbol) for symbol, of_symbol in rows}


class PhraseBook:
    """A generator of phrases about one case; it never repeats the last phrase of a symbol.

    `facts` are those of this case by symbol, e.g. ``{"area": "left knee"}``.
    """

    def __init__(self, rng: Random, facts: Mapping[str, str]) -> None:
        self.facts = dict(facts)
        self._random = rng.random
        self._last: dict[str, int] = {}

    def say(self, symbol: str) -> str:
        """Return a phrase for a symbol, with all symbols in it replaced."""
        if symbol in self.facts:
            return self.facts[symbol]
        phrases = _grammar()[symbol]
        count, last = len(phrases), self._last.get(symbol)
        if last is None or count == 1:
            place = int(self._random() * count)
        else:
            place = (last + 1 + int(self._random() * (count - 1))) % count
        self._last[symbol] = place
        pieces = enumerate(phrases[place])
        return "".join(self.say(piece) if at % 2 else piece for at, piece in pieces)


def knows(symbol: str) -> bool:
    """Return whether the grammar has phrases for a symbol."""
    return symbol in _grammar()
