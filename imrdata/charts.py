"""Charts and tables for notebooks, of frames such as the verbs of ``frame.imr`` return; the extra ``notebooks``.

Each takes the rows to show, and in `of` the rows that were counted: their provenance stands under every title.
Published and synthetic rows are told apart by colour and shape, so that nobody takes one for the other. Charts are
Altair's and can be changed as such, tables are great-tables'. Both are drawn offline, in a light and in a dark theme.
A chart refuses a column that is not there (`UnknownTermError`), and rows that it would draw upon each other
(`ValueError`).

Importing this module gives Altair a renderer of its own, ``imrdata``, unless the reader has chosen one. Altair's
default renderer loads scripts from the web, and JupyterLab brings Vega-Lite 5 along but not Altair's Vega-Lite 6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from typing import Any

import polars as pl

from imrdata.analysis.groups import need
from imrdata.errors import MissingExtraError

try:
    import altair as alt
    from great_tables import GT
except ModuleNotFoundError as error:
    raise MissingExtraError("notebooks", "imrdata.charts") from error

__all__ = ["beside_published", "counts", "days", "provenance", "rates", "table", "trend"]

MIME_TYPE = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # a name; nothing reads the address
_WIDTH, _STEP, _HEIGHT, _LABEL_LIMIT = 480, 22, 240, 260
# Contrast of 3 or more on white and on the grey of the dark theme; told apart by the colour-blind, and by shape too.
_BLUE, _ORANGE, _GREY, _PURPLE = "#2f86c8", "#d55e00", "#888888", "#b868a8"
_MARKS = {  # whose figures: colour and shape
    "published": (_ORANGE, "diamond"),
    "synthetic": (_BLUE, "circle"),
    "published letters": (_ORANGE, "diamond"),
    "synthetic letters": (_BLUE, "circle"),
    "DWC": (_GREY, "triangle-up"),
    "CWCI": (_PURPLE, "triangle-down"),
}
_OVERTURNED = "overturned (% of requests)"
_PERCENT, _COUNT = ".0%", ",d"
_HOLLOW = "hollow: too few letters to say much; their intervals may go on beyond the edge"


def _renderer(spec: dict[str, Any], **_: object) -> dict[str, Any]:
    """A chart as JupyterLab draws it without the web; its title where nothing can draw it."""
    return {MIME_TYPE: {**spec, "$schema": _SCHEMA}, "text/plain": f"Chart: {spec.get('description', 'of Altair')}"}


alt.renderers.register("imrdata", _renderer)
if alt.renderers.active == "default":
    alt.renderers.enable("imrdata")


def provenance(of: pl.DataFrame) -> str:
    """How many letters are behind some rows, by provenance; the words under every title.

    Args:
        of: Rows of any table with the columns ``case_number`` and ``provenance``.

    Returns:
        For example ``"1 published letter, 1,500 synthetic letters: quote no figure of synthetic letters"``.
    """
    need(of, ["case_number", "provenance"], "charts.provenance")
    letters = of.group_by("provenance").agg(pl.col("case_number").n_unique())
    found = {str(kind): count for kind, count in letters.rows()}
    words = ", ".join(f"{count:,} {kind} letter{'s' * (count != 1)}" for kind, count in sorted(found.items()))
    return (words or "no letters") + ": quote no figure of synthetic letters" * ("synthetic" in found)


def rates(frame: pl.DataFrame, by: str, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """Shares of overturned requests as points, their 95 % intervals as rules; one row a group.

    Args:
        frame: Groups as ``imr.overturn_rate(by=...)`` gives them, drawn in their order.
        by: The column that names the groups.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart. Points of small groups are hollow, and the subtitle says so where there are any; the scale is that of
        the other groups.
    """
    _one_row_each(frame, by, "rates")
    base = alt.Chart(_data(frame)).encode(tooltip=_tooltips(frame), **_rows(frame, by))
    low, high = alt.X("interval_low:Q", title=_OVERTURNED), "interval_high:Q"
    colour = _marks(frame, "provenance")["color"]
    rules = base.mark_rule(strokeWidth=2, opacity=0.6, clip=True).encode(x=low, x2=high, color=colour)
    points = base.mark_point(size=60, strokeWidth=2, opacity=1).encode(
        x=alt.X("overturn_rate:Q", title=_OVERTURNED, axis=alt.Axis(format=_PERCENT), scale=_scale(frame)),
        **_marks(frame, "provenance", is_hollow=True),
    )
    notes = [_HOLLOW] if frame["is_small_group"].any() else []
    return _titled([rules, points], title, of, notes, height=_steps(frame))


def trend(frame: pl.DataFrame, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """The share of overturned requests over time as a line, its 95 % intervals as a band.

    Args:
        frame: Periods as ``imr.trend(every=...)`` gives them, without other groups.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart. A period without neighbours is a point with a rule; requests without a date are counted in the
        subtitle.
    """
    _one_row_each(frame, "period", "trend")
    dated = frame.filter(pl.col("period").is_not_null())
    undated = int(frame.filter(pl.col("period").is_null())["decided_count"].sum())
    notes = [f"left out: {undated:,} requests of letters that print no decision date"] if undated else []
    notes += [_HOLLOW] if dated.filter(pl.col("decided_count") > 0)["is_small_group"].any() else []
    marks = _marks(dated, "provenance", is_hollow=True)
    base = alt.Chart(_data(dated)).encode(
        x=alt.X("period:T", title="decision date"), tooltip=_tooltips(dated), color=marks["color"]
    )
    low, high = alt.Y("interval_low:Q", title=_OVERTURNED), "interval_high:Q"
    y = alt.Y("overturn_rate:Q", title=_OVERTURNED, axis=alt.Axis(format=_PERCENT), scale=_scale(dated))
    layers = [
        base.mark_area(opacity=0.25, clip=True).encode(y=low, y2=high),
        base.mark_rule(opacity=0.35, clip=True).encode(y=low, y2=high),
        base.mark_line().encode(y=y),
        base.mark_point(size=40, opacity=1).encode(y=y, **marks),
    ]
    return _titled(layers, title, of, notes)


def counts(frame: pl.DataFrame, by: str, count: str, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """Counts as bars with their figures; one row a group.

    Args:
        frame: Groups with their counts, drawn in their order.
        by: The column that names the groups.
        count: The column of the counts.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart.
    """
    need(frame, [count], "charts.counts")
    _one_row_each(frame, by, "counts")
    field = _field(count, "quantitative")
    x = alt.X(**field, title=f"{_words(count)} (count)", axis=alt.Axis(format=_COUNT, tickMinStep=1))
    base = alt.Chart(_data(frame)).encode(x=x, tooltip=_tooltips(frame), **_rows(frame, by))
    bars = base.mark_bar().encode(color=_marks(frame, "provenance")["color"])
    figures = base.mark_text(align="left", dx=4, color=_GREY).encode(text=alt.Text(**field, format=_COUNT))
    return _titled([bars, figures], title, of, height=_steps(frame))


def days(
    frame: pl.DataFrame, column: str, *, of: pl.DataFrame, title: str, limit: str | None = None, width: int = 3
) -> alt.LayerChart:
    """How many letters took how many days, as a histogram.

    Args:
        frame: One row a letter, as ``imr.intervals()`` gives them.
        column: The column of days.
        of: The rows that were counted.
        title: What the chart shows.
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
    x = alt.X("first_day:Q", title=_words(column), bin=alt.BinParams(binned=True, step=width))
    y = alt.Y("letters:Q", title="letters (count)", axis=alt.Axis(format=_COUNT, tickMinStep=1))
    drawn = alt.Chart(_data(bars)).mark_bar().encode(x=x, x2="next_day:Q", y=y, tooltip=_tooltips(bars))
    layers = [drawn.encode(color=_marks(bars, "provenance")["color"])]
    limits = sorted(frame[limit].drop_nulls().unique()) if limit is not None else []
    if limits:
        notes.append(f"dashed: the limit of {' or '.join(map(str, limits))} days")
        rows = alt.InlineData(values=[{"limit": one} for one in limits])
        layers.append(alt.Chart(rows).mark_rule(color=_GREY, strokeDash=[6, 4], strokeWidth=2).encode(x="limit:Q"))
    return _titled(layers, title, of, notes)


