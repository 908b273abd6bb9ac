"""Test the notebook pages: complete, escaped, and without scripts or requests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from html.parser import HTMLParser
from operator import attrgetter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import LETTER
from hypothesis import given
from hypothesis import strategies as st

import imrdata
from imrdata.display.spans_page import spans_page
from imrdata.letters.found import Diagnostic
from imrdata.letters.model import Amounts, Letter

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "</style></div></td></table><iframe src='javascript:alert(3)'>",
    "\" onmouseover='alert(4)' x=\"",
    '<a href="javascript:alert(5)">here</a> &lt;b&gt; &#60;b&#62;',
    "$\\href{javascript:alert(6)}{x}$ \u202eabc\ud800\x00",
    "<!-- --><![CDATA[ <svg/onload=alert(7)> ]]>",
]
ATTACK = " ".join(ATTACKS)
TAGS = {
    *("div", "style", "h3", "h4", "h5", "p", "span", "strong", "section", "code", "pre", "mark"),
    *("table", "thead", "tbody", "tr", "th", "td", "ul", "li"),
}


class Reader(HTMLParser):
    """Collects the elements and attributes of a page, and the words outside the style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert self.opened == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self.opened[-1], data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = unknown_decl = handle_pi = handle_comment

    @property
    def text(self) -> str:
        return "".join(words for tag, words in self.words if tag != "style")


def read_safely(html: str) -> Reader:
    page = Reader(html)
    assert page.tags <= TAGS
    assert page.attributes <= {"class", "title"}
    style = "".join(words for tag, words in page.words if tag == "style")
    assert not any(word in style for word in ("url(", "@import", "http", "expression"))
    return page


def hostile(value: Any) -> Any:
    """Return a record with the attack in each of its texts."""
    if isinstance(value, str):
        return f"{value} {ATTACK}"
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value) or (ATTACK,)
    if hasattr(value, "__dataclass_fields__"):
        kept = {"spans", "sections", "cited_by", "requests", "citations", "diagnostics"}
        changed = {one.name: hostile(getattr(value, one.name)) for one in fields(value) if one.name not in kept}
        for name in {"requests", "citations"} & set(value.__dataclass_fields__):
            changed[name] = tuple(hostile(one) for one in getattr(value, name))
        return replace(value, **changed)
    return value


@pytest.fixture(scope="module")
def attacked() -> Letter:
    letter: Letter = hostile(imrdata.read_letter(LETTER))
    amounts = Amounts(6.0, ATTACK, ATTACK, ATTACK, ATTACK)
    treatment = replace(letter.requests[0].treatment, laterality=ATTACK, amounts=amounts)
    request = replace(letter.requests[0], treatment=treatment)
    return replace(
        letter,
        requests=(request, *letter.requests[1:]),
        documents_reviewed_text=ATTACK,
        diagnostics=(Diagnostic(ATTACK, ATTACK),),
        spans={ATTACK: (0, 30), "x": (10, 60)},
    )


def test_nothing_of_a_letter_runs_whichever_field_it_is_in(attacked: Letter) -> None:
    page = read_safely(attacked._repr_html_())
    shown = ATTACK.replace("\ud800", "?")
    assert page.text.count(shown.split("\x00")[0]) > 30
    for name in ("case_number", "priority", "clinical_summary_text", "patient_sex"):
        assert getattr(attacked, name).split("\ud800")[0] in page.text, name
    for name in ("request_text", "outcome", "rationale_text", "treatment.subcategory", "treatment.amounts.duration"):
        assert attrgetter(name)(attacked.requests[0]).split("\ud800")[0] in page.text, name
    read_safely(attacked.show_spans().html)


