"""Parts of all charts: colors and shapes, inline data, titles with the provenance, and the renderer."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from math import ceil
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl
import vl_convert
from PIL import Image

from imrdata.analysis.groups import MEASURES, SMALL_GROUP, need
from imrdata.datasets.dataset import Dataset, origin_words

# The rows that were counted; or the dataset if all of its letters were; or both, for some rows of a dataset.
Counted = pl.DataFrame | Dataset | tuple[pl.DataFrame, Dataset]
MIME_TYPE = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # an identifier; it is never fetched
WIDTH, STEP, HEIGHT, LABEL_LIMIT = 640, 24, 280, 320
_LINE = 120  # characters of a note under a title
_FEW_TICKS = 10
_LONGEST = 1.5  # times the longest interval of large groups
# Contrast of at least 3 on white and on the gray of the dark theme; distinct to the color-blind, and by shape.
BLUE, ORANGE, GREY, PURPLE = "#2f86c8", "#d55e00", "#888888", "#b868a8"
MARKS = {  # color and shape by provenance
    "published": (ORANGE, "diamond"),
    "synthetic": (BLUE, "circle"),
    "published letters": (ORANGE, "diamond"),
    "synthetic letters": (BLUE, "circle"),
    "DWC": (GREY, "triangle-up"),
    "CWCI": (PURPLE, "triangle-down"),
}
OVERTURNED = "overturned (% of requests)"
PERCENT, COUNT = ".0%", ",d"
_WORDS = {
    "interval_low": "95% interval from",
    "interval_high": "to",
    "difference": "difference (percentage points)",
    "difference_low": "95% interval from",
    "difference_high": "to",
    "ratio_low": "95% interval from",
    "ratio_high": "to",
    "p_value": "p",
    "adjusted_p_value": "p, adjusted for multiple comparisons",
    "is_small_group": "few letters",
    "ur_decision": "utilization review decision",
    **{f"{kind}_count": f"{kind} requests" for kind in ("decided", "overturned", "upheld")},
    **{f"other_{kind}_count": f"other {kind} requests" for kind in ("decided", "overturned")},
}
INTERVALS = "lines: 95% intervals"
HOLLOW = f"hollow: few letters, by default fewer than {SMALL_GROUP}"
CUT = "an arrow: the interval extends beyond the edge"


def _renderer(spec: dict[str, Any], **_: object) -> dict[str, Any]:
    """Return a chart as Vega-Lite for JupyterLab, as a picture for other viewers, and its title as text."""
    return {
        MIME_TYPE: {**spec, "$schema": _SCHEMA},
        "image/png": b64encode(_picture(spec)).decode("ascii"),
        "text/plain": f"Chart: {spec.get('description', 'of Altair')}",
    }


def _picture(spec: dict[str, Any]) -> bytes:
    """Draw a chart as a PNG at twice its size; a small palette reduces the file to a tenth."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    drawn = vl_convert.vegalite_to_png(spec, vl_version=version, scale=2, allowed_base_urls=[])
    content = BytesIO()
    with Image.open(BytesIO(drawn)) as image:
        image.convert("RGB").quantize(64).save(content, "PNG", optimize=True)
    return content.getvalue()


alt.renderers.register("imrdata", _renderer)
if alt.renderers.active == "default":
    alt.renderers.enable("imrdata")


