"""The guidelines that letters cite, by their printed names: titles of each source, and sections of MTUS chapters."""

from __future__ import annotations

from functools import cache

from imrdata.letters.fields.lexicon import WORD, Hit, PlainLexicon, words_of
from imrdata.resources import vocabulary

MTUS, ODG, ACOEM, OTHER = "MTUS", "ODG", "ACOEM", "Other"

# In running prose these printed names are ordinary words ("pain", "the knee").
BARE_LENGTH = 14


def scan_form(words: str) -> str:
    """Words as the vocabularies are matched: lower case, straight apostrophes; as long as the words themselves."""
    lowered = words.lower().replace("\u2019", "'")
    return lowered if len(lowered) == len(words) else words.replace("\u2019", "'")


@cache
def _titles(source: str, *, in_prose: bool) -> PlainLexicon[str]:
    rows = [row for row in vocabulary("guideline_titles") if row["source"] == source and row["kind"] != "source"]
    if in_prose:
        rows = [row for row in rows if len(row["variant"]) > BARE_LENGTH]
    variants = {
        scan_form(row["variant"]).removeprefix("mtus "): row["title"] for row in rows
    }  # "MTUS" is no part of one
    return PlainLexicon((variant, title) for variant, title in variants.items() if variant[0].isalnum())


def titles(source: str, scan: str, *, in_prose: bool = False) -> list[Hit[str]]:
    """The titles of a source that are named in a text in scan form, longest first at each place.

    Args:
        source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        scan: The text in scan form.
        in_prose: Leave out the names that are ordinary words.
    """
    return _titles(source, in_prose=in_prose).find(scan, words_of(scan))


@cache
def sections_of(title: str) -> dict[str, list[tuple[str, str]]]:
    """The printed names of an MTUS chapter's sections with the section meant, by their first word, longest first.

    The names are in scan form.
    """
    by_word: dict[str, list[tuple[str, str]]] = {}
    for row in sorted(vocabulary("mtus_sections"), key=lambda row: -len(row["variant"])):
        if row["title"] == title:
            variant = scan_form(row["variant"])
            by_word.setdefault(first_word(variant), []).append((variant, row["section"]))
    return by_word


def first_word(scan: str, at: int = 0) -> str:
    """The letters and digits at a place of a text in scan form."""
    word = WORD.match(scan, at)
    return word.group() if word else ""