def test_nothing_of_a_data_set_or_a_search_runs() -> None:
    sources = [LETTER.replace("MRI of the left knee", f"MRI {ATTACKS[0]}{ATTACKS[1]}{ATTACKS[2]} knee")]
    sources += [f"CLINICAL CASE\nCase Number: {attack}" for attack in ATTACKS[:5]]
    with pytest.warns(imrdata.ImrDataWarning):
        data = imrdata.load(sources)
    rows = pl.DataFrame({name: [ATTACKS[1]] for name in ("case_number", "code", "message")})
    bad = pl.DataFrame({name: [ATTACKS[2]] for name in data.quarantine.columns})
    data = replace(
        data,
        quarantine=pl.concat([data.quarantine, bad]),
        diagnostics=pl.concat([data.diagnostics, rows.with_columns(code="unknown_" + pl.col("code"))], how="diagonal"),
    )
    page = read_safely(data._repr_html_())
    assert all(attack in page.text for attack in ATTACKS[1:3])
    found = data.decisions.imr.search("script", in_="request")  # type: ignore[attr-defined]
    marked = read_safely(found.imr.show_excerpts().html)
    assert "1 found" in marked.text
    assert ("mark", "script") in marked.words
    assert "MRI <script>alert(1)</script><img src=x onerror=alert(2)>" in marked.text


# --- what a page says ---


def test_a_letter_says_all_that_a_person_wants_to_read() -> None:
    text = read_safely(imrdata.read_letter(LETTER)._repr_html_()).text
    for words in [
        "CM16-0000123 Partially overturned",
        "Decision date2016-12-19",
        "PriorityStandard",
        "licensed in TX, NY, CA",
        "41 years, female, represented by an attorney",
        "1. MRI of the left knee Upheld",
        "Body partsknee (left)",
        "MTUS Knee Complaints (2004): Special Studies",
        "Claims administrator's guidelineMTUS Knee",
        "Requested at firstAcupuncture 18 sessions",
        "Authorized",
        "Amounts12 sessions",
        "The Claims Administrator did not cite any medical evidence",
        "Six sessions brought her back to her stove.",
    ]:
        assert words in text, words
    assert "Synthetic" not in text
    example = read_safely(imrdata.read_letter(imrdata.example_letter())._repr_html_()).text
    assert example.endswith("Source: CM15-0174261.md")  # without the folder of the reader
    assert "TreatmentProgramsAmounts10 sessions" in example


def test_a_letter_without_something_leaves_it_out() -> None:
    bare = replace(
        imrdata.read_letter(LETTER),
        reviewer_states=(),
        reviewer_specialties=(),
        patient_age=None,
        patient_sex=None,
        is_represented=None,
        clinical_summary_text=None,
        decision_date=None,
        provenance="synthetic",
    )
    text = read_safely(bare._repr_html_()).text
    for words in ("licensed", "Injured worker", "summary", "Decision date", "None"):
        assert words not in text
    assert "Synthetic letter, made by this package" in text


def test_a_data_set_says_its_provenance_quarantine_and_unknown_terms() -> None:
    unknown = LETTER.replace("MRI of the left knee", "Zzyzx wrap").replace("CM16-0000123", "CM16-0000125")
    with pytest.warns(imrdata.ImrDataWarning):
        data = imrdata.load([LETTER, unknown, *(f"no letter\n{number}" for number in range(12))])
    text = read_safely(data._repr_html_()).text
    assert "Letters: 2 published." in text
    assert "Quarantined: 12" in text
    assert "and 2 more" in text
    assert "unknown_treatmentZzyzx wrap1" in text
    sample = read_safely(imrdata.load()._repr_html_()).text
    assert "Letters: 1 published, 1,500 synthetic. Do not quote figures from synthetic letters" in sample


