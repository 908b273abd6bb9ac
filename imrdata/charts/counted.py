"""Charts of counts: bar charts of groups and histograms of days."""

from __future__ import annotations

from math import gcd

import altair as alt
import polars as pl

from imrdata.analysis.accuracy import accuracy_notes
from imrdata.analysis.groups import need
from imrdata.charts.drawing import (
    COUNT,
    GREY,
    STEP,
    Counted,
    count_axis,
    field_of,
    group_rows,
    inline,
    marks_of,
    require_one_row_each,
    sentence,
    titled,
    tooltips,
    words_of,
)


def counts(
    frame: pl.DataFrame, by: str, count: str, *, of: Counted | None = None, title: str | None = None
) -> alt.LayerChart:
    """Draw counts as labeled bars, one per row.

    Args:
        frame: Groups with their counts, in the order to draw.
        by: The column with the names of the groups.
        count: The column with the counts.
        of: The rows that were counted, as for `provenance`, which is printed under the title.
        title: The title; None for the names of the columns.

    Returns:
        The chart.
    """
    need(frame, [count], "charts.counts")
    require_one_row_each(frame, by, "counts")
    field = field_of(count, "quantitative")
    x = alt.X(**field, title=words_of(count), axis=count_axis(frame[count]))
    rows, labels = group_rows(frame, by)
    base = alt.Chart(inline(rows)).encode(x=x, tooltip=tooltips(frame), **labels)
    bars = base.mark_bar().encode(color=marks_of(frame, "provenance")["color"])
    figures = base.mark_text(align="left", dx=4, color=GREY).encode(text=alt.Text(**field, format=COUNT))
    title = title or f"{words_of(count)}, by {words_of(by)}"
    return titled([bars, figures], sentence(title), of, accuracy_notes([by]), height=alt.Step(STEP))


def days(
    frame: pl.DataFrame,
    column: str,
    *,
    of: Counted | None = None,
    title: str | None = None,
    limit: str | None = None,
    width: int = 5,
) -> alt.LayerChart:
    """Draw a histogram of the days that letters took.

    Args:
        frame: One row per letter, as returned by ``imr.intervals()``.
        column: The column of days.
        of: The rows that were counted, as for `provenance`, which is printed under the title.
        title: The title; None for the names of the columns.
        limit: The column of the time limits in days; each is drawn as a dashed line after its last day.
        width: The maximum number of days per bar; a bar always ends at a limit.

    Returns:
        The chart. The subtitle counts the letters without one of the two dates, and those without a known limit.
    """
    need(frame, [column, "provenance", *([limit] if limit else [])], "charts.days")
    known = frame.filter(pl.col(column).is_not_null())
    limits = sorted(known[limit].drop_nulls().unique()) if limit is not None else []
    last = limits[0] if limits else -1
    width = gcd(width, *(one - last for one in limits[1:]))
    first = ((pl.col(column).cast(pl.Int64) - last - 1) // width * width + last + 1).alias("first_day")
    bars = known.group_by("provenance", first).agg(letters=pl.len()).sort("provenance", "first_day")
    bars = bars.with_columns(last_day=pl.col("first_day") + width - 1)
    lowest = min([0, *known[column]])  # a bar below 0 would show days that no letter took
    bars = bars.with_columns(pl.max_horizontal("first_day", pl.lit(lowest)).alias("first_day"))
    edges = {"_from": pl.col("first_day") - 0.5, "_to": pl.col("last_day") + 0.5}
    notes = [f"left out: {frame.height - known.height:,} letters that do not print both dates"]
    notes = notes if known.height < frame.height else []
    x = alt.X("_from:Q", title=words_of(column), bin=alt.BinParams(binned=True, step=width), axis=alt.Axis(format="d"))
    y = alt.Y("letters:Q", title="letters", axis=count_axis(bars["letters"]))
    base = alt.Chart(inline(bars.with_columns(**edges))).mark_bar().encode(x=x, x2="_to:Q", y=y, tooltip=tooltips(bars))
    layers = [base.encode(color=marks_of(bars, "provenance")["color"])]
    if limit is not None and limits:
        notes.append(f"dashed: the limit of {' or '.join(map(str, limits))} days, without extensions")
        unknown = known[limit].null_count()
        notes += [f"of {unknown:,} letters it is not known which limit applies"] if unknown else []
        rows = alt.InlineData(values=[{"limit": one + 0.5} for one in limits])
        layers.append(alt.Chart(rows).mark_rule(color=GREY, strokeDash=[6, 4], strokeWidth=2).encode(x="limit:Q"))
    return titled(layers, title or sentence(words_of(column)), of, notes)
