"""Test cleaning: each peculiarity of a PDF reader, and the result."""

import pytest

from imrdata.letters.text import letter_text
from imrdata.letters.text.cleaning import clean


@pytest.mark.parametrize(
    ("printed", "cleaned"),
    [
        ("One  \t two \r\n\r\n three\r", "One two\nthree"),  # Windows and old Mac line ends, blank lines, tabs
        ("\ufeffCase\u00a0Number:\u2009CM16", "Case Number: CM16"),  # byte-order mark, no-break spaces
        ("seen on 10-28-\n2016 again", "seen on 10-28-2016\nagain"),  # a date broken at its hyphen
        ("Pre-\noperative visit", "Pre-operative\nvisit"),
        ("L4-5, L5-\r\nS1 level", "L4-5, L5-S1\nlevel"),
        ("electro\x02diagnostic testing", "electro-diagnostic\ntesting"),  # PDFium, get_text_bounded
        ("electro\ufffediagnostic testing", "electro-diagnostic\ntesting"),  # PDFium, get_text_range
        ("state-of-\nthe-\nart care", "state-of-the-art\ncare"),  # two lines end in hyphens
        ("two-\nand three-level fusion", "two-\nand three-level fusion"),  # a suspended hyphen does not join two lines
        ("Low Back -\nLumbar", "Low Back -\nLumbar"),  # a dash
        ("first page\n\f second page", "first page\nsecond page"),
        ("o\ufb03ce \u2010 e\ufb00ect", "office - effect"),  # ligatures, Unicode's own hyphen
        (
            "the worker\u2019s \u201cpain\u201d",
            "the worker\u2019s \u201cpain\u201d",
        ),  # curly quotes are kept: the letter prints them
        ("zero\u200bwidth", "zerowidth"),
        ("MRI\n-----\n_ _ _\n~~~~\nknee", "MRI\nknee"),  # lines drawn with signs
        ("MRI\n* * *\nknee", "MRI\nknee"),
        ("MRI\n{1}------\nCT\n--- Page 2 of 3 ---\n----- Page Break -----\nknee", "MRI\nCT\nPage 2 of 3\nknee"),
        ("MRI\uff1a \uff35pheld", "MRI: Upheld"),
        ("a \u009b31m b\u0085c", "a 31m b\nc"),  # control characters of terminals
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
    ],
)
def test_clean(printed: str, cleaned: str) -> None:
    assert clean(printed) == cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("\u201cYes\u201d".encode(), "\u201cYes\u201d"),
        ("\ufeffYes".encode(), "Yes"),
        ("Yes \u201cno\u201d".encode("cp1252"), "Yes \u201cno\u201d"),
        ("Yes".encode("utf-16"), "Yes"),
        ("The worker\u2019s knee".encode("utf-16-le"), "The worker\u2019s knee"),  # without a byte-order mark
        ("The worker\u2019s knee".encode("utf-16-be"), "The worker\u2019s knee"),
        (b"The work=\ner had s=\nix visits=2E=\n Yes", "The worker had six visits. Yes"),  # quoted-printable
        ("thera\u00ac\npy works".encode(), "therapy\nworks"),
        ("caf\u00e9 \u201c".encode() + b"\x96 \xe9", "caf\u00e9 \u201c\u2013 \u00e9"),  # two bytes of Windows-1252
        (
            "the worker\u00e2\u20ac\u2122s knee\u00c2\u00a0\u2013".encode(),
            "the worker\u2019s knee \u2013",
        ),  # UTF-8 twice
        (
            "\u00e2\x80\x9cYes\u00e2\x80\x9d caf\u00c3\u00a9 \u00c2\u00e9".encode(),
            "\u201cYes\u201d caf\u00e9 \u00c2\u00e9",
        ),
        (b"lone \xed\xa0\x80 surrogate", "lone \ufffd surrogate"),
    ],
)
def test_encodings(content: bytes, text: str) -> None:
    assert letter_text(content).text == text


def test_many_broken_words_take_no_longer_than_others() -> None:
    assert clean("a-\n" * 50_000 + "b c").endswith("a-b\nc")
