"""Asking the decision search and fetching letters, against the replica: each way in which it may differ or fail."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, python_path
from dwc_site import ODD_SPECIALTY, DecisionSearch, Site, letters

import imrdata
from imrdata import dwc
from imrdata.dwc import client
from imrdata.errors import ImrDataWarning, SourceError, ValidationError

FIRST, LAST = date(2016, 10, 3), date(2016, 10, 16)
FAST = {"rate": 1000.0, "progress": False}
MADE = [one for one in letters(250) if FIRST <= (one.letter.decision_date or date.min) <= LAST]
COUNT = len(MADE)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACK_OFF", 0.02)


def asked_index(site: DecisionSearch, pages: Path, **given: object) -> pl.DataFrame:
    return dwc.search(site.address, FIRST, LAST, pages=pages, **(FAST | given))  # type: ignore[arg-type]


def index_at(site: DecisionSearch) -> pl.DataFrame:
    """The index of a site, without asking it."""
    rows = [(number, f"{site.host}/dwc/imr/decisions/{number}.pdf", "page") for number in site.site.letters]
    found = pl.DataFrame(rows, schema=["case_number", "letter_url", "page"], orient="row")
    empty = imrdata.model("index").columns
    missing = [pl.lit(None, dtype=column.dtype.type).alias(name) for name, column in empty.items() if name not in found]
    return found.with_columns(missing).select(list(empty))


def entered() -> list[tuple[object, ...]]:
    records = sorted((one.letter for one in MADE), key=lambda one: one.case_number)
    return [(one.case_number, request.request_number, one.decision_date, request.outcome)
            for one in records for request in one.requests]  # fmt: skip


ENTERED = ["case_number", "request_number", "decision_date", "request_outcome"]


def test_the_letters_of_these_tests_need_further_pages_and_rows() -> None:
    days = pl.Series([one.letter.decision_date for one in MADE])
    assert days.value_counts()["count"].max() >= 2
    assert max(len(one.letter.requests) for one in MADE) > 1
    assert COUNT >= 7


# --- THE INDEX --- #


@pytest.mark.parametrize(
    "mode", ["", "renamed_field", "renamed_column", "upper_case", "nested_tables", "windows_1252", "cookies"]
)
def test_the_index_of_some_days_is_what_the_site_holds(mode: str, tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE, mode, page_size=1)) as site:
        index = asked_index(site, tmp_path / "pages", contact="me@example.com")
        assert index.select(ENTERED).rows() == entered()
        assert set(index["letter_url"]) == {f"{site.host}/dwc/imr/decisions/{one}.pdf" for one in site.site.letters}
        assert site.agents == {f"imrdata/{imrdata.__version__} (me@example.com)"}
        assert set(site.asked.values()) == {1}
        before = dict(site.asked)
        assert asked_index(site, tmp_path / "pages").equals(index)
        assert site.asked == before  # nothing is asked twice
        assert dwc.read_index(tmp_path / "pages").drop("letter_url").equals(index.drop("letter_url"))
    if mode == "windows_1252":
        assert set(index["reviewer_specialty"]) == {ODD_SPECIALTY}


def test_days_without_any_decision_are_told(tmp_path: Path) -> None:
    with DecisionSearch(Site([])) as site, pytest.warns(ImrDataWarning, match="no decision is of 2016-10-03 to"):
        assert asked_index(site, tmp_path).height == 0


def test_an_extra_column_is_told(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE, "extra_column")) as site, pytest.warns(ImrDataWarning, match="'Region'"):
        assert asked_index(site, tmp_path).select(ENTERED).rows() == entered()


def test_the_case_search_gives_a_row_a_case(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE)) as site:
        index = asked_index(site, tmp_path, kind="case")
    assert index.select("case_number", "case_outcome", "request_number").rows() == [
        (number, one.letter.case_outcome, None) for number, one in site.site.letters.items()
    ]


def test_single_cases_are_asked_for_by_their_numbers(tmp_path: Path) -> None:
    wanted = MADE[0].letter
    with DecisionSearch(Site(MADE)) as site, pytest.warns(ImrDataWarning, match="the case CM16-0000001"):
        index = dwc.search(site.address, case_numbers=[wanted.case_number, "CM16-0000001"], pages=tmp_path, **FAST)  # type: ignore[arg-type]
    assert index["request_outcome"].to_list() == [one.outcome for one in wanted.requests]
    with pytest.raises(ValueError, match="no case number"), DecisionSearch(Site(MADE)) as site:
        dwc.search(site.address, case_numbers=["../CM16-0000001"], pages=tmp_path, **FAST)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "reason", "message"),
    [
        ("unknown_field", "unexpected_page", "first and the last date of decision; found .*d1, d2"),
        ("unknown_column", "unexpected_page", "a table without request_outcome"),
        ("changed_page", "unexpected_page", "found no table of cases"),
        ("wrong_count", "unexpected_page", r"\d results of .* as the site prints; found \d cases with \d requests"),
        ("endless_pages", "unexpected_page", "page 2 of the treatment search .* found no table"),
        ("other_days", "unexpected_page", "found decisions of 2016"),
        ("robots", "forbidden_by_robots", "forbidden to programs"),
    ],
)
def test_a_page_that_is_not_the_expected_one_stops_the_search(
    mode: str, reason: str, message: str, tmp_path: Path
) -> None:
    with DecisionSearch(Site(MADE, mode)) as site:
        with pytest.raises(SourceError, match=message) as stopped:
            asked_index(site, tmp_path)
        assert stopped.value.reason == reason
        if reason == "unexpected_page":
            kept = list(tmp_path.glob("*.unexpected.html"))
            assert any(str(one) in str(stopped.value) for one in kept)
        site.site.mode = ""  # once the site is as it was, the same call goes on
        assert asked_index(site, tmp_path).select(ENTERED).rows() == entered()


# --- LETTERS --- #


@pytest.mark.parametrize("mode", ["", "too_many", "unavailable", "cut_off", "redirect", "slow", "robots_404"])
def test_every_letter_is_fetched_once_whatever_the_site_does_at_times(mode: str, tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE[:5], mode)) as site:
        report = dwc.fetch(index_at(site), tmp_path / "letters", **FAST)  # type: ignore[arg-type]
        assert report["status"].to_list() == ["fetched"] * 5
        assert report["message"].to_list() == [""] * 5
        gaps = [after - before for before, after in zip(site.times, site.times[1:], strict=False)]
        assert mode != "too_many" or sum(gap > 0.99 for gap in gaps) >= 2  # Retry-After says one second
        again = {"too_many": 2, "unavailable": 2, "cut_off": 2, "redirect": 5}.get(mode, 0)
        assert sum(site.letters_asked().values()) == 5 + again
        before = dict(site.asked)
        assert dwc.fetch(index_at(site), tmp_path / "letters", **FAST).equals(report)  # type: ignore[arg-type]
        assert site.asked == before
    data = imrdata.load(tmp_path / "letters")
    assert data.letters["case_number"].to_list() == list(site.site.letters)
    assert data.skipped_count == 1  # the log


@pytest.mark.parametrize(
    ("mode", "reason", "message", "status"),
    [
        ("not_found", "refused", "5 letters in a row .* missing, status 404", "missing"),
        ("error_page", "refused", "no_letter, is no PDF, but begins with b'<html>", "no_letter"),
        ("other_case", "refused", "other_case, is the letter of CM1", "other_case"),
        ("forbidden", "refused", "refused, status 403", "refused"),
        ("always_cut_off", "refused", "failed, gives no whole answer", "failed"),
        ("always_too_many", "refused", "failed, answers 429 Too Many Requests", "failed"),
        ("long_wait", "refused", "asks to wait 1,440 minutes", "failed"),
        ("endless_redirect", "refused", "redirects more than", "failed"),
        ("other_host", "foreign_address", "http://example.com.* nothing else is asked", None),
        ("robots", "forbidden_by_robots", "forbidden to programs", None),
        ("robots_403", "forbidden_by_robots", "may not be read", None),
        ("robots_500", "refused", "answers 500 Internal Server Error", "failed"),
        ("slow", "refused", "failed, gives no whole answer: ReadTimeout", "failed"),
    ],
)
def test_a_site_that_goes_on_refusing_is_left_alone(
    mode: str, reason: str, message: str, status: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TRIES", 2)
    monkeypatch.setattr(client, "SLOWEST", 0.4 if mode == "slow" else 120.0)
    with DecisionSearch(Site(MADE, mode)) as site:
        with pytest.raises(SourceError, match=message) as stopped:
            dwc.fetch(index_at(site), tmp_path, **FAST)  # type: ignore[arg-type]
        assert stopped.value.reason == reason
        assert len(site.letters_asked()) == (5 if status and mode != "robots_500" else mode == "other_host")
        log = pl.read_csv(tmp_path / "fetch_log.csv")
        assert set(log["status"]) == ({status} if status else set())
        assert list(tmp_path.glob("*.pdf")) == []
        site.site.mode = ""
        monkeypatch.setattr(client, "SLOWEST", 120.0)
        report = dwc.fetch(index_at(site), tmp_path, **FAST)  # type: ignore[arg-type]
    missing = 5 if status == "missing" else 0
    assert report["status"].value_counts().sort("status").rows() == [
        ("fetched", COUNT - missing), *([("missing", missing)] if missing else [])
    ]  # fmt: skip


def test_the_rate_is_kept_and_a_limit_too(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE)) as site:
        report = dwc.fetch(index_at(site), tmp_path, rate=5, limit=3, progress=False)
        assert len(site.letters_asked()) == 3
        gaps = [after - before for before, after in zip(site.times, site.times[1:], strict=False)]
        assert min(gaps) > 0.19
    assert report["status"].to_list() == ["fetched"] * 3 + ["waiting"] * (COUNT - 3)


def test_a_crawl_delay_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("dwc_site.ROBOTS", "User-agent: imrdata\nCrawl-delay: 1\n")
    with DecisionSearch(Site(MADE)) as site:
        dwc.fetch(index_at(site), tmp_path, limit=2, **FAST)  # type: ignore[arg-type]
        assert site.times[-1] - site.times[-2] > 0.99


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://www.example.com/a.pdf", "no address over https"),
        ("https://www.example.com/a.pdf", "several hosts"),
    ],
)
def test_nothing_but_the_one_host_is_asked(address: str, message: str, tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE)) as site:
        index = index_at(site)
        few = index.with_columns(
            pl.when(pl.int_range(pl.len()) > 0).then("letter_url").otherwise(pl.lit(address)).alias("letter_url")
        )
        few = few.head(1) if address.startswith("http:") else few
        with pytest.raises(SourceError, match=message) as refused:
            dwc.fetch(few, tmp_path, **FAST)  # type: ignore[arg-type]
        assert refused.value.reason == "foreign_address"
        assert not site.asked


def test_a_case_number_is_no_path(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE)) as site:
        bad = index_at(site).head(1).with_columns(case_number=pl.lit("../CM16-0000123"))
        with pytest.raises(ValidationError, match="case_number"):
            dwc.fetch(bad, tmp_path / "letters", **FAST)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_cases_without_an_address_are_told_and_an_index_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Case Number\nCM16-0000123\n")
    report = dwc.fetch(tmp_path / "list.csv", tmp_path / "letters")
    assert report.select("case_number", "status").rows() == [("CM16-0000123", "no_address")]


def test_a_line_of_the_log_that_was_broken_off_is_dropped(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE[:3])) as site:
        dwc.fetch(index_at(site), tmp_path, limit=2, **FAST)  # type: ignore[arg-type]
        log = tmp_path / "fetch_log.csv"
        log.write_bytes(log.read_bytes()[:-30])
        report = dwc.fetch(index_at(site), tmp_path, **FAST)  # type: ignore[arg-type]
        assert report["status"].to_list() == ["fetched"] * 3
        assert set(site.letters_asked().values()) == {1}
    assert pl.read_csv(log).height == 2


# --- KILLED --- #

RUN = """
import sys
from datetime import date
from pathlib import Path
from imrdata import dwc
from imrdata.errors import ImrDataWarning, SourceError, ValidationError
what, address, place = sys.argv[1:]
if what == "index":
    dwc.search(address, date(2016, 10, 3), date(2016, 10, 16), pages=place, rate=1000, progress=False)
