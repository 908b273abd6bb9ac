"""Small frames as tables to read or print."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
from great_tables import GT, loc, style

from imrdata.analysis.accuracy import accuracy_notes
from imrdata.charts.drawing import Counted, is_share, provenance, words_of
from imrdata.display.html import NO_FORMULAS, PRINTED_CODE


def table(frame: pl.DataFrame, *, of: Counted | None = None, title: str) -> GT:
    """Format a small frame as a table to read or print; words of letters are shown as plain text, not as markup.

    Args:
        frame: The rows, in order. Shares, rates and their interval bounds, known by column name, are printed as
            percentages, and so is a ``value`` in a row whose ``unit`` is share; differences as percentage points;
            p-values with two significant digits; other numbers except years with separators.
        of: The rows that were counted, as for `provenance`; None if no letters were, as in a table of limits.
        title: The title.

    Returns:
        The table. Nulls are printed as dashes; a note says if there are no rows.
    """
    shown = frame.with_columns(pl.col(pl.List(pl.String)).list.join(", "), pl.col(pl.Enum).cast(pl.String))
    name = "table-" + "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    shares = [c for c in shown.columns if shown[c].dtype.is_float() and is_share(c)]
    points, percents = ([c for c in shares if c.startswith("difference") == is_point] for is_point in (True, False))
    numbers = [c for c in shown.columns if shown[c].dtype.is_numeric() and c not in shares and "year" not in c]
    made: GT = _Table(shown, id=name).tab_header(title, None if of is None else provenance(of))
    made = made.fmt_percent(percents, decimals=1).fmt_number(numbers, decimals=2, drop_trailing_zeros=True)
    made = made.fmt_number([c for c in numbers if c.endswith("p_value")], n_sigfig=2)
    made = made.fmt_number([c for c in numbers if c == "design_effect"], decimals=2)
    made = made.fmt_number(points, decimals=1, scale_by=100)
    if "unit" in shown.columns:
        values = [c for c in numbers if c in ("value", "published_value")]
        made = made.fmt_percent(values, rows=pl.col("unit") == "share", decimals=1)
    made = made.fmt_tf([c for c in shown.columns if shown[c].dtype == pl.Boolean], tf_style="yes-no")
    made = made.fmt_integer([c for c in numbers if shown[c].dtype.is_integer()])
    made = made.cols_align("left", [c for c in shown.columns if shown[c].dtype == pl.String])
    whole = [c for c in shown.columns if c == "case_number" or shown[c].dtype == pl.Date]
    made = made.tab_style(style.css("white-space: nowrap"), loc.body(columns=whole))
    notes = accuracy_notes(shown.columns) if of is not None else []
    for note in notes if shown.height else ["There are no such rows.", *notes]:
        made = made.tab_source_note(note)
    made = made.sub_missing(missing_text="-").cols_label({c: words_of(c) for c in shown.columns})
    parts = ", ".join(f"#{name} .gt_table{part}" for part in ("", " tr", " td", " th"))
    themed = f"{parts} {{ background: transparent !important; color: inherit !important }}"
    themed += PRINTED_CODE + _ON_PAPER.replace("#table", f"#{name}")
    return made.tab_options(table_margin_left="0").opt_align_table_header("left").opt_css(themed)


# A printed page does not scroll, so the cells of a wide table wrap.
_ON_PAPER = """
@media print {
  #table { overflow: visible !important; }
  #table .gt_table { width: auto !important; max-width: 100% !important; font-size: 11px !important; }
  #table tr { break-inside: avoid; }
  #table td, #table th { max-width: none !important; padding: 2px 4px !important; }
  #table td, #table th { overflow-wrap: break-word; white-space: normal !important; }
}
"""
_ALIGNED = re.compile(
    r"""(?x) (?P<tag> <t[dh] [ ] ) (?: style="(?P<style>[^"]*)" [ ] )?
    (?P<rest> [^>]*class="[^"]* \b gt_(?P<side>left|right|center|heading) \b [^"]*" )"""
)


class _Table(GT):
    """A table that keeps its alignment when style sheets are removed, as in a notebook that is not trusted.

    Its plain-text form is its title.
    """

    def as_raw_html(self, *args: Any, **kwargs: Any) -> str:
        """Return the table as HTML, in which dollar signs do not start formulas."""
        html: str = super().as_raw_html(*args, **kwargs)
        html = _ALIGNED.sub(_with_side, html)
        return html if kwargs.get("make_page") else f'<div class="{NO_FORMULAS}">{html}</div>'

    def __repr__(self) -> str:
        return "Table: " + "; ".join(str(words) for words in (self._heading.title, self._heading.subtitle) if words)


def _with_side(cell: re.Match[str]) -> str:
    side = "left" if cell["side"] == "heading" else cell["side"]
    style = f"{cell['style']}; " if cell["style"] else ""
    return f'{cell["tag"]}{cell["rest"]} style="{style}text-align: {side}"'