def beside_published(frame: pl.DataFrame, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """Shares of letters, with their 95 % intervals, beside the published figures of the same years.

    Args:
        frame: Rows of one measure and scope, of shares, as `imrdata.compare_with_published` gives them.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart: the letters' figures by provenance with rules, the publishers' without.
    """
    if frame.select("measure", "scope").n_unique() > 1:
        raise ValueError("charts.beside_published draws one measure and scope; filter the others out")
    measured = ["value", "interval_low", "interval_high", "part_count", "whole_count", "is_small_group"]
    letters = (pl.col("provenance").cast(pl.String) + " letters").alias("figures_of")
    own = frame.select("year", letters, *measured).unique(maintain_order=True)
    others = frame.select("year", pl.col("publisher").alias("figures_of"), pl.col("published_value").alias("value"))
    notes = [_HOLLOW] if own["is_small_group"].any() else []
    rows = pl.concat([own, others.unique(maintain_order=True)], how="diagonal")
    rows = rows.with_columns(pl.col("is_small_group").fill_null(value=False))
    marks = _marks(rows, "figures_of", is_hollow=True)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("year:O", title="year of decision", axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("figures_of:N", sort=None),
        tooltip=_tooltips(rows),
    )
    y = alt.Y("value:Q", title="share (%)", axis=alt.Axis(format=_PERCENT), scale=_scale(rows, "value"))
    low, high = alt.Y("interval_low:Q", title="share (%)"), "interval_high:Q"
    rules = base.mark_rule(strokeWidth=2, opacity=0.6, clip=True).encode(y=low, y2=high, color=marks["color"])
    points = base.mark_point(size=60, strokeWidth=2, opacity=1).encode(y=y, **marks)
    return _titled([rules, points], title, of, notes)


def table(frame: pl.DataFrame, *, of: pl.DataFrame | None, title: str) -> GT:
    """A small frame as a table to read or print; the words of letters in it are shown as text.

    Args:
        frame: The rows, in their order. Floats named as shares, rates or bounds of an interval are printed as percent,
            other numbers but years with separators.
        of: The rows that were counted; None where no letter was, as in a table of limits.
        title: What the table shows.

    Returns:
        The table. Null is a dash.
    """
    shown = frame.with_columns(pl.col(pl.List(pl.String)).list.join(", "), pl.col(pl.Enum).cast(pl.String))
    name = "table-" + "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    percents = [c for c in shown.columns if shown[c].dtype.is_float() and _is_share(c)]
    numbers = [c for c in shown.columns if shown[c].dtype.is_numeric() and c not in percents and "year" not in c]
    made: GT = _Table(shown, id=name).tab_header(title, None if of is None else provenance(of))
    made = made.fmt_percent(percents, decimals=1).fmt_number(numbers, decimals=2, drop_trailing_zeros=True)
    made = made.fmt_tf([c for c in shown.columns if shown[c].dtype == pl.Boolean], tf_style="yes-no")
    made = made.fmt_integer([c for c in numbers if shown[c].dtype.is_integer()])
    made = made.cols_align("left", [c for c in shown.columns if shown[c].dtype == pl.String])
    made = made.sub_missing(missing_text="-").cols_label({c: _words(c) for c in shown.columns})
    parts = ", ".join(f"#{name} .gt_table{part}" for part in ("", " tr", " td", " th"))
    themed = f"{parts} {{ background: transparent !important; color: inherit !important }}"
    return made.tab_options(table_margin_left="0").opt_align_table_header("left").opt_css(themed)


class _Table(GT):
    """A table whose plain text, where no HTML is shown, is its title and not its innards."""

    def __repr__(self) -> str:
        return "Table: " + "; ".join(str(words) for words in (self._heading.title, self._heading.subtitle) if words)


def _is_share(column: str) -> bool:
    return column.endswith(("rate", "share", "value")) or column.startswith("interval_")


def _words(column: str) -> str:
    named = {"interval_low": "95 % interval from", "interval_high": "to", "is_small_group": "few letters"}
    return named.get(column, column.removesuffix("_count").replace("_", " "))


def _data(frame: pl.DataFrame) -> alt.InlineData:
    """The rows inline, without a name that depends on them, without pandas or pyarrow."""
    dates = pl.col(pl.Date).dt.to_string("%Y-%m-%dT00:00:00")  # local time; a bare date is read as UTC, a day early
    return alt.InlineData(values=frame.with_columns(dates).to_dicts())


def _rows(frame: pl.DataFrame, by: str) -> dict[str, Any]:
    """A row for each group, and in it one for each provenance where there are several."""
    axis = alt.Axis(labelLimit=_LABEL_LIMIT, maxExtent=_LABEL_LIMIT + _STEP)
    y = alt.Y(**_field(by, "nominal"), sort=None, title=_words(by), axis=axis)
    return {"y": y} | ({"yOffset": alt.YOffset("provenance:N", sort=None)} if _is_mixed(frame) else {})


def _field(column: str, kind: str) -> dict[str, Any]:
    """A column as Vega-Lite names it, which takes a point or a bracket for the way into a nested value."""
    return {"field": re.sub(r"([\\.\[\]'\"])", r"\\\1", column), "type": kind}


def _one_row_each(frame: pl.DataFrame, by: str, chart: str) -> None:
    """Refuse rows that would be drawn upon each other: those of other groups than the chart can show."""
    need(frame, [by], f"charts.{chart}")
    if frame.select({by, "provenance"} & set(frame.columns)).is_duplicated().any():
        raise ValueError(f"charts.{chart} draws one row of each {by}; the frame has several: filter it")


def _is_mixed(frame: pl.DataFrame) -> bool:
    return "provenance" in frame.columns and frame["provenance"].n_unique() > 1


def _steps(frame: pl.DataFrame) -> alt.Step:
    """The height of a chart whose groups are rows; those of two provenances are a little higher."""
    return alt.Step(_STEP + _STEP // 3 * _is_mixed(frame), **{"for": "position"})


def _scale(frame: pl.DataFrame, rate: str = "overturn_rate") -> alt.Scale:
    """From 0 to the largest rate, and to the end of the largest interval that is not of a small group."""
    is_small = pl.col("is_small_group") & ~pl.col("is_small_group").all()
    top = frame.select(pl.max_horizontal(pl.col(rate).max(), pl.col("interval_high").filter(~is_small).max())).item()
    return alt.Scale(domain=[0, min(1.0, ceil((top or 1) * 20 + 0.2) / 20)])


def _marks(frame: pl.DataFrame, column: str, *, is_hollow: bool = False) -> dict[str, Any]:
    """Colour and shape by whose figures they are, with a legend of those that are there; small groups hollow."""
    present = set(frame[column].cast(pl.String)) if column in frame.columns else set()
    domain = [name for name in _MARKS if name in present]
    colours = alt.Scale(domain=domain, range=[_MARKS[name][0] for name in domain])
    shapes = alt.Scale(domain=domain, range=[_MARKS[name][1] for name in domain])
    hollow = {"fillOpacity": alt.condition("datum.is_small_group", alt.value(0), alt.value(1))} if is_hollow else {}
    if not domain:
        return {"color": alt.value(_BLUE)} | ({"fill": alt.value(_BLUE), **hollow} if is_hollow else {})
    field: dict[str, Any] = {**_field(column, "nominal"), "title": _words(column)}
    marks: dict[str, Any] = {"color": alt.Color(**field, scale=colours), "shape": alt.Shape(**field, scale=shapes)}
    return marks | ({"fill": alt.Fill(**field, scale=colours), **hollow} if is_hollow else {})


def _tooltips(frame: pl.DataFrame) -> list[alt.Tooltip]:
    tips = []
    for name, dtype in frame.schema.items():
        if dtype.is_numeric():
            form = "d" if "year" in name else ".1%" if dtype.is_float() and _is_share(name) else ",.2~f"
            tips.append(alt.Tooltip(**_field(name, "quantitative"), format=form, title=_words(name)))
        elif dtype == pl.Date:
            tips.append(alt.Tooltip(**_field(name, "temporal"), format="%Y-%m-%d", title=_words(name)))
        elif dtype != pl.Boolean:
            tips.append(alt.Tooltip(**_field(name, "nominal"), title=_words(name)))
    return tips


def _titled(
    layers: list[alt.Chart], title: str, of: pl.DataFrame, notes: Sequence[str] = (), height: Any = _HEIGHT
) -> alt.LayerChart:
    subtitle = [provenance(of), *notes]
    heading = alt.TitleParams(text=title, subtitle=subtitle, anchor="start", frame="group")
    chart = alt.LayerChart(layer=layers)
    return chart.properties(title=heading, width=_WIDTH, height=height, description=f"{title}; {'; '.join(subtitle)}")
