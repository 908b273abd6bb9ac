"""Charts of shares of overturned requests, with their intervals."""

from __future__ import annotations

from math import asin, ceil, pi, sqrt
from statistics import NormalDist

import altair as alt
import polars as pl

from imrdata.analysis.accuracy import SCOPES, accuracy_notes
from imrdata.analysis.groups import MEASURES, need
from imrdata.charts.drawing import (
    CUT,
    GREY,
    HOLLOW,
    INTERVALS,
    OVERTURNED,
    PERCENT,
    STEP,
    WIDTH,
    Counted,
    arrows,
    group_of,
    group_rows,
    inline,
    is_mixed,
    marks_of,
    rate_top,
    require_one_row_each,
    sentence,
    titled,
    tooltips,
    words_of,
)

_FUNNEL = {"narrow": 0.975, "wide": 0.999}  # two-sided limits of 95% and 99.8%
_UNCITED = "\u2020"
_SIGNS = {"at least": "\u2265", "at most": "\u2264", "about": "~"}
_LINE_FROM = 3  # periods; any two points make a line
_ROOM = 110  # characters of labels below the axis of time
_DRAWN = tuple(name for name in MEASURES if name != "design_effect")


def rates(
    frame: pl.DataFrame, by: str | None = None, *, of: Counted | None = None, title: str | None = None
) -> alt.LayerChart:
    """Draw shares of overturned requests as points with their 95% intervals as lines, one per row.

    Args:
        frame: Groups as returned by ``imr.overturn_rate(by=...)``, in the order to draw.
        by: The column with the names of the groups; None for the first such column.
        of: The rows that were counted, as for `provenance`, which is printed under the title.
        title: The title; None for the names of the columns.

    Returns:
        The chart. Each group is labeled with its overturned requests, decided requests, and letters. Points of small
        groups are hollow, and an interval that extends beyond the edge ends in an arrow; the subtitle explains both.
    """
    by = by or group_of(frame)
    need(frame, _DRAWN, "charts.rates")
    require_one_row_each(frame, by, "rates")
    top = rate_top(frame)
    rows, axis = group_rows(frame.with_columns(counted=_counted()), by)
    base = alt.Chart(inline(rows)).encode(tooltip=tooltips(frame), **axis)
    low, high = alt.X("interval_low:Q", title=OVERTURNED), "interval_high:Q"
    rules = base.mark_rule(strokeWidth=2, opacity=0.6, clip=True).encode(
        x=low, x2=high, color=marks_of(frame, "provenance")["color"]
    )
    scale = alt.Scale(domain=[0, top], nice=False)
    points = base.mark_point(size=60, strokeWidth=2, opacity=1).encode(
        x=alt.X("overturn_rate:Q", title=OVERTURNED, axis=alt.Axis(format=PERCENT), scale=scale),
        **marks_of(frame, "provenance", is_hollow=True),
    )
    figures = base.mark_text(align="left", color=GREY).encode(x=alt.value(WIDTH + 8), text="counted:N")
    cut = arrows(base, frame, top, axis="x")
    notes = [INTERVALS] + [HOLLOW] * frame["is_small_group"].any() + [CUT] * len(cut) + accuracy_notes([by])
    title = title or f"Overturned requests, by {words_of(by)}"
    return titled([rules, points, figures, *cut], title, of, notes, height=alt.Step(STEP))


