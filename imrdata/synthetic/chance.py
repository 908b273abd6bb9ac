"""Drawing at random, always from a generator that is passed in: the same seed gives the same letter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise
from random import Random
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class WeightedChoice(Generic[Thing]):
    """Things with weights; a draw puts the thing back."""

    def __init__(self, weighted: Iterable[tuple[Thing, float]]) -> None:
        """Fill the urn with ``(thing, weight)`` pairs."""
        pairs = [(thing, weight) for thing, weight in weighted if weight > 0]
        self.things = [thing for thing, _ in pairs]
        self._upto = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: Random) -> Thing:
        """A thing, as often as its weight says."""
        return self.things[bisect_right(self._upto, rng.random() * self._upto[-1])]

    def share(self, counts: Callable[[Thing], bool]) -> float:
        """The share of the draws that give a thing for which `counts` holds."""
        weights = [upto - before for before, upto in pairwise([0.0, *self._upto])]
        held = sum(weight for thing, weight in zip(self.things, weights, strict=True) if counts(thing))
        return held / self._upto[-1]


def generator(seed: int, index: int) -> Random:
    """The generator of one letter, independent of every other letter's."""
    return Random(f"imrdata {seed} {index}")  # noqa: S311 - letters, not secrets


def one_of(rng: Random, things: list[Thing] | tuple[Thing, ...]) -> Thing:
    """One of the things, each as likely as the others."""
    return things[int(rng.random() * len(things))]


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(rng.random() * (high - low + 1))
