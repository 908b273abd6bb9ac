"""Printed names of guidelines: bodies, their titles, and sections of MTUS chapters."""

from __future__ import annotations

import re
from functools import cache

from imrdata.letters.fields.lexicon import WORD, Hit, PlainLexicon, words_of
from imrdata.resources import vocabulary

MTUS, ODG, ACOEM, OTHER = "MTUS", "ODG", "ACOEM", "Other"

# In prose, these printed names are ordinary words ("pain", "the knee").
BARE_LENGTH = 14


def scan_form(words: str) -> str:
    """Convert words to the form that vocabularies match: lower case, straight apostrophes, same length."""
    lowered = words.lower().replace("\u2019", "'")
    return lowered if len(lowered) == len(words) else words.replace("\u2019", "'")


def _rows(source: str, *, of_body: bool) -> list[dict[str, str]]:
    """Return the rows of a source: names of the body itself, or of its titles."""
    every = vocabulary("guideline_titles")
    return [row for row in every if row["source"] == source and (row["kind"] == "source") == of_body]


@cache
def _bodies() -> PlainLexicon[str]:
    return PlainLexicon(
        (scan_form(row["variant"]), source) for source in (ODG, ACOEM, OTHER) for row in _rows(source, of_body=True)
    )


def bodies(scan: str) -> list[Hit[str]]:
    """Find the names of bodies of guidelines other than the MTUS in a text in scan form, with their sources."""
    return _bodies().find(scan, words_of(scan))


@cache
def mtus_pattern() -> str:
    """Return a pattern of the printed names of the MTUS, including two in a row ("MTUS CA MTUS"), in any case."""
    names = sorted((row["variant"] for row in _rows(MTUS, of_body=True)), key=lambda name: (-len(name), name))
    name = rf"(?:{'|'.join(map(re.escape, names))})(?!\w)"
    return rf"{name}(?:,? {name})*"


@cache
def _titles(source: str, longer_than: int) -> PlainLexicon[str]:
    rows = [row for row in _rows(source, of_body=False) if len(row["variant"]) > longer_than]
    # "MTUS" is not part of a title.
    variants = {scan_form(row["variant"]).removeprefix("mtus "): row["title"] for row in rows}
    return PlainLexicon((variant, title) for variant, title in variants.items() if variant[0].isalnum())


def titles(source: str, scan: str, *, in_prose: bool = False) -> list[Hit[str]]:
    """Find the titles of a source in a text in scan form, longest first at each position.

    Args:
        source: ``MTUS``, ``ODG``, ``ACOEM`` or ``Other``.
        scan: The text in scan form.
        in_prose: Leave out names that are ordinary words.
    """
    return _titles(source, BARE_LENGTH if in_prose else 0).find(scan, words_of(scan))


@cache
def _subjects() -> dict[tuple[str, str], str]:
    rows = vocabulary("guideline_titles")
    return {(row["source"], row["title"]): row["subject"] for row in rows if row["kind"] != "source"}


def subject_of(source: str, title: str | None) -> str | None:
    """Return the subject that a title shares with its other editions and with other sources, e.g. ``low back``."""
    return _subjects().get((source, title)) or None if title else None


@cache
def _adopted() -> frozenset[str]:
    rows = vocabulary("guideline_titles")
    return frozenset(row["title"] for row in rows if row["is_adopted_2nd_edition"] == "yes")


def is_adopted(title: str | None) -> bool:
    """Return whether a title is a chapter of ACOEM's 2nd edition that the MTUS adopted."""
    return title in _adopted()


def is_later_acoem(title: str | None) -> bool:
    """Return whether a title is a chapter of ACOEM's later editions, which has the same name in MTUS and ACOEM."""
    return (ACOEM, title) in _subjects() and not is_adopted(title)


@cache
def sections_of(title: str) -> dict[str, list[tuple[str, str]]]:
    """Return the printed names of an MTUS chapter's sections with the section, by first word, longest first.

    The names are in scan form.
    """
    by_word: dict[str, list[tuple[str, str]]] = {}
    rows = [row for row in vocabulary("mtus_sections") if row["title"] == title]
    for row in sorted(rows, key=lambda row: -len(row["variant"])):
        variant = scan_form(row["variant"])
        by_word.setdefault(first_word(variant), []).append((variant, row["section"]))
    return by_word


def first_word(scan: str, at: int = 0) -> str:
    """Return the letters and digits at a position of a text in scan form."""
    word = WORD.match(scan, at)
    return word.group() if word else ""
