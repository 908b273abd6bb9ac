"""Read the citations of a request: of the claims administrator, of the reviewer, and of pages in the rationale."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from imrdata.letters.fields.guideline_citations import CitedGuideline
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.parties import (
    CLAIMS_ADMINISTRATOR,
    REVIEWER,
    agrees_with_administrator,
    is_merged_guideline,
)
from imrdata.letters.fields.rationale_pages import read_page_citations
from imrdata.letters.found import Diagnostic, Span, collapse
from imrdata.letters.layouts.outline import Item
from imrdata.letters.model import Citation


class Cited(NamedTuple):
    """A citation of a request, with the span of its words and the sections that are in no vocabulary."""

    citation: Citation
    span: Span
    unknown: tuple[str, ...]


def citations_of(text: str, item: Item) -> tuple[list[Cited], list[Diagnostic]]:
    """Return the citations of a request, in order of the parties, and diagnostics about them."""
    places = (item.claims_administrator_guideline, item.reviewer_guideline)
    lines = [collapse(text[place[0] : place[1]]) if place else None for place in places]
    diagnostics: list[Diagnostic] = []
    if is_merged_guideline(*lines):
        message = f"request {item.number}: the guideline lines of the two parties cannot be separated"
        diagnostics.append(Diagnostic("merged_guidelines", message, item.number))
        lines = []
    elif lines[1] and agrees_with_administrator(lines[1]):
        places, lines = (places[0], places[0]), [lines[0], lines[0]]
    found: list[Cited] = []
    for cited_by, place, line in zip((CLAIMS_ADMINISTRATOR, REVIEWER), places, lines, strict=False):
        if place and line:
            found += [_moved(cited, place[0]) for cited in _cited_in_line(line, cited_by)]
    if item.rationale:
        for cited in read_page_citations(collapse(text[slice(*item.rationale)])):
            number = 1 + sum(one.citation.cited_by == REVIEWER for one in found)
            found.append(_moved(_cited(cited, REVIEWER, number, "rationale"), item.rationale[0]))
    diagnostics += [
        Diagnostic("unknown_section", f"{one.citation.guideline_title}: {section}", item.number)
        for one in found
        for section in one.unknown
    ]
    return found, diagnostics


@lru_cache(maxsize=2**14)  # lines are composed from pick lists, and repeat
def _cited_in_line(line: str, cited_by: str) -> tuple[Cited, ...]:
    return tuple(
        _cited(cited, cited_by, number, "guideline") for number, cited in enumerate(read_citations(line), start=1)
    )


def _moved(cited: Cited, by: int) -> Cited:
    return Cited(cited.citation, (by + cited.span[0], by + cited.span[1]), cited.unknown)


def _cited(cited: CitedGuideline, cited_by: str, number: int, found_in: str) -> Cited:
    citation = Citation(
        cited_by=cited_by,
        citation_number=number,
        found_in=found_in,
        guideline_source=cited.source,
        guideline_title=cited.title,
        guideline_subject=cited.subject,
        edition_year=cited.edition_year,
        sections=cited.sections,
        pages=cited.pages,
        citation_text=cited.text,
    )
    return Cited(citation, (cited.start, cited.end), cited.unknown)
