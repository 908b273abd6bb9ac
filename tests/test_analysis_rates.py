"""Test `frame.imr.overturn_rate` and `.trend`: published intervals, no lost rows, no mixed provenances."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import imrdata
from imrdata.analysis.quantiles import beta_quantile, t_quantile
from imrdata.errors import UnknownTermError

MEASURES = [
    *("decided_count", "overturned_count", "letter_count", "overturn_rate", "interval_low", "interval_high"),
    *("design_effect", "is_small_group"),
]


def decided(decided_count: int, overturned_count: int, **columns: Any) -> pl.DataFrame:
    """Make this many requests, one per letter."""
    outcomes = ["Overturned"] * overturned_count + ["Upheld"] * (decided_count - overturned_count)
    numbers = [f"CM16-{number:07}" for number in range(decided_count)]
    frame = pl.DataFrame({"case_number": numbers, "request_number": [1] * decided_count, "outcome": outcomes})
    frame = frame.with_columns(provenance=pl.lit("published"))
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
    row = decided(of, overturned).imr.overturn_rate(method="wilson").row(0, named=True)  # type: ignore[attr-defined]
    assert (row["decided_count"], row["overturned_count"]) == (of, overturned)
    assert row["overturn_rate"] == overturned / of
    assert row["interval_low"] == pytest.approx(low, abs=5e-5)
    assert row["interval_high"] == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.just(of), st.integers(0, of))))
def test_the_interval_holds_the_rate_and_stays_between_none_and_all(counts: tuple[int, int]) -> None:
    of, overturned = counts
    letters = pl.DataFrame(
        {"case_number": "a", "provenance": "published", "request_count": [of], "overturned_count": [overturned]}
    )
    row = letters.imr.overturn_rate().row(0, named=True)  # type: ignore[attr-defined]
    assert 0 <= row["interval_low"] <= row["overturn_rate"] <= row["interval_high"] <= 1
    assert row["interval_low"] < row["interval_high"]


# --- requests of one letter are not independent ---


def of_letters(*letters: tuple[int, int]) -> pl.DataFrame:
    """Make decisions from one ``(requests, overturned requests)`` per letter."""
    rows = [
        (f"CM16-{at:07}", number, "Overturned" if number <= overturned else "Upheld")
        for at, (requests, overturned) in enumerate(letters)
        for number in range(1, requests + 1)
    ]
    schema = ["case_number", "request_number", "outcome"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(provenance=pl.lit("published"))


def rate(frame: pl.DataFrame, **options: Any) -> dict[str, Any]:
    return frame.imr.overturn_rate(**options).row(0, named=True)  # type: ignore[attr-defined]


def test_letters_of_one_request_have_no_design_effect_and_letters_decided_alike_have_a_large_one() -> None:
    single = rate(of_letters(*[(1, 1)] * 20, *[(1, 0)] * 80))
    alike = rate(of_letters(*[(5, 5)] * 20, *[(5, 0)] * 80))
    # Each residual is divided by the 99 of 100 parts of the requests that the other letters have.
    assert single["design_effect"] == pytest.approx((100 / 99) ** 2)
    assert alike["design_effect"] == pytest.approx(5 * (100 / 99) ** 2)
    assert (alike["overturn_rate"], alike["letter_count"], alike["decided_count"]) == (0.2, 100, 500)
    for bound in ("interval_low", "interval_high"):
        assert alike[bound] == pytest.approx(single[bound])


@pytest.mark.parametrize("letters", [[(4, 4)], [(4, 0)] * 40, [(1, 0), (9, 0)], [(9, 3)]])
def test_where_no_variance_can_be_computed_requests_of_a_letter_count_as_decided_alike(
    letters: list[tuple[int, int]],
) -> None:
    row = rate(of_letters(*letters))
    assert row["design_effect"] is None
    assert row["interval_high"] - row["interval_low"] > 0
    plain = rate(of_letters(*letters), method="wilson")
    assert (plain["design_effect"], plain["overturn_rate"]) == (1.0, row["overturn_rate"])
    assert row["interval_low"] <= plain["interval_low"]
    assert row["interval_high"] >= plain["interval_high"]


def test_fewer_letters_with_the_same_outcome_never_have_a_narrower_interval() -> None:
    highs = [rate(of_letters(*[(1, 0)] * count))["interval_high"] for count in range(1, 40)]
    assert highs == sorted(highs, reverse=True)
    assert highs[0] > 0.99  # one letter says nearly nothing
    assert rate(of_letters((9, 0)))["interval_high"] == highs[0]
    assert rate(of_letters((9, 3)))["interval_low"] < 0.01


def test_small_means_few_letters() -> None:
    assert rate(of_letters(*[(3, 1)] * 29))["is_small_group"] is True
    assert rate(of_letters(*[(1, 0)] * 30))["is_small_group"] is False


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(UnknownTermError, match="no method 'exact'; there are: cluster, wilson"):
        rate(decided(1, 0), method="exact")


# How many letters had 1, 2, ... requests, of 101 published letters of winter 2016-17; half of the requests are in 16.
SIZES = {1: 62, 2: 15, 3: 9, 4: 1, 5: 4, 6: 4, 7: 1, 8: 2, 10: 1, 15: 1, 21: 1}


def planted(letter_count: int, share: float, correlation: float, rng: np.random.Generator) -> pl.DataFrame:
    """Draw a frame of letters with one or more requests, whose outcomes correlate within a letter."""
    requests = rng.choice(np.repeat([*SIZES], [*SIZES.values()]), letter_count)
    spread = (1 - correlation) / correlation if correlation else None
    chances = rng.beta(share * spread, (1 - share) * spread, letter_count) if spread else share
    names = [f"CM16-{number:07}" for number in range(letter_count)]
    overturned = rng.binomial(requests, chances)
    return pl.DataFrame({"case_number": names, "request_count": requests, "overturned_count": overturned})


def coverage(letter_count: int, share: float, correlation: float, runs: int) -> tuple[float, float]:
    """Return how often the cluster interval and the plain interval contain the true share."""
    rng = np.random.default_rng([letter_count, round(1000 * correlation)])
    samples = [
        planted(letter_count, share, correlation, rng).with_columns(run=pl.lit(run), provenance=pl.lit("published"))
        for run in range(runs)
    ]
    letters = pl.concat(samples).with_columns(pl.format("{}-{}", "run", "case_number").alias("case_number"))
    holds = (pl.col("interval_low") <= share) & (pl.col("interval_high") >= share)
    found = [letters.imr.overturn_rate("run", method=one).select(holds.mean()).item() for one in ("cluster", "wilson")]  # type: ignore[attr-defined]
    return found[0], found[1]


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
def test_intervals_cover_what_they_say(correlation: float) -> None:
    few, _ = coverage(30, 0.11, correlation, runs=1500)
    several, plain = coverage(100, 0.11, correlation, runs=1500)
    many, _ = coverage(1000, 0.11, correlation, runs=600)
    assert few >= 0.91
    assert 0.93 <= several <= 0.97
    assert 0.93 <= many <= 0.97
    if correlation == 0.6:
        assert plain < 0.87  # the coverage of the plain interval for correlated requests


def test_the_variance_is_that_of_generalized_estimating_equations() -> None:
    sm = pytest.importorskip("statsmodels.api", reason="statsmodels is in the extra quality")
    letters = planted(120, 0.2, 0.5, np.random.default_rng(7))
    rows = of_letters(*letters.select("request_count", "overturned_count").rows())
    outcome = (rows["outcome"] == "Overturned").cast(pl.Float64).to_numpy()
    groups = rows["case_number"].rank("dense").to_numpy()
    model = sm.GEE(outcome, np.ones((rows.height, 1)), groups=groups, cov_struct=sm.cov_struct.Independence())
    sandwich = float(model.fit(cov_type="bias_reduced").bse[0] ** 2)
    row = rate(rows)
    p, n = row["overturn_rate"], row["decided_count"]
    assert row["design_effect"] * p * (1 - p) / n == pytest.approx(sandwich, rel=1e-6)


def bootstrapped(letters: pl.DataFrame) -> tuple[float, float]:
    requests, overturned = (letters[name].to_numpy() for name in ("request_count", "overturned_count"))
    drawn = np.random.default_rng(5).integers(0, letters.height, (10_000, letters.height))
    rates = overturned[drawn].sum(axis=1) / requests[drawn].sum(axis=1)
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)


def test_the_interval_of_the_real_letters_is_near_a_bootstrap_by_letter(real_letters: Path) -> None:
    letters = imrdata.load_letters(real_letters).filter(pl.col("case_number") != "CM15-0174261")
    row = rate(letters)
    low, high = bootstrapped(letters)
    # It is wider, because a bootstrap of 100 letters of so unequal sizes covers less than 95 %.
    assert low - 0.03 < row["interval_low"] < low + 0.012
    assert high < row["interval_high"] < high + 0.03


def test_the_interval_of_planted_letters_is_near_a_bootstrap_by_letter() -> None:
    letters = planted(300, 0.2, 0.5, np.random.default_rng(11)).with_columns(provenance=pl.lit("published"))
    row = rate(letters)
    assert (row["interval_low"], row["interval_high"]) == pytest.approx(bootstrapped(letters), abs=0.012)


@settings(max_examples=300)
@given(st.floats(0.55, 0.9999), st.floats(1, 1e6))
def test_quantiles_of_t_are_those_of_scipy(probability: float, degrees: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-7, abs=1e-7)


@given(st.floats(0.001, 0.999), st.floats(0.5, 1e4), st.floats(0.5, 1e4))
def test_quantiles_of_beta_are_those_of_scipy(probability: float, a: float, b: float) -> None:
    assert beta_quantile(probability, a, b) == pytest.approx(stats.beta.ppf(probability, a, b), rel=1e-7, abs=1e-12)


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
    letters = letters.with_columns(provenance=pl.lit("published"))
    assert letters.imr.overturn_rate().row(0)[1:5] == (4, 1, 2, 0.25)  # type: ignore[attr-defined]


def test_citations_count_each_request_once_a_group() -> None:
    keys = {"case_number": ["a", "a", "a", "b"], "request_number": [1, 1, 2, 1], "citation_number": [1, 2, 1, 1]}
    joined = pl.DataFrame(
        {
            "provenance": "published",
            **keys,
            "title": ["x", "x", "x", "y"],
            "outcome": ["Upheld", "Upheld", "Overturned", "Upheld"],
        }
    )
    joined = joined.with_columns(provenance=pl.lit("published"))
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
        (
            decided(1, 0),
            "year",
            UnknownTermError,
            "by year needs decision_date; the frame has no such column; there are: case_",
        ),
        (decided(1, 0).drop("outcome"), None, UnknownTermError, "needs outcome"),
        (decided(2, 0, outcome="upheld"), None, UnknownTermError, "2 rows have an outcome .*: 'upheld'"),
        (decided(1, 0, outcome=None), None, UnknownTermError, "an outcome .*: null"),
        (pl.concat([decided(1, 0)] * 2), None, ValueError, r"1 rows occur twice, first \('CM16-0000000', 1\)"),
        (decided(1, 0, overturn_rate=1), "overturn_rate", ValueError, "gives a column overturn_rate itself"),
        (decided(1, 0), pl.col("outcome"), TypeError, "names of columns, not expressions"),
        (decided(1, 0), [pl.col("outcome")], TypeError, "names of columns, not expressions"),
        (decided(1, 0), 5, TypeError, "names of columns, not expressions or numbers"),
        (pl.DataFrame(), None, UnknownTermError, "there are: none"),
        (decided(1, 0).drop("provenance"), None, UnknownTermError, "load the columns provenance too"),
        (decided(1, 0).drop("case_number", "provenance"), None, UnknownTermError, "load the columns case_number, prov"),
    ],
)
def test_what_cannot_be_counted_is_refused(frame: pl.DataFrame, by: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        frame.imr.overturn_rate(by)  # type: ignore[attr-defined]


@pytest.mark.parametrize("missing", ["provenance", "case_number"])
def test_every_method_refuses_rows_of_unknown_letters_and_says_what_to_load(missing: str) -> None:
    data = imrdata.load(imrdata.example_letter())
    letters, decisions, citations = (frame.drop(missing) for frame in (data.letters, data.decisions, data.citations))
    calls: list[tuple[pl.DataFrame, str, list[Any]]] = [
        (decisions, "overturn_rate", []),
        (decisions, "trend", []),
        (decisions, "compare", ["treatment_category"]),
        (letters, "intervals", []),
        (decisions, "citation_agreement", [data.citations]),
        (decisions, "citation_matrix", [data.citations]),
        (citations, "edition_status", [data.letters]),
        (decisions, "split_decisions", [data.citations]),
        (decisions, "recurring_texts", []),
    ]
    for frame, method, arguments in calls:
        with pytest.raises(UnknownTermError, match=f"needs {missing}: .* load the columns {missing} too"):
            getattr(frame.imr, method)(*arguments)  # type: ignore[attr-defined]
    with pytest.raises(UnknownTermError, match=f"load the columns {missing} too"):
        imrdata.compare_with_published(decisions)


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
    assert trend.columns == [
        *("provenance", "side", "period", "last_day"),
        *(*MEASURES, "first_date", "last_date", "is_partial"),
    ]
    assert trend.select("provenance", "period", "decided_count", "overturn_rate").rows() == [
        ("published", date(2013, 4, 1), 1, 0.0),
        ("synthetic", date(2016, 1, 1), 1, 1.0),
        ("synthetic", date(2016, 4, 1), 0, None),
        ("synthetic", date(2016, 7, 1), 0, None),
        ("synthetic", date(2016, 10, 1), 1, 0.0),
        ("synthetic", None, 1, 0.0),
    ]
    assert trend.filter(decided_count=0)["interval_low"].to_list() == [None, None]
    whole = frame.with_columns(provenance=pl.lit("synthetic")).imr.trend("1y")  # type: ignore[attr-defined]
    assert whole.select(pl.col("period").dt.year(), "decided_count").rows() == [
        (2013, 1), (2014, 0), (2015, 0), (2016, 2), (None, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("every", "first", "last", "partial"),
    [
        ("1y", date(2016, 12, 5), date(2019, 1, 31), [True, False, False, True]),  # one month of 2016 and one of 2019
        ("1y", date(2016, 1, 8), date(2019, 12, 24), [False, False, False, False]),
        ("1y", date(2016, 1, 9), date(2019, 12, 23), [True, False, False, True]),
        ("1mo", date(2016, 1, 4), date(2016, 2, 27), [False, False]),
        ("1mo", date(2016, 1, 5), date(2016, 2, 25), [True, True]),
    ],
)
def test_a_period_that_the_letters_do_not_span_is_partial(
    every: str, first: date, last: date, partial: list[bool]
) -> None:
    rows = [decided(1, 0, decision_date=day, case_number=str(day)) for day in (first, last)]
    trend = pl.concat(rows).imr.trend(every)  # type: ignore[attr-defined]
    assert trend["is_partial"].to_list() == partial
    assert trend["first_date"][0] == trend["last_date"][0] == first
    assert trend["last_day"][-1] == (date(2019, 12, 31) if every == "1y" else date(2016, 2, 29))


@pytest.mark.parametrize(("letters", "last_month", "is_partial"), [(40, 6, True), (40, 12, False), (3, 6, False)])
def test_a_year_whose_half_has_no_decision_is_partial(letters: int, last_month: int, is_partial: bool) -> None:
    days = [date(2016, 1, 2), *(date(2017, 1 + n % last_month, 2 + n // 2) for n in range(letters)), date(2018, 12, 30)]
    frame = decided(letters + 2, 0).with_columns(decision_date=pl.Series(days))
    assert frame.imr.trend("1y")["is_partial"].to_list() == [False, is_partial, False]  # type: ignore[attr-defined]


def test_a_year_is_a_group_like_others() -> None:
    frame = pl.concat(
        [decided(4, 1, decision_date=day) for day in (date(2016, 5, 1), None)]
        + [decided(2, 2, decision_date=date(2017, 1, 1))]
    ).with_columns(case_number=pl.format("{}{}", "case_number", pl.col("decision_date").cast(pl.String).fill_null("-")))
    rates = frame.imr.overturn_rate("year")  # type: ignore[attr-defined]
    assert rates.select("year", "decided_count", "overturned_count").rows() == [
        (2016, 4, 1),
        (2017, 2, 2),
        (None, 4, 1),
    ]
    compared = frame.imr.compare("year", ["2016", "2017"])  # type: ignore[attr-defined]
    assert compared.select("year", "compared_with", "decided_count").row(0) == ("2017", "2016", 2)


def test_frames_without_rows_or_dates_have_trends_too() -> None:
    frame = decided(2, 1).with_columns(decision_date=pl.lit(None, dtype=pl.Date))
    assert frame.imr.trend().select("period", "decided_count").rows() == [(None, 2)]  # type: ignore[attr-defined]
    assert frame.clear().imr.trend("1y", "case_number").height == 0  # type: ignore[attr-defined]
    empty = frame.clear().imr.overturn_rate()  # type: ignore[attr-defined]
    assert empty.rows() == []


# --- the namespace ---


def test_any_frame_has_the_verbs_once_the_package_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "decisions.parquet"
    decided(3, 1).write_parquet(file)
    code = f"import polars, imrdata; print(polars.read_parquet({str(file)!r}).imr.overturn_rate()['decided_count'][0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"3"), done.stderr
