"""The place on the body that a treatment is for, as a letter prints it, with what it means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from imrdata.resources import vocabulary
from imrdata.synthetic.chance import one_of

SPINE_SHARE = 0.5  # of the injuries; assumed
SIDED_SHARE = 0.9  # of the requests for a part that has two sides, those that name one
BILATERAL_SHARE = 0.12
SECOND_PART_SHARE = 0.3  # of the letters, those about two parts
BILATERAL = "bilateral"


@dataclass(frozen=True, slots=True)
class Site:
    """A printed place: ``Site("left knee", "knee", "left")``."""

    words: str
    body_part: str
    laterality: str | None


@dataclass(frozen=True, slots=True)
class Injury:
    """What is hurt in a letter: one part or two, and the side of whatever has two."""

    body_parts: tuple[str, ...]
    side: str
    area: str


@cache
def _names() -> dict[str, tuple[tuple[str, str], ...]]:
    """Printed names of each part, as ``(singular, plural)``; the plural is empty where there is but one."""
    names: dict[str, list[tuple[str, str]]] = {}
    for row in vocabulary("synthetic_body_parts"):
        names.setdefault(row["body_part"], []).append((row["printed"], row["plural"]))
    return {part: tuple(printed) for part, printed in names.items()}


def make_injury(rng: Random) -> Injury:
    """The injury of a letter: the spine half of the time, like the claims are."""
    spine, others = ("low back", "low back", "neck", "upper back"), ("shoulder", "knee", "wrist", "hand")
    part = one_of(rng, spine) if rng.random() < SPINE_SHARE else one_of(rng, (*others, "elbow", "hip", "ankle", "foot"))
    parts: tuple[str, ...] = (part,)
    if rng.random() < SECOND_PART_SHARE:
        second = one_of(rng, spine + others)
        parts = (part, second) if second != part else parts
    side = one_of(rng, ("left", "right"))
    return Injury(parts, side, site(rng, part, (side,), side).words)


def site(rng: Random, body_part: str, sides: tuple[str, ...], side: str) -> Site:
    """A part as a request prints it.

    Args:
        rng: Draws the wording.
        body_part: One of the vocabulary's parts.
        sides: The sides that the treatment can be for; none where it is for neither.
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
