"""Find the words that matched a query in the texts, and make excerpts around them.

A stem matches several words. Which of them a text contains is looked up in the text itself, so exactly the matches
are highlighted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import polars as pl

from imrdata.search.queries import Words, stems_of

_BEFORE, _AFTER = 80, 160  # characters of an excerpt around its first hit
_UNSURE = 2  # letters at the end of a stem that may differ in its words: "disabl" of "disability"


def with_excerpts(rows: pl.DataFrame, found_by: Iterable[Words], columns: Sequence[str]) -> pl.DataFrame:
    """Add the columns `matched_words`, `excerpt_of` and `excerpt`."""
    pattern = _pattern(rows, list(found_by), columns)
    if pattern is None:
        none = pl.lit(None, dtype=pl.String)
        nothing = pl.lit([], dtype=pl.List(pl.String))
        return rows.with_columns(matched_words=nothing, excerpt_of=none, excerpt=none)
    texts = [pl.col(name) for name in columns]
    hits = pl.concat_list(text.str.extract_all(pattern).fill_null([]) for text in texts)
    holds = [text.str.contains(pattern).fill_null(value=False) for text in texts]
    return rows.with_columns(
        matched_words=hits.list.eval(pl.element().str.to_lowercase()).list.unique().list.sort(),
        excerpt_of=pl.coalesce(pl.when(one).then(pl.lit(name)) for name, one in zip(columns, holds, strict=True)),
        excerpt=pl.coalesce(pl.when(one).then(_excerpt(text, pattern)) for text, one in zip(texts, holds, strict=True)),
    )


def beginning(stem: str) -> str:
    """Return the characters that every word of a stem begins with."""
    if stem in ("die", "lie", "tie"):
        return stem[0]  # the stem of "dying" is "die"
    return stem[: max(_UNSURE, len(stem) - _UNSURE)]


def _pattern(rows: pl.DataFrame, found_by: Sequence[Words], columns: Sequence[str]) -> str | None:
    """Return a pattern that matches the words of a query in the texts of some rows, longest first."""
    forms = _forms(rows, {stem for words in found_by for stem in words.stems}, columns)
    phrases: list[tuple[str, ...]] = []
    for words in found_by:
        phrases += [words.stems] if words.near is None else [(stem,) for stem in words.stems]
    parts = [
        r"\W+".join(f"(?:{'|'.join(forms[stem])})" for stem in phrase)
        for phrase in sorted(dict.fromkeys(phrases), key=lambda one: (-len(one), one))
        if all(stem in forms for stem in phrase)
    ]
    return rf"(?i:\b(?:{'|'.join(parts)})\b)" if parts else None


def _forms(rows: pl.DataFrame, stems: set[str], columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the words of each stem in the texts, longest first."""
    if not stems or rows.is_empty():
        return {}
    begins = "|".join(sorted(pl.escape_regex(beginning(stem)) for stem in stems))
    pattern = rf"(?i)\b(?:{begins})\w*"
    found = [rows.select(pl.col(name).str.extract_all(pattern).explode().unique()).to_series() for name in columns]
    forms: defaultdict[str, list[str]] = defaultdict(list)
    for word in pl.concat(found).drop_nulls().str.to_lowercase().unique().sort(descending=True):
        (stem,) = stems_of(word)
        if stem in stems:
            forms[stem].append(word)
    return {stem: sorted(words, key=len, reverse=True) for stem, words in forms.items()}


def _excerpt(text: pl.Expr, whole: str) -> pl.Expr:
    """Return the words around the first hit, with all hits marked."""
    before = text.str.extract(f"(?s)^(.*?)(?:{whole})", 1)
    hit = text.str.extract(f"({whole})", 1)
    rest = text.str.slice(before.str.len_chars() + hit.str.len_chars())
    is_cut_before, is_cut_after = before.str.len_chars() > _BEFORE, rest.str.len_chars() > _AFTER
    near = pl.when(is_cut_before).then("…" + before.str.tail(_BEFORE).str.replace(r"^\S*", "")).otherwise(before)
    after = pl.when(is_cut_after).then(rest.str.head(_AFTER).str.replace(r"\S*$", "")).otherwise(rest)
    marked = after.str.replace_all(f"({whole})", "«${1}»")
    return near + "«" + hit + "»" + pl.when(is_cut_after).then(marked.str.strip_chars_end() + " …").otherwise(marked)
