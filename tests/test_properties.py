"""Test properties of every letter and every text."""

from __future__ import annotations

import random
from itertools import pairwise

from conftest import ITEMS, LETTER, SEED
from hypothesis import given, settings
from hypothesis import strategies as st

from imrdata.errors import ImrDataError, LetterError
from imrdata.letters.dates import calendar_date
from imrdata.letters.found import collapse
from imrdata.letters.layouts import find_outline
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_bytes, read_text
from imrdata.letters.text import letter_text
from imrdata.letters.text.cleaning import clean

ODD = "\r\n\f\v\t \u00a0\u2009\u00ad\u2010\ufffe\x02\ufb01\u200b\ufeff-:.<>&*#\ud800"
texts = st.text(st.one_of(st.characters(), st.sampled_from(ODD), st.sampled_from("ab1")), max_size=200)
letters = st.sampled_from([LETTER, SEED.read_text(), LETTER + ITEMS[0] * 20])


@given(texts)
@settings(max_examples=500)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(texts)
def test_cleaned_text_has_no_loose_space(text: str) -> None:
    cleaned = clean(text)
    assert "  " not in cleaned
    assert all(line == line.strip() and line for line in cleaned.split("\n")) or cleaned == ""
    assert not any("\ud800" <= character <= "\udfff" for character in cleaned)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a letter with pieces cut out, doubled, swapped, or replaced by junk."""
    text = draw(letters)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([1, 3, 20, 200, 2000])))
        piece = text[start:end]
        replacement = draw(st.sampled_from(["", piece * 2, piece[::-1], piece.upper(), "\n", ": Upheld\n"]) | texts)
        text = text[:start] + replacement + text[end:]
    return text


def holds(letter: Letter) -> None:
    """Check that sections cover the text without overlap, and that each span contains its field."""
    text, sections = letter.text, letter.sections
    assert sections[0].start == 0
    assert sections[-1].end == len(text)
    assert all(one.end == other.start for one, other in pairwise(sections))
    assert all(one.start <= one.body <= one.end for one in sections)
    for name, (start, end) in letter.spans.items():
        words = collapse(text[start:end])
        assert words == words.strip(), name
        value = value_of(letter, name)
        if isinstance(value, str) and name.endswith("_text"):
            assert value == words, name
        elif name.endswith("_date"):
            assert value == calendar_date(words), name
        elif name == "patient_age":
            assert value == int(words)
        elif name.endswith("outcome"):
            assert value == words.capitalize()
    assert [request.request_number for request in letter.requests] == list(range(1, len(letter.requests) + 1))
    for request in letter.requests:
        assert request.request_text
        assert request.outcome in ("Upheld", "Overturned")
        assert request.rationale_text is None or request.rationale_text


def value_of(letter: Letter, name: str) -> object:
    if not name.startswith("requests["):
        return getattr(letter, name.split("[", maxsplit=1)[0])
    number, _, rest = name.removeprefix("requests[").partition("].")
    request = letter.requests[int(number) - 1]
    if not rest.startswith("citations["):
        return getattr(request, rest)
    party, _, place = rest.removeprefix("citations[").removesuffix("].citation_text").partition(", ")
    return next(
        one.citation_text for one in request.citations if (one.cited_by, one.citation_number) == (party, int(place))
    )


@given(mutated())
@settings(max_examples=400, deadline=None)
def test_a_mutated_letter_reads_or_says_why_not(text: str) -> None:
    try:
        letter = read_bytes(text.encode("utf-8", "surrogatepass"))
    except ImrDataError as refusal:
        told = (refusal.step, refusal.reason, refusal.message)
        assert all(told), told
    else:
        holds(letter)


def _findings(number: int) -> str:
    return ", ".join(f"{number}{letter}" for letter in "abcdefghijklmnopqrst")


@given(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=21), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_every_request_is_read_wherever_the_lines_break(items: list[str], chance: random.Random) -> None:
    numbered = [  # a repeated request with the same rationale is refused
        item.replace("Decision rationale: ", f"Decision rationale: Seen were {_findings(number)}. ")
        for number, item in enumerate(items)
    ]
    letter = LETTER[: LETTER.index(ITEMS[0])] + "".join(numbered)
    pages = "".join("\n\f\n" if character == "\n" and chance.random() < 0.05 else character for character in letter)
    try:
        read = read_text(letter_text(pages.encode()).text)
    except LetterError as refusal:
        if refusal.reason != "repeated_page":  # two pages may have the same words by chance
            raise
        return
    assert [request.outcome for request in read.requests] == [
        "Upheld" if item == ITEMS[0] else "Overturned" for item in items
    ]
    assert [request.ur_decision for request in read.requests] == [
        "denied" if item == ITEMS[0] else "modified" for item in items
    ]
    holds(read)


def test_sections_of_the_seed_letter() -> None:
    text = letter_text(SEED.read_bytes()).text
    assert "".join(text[section.start : section.end] for section in find_outline(text).sections) == text
