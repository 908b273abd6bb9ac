"""The body part that a treatment is for, as printed and as recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from imrdata.resources import vocabulary
from imrdata.synthetic.chance import one_of

SPINE_SHARE = 0.5  # of injuries; assumed
SIDED_SHARE = 0.9  # of requests for a part with two sides: name the side
BILATERAL_SHARE = 0.12
SECOND_PART_SHARE = 0.3  # of letters: about two parts
BILATERAL = "bilateral"


@dataclass(frozen=True, slots=True)
class Site:
    """A printed body part: ``Site("left knee", "knee", "left")``."""

    words: str
    body_part: str
    laterality: str | None


@dataclass(frozen=True, slots=True)
class Injury:
    """The injured body part or parts of a letter, and the injured side."""

    body_parts: tuple[str, ...]
    side: str
    area: str


@cache
def _names() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the printed names of each part, as ``(singular, plural)``; the plural is empty if there is only one."""
    names: dict[str, list[tuple[str, str]]] = {}
    for row in vocabulary("synthetic_body_parts"):
        names.setdefault(row["body_part"], []).append((row["printed"], row["plural"]))
    return {part: tuple(printed) for part, printed in names.items()}


def make_injury(rng: Random) -> Injury:
    """Draw the injury of a letter; half are of the spine, as among claims."""
    spine, others = ("low back", "low back", "neck", "upper back"), ("shoulder", "knee", "wrist", "hand")
    part = one_of(rng, spine) if rng.random() < SPINE_SHARE else one_of(rng, (*others, "elbow", "hip", "ankle", "foot"))
    parts: tuple[str, ...] = (part,)
    if rng.random() < SECOND_PART_SHARE:
        second = one_of(rng, spine + others)
        parts = (part, second) if second != part else parts
    side = one_of(rng, ("left", "right"))
    return Injury(parts, side, site(rng, part, (side,), side).words)


def site(rng: Random, body_part: str, sides: tuple[str, ...], side: str) -> Site:
    """Write a body part as a request prints it.

    Args:
        rng: The random generator.
        body_part: A body part of the vocabulary.
        sides: The sides that the treatment can be for; empty if it has no side.
        side: The injured side.
    """
    singular, plural = one_of(rng, _names()[body_part])
    if not plural or not sides:
        return Site(singular, body_part, None)
    if BILATERAL in sides and (rng.random() < BILATERAL_SHARE or side not in sides):
        return Site(f"bilateral {plural}", body_part, BILATERAL)
    if rng.random() < SIDED_SHARE:
        return Site(f"{side} {singular}", body_part, side)
    return Site(singular, body_part, None)