def funnel(
    frame: pl.DataFrame, by: str | None = None, *, of: Counted | None = None, title: str | None = None
) -> alt.LayerChart:
    """Draw a funnel plot: which of many groups differ from the overall rate by more than chance explains.

    Args:
        frame: Groups as returned by ``imr.overturn_rate(by=...)``, of one provenance.
        by: The column with the names of the groups; None for the first such column.
        of: The rows that were counted, as for `provenance`, which is printed under the title.
        title: The title; None for the names of the columns.

    Returns:
        The chart: each rate over its effective number of independent requests, the rate of all groups together as a
        line, and the limits that include about 95% and 99.8% of groups if they differ by chance alone. Groups outside
        the wider limits are named. If many groups lie outside, the groups differ in general, for example in their mix
        of requests. In a column of lists, the line counts a request once for each of its groups.

    Source:
        D. J. Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in Medicine 24 (2005),
        1185-1202, with arcsine limits, and with one design effect for all groups: their mean, by requests.
    """
    by = by or group_of(frame)
    need(frame, MEASURES, "charts.funnel")
    require_one_row_each(frame, by, "funnel")
    if is_mixed(frame):
        raise ValueError("charts.funnel draws one provenance, for each has a rate of its own; filter the frame")
    decided = frame.filter(pl.col("decided_count") > 0).with_columns(independent_requests=_independent_requests())
    rate = sum(decided["overturned_count"]) / max(1, sum(decided["decided_count"]))
    most, top = (max([1e-9, *decided[name]]) for name in ("independent_requests", "overturn_rate"))
    ends = _ends(rate)
    grid = pl.DataFrame({"independent_requests": [most * (step / 80) ** 2 for step in range(4, 81)]})
    limits = grid.with_columns(**ends)
    is_outside = ~pl.col("overturn_rate").is_between(ends["low_wide"], ends["high_wide"])
    rows = decided.with_columns(name=pl.when(is_outside).then(pl.col(by).cast(pl.String)).fill_null(""))
    outside = rows.filter(pl.col("name") != "").height
    notes = [
        f"line: {rate:.1%}, all groups together; dashed: where chance alone puts about 95% and 99.8% of the groups",
        f"{outside} of {rows.height} groups lie outside the wider limits and are named",
        *[HOLLOW] * rows["is_small_group"].any(),
        *accuracy_notes([by]),
    ]
    x = alt.X("independent_requests:Q", title="effective number of independent requests")
    scale = alt.Scale(domain=[0, min(1.0, ceil(top * 20 + 0.2) / 20)], nice=False)
    base, drawn = alt.Chart(inline(limits)).encode(x=x), alt.Chart(inline(rows)).encode(x=x, tooltip=tooltips(decided))
    y = alt.Y("overturn_rate:Q", title=OVERTURNED, axis=alt.Axis(format=PERCENT), scale=scale)
    dashes = [
        base.mark_line(color=GREY, strokeDash=[4, 4] if "narrow" in end else [8, 4], clip=True).encode(y=f"{end}:Q")
        for end in ends
    ]
    points = drawn.mark_point(size=60, strokeWidth=2, opacity=1).encode(
        y=y, **marks_of(rows, "provenance", is_hollow=True)
    )
    names = drawn.mark_text(align="left", dx=7, color=GREY).encode(y=y, text="name:N")
    overall = base.mark_rule(color=GREY).encode(x=alt.value(0), x2=alt.value(WIDTH), y=alt.datum(rate))
    return titled([*dashes, overall, points, names], title or f"Overturned requests, by {words_of(by)}", of, notes)


def _ends(rate: float) -> dict[str, pl.Expr]:
    """Return the limits of a funnel for a number of independent requests: the arcsine of a rate's root has no skew."""
    ends = {}
    for name, share in _FUNNEL.items():
        reach = NormalDist().inv_cdf(share) / (2 * pl.col("independent_requests").sqrt())
        for side, sign in (("low", -1), ("high", 1)):
            ends[f"{side}_{name}"] = (asin(sqrt(rate)) + sign * reach).clip(0, pi / 2).sin() ** 2
    return ends


def _independent_requests() -> pl.Expr:
    """Return how many independent requests a group has, by the mean design effect of all groups."""
    decided = pl.col("decided_count")
    effect = pl.col("design_effect").fill_null(decided / pl.col("letter_count"))  # if a letter's outcomes are alike
    return decided / ((effect * decided).sum() / decided.sum())


def _counted() -> pl.Expr:
    """Return the counts of a group in words: 12 of 90, 40 letters."""
    letters = pl.when(pl.col("letter_count") == 1).then(pl.lit("letter")).otherwise(pl.lit("letters"))
    return pl.format("{} of {}, {} {}", "overturned_count", "decided_count", "letter_count", letters)


