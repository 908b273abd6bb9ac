"""`frame.imr.overturn_rate` and `.trend`: intervals as published, no row lost, nothing mixed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imrdata
from imrdata.errors import UnknownTermError

MEASURES = ["decided_count", "overturned_count", "overturn_rate", "interval_low", "interval_high", "is_small_group"]


def decided(decided_count: int, overturned_count: int, **columns: Any) -> pl.DataFrame:
    """So many requests, each of a letter of its own."""
    outcomes = ["Overturned"] * overturned_count + ["Upheld"] * (decided_count - overturned_count)
    numbers = [f"CM16-{number:07}" for number in range(decided_count)]
    frame = pl.DataFrame({"case_number": numbers, "request_number": [1] * decided_count, "outcome": outcomes})
    return frame.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


# Newcombe, Statistics in Medicine 17 (1998), Table I, method 3; the last is the mirror of 0/20
@pytest.mark.parametrize(
    ("overturned", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_intervals_are_the_published_ones(overturned: int, of: int, low: float, high: float) -> None:
    row = decided(of, overturned).imr.overturn_rate().row(0, named=True)  # type: ignore[attr-defined]
    assert (row["decided_count"], row["overturned_count"]) == (of, overturned)
    assert row["overturn_rate"] == overturned / of
    assert row["interval_low"] == pytest.approx(low, abs=5e-5)
    assert row["interval_high"] == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.just(of), st.integers(0, of))))
def test_the_interval_holds_the_rate_and_stays_between_none_and_all(counts: tuple[int, int]) -> None:
    of, overturned = counts
    letters = pl.DataFrame({"request_count": [of], "overturned_count": [overturned]})
    row = letters.imr.overturn_rate().row(0, named=True)  # type: ignore[attr-defined]
    assert 0 <= row["interval_low"] <= row["overturn_rate"] <= row["interval_high"] <= 1
    assert row["interval_low"] < row["interval_high"]


GROUP = st.sampled_from(["a", "b", None])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Upheld", "Overturned"]),
        GROUP,
        st.none() | st.dates(date(2015, 1, 1), date(2017, 12, 31)),
        st.sampled_from(["published", "synthetic"]),
        st.none() | st.lists(GROUP, max_size=3),
    ),
    max_size=30,
)


def framed(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {
        "outcome": pl.String,
        "group": pl.String,
        "decision_date": pl.Date,
        "provenance": pl.String,
        "names": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.format("CM16-{}", pl.int_range(pl.len())).alias("case_number"), request_number=1
    )


@given(ROWS, st.sampled_from(["1q", "1mo", "2w", "1y", "90d"]))
def test_counts_add_up_to_the_rows_and_are_those_of_a_plain_loop(rows: list[tuple[Any, ...]], every: str) -> None:
    frame = framed(rows)
    rates = frame.imr.overturn_rate("group")  # type: ignore[attr-defined]
    trend = frame.imr.trend(every, "group")  # type: ignore[attr-defined]
    assert rates["decided_count"].sum() == trend["decided_count"].sum() == len(rows)
    for row in rates.iter_rows(named=True):
        mine = [one for one in rows if (one[3], one[1]) == (row["provenance"], row["group"])]
        assert (row["decided_count"], row["overturned_count"]) == (
            len(mine),
            sum(one[0] == "Overturned" for one in mine),
        )
    undated = trend.filter(pl.col("period").is_null())
    assert undated["decided_count"].sum() == sum(one[2] is None for one in rows)
    assert not trend.select("provenance", "group", "period").is_duplicated().any()


@given(ROWS)
def test_a_request_counts_once_in_each_of_its_groups(rows: list[tuple[Any, ...]]) -> None:
    rates = framed(rows).imr.overturn_rate("names")  # type: ignore[attr-defined]
    expected = sum(len(set(one[4] or [None])) for one in rows)
    assert rates["decided_count"].sum() == expected


def test_groups_stand_in_order_nothing_is_dropped_and_provenance_comes_first() -> None:
    frame = pl.concat(
        [
            decided(2, 1, drugs=["tramadol", "gabapentin"], provenance="synthetic"),
            decided(1, 0, drugs=pl.Series([[]], dtype=pl.List(pl.String)), provenance="synthetic"),
            decided(1, 1, drugs=["tramadol"], provenance="published"),
        ]
    ).with_columns(pl.format("CM16-{}", pl.int_range(pl.len())).alias("case_number"))
    rates = frame.imr.overturn_rate("drugs")  # type: ignore[attr-defined]
    assert rates.columns == ["provenance", "drugs", *MEASURES]
    assert rates.select("provenance", "drugs", "decided_count", "overturned_count").rows() == [
        ("published", "tramadol", 1, 1),
        ("synthetic", "gabapentin", 2, 1),
        ("synthetic", "tramadol", 2, 1),
        ("synthetic", None, 1, 0),
    ]
    several = frame.imr.overturn_rate(["drugs", "outcome", "provenance"])  # type: ignore[attr-defined]
    assert several.columns == ["drugs", "outcome", "provenance", *MEASURES]


def test_small_groups_are_marked() -> None:
    assert decided(29, 3).imr.overturn_rate()["is_small_group"].to_list() == [True]  # type: ignore[attr-defined]
    assert decided(30, 3).imr.overturn_rate()["is_small_group"].to_list() == [False]  # type: ignore[attr-defined]
    rates = decided(30, 3).imr.overturn_rate(small_below=31)  # type: ignore[attr-defined]
    assert rates["is_small_group"].to_list() == [True]


def test_letters_add_up_their_requests() -> None:
    letters = pl.DataFrame({"case_number": ["a", "b"], "request_count": [3, 1], "overturned_count": [1, 0]})
    assert letters.imr.overturn_rate().row(0)[:3] == (4, 1, 0.25)  # type: ignore[attr-defined]


def test_citations_count_each_request_once_a_group() -> None:
    keys = {"case_number": ["a", "a", "a", "b"], "request_number": [1, 1, 2, 1], "citation_number": [1, 2, 1, 1]}
    joined = pl.DataFrame(
        {**keys, "title": ["x", "x", "x", "y"], "outcome": ["Upheld", "Upheld", "Overturned", "Upheld"]}
    )
    rates = joined.imr.overturn_rate("title")  # type: ignore[attr-defined]
    assert rates.select("title", "decided_count", "overturned_count").rows() == [("x", 2, 1), ("y", 1, 0)]
    assert joined.imr.overturn_rate()["decided_count"][0] == 3  # type: ignore[attr-defined]


def test_sample_gives_the_same_figure_from_all_tables() -> None:
    data = imrdata.load()
    expected = data.decisions.group_by("provenance").agg(pl.len().cast(pl.Int64)).sort("provenance").rows()
    for frame in (data.decisions, data.letters):
        rates = frame.imr.overturn_rate()  # type: ignore[attr-defined]
        assert rates.select("provenance", "decided_count").rows() == expected
    by_drug = data.decisions.imr.overturn_rate("drugs")  # type: ignore[attr-defined]
    assert (
        by_drug.filter(pl.col("drugs").is_null())["decided_count"].sum()
        == (data.decisions["drugs"].list.len() == 0).sum()
    )


# --- what is refused ---


@pytest.mark.parametrize(
    ("frame", "by", "error", "message"),
    [
        (decided(1, 0), "year", UnknownTermError, "overturn_rate needs year; the frame has no such column, but: case_"),
        (decided(1, 0).drop("outcome"), None, UnknownTermError, "needs outcome"),
        (decided(2, 0, outcome="upheld"), None, UnknownTermError, "2 rows have another outcome .*: 'upheld'"),
        (decided(1, 0, outcome=None), None, UnknownTermError, "another outcome .*: null"),
        (pl.concat([decided(1, 0)] * 2), None, ValueError, r"1 rows are there twice, the first \('CM16-0000000', 1\)"),
        (decided(1, 0, overturn_rate=1), "overturn_rate", ValueError, "gives a column overturn_rate itself"),
        (pl.DataFrame(), None, UnknownTermError, "but: none"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    frame: pl.DataFrame, by: str | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        frame.imr.overturn_rate(by)  # type: ignore[attr-defined]


@pytest.mark.parametrize("every", ["", "q", "0q", "-1q", "1h", "1q1mo", "quarter"])
def test_periods_that_are_none_are_refused(every: str) -> None:
    with pytest.raises(ValueError, match="every is"):
        decided(1, 0, decision_date=date(2016, 1, 1)).imr.trend(every)  # type: ignore[attr-defined]


def test_a_group_named_like_the_periods_is_refused() -> None:
    with pytest.raises(ValueError, match="gives a column period itself"):
        decided(1, 0, decision_date=date(2016, 1, 1), period="early").imr.trend(by="period")  # type: ignore[attr-defined]


# --- periods ---


def test_periods_without_decisions_are_told_within_each_provenance() -> None:
    days = [date(2016, 2, 1), date(2016, 11, 30), None, date(2013, 5, 5)]
    frame = decided(4, 1).with_columns(
        pl.Series("decision_date", days), provenance=pl.Series(["synthetic"] * 3 + ["published"]), side=pl.lit("left")
    )
    trend = frame.imr.trend("1q", "side")  # type: ignore[attr-defined]
    assert trend.columns == ["provenance", "side", "period", *MEASURES]
    assert trend.select("provenance", "period", "decided_count", "overturn_rate").rows() == [
        ("published", date(2013, 4, 1), 1, 0.0),
        ("synthetic", date(2016, 1, 1), 1, 1.0),
        ("synthetic", date(2016, 4, 1), 0, None),
        ("synthetic", date(2016, 7, 1), 0, None),
        ("synthetic", date(2016, 10, 1), 1, 0.0),
        ("synthetic", None, 1, 0.0),
    ]
    assert trend.filter(decided_count=0)["interval_low"].to_list() == [None, None]
    whole = frame.drop("provenance").imr.trend("1y")  # type: ignore[attr-defined]
    assert whole.select(pl.col("period").dt.year(), "decided_count").rows() == [
        (2013, 1), (2014, 0), (2015, 0), (2016, 2), (None, 1),
    ]  # fmt: skip


def test_frames_without_rows_or_dates_have_trends_too() -> None:
    frame = decided(2, 1).with_columns(decision_date=pl.lit(None, dtype=pl.Date))
    assert frame.imr.trend().select("period", "decided_count").rows() == [(None, 2)]  # type: ignore[attr-defined]
    assert frame.clear().imr.trend("1y", "case_number").height == 0  # type: ignore[attr-defined]
    empty = frame.clear().imr.overturn_rate()  # type: ignore[attr-defined]
    assert empty.rows() == [(0, 0, None, None, None, True)]


# --- the namespace ---


def test_any_frame_has_the_verbs_once_the_package_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "decisions.parquet"
    decided(3, 1).write_parquet(file)
    code = f"import polars, imrdata; print(polars.read_parquet({str(file)!r}).imr.overturn_rate()['decided_count'][0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"3"), done.stderr