def test_pages_are_the_same_in_every_process() -> None:
    code = "import imrdata; print(imrdata.read_letter(imrdata.example_letter())._repr_html_(), end='')"
    runs = [
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != b""


def test_colours_can_be_read() -> None:
    style = read_safely(imrdata.read_letter(LETTER)._repr_html_()).words[0][1]
    blocks = re.findall(r"\{([^{}]*--muted: [^{}]*)\}", style)
    assert len(blocks) == 4
    for block in blocks:
        colours = dict(re.findall(r"--([\w-]+): (?:var\([\w-]+, )?(#[0-9a-f]{6})", block))
        paper = colours.get("paper", "#1e1e1e")  # the lightest background of JupyterLab's dark theme
        ink = colours.get("ink", "#ffffff")
        pairs = [(colours[name], colours[f"{name}-paper"]) for name in ("upheld", "overturned", "partial")]
        pairs += [(ink, colours[name]) for name in ("chip", "mark", "passage", "notice")] + [(ink, paper)]
        pairs += [(colours["muted"], paper)]
        assert all(contrast(*pair) >= 4.5 for pair in pairs), pairs


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, as defined by WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# --- spans ---

SPANS = st.dictionaries(
    st.text('abc<"', min_size=1, max_size=3), st.tuples(st.integers(-2, 25), st.integers(-2, 25)), max_size=8
)


@given(st.text("ab <>&\n\"'«é", max_size=20), SPANS)
def test_the_text_comes_out_whole_and_every_span_marks_its_words(
    whole: str, spans: Mapping[str, tuple[int, int]]
) -> None:
    marks = Marks(spans_page("", whole, spans).html)
    assert marks.text == whole
    inside = {name: (start, end) for name, (start, end) in spans.items() if 0 <= start < end <= len(whole)}
    assert marks.named == {name: whole[start:end] for name, (start, end) in inside.items()}
    assert all(marks.labels[name] == 1 for name in inside)  # named only where it begins


class Marks(HTMLParser):
    """Collects the words under each name, and how often the name is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.named, self.labels, self.opened = "", {}, {}, []  # type: ignore[var-annotated]
        self.is_in_text = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "pre":
            self.is_in_text = True
        if tag == "mark":
            self.opened.append(given["title"])
            self.named.setdefault(given["title"], "")
            is_named_here = "span" in (given["class"] or "").split()
            self.labels[given["title"]] = self.labels.get(given["title"], 0) + is_named_here

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self.opened.pop()
        if tag == "pre":
            self.is_in_text = False

    def handle_data(self, data: str) -> None:
        if self.is_in_text:
            self.text += data
            for name in self.opened:
                self.named[name] += data


def test_a_page_is_shown_beside_its_words(tmp_path: Path, pdf_of: Callable[..., bytes]) -> None:
    file = tmp_path / "letter.pdf"
    file.write_bytes(pdf_of(LETTER.replace("MRI", ATTACKS[0]).replace("IMR ISSUES", "\fIMR ISSUES")))
    letter = imrdata.read_letter(file)
    image = re.compile('<img alt="CM16-0000123, page [12] of 2" src="data:image/png;base64,[A-Za-z0-9+/=]+">')
    shown = {of: letter.show_page(of).html for of in (1, 2, "decision_date", "requests[2].outcome")}
    assert shown["decision_date"] == shown[1] != shown[2] == shown["requests[2].outcome"]
    for number in (1, 2):
        assert image.search(shown[number])
        read_safely(image.sub("", shown[number]))
    whole = [Marks(shown[number]) for number in (1, 2)]
    assert "\n".join(marks.text.strip("\n") for marks in whole) == letter.text
    assert whole[0].named["decision_date"] == "12/19/2016"
    assert whole[1].named["requests[2].outcome"] == "Overturned"
    for wrong in (0, 3, "outcome"):
        with pytest.raises(ValueError, match="the letter has 2 pages"):
            letter.show_page(wrong)
    file.unlink()
    told = read_safely(letter.show_page(2).html).text
    assert "no image: " in told
    assert "there is no such file" in told
    assert "Overturned" in told


def test_a_letters_spans_hold_what_was_read() -> None:
    letter = imrdata.read_letter(LETTER)
    marks = Marks(letter.show_spans().html)
    assert marks.text == letter.text
    assert set(marks.named) == {*letter.spans, *(f"{one.name}: {one.why}" for one in letter.evidence())}
    assert marks.named["decision_date"] == "12/19/2016"
    assert marks.named["requests[2].outcome"] == "Overturned"
