"""Test searching and fetching against the replica, in each way in which the site may differ or fail."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, python_path
from dwc_site import COMMAND, ODD_SPECIALTY, DecisionSearch, Site, letters, us_date

import imrdata
from imrdata import dwc
from imrdata.dwc import client, stopping
from imrdata.errors import DatasetError, ImrDataWarning, SourceError, ValidationError

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
    """Return the index of a site without a request."""
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
        assert site.asked == before  # nothing is requested twice
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
    with pytest.raises(ValueError, match="not a case number"), DecisionSearch(Site(MADE)) as site:
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
        site.site.mode = ""  # after the site recovers, the same call resumes
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
    assert data.skipped_count == 2  # the log and the lock


@pytest.mark.parametrize(
    ("mode", "reason", "message", "status"),
    [
        ("not_found", "refused", "5 letters in a row .* missing, status 404", "missing"),
        ("error_page", "refused", "no_letter, is not a PDF, but begins with b'<html>", "no_letter"),
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
        ("http://www.example.com/a.pdf", "not an https address"),
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


# --- STOPPED --- #

STOPS, KILL = [signal.SIGTERM, signal.SIGINT], [signal.SIGKILL]
ENDS = {signal.SIGTERM: -signal.SIGTERM, signal.SIGINT: 130, signal.SIGKILL: -signal.SIGKILL}
# A shell that starts the tests in the background makes its children ignore Ctrl-C.
BEGIN = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {COMMAND}"
DAYS = ("--decided-from", str(FIRST), "--decided-to", str(LAST))


def begun(*given: object) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": python_path(ROOT)}
    return subprocess.Popen([sys.executable, "-c", BEGIN, *map(str, given)], env=environment, stderr=subprocess.DEVNULL)


def request_for(kept: Path) -> str:
    """Return the request whose response is stored in a file."""
    if kept.suffix == ".pdf":
        return f"GET /dwc/imr/decisions/{kept.name}"
    _, day, page = kept.stem.split("_")
    typed = us_date(date.fromisoformat(day))
    return f"POST Tx {typed}-{typed} page {int(page)}"


def stopped_until_done(site: DecisionSearch, given: list[object], folder: Path, signals: list[signal.Signals]) -> int:
    """Run a command again and again, stop it at random moments, and return how often it was stopped."""
    rng, stops = random.Random(1), 0
    kept: dict[str, int] = {}
    while True:
        asked, process, end = site.asked.total(), begun(*given), rng.randint(3, 5)
        while process.poll() is None and (site.asked.total() < asked + end or stops >= 3):
            time.sleep(0.001)
        time.sleep(rng.random() * 0.06)
        stop = rng.choice(signals)
        process.send_signal(stop)
        code = process.wait(timeout=60)
        assert {request: site.asked[request] for request in kept} == kept  # what is stored is never requested again
        if code == 0:
            return stops
        assert code == ENDS[stop]
        stops += 1
        kept |= {one: site.asked[one] for one in map(request_for, folder.glob("[!.]*_*_*.html"))}
        kept |= {one: site.asked[one] for one in map(request_for, folder.glob("*.pdf"))}
        assert 0 not in kept.values()


def given_fetch(site: DecisionSearch, folder: Path) -> list[object]:
    index_at(site).write_parquet(folder / "index.parquet")
    return ["fetch", folder / "index.parquet", folder / "kept", "--rate", 1000]


def given_index(site: DecisionSearch, folder: Path) -> list[object]:
    return ["index", site.address, *DAYS, "-o", folder / "index.parquet", "--rate", 1000]


def stored(site: DecisionSearch) -> dict[str, int]:
    """Return how often each letter and page of results was requested; each run requests robots.txt and the form."""
    return {asked: count for asked, count in site.asked.items() if asked.startswith("POST") or asked.endswith(".pdf")}


@pytest.mark.parametrize("given", [given_fetch, given_index])
@pytest.mark.parametrize("signals", [STOPS, KILL], ids=["stopped", "killed"])
def test_what_is_stopped_ends_complete_and_asks_for_nothing_twice(
    given: Callable[[DecisionSearch, Path], list[object]], signals: list[signal.Signals], tmp_path: Path
) -> None:
    site = Site(letters(14) if given is given_fetch else MADE, page_size=1)
    site.seconds = 0.05
    with DecisionSearch(site) as search:
        command = given(search, tmp_path)
        folder = tmp_path / ("kept" if given is given_fetch else "index_pages")
        stops = stopped_until_done(search, command, folder, signals)
        asked = stored(search)
        assert stops >= 2
        # A process that is killed cannot store the response that is on its way: one request a kill.
        assert sum(asked.values()) - len(asked) <= (stops if signals == KILL else 0)
        assert set(asked.values()) == {1} or signals == KILL
        assert begun(*command).wait() == 0
        assert stored(search) == asked
    if given is given_fetch:
        assert imrdata.load(tmp_path / "kept").letters["case_number"].to_list() == list(site.letters)
    else:
        assert dwc.read_index(tmp_path / "index.parquet").select(ENTERED).rows() == entered()


class Stopped(Exception):
    """Raised by the signal handler of a caller."""


@pytest.fixture
def stops_within(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Send signals, some seconds apart, while the site makes the PDF of a letter; then restore the handlers."""
    before = {one: signal.getsignal(one) for one in STOPS}

    def stop(*signals: signal.Signals, seconds: float = 0.0) -> None:
        make = Site.pdf

        def pdf(site: Site, number: str) -> bytes:
            for one in signals:
                os.kill(os.getpid(), one)
                time.sleep(seconds)
            return make(site, number)

        monkeypatch.setattr(Site, "pdf", pdf)

    yield stop
    for one, handler in before.items():
        signal.signal(one, handler)


