"""Damage letters whose true values are known, and read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from imrdata.errors import ImrDataError
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_bytes

FIELDS = (
    "case_number", "injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date",
    "priority", "letter_layout",
)  # fmt: skip
HEDGES = (
    "Mostly", "Partially", "Not", "Never", "No longer", "Cannot be", "Neither Upheld nor", "Half", "Conditionally",
    "Modified and", "Upheld /", "Overturned /", "[X] Upheld [ ]", "[ ] Upheld [X]", "Upheld; amended:", "Not yet",
    "In part", "Previously", "Should be", "Would be", "Almost", "Withdrawn, formerly", "Denied, not", "Split decision:",
    "To be", "Was not", "Hardly", "Nearly", "Possibly", "If appealed,", "Unless", "Except for #30,", "Either",
    "Largely", "Tentatively", "Provisionally", "Overturned, then", "Upheld and", "Once", "Pending;", "Likely",
    "Erroneously", "Remanded;", "Vacated;", "Reversed;", "Affirmed;", "Initially", "Originally", "Amended from",
    "Corrected from", "Formerly", "Non-", "Un-", "Dis", "Only", "For 6 visits", "Without #60,", "As modified,",
    "With modification,", "Some items",
)  # fmt: skip
STAMPS = (
    "12/20/2016 10:31 AM FAX 916 555-1234 P.002/006", "From: Records Fax: (555) 010-2000 4:10 PM Page 3 of 7",
    "https://www.example.org/letters/1.html 3/6", "file:///C:/letters/1.html", "Page 3", "IMR000123", "Confidential",
    "RECEIVED DEC 20 2016", "PRIVILEGED AND CONFIDENTIAL",
)  # fmt: skip
COVER = "FACSIMILE\nTo: Records\nFrom: Front desk\nPriority: Urgent\nPages: 6\nDate: 01/02/2019\n"
OPINION = (
    "WORKERS' COMPENSATION APPEALS BOARD\nOPINION AND DECISION AFTER RECONSIDERATION\n"
    "The arbitrator erred. The Board quotes the letter in full:\n"
)
PROOF = (
    "PROOF OF SERVICE\nI declare that I am employed in the county of Alameda and over the age of eighteen. "
    "On this day I served the document by mail.\nI declare under penalty of perjury that this is true.\n"
)
ORDER = "IT IS ORDERED that the determination is REVERSED and the request is medically necessary.\n"
NOTICE = "NOTICE OF APPEAL RIGHTS\nYou may appeal within thirty days of the mailing of this determination.\n"


class Sound(NamedTuple):
    """A printed letter: its name, its pages, and its true values."""

    name: str
    pages: list[str]
    truth: Letter


def sound(name: str, text: str) -> Sound:
    return Sound(name, text.split("\f"), read_bytes(text.encode(), name))


def _lines(change: Callable[[list[str], Random], object]) -> Callable[[Sound, Sound, Random], str]:
    def changed(one: Sound, _other: Sound, rng: Random) -> str:
        lines = "\f".join(one.pages).split("\n")
        change(lines, rng)
        return "\n".join(lines)

    return changed


def _interleaved(lines: list[str], rng: Random) -> None:
    """Print two columns of six lines as one."""
    at = rng.randrange(max(1, len(lines) - 12))
    columns = zip(lines[at : at + 6], lines[at + 6 : at + 12], strict=False)
    lines[at : at + 12] = [line for pair in columns for line in pair]


def _watermarked(lines: list[str], rng: Random) -> None:
    """Print a word from top to bottom, a letter before each line."""
    at, word = rng.randrange(max(1, len(lines) - 12)), rng.choice(("CONFIDENTIAL", "COPY", "DRAFT", "SPECIMEN"))
    lines[at : at + len(word)] = [line for pair in zip(word, lines[at : at + len(word)], strict=False) for line in pair]


def _another_line(one: Sound, other: Sound, rng: Random) -> str:
    lines = "\f".join(one.pages).split("\n")
    lines.insert(rng.randrange(len(lines)), rng.choice("\n".join(other.pages).split("\n")))
    return "\n".join(lines)


def _hedged(one: Sound, _other: Sound, rng: Random) -> str:
    text = "\f".join(one.pages)
    for word in (": Upheld", ": Overturned"):
        if word in text:
            return text.replace(word, f": {rng.choice(HEDGES)}{word[1:]}", 1)
    limit = rng.choice(("in part", "for 6 visits only", "except for the last", "with modification"))
    return text.replace("necessary and appropriate.", f"necessary and appropriate {limit}.")


def _relabelled(one: Sound, _other: Sound, rng: Random) -> str:
    text = "\f".join(one.pages)
    found = [label for label in ("Date of Injury:", "UR Denial Date:", "Application Received:") if label in text]
    return text.replace(rng.choice(found), rng.choice(("Date of Birth:", "DOB:", "Date Mailed:")), 1) if found else ""


def _mixed(one: Sound, other: Sound) -> list[str]:
    return [one.pages[0], other.pages[-1], *one.pages[1:]]


def _running(one: Sound, line: str, *, is_foot: bool) -> str:
    pages = [line.replace("#", str(number)) for number, _ in enumerate(one.pages, start=1)]
    both = zip(one.pages, pages, strict=True)
    return "\f".join(f"{page.rstrip()}\n{mark}\n" if is_foot else f"{mark}\n{page}" for page, mark in both)


DAMAGES: dict[str, Callable[[Sound, Sound, Random], str]] = {
    "first page lost": lambda one, other, rng: "\f".join(one.pages[1:]),
    "middle page lost": lambda one, other, rng: "\f".join([one.pages[0], *one.pages[2:]]) if one.pages[2:] else "",
    "last page lost": lambda one, other, rng: "\f".join(one.pages[:-1]),
    "first page twice": lambda one, other, rng: "\f".join([one.pages[0], *one.pages]),
    "last page twice": lambda one, other, rng: "\f".join([*one.pages, one.pages[-1]]),
    "pages swapped": lambda one, other, rng: "\f".join([one.pages[1], one.pages[0], *one.pages[2:]])
    if one.pages[1:] else "",
    "pages reversed": lambda one, other, rng: "\f".join(reversed(one.pages)) if one.pages[1:] else "",
    "another's page in it": lambda one, other, rng: "\f".join(_mixed(one, other)),
    "another's later pages": lambda one, other, rng: "\f".join([one.pages[0], *other.pages[1:]])
    if one.pages[1:] and other.pages[1:] else "",
    "two letters": lambda one, other, rng: "\f".join([*one.pages, *other.pages]),
    "fax cover before": lambda one, other, rng: "\f".join([COVER, *one.pages]),
    "court opinion around": lambda one, other, rng: OPINION + "\f".join(one.pages).rstrip() + f"\n{ORDER}",
    "proof of service behind": lambda one, other, rng: "\f".join([*one.pages, PROOF]),
    "order behind": lambda one, other, rng: "\f".join(one.pages).rstrip() + f"\n{ORDER}",
    "notice behind": lambda one, other, rng: "\f".join(one.pages).rstrip() + f"\n{NOTICE}",
    "running head": lambda one, other, rng: _running(one, "Page # of the file", is_foot=False),
    "running foot": lambda one, other, rng: _running(one, "IMR-00012#", is_foot=True),
    "unknown header label": _relabelled,
    "hedged outcome": _hedged,
    "cut anywhere": lambda one, other, rng: (text := "\f".join(one.pages))[: rng.randrange(len(text) // 4, len(text))],
    "columns interleaved": _lines(_interleaved),
    "watermark of letters": _lines(_watermarked),
    "stamp within the text": _lines(lambda lines, rng: lines.insert(rng.randrange(len(lines)), rng.choice(STAMPS))),
    "another's line in it": _another_line,
    "three lines deleted": _lines(lambda lines, rng: lines.__delitem__(slice(at := rng.randrange(len(lines)), at + 3))),
    "line deleted": _lines(lambda lines, rng: lines.pop(rng.randrange(len(lines)))),
    "line doubled": _lines(lambda lines, rng: lines.insert(at := rng.randrange(len(lines)), lines[at])),
}  # fmt: skip


TEXTS_TOO = {kind for kind in DAMAGES if kind.endswith(("behind", "around", "before")) or kind.startswith("running")}


def plain(letter: Letter) -> dict[str, Any]:
    """Return the structural fields of a letter."""
    requests = [(" ".join(one.request_text.split()), one.outcome) for one in letter.requests]
    return {name: getattr(letter, name) for name in FIELDS} | {"requests": requests}


def verdict(kind: str, damaged: str, one: Sound) -> str:
    """Return ``right``, ``refused``, ``told`` (null, or with a diagnostic), or ``silent`` (silently wrong)."""
    try:
        found = read_bytes(damaged.encode(), one.name)
    except ImrDataError:
        return "refused"
    truth, read = plain(one.truth), plain(found)
    if kind in TEXTS_TOO:
        truth["rationales"], read["rationales"] = (
            [request.rationale_text for request in letter.requests] for letter in (one.truth, found)
        )
    wrong = [name for name, value in truth.items() if read[name] != value]
    known = {(diagnostic.code, diagnostic.message) for diagnostic in one.truth.diagnostics}
    if not wrong:
        return "right"
    if all(read[name] is None for name in wrong):
        return "told"
    return "told" if {(new.code, new.message) for new in found.diagnostics} - known else "silent"


def judged(letters: list[Sound], draws: int, seed: int = 7) -> Iterator[tuple[str, str, str]]:
    """Yield each kind of damage, its result, and the letter's layout."""
    for kind, damage in DAMAGES.items():
        rng = Random(f"{seed} {kind}")
        for one in letters:
            for _ in range(draws):
                other = rng.choice([letter for letter in letters if letter is not one])
                damaged = damage(one, other, rng)
                if damaged.strip():
                    yield kind, verdict(kind, damaged, one), one.truth.letter_layout
