r"""Render a letter as different readers output it, with other lines, spaces and header order, but the same words.

=========  =====================================================================================================
plain      PDFium: ``\r\n``, no blank lines
raw        ``pdftotext -raw``: the last label of the header on two lines
layout     ``pdftotext -layout``: headings centered, header in columns, some blank lines lost
columns    ``pdftotext``: all labels of a header column, then all its values
pypdf      lines end in a space, blank lines have one space
pymupdf    labels and values on separate lines
markdown   ``### headings``, ``**labels:**``, one line per paragraph
html       paragraphs, a table for the header
u+fffe     PDFium's mark for a hyphen at the end of a line, which replaces the line break
u+0002     the same, with the older mark
=========  =====================================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from html import escape
from itertools import groupby
from random import Random

from imrdata.resources import vocabulary
from imrdata.synthetic.maker import SyntheticLetter
from imrdata.terms import SYNTHETIC_MARK

HEADER_REACH = 30  # lines in which a header is searched
LOST_BLANK_SHARE = 0.1  # of blank lines, with "layout"
COLUMN = 22

_BROKEN = re.compile(r"(?<=[^\s\-])-\n(?=\S)")
_BROKEN_WORD = re.compile(r"(?<=[^\s\-])-\n(?=\S)(?!(?:and|or|to)\b)")  # and not "two-" / "and three-level"
_HEADING = re.compile(r"[A-Z][A-Z ,()/]{11,}")
_OUTCOME = re.compile(r"(.*):\s+(Upheld|Overturned)", re.DOTALL)
_LABEL = re.compile(r"([A-Z][\w()/'\u2019 ]{2,60}:)(?=\s|\Z)")
_TWO_LINES, _IN_TWO_LINES = "Application Received:", "Application\nReceived:"

Cell = tuple[str, str]


def render(letter: SyntheticLetter | str, name: str, rng: Random) -> bytes:
    """Render a letter, or its text, as bytes, by one of `RENDERINGS`; `rng` is for what varies between copies."""
    text = letter.text if isinstance(letter, SyntheticLetter) else letter
    return _PRINTERS[name](text, rng).encode("utf-8")


# --- THE HEADER --- #


@cache
def _header_cell() -> re.Pattern[str]:
    names = ("case_outcome", "disputed_list")
    rows = [row for row in vocabulary("labels") if row["kind"] == "header" and row["name"] not in names]
    label = rf"\b(?:{'|'.join(row['pattern'] for row in rows)})\s*:"
    return re.compile(rf"({label}) *(.*?)(?= +{label}|$)")


def _with_header(text: str, printed: Callable[[list[list[Cell]]], str]) -> str:
    """Replace each group of header lines by another rendering."""
    lines = text.split("\n")
    head: list[str] = []
    for is_header, some in groupby(lines[:HEADER_REACH], key=lambda line: _header_cell().match(line) is not None):
        group = list(some)
        head += [printed(list(map(_header_cells, group)))] if is_header else group
    return "\n".join(head + lines[HEADER_REACH:])


def _header_cells(line: str) -> list[Cell]:
    return [(match[1], match[2]) for match in _header_cell().finditer(line)]


def _broken_label(rows: list[list[Cell]]) -> str:
    """Render each label with its value, and the last label of the header on two lines."""
    lines = []
    for row in rows:
        *before, (label, value) = row
        start = " ".join(f"{name} {words}" for name, words in before)
        if before and label == _TWO_LINES:
            lines += [f"{start} Application", "Received:", value]
        else:
            lines.append(f"{start} {label} {value}".strip())
    return "\n".join(lines)


def _side_by_side(rows: list[list[Cell]]) -> str:
    lines = []
    for row in rows:
        is_broken = len(row) > 1 and row[-1][0] == _TWO_LINES
        cells = [*row[:-1], ("Application", row[-1][1])] if is_broken else row
        lines.append("".join(f"{label:<{COLUMN}}{value:<{2 * COLUMN - 12}}" for label, value in cells).rstrip())
        if is_broken:
            lines.append(" " * (3 * COLUMN - 12) + "Received:")
    return "\n".join(lines)


def _labels_first(rows: list[list[Cell]]) -> str:
    parts = []
    for column in range(max(map(len, rows))):
        cells = [row[column] for row in rows if len(row) > column]
        labels = "\n".join(label.replace(_TWO_LINES, _IN_TWO_LINES) for label, _ in cells)
        parts += [labels, "\n".join(value for _, value in cells)]
    return "\n\n".join(parts)


def _one_a_line(rows: list[list[Cell]]) -> str:
    cells = [cell for row in rows for cell in row]
    return "\n".join(f"{label.replace(_TWO_LINES, _IN_TWO_LINES)}\n{value}" for label, value in cells)


# --- PLAIN TEXTS --- #


def _without_blank_lines(text: str) -> str:
    return re.sub(r"\n(?:[ ]*\n)+", "\n", text.replace("\n\f\n", "\n\f"))


def _raw(text: str) -> str:
    return _without_blank_lines(_with_header(text, _broken_label))


def _layout(text: str, rng: Random) -> str:
    margin = " " * int(rng.random() * 4)
    lines = []
    for line in _with_header(text, _side_by_side).split("\n"):
        feed, words = ("\f", line[1:]) if line.startswith("\f") else ("", line)
        if not words and rng.random() < LOST_BLANK_SHARE:
            continue
        is_heading = _HEADING.fullmatch(words) is not None
        lines.append(feed + (words.center(95).rstrip() if is_heading else margin + words if words else ""))
    return "\n".join(lines)


def _spaced(text: str) -> str:
    return " \n" + "".join(f"{line} \n" for line in text.split("\n"))


def _marked(text: str, mark: str) -> str:
    return _BROKEN.sub(mark, _raw(text)).replace("\f", "").replace("\n", "\r\n")


# --- MARKED UP --- #


def _paragraphs(text: str) -> list[list[str]]:
    """Return the lines of each paragraph, joined across pages; only the first page's mark is kept."""
    text = text.replace(f"\f{SYNTHETIC_MARK}\n", "")
    return [block.split("\n") for block in re.split(r"\n(?:[ ]*\n)+", text.replace("\f", "").strip("\n"))]


