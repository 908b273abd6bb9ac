"""Read the treatment that a request is for: category, drugs, body parts, side, amounts.

The vocabularies are data: `treatments.csv`, `body_parts.csv`, `laterality.csv` and `drugs.csv`.
All patterns are matched in the *scan* form of a text: lower case, single spaces, hyphens as spaces.

Each row of `treatments.csv` has a rank from `treatment_ranks.csv`; a drug ranks as a service. The
term with the highest rank decides. Of equal ranks, it is the term named first, because a request
names the service before its reason; of terms that begin at the same word, the longest. Then a few
rules apply that look at two terms at once (`_settle`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import NamedTuple

from imrdata.letters.fields.amounts import read_amounts, with_parts
from imrdata.letters.fields.drugs import (
    COMPOUNDS,
    PHARMACEUTICALS,
    STEROIDS,
    Drug,
    classes_marked,
    drug_class,
    drug_terms,
)
from imrdata.letters.fields.lexicon import Hit, Word, normalise, request_form, words_of
from imrdata.letters.fields.requests import RequestParts
from imrdata.letters.fields.spelling import corrected
from imrdata.letters.fields.treatment_terms import Term, body_part_terms, precedences, side_terms, treatment_terms
from imrdata.letters.model import Amounts, Treatment
from imrdata.resources import words_pattern

# Ranks with their own rules; `treatment_ranks.csv` describes each.
SERVICE, KIND, VISIT, TIMING = "service", "kind", "visit", "timing"

SURGERY = "Surgery"
ADJUNCT = (SURGERY, "Adjunct Surgical Services")
CONSULT = (SURGERY, "Surgical Consult")
SPINE_SURGERY = (SURGERY, "Spine")
ARTHROSCOPIC = (SURGERY, "Arthroscopic Surgery")
OPEN_SURGERY = (SURGERY, "Non-arthroscopic Surgery")
VISCO = "Viscosupplementation"
PROGRAMS, PSYCH = "Programs", "Psych Services"  # "FRP including psychotherapy" is a program
OTHER = ("Other", "Other")
NAMED_BY_CLASS = {COMPOUNDS: "Compounded topical", VISCO: "Hyaluronic acid injection"}
STEROID_INJECTION = "Corticosteroid injection"
INJECTION = ("Injection", "Injection")
UNNAMED_STEROID = ("cortisone",)  # in a request, it means any injected steroid
INJECTION_REACH = 25  # characters between a drug and its "injection", for a strength

SPINAL_PARTS = frozenset({"neck", "upper back", "low back", "spine"})
AFTERWARDS = ("post", "after", "following")
UNMOVED_BY_CUE = frozenset({PHARMACEUTICALS, "Rehabilitation", PSYCH, PROGRAMS})
DRUGGED = frozenset({PHARMACEUTICALS, "Injection", "Therapies", "Home Health"})  # "Ketamine infusion"
_ADDED = re.compile(r"[,;&+]|\b(?:with|and|w/)")


# Operations near the spine but not on it: "excision of a cyst of the back"
_not_the_spine = partial(words_pattern, r"\bWORDS\b", "reading_words", "not_the_spine")


# --- READING --- #


@lru_cache(maxsize=2**16)  # requests repeat: a tenth of the texts are half of the requests
def read_treatment(text: str) -> Treatment:
    """Read the treatment that a disputed text is for.

    Args:
        text: the request, or the part of it that remains disputed, as printed.
    """
    printed, scan, words, terms, drugs, winner, guesses = find_terms(text)
    parts = {part for hit in body_part_terms().find(scan, words) for part in hit.row}
    kind = _settle(winner, terms, drugs, parts, scan)
    parts |= _implied(winner, terms, parts)
    return Treatment(
        category=kind[0],
        subcategory=kind[1],
        name=_name(kind, winner, terms, drugs),
        drugs=tuple(sorted({i for hit in drugs for i in hit.row.ingredients})) if kind[0] in DRUGGED else (),
        body_parts=tuple(sorted(_most_specific(parts))),
        laterality=_side(scan, words),
        amounts=read_amounts(printed, *kind),
        is_unknown=winner is None,
        is_contested=_is_contested(winner, terms, drugs, kind),
        guesses=guesses,
    )


class FoundTerms(NamedTuple):
    """The terms of a text, with its normalized form, its scan form, the words of that, and its misprinted words."""

    printed: str
    scan: str
    words: Sequence[Word]
    terms: Sequence[Hit[Term]]
    drugs: Sequence[Hit[Drug]]
    winner: Hit[Term] | Hit[Drug] | None
    guesses: tuple[tuple[str, str], ...] = ()


def find_terms(text: str) -> FoundTerms:
    """Return the terms of a disputed treatment text, and the one that decides."""
    printed = normalise(text)
    found = _terms_of(printed)
    is_understood = found.winner is not None and _precedence(found.winner) < precedences()[KIND]
    correct, guesses = corrected(printed, is_understood=is_understood)
    return _terms_of(correct)._replace(guesses=guesses) if guesses else found


def _terms_of(printed: str) -> FoundTerms:
    scan = request_form(printed)
    words = words_of(scan)
    terms = treatment_terms().find(scan, words)
    drugs = _drugs(scan, words, terms)
    return FoundTerms(printed, scan, words, terms, drugs, _winner(terms, drugs))


def read_request_treatment(parts: RequestParts) -> Treatment:
    """Read the disputed treatment of a request, with the quantities of all parts if it was modified."""
    treatment = read_treatment(parts.disputed.value)
    if not parts.is_modified:
        return treatment
    requested, authorized = (
        read_amounts(normalise(part.value), treatment.category, treatment.subcategory) if part else Amounts()
        for part in (parts.original, parts.authorized)
    )
    amounts = treatment.amounts
    if parts.original and parts.disputed.start < parts.original.end:
        amounts = replace(amounts, quantity=None, quantity_unit=None)  # what remains is not stated
    return replace(treatment, amounts=with_parts(amounts, requested, authorized))


def _drugs(scan: str, words: Sequence[Word], terms: Sequence[Hit[Term]]) -> list[Hit[Drug]]:
    """Return the drugs of the text; an ambiguous word counts beside a drug, or if no service is named."""
    hits = [hit for hit in drug_terms().find(scan, words) if hit.row.ingredients != UNNAMED_STEROID]
    if all(hit.row.is_ambiguous for hit in hits) and any(
        (term.row.rank == TIMING or precedences()[term.row.rank] <= precedences()[KIND])
        and term.row.category != PHARMACEUTICALS
        for term in terms
    ):
        return []
    return hits


def _winner(terms: Sequence[Hit[Term]], drugs: Sequence[Hit[Drug]]) -> Hit[Term] | Hit[Drug] | None:
    """Return the term or drug with the highest rank; of equal ranks the first, of two at one place the longest."""
    if not terms or (len(terms) == 1 and not drugs):
        return (*terms, *drugs, None)[0]
    best = min(_candidates(terms, drugs), key=lambda hit: (_precedence(hit), hit.start, -hit.end))
    if best.row.kind[0] == PSYCH:
        return next((hit for hit in terms if hit.row.category == PROGRAMS and hit.end <= best.start), best)
    return best


def _candidates(terms: Sequence[Hit[Term]], drugs: Sequence[Hit[Drug]]) -> list[Hit[Term] | Hit[Drug]]:
    return [*terms, *drugs[:1]]


def _precedence(hit: Hit[Term] | Hit[Drug]) -> int:
    return precedences()[SERVICE if isinstance(hit.row, Drug) else hit.row.rank]


def _is_contested(
    winner: Hit[Term] | Hit[Drug] | None,
    terms: Sequence[Hit[Term]],
    drugs: Sequence[Hit[Drug]],
    kind: tuple[str, str],
) -> bool:
    """Return whether another term has the rank of the winner, and a different kind than it and the request."""
    if winner is None or len(terms) + bool(drugs) == 1:
        return False
    known = (kind, winner.row.kind)
    return any(
        _precedence(hit) == _precedence(winner)
        and (hit.start >= winner.end or hit.end <= winner.start)
        and (named := hit.row.kind) not in known
        and not (named[0] == kind[0] == SURGERY)  # `_surgery` has chosen between these
        for hit in _candidates(terms, drugs)
    )


def _settle(
    winner: Hit[Term] | Hit[Drug] | None,
    terms: Sequence[Hit[Term]],
    drugs: Sequence[Hit[Drug]],
    parts: set[str],
    scan: str,
) -> tuple[str, str]:
    """Return category and subcategory, from the winner and the other terms."""
    if winner is None:
        return OTHER
    if isinstance(winner.row, Drug):
        if _is_injected(winner, terms, scan):
            return INJECTION
        return PHARMACEUTICALS, drug_class(drugs, scan)
    kind = winner.row.kind
    if kind == ADJUNCT and (operation := _operation_before(winner, terms, scan)):
        winner, kind = operation, operation.row.kind
    if drugs and (drug_kind := _drug_beside(kind, winner, drugs, scan)):
        return drug_kind
    if kind[0] == SURGERY and kind != ADJUNCT:
        return _surgery(kind, winner, terms, parts, scan)
    return ADJUNCT if _is_cued(kind, winner, terms, scan) else kind


def _is_injected(drug: Hit[Drug] | Hit[Term], terms: Sequence[Hit[Term]], scan: str) -> bool:
    """Return whether a drug injected in a clinic is followed by "injection": "Kenalog 40 mg injection"."""
    return (
        isinstance(drug.row, Drug)
        and drug.row.drug_class in classes_marked("is_injected_in_clinic")
        and any(
            hit.row.kind == INJECTION
            and drug.start <= hit.start <= drug.end + INJECTION_REACH
            and "#" not in scan[drug.end : hit.start]
            for hit in terms
        )
    )


def _operation_before(adjunct: Hit[Term] | Hit[Drug], terms: Sequence[Hit[Term]], scan: str) -> Hit[Term] | None:
    """Return the operation that `adjunct` belongs to, as in "lumbar fusion with an assistant surgeon"."""
    for hit in terms:
        if hit.start >= adjunct.start:
            break
        if (
            hit.row.category == SURGERY
            and hit.row.kind not in (ADJUNCT, CONSULT)
            and precedences()[hit.row.rank] <= precedences()[SERVICE]
        ):
            return hit if _ADDED.search(scan, hit.end, adjunct.start) else None
    return None


def _drug_beside(
    kind: tuple[str, str],
    winner: Hit[Term] | Hit[Drug],
    drugs: Sequence[Hit[Drug]],
    scan: str,
) -> tuple[str, str] | None:
    """Return Pharmaceuticals if a drug is disputed although another term won."""
    classes = {hit.row.drug_class for hit in drugs}
    if VISCO in classes and kind[0] in ("Injection", PHARMACEUTICALS):
        is_cream = drug_class(drugs, scan) == COMPOUNDS  # hyaluronic acid is also an ingredient of creams
        return PHARMACEUTICALS, COMPOUNDS if is_cream else VISCO
    if kind == ADJUNCT and winner.start < drugs[0].start and "associated" in scan:
        return PHARMACEUTICALS, drug_class(drugs, scan)
    is_next = winner.end <= drugs[0].start and scan[winner.end : drugs[0].start].strip() in ("", "of")
    if kind == INJECTION and is_next and not classes & classes_marked("is_injected_in_clinic"):
        return PHARMACEUTICALS, drug_class(drugs, scan)
    return None


def _surgery(
    kind: tuple[str, str],
    winner: Hit[Term] | Hit[Drug],
    terms: Sequence[Hit[Term]],
    parts: set[str],
    scan: str,
) -> tuple[str, str]:
    """Return the kind of surgery: a consultation about it, arthroscopic, or of the spine."""
    if kind == CONSULT:
        return ADJUNCT if _is_cued(kind, winner, terms, scan) else kind
    first = terms[0]
    if first.start < winner.start and first.row.rank == VISIT:
        return CONSULT
    if any(hit.row.rank == VISIT and hit.start == winner.end + 1 for hit in terms):
        return CONSULT  # "knee replacement consultation"
    if kind == OPEN_SURGERY:
        if any(hit.row.kind == ARTHROSCOPIC for hit in terms):
            return ARTHROSCOPIC
        if parts and parts <= SPINAL_PARTS and not _not_the_spine().search(scan):
            return SPINE_SURGERY
    return kind


def _is_cued(kind: tuple[str, str], winner: Hit[Term] | Hit[Drug], terms: Sequence[Hit[Term]], scan: str) -> bool:
    """Return whether a pre- or post-operative cue is beside the service; "MRI, post-operative" is not an adjunct."""
    if kind[0] in UNMOVED_BY_CUE:
        return False
    return any(
        hit.row.rank == TIMING
        and (hit.start < winner.start or kind[0] != "Diagnostic Testing" or not scan.startswith(AFTERWARDS, hit.start))
        for hit in terms
    )


# --- NAME --- #


def _name(
    kind: tuple[str, str],
    winner: Hit[Term] | Hit[Drug] | None,
    terms: Sequence[Hit[Term]],
    drugs: Sequence[Hit[Drug]],
) -> str | None:
    """Return the name of the treatment: the ingredients of the first drug, or the name of the deciding term.

    If that term has no name ("associated surgical service"), the name is that of the highest
    other term of the category or, for a surgical service, of any category.
    """
    if drugs and kind[0] == PHARMACEUTICALS and kind[1] not in NAMED_BY_CLASS:
        return "/".join(drugs[0].row.ingredients).capitalize()
    if kind[1] in NAMED_BY_CLASS:
        return NAMED_BY_CLASS[kind[1]]
    if drugs and kind == INJECTION and drugs[0].row.drug_class == STEROIDS and winner is drugs[0]:
        return STEROID_INJECTION
    if winner is not None and isinstance(winner.row, Term) and winner.row.name and kind in (ADJUNCT, winner.row.kind):
        return winner.row.name
    order = precedences()
    named = [hit for hit in terms if hit.row.name and (kind == ADJUNCT or hit.row.category == kind[0])]
    best = min(
        named, key=lambda hit: (hit.row.kind != kind, hit is not winner, order[hit.row.rank], hit.start), default=None
    )
    return best.row.name if best else None


# --- BODY PARTS AND SIDES --- #


def _implied(winner: Hit[Term] | Hit[Drug] | None, terms: Sequence[Hit[Term]], parts: set[str]) -> set[str]:
    """Return the parts that the winning term implies; for surgery, all operations; for adjuncts, all services.

    Where the words name no part, other terms of the category do: "MRI (CPT 72148)".
    """
    if winner is None or isinstance(winner.row, Drug):
        return set()
    category = winner.row.category
    is_adjunct = winner.row.kind == ADJUNCT
    return {
        part
        for hit in terms
        if hit is winner or is_adjunct or (hit.row.category == category and (category == SURGERY or not parts))
        for part in hit.row.body_parts
    }


def _most_specific(parts: set[str]) -> set[str]:
    """Remove "spine" from `parts` if a region of it is named."""
    return parts - {"spine"} if parts & (SPINAL_PARTS - {"spine"}) else parts


def _side(scan: str, words: Sequence[Word]) -> str | None:
    """Return the side that the text names; `None` for none or several."""
    sides = {hit.row for hit in side_terms().find(scan, words) if hit.row}
    return sides.pop() if len(sides) == 1 else None
