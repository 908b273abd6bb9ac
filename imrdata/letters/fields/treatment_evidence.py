"""Where a letter says what a treatment is, and which row of a vocabulary decided it; found again when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from imrdata.letters.fields.drugs import Drug
from imrdata.letters.fields.lexicon import Hit
from imrdata.letters.fields.treatment_terms import Term, body_part_terms, side_terms
from imrdata.letters.fields.treatments import FoundTerms, find_terms, read_treatment
from imrdata.letters.found import Evidence, Span, collapse
from imrdata.letters.model import Treatment
from imrdata.resources import vocabulary

_DISPUTED = "disputed_treatment_text"
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def treatment_evidence(text: str, spans: Mapping[str, Span]) -> Iterator[Evidence]:
    """The words that the treatments of a letter were read from.

    Args:
        text: The cleaned text.
        spans: The fields of the letter, by name.
    """
    for name, (start, end) in spans.items():
        if name.endswith(_DISPUTED):
            yield from _of_request(name.removesuffix(_DISPUTED), collapse(text[start:end]), start)


def _of_request(prefix: str, words: str, start: int) -> Iterator[Evidence]:
    found, treatment = find_terms(words), read_treatment(words)
    places = _places(found.printed, words)
    if len(found.scan) != len(found.printed):  # a letter whose lower case is longer moves all places behind it
        return
    for column, begin, end, why in (*_kind(found, treatment), *_others(found, treatment), *_amounts(found, treatment)):
        yield Evidence(prefix + column, start + places[begin], start + places[end - 1] + 1, why)


def _places(printed: str, words: str) -> list[int]:
    """For each character of a normalised text its place in the text: white space was taken out, and nothing added."""
    places, at = [], 0
    for character in printed:
        while words[at].isspace() and (character != " " or (at + 1 < len(words) and words[at + 1].isspace())):
            at += 1
        places.append(at)
        at += 1
    return places


_Found = tuple[str, int, int, str]


def _kind(found: FoundTerms, treatment: Treatment) -> Iterator[_Found]:
    winner = found.winner
    if winner is None:
        return
    own = "Pharmaceuticals" if isinstance(winner.row, Drug) else winner.row.category
    why = _row_of(winner, found.scan)
    if own != treatment.category or (isinstance(winner.row, Term) and winner.row.subcategory != treatment.subcategory):
        why += f"; with the words beside it: {treatment.category}, {treatment.subcategory}"
    yield "treatment_category", winner.start, winner.end, why


def _others(found: FoundTerms, treatment: Treatment) -> Iterator[_Found]:
    for drug in found.drugs if treatment.drugs else ():
        yield "drugs", drug.start, drug.end, _row_of(drug, found.scan)
    for part in body_part_terms().find(found.scan, found.words):
        if set(part.row) & set(treatment.body_parts):
            yield "body_parts", part.start, part.end, _pattern_row("body_parts", part, found.scan, "; ".join(part.row))
    for term in found.terms:
        if implied := set(term.row.body_parts) & set(treatment.body_parts):
            yield (
                "body_parts",
                term.start,
                term.end,
                f"{_row_of(term, found.scan)}, implies {', '.join(sorted(implied))}",
            )
    for side in side_terms().find(found.scan, found.words):
        if side.row and treatment.laterality:
            yield "laterality", side.start, side.end, _pattern_row("laterality", side, found.scan, side.row)


def _amounts(found: FoundTerms, treatment: Treatment) -> Iterator[_Found]:
    amounts = treatment.amounts
    for column in ("strength", "frequency", "duration"):
        printed = getattr(amounts, column)
        at = found.printed.find(printed) if printed else -1
        if at >= 0:
            yield column, at, at + len(printed), "as printed"
    if amounts.quantity is None:
        return
    numbers = [one for one in _NUMBER.finditer(found.printed) if float(one[0].replace(",", "")) == amounts.quantity]
    for number in numbers[-1:]:  # a strength of the same number stands before it
        yield "quantity", *number.span(), f"as printed, in {amounts.quantity_unit or 'no unit'}"


def _row_of(hit: Hit[Term] | Hit[Drug], scan: str) -> str:
    row = hit.row
    if isinstance(row, Drug):
        return f"`{scan[hit.start : hit.end]}` of drugs.csv: {'/'.join(row.ingredients)}, {row.drug_class}"
    said = {"category": row.category, "subcategory": row.subcategory, "rank": row.rank, "name": row.name or ""}
    rows = [one for one in vocabulary("treatments") if said.items() <= one.items()]
    pattern = _matching(rows, scan[hit.start : hit.end])
    return f"`{pattern}` of treatments.csv, rank {row.rank}: {row.category}, {row.subcategory}"


def _pattern_row(name: str, hit: Hit[tuple[str, ...]] | Hit[str], scan: str, value: str) -> str:
    return f"`{_matching(vocabulary(name), scan[hit.start : hit.end])}` of {name}.csv: {value}"


def _matching(rows: Sequence[Mapping[str, str]], words: str) -> str:
    """The pattern of the row that matches these words."""
    return next((row["pattern"] for row in rows if re.fullmatch(row["pattern"], words)), words)
