"""Generate request texts from known values.

``seeds/vocabularies/synthetic_treatments.csv`` has the templates. Their slots are in braces: ``{site}`` and ``{side}``,
``{strength}``, ``{amount}`` (of a drug), ``{course}`` (of sessions), ``{count}``, ``{frequency}``, ``{duration}``, or
alternatives, ``{with|without}``. Fixed body parts and drugs have their own columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from random import Random
from typing import Any

from imrdata.letters.model import Amounts, Treatment
from imrdata.resources import records
from imrdata.synthetic.chance import WeightedChoice, one_of
from imrdata.synthetic.injuries import Injury, site
from imrdata.synthetic.printed_amounts import PrintedAmount, course, drug_amount
from imrdata.synthetic.yearly_rates import PHARMACEUTICALS, Rates

_SLOT = re.compile(r"\{([^}]*)\}")
_SIDES = ("left", "right", "bilateral")
_DIVISIBLE = frozenset(("amount", "course", "count"))
_PRINTED = {"strength": "strengths", "frequency": "frequencies", "duration": "durations"}  # slots, and their choices


@dataclass(frozen=True)
class Recipe:
    """A row of the treatment catalog."""

    template: str
    category: str
    subcategory: str
    name: tuple[str, ...]  # if several, one for each alternative of the first slot with that many
    drugs: tuple[str, ...]
    body_parts: tuple[str, ...]
    sides: tuple[str, ...]
    strengths: tuple[str, ...]
    quantities: tuple[int, ...]
    quantity_unit: tuple[str, ...]
    frequencies: tuple[str, ...]
    durations: tuple[str, ...]
    sections: tuple[str, ...]
    weight: float

    @cached_property
    def pieces(self) -> list[str]:
        """Return the texts and slots of the template, alternately."""
        return _SLOT.split(self.template)

    @property
    def is_divisible(self) -> bool:
        """Return whether utilization review can authorize a part of it."""
        return not _DIVISIBLE.isdisjoint(self.pieces[1::2]) and max(self.quantities, default=0) > 2  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class PrintedTreatment:
    """A treatment as a request prints it, and its values."""

    text: str
    recipe: Recipe
    meaning: Treatment

    def in_capitals(self) -> PrintedTreatment:
        """Return the treatment in capitals, as letters of 2014 sometimes print it."""
        printed = self.meaning.amounts
        capitals = {name: words.upper() for name in _PRINTED if (words := getattr(printed, name))}
        amounts = replace(printed, **capitals)
        return replace(self, text=self.text.upper(), meaning=replace(self.meaning, amounts=amounts))


# --- THE CATALOG --- #


@cache
def _catalogue() -> dict[str, tuple[Recipe, ...]]:
    by_category: dict[str, list[Recipe]] = {}
    for recipe in records(Recipe, "synthetic_treatments"):
        by_category.setdefault(recipe.category, []).append(recipe)
    return {category: tuple(recipes) for category, recipes in by_category.items()}


class Catalogue:
    """The treatments of one year, weighted by the year's rates."""

    def __init__(self, rates: Rates) -> None:
        self._categories = WeightedChoice(rates.category_shares.items())
        self._recipes = {category: _weighed(category, recipes, rates) for category, recipes in _catalogue().items()}
        self.divisible_share = sum(  # of requests that utilization review can authorize in part
            share * self._recipes[category].share(lambda recipe: recipe.is_divisible)
            for category, share in rates.category_shares.items()
        )

    def draw(self, rng: Random, category: str | None = None) -> Recipe:
        """Draw a recipe, from one category if given."""
        return self._recipes[category or self._categories.draw(rng)].draw(rng)