def trend(frame: pl.DataFrame, *, of: Counted | None = None, title: str | None = None) -> alt.LayerChart:
    """Draw the share of overturned requests over time as a line, with its 95% intervals as a band.

    Args:
        frame: Periods as returned by ``imr.trend(every=...)``, without other groups.
        of: The rows that were counted, as for `provenance`, which is printed under the title.
        title: The title; None for the names of the columns.

    Returns:
        The chart. Three or more consecutive periods that are complete and have enough letters are connected by a line
        and a band; other periods are points with intervals. The subtitle lists partial periods and counts requests
        without a date.
    """
    need(frame, ["period", "last_day", "is_partial", *_DRAWN], "charts.trend")
    require_one_row_each(frame, "period", "trend")
    dated = _with_runs(frame.filter(pl.col("period").is_not_null()))
    decided = dated.filter(pl.col("decided_count") > 0)
    undated = int(frame.filter(pl.col("period").is_null())["decided_count"].sum())
    notes = [f"lines and bands: {INTERVALS.removeprefix('lines: ')}"]
    notes += [f"left out: {undated:,} requests of letters that print no decision date"] if undated else []
    notes += [HOLLOW] if decided["is_small_group"].any() else []
    partial = decided.filter("is_partial")["period"].unique().sort().dt.to_string("%Y-%m-%d").to_list()
    notes += (
        [f"pale: the letters cover only a part of the period that begins on {' and on '.join(partial)}"]
        if partial
        else []
    )
    marks = marks_of(dated, "provenance", is_hollow=True)
    rows, time = _with_time(dated)
    base = alt.Chart(inline(rows)).encode(
        x=time,
        tooltip=tooltips(dated.drop("run")),
        color=marks["color"],
    )
    top = rate_top(dated)
    low, high = alt.Y("interval_low:Q", title=OVERTURNED), "interval_high:Q"
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("overturn_rate:Q", title=OVERTURNED, axis=alt.Axis(format=PERCENT), scale=scale)
    pale = alt.condition("datum.is_partial", alt.value(0.35), alt.value(1))
    run = base.transform_filter("datum.run != null").encode(detail="run:N")
    layers = [
        run.mark_area(opacity=0.25, clip=True).encode(y=low, y2=high),
        base.mark_rule(opacity=0.35, clip=True).encode(y=low, y2=high),
        run.mark_line().encode(y=y),
        base.mark_point(size=40).encode(y=y, opacity=pale, **marks),
    ]
    cut = arrows(base, dated, top, axis="y")
    return titled([*layers, *cut], title or "Overturned requests over time", of, [*notes, *[CUT] * len(cut)])


