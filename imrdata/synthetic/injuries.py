"""The body part that a treatment is for, as printed and as recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from random import Random

from imrdata.resources import vocabulary
from imrdata.synthetic.chance import one_of

SPINE_SHARE = 0.5  # of injuries; assumed
SIDED_SHARE = 0.9  # of requests for a part with two sides: name the side
BILATERAL_SHARE = 0.12
SECOND_PART_SHARE = 0.3  # of letters: about two parts
BILATERAL = "bilateral"


@dataclass(frozen=True, slots=True)
class Injury:
    """The injured body part or parts of a letter, and the injured side."""

    body_parts: tuple[str, ...]
    side: str
    area: str


@cache
def _names() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the printed names of each part, as ``(singular, plural)``; the plural is empty if there is only one."""
    rows = groupby(vocabulary("synthetic_body_parts"), key=itemgetter("body_part"))
    return {part: tuple((row["printed"], row["plural"]) for row in of_part) for part, of_part in rows}


def make_injury(rng: Random) -> Injury:
    """Draw the injury of a letter; half are of the spine, as among claims."""
    spine, others = ("low back", "low back", "neck", "upper back"), ("shoulder", "knee", "wrist", "hand")
    part = one_of(rng, spine) if rng.random() < SPINE_SHARE else one_of(rng, (*others, "elbow", "hip", "ankle", "foot"))
    parts: tuple[str, ...] = (part,)
    if rng.random() < SECOND_PART_SHARE:
        second = one_of(rng, spine + others)
        parts = (part, second) if second != part else parts
    side = one_of(rng, ("left", "right"))
    return Injury(parts, side, site(rng, part, (side,), side)[0])


def site(rng: Random, body_part: str, sides: tuple[str, ...], side: str) -> tuple[str, str | None]:
    """Return a body part as a request prints it, and its side; `sides` are those that the treatment can be for."""
    singular, plural = one_of(rng, _names()[body_part])
    if not plural or not sides:
        return singular, None
    if BILATERAL in sides and (rng.random() < BILATERAL_SHARE or side not in sides):
        return f"bilateral {plural}", BILATERAL
    return (f"{side} {singular}", side) if rng.random() < SIDED_SHARE else (singular, None)
