"""The drugs of a request: their names, and the class of the drug or preparation requested."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from imrdata.letters.fields.lexicon import Hit, PlainLexicon, request_form
from imrdata.resources import patterns, split_cell, vocabulary

PHARMACEUTICALS = "Pharmaceuticals"
COMPOUNDS = "Topical Compounds"
TOPICAL = "Topical Analgesics"
OPIOIDS = "Opioids"
STEROIDS = "Adrenal Cortical Steroids"

_PATCH = re.compile(r"\bpatch(?:es)?\b")
_SOLD_FORM = re.compile(r"\bpatch(?:es)?|pads?\b")
_BASE = re.compile(r"\b(?:base|compound(?:ed|ing)?)\b")
_JOINED = re.compile(r"(?:\band|&|,|;|\bplus)\s*$")
_PERCENT = re.compile(r"\d ?%")


@dataclass(frozen=True, slots=True)
class Drug:
    """A row of `drugs.csv`."""

    ingredients: tuple[str, ...]
    drug_class: str
    route: str
    is_ambiguous: bool

    @property
    def kind(self) -> tuple[str, str]:
        """The category and the subcategory."""
        return PHARMACEUTICALS, self.drug_class


@cache
def drug_terms() -> PlainLexicon[Drug]:
    """Return `drugs.csv` with its terms in scan form."""
    return PlainLexicon(
        (
            request_form(row["term"]),
            Drug(
                split_cell(row["ingredients"]),
                row["drug_class"],
                row["route"],
                row["is_ambiguous"] == "yes",
            ),
        )
        for row in vocabulary("drugs")
    )


@cache
def classes_marked(mark: str) -> frozenset[str]:
    """Return the subcategories with a mark of `treatment_categories.csv`, such as `is_compounded`."""
    return frozenset(row["subcategory"] for row in vocabulary("treatment_categories") if row[mark] == "yes")


@cache
def _forms(kind: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{patterns('reading_words', kind)})\b")


def _is_compounded(drug: Drug) -> bool:
    """Return whether pharmacies compound drugs of this class into creams; only some of these are sold as topicals."""
    return drug.drug_class in classes_marked("is_compounded")


@cache
def topical_ingredients() -> frozenset[tuple[str, ...]]:
    """Return the ingredients of products sold as topical analgesics."""
    return frozenset(
        split_cell(row["ingredients"])
        for row in vocabulary("drugs")
        if row["drug_class"] == TOPICAL and row["route"] == "topical"
    )


def drug_class(drugs: Sequence[Hit[Drug]], scan: str) -> str:
    """Return the class of the first drug, or a topical class if the text names a form for the skin."""
    if len(drugs) > 1:
        drugs, scan = _of_first_product(drugs, scan)
    first = drugs[0].row
    percents = len(_PERCENT.findall(scan)) if "%" in scan else 0
    if percents and _is_compounded(first) and _BASE.search(scan):
        return COMPOUNDS
    if len({hit.row.ingredients for hit in drugs}) > 1:
        return _mixture_class(drugs, scan, form=_forms("skin_form").search(scan) is not None, percents=percents)
    is_tablet_of_several = first.route == "oral" and len(first.ingredients) > 1
    if is_tablet_of_several or first.drug_class == STEROIDS or not _is_compounded(first):
        return first.drug_class
    is_cream = _forms("skin_form").search(scan) is not None
    if first.route == "injection":  # "bupivacaine 0.5%" is none
        is_cream = is_cream and percents > 0
    elif percents and not _forms("oral_form").search(scan):
        is_cream = first.route == "oral"
    if first.route not in ("oral", "injection") or not is_cream:
        return first.drug_class
    if first.ingredients in topical_ingredients():
        return TOPICAL
    return first.drug_class if _PATCH.search(scan) else COMPOUNDS


def _of_first_product(drugs: Sequence[Hit[Drug]], scan: str) -> tuple[Sequence[Hit[Drug]], str]:
    """Return the drugs and the words of the first product."""
    second = next((hit for hit in drugs if hit.row.ingredients != drugs[0].row.ingredients), None)
    if second and _are_two_products(drugs[0], second, scan):
        return drugs[:1], scan[: second.start]
    return drugs, scan


def _are_two_products(first: Hit[Drug], second: Hit[Drug], scan: str) -> bool:
    """Return whether two drugs are a topical product and another product: "lidocaine ointment and Norco"."""
    own, others = scan[first.end : second.start], scan[second.end :]
    if not _JOINED.search(own):
        return False
    if any(hit.row.route == "oral" and len(hit.row.ingredients) > 1 for hit in (first, second)):
        return True  # no pharmacy makes creams of tablets that combine drugs
    if first.row.route == "topical" and (len(own.split()) == 1 or "#" in own):  # "capsaicin cream and Nucynta"
        own = scan[first.start : first.end]
    if not _forms("skin_form").search(own):
        return first.row.route == "oral" and ("#" in own or _forms("oral_form").search(own) is not None)
    return not (_PERCENT.search(others) or _forms("skin_form").search(others))


def _mixture_class(drugs: Sequence[Hit[Drug]], scan: str, *, form: bool, percents: int) -> str:
    """Return the class of several drugs named together: a compound if they are one preparation."""
    first = drugs[0].row
    if first.ingredients == ("acetaminophen",) and any(hit.row.drug_class == OPIOIDS for hit in drugs):
        return OPIOIDS  # "acetaminophen 300mg with codeine 30mg"
    topical = all(hit.row.route == "topical" for hit in drugs)
    if topical and (_SOLD_FORM.search(scan) or first.drug_class != TOPICAL):
        return first.drug_class
    if percents > 1 or (form and all(_is_compounded(hit.row) for hit in drugs)):
        return COMPOUNDS
    return first.drug_class
