"""Words of a request that are in no vocabulary, so that no column has their meaning."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from imrdata.letters.fields.lexicon import normalise
from imrdata.letters.fields.treatment_terms import body_part_terms, side_terms
from imrdata.letters.fields.treatments import find_terms
from imrdata.resources import vocabulary

_WORD = r"[a-z][a-z']{3,}"  # shorter ones are units, levels and joints of a sentence
_FORM = pl.col("disputed_treatment_text").str.to_lowercase().str.replace_all("-", " ")


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(row["word"] for row in vocabulary("ordinary_words"))


def unread_words(text: str) -> list[str]:
    """Return the words of a disputed treatment that were corrected, or are neither in a term nor ordinary."""
    found = find_terms(text)
    lexicons = (body_part_terms(), side_terms())
    others = [hit for lexicon in lexicons for hit in lexicon.find(found.scan, found.words)]
    places = [(hit.start, hit.end) for hit in (*found.terms, *found.drugs, *others)]
    words = (word for word in re.finditer(_WORD, found.scan) if word[0] not in _ordinary())
    unread = (word[0] for word in words if not any(start <= word.start() < end for start, end in places))
    return list(dict.fromkeys((*_guessed(normalise(text), found.printed), *unread)))


def _guessed(plain: str, corrected: str) -> list[str]:
    """Return the words that were read as other words, which may be wrong."""
    pairs = zip(plain.lower().split(), corrected.lower().split(), strict=True) if plain != corrected else ()
    return [word for old, new in pairs if old != new for word in re.findall(r"[a-z0-9']{4,}", old)]


def with_unread_words(texts: pl.DataFrame) -> pl.DataFrame:
    """Return the different texts, ``disputed_treatment_text``, with unread words, in the column ``unread``."""
    words = texts.select("disputed_treatment_text", word=_FORM.str.extract_all(_WORD))
    words = words.explode("word", empty_as_null=True)
    different = words["word"].drop_nulls().unique().to_list()
    # A word that is read alone is read in every text.
    suspect = [word for word in different if word not in _ordinary() and unread_words(word)]
    likely = words.filter(pl.col("word").is_in(suspect))["disputed_treatment_text"].unique().to_list()
    unread = [", ".join(unread_words(text)) for text in likely]
    found = pl.DataFrame([likely, unread], schema={"disputed_treatment_text": pl.String(), "unread": pl.String()})
    return found.filter(pl.col("unread") != "")
