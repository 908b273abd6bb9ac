"""Test the review widget in JupyterLab in a real browser: keys, clicks, and the CSV that they write."""

from __future__ import annotations

import csv
import json
import statistics
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import LETTER
from paper import on_letter_paper
from test_browser import (
    CHANGE_THEME,
    CLOSE,
    HAS_THEME,
    IS_IDLE,
    OPEN,
    SCREENSHOTS,
    TOKEN,
    browser,  # noqa: F401 - a fixture
    is_outside,
    lab,  # noqa: F401 - a fixture
    page,  # noqa: F401 - a fixture
    run_all,
)

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror='window.ran=1'><script>window.ran=1</script>"
CODE = """
import polars as pl
import imrdata
from imrdata import review

data = imrdata.load({letters!r})
items = pl.concat([
    review.sample(data, 12, seed=3, columns=["outcome", "drugs", "request_text", "decision_date"], letters=1),
    review.queue(data),
], how="diagonal")
hostile = pl.lit({hostile!r})
value = pl.concat_str(pl.col("value").fill_null(""), hostile)
items = items.with_columns(words=hostile, message=hostile, value=value)
desk = review.open(items, data, {marks!r}, corrected_by={person!r})
desk
"""
AT = "at => document.querySelector('.imrdata-desk')?.dataset.at === String(at)"
COUNT_CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"