def _joined(lines: list[str]) -> str:
    """Join a paragraph into one line, with its hyphenated words."""
    return _BROKEN_WORD.sub("-", "\n".join(lines)).replace("\n", " ")


def _is_running(lines: list[str]) -> bool:
    """Return whether the lines are a paragraph rather than a header or an address."""
    return all(len(line) > 60 for line in lines[:-1])  # noqa: PLR2004 - prose fills its lines


def _markdown(text: str) -> str:
    parts = []
    for lines in _paragraphs(text):
        if not _is_running(lines):
            parts.append("  \n".join(_bold_labels(line) for line in lines))
            continue
        words = _joined(lines)
        if _HEADING.fullmatch(words):
            parts.append(f"### {words}")
        elif outcome := _OUTCOME.fullmatch(words):
            parts.append(f"**{outcome[1]}:** {outcome[2]}")
        else:
            parts.append(_bold_label(words))
    return "\n\n".join(parts) + "\n"


def _bold_label(words: str) -> str:
    return _LABEL.sub(r"**\1**", words, count=1) if _LABEL.match(words) else words


def _bold_labels(line: str) -> str:
    if not _header_cell().match(line):
        return _bold_label(line)
    return "\t".join(f"**{label}** {value}" for label, value in _header_cells(line))


def _html(text: str) -> str:
    parts = []
    for lines in _paragraphs(text):
        if _header_cell().match(lines[0]) and not _is_running(lines):
            parts.append(f"<table>{''.join(map(_table_row, lines))}</table>")
        elif _is_running(lines):
            words = escape(_joined(lines))
            bold = _LABEL.sub(r"<b>\1</b>", words, count=1) if _LABEL.match(words) else words
            parts.append(f"<h3>{words}</h3>" if _HEADING.fullmatch(words) else f"<p>{bold}</p>")
        else:
            parts.append("<p>" + "<br>".join(map(escape, lines)) + "</p>")
    return "<!doctype html>\n<html><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def _table_row(line: str) -> str:
    cells = _header_cells(line) or [(line, "")]
    return f"<tr>{''.join(f'<td><b>{escape(label)}</b></td><td>{escape(value)}</td>' for label, value in cells)}</tr>"


_PRINTERS: dict[str, Callable[[str, Random], str]] = {
    "plain": lambda text, _: _marked(text, r"-\n"),
    "raw": lambda text, _: _raw(text),
    "layout": _layout,
    "columns": lambda text, _: _with_header(text, _labels_first),
    "pypdf": lambda text, _: _spaced(_with_header(text, _broken_label).replace("\f", "")),
    "pymupdf": lambda text, _: _spaced(_with_header(text, _one_a_line)),
    "markdown": lambda text, _: _markdown(text),
    "html": lambda text, _: _html(text),
    "u+fffe": lambda text, _: _marked(text, "\ufffe"),
    "u+0002": lambda text, _: _marked(text, "\x02"),
}
RENDERINGS = tuple(_PRINTERS)
