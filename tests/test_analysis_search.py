"""`frame.imr.search`: terms are text, found as a plain loop finds them."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imrdata
from imrdata.errors import UnknownTermError

LONG = "far word " * 30


def found(texts: list[str | None], terms: Any, how: str = "all", **others: list[str]) -> list[str]:
    frame = pl.DataFrame({"rationale_text": texts, **others}, schema_overrides={"rationale_text": pl.String})
    result: list[str] = frame.imr.search(terms, how=how)["excerpt"].to_list()  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize(
    ("text", "terms", "how", "excerpt"),
    [
        ("An MRI of the knee.", "mri", "all", "An «MRI» of the knee."),
        ("The knee, by MRI", "mri KNEE", "all", "The «knee», by «MRI»"),
        ("The knee", "mri knee", "all", None),
        ("The knee", "mri knee", "any", "The «knee»"),
        ("painful", "pain", "all", None),
        ("low back pain", "back pain", "phrase", "low «back pain»"),
        ("pain in the back", "back pain", "phrase", None),
        ("back\n pain", "back pain", "phrase", "«back\n pain»"),
        ("low back pain", ["back pain", "low"], "all", "«low» «back pain»"),
        ("an MRI scan", ["MRI", "MRI scan"], "any", "an «MRI scan»"),
        ("10/325mg (1) daily", "10/325mg (1)", "all", "«10/325mg» «(1)» daily"),
        ("C++ or c+", "c+", "all", "«C+»+ or «c+»"),
        ("(a+)+$ stands here", "(a+)+$", "all", "«(a+)+$» stands here"),
        ("aaaa", "(a+)+$", "all", None),
        ("a|b", ".", "all", None),
        ("Ménière's at the café", "MÉNIÈRE CAFÉ", "all", "«Ménière»'s at the «café»"),
        (None, "pain", "any", None),
    ],
)
def test_terms(text: str | None, terms: Any, how: str, excerpt: str | None) -> None:
    assert found([text], terms, how) == ([] if excerpt is None else [excerpt])


def test_excerpts_are_cut_at_words() -> None:
    (excerpt,) = found([LONG + "the hit, a hit " + LONG], "hit")
    assert excerpt.startswith(("… far word", "… word far"))
    assert excerpt.endswith((" far …", " word …"))
    assert "far word the «hit», a «hit» far word" in excerpt
    assert len(excerpt) < 260
    assert found(["x" * 500 + " hit " + "x" * 500], "hit") == ["… «hit» …"]


def test_all_terms_may_stand_in_different_columns_and_the_excerpt_is_of_the_first_with_a_hit() -> None:
    frame = pl.DataFrame({"request_text": ["MRI", "EMG"], "rationale_text": ["of the knee", "of the arm"], "note": "x"})
    result = frame.imr.search("mri knee")  # type: ignore[attr-defined]
    assert result.select("excerpt_of", "excerpt").rows() == [("request_text", "«MRI»")]
    assert frame.imr.search("mri knee", in_="rationale").height == 0  # type: ignore[attr-defined]
    only = frame.imr.search("arm", in_=["note", "rationale_text"])  # type: ignore[attr-defined]
    assert only.select("excerpt_of", "excerpt").rows() == [("rationale_text", "of the «arm»")]


WORDS = st.sampled_from(["a", "B", "ab", "a+b", "(", "$", "é", "É", "ä-b", "1", "."])
TEXT = st.lists(WORDS | st.sampled_from([" ", "\n", "  "]), max_size=12).map("".join)
TERM = st.lists(WORDS, min_size=1, max_size=3).map("".join)


def plainly(text: str, term: str) -> bool:
    """A term in a text, by a loop over all places."""
    text, term = text.lower(), term.lower()
    for at in range(len(text) - len(term) + 1):
        end = at + len(term)
        before, after = text[at - 1 : at], text[end : end + 1]
        starts = not (re.match(r"\w", term) and re.match(r"\w", before))
        ends = not (re.search(r"\w\Z", term) and re.match(r"\w", after))
        if text[at:end] == term and starts and ends:
            return True
    return False


@given(st.lists(st.none() | TEXT, min_size=1, max_size=6), st.lists(TERM, min_size=1, max_size=3))
def test_search_finds_what_a_plain_loop_finds(texts: list[str | None], terms: list[str]) -> None:
    frame = pl.DataFrame({"rationale_text": texts}, schema={"rationale_text": pl.String})
    for how, holds in (("all", all), ("any", any)):
        result = frame.imr.search(terms, how=how)  # type: ignore[attr-defined]
        expected = [text for text in texts if text is not None and holds(plainly(text, term) for term in terms)]
        assert result["rationale_text"].to_list() == expected
        unmarked = [excerpt.replace("«", "").replace("»", "") for excerpt in result["excerpt"]]
        assert unmarked == expected  # short texts are shown whole
        assert all("«" in excerpt for excerpt in result["excerpt"])


@pytest.mark.parametrize(
    ("terms", "how", "in_", "error", "message"),
    [
        ("", "all", None, ValueError, "at least one term"),
        ([], "any", None, ValueError, "at least one term"),
        (["pain", " "], "any", None, ValueError, "none of white space"),
        ("x" * 2001, "all", None, ValueError, "2,001 characters"),
        ("pain", "all", [], ValueError, "at least one column"),
        ("pain", "regex", None, UnknownTermError, "all, any, phrase"),
        ("pain", "all", "rational", UnknownTermError, "search needs rational_text"),
    ],
)
def test_searches_that_are_none_are_refused(
    terms: Any, how: str, in_: str | list[str] | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        imrdata.load_decisions(imrdata.example_letter()).imr.search(terms, in_, how)  # type: ignore[attr-defined]


def test_the_longest_search_is_a_search() -> None:
    terms = ["é" * 19 + str(number) for number in range(90)]
    assert found(["pain", terms[7]], terms, "any") == [f"«{terms[7]}»"]
    with pytest.raises(UnknownTermError, match=r"search .* needs request_text"):
        pl.DataFrame({"x": ["pain"]}).imr.search("pain")  # type: ignore[attr-defined]
