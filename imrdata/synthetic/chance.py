"""Random choices from a generator that the caller passes, so the same seed gives the same letter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise
from random import Random
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class WeightedChoice(Generic[Thing]):
    """Items with weights, drawn with replacement."""

    def __init__(self, weighted: Iterable[tuple[Thing, float]]) -> None:
        pairs = [(thing, weight) for thing, weight in weighted if weight > 0]
        self.things = [thing for thing, _ in pairs]
        self._upto = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: Random) -> Thing:
        """Draw an item with a probability proportional to its weight."""
        return self.things[bisect_right(self._upto, rng.random() * self._upto[-1])]

    def share(self, counts: Callable[[Thing], bool]) -> float:
        """Return the probability of drawing an item for which `counts` is true."""
        ends = zip(self.things, pairwise([0.0, *self._upto]), strict=True)
        return sum(upto - before for thing, (before, upto) in ends if counts(thing)) / self._upto[-1]


def generator(seed: int, index: int) -> Random:
    """Return the random generator of one letter, independent of those of all others."""
    return Random(f"imrdata {seed} {index}")  # noqa: S311 - letters, not secrets


def one_of(rng: Random, things: list[Thing] | tuple[Thing, ...]) -> Thing:
    """Draw one of some items, all equally likely."""
    return things[int(rng.random() * len(things))]


def between(rng: Random, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return low + int(rng.random() * (high - low + 1))
