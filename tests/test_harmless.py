"""Test variations that do not change a letter's meaning: none is read differently, and almost none is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from textwrap import fill
from typing import NamedTuple

import pytest
from conftest import LETTER
from test_synthetic import YEARS, letters_of

from imrdata.errors import ImrDataError
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_bytes
from imrdata.resources import vocabulary

_PARAGRAPHS = re.compile(r"\n(?:[ ]*\n)+")
_LABELS = {row["example"].rstrip(" :") for row in vocabulary("labels") if row["fills_line"] == "no"}
_LABEL = re.compile(rf"(?m)^(?:{'|'.join(sorted(map(re.escape, _LABELS)))}):")
_HEADING = re.compile(r"(?m)^[A-Z][A-Z, ()/]{12,}:?$")
_OUTCOME = re.compile(r"(?<=: )(?:Upheld|Overturned)$", re.MULTILINE)
MOST_REFUSED = 2


def wrapped(text: str, columns: int) -> str:
    """Wrap the lines of a text at another width; short lines that end a paragraph are kept."""
    lines: list[str] = []
    for line in text.split("\n"):
        rest = line
        while len(rest) > columns and " " in rest[1:columns]:
            at = rest.rindex(" ", 1, columns)
            lines.append(rest[:at])
            rest = rest[at + 1 :]
        lines.append(rest)
    return "\n".join(lines)


def on_each_page(line: str, *, is_foot: bool) -> Callable[[str], str]:
    """Print a line on each page, with the page's number `at` and the page `count`."""

    def changed(text: str) -> str:
        pages = text.split("\f")
        lines = [line.format(at=at, count=len(pages)) for at in range(1, len(pages) + 1)]
        both = zip(pages, lines, strict=True)
        return "\f".join(f"{page.rstrip()}\n{mark}\n" if is_foot else f"{mark}\n{page}" for page, mark in both)

    return changed


def put(pattern: str | re.Pattern[str], by: str | Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text)


def _case_number(text: str) -> str:
    found = re.search(r"CM\d\d-\d{7}", text)
    return found.group() if found else "Final Determination"


VARIATIONS: dict[str, Callable[[str], str]] = {
    "lines of 60": lambda text: wrapped(text, 60),
    "lines of 80": lambda text: wrapped(text, 80),
    "no blank lines": put(_PARAGRAPHS, "\n"),
    "blank lines everywhere": put("\n", "\n\n"),
    "two spaces": put(r"(?<=[.,:]) ", "  "),
    "tabs and no-break spaces": lambda text: text.replace(": ", ":\t").replace(" the ", " the\u00a0"),
    "indented": put("(?m)^", "    "),
    "trailing spaces": put("(?m)$", "   "),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "page numbers at the foot": on_each_page("{at}", is_foot=True),
    "a blank last page with its number": lambda text: on_each_page("{at}", is_foot=True)(text + "\f"),
    "page 2 of 3": on_each_page("Page {at} of {count}", is_foot=True),
    "page 2 at the head": on_each_page("Page {at}", is_foot=False),
    "stamped number at the foot": on_each_page("IMR{at:06}", is_foot=True),
    "stamped number with a dash": on_each_page("ABC-{at:07}", is_foot=True),
    "stamped number at the head": on_each_page("DEF 00{at:04}", is_foot=False),
    "stamped numbers in one text": lambda text: on_each_page("IMR{at:06}", is_foot=True)(text).replace("\f", ""),
    "labels in capitals": put(_LABEL, lambda match: match.group().upper()),
    "labels with small letters": put(_LABEL, lambda match: match.group().capitalize()),
    "headings with small letters": put(_HEADING, lambda match: match.group().title()),
    "typographic apostrophes": lambda text: text.replace("'", "\u2019"),
    "straight apostrophes": lambda text: text.replace("\u2019", "'"),
    "typographic hyphens": lambda text: text.replace("-", "\u2011"),
    "dashes between words": lambda text: text.replace(" - ", " \u2013 "),
    "Decision Rationale": lambda text: text.replace("Decision rationale:", "Decision Rationale:"),
    "a space before colons": put(_LABEL, lambda match: match.group()[:-1] + " :"),
    "a full stop after the outcome": put(_OUTCOME, r"\g<0>."),
    "outcome in capitals": put(_OUTCOME, lambda match: match.group().upper()),
    "outcome in small letters": put(_OUTCOME, lambda match: match.group().lower()),
    "form feeds lost": put("\n?\f", "\n"),
    "bold headings in Markdown": put(_HEADING, r"**\g<0>**"),
    "bold headings with underscores": put(_HEADING, r"__\g<0>__"),
    "headings underlined": put(_HEADING, "\\g<0>\n----------"),
    "labels in italics": put(_LABEL, r"*\g<0>*"),
    "underlined headings in HTML": put(_HEADING, r"<u>\g<0></u>"),
    "headings in HTML": put(_HEADING, r"<h2>\g<0></h2>"),
    "a code block": lambda text: f"```text\n{text}\n```\n",
    "bold outcomes": put(_OUTCOME, r"**\g<0>**"),
    "outcomes in quotes": put(_OUTCOME, "\u201c\\g<0>\u201d"),
    "outcomes after a dash": put(rf": {_OUTCOME.pattern[7:]}", lambda match: f" \u2013{match.group()[1:]}"),
    "outcomes after a verb": put(rf": {_OUTCOME.pattern[7:]}", lambda match: f" is{match.group()[1:]}"),
    "full-width colons": put(_LABEL, lambda match: match.group()[:-1] + "\uff1a"),
    "soft hyphens": lambda text: text.replace("ecessar", "eces\u00adsar"),
    "soft hyphens at line ends": lambda text: text.replace("ecessary", "eces\u00ad\nsary"),
    "a quotation of all lines": lambda text: "> " + text.replace("\f", "").replace("\n", "\n> "),
    "the address at the foot": on_each_page(
        "P.O. Box 138009\nSacramento, CA 95813\nPage {at} of {count}", is_foot=True
    ),
    "the case number at the foot": lambda text: on_each_page(_case_number(text), is_foot=True)(text),
    "the case number and the page at the foot": lambda text: on_each_page(
        f"{_case_number(text)}   Page {{at}} of {{count}}", is_foot=True
    )(text),
    "line ends lost at page ends": lambda text: text.replace("\n\f", "\f"),
}