def raise_stopped(*_: object) -> None:
    raise Stopped


@pytest.mark.parametrize("mode", ["", "redirect"])
def test_a_stop_acts_once_the_letter_is_stored(mode: str, stops_within: Callable[..., None], tmp_path: Path) -> None:
    signal.signal(signal.SIGTERM, raise_stopped)
    with DecisionSearch(Site(MADE[:3], mode)) as site:
        stops_within(signal.SIGTERM)
        for count in (1, 2, 3):
            with pytest.raises(Stopped):  # even at the last letter
                dwc.fetch(index_at(site), tmp_path, **FAST)  # type: ignore[arg-type]
            assert len(list(tmp_path.glob("*.pdf"))) == count
            assert signal.getsignal(signal.SIGTERM) is raise_stopped
        assert dwc.fetch(index_at(site), tmp_path)["status"].to_list() == ["fetched"] * 3
        assert set(stored(site).values()) == {1}


def test_a_stop_does_not_wait_for_the_rate(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE)) as site:
        started, process = time.monotonic(), begun(*given_fetch(site, tmp_path)[:-1], "0.01")
        while not site.asked:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)  # the next letter would be requested in 100 seconds
        assert process.wait() == -signal.SIGTERM
        assert time.monotonic() - started < 90
        assert stored(site) == {}


def test_a_second_ctrl_c_acts_at_once(
    stops_within: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "_SECONDS_APART", 0.2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with DecisionSearch(Site(MADE[:1])) as site:
        stops_within(signal.SIGINT, signal.SIGINT, seconds=2)  # no third, which could come after the test
        with pytest.raises(KeyboardInterrupt):
            dwc.fetch(index_at(site), tmp_path, **FAST)  # type: ignore[arg-type]
    assert not list(tmp_path.glob("*.pdf"))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_that_is_ignored_or_does_not_end_the_caller_does_not_end_the_fetch(
    stops_within: Callable[..., None], tmp_path: Path
) -> None:
    received: list[int] = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    with DecisionSearch(Site(MADE[:3])) as site:
        stops_within(signal.SIGINT, signal.SIGTERM)
        assert dwc.fetch(index_at(site), tmp_path, **FAST)["status"].to_list() == ["fetched"] * 3  # type: ignore[arg-type]
    assert received == [signal.SIGTERM] * 3


def test_another_thread_may_fetch(tmp_path: Path) -> None:
    before = [signal.getsignal(one) for one in STOPS]
    with DecisionSearch(Site(MADE[:2])) as site, ThreadPoolExecutor(1) as threads:
        report = threads.submit(dwc.fetch, index_at(site), tmp_path, **FAST).result()  # type: ignore[arg-type]
    assert report["status"].to_list() == ["fetched"] * 2
    assert [signal.getsignal(one) for one in STOPS] == before


# --- TWO RUNS AT ONCE, AND LIMITS OF A RUN --- #


def test_a_second_fetch_or_search_into_a_folder_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    site = Site(MADE)
    site.seconds = 5.0
    with DecisionSearch(site) as search:
        for given, again in (
            (given_fetch, lambda: dwc.fetch(index_at(search), tmp_path / "kept", **FAST)),  # type: ignore[arg-type]
            (given_index, lambda: asked_index(search, tmp_path / "index_pages")),
        ):
            asked, process = search.asked.total(), begun(*given(search, tmp_path))
            while search.asked.total() == asked:
                time.sleep(0.01)
            with pytest.raises(DatasetError, match="another program writes to") as refused:
                again()
            assert refused.value.reason == "dataset_in_use"
            process.kill()
            process.wait()
        site.seconds = 0.0
        assert (dwc.fetch(index_at(search), tmp_path / "kept", **FAST)["status"] == "fetched").all()  # type: ignore[arg-type]
        assert asked_index(search, tmp_path / "index_pages").select(ENTERED).rows() == entered()


def test_a_search_asks_for_some_pages_a_run(tmp_path: Path) -> None:
    with DecisionSearch(Site(MADE, page_size=1)) as site:
        for run in (1, 2):
            with pytest.raises(SourceError, match="limit of 7 pages is reached before page") as stopped:
                asked_index(site, tmp_path, limit=7)
            assert stopped.value.reason == "limit_reached"
            assert len(stored(site)) == 7 * run
        assert asked_index(site, tmp_path, limit=7).select(ENTERED).rows() == entered()
        assert set(stored(site).values()) == {1}
        assert 14 < len(stored(site)) <= 21
