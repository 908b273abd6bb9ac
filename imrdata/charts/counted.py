"""Charts of counts: bars of groups, a histogram of days."""

from __future__ import annotations

import altair as alt
import polars as pl

from imrdata.analysis.groups import need
from imrdata.charts.drawing import (
    COUNT,
    GREY,
    STEP,
    field_of,
    group_rows,
    inline,
    marks_of,
    require_one_row_each,
    titled,
    tooltips,
    words_of,
)


def counts(
    frame: pl.DataFrame, by: str, count: str, *, of: pl.DataFrame | None = None, title: str | None = None
) -> alt.LayerChart:
    """Counts as bars with their figures; one row a group.

    Args:
        frame: Groups with their counts, drawn in their order.
        by: The column that names the groups.
        count: The column of the counts.
        of: The rows that were counted; their letters stand under the title.
        title: What the chart shows; None for the names of the columns.

    Returns:
        The chart.
    """
    need(frame, [count], "charts.counts")
    require_one_row_each(frame, by, "counts")
    field = field_of(count, "quantitative")
    x = alt.X(**field, title=words_of(count), axis=alt.Axis(format=COUNT, tickMinStep=1))
    rows, labels = group_rows(frame, by)
    base = alt.Chart(inline(rows)).encode(x=x, tooltip=tooltips(frame), **labels)
    bars = base.mark_bar().encode(color=marks_of(frame, "provenance")["color"])
    figures = base.mark_text(align="left", dx=4, color=GREY).encode(text=alt.Text(**field, format=COUNT))
    title = title or f"{words_of(count)}, by {words_of(by)}".capitalize()
    return titled([bars, figures], title, of, height=alt.Step(STEP))


def days(
    frame: pl.DataFrame,
    column: str,
    *,
    of: pl.DataFrame | None = None,
    title: str | None = None,
    limit: str | None = None,
    width: int = 3,
) -> alt.LayerChart:
    """How many letters took how many days, as a histogram.

    Args:
        frame: One row a letter, as ``imr.intervals()`` gives them.
        column: The column of days.
        of: The rows that were counted; their letters stand under the title.
        title: What the chart shows; None for the names of the columns.
        limit: The column of the time limits in days, drawn as dashed rules.
        width: Days in a bar.

    Returns:
        The chart. Letters without one of the two dates are counted in the subtitle.
    """
    need(frame, [column, "provenance", *([limit] if limit else [])], "charts.days")
    known = frame.filter(pl.col(column).is_not_null())
    first = (pl.col(column) // width * width).cast(pl.Int64)
    bars = known.group_by("provenance", first_day=first).agg(letters=pl.len()).sort("provenance", "first_day")
    bars = bars.with_columns(next_day=pl.col("first_day") + width)
    notes = [f"left out: {frame.height - known.height:,} letters that do not print both dates"]
    notes = notes if known.height < frame.height else []
    x = alt.X("first_day:Q", title=words_of(column), bin=alt.BinParams(binned=True, step=width))
    y = alt.Y("letters:Q", title="letters", axis=alt.Axis(format=COUNT, tickMinStep=1))
    drawn = alt.Chart(inline(bars)).mark_bar().encode(x=x, x2="next_day:Q", y=y, tooltip=tooltips(bars))
    layers = [drawn.encode(color=marks_of(bars, "provenance")["color"])]
    limits = sorted(frame[limit].drop_nulls().unique()) if limit is not None else []
    if limits:
        notes.append(f"dashed: the limit of {' or '.join(map(str, limits))} days")
        rows = alt.InlineData(values=[{"limit": one} for one in limits])
        layers.append(alt.Chart(rows).mark_rule(color=GREY, strokeDash=[6, 4], strokeWidth=2).encode(x="limit:Q"))
    return titled(layers, title or words_of(column).capitalize(), of, notes)
