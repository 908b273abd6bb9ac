"""Test `frame.imr.compare` against statsmodels, simulations and constructed cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from imrdata.analysis.quantiles import t_beyond
from imrdata.errors import UnknownTermError


def compare(frame: pl.DataFrame, by: str = "side", **options: Any) -> pl.DataFrame:
    result: pl.DataFrame = frame.imr.compare(by, **options)  # type: ignore[attr-defined]
    return result


def requests(cells: dict[tuple[str, str], tuple[int, int]], each: int = 1) -> pl.DataFrame:
    """Make decisions by (side, kind), from counts of overturned and decided; the `each` requests of a letter agree."""
    rows = [
        (f"CM16-{side}{kind}{number // each:04}", number % each + 1, number < overturned, side, kind)
        for (side, kind), (overturned, of) in cells.items()
        for number in range(of)
    ]
    frame = pl.DataFrame(rows, schema=["case_number", "request_number", "is_overturned", "side", "kind"], orient="row")
    outcome = pl.when("is_overturned").then(pl.lit("Overturned")).otherwise(pl.lit("Upheld"))
    return frame.with_columns(outcome=outcome, provenance=pl.lit("published"))


def planted(
    rng: np.random.Generator, letters: int, rates: tuple[float, float], correlation: float, name: str = "published"
) -> pl.DataFrame:
    """Draw letters of sides a and b with one to six requests; the rate of a letter varies around that of its side."""
    sizes = rng.integers(1, 7, letters)
    numbers = np.repeat(np.arange(letters), sizes)
    scale = (1 - correlation) / correlation
    shared = rng.uniform(size=letters)  # a letter is strict or lenient on both sides
    side = np.where(rng.uniform(size=letters)[numbers] < 0.3, rng.integers(0, 2, numbers.size), (numbers % 2))
    first, second = (stats.beta.ppf(shared, rate * scale, (1 - rate) * scale) for rate in rates)
    rate = np.where(side == 0, first[numbers], second[numbers])
    outcomes = np.where(rng.uniform(size=numbers.size) < rate, "Overturned", "Upheld")
    frame = pl.DataFrame({"case_number": [f"{name}{one}" for one in numbers], "outcome": outcomes})
    counted = frame.with_columns(request_number=pl.int_range(pl.len()).over("case_number") + 1)
    return counted.with_columns(provenance=pl.lit(name), side=pl.Series(np.where(side == 0, "a", "b")))


def simulated(runs: int, letters: int, rates: tuple[float, float], correlation: float, **options: Any) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    frames = [planted(rng, letters, rates, correlation, f"run{number}") for number in range(runs)]
    frame = pl.concat(frames)
    frame = frame.with_columns(kind=pl.Series(rng.choice(["x", "y", "z"], frame.height, p=[0.5, 0.35, 0.15])))
    return compare(frame, groups=["a", "b"], **options)


@pytest.mark.parametrize(
    ("letters", "correlation", "runs"), [(30, 0.6, 1000), (60, 0.3, 1000), (60, 0.9, 1000), (300, 0.6, 300)]
)
def test_five_of_a_hundred_comparisons_of_equal_groups_are_false_alarms(
    letters: int, correlation: float, runs: int
) -> None:
    found = simulated(runs, letters, (0.12, 0.12), correlation, standardize="kind")
    error = (0.05 * 0.95 / runs) ** 0.5
    for figure in ("crude", "standardized"):
        alarms = found.filter(pl.col("p_value") < 0.05, figure=figure).height / runs
        assert alarms <= 0.05 + 2.6 * error, figure
        assert letters == 30 or alarms >= 0.05 - 3 * error, figure  # few letters give wider intervals


def test_intervals_of_a_planted_difference_and_ratio_cover_it() -> None:
    runs = 600
    found = simulated(runs, 200, (0.1, 0.25), 0.4)
    of_difference = found.filter(pl.lit(0.15).is_between("difference_low", "difference_high")).height / runs
    of_ratio = found.filter(pl.lit(2.5).is_between("ratio_low", pl.col("ratio_high").fill_null(np.inf))).height / runs
    assert 0.93 <= of_difference <= 0.975
    assert 0.93 <= of_ratio <= 0.975


def test_the_interval_of_the_difference_the_ratio_and_p_say_the_same() -> None:
    found = pl.concat([simulated(100, 60, (0.1, 0.25), 0.4), simulated(100, 200, (0.2, 0.22), 0.4)])
    alarm = pl.col("p_value") < 0.05
    without_zero = (pl.col("difference_low") > 0) | (pl.col("difference_high") < 0)
    without_one = (pl.col("ratio_low") > 1) | (pl.col("ratio_high") < 1)
    said = found.select(alarm=alarm, zero=without_zero, one=without_one.fill_null(value=False))
    assert said.unique().height == 2
    assert said["alarm"].equals(said["zero"], check_names=False)
    assert said["alarm"].equals(said["one"], check_names=False)


def test_rates_and_crude_difference_are_those_of_the_groups() -> None:
    frame = planted(np.random.default_rng(3), 300, (0.1, 0.2), 0.4)
    rates = frame.imr.overturn_rate("side")  # type: ignore[attr-defined]
    row = compare(frame, groups=["a", "b"]).row(0, named=True)
    assert (row["side"], row["compared_with"]) == ("b", "a")
    assert (row["overturn_rate"], row["other_overturn_rate"]) == (rates["overturn_rate"][1], rates["overturn_rate"][0])
    assert row["letter_count"] == rates["letter_count"][1]
    assert row["difference"] == pytest.approx(rates["overturn_rate"][1] - rates["overturn_rate"][0])
    rest = compare(frame).filter(side="b").row(0, named=True)
    assert {**rest, "compared_with": "a"} == pytest.approx({**row, "adjusted_p_value": rest["adjusted_p_value"]})


@pytest.mark.parametrize("standardize", [None, "kind"])
def test_difference_and_error_are_those_of_a_linear_model_with_clusters(standardize: str | None) -> None:
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(11)
    frame = planted(rng, 900, (0.3, 0.42), 0.3)
    frame = frame.with_columns(kind=pl.Series(rng.choice(["x", "y", "z"], frame.height, p=[0.6, 0.3, 0.1])))
    row = compare(frame, groups=["a", "b"], standardize=standardize).row(-1, named=True)
    design = frame.select(
        (pl.col("side") == "b").cast(pl.Float64),
        *([(pl.col("kind") == kind).cast(pl.Float64).alias(kind) for kind in "xyz"] if standardize else [pl.lit(1.0)]),
    )
    outcome = (frame["outcome"] == "Overturned").cast(pl.Float64).to_numpy()
    letters = frame["case_number"].rank("dense").to_numpy()
    model = sm.OLS(outcome, design.to_numpy()).fit(cov_type="cluster", cov_kwds={"groups": letters})
    assert row["difference"] == pytest.approx(model.params[0], abs=1e-9)
    half = (row["difference_high"] - row["difference_low"]) / 2
    assert half == pytest.approx(1.96 * model.bse[0], rel=0.05)  # rates near the middle, many letters
    assert np.log(row["p_value"]) == pytest.approx(np.log(model.pvalues[0]), rel=0.05)


@pytest.mark.parametrize("letters", [30, 60, 200])
def test_of_few_letters_the_error_is_that_of_bias_reduced_estimating_equations(letters: int) -> None:
    sm = pytest.importorskip("statsmodels.api")
    ratios = []
    for seed in range(5):
        frame = planted(np.random.default_rng(seed), letters, (0.4, 0.5), 0.3)
        row = compare(frame, groups=["a", "b"]).row(0, named=True)
        outcome = (frame["outcome"] == "Overturned").cast(pl.Float64).to_numpy()
        design = np.column_stack([(frame["side"] == "b").cast(pl.Float64).to_numpy(), np.ones(frame.height)])
        model = sm.GEE(outcome, design, groups=frame["case_number"].rank("dense").to_numpy())
        z = stats.norm.isf(row["p_value"] / 2)
        ratios.append(z / abs(model.fit(cov_type="bias_reduced").tvalues[0]))
    assert 0.92 <= np.median(ratios) <= 1.0  # and the quantile is Student's


def test_the_last_digit_does_not_depend_on_the_order_of_the_rows() -> None:
    frame = planted(np.random.default_rng(5), 400, (0.1, 0.2), 0.4)
    frame = frame.with_columns(kind=pl.col("case_number").hash() % 7)
    first = compare(frame, standardize="kind")
    for seed in range(10):
        assert compare(frame.sample(fraction=1, shuffle=True, seed=seed), standardize="kind").equals(first)


def test_in_simpsons_case_the_standardized_difference_has_the_other_sign() -> None:
    # b is overturned more often in each kind, but less often overall: most of its requests are of the strict kind
    frame = requests({("a", "x"): (180, 600), ("a", "y"): (4, 100), ("b", "x"): (40, 100), ("b", "y"): (60, 600)})
    crude, standardized = compare(frame, groups=["a", "b"], standardize="kind").rows(named=True)
    assert (crude["figure"], standardized["figure"]) == ("crude", "standardized")
    assert crude["difference_high"] < 0 < standardized["difference_low"]
    assert crude["ratio_high"] < 1 < standardized["ratio_low"]
    x, y = 600 * 100 / 700, 100 * 600 / 700  # the weights of Mantel and Haenszel
    assert standardized["difference"] == pytest.approx((x * 0.1 + y * 0.06) / (x + y))


def test_strata_that_one_side_lacks_are_left_out_and_seen_in_the_counts() -> None:
    frame = requests({("a", "x"): (10, 40), ("b", "x"): (10, 50), ("b", "y"): (50, 50)})
    crude, standardized = compare(frame, groups=["a", "b"], standardize="kind").rows(named=True)
    assert (crude["decided_count"], standardized["decided_count"]) == (100, 50)
    assert standardized["overturn_rate"] == pytest.approx(0.2)
    nothing = requests({("a", "x"): (10, 40), ("b", "y"): (50, 60)})
    row = compare(nothing, groups=["a", "b"], standardize="kind").row(1, named=True)
    assert (row["decided_count"], row["difference"], row["p_value"]) == (0, None, None)


@pytest.mark.parametrize(
    ("overturned", "of", "each", "is_alarm"),
    [
        (0, 20, 1, False),  # none of 20 against 12 of 120
        (0, 90, 1, True),
        (0, 90, 6, False),  # the same requests, of 15 letters
        (1, 1, 1, None),  # one letter
        (20, 20, 1, True),
    ],
)
def test_groups_with_none_or_all_overturned(overturned: int, of: int, each: int, is_alarm: bool | None) -> None:
    frame = pl.concat([requests({("b", "x"): (overturned, of)}, each), requests({("a", "x"): (12, 120)})])
    row = compare(frame, groups=["a", "b"]).row(0, named=True)
    assert (None if row["p_value"] is None else row["p_value"] < 0.05) == is_alarm
    assert row["is_small_group"] == (of // each < 30)


def test_a_side_never_tells_less_than_if_its_letters_were_decided_alike() -> None:
    letters = [(6, 6), (6, 0), (6, 0), (5, 0), (1, 1)]  # the jackknife finds more variance than such letters can have
    rows = [
        (f"a{at}", number, "Overturned" if number < overturned else "Upheld", "a")
        for at, (count, overturned) in enumerate(letters)
        for number in range(count)
    ]
    others = [(f"b{at}", 1, "Overturned" if at % 4 == 0 else "Upheld", "b") for at in range(200)]
    frame = pl.DataFrame(rows + others, schema=["case_number", "request_number", "outcome", "side"], orient="row")
    frame = frame.with_columns(provenance=pl.lit("published"))
    effect = frame.imr.overturn_rate("side")["design_effect"][0]  # type: ignore[attr-defined]
    assert effect > sum(count**2 for count, _ in letters) / 24  # that of letters decided alike
    row = compare(frame, groups=["a", "b"]).row(0, named=True)  # with the effect above, it begins at -0.65
    assert (round(row["difference_low"], 3), round(row["difference_high"], 3)) == (-0.597, 0.239)


def test_p_values_are_corrected_for_the_number_of_comparisons() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    groups = {(name, "x"): (10 + 4 * number, 100) for number, name in enumerate("abcdef")}
    for correction, method in (("holm", "holm"), ("benjamini-hochberg", "fdr_bh")):
        found = compare(requests(groups), groups=list("abcdef"), correction=correction)
        expected = multitest.multipletests(found["p_value"].to_numpy(), method=method)[1]
        assert found["adjusted_p_value"].to_numpy() == pytest.approx(expected)


def test_a_year_and_lists_can_be_groups_and_strata() -> None:
    frame = requests({("a", "x"): (20, 50), ("b", "x"): (10, 50)}).with_columns(
        decision_date=pl.date(2016, 5, 1), specialties=pl.when(side="a").then(["Pain", "Spine"]).otherwise(["Spine"])
    )
    by_list = compare(frame, "specialties", standardize="year")
    assert by_list.select("specialties", "decided_count", "other_decided_count").unique().sort(
        "specialties"
    ).rows() == [
        ("Pain", 50, 50),
        ("Spine", 0, 0),  # it counts all requests; no stratum has other requests
    ]
    assert compare(frame, standardize=["specialties"]).filter(figure="standardized")["decided_count"].to_list() == [
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"groups": ["a", "c"]}, UnknownTermError, "no side is 'c'; there are: a, b"),
        ({"groups": ["a", "a"]}, ValueError, "two groups or more"),
        ({"correction": "none"}, UnknownTermError, "no correction 'none'"),
        ({"by": ["side"]}, TypeError, "the name of one column"),
        ({"standardize": "category"}, UnknownTermError, "compare needs category"),
        ({"standardize": "year"}, UnknownTermError, "needs decision_date"),
    ],
)
def test_what_cannot_be_compared_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    frame = requests({("a", "x"): (1, 2), ("b", "x"): (1, 2)})
    with pytest.raises(error, match=message):
        compare(frame, **options)


@pytest.mark.parametrize(("quantile", "degrees"), [(0.0, 3), (1.96, 1), (2.5, 29), (8.0, 12), (1.5, 4000)])
def test_what_lies_beyond_a_quantile_of_t_is_that_of_scipy(quantile: float, degrees: int) -> None:
    assert t_beyond(quantile, degrees) == pytest.approx(2 * stats.t.sf(quantile, degrees), rel=1e-9)
