"""Terms of requests: `treatments.csv` with ranks, `body_parts.csv` and `laterality.csv`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from imrdata.letters.fields.lexicon import PatternLexicon
from imrdata.resources import split_cell, vocabulary

_FINAL_Y = re.compile(r"(?<=[b-df-hj-np-tv-z])y(?=$|[|)])")
_PLURAL = r"(?:(?<=[a-z]{4})e?s)?"  # of words of four letters; "pts" are patients, not physical therapy


@dataclass(frozen=True, slots=True)
class Term:
    """A row of `treatments.csv`."""

    category: str
    subcategory: str
    rank: str
    body_parts: tuple[str, ...]
    name: str | None

    @property
    def kind(self) -> tuple[str, str]:
        """The category and the subcategory."""
        return self.category, self.subcategory


@cache
def precedences() -> dict[str, int]:
    """Return the ranks of `treatment_ranks.csv`; the lower number wins."""
    return {row["rank"]: int(row["precedence"]) for row in vocabulary("treatment_ranks")}


def _term(row: dict[str, str]) -> Term:
    parts = split_cell(row["body_parts"])
    return Term(row["category"], row["subcategory"], row["rank"], parts, row["name"] or None)


@cache
def treatment_terms() -> PatternLexicon[Term]:
    """Return `treatments.csv`, highest rank first. Each pattern also matches the plural of its last word."""
    rows = sorted(vocabulary("treatments"), key=lambda row: precedences()[row["rank"]])
    return PatternLexicon(((_FINAL_Y.sub("(?:y|ies)", row["pattern"]), _term(row)) for row in rows), ending=_PLURAL)


@cache
def body_part_terms() -> PatternLexicon[tuple[str, ...]]:
    """Return `body_parts.csv`; a row without a part hides its words from the other rows."""
    return PatternLexicon((row["pattern"], split_cell(row["body_part"])) for row in vocabulary("body_parts"))


@cache
def side_terms() -> PatternLexicon[str]:
    """Return `laterality.csv`; a row without a side hides its words from the other rows."""
    return PatternLexicon((row["pattern"], row["laterality"]) for row in vocabulary("laterality"))
