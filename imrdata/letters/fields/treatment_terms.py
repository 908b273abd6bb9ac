"""The terms of a request: those of `treatments.csv` with their ranks, of `body_parts.csv` and of `laterality.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from imrdata.letters.fields.lexicon import PatternLexicon
from imrdata.resources import split_cell, vocabulary


@dataclass(frozen=True, slots=True)
class Term:
    """A row of `treatments.csv`."""

    category: str
    subcategory: str
    rank: str
    body_parts: tuple[str, ...]
    name: str | None


@cache
def precedences() -> dict[str, int]:
    """The ranks of `treatment_ranks.csv`; the lower number wins."""
    return {row["rank"]: int(row["precedence"]) for row in vocabulary("treatment_ranks")}


def _term(row: dict[str, str]) -> Term:
    parts = split_cell(row["body_parts"])
    return Term(row["category"], row["subcategory"], row["rank"], parts, row["name"] or None)


@cache
def treatment_terms() -> PatternLexicon[Term]:
    """`treatments.csv`, highest rank first."""
    return PatternLexicon(
        (row["pattern"], _term(row))
        for row in sorted(vocabulary("treatments"), key=lambda row: precedences()[row["rank"]])
    )


@cache
def body_part_terms() -> PatternLexicon[tuple[str, ...]]:
    """`body_parts.csv`; a row without a part hides the word from the others."""
    return PatternLexicon((row["pattern"], split_cell(row["body_part"])) for row in vocabulary("body_parts"))


@cache
def side_terms() -> PatternLexicon[str]:
    """`laterality.csv`; a row without a side hides the word from the others."""
    return PatternLexicon((row["pattern"], row["laterality"]) for row in vocabulary("laterality"))
