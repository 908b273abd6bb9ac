"""Words in the long texts. What is searched for is text, never a pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from imrdata.analysis.groups import need
from imrdata.display.excerpts_page import excerpts_page
from imrdata.display.html import Page
from imrdata.errors import UnknownTermError

SEARCHED = ("request_text", "rationale_text", "clinical_summary_text")
HOW = ("all", "any", "phrase")
_BEFORE, _AFTER = 80, 160  # characters of an excerpt around its first hit
_SPACE = r"\s+"
_MAX_LENGTH = 2000  # characters of all terms


def search(
    frame: pl.DataFrame, terms: str | Sequence[str], in_: str | Sequence[str] | None = None, how: str = "all"
) -> pl.DataFrame:
    """The verb behind ``frame.imr.search``, which tells all."""
    patterns = _patterns(terms, how)
    names = _columns(frame, in_)
    texts = [pl.col(name) for name in names]
    hits = [pl.any_horizontal(_holds(text, pattern) for text in texts) for pattern in patterns]
    found = frame.filter(pl.all_horizontal(hits) if how == "all" else pl.any_horizontal(hits))
    any_of = "|".join(patterns)
    excerpt_of = pl.coalesce(pl.when(_holds(pl.col(name), any_of)).then(pl.lit(name)) for name in names)
    excerpt = pl.coalesce(pl.when(_holds(text, any_of)).then(_excerpt(text, any_of)) for text in texts)
    return found.with_columns(excerpt_of=excerpt_of, excerpt=excerpt)


def excerpts(frame: pl.DataFrame, limit: int) -> Page:
    """The work behind ``frame.imr.show_excerpts``, which tells all."""
    need(frame, ["excerpt"], "show_excerpts")
    return excerpts_page(frame.head(limit).rows(named=True), frame.height)


def _holds(text: pl.Expr, pattern: str) -> pl.Expr:
    return text.str.contains(pattern).fill_null(value=False)


def _patterns(terms: str | Sequence[str], how: str) -> list[str]:
    """A pattern for each term, longer ones first; words of a term may stand on two lines."""
    if how not in HOW:
        raise UnknownTermError(f"no way {how!r} to search; there are: {', '.join(HOW)}", reason="unknown_search")
    if how == "phrase":
        listed = [terms if isinstance(terms, str) else " ".join(terms)]
    else:
        listed = terms.split() if isinstance(terms, str) else list(terms)
    words = [term.split() for term in listed]
    if not words or not all(words):
        raise ValueError("search needs at least one term, and none of white space alone")
    length = sum(map(len, listed))
    if length > _MAX_LENGTH:
        raise ValueError(f"the terms have {length:,} characters; search takes {_MAX_LENGTH:,}")
    return [_pattern(term) for term in sorted(words, key=lambda term: -len(" ".join(term)))]


def _pattern(words: list[str]) -> str:
    """The words in this order, in any case, and not as a part of longer words."""
    start = r"\b" if re.match(r"\w", words[0]) else ""
    end = r"\b" if re.search(r"\w\Z", words[-1]) else ""
    return f"(?i:{start}{_SPACE.join(map(pl.escape_regex, words))}{end})"


def _columns(frame: pl.DataFrame, in_: str | Sequence[str] | None) -> list[str]:
    if in_ is None:
        names = [name for name in SEARCHED if name in frame.columns]
        if not names:
            need(frame, SEARCHED[:1], f"search (of {', '.join(SEARCHED)}, or the columns that in_ names)")
        return names
    wanted = [in_] if isinstance(in_, str) else list(in_)
    if not wanted:
        raise ValueError("search needs at least one column to search in")
    names = [name if name in frame.columns else f"{name}_text" for name in wanted]
    need(frame, names, "search")
    return names


def _excerpt(text: pl.Expr, whole: str) -> pl.Expr:
    """Words around the first hit; it and the hits after it are marked."""
    before = text.str.extract(f"(?s)^(.*?)(?:{whole})", 1)
    hit = text.str.extract(f"({whole})", 1)
    rest = text.str.slice(before.str.len_chars() + hit.str.len_chars())
    is_cut_before, is_cut_after = before.str.len_chars() > _BEFORE, rest.str.len_chars() > _AFTER
    near = pl.when(is_cut_before).then("…" + before.str.tail(_BEFORE).str.replace(r"^\S*", "")).otherwise(before)
    after = pl.when(is_cut_after).then(rest.str.head(_AFTER).str.replace(r"\S*$", "")).otherwise(rest)
    marked = after.str.replace_all(f"({whole})", "«${1}»")
    return near + "«" + hit + "»" + pl.when(is_cut_after).then(marked.str.strip_chars_end() + " …").otherwise(marked)