def _with_runs(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the column ``run``: the number of the run of periods that a line connects, else null."""
    is_drawn = (pl.col("decided_count") > 0) & ~pl.col("is_small_group") & ~pl.col("is_partial")
    whose = pl.col("provenance").cast(pl.String) if "provenance" in frame.columns else pl.lit("")
    number = pl.struct(whose.alias("whose"), is_drawn.alias("drawn")).rle_id()
    is_long = pl.len().over(number) >= _LINE_FROM
    return frame.with_columns(run=pl.when(is_drawn & is_long).then(number))


def _with_time(frame: pl.DataFrame) -> tuple[pl.DataFrame, alt.X]:
    """Return the frame with the axis of time: few periods have one tick each, with their counts if there is room."""
    is_yearly = frame.select(_is_year().all()).item()
    is_monthly = frame.select((pl.col("period").dt.day() == 1).all()).item()
    time = pl.col("period").dt.to_string("%Y" if is_yearly else "%Y-%m" if is_monthly else "%Y-%m-%d")
    title = "year of decision" if is_yearly else "period of decision, from"
    counts = pl.format("|{}|of {}", "overturned_count", "decided_count")
    labeled = frame.with_columns(time=time, _counts=counts)
    periods = labeled["period"].n_unique()
    lengths = (pl.col("time").str.len_chars(), pl.col("_counts").str.split("|").list.last().str.len_chars())
    widths = [periods * (1 + max([0, *labeled.select(length).to_series()])) for length in lengths]
    if widths[0] > _ROOM and not is_yearly:
        dates, padded = alt.Axis(format="%Y-%m-%d"), alt.Scale(padding=STEP)
        return frame, alt.X("period:T", title="period of decision, from", axis=dates, scale=padded)
    if widths[1] <= _ROOM and not is_mixed(frame):
        labeled = labeled.with_columns(time=pl.col("time") + pl.col("_counts"))
        title += "; overturned of decided requests"
    domain = labeled.sort("period")["time"].unique(maintain_order=True).to_list()  # also periods without decisions
    axis = alt.Axis(labelAngle=0, labelExpr="split(datum.label, '|')")
    return labeled.drop("_counts"), alt.X("time:O", title=title, axis=axis, scale=alt.Scale(domain=domain))


def _is_year() -> pl.Expr:
    first, last = pl.col("period"), pl.col("last_day")
    return (first.dt.ordinal_day() == 1) & (last == first.dt.offset_by("1y").dt.offset_by("-1d"))


def beside_published(frame: pl.DataFrame, *, of: Counted | None = None, title: str | None = None) -> alt.LayerChart:
    """Draw shares of letters, with their 95% intervals, beside the published figures of the same years.

    Args:
        frame: Rows of one measure and scope, of shares, as returned by `imrdata.compare_with_published`.
        of: The rows that were counted, as for `provenance`, which is printed under the title.
        title: The title; None for the names of the columns.

    Returns:
        The chart: the letters' figures by provenance with intervals, and the published figures without.
    """
    need(frame, ["measure", "scope", "published_value"], "charts.beside_published")
    if frame.select("measure", "scope").n_unique() > 1:
        raise ValueError("charts.beside_published draws one measure and scope; filter out the others")
    measured = ["interval_low", "interval_high", "part_count", "whole_count", "is_small_group"]
    letters = (pl.col("provenance").cast(pl.String) + " letters").alias("figures_of")
    own = frame.select("year", letters, *measured, share="value").unique(maintain_order=True)
    sign = pl.col("bound").replace_strict(_SIGNS, default="", return_dtype=pl.String)
    sign += pl.when("is_cited").then(pl.lit("")).otherwise(pl.lit(_UNCITED))
    others = frame.select("year", "wording", "source", figures_of="publisher", share="published_value", sign=sign)
    notes = [INTERVALS] if own.height else ["nothing was published about the years of these letters"]
    notes += [HOLLOW] if own["is_small_group"].any() else []
    notes += ["\u2265, \u2264, ~: published as a bound or an approximate value"] if frame["bound"].count() else []
    notes += ["the CWCI uses its own categories"] if frame["category_scheme"].eq("CWCI").any() else []
    notes += [f"{_UNCITED}: uncited, its source was not noted: do not quote it"] if not frame["is_cited"].all() else []
    measure, scope = frame.select("measure", "scope").row(0) if frame.height else ("share", None)
    rows = pl.concat([own, others.unique(maintain_order=True)], how="diagonal")
    rows = rows.with_columns(pl.col("is_small_group").fill_null(value=False), pl.col("sign").fill_null(""))
    marks = marks_of(rows, "figures_of", is_hollow=True)
    years = [*range(min(rows["year"]), max(rows["year"]) + 1)] if rows.height else []  # also years without a figure
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("year:O", title="year of decision", axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=years)),
        xOffset=alt.XOffset("figures_of:N", sort=None),
        tooltip=tooltips(rows),
    )
    top = rate_top(rows, "share")
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("share:Q", title="share (%)", axis=alt.Axis(format=PERCENT), scale=scale)
    low, high = alt.Y("interval_low:Q", title="share (%)"), "interval_high:Q"
    rules = base.mark_rule(strokeWidth=2, opacity=0.6, clip=True).encode(y=low, y2=high, color=marks["color"])
    points = base.mark_point(size=60, strokeWidth=2, opacity=1).encode(y=y, **marks)
    signs = base.mark_text(align="left", dx=7, color=GREY).encode(y=y, text="sign:N")
    cut = arrows(base, rows, top, axis="y")
    title = title or ", ".join(words_of(str(one)) for one in (measure, scope) if one is not None)
    return titled(
        [rules, points, signs, *cut],
        sentence(title),
        of,
        [*notes, *[CUT] * len(cut), *accuracy_notes(SCOPES[: 1 + (measure == "share_of_drugs")] if scope else [])],
        width=alt.Step(3 * STEP, **{"for": "position"}),
    )