def provenance(of: Counted) -> str:
    """Say how many letters some rows come from, by provenance, and which version of the package counted them.

    Charts and tables print this under their titles.

    Args:
        of: Rows of any table with the columns ``case_number`` and ``provenance``; or a `Dataset`; or a tuple of some
            rows of a `Dataset` and the `Dataset`.

    Returns:
        For example ``"1 published letter (dataset version 3, imrdata 0.2.0)"``. Only a `Dataset` knows its version. If
        several versions of the package read the letters, or another one, they are named too.

    Raises:
        TypeError: `of` is none of these.
        UnknownTermError: The rows lack a column.
    """
    rows, data = of if isinstance(of, tuple) else (of.letters, of) if isinstance(of, Dataset) else (of, None)
    need(rows, ["case_number", "provenance"], "charts.provenance")
    if not isinstance(data, Dataset | None):
        raise TypeError(f"charts.provenance takes rows and their Dataset, not {type(data).__name__}")
    read = data.letters.join(rows, on="case_number", how="semi") if data is not None else rows
    letters = rows.group_by("provenance").agg(pl.col("case_number").n_unique())
    found = {str(kind): count for kind, count in letters.rows()}
    words = ", ".join(f"{count:,} {kind} letter{'s' * (count != 1)}" for kind, count in sorted(found.items()))
    notice = ": do not quote figures from synthetic letters" if "synthetic" in found else ""
    return f"{words or 'no letters'} ({origin_words(data, read)}){notice}"


def is_share(column: str) -> bool:
    """Return whether a column of floats contains shares, judged by its name."""
    ends = ("rate", "share", "accuracy", "coverage")
    return column.endswith(ends) or column.startswith(("interval_", "difference"))


def words_of(column: str) -> str:
    """Return the name of a column in words, for an axis or the header of a table."""
    if column in _WORDS:
        return _WORDS[column]
    if (days := re.fullmatch(r"(\w+)_to_(\w+)_days", column)) is not None:
        return "days from {} to {}".format(*(words_of(part) for part in days.groups())).replace("ur ", "UR ")
    noun = column.removesuffix("_count")
    return noun.replace("_", " ") + ("s" if noun != column and not noun.endswith("ed") else "")


def sentence(words: str) -> str:
    """Return words with a capital at the start; other capitals, as in UR, stay."""
    return words[:1].upper() + words[1:]


def count_axis(counts: pl.Series) -> alt.Axis:
    """Return an axis of counts, which has no ticks between whole numbers."""
    most = max([0, *counts.drop_nulls()])
    ticks = list(range(most + 1)) if most < _FEW_TICKS else alt.Undefined
    return alt.Axis(format=COUNT, tickMinStep=1, values=ticks)


def group_of(frame: pl.DataFrame) -> str:
    """Return the first column that names groups; ``provenance`` if it is the only one."""
    return next((name for name in frame.columns if name not in {"provenance", *MEASURES}), "provenance")


def inline(frame: pl.DataFrame) -> alt.InlineData:
    """Return the rows as inline data without a name, which needs neither pandas nor pyarrow."""
    dates = pl.col(pl.Date).dt.to_string("%Y-%m-%dT00:00:00")  # local time; a bare date is read as UTC, a day early
    return alt.InlineData(values=frame.with_columns(dates).to_dicts())


