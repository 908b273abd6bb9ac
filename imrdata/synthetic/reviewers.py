"""The reviewer of a letter: specialties and states, as vocabulary labels and as letters print them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from imrdata.resources import split_cell, vocabulary
from imrdata.synthetic.chance import WeightedChoice, one_of

STATE_COUNTS = WeightedChoice([(1, 68.0), (2, 20), (3, 9), (4, 3)])


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer; `specialty_words` and `state_words` are the printed forms of `specialties` and `states`."""

    specialties: tuple[str, ...]
    states: tuple[str, ...]
    specialty_words: tuple[str, ...]
    state_words: tuple[str, ...]

    def credentials(self) -> str:
        """Return the sentence about the reviewer in letters before mid-2014."""
        first, *others = self.specialty_words
        certified = f"Board Certified in {first}"
        if others:
            certified += f", has a subspecialty in {' and '.join(others)}"
        *states, last = self.state_words
        licensed = f"{', '.join(states)}{' and ' if states else ''}{last}"
        return f"The physician reviewer is {certified} and is licensed to practice in {licensed}."


@cache
def _weighted(kind: str) -> WeightedChoice[tuple[str, str]]:
    rows = [row for row in vocabulary("synthetic_reviewers") if row["kind"] == kind]
    return WeightedChoice(((row["printed"], row["label"]), float(row["weight"])) for row in rows)


def make_reviewer(rng: Random) -> Reviewer:
    """Draw a reviewer; most are licensed in California."""
    words, labels = _weighted("specialty").draw(rng)
    count = STATE_COUNTS.draw(rng)
    states: dict[str, str] = {}
    while len(states) < count:
        name, code = _weighted("state").draw(rng)
        states[name] = code
    return Reviewer(
        specialties=split_cell(labels),
        states=tuple(states.values()),
        specialty_words=tuple(words.split(", ")),
        state_words=tuple(states),
    )


def state_list(reviewer: Reviewer, rng: Random) -> str:
    """List the states as letters with labels do: "Texas,New York" as often as "Texas, New York"."""
    return one_of(rng, (", ", ",")).join(reviewer.state_words)
