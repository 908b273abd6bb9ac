"""Test the specification of each chart: what is drawn, what its title says, and what is refused."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import imrdata
from imrdata import charts
from imrdata.charts.drawing import MIME_TYPE, _renderer, tooltips, words_of
from imrdata.errors import UnknownTermError

MARKUP = "<b>Low & back</b>"
# Two synthetic letters of one request each in a group, and forty published ones of another.
DECISIONS = pl.DataFrame(
    {
        "case_number": [f"CM18-{number:07}" for number in range(42)],
        "request_number": [1] * 42,
        "outcome": (["Upheld", "Overturned"] * 21),
        "treatment_category": ["Pharmaceuticals"] * 40 + [MARKUP] * 2,
        "ur_decision": ["denied", "modified"] * 21,
        "provenance": ["published"] * 40 + ["synthetic"] * 2,
        "decision_date": [date(2018, 1 + number % 3, 1) for number in range(41)] + [None],
    }
)
RATES = DECISIONS.imr.overturn_rate(by="treatment_category")  # type: ignore[attr-defined]
READ_BY = f"imrdata {imrdata.__version__}"
PROVENANCE = f"40 published letters, 2 synthetic letters ({READ_BY}): do not quote figures from synthetic letters"


def marks(spec: dict[str, Any]) -> list[str]:
    return [layer["mark"]["type"] for layer in spec["layer"]]


def values(spec: dict[str, Any], at: int = 0) -> list[dict[str, Any]]:
    """Return the rows of a layer."""
    data = spec["layer"][at].get("data", spec.get("data"))
    return spec["datasets"][data["name"]]  # type: ignore[no-any-return]


def test_rates_are_points_with_intervals_and_hollow_where_the_group_is_small() -> None:
    spec = charts.rates(RATES, "treatment_category", of=DECISIONS, title="By category").to_dict()
    rules, points, figures, arrows = spec["layer"]
    assert marks(spec) == ["rule", "point", "text", "point"]
    assert (rules["encoding"]["x"]["field"], rules["encoding"]["x2"]["field"]) == ("interval_low", "interval_high")
    assert (points["encoding"]["x"]["field"], points["encoding"]["y"]["field"]) == ("overturn_rate", "label")
    assert [row["label"] for row in values(spec)] == ["Pharmaceuticals, published", f"{MARKUP}, synthetic"]
    assert (figures["encoding"]["text"]["field"], values(spec)[0]["counted"]) == ("counted", "20 of 40, 40 letters")
    assert arrows["transform"] == [{"filter": "datum.interval_high > 0.7"}]
    assert arrows["encoding"]["x"]["datum"] == 0.7
    assert points["encoding"]["x"]["scale"] == {"domain": [0, 0.7], "nice": False}  # the axis ends at the arrows
    assert points["encoding"]["fillOpacity"]["condition"]["test"] == "datum.is_small_group"
    assert points["encoding"]["fill"]["scale"] == {
        "domain": ["published", "synthetic"],
        "range": ["#d55e00", "#2f86c8"],
    }
    assert points["encoding"]["shape"]["scale"]["range"] == ["diamond", "circle"]
    assert spec["title"]["text"] == "By category"
    assert spec["title"]["subtitle"][0] == PROVENANCE
    assert spec["title"]["subtitle"][1:3] == ["lines: 95% intervals", "hollow: few letters, by default fewer than 30"]
    assert [row["overturn_rate"] for row in values(spec)] == RATES["overturn_rate"].to_list()


def test_the_provenance_names_other_and_several_versions_of_the_reader() -> None:
    one = imrdata.load(imrdata.example_letter())
    own = one.letters["imrdata_version"].item()
    counted = one.letters.select("case_number", "provenance", "imrdata_version")
    other = counted.with_columns(case_number=pl.lit("CM15-0174262"), imrdata_version=pl.lit("0.1.0+00000000"))
    assert charts.provenance(counted) == f"1 published letter ({READ_BY})"
    assert charts.provenance(other) == f"1 published letter ({READ_BY}, letters read by 0.1.0+00000000)"
    both = replace(one, letters=pl.concat([counted, other]))
    words = f"2 published letters ({READ_BY}, letters read by 0.1.0+00000000 and {own})"
    assert charts.provenance(both) == charts.provenance(both.letters) == words
    assert charts.provenance((one.decisions, both)) == f"1 published letter ({READ_BY})"  # only of the rows counted
    assert words[21:-1] in repr(both)


@pytest.mark.parametrize("of", ["letters", 5, (DECISIONS, DECISIONS)])
def test_a_provenance_of_anything_else_is_refused(of: Any) -> None:
    with pytest.raises(TypeError, match=r"charts\.provenance takes"):
        charts.rates(RATES, of=of)


def test_nothing_is_said_of_small_groups_where_there_are_none() -> None:
    large = RATES.filter(~pl.col("is_small_group"))
    spec = charts.rates(large, "treatment_category", of=DECISIONS.head(40), title="Large").to_dict()
    provenance, intervals, accuracy, rest = spec["title"]["subtitle"]  # a long note has several lines
    assert rest.endswith("other layouts were not measured")
    assert (provenance, intervals, accuracy[:52]) == (
        f"40 published letters ({READ_BY})",
        "lines: 95% intervals",
        "treatment_category is derived from words: 195 of 203",
    )
    assert marks(spec) == ["rule", "point", "text"]
    assert spec["layer"][1]["encoding"]["y"]["field"] == "treatment_category"


@pytest.mark.parametrize(("letters", "top", "are_arrows"), [(6, 0.9, False), (2, 0.7, True)])
def test_only_a_much_longer_interval_of_a_small_group_is_cut(letters: int, top: float, are_arrows: bool) -> None:
    few = DECISIONS.head(letters).with_columns(treatment_category=pl.lit("few"))
    rates = pl.concat([DECISIONS.head(40), few]).imr.overturn_rate("treatment_category")  # type: ignore[attr-defined]
    spec = charts.rates(rates).to_dict()
    assert spec["layer"][1]["encoding"]["x"]["scale"]["domain"] == [0, top]
    assert (len(spec["layer"]) == 4) == are_arrows


def test_without_a_title_a_chart_says_its_columns_and_without_rows_no_letters() -> None:
    spec = charts.rates(RATES).to_dict()
    assert spec["title"]["text"] == "Overturned requests, by treatment category"
    assert not any("letters:" in words for words in spec["title"]["subtitle"])


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("letter_count", "letters"),
        ("compared_count", "compared"),
        ("overturned_count", "overturned requests"),
        ("other_decided_count", "other decided requests"),
        ("ur_denial_to_application_days", "days from UR denial to application"),
        ("treatment_category", "treatment category"),
    ],
)
def test_axes_are_named_in_words(column: str, words: str) -> None:
    assert words_of(column) == words


def test_without_groups_a_rate_is_drawn_by_provenance() -> None:
    spec = charts.rates(DECISIONS.imr.overturn_rate()).to_dict()  # type: ignore[attr-defined]
    assert spec["title"]["text"] == "Overturned requests, by provenance"
    assert spec["layer"][0]["encoding"]["y"]["field"] == "provenance"
    one = charts.rates(DECISIONS.head(1).imr.overturn_rate())  # type: ignore[attr-defined]
    assert values(one.to_dict())[0]["counted"] == "0 of 1, 1 letter"


def test_a_chart_of_a_comparison_is_an_error_that_names_what_is_missing() -> None:
    compared = DECISIONS.imr.compare("ur_decision")  # type: ignore[attr-defined]
    with pytest.raises(UnknownTermError, match="interval_low"):
        charts.rates(compared, "ur_decision")
    with pytest.raises(UnknownTermError, match="needs decided_count"):
        charts.rates(DECISIONS)
    with pytest.raises(UnknownTermError, match="needs measure"):
        charts.beside_published(RATES)


@pytest.mark.parametrize(
    ("every", "months", "times"),
    [
        ("1y", [1, 30], ["2013|1|of 2", "2014|0|of 0", "2015|1|of 2"]),
        ("6mo", [1, 8], ["2013-01|1|of 2", "2013-07|1|of 2"]),
        ("1w", [1], ["2012-12-31|1|of 2"]),
        ("1mo", [1, 25], None),  # too many for labels: an axis of time
    ],
)
def test_a_trend_has_a_tick_and_the_counts_of_each_of_few_periods(
    every: str, months: list[int], times: list[str] | None
) -> None:
    days = [date(2013 + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in months]
    frame = pl.concat(
        DECISIONS.head(2).with_columns(
            decision_date=pl.lit(day), case_number=pl.format("{}{}", "case_number", pl.lit(str(day)))
        )
        for day in days
    )
    spec = charts.trend(frame.imr.trend(every)).to_dict()  # type: ignore[attr-defined]
    rows = values(spec)
    assert (
        spec["layer"][2]["encoding"]["x"].get("scale", {}).get("domain") == times
    )  # with the period without decisions
    assert [row.get("time") for row in rows] == (times or [None] * 25)


def test_a_trend_tells_the_undated() -> None:
    frame = DECISIONS.imr.trend(every="1mo")  # type: ignore[attr-defined]
    spec = charts.trend(frame, of=DECISIONS, title="By month").to_dict()
    assert marks(spec)[:4] == ["area", "rule", "line", "point"]
    assert "left out: 1 requests of letters that print no decision date" in spec["title"]["subtitle"]
    periods = {row["period"] for row in values(spec, 2)}
    assert periods == {"2018-01-01T00:00:00", "2018-02-01T00:00:00", "2018-03-01T00:00:00"}


@pytest.mark.parametrize(
    ("counts", "runs"),
    [
        ([40, 40, 40], [True] * 3),
        ([40, 40], [False] * 2),  # two points always make a line
        ([40, 40, 2, 40, 40], [False] * 5),
        ([40, 40, 40, 2, 40], [True] * 3 + [False] * 2),
        ([40, 40, 40, 0, 40, 40, 40], [True] * 3 + [False] + [True] * 3),
    ],
)
def test_a_line_runs_through_three_whole_periods_with_letters_enough(counts: list[int], runs: list[bool]) -> None:
    rows = [
        (f"CM{year}-{number}", date(2013 + year, 1 + 11 * (number % 2), 2 + 28 * (number % 2)))
        for year, count in enumerate(counts)
        for number in range(count)
    ]
    frame = (
        DECISIONS.head(1)
        .drop("case_number", "decision_date")
        .join(pl.DataFrame(rows, schema=["case_number", "decision_date"], orient="row"), how="cross")
    )
    spec = charts.trend(frame.imr.trend("1y"), of=frame, title="By year").to_dict()  # type: ignore[attr-defined]
    assert [row["run"] is not None for row in values(spec)] == runs
    assert len({row["run"] for row in values(spec)} - {None}) == len(counts) // 3 * any(runs)
    line = spec["layer"][2]
    assert line["transform"] == [{"filter": "datum.run != null"}]
    assert (line["encoding"]["x"]["field"], line["encoding"]["x"]["type"]) == ("time", "ordinal")
    assert values(spec)[0]["time"] == f"2013|0|of {counts[0]}"  # the counts are below the year


def test_periods_that_the_letters_do_not_span_are_pale_and_told() -> None:
    days = [date(2016, 12, 5), date(2016, 12, 30), date(2019, 1, 3), date(2019, 2, 1)]
    days[2:2] = [date(year, month, 2 + 2 * month) for year in (2017, 2018) for month in range(1, 13)]
    frame = pl.concat(
        DECISIONS.head(4).with_columns(
            decision_date=pl.lit(day), case_number=pl.format("{}{}", "case_number", pl.lit(str(day)))
        )
        for day in days
    )
    spec = charts.trend(frame.imr.trend("1y"), of=frame, title="By year").to_dict()  # type: ignore[attr-defined]
    assert [row["run"] for row in values(spec)] == [None] * 4
    assert (
        "pale: the letters cover only a part of the period that begins on 2016-01-01 and on 2019-01-01"
        in spec["title"]["subtitle"]
    )


def test_a_funnel_names_the_groups_that_chance_does_not_put_there() -> None:
    counts = {"much": (60, 100), "middle": (14, 100), "few": (2, 8), "more": (15, 100), "none": (0, 60)}
    rows = [
        (f"CM{group}{number}", number < overturned, group)
        for group, (overturned, of) in counts.items()
        for number in range(of)
    ]
    frame = pl.DataFrame(rows, schema=["case_number", "is_overturned", "group"], orient="row").with_columns(
        outcome=pl.when("is_overturned").then(pl.lit("Overturned")).otherwise(pl.lit("Upheld")),
        provenance=pl.lit("published"),
        request_number=1,
    )
    rates = frame.imr.overturn_rate("group")  # type: ignore[attr-defined]
    spec = charts.funnel(rates, of=frame, title="Groups").to_dict()
    points = {row["group"]: row for row in values(spec, 5)}
    assert {name for name, row in points.items() if row["name"]} == {"much", "none"}  # of 368, 24.7 % are overturned
    effect = ((100 / 99) ** 2 * 300 + (8 / 7) ** 2 * 8 + 60) / 368  # one for all groups, and 1 where all are alike
    assert points["much"]["independent_requests"] == pytest.approx(100 / effect)
    assert points["none"]["independent_requests"] == pytest.approx(60 / effect)
    assert spec["title"]["subtitle"][1].startswith("line: 24.7%, all groups together")
    assert spec["title"]["subtitle"][2] == "2 of 5 groups lie outside the wider limits and are named"
    last = values(spec, 0)[-1]
    assert last["high_narrow"] == pytest.approx(0.2473 + 1.96 * (0.2473 * 0.7527 / 98) ** 0.5, abs=0.01)
    assert last["low_wide"] == pytest.approx(
        math.sin(math.asin(0.2473**0.5) - 3.09 / 2 / (100 / effect) ** 0.5) ** 2, abs=1e-3
    )
    with pytest.raises(ValueError, match="one provenance"):
        charts.funnel(RATES, "treatment_category", of=DECISIONS, title="Mixed")


def test_a_funnel_rarely_names_a_group_by_chance() -> None:
    rng = np.random.default_rng(11)
    runs, groups, letters = 15, 40, 60
    sizes = rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 5, 9], (runs, groups, letters))
    overturned = rng.binomial(sizes, rng.beta(0.11, 0.89, sizes.shape))  # half of the variance is between letters
    named = 0
    for run in range(runs):
        rows = [
            (f"CM16-{at:07}", f"group {at // letters}", int(size), int(count), "published")
            for at, (size, count) in enumerate(zip(sizes[run].flat, overturned[run].flat, strict=True))
        ]
        names = ["case_number", "group", "request_count", "overturned_count", "provenance"]
        frame = pl.DataFrame(rows, schema=names, orient="row")
        rates = frame.imr.overturn_rate("group")  # type: ignore[attr-defined]
        subtitle = charts.funnel(rates, of=frame, title="Groups").to_dict()["title"]["subtitle"]
        named += int(subtitle[2].split()[0])
    assert named <= 0.006 * runs * groups  # 0.2 % are expected


def test_counts_are_bars_with_their_figures() -> None:
    frame = DECISIONS.group_by("ur_decision", maintain_order=True).agg(request_count=pl.len())
    spec = charts.counts(frame, "ur_decision", "request_count", of=DECISIONS, title="Counted").to_dict()
    bars, figures = spec["layer"]
    assert marks(spec) == ["bar", "text"]
    assert bars["encoding"]["x"]["field"] == figures["encoding"]["text"]["field"] == "request_count"
    assert bars["encoding"]["x"]["title"] == "requests"
    assert values(spec) == [
        {"ur_decision": "denied", "request_count": 21},
        {"ur_decision": "modified", "request_count": 21},
    ]


@pytest.mark.parametrize(("most", "ticks"), [(2, [0, 1, 2]), (40, None)])
def test_counts_have_no_ticks_between_whole_numbers(most: int, ticks: list[int] | None) -> None:
    frame = pl.DataFrame({"kind": ["a", "b"], "letter_count": [1, most]})
    axis = charts.counts(frame, "kind", "letter_count").to_dict()["layer"][0]["encoding"]["x"]["axis"]
    assert axis.get("values") == ticks


@pytest.mark.parametrize(("lowest", "first"), [(0, 0), (-2, -4)])
def test_days_below_zero_are_drawn_only_if_there_are_some(lowest: int, first: int) -> None:
    frame = pl.DataFrame({"ur_denial_to_application_days": [lowest, 7], "limit": 30, "provenance": "published"})
    spec = charts.days(frame, "ur_denial_to_application_days", limit="limit").to_dict()
    assert [row["first_day"] for row in values(spec)] == [max(first, lowest), 6]
    assert spec["title"]["text"] == "Days from UR denial to application"


@pytest.mark.parametrize(
    ("limits", "bars"),
    [
        ([30, 30, 30], [(26, 30, 2), (31, 35, 1)]),  # 30 days are left of the rule, 31 days right of it
        ([30, 30, 10], [(26, 30, 2), (31, 35, 1)]),
        ([30, 30, 28], [(29, 29, 1), (30, 30, 1), (31, 31, 1)]),
        ([None, 30, 30], [(26, 30, 2), (31, 35, 1)]),
    ],
)
def test_days_are_a_histogram_whose_bars_end_at_the_limit(
    limits: list[int | None], bars: list[tuple[int, int, int]]
) -> None:
    frame = pl.DataFrame({"days": [29, 30, 31, None], "limit": [*limits, None], "provenance": ["published"] * 4})
    spec = charts.days(frame, "days", of=DECISIONS, title="Days", limit="limit").to_dict()
    assert [(row["first_day"], row["last_day"], row["letters"]) for row in values(spec)] == bars
    assert [row["_to"] - row["last_day"] for row in values(spec)] == [0.5] * len(bars)
    known = sorted({one for one in limits if one is not None})
    assert (spec["layer"][1]["mark"]["type"], values(spec, 1)) == ("rule", [{"limit": one + 0.5} for one in known])
    words = f"dashed: the limit of {' or '.join(map(str, known))} days, without extensions"
    unknown = ["of 1 letters it is not known which limit applies"] if None in limits else []
    assert spec["title"]["subtitle"][1:] == ["left out: 1 letters that do not print both dates", words, *unknown]


def test_published_figures_stand_beside_those_of_the_letters() -> None:
    dated = DECISIONS.with_columns(treatment_subcategory=pl.lit("Opioids"), decision_date=pl.lit(date(2018, 5, 1)))
    compared = imrdata.compare_with_published(dated)
    everything = compared.filter(pl.col("measure") == "overturned_share", pl.col("scope").is_null())
    spec = charts.beside_published(everything, of=DECISIONS, title="Overturned").to_dict()
    drawn = {row["figures_of"]: row["share"] for row in values(spec)}
    assert drawn == pytest.approx({"published letters": 0.5, "synthetic letters": 0.5, "CWCI": 0.1, "DWC": 0.103})
    assert spec["layer"][1]["encoding"]["xOffset"]["field"] == "figures_of"
    assert {row["sign"] for row in values(spec)} <= {"", "\u2265", "\u2264", "~"}
    assert {row["figures_of"]: row["sign"] for row in values(spec) if row["sign"]} == {"CWCI": "~"}  # about 90 upheld
    assert any("published as a bound or an approximate value" in note for note in spec["title"]["subtitle"])
    nothing = charts.beside_published(everything.clear()).to_dict()["title"]
    assert nothing["subtitle"] == ["nothing was published about the years of these letters"]
    with pytest.raises(ValueError, match="one measure and scope"):
        charts.beside_published(compared, of=DECISIONS, title="Overturned")


def test_every_published_figure_that_is_drawn_says_its_source_or_that_it_is_uncited() -> None:
    figures = imrdata.published_figures()
    assert figures.filter(pl.col("source").str.len_chars() < 3).is_empty()
    years = [
        DECISIONS.with_columns(
            treatment_category=pl.lit(category),
            treatment_subcategory=pl.lit("Opioids"),
            decision_date=pl.lit(date(year, 5, 1)),
            case_number=pl.col("case_number") + f"{category} {year}",
        )
        for year in range(2013, 2026)
        for category in ("Pharmaceuticals", "Surgery", "Evaluation & Management", "Psych Services")
    ]
    compared = imrdata.compare_with_published(pl.concat(years))
    whole = figures.filter(pl.col("period") == pl.col("year").cast(pl.String))
    drawn = 0
    for _, frame in compared.filter(pl.col("value") <= 1).group_by("measure", "scope"):
        spec = charts.beside_published(frame, title="Beside").to_dict()
        of_publishers = [row for row in values(spec) if row["figures_of"] in ("DWC", "CWCI")]
        drawn += len(of_publishers)
        assert all(row["source"] for row in of_publishers)
        assert all(("\u2020" in row["sign"]) == row["source"].startswith("uncited") for row in of_publishers)
        is_said = any(note.startswith("\u2020: uncited") for note in spec["title"]["subtitle"])
        assert is_said == any("\u2020" in row["sign"] for row in of_publishers)
        measured = {
            "treatment_category": bool(frame["scope"][0]),
            "treatment_subcategory": frame["measure"][0] == "share_of_drugs",
        }
        for name, is_grouped in measured.items():
            assert any(note.startswith(f"{name} is derived") for note in spec["title"]["subtitle"]) == is_grouped
    assert drawn >= whole.filter(unit="percent").height - 15  # none for scopes without letters here


@pytest.mark.parametrize("name", ["a.b", "a[0]", "a:Q", "it's", 'say "so"', "back\\slash"])
def test_a_column_of_any_name_is_drawn(name: str) -> None:
    frame = pl.DataFrame({name: ["x", "y"], "count": [1, 2]})
    (bars, _) = charts.counts(frame, name, "count", of=DECISIONS, title="Any").to_dict()["layer"]
    field = bars["encoding"]["y"]["field"]
    assert field.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == name
    assert bars["encoding"]["y"]["type"] == "nominal"
    assert ("\\" in field) == any(sign in name for sign in ".[]'\"\\")


@pytest.mark.parametrize("by", ["treatment_categry", "ur_decision"])
def test_a_column_that_is_not_there_is_an_error(by: str) -> None:
    with pytest.raises(UnknownTermError, match=by):
        charts.rates(RATES, by, of=DECISIONS, title="Wrong")
    with pytest.raises(UnknownTermError, match=by):
        charts.counts(RATES, "treatment_category", by, of=DECISIONS, title="Wrong")
    with pytest.raises(UnknownTermError, match=by):
        charts.days(RATES, by, of=DECISIONS, title="Wrong")


def test_rows_of_further_groups_are_an_error() -> None:
    two = DECISIONS.imr.overturn_rate(by=["treatment_category", "ur_decision"])  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="one row of each treatment_category"):
        charts.rates(two, "treatment_category", of=DECISIONS, title="Wrong")
    years = DECISIONS.imr.trend(every="1y", by="ur_decision")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="one row of each period"):
        charts.trend(years, of=DECISIONS, title="Wrong")


def test_the_words_of_letters_are_text_in_a_table() -> None:
    html = charts.table(RATES, of=DECISIONS, title="Rates").as_raw_html()
    assert "&lt;b&gt;Low &amp; back&lt;/b&gt;" in html
    assert MARKUP not in html
    assert PROVENANCE in html
    assert "50.0%" in html


def test_a_table_without_rows_says_so_and_design_effects_have_two_digits() -> None:
    html = charts.table(RATES.clear(), of=DECISIONS, title="Rates").as_raw_html()
    assert "There are no such rows." in html
    html = charts.table(RATES.with_columns(design_effect=1.4), of=DECISIONS, title="Rates").as_raw_html()
    assert (">1.40<" in html, "no such rows" in html) == (True, False)


def test_only_shares_are_printed_as_percentages() -> None:
    counts = imrdata.published_figures().filter(measure="letters", publisher="DWC", period="2016")
    html = charts.table(counts, title="Letters").as_raw_html()
    assert f"{counts['value'].item():,.0f}</td>" in html
    assert "%" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    dated = DECISIONS.with_columns(treatment_subcategory=pl.lit("Opioids"), decision_date=pl.lit(date(2018, 5, 1)))
    compared = imrdata.compare_with_published(dated)
    compared = compared.filter(pl.col("scope").is_null(), provenance="synthetic", publisher="DWC")
    printed = compared.select("measure", "unit", "published_value", "value")
    html = charts.table(printed.filter(pl.col("measure").is_in(["letters", "overturned_share"])), title="Beside")
    cells = re.findall(r'<td [^>]*class="gt_row[^>]*>([^<]*)</td>', html.as_raw_html())
    assert cells == ["letters", "count", "184,733", "2", "overturned_share", "share", "10.3%", "50.0%"]
    tips = {tip["field"]: tip["format"] for tip in (one.to_dict() for one in tooltips(printed)) if "format" in tip}
    assert tips == {"published_value": ",.2~f", "value": ",.2~f"}


def test_case_numbers_and_dates_of_a_table_stay_on_one_line() -> None:
    html = charts.table(DECISIONS.head(1), title="One").as_raw_html()
    whole = re.findall(r'<td [^>]*style="white-space: nowrap; text-align: \w+">([^<]*)</td>', html)
    assert whole == ["CM18-0000000", "2018-01-01"]


def test_a_chart_is_shown_without_the_web_and_says_its_title() -> None:
    bundle = _renderer(charts.rates(RATES, "treatment_category", of=DECISIONS, title="Shown").to_dict())
    assert bundle["text/plain"].startswith("Chart: Shown; 40 published letters")
    assert bundle[MIME_TYPE]["$schema"].endswith("v5.json")
    picture = b64decode(bundle["image/png"])
    assert picture.startswith(b"\x89PNG")
    assert 5_000 < len(picture) < 80_000


def test_a_chart_is_saved_as_a_picture(tmp_path: Path) -> None:
    charts.rates(RATES).save(tmp_path / "rates.png")
    assert (tmp_path / "rates.png").read_bytes().startswith(b"\x89PNG")
    charts.rates(RATES).save(tmp_path / "rates.svg")
    assert MARKUP not in (tmp_path / "rates.svg").read_text(encoding="utf-8")


def test_a_table_keeps_the_sides_of_its_columns_without_its_style_sheet() -> None:
    shown = charts.table(RATES, of=DECISIONS, title="Rates")._repr_html_()
    bare = re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL)
    assert re.search(r'<td[^>]*gt_title[^>]*style="text-align: left"', bare)
    assert re.search(r'<td[^>]*overturn_rate[^>]*style="text-align: right"', bare)


def test_a_chart_of_a_built_dataset_says_its_version(tmp_path: Path) -> None:
    imrdata.build(imrdata.example_letter(), tmp_path / "data", workers=1)
    data = imrdata.load(tmp_path / "data")
    assert charts.provenance(data) == f"1 published letter (dataset version 1, {READ_BY})"
    assert charts.provenance((data.decisions.clear(), data)) == f"no letters (dataset version 1, {READ_BY})"
    fix = {"case_number": "CM15-0174261", "request_number": 1, "column": "quantity", "value": "8"}
    mark = pl.DataFrame([fix | {"reason": "it says so", "corrected_by": "me"}])
    corrected = imrdata.load(tmp_path / "data", corrections=mark)
    assert charts.provenance(corrected).endswith(f"{READ_BY}, with corrections that are not stored)")
    chart = charts.rates(data.decisions.imr.overturn_rate("treatment_category"), of=data)  # type: ignore[attr-defined]
    assert chart.to_dict()["title"]["subtitle"][0] == charts.provenance(data)
    assert f"dataset version 1, {READ_BY}" in data._repr_html_()


def test_differences_are_printed_as_percentage_points_and_ratios_with_their_interval() -> None:
    compared = DECISIONS.imr.compare("ur_decision", ["denied", "modified"])  # type: ignore[attr-defined]
    assert compared["difference"].drop_nulls().to_list() == [1.0]
    shown = compared.select("difference", "difference_low", "ratio_low").drop_nulls()
    html = re.sub(r"<style>.*?</style>", "", charts.table(shown, title="Difference").as_raw_html(), flags=re.DOTALL)
    cells = re.findall(r"<t[dh] [^>]*>([^<]*)</t[dh]>", html)
    assert cells[1:5] == ["difference (percentage points)", "95% interval from", "95% interval from", "100.0"]
