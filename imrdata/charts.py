"""Charts and tables for notebooks, of frames such as the verbs of ``frame.imr`` return; the extra ``notebooks``.

Each takes the rows to show, and in `of` the rows that were counted: their provenance stands under every title, so that
nobody takes a synthetic letter for a real one. Charts are Altair's and can be changed as such, tables are great-tables'.
Both are drawn offline, in a light and in a dark theme.

Importing this module gives Altair a renderer of its own, ``imrdata``, unless the reader has chosen one. Altair's
default renderer loads scripts from the web, and JupyterLab brings Vega-Lite 5 along but not Altair's Vega-Lite 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from imrdata.errors import MissingExtraError

try:
    import altair as alt
    from great_tables import GT
except ModuleNotFoundError as error:
    raise MissingExtraError("notebooks", "imrdata.charts") from error

__all__ = ["beside_published", "counts", "days", "provenance", "rates", "table", "trend"]

MIME_TYPE = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # a name; nothing reads the address
_WIDTH, _STEP, _HEIGHT = 480, 22, 240
# Contrast of 3 or more on white and on the grey of the dark theme; told apart by the colour-blind, and by shape too.
_BLUE, _ORANGE, _GREY = "#2f86c8", "#d55e00", "#888888"
_PERCENT = ".0%"
_OVERTURNED = "overturned, % of requests"
_LABEL_LIMIT = 260


def _renderer(spec: dict[str, Any], **_: object) -> dict[str, Any]:
    """A chart as JupyterLab draws it without the web; the title where nothing can draw it."""
    title = spec.get("title", {})
    words = [title.get("text", ""), *title.get("subtitle", [])] if isinstance(title, dict) else [str(title)]
    return {MIME_TYPE: {**spec, "$schema": _SCHEMA}, "text/plain": "Chart: " + "; ".join(filter(None, words))}


alt.renderers.register("imrdata", _renderer)
if alt.renderers.active == "default":
    alt.renderers.enable("imrdata")


def provenance(of: pl.DataFrame) -> str:
    """How many letters are behind some rows, by provenance; the words under every title.

    Args:
        of: Rows of any table with the columns ``case_number`` and ``provenance``.

    Returns:
        For example ``"1 published letter, 1,500 synthetic letters: quote no figure"``.
    """
    letters = of.group_by("provenance").agg(pl.col("case_number").n_unique().alias("letters"))
    found = {str(kind): count for kind, count in letters.rows() if count}
    words = [f"{count:,} {kind} letter{'s' * (count != 1)}" for kind, count in sorted(found.items())]
    return ", ".join(words) + ": quote no figure" * ("synthetic" in found) if words else "no letters"


def rates(frame: pl.DataFrame, by: str, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """Shares of overturned requests as points, their 95 % Wilson intervals as rules; one row a group.

    Args:
        frame: Groups as ``imr.overturn_rate(by=...)`` gives them, drawn in their order.
        by: The column that names the groups.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart. Points of small groups are hollow, and the subtitle says so where there are any.
    """
    notes = ["hollow: too few requests to say much"] if frame["is_small"].any() else []
    y = alt.Y(f"{by}:N", sort=None, title=_words(by), axis=alt.Axis(labelLimit=_LABEL_LIMIT))
    x = alt.X("overturn_rate:Q", title=_OVERTURNED, axis=alt.Axis(format=_PERCENT), scale=alt.Scale(zero=True))
    base = alt.Chart(_data(frame)).encode(y=y, tooltip=_tooltips(frame))
    rules = base.mark_rule(color=_BLUE, strokeWidth=2).encode(x=alt.X("ci_low:Q", title=_OVERTURNED), x2="ci_high:Q")
    points = base.mark_point(color=_BLUE, size=70, strokeWidth=2, opacity=1).encode(
        x=x, fill=alt.condition("datum.is_small", alt.value("transparent"), alt.value(_BLUE))
    )
    return _titled(alt.layer(rules, points), title, of, notes, height=alt.Step(_STEP))


def trend(frame: pl.DataFrame, time: str, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """The share of overturned requests over time as a line, its 95 % Wilson intervals as a band.

    Args:
        frame: Periods as ``imr.trend(every=...)`` gives them.
        time: The column of their first days.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart. A single period is a point with a rule.
    """
    x = alt.X(f"{time}:T", title=_words(time))
    y = alt.Y("overturn_rate:Q", title=_OVERTURNED, axis=alt.Axis(format=_PERCENT), scale=alt.Scale(zero=True))
    base = alt.Chart(_data(frame)).encode(x=x, tooltip=_tooltips(frame))
    band = base.mark_area(color=_BLUE, opacity=0.25).encode(y=alt.Y("ci_low:Q", title=_OVERTURNED), y2="ci_high:Q")
    rules = base.mark_rule(color=_BLUE, opacity=0.4).encode(y=alt.Y("ci_low:Q", title=_OVERTURNED), y2="ci_high:Q")
    line = base.mark_line(color=_BLUE, point={"color": _BLUE, "size": 40}).encode(y=y)
    return _titled(alt.layer(band, rules, line), title, of)


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
    y = alt.Y(f"{by}:N", sort=None, title=_words(by), axis=alt.Axis(labelLimit=_LABEL_LIMIT))
    x = alt.X(f"{count}:Q", title=f"{_words(count)} (count)", axis=alt.Axis(format=",d", tickMinStep=1))
    base = alt.Chart(_data(frame)).encode(y=y, x=x, tooltip=_tooltips(frame))
    figures = base.mark_text(align="left", dx=4, color=_GREY).encode(text=alt.Text(f"{count}:Q", format=",d"))
    return _titled(alt.layer(base.mark_bar(color=_BLUE), figures), title, of, height=alt.Step(_STEP))


def days(
    frame: pl.DataFrame, column: str, *, of: pl.DataFrame, title: str, limit: int | None = None, width: int = 3
) -> alt.LayerChart:
    """How many letters took how many days, as a histogram; a limit as a dashed rule.

    Args:
        frame: One row a letter, as ``imr.intervals()`` gives them.
        column: The column of days.
        of: The rows that were counted.
        title: What the chart shows.
        limit: A time limit in days.
        width: Days in a bar.

    Returns:
        The chart. Letters without one of the two dates are counted in the subtitle.
    """
    known = frame[column].drop_nulls()
    start = (known // width * width).cast(pl.Int64).alias("days")
    bars = start.value_counts(name="letters").sort("days").with_columns((pl.col("days") + width).alias("below"))
    missing = frame.height - known.len()
    notes = [f"{missing:,} letters do not print both dates"] if missing else []
    notes += [f"dashed: {limit} days"] if limit is not None else []
    x = alt.X("days:Q", title=f"{_words(column)} ({width} in a bar)", bin=alt.BinParams(binned=True, step=width))
    y = alt.Y("letters:Q", title="letters (count)", axis=alt.Axis(format=",d", tickMinStep=1))
    layers: list[alt.Chart] = [
        alt.Chart(_data(bars)).mark_bar(color=_BLUE).encode(x=x, x2="below:Q", y=y, tooltip=_tooltips(bars))
    ]
    if limit is not None:
        rule = alt.Chart(alt.Data(values=[{"limit": limit}])).mark_rule(color=_ORANGE, strokeDash=[6, 4], strokeWidth=2)
        layers.append(rule.encode(x="limit:Q"))
    return _titled(alt.layer(*layers), title, of, notes)


def beside_published(frame: pl.DataFrame, *, of: pl.DataFrame, title: str) -> alt.LayerChart:
    """Figures of letters, with their 95 % Wilson intervals, beside the published figures of the same years.

    Args:
        frame: Rows of one measure and scope, as `imrdata.compare_with_published` gives them.
        of: The rows that were counted.
        title: What the chart shows.

    Returns:
        The chart: circles and rules for the letters, other shapes for the publishers.
    """
    shapes = alt.Scale(domain=["these letters", "DWC", "CWCI"], range=["circle", "diamond", "triangle-up"])
    colours = alt.Scale(domain=["these letters", "DWC", "CWCI"], range=[_BLUE, _ORANGE, _GREY])
    x = alt.X("year:O", title="year of decision", axis=alt.Axis(labelAngle=0))
    y = alt.Y("value:Q", title="share, %", axis=alt.Axis(format=_PERCENT), scale=alt.Scale(zero=True))
    base = alt.Chart(_data(frame)).encode(x=x, tooltip=_tooltips(frame))
    rules = base.mark_rule(color=_BLUE, strokeWidth=2).encode(y=alt.Y("ci_low:Q", title="share, %"), y2="ci_high:Q")
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=y,
        shape=alt.Shape("publisher:N", scale=shapes, title="figures of"),
        color=alt.Color("publisher:N", scale=colours, title="figures of"),
    )
    return _titled(alt.layer(rules, points), title, of)


def table(frame: pl.DataFrame, *, of: pl.DataFrame, title: str) -> GT:
    """A small frame as a table to read or print; the words of letters in it are shown as text.

    Args:
        frame: The rows, in their order. Columns named as shares or rates are printed as percent, others of numbers
            with separators, but years.
        of: The rows that were counted.
        title: What the table shows.

    Returns:
        The table. Null is a dash.
    """
    shown = frame.with_columns(pl.col(pl.List(pl.String)).list.join(", "))
    name = "table-" + "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    made: GT = _Table(shown, id=name).tab_header(title, provenance(of))
    percents = [c for c in frame.columns if frame[c].dtype.is_float() and _is_share(c)]
    numbers = [c for c in frame.columns if frame[c].dtype.is_numeric() and c not in percents and "year" not in c]
    wholes = [c for c in numbers if frame[c].dtype.is_integer()]
    made = made.fmt_percent(percents, decimals=1) if percents else made
    made = made.fmt_integer(wholes) if wholes else made
    made = made.fmt_number([c for c in numbers if c not in wholes], decimals=1) if len(numbers) > len(wholes) else made
    made = made.sub_missing(missing_text="–").cols_label({c: _words(c) for c in frame.columns})
    themed = f"#{name} table, #{name} td, #{name} th {{ background: transparent !important; color: inherit !important }}"
    return made.tab_options(table_margin_left="0").opt_align_table_header("left").opt_css(themed)


class _Table(GT):
    """A table whose plain text, where no HTML is shown, is its title and not its innards."""

    def __repr__(self) -> str:
        return f"Table: {self._heading.title}; {self._heading.subtitle}"


def _is_share(column: str) -> bool:
    return column.endswith(("_rate", "share")) or column in ("ci_low", "ci_high")


def _words(column: str) -> str:
    return column.replace("ci_", "95 % interval, ").replace("_", " ")


def _data(frame: pl.DataFrame) -> alt.Data:
    """The rows inline, without a name that depends on them, without pandas or pyarrow."""
    dates = frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%dT00:00:00"))  # of local time, or a day is lost
    return alt.Data(values=dates.to_dicts())


def _tooltips(frame: pl.DataFrame) -> list[alt.Tooltip]:
    tips = []
    for name, dtype in frame.schema.items():
        if dtype.is_numeric():
            form = ".1%" if dtype.is_float() and (_is_share(name) or name == "value") else "d" if name == "year" else ",d"
            tips.append(alt.Tooltip(f"{name}:Q", format=form, title=_words(name)))
        elif dtype == pl.Date:
            tips.append(alt.Tooltip(f"{name}:T", format="%Y-%m-%d", title=_words(name)))
        elif dtype != pl.Boolean:
            tips.append(alt.Tooltip(f"{name}:N", title=_words(name)))
    return tips


def _titled(
    chart: alt.LayerChart, title: str, of: pl.DataFrame, notes: Sequence[str] = (), height: Any = _HEIGHT
) -> alt.LayerChart:
    subtitle = [provenance(of), *notes]
    heading = alt.TitleParams(text=title, subtitle=subtitle, anchor="start", frame="group")
    return chart.properties(title=heading, width=_WIDTH, height=height, description=f"{title}; {'; '.join(subtitle)}")