@pytest.fixture
def desk(lab: str, page: Any, tmp_path: Path) -> Any:  # noqa: F811
    """Open the widget on letters full of markup; ``marks`` is the file it writes."""
    letters = tmp_path / "letters"
    letters.mkdir()
    hostile = LETTER.replace("MRI of the left knee", f"MRI {HOSTILE} of the left knee").replace(
        "torn ligament", HOSTILE
    )
    for number in range(123, 128):
        (letters / f"{number}.txt").write_text(hostile.replace("CM16-0000123", f"CM16-0000{number}"))
    paged = hostile.replace("CM16-0000123", "CM16-0000128").replace("IMR ISSUES", "\fIMR ISSUES")
    (letters / "128.pdf").write_bytes(on_letter_paper(paged))
    marks = tmp_path / "marks.csv"
    source = CODE.format(letters=str(letters), hostile=HOSTILE, marks=str(marks), person=HOSTILE)
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, "id": "a"}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    body = json.dumps({"type": "notebook", "content": notebook}).encode()
    request = urllib.request.Request(f"{lab}api/contents/desk.ipynb?token={TOKEN}", data=body, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.evaluate(OPEN, "desk.ipynb")
    page.wait_for_function(IS_IDLE)
    assert [output["evalue"] for output in run_all(page) if output["output_type"] == "error"] == []
    page.wait_for_selector(".imrdata-desk .letter mark")
    page.marks = marks
    yield page
    page.evaluate(CLOSE)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_keys_mark_fields_and_markup_runs_nothing(desk: Any) -> None:
    root = desk.locator(".imrdata-desk")
    root.focus()
    began = []
    for at, key in enumerate(("a", "s", "w")):
        desk.keyboard.press(key)
        started = time.perf_counter()
        desk.wait_for_function(AT, arg=at + 1)
        began.append(time.perf_counter() - started)
    assert statistics.median(began) < 0.3
    assert [row["verdict"] for row in rows(desk.marks)] == ["right", "skipped", "wrong"]

    desk.keyboard.press("b")
    desk.wait_for_function(AT, arg=2)
    assert "marked: wrong" in root.inner_text()
    desk.keyboard.press("n")
    desk.keyboard.type(f"abs {HOSTILE}")  # letters that are also keys of the widget
    desk.keyboard.press("Enter")
    desk.keyboard.press("a")
    desk.wait_for_function(AT, arg=3)
    last = rows(desk.marks)[-1]
    assert (last["verdict"], last["reason"], last["corrected_by"]) == ("right", f"abs {HOSTILE}", HOSTILE)

    assert desk.evaluate(COUNT_CELLS) == 1  # the notebook reacted to no key
    assert desk.evaluate("() => window.ran") is None
    assert root.locator("img, script").count() == 0
    assert "<img src=x" in root.locator(".letter").inner_text()
    assert [address for address in desk.asked if is_outside(address)] == []


def go_to(desk: Any, words: str) -> None:
    root = desk.locator(".imrdata-desk")
    root.focus()
    while words not in root.locator(".side").inner_text():
        at = int(root.get_attribute("data-at"))
        desk.keyboard.press("f")
        desk.wait_for_function(AT, arg=at + 1)


def test_the_page_of_the_words_is_shown_beside_them(desk: Any) -> None:
    root = desk.locator(".imrdata-desk")
    box, number = root.locator(".page-box"), root.locator(".page-box .count")
    go_to(desk, "CM16-0000124")
    desk.keyboard.press("p")
    desk.wait_for_function("() => document.querySelector('.imrdata-desk .page-box .count').textContent !== ''")
    assert number.inner_text() == "no image: the letter was read from a text"
    assert box.locator("img").count() == 0

    go_to(desk, "CM16-0000128")
    box.locator("img").wait_for()
    shown = [number.inner_text(), box.locator("img").get_attribute("src")]
    assert shown[0] in {"page 1 of 2", "page 2 of 2"}
    is_drawn = "one => one.complete && one.naturalWidth > 500"
    assert box.locator("img").evaluate(is_drawn)
    turn = root.locator(".next" if shown[0] == "page 1 of 2" else ".previous")
    turn.focus()
    desk.keyboard.press("Enter")
    desk.wait_for_function(
        "before => document.querySelector('.imrdata-desk .page-box .count').textContent !== before", arg=shown[0]
    )
    assert box.locator("img").get_attribute("src") != shown[1]
    assert turn.is_disabled()
    assert desk.evaluate("() => window.ran") is None
    assert [address for address in desk.asked if is_outside(address)] == []
    SCREENSHOTS.mkdir(exist_ok=True)
    for theme in ("Dark", "Light"):
        desk.evaluate(CHANGE_THEME, theme)
        desk.wait_for_function(HAS_THEME, arg=theme)
        root.screenshot(path=SCREENSHOTS / f"review-page-{theme.lower()}.png")
    root.focus()
    desk.keyboard.press("p")
    assert box.is_hidden()


def test_corrections_are_typed_or_chosen_and_checked(desk: Any) -> None:
    root = desk.locator(".imrdata-desk")
    root.focus()
    while "outcome" not in root.locator(".column").inner_text():
        at = int(root.get_attribute("data-at"))
        desk.keyboard.press("f")
        desk.wait_for_function(AT, arg=at + 1)
    at = int(root.get_attribute("data-at"))
    desk.keyboard.press("c")
    desk.keyboard.type("nonsense")
    desk.keyboard.press("Enter")
    desk.wait_for_function("() => document.querySelector('.imrdata-desk .message').textContent.includes('Overturned')")
    assert not desk.marks.exists()
    desk.locator(".imrdata-desk .right-input").fill("over")
    desk.locator(".imrdata-desk .choice", has_text="Overturned").click()
    desk.keyboard.press("Enter")
    desk.wait_for_function(AT, arg=at + 1)
    desk.locator(".imrdata-desk .accept").click()
    desk.wait_for_function(AT, arg=at + 2)
    found = [(row["column"], row["verdict"], row["value"]) for row in rows(desk.marks)]
    assert found[0] == ("outcome", "corrected", "Overturned")
    assert found[1][1] == "right"


def test_the_widget_is_read_in_light_and_dark(desk: Any) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    papers = []
    for theme in ("Light", "Dark"):
        desk.evaluate(CHANGE_THEME, theme)
        desk.wait_for_function(HAS_THEME, arg=theme)
        root = desk.locator(".imrdata-desk")
        papers.append(root.evaluate("one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"))
        root.screenshot(path=SCREENSHOTS / f"review-{theme.lower()}.png")
    assert papers[0] == papers[1][::-1] or papers[0][0] != papers[1][0]
    is_in_view = """() => {
        const box = document.querySelector('.imrdata-desk .letter').getBoundingClientRect();
        const mark = document.querySelector('.imrdata-desk .letter mark').getBoundingClientRect();
        return mark.top >= box.top && mark.bottom <= box.bottom + 1;
    }"""
    assert desk.evaluate(is_in_view)