def group_rows(frame: pl.DataFrame, by: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return the frame with a label for each row, and the axis of the labels.

    If the frame has several provenances, each label includes its own, so every mark has its own tick.
    """
    axis = alt.Axis(labelLimit=LABEL_LIMIT, maxExtent=LABEL_LIMIT + STEP)
    column = by
    if is_mixed(frame) and by != "provenance":
        column = "label"
        frame = frame.with_columns(
            pl.format("{}, {}", pl.col(by).cast(pl.String).fill_null("null"), "provenance").alias(column)
        )
    return frame, {"y": alt.Y(**field_of(column, "nominal"), sort=None, title=words_of(by), axis=axis)}


def field_of(column: str, kind: str) -> dict[str, Any]:
    """Escape a column name for Vega-Lite, which reads dots and brackets as access to nested values."""
    return {"field": re.sub(r"([\\.\[\]'\"])", r"\\\1", column), "type": kind}


def require_one_row_each(frame: pl.DataFrame, by: str, chart: str) -> None:
    """Raise an error for rows that the chart would draw on top of each other: groups it cannot tell apart."""
    need(frame, [by], f"charts.{chart}")
    if frame.select({by, "provenance"} & set(frame.columns)).is_duplicated().any():
        raise ValueError(f"charts.{chart} draws one row of each {by}; the frame has several: filter it")


def is_mixed(frame: pl.DataFrame) -> bool:
    """Return whether a frame has rows of several provenances."""
    return "provenance" in frame.columns and frame["provenance"].n_unique() > 1


def rate_top(frame: pl.DataFrame, rate: str = "overturn_rate") -> float:
    """Return the end of an axis of rates, which only cuts intervals of small groups much longer than others."""
    is_small, high = pl.col("is_small_group") & ~pl.col("is_small_group").all(), pl.col("interval_high")
    large = frame.select(pl.max_horizontal(pl.col(rate).max(), high.filter(~is_small).max())).item() or 1
    within = frame.select(high.filter(high <= _LONGEST * large).max()).item() or 0
    return min(1.0, ceil(max(large, within) * 20 + 0.2) / 20)


def arrows(base: alt.Chart, frame: pl.DataFrame, top: float, *, axis: str) -> list[alt.Chart]:
    """Draw an arrow at the edge for each interval that extends beyond it."""
    if not frame.filter(pl.col("interval_high") > top).height:
        return []
    cut = base.transform_filter(f"datum.interval_high > {top}")
    shape = "triangle-right" if axis == "x" else "triangle-up"
    return [cut.mark_point(shape=shape, size=50, color=GREY, filled=True).encode(**{axis: alt.datum(top)})]


def marks_of(frame: pl.DataFrame, column: str, *, is_hollow: bool = False) -> dict[str, Any]:
    """Return color and shape by provenance, with a legend of those present; small groups are hollow."""
    present = set(frame[column].cast(pl.String)) if column in frame.columns else set()
    domain = [name for name in MARKS if name in present]
    colours = alt.Scale(domain=domain, range=[MARKS[name][0] for name in domain])
    shapes = alt.Scale(domain=domain, range=[MARKS[name][1] for name in domain])
    hollow = {"fillOpacity": alt.condition("datum.is_small_group", alt.value(0), alt.value(1))} if is_hollow else {}
    if not domain:
        return {"color": alt.value(BLUE)} | ({"fill": alt.value(BLUE), **hollow} if is_hollow else {})
    field: dict[str, Any] = {**field_of(column, "nominal"), "title": words_of(column)}
    marks: dict[str, Any] = {"color": alt.Color(**field, scale=colours), "shape": alt.Shape(**field, scale=shapes)}
    return marks | ({"fill": alt.Fill(**field, scale=colours), **hollow} if is_hollow else {})


def tooltips(frame: pl.DataFrame) -> list[alt.Tooltip]:
    """Return the tooltip of each column, formatted by its type and name."""
    tips = []
    for name, dtype in frame.schema.items():
        if dtype.is_numeric():
            form = "d" if "year" in name else ".1%" if dtype.is_float() and is_share(name) else ",.2~f"
            tips.append(alt.Tooltip(**field_of(name, "quantitative"), format=form, title=words_of(name)))
        elif dtype == pl.Date:
            tips.append(alt.Tooltip(**field_of(name, "temporal"), format="%Y-%m-%d", title=words_of(name)))
        elif dtype != pl.Boolean:
            tips.append(alt.Tooltip(**field_of(name, "nominal"), title=words_of(name)))
    return tips


def titled(
    layers: Sequence[alt.Chart],
    title: str,
    of: Counted | None,
    notes: Sequence[str] = (),
    *,
    width: Any = WIDTH,
    height: Any = HEIGHT,
) -> alt.LayerChart:
    """Combine layers into one chart with a title, the provenance of the rows that were counted, and notes."""
    subtitle = [*([provenance(of)] if of is not None else []), *notes]
    lines = [line for note in subtitle for line in wrap(note, _LINE)]
    heading = alt.TitleParams(text=title, subtitle=lines, anchor="start", frame="group")
    chart: alt.LayerChart = alt.LayerChart(layer=list(layers)).configure_legend(orient="bottom", symbolOpacity=1)
    chart = chart.configure_axis(gridOpacity=0.4).configure_axisQuantitative(labelFlush=False, labelSeparation=6)
    words = "; ".join([title, *subtitle])
    return chart.properties(title=heading, width=width, height=height, description=words)
