"""What the package makes of one row of each vocabulary whose rows are no words of letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations

import polars as pl

from imrdata.analysis.accuracy import shipped_accuracy
from imrdata.analysis.intervals import _last_day
from imrdata.analysis.time_limits import time_limits
from imrdata.cli.printing import reasons
from imrdata.dwc.case_tables import named
from imrdata.dwc.comparing import kind_of
from imrdata.errors import LetterError
from imrdata.figures import figures
from imrdata.letters.fields.drugs import classes_marked
from imrdata.letters.fields.treatments import read_treatment
from imrdata.letters.layouts.outline import _presence, require_sections
from imrdata.quality.expectations import rules
from imrdata.quality.views import codes
from imrdata.resources import split_cell
from imrdata.review.doubts import _severities
from imrdata.synthetic.citing import _chapters, _sources
from imrdata.synthetic.injuries import _names
from imrdata.synthetic.phrases import _grammar
from imrdata.synthetic.recipes import _catalogue
from imrdata.synthetic.reviewers import _weighted
from imrdata.synthetic.yearly_rates import _figures
from imrdata.tables.columns import columns
from imrdata.tables.dictionary import values
from imrdata.tables.rules import _subcategories

Row = dict[str, str]
LETTER = {"case_number": "CM16-0000123", "provenance": "published"}


def section(row: Row) -> object:
    """Read whether the section must be there, and which sections of its layout it may precede."""
    found: list[object] = [_presence(row["layout"]).get(row["section"])]
    for one, other in permutations(_presence(row["layout"]), 2):
        try:
            found.append(require_sections(row["layout"], [one, other], ""))
        except LetterError as error:
            found.append(str(error))
    return found


def rank(row: Row) -> object:
    try:
        return read_treatment(row["example"])
    except KeyError as error:  # a treatment of the rank
        return repr(error)


def edition(row: Row) -> object:
    cited = {**LETTER, "guideline_source": "MTUS", "guideline_subject": row["subject"]}
    citations = pl.DataFrame([{**cited, "edition_year": int(row["edition_year"])}])
    letters = pl.DataFrame([{**LETTER, "decision_date": date.fromisoformat(row["in_force_from"])}])
    return citations.imr.edition_status(letters)["edition_status"].to_list()


def holiday(row: Row) -> object:
    return pl.select(_last_day(pl.lit(date.fromisoformat(row["date"])), 0)).item()


def banded(row: Row) -> object:
    return [repr(rule) for table in ("letters", "decisions", "citations") for rule in rules(table)]


def figure(row: Row) -> object:
    return figures().get((row["measure"], row["scope"]))


def category(row: Row) -> object:
    kinds = columns()["treatment_category"].dtype, _subcategories()
    return kinds, *map(classes_marked, ("is_compounded", "is_injected_in_clinic", "has_no_sessions"))


ROWS: dict[str, Callable[[Row], object]] = {
    "accuracy": lambda row: shipped_accuracy().filter(column=row["column"], letter_layout=row["letter_layout"]).rows(),
    "body_part_codes": lambda row: row["body_part"] in values("body_parts"),
    "corpus_bands": banded,
    "corpus_measures": banded,
    "diagnostic_rates": lambda row: row["code"] in codes(),
    "diagnostics": lambda row: _severities().get(row["code"]),
    "doubts": lambda row: _severities().get(row["code"]),
    "dwc_categories": lambda row: kind_of(row["dwc_category"], row["dwc_subcategory"]),
    "dwc_page_words": lambda row: named(row["kind"], row["example"]),
    "holidays": holiday,
    "layout_sections": section,
    "letter_layouts": lambda row: columns()["letter_layout"].dtype,
    "mtus_editions": edition,
    "null_rates": banded,
    "published_figures": figure,
    "reasons": lambda row: reasons().get(row["code"]),
    "synthetic_body_parts": lambda row: _names().get(row["body_part"]),
    "synthetic_chapters": lambda row: [one for one in _chapters() if one.topic == row["topic"]],
    "synthetic_phrases": lambda row: _grammar().get(row["symbol"]),
    "synthetic_rates": lambda row: _figures().get((row["measure"], row["scope"])),
    "synthetic_reviewers": lambda row: vars(_weighted(row["kind"])),
    "synthetic_sources": lambda row: [_sources(row["source"], part) for part in split_cell(row["body_parts"]) or ("",)],
    "synthetic_treatments": lambda row: _catalogue().get(row["category"]),
    "time_limits": lambda row: time_limits().rows(),
    "treatment_categories": category,
    "treatment_ranks": rank,
}
