"""A page of excerpts from a search, with the hits highlighted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from imrdata.display.html import Markup, Page, joined, outcome, page, table, tag

_HEADINGS = {
    **{"case_number": "Case", "request_number": "Request", "provenance": "Provenance"},
    **{"outcome": "Outcome", "excerpt_of": "Text"},
}
_HIT = re.compile("«([^«»]*)»")


def excerpts_page(rows: Sequence[Mapping[str, object]], count: int) -> Page:
    """Return the first results of a search as a table: their ``excerpt``, and the columns below that they have."""
    shown = [name for name in _HEADINGS if rows and name in rows[0]]
    body = [[*(_cell(name, row[name]) for name in shown), _marked(str(row["excerpt"]))] for row in rows]
    parts = [tag("p", f"{count:,} found" + (f", the first {len(rows):,} shown" if len(rows) < count else ""))]
    if body:
        parts.append(table([*(_HEADINGS[name] for name in shown), "Excerpt"], body))
    return Page(page(parts))


def _cell(name: str, value: object) -> object:
    if name == "case_number":
        return tag("span", value, kind="number")
    return outcome(value) if name == "outcome" else str(value).removesuffix("_text") if name == "excerpt_of" else value


def _marked(excerpt: str) -> Markup:
    pieces = _HIT.split(excerpt)  # texts and hits alternate
    return joined(tag("mark", piece, kind="hit") if at % 2 else piece for at, piece in enumerate(pieces))
