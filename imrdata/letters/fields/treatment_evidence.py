"""Find the words that a treatment was read from, and the vocabulary row that decided it, on request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from imrdata.letters.fields.amounts import find_amounts
from imrdata.letters.fields.drugs import Drug
from imrdata.letters.fields.lexicon import Hit, normalise
from imrdata.letters.fields.requests import RequestParts, read_parts
from imrdata.letters.fields.treatment_terms import Term, body_part_terms, side_terms
from imrdata.letters.fields.treatments import FoundTerms, find_terms, read_request_treatment
from imrdata.letters.found import Evidence, Found, Span
from imrdata.letters.model import Amounts, Treatment
from imrdata.resources import vocabulary

_REQUEST = "].request_text"
_Found = tuple[str, int, int, str]


def treatment_evidence(text: str, spans: Mapping[str, Span]) -> Iterator[Evidence]:
    """Return the words that the treatments of a letter were read from.

    Args:
        text: The cleaned text.
        spans: The spans of the letter's fields, by name.
    """
    for name, (start, end) in spans.items():
        if name.endswith(_REQUEST):
            prefix = name.removesuffix("request_text")
            for column, begin, finish, why in _of_request(read_parts(text, start, end)):
                yield Evidence(prefix + column, begin, finish, why)


def _of_request(parts: RequestParts) -> Iterator[_Found]:
    treatment = read_request_treatment(parts)
    amounts, found = treatment.amounts, find_terms(parts.disputed.value)
    columns = (*_kind(found, treatment), *_others(found, treatment), *_words_of_amounts(found, amounts))
    yield from _placed(parts.disputed, found.printed, columns)
    quantities = (
        ("quantity", amounts.quantity, parts.disputed),
        ("requested_quantity", amounts.requested_quantity, parts.original),
        ("authorized_quantity", amounts.authorized_quantity, parts.authorized),
    )
    for column, quantity, part in quantities:
        if part and quantity is not None:
            printed = found.printed if part is parts.disputed else normalise(part.value)
            yield from _placed(part, printed, _quantity(column, printed, treatment))


def _placed(part: Found[str], printed: str, columns: Iterable[_Found]) -> Iterator[_Found]:
    """Convert spans in the lower-case form of a part, which may be corrected, to spans in the letter."""
    plain = normalise(part.value)
    places = _places(plain, part.value)
    if printed != plain:
        places = [places[place] for place in _uncorrected(printed, plain)]
    for column, begin, end, why in columns:
        yield column, part.start + places[begin], part.start + places[end - 1] + 1, why


def _places(printed: str, words: str) -> list[int]:
    """Return the position in the text of each character of its normalized lower-case form.

    Normalizing removes white space, and a lowercased character may become two.
    """
    places, at = [], 0
    for character in printed:
        while words[at].isspace() and (character != " " or (at + 1 < len(words) and words[at + 1].isspace())):
            at += 1
        places += [at] * len(character.lower())
        at += 1
    return places


def _uncorrected(corrected: str, plain: str) -> Iterator[int]:
    """Return the position in the plain form of each character of the corrected form, word by word."""
    words = (re.finditer(r"\s*\S+", text.lower()) for text in (corrected, plain))
    for new, old in zip(*words, strict=True):
        yield from (old.start() + min(place, len(old[0]) - 1) for place in range(len(new[0])))


def _kind(found: FoundTerms, treatment: Treatment) -> Iterator[_Found]:
    winner = found.winner
    if winner is None:
        yield "treatment_category", 0, len(found.scan), "no vocabulary has these words"
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


def _words_of_amounts(found: FoundTerms, amounts: Amounts) -> Iterator[_Found]:
    for column in ("strength", "frequency", "duration"):
        printed = getattr(amounts, column)
        at = found.printed.lower().find(printed.lower()) if printed else -1
        if at >= 0:
            yield column, at, at + len(printed.lower()), "as printed"


def _quantity(column: str, printed: str, treatment: Treatment) -> Iterator[_Found]:
    amounts, place = find_amounts(printed, treatment.category, treatment.subcategory)
    if place:
        yield column, *place, f"{amounts.quantity:g}, {amounts.quantity_unit or 'no unit'}"


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
    """Return the pattern of the row that matches some words."""
    return next((row["pattern"] for row in rows if re.fullmatch(row["pattern"], words)), words)