else:
    dwc.fetch(what, place, rate=1000, progress=False)
"""


def killed_until_done(site: DecisionSearch, given: list[str], seed: int) -> int:
    """How often a command was killed at a random moment before it came to its end."""
    rng, kills = random.Random(seed), 0
    begin: Callable[[], subprocess.Popen[bytes]] = lambda: subprocess.Popen(  # noqa: E731
        [sys.executable, "-c", RUN, *given], cwd=ROOT, env=os.environ | {"PYTHONPATH": python_path(ROOT)}
    )
    while True:
        asked, process, end = sum(site.asked.values()), begin(), rng.randint(1, 4)
        while process.poll() is None and (sum(site.asked.values()) < asked + end or kills >= 8):
            time.sleep(0.001)
        time.sleep(rng.random() * 0.01)
        if process.poll() is not None:
            assert process.returncode == 0
            return kills
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1


def test_a_killed_fetch_ends_complete_and_asks_again_only_for_what_was_on_its_way(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE)) as site:
        index_at(site).write_parquet(tmp_path / "index.parquet")
        kills = killed_until_done(site, [str(tmp_path / "index.parquet"), "", str(tmp_path / "letters")], seed=1)
        assert kills >= 2
        asked = site.letters_asked()
        assert set(asked) == set(site.site.letters)
        assert sum(asked.values()) - len(asked) <= kills  # the one letter on its way, each time
    kept = sorted(path.name for path in (tmp_path / "letters").glob("*.pdf"))
    assert kept == [f"{number}.pdf" for number in sorted(site.site.letters)]
    assert imrdata.load(tmp_path / "letters").letters.height == COUNT


def test_a_killed_index_ends_complete_and_asks_again_only_for_what_was_on_its_way(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE, page_size=1)) as site:
        kills = killed_until_done(site, ["index", site.address, str(tmp_path / "pages")], seed=2)
        assert kills >= 2
        pages = {asked: count for asked, count in site.asked.items() if asked.startswith("POST")}
        assert sum(pages.values()) - len(pages) <= kills
        before = dict(site.asked)
        assert asked_index(site, tmp_path / "pages").select(ENTERED).rows() == entered()
        assert site.asked == before