def _weighed(category: str, recipes: tuple[Recipe, ...], rates: Rates) -> WeightedChoice[Recipe]:
    published = rates.drug_class_shares if category == PHARMACEUTICALS else {}
    shares = {**published, "": 1 - sum(published.values())}
    groups = [recipe.subcategory if recipe.subcategory in published else "" for recipe in recipes]
    weights = list(zip(recipes, groups, strict=True))
    totals = {name: sum(recipe.weight for recipe, group in weights if group == name) for name in shares}
    return WeightedChoice((recipe, recipe.weight / totals[group] * shares[group]) for recipe, group in weights)


# --- WRITING --- #


def write_treatment(recipe: Recipe, injury: Injury, rng: Random, quantity: int | None = None) -> PrintedTreatment:
    """Write a treatment, for the injury if the recipe allows; the quantity is one of the recipe's if not given."""
    draft = _Draft(recipe, injury, rng, quantity)
    words = [draft.fill(piece) if place % 2 else piece for place, piece in enumerate(recipe.pieces)]
    text = "".join(words).strip()
    return PrintedTreatment(text[0].upper() + text[1:], recipe, draft.meaning())


@dataclass
class _Draft:
    """The slots of one recipe, filled with words whose values are recorded."""

    _recipe: Recipe
    _injury: Injury
    _rng: Random
    _given: int | None
    amount: PrintedAmount = field(default_factory=lambda: PrintedAmount(""))
    laterality: str | None = None

    def __post_init__(self) -> None:
        has_site = "site" in self._recipe.pieces or "Site" in self._recipe.pieces
        self.body_parts = () if has_site else self._recipe.body_parts
        self.name = next(iter(self._recipe.name), None)
        self._is_named = len(self._recipe.name) <= 1
        self.printed: dict[str, Any] = {}  # strength, frequency, duration

    def meaning(self) -> Treatment:
        """Return the values of the words filled in."""
        return Treatment(
            category=self._recipe.category,
            subcategory=self._recipe.subcategory,
            name=self.name,
            drugs=self._recipe.drugs,
            body_parts=self.body_parts,
            laterality=self.laterality,
            amounts=replace(self.amount.amounts, **self.printed),
        )

    def fill(self, slot: str) -> str:
        """Return the words for a slot."""
        if "|" in slot:
            return self._choice(slot)
        if slot in _PRINTED:
            self.printed[slot] = one_of(self._rng, getattr(self._recipe, _PRINTED[slot]))
            return str(self.printed[slot])
        words: str = getattr(self, f"_{slot.lower()}")()
        return words[0].upper() + words[1:] if slot == "Site" else words

    def _choice(self, slot: str) -> str:
        wordings, names = slot.split("|"), self._recipe.name
        words = one_of(self._rng, wordings)
        if not self._is_named and len(wordings) == len(names):
            self.name, self._is_named = names[wordings.index(words)], True
        if words.strip(" ,").lower() in _SIDES:
            self.laterality = words.strip(" ,").lower()
        return words

    def _site(self) -> str:
        recipe, injury = self._recipe, self._injury
        hurt = [part for part in injury.body_parts if part in recipe.body_parts]
        part = one_of(self._rng, hurt or recipe.body_parts)
        self.body_parts = (part,)
        words, self.laterality = site(self._rng, part, recipe.sides, injury.side)
        return words

    def _side(self) -> str:
        self.laterality = self._injury.side
        return self._injury.side

    def _number(self) -> int:
        return self._given or one_of(self._rng, self._recipe.quantities)

    def _count(self) -> str:
        number = self._number()
        self.amount = PrintedAmount(str(number), Amounts(float(number), self._recipe.quantity_unit[0]))
        return str(number)

    def _amount(self) -> str:
        number, unit = self._number(), self._recipe.quantity_unit[0]
        is_named, is_plain = "patch" in self._recipe.pieces[0], self._given is not None
        self.amount = drug_amount(self._rng, number, unit, is_named=is_named, is_plain=is_plain)
        return self.amount.words

    def _course(self) -> str:
        unit = one_of(self._rng, self._recipe.quantity_unit)
        self.amount = course(self._rng, self._number(), unit, is_plain=self._given is not None)
        return self.amount.words
