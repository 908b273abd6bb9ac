"""Print blocks as pages: lines of about 95 columns, or 86 if bold, with form feeds between pages."""

from __future__ import annotations

import re
from enum import Enum, auto
from random import Random
from typing import NamedTuple

from imrdata.synthetic.chance import between

PLAIN_COLUMNS, BOLD_COLUMNS = 95, 86
PAGE_LINES = 50
SPLIT_REQUEST_SHARE = 0.08  # of requests of several lines: split by the end of a page

# A line may end after a hyphen inside a word, but not in "return-to-work": the rest must be recognizable as part of it.
_HYPHEN = re.compile(r"(?<=[^\s\-])-(?=[^\s\-])(?!-?(?:and|or|to)\b)")
_HANGING = re.compile(r"- (?:and|or|to)\b")  # "two- and three-level"


class Kind(Enum):
    """How a block is printed."""

    FIXED = auto()  # without changing its lines
    PLAIN = auto()
    BOLD = auto()


class Block(NamedTuple):
    """A paragraph of a letter; a blank line follows it."""

    text: str
    kind: Kind = Kind.PLAIN


def wrap(text: str, columns: int) -> list[str]:
    """Split a paragraph into lines; words are broken only at their hyphens."""
    lines = []
    start, end = 0, len(text)
    while end - start > columns:
        stop = text.rfind(" ", start, start + columns + 1)
        if text[stop - 1] == "-" and not _HANGING.match(text, stop - 1):  # "Non- MTUS": a break would hide the space
            stop = text.rfind(" ", start, stop)
        hyphen = text.rfind("-", max(stop, start + 1), start + columns)
        while hyphen > stop and not _HYPHEN.match(text, hyphen):
            hyphen = text.rfind("-", max(stop, start + 1), hyphen)
        if hyphen > stop:
            lines.append(text[start : hyphen + 1])
            start = hyphen + 1
            continue
        if stop <= start:
            stop = text.find(" ", start)
            if stop < 0:
                break
        lines.append(text[start:stop])
        start = stop + 1
    lines.append(text[start:])
    return lines


def printed(blocks: list[Block], rng: Random, head: str) -> str:
    """Print the pages of a letter as text; `head` is the first line of each page after the first."""
    lines: list[str] = []
    breaks: set[int] = set()
    for text, kind in blocks:
        if kind is Kind.FIXED:
            lines += text.split("\n")
        elif kind is Kind.BOLD:
            of_block = wrap(text, BOLD_COLUMNS)
            if len(of_block) > 1 and rng.random() < SPLIT_REQUEST_SHARE:
                breaks.add(len(lines) + between(rng, 1, len(of_block) - 1))
            lines += of_block
        else:
            lines += wrap(text, PLAIN_COLUMNS)
        lines.append("")
    return f"\f{head}\n".join(_pages(lines[:-1], breaks))


def _pages(lines: list[str], breaks: set[int]) -> list[str]:
    pages = []
    start = 0
    while start < len(lines):
        end = min((at for at in breaks if start < at < start + PAGE_LINES), default=start + PAGE_LINES)
        pages.append("\n".join(lines[start:end]) + "\n")
        start = end
    return pages