def paragraphs_joined(text: str) -> str:
    """Join the lines of each paragraph, which ends with a line much shorter than the longest."""
    lines = [line for line in text.split("\n") if line.strip()]
    ends = [" " if len(line) > 0.75 * max(map(len, lines)) else "\n" for line in lines]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


# Line breaks at other places. Where a request begins is then often unclear.
REFLOWED: dict[str, Callable[[str], str]] = {
    "one line": lambda text: " ".join(text.split()),
    "a line for each paragraph": paragraphs_joined,
    "lines of 160 through paragraphs": lambda text: fill(" ".join(text.split()), 160),
    "every third line break": put(r"\n(?=(\S))", lambda match: "\n" if match.start() % 3 == 0 else " "),
    "capitals": str.upper,
}


class Answer(NamedTuple):
    """Return what a letter decides, with plain apostrophes, hyphens and dashes."""

    case_number: str | None
    requests: tuple[tuple[str, str, str], ...]


def answer(letter: Letter) -> Answer:
    def plain(words: str | None) -> str:
        return re.sub("[\u2010-\u2015]", "-", (words or "").replace("\u2019", "'"))

    requests = tuple((plain(one.request_text), one.outcome, plain(one.rationale_text)) for one in letter.requests)
    return Answer(letter.case_number, requests)


def varied(count: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield each variation that changes a text: its name, the letter's name, the text and the varied text."""
    letters = [(one.name, one.text) for layout in YEARS for one in letters_of(layout, count, seed=seed)]
    for name, text in [("the tests' letter", LETTER), *letters]:
        for kind, change in VARIATIONS.items():
            if (changed := change(text)) != text:
                yield kind, name, text, changed


def test_harmless_variations_change_nothing() -> None:
    refused, different, count = [], [], 0
    for kind, name, text, changed in varied(2, seed=17):
        count += 1
        try:
            found = answer(read_bytes(changed.encode(), name))
        except ImrDataError as error:
            refused.append(f"{kind}: {name}: {error}")
            continue
        if found != answer(read_bytes(text.encode(), name)):
            different.append(f"{kind}: {name}: {found}")
    print(f"\n{count} variations, {len(refused)} refused, {len(different)} read otherwise")
    assert count >= 200
    assert different == []
    assert len(refused) <= MOST_REFUSED, "\n".join(refused)


@pytest.mark.parametrize("form", REFLOWED)
def test_other_line_breaks_refuse_a_letter_or_change_nothing(form: str) -> None:
    different, refused = [], 0
    letters = [
        one for layout in ("labelled_outcomes", "labelled_outcomes_2018") for one in letters_of(layout, 60, seed=4)
    ]
    for one in letters:
        try:
            found = read_bytes(REFLOWED[form](one.text).encode(), one.name)
        except ImrDataError:
            refused += 1
            continue
        if _squeezed(found) != _squeezed(read_bytes(one.text.encode(), one.name)):
            different.append(f"{one.name}: {answer(found)}")
    print(f"\n{len(letters)} letters, {refused} refused, {len(different)} read otherwise")
    assert different == []
    assert refused < len(letters) / (2 if form.startswith("lines") else 10)


def _squeezed(letter: Letter) -> list[str]:
    """Return the answer without spaces, hyphens at line ends, case, and the verb before an outcome."""
    return [re.sub(r"[\s-]|(?:is|are)\Z", "", words.lower()) for one in answer(letter).requests for words in one]


@pytest.mark.parametrize("words", ["Upheld", "Decision Date: 01/05/2017", "she reported pain", "guideline:"])
@pytest.mark.parametrize("layout", YEARS)
def test_other_words_within_a_request_refuse_a_letter(layout: str, words: str) -> None:
    for one in letters_of(layout, 5, seed=8):
        request = read_bytes(one.text.encode(), one.name).requests[0].request_text.split()[:2]
        changed = re.sub(r"\s+".join(map(re.escape, request)), f"{' '.join(request)} {words} ", one.text)
        with pytest.raises(ImrDataError):
            read_bytes(changed.encode(), one.name)


@pytest.mark.parametrize(
    "words",
    [
        " (corrected: medically necessary)",
        "\nCorrected 1/5/2017: Overturned",
        "\n[Amended: see below]",
        " (as amended)",
        " - revised",
        "\n(as amended)",
    ],
)
def test_a_correction_behind_a_sentence_of_a_notice_refuses_it(words: str) -> None:
    for one in letters_of("determination_notice", 5, seed=8):
        changed = re.sub(r"(medically\s+necessary\s+and\s+appropriate\.)", rf"\1{words}", one.text, count=1)
        assert changed != one.text
        with pytest.raises(ImrDataError, match=r"change it|neither Upheld"):
            read_bytes(changed.encode(), one.name)
