"""Read the rows of the index from a table of the decision search, or from a list of case numbers.

Columns are found by their headings, in any order. The words are rows of the vocabulary ``dwc_page_words``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from imrdata.errors import SourceError
from imrdata.letters.case_numbers import case_numbers_in
from imrdata.letters.dates import PRINTED_DATE, calendar_date
from imrdata.letters.text.cleaning import plain_characters
from imrdata.resources import vocabulary

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

SITE = "https://www.dir.ca.gov/dwc/imr/imrdecisionsearch.asp"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WIDEST = 100  # columns that a cell may span
SHOWN = 60
_HEAD = 5  # rows in which the headings are searched
_AFTER_HEADINGS = " :*\u2191\u2193\u21c5\u2195\u25b2\u25b3\u25bc\u25bd"  # marks of the order among them
_ADDRESS = re.compile(r"\S+:\S+|/\S+|\S+\.pdf", re.IGNORECASE)  # and not: View
_NO_DATE = date(1900, 1, 1)  # of a database, for none
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AP]M)?)?"
_ISO = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DATE = re.compile(rf"(?P<date>{PRINTED_DATE}|{_ISO.pattern}){_TIME}")

REQUEST_COLUMNS = ("dwc_category", "dwc_subcategory", "request_outcome")


class Cell(NamedTuple):
    """A cell of a table: its words, and the address that it links to."""

    words: str = ""
    link: str = ""


class Entry(NamedTuple):
    """A row of the index; its columns are those of the table ``index``, in order."""

    case_number: str
    request_number: int | None = None
    letter_url: str | None = None
    injury_date: date | None = None
    application_received_date: date | None = None
    decision_date: date | None = None
    reviewer_specialty: str | None = None
    case_outcome: str | None = None
    dwc_category: str | None = None
    dwc_subcategory: str | None = None
    request_outcome: str | None = None
    page: str = ""


@cache
def words(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the names of a kind, each with the pattern of its words."""
    rows = [row for row in vocabulary("dwc_page_words") if row["kind"] == kind]
    return tuple((row["name"], re.compile(row["pattern"], re.IGNORECASE)) for row in rows)


def named(kind: str, printed: str) -> str | None:
    """Return the name that printed words mean, among the names of a kind."""
    return next((name for name, pattern in words(kind) if pattern.fullmatch(printed)), None)


def read_list(lines: Sequence[Sequence[str]], page: str, told: Counter[str]) -> list[Entry] | None:
    """Read a list of case numbers, whose first row has the headings; return None if it has no such column."""
    rows = [[Cell(plain(words)) for words in line] for line in lines]
    start, columns = _headings(rows)
    if "case_number" not in columns:
        holders = [at for at, cell in enumerate(rows[0]) if len(case_numbers_in(cell.words)) == 1] if rows else []
        if len(holders) != 1:
            return None
        columns = ["case_number" if at == holders[0] else None for at in range(len(rows[0]))]
    return list(_entries(rows, start, columns, told, page=page, address=SITE))


class Table(NamedTuple):
    """A table of cases: its rows, the names of its columns, and what is not understood."""

    node: LexborNode
    entries: list[Entry]
    columns: list[str | None]
    told: Counter[str]


def table_of(node: LexborNode, page: str, address: str) -> Table | None:
    """Read a table of cases; return None if the table is another one, or a part of a form."""
    nodes = list(_own_rows(node))
    rows = list(map(_cells, nodes[: _HEAD + 1]))
    start, columns = _headings(rows)
    if len(set(columns) - {None}) < 2 or "case_number" not in columns:  # noqa: PLR2004 - one may be that of a form
        return None
    rows += map(_cells, nodes[_HEAD + 1 :])
    told: Counter[str] = Counter()
    entries = list(_entries(rows, start, columns, told, page=page, address=address))
    is_form = not entries and node.css_first("input, select") is not None
    return None if is_form else Table(node, entries, columns, told)


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    for part in table.iter():
        yield from [part] if part.tag == "tr" else (row for row in part.iter() if row.tag == "tr")


def _cells(row: LexborNode) -> list[Cell]:
    """Return the cells of a row, and an empty one for each additional column that a cell spans."""
    cells = []
    for cell in row.iter():
        if cell.tag in ("td", "th"):
            span = cell.attributes.get("colspan") or "1"
            cells.append(Cell(plain(cell.text(separator=" ")), _link(cell)))
            cells += [Cell()] * (min(int(span), _WIDEST) - 1 if span.strip().isdecimal() else 0)
    return cells


def _link(cell: LexborNode) -> str:
    """Return the address that a cell links to, that of a PDF if it has several."""
    links = [link.attributes["href"] or "" for link in cell.css('a[href]:not([href^="#"])')]
    return next((link for link in links if ".pdf" in link.lower()), links[0] if links else "")


def plain(words: str) -> str:
    """Return words with plain spaces and hyphens, without characters of no width."""
    return " ".join(plain_characters(words).split())


def _headings(rows: Sequence[Sequence[Cell]]) -> tuple[int, list[str | None]]:
    """Return the number of the first row below the headings, and the name of each column; none without headings."""
    for at, row in enumerate(rows[:_HEAD]):
        columns = [named("heading", cell.words.rstrip(_AFTER_HEADINGS)) for cell in row]
        found = [name for name in columns if name]
        below = rows[at + 1 : _HEAD + 1]
        if len(set(found)) < len(found) and any(case_numbers_in(cell.words) for line in below for cell in line):
            twice = next(name for name in found if found.count(name) > 1)
            message = f"two columns are headed as {twice}: {_line(row)!r}"
            raise SourceError(message, step="index", reason="unreadable_row")
        if "case_number" in found:
            return at + 1, columns
        if found and below:  # its heading may have other words
            pairs = enumerate(zip(below[0], columns, strict=False))
            holders = [place for place, (cell, name) in pairs if not name and case_numbers_in(cell.words)]
            if len(holders) == 1:
                columns[holders[0]] = "case_number"
                return at + 1, columns
    return 0, []


def _entries(
    rows: Sequence[Sequence[Cell]],
    start: int,
    columns: Sequence[str | None],
    told: Counter[str],
    *,
    page: str,
    address: str,
) -> Iterator[Entry]:
    """Return the rows of a table; a row without a case number is another request of the case above it."""
    headings = rows[start - 1] if start else []
    unnamed = (cell.words for cell, name in zip(headings, columns, strict=False) if not name and cell.words)
    told.update(f"the heading {words!r}" for words in unnamed)
    at_case, is_of_requests = columns.index("case_number"), bool(set(REQUEST_COLUMNS) & set(columns))
    case: Entry | None = None
    for number, row in enumerate(rows[start:], 1):
        words = _line(row)
        if not words or row == headings:
            continue
        if len(row) != len(columns):
            if len(row) == 1 or not any(map(str.isalpha, words)):  # a line across the table, or numbers of pages
                told[f"the line {words!r}"] += 1
                continue
            message = f"row {number} has {len(row)} cells where the headings have {len(columns)}: {words!r}"
            raise SourceError(message, step="index", reason="unreadable_row", source=page)
        values = _values(row, columns, address, told)
        of_request = any(values.get(name) for name in REQUEST_COLUMNS)
        printed = row[at_case].words
        found = case_numbers_in(printed)
        if len(found) == 1:
            values["request_number"] = 1 if is_of_requests and of_request else None
            case = Entry(found[0], page=page)._replace(**values)
        elif printed or not of_request or case is None or case.request_number is None:
            told[f"the row {words!r}"] += 1
            case = None if printed and of_request else case  # otherwise its requests would belong to the case above it
            continue
        else:
            own: dict[str, Any] = {name: values.get(name) for name in REQUEST_COLUMNS}
            case = case._replace(**own)
        yield case


def _line(row: Sequence[Cell]) -> str:
    """Return the words of a row for a message."""
    return " ".join(cell.words for cell in row if cell.words)[:SHOWN]


def _values(row: Sequence[Cell], columns: Sequence[str | None], address: str, told: Counter[str]) -> dict[str, Any]:
    """Return the values of a row by column. The link of a case number is that of its letter."""
    values = {}
    for name, cell in zip(columns, row, strict=True):
        column, printed = name, cell.words
        if name in ("case_number", "letter_url"):
            is_address = name == "letter_url" and _ADDRESS.fullmatch(printed)
            column, printed = "letter_url", cell.link or (printed if is_address else "")
        if column and printed:
            values[column] = _value(column, printed, address, told)
    return values


def _value(column: str, printed: str, address: str, told: Counter[str]) -> date | str | None:
    """Return the value of a cell; None, and counted, if its words do not fit the column."""
    value: date | str | None = printed
    if column.endswith("_date"):
        found = _DATE.fullmatch(printed)
        value = calendar_date(_ISO.sub(r"\2/\3/\1", found["date"])) if found else None
        value = None if value == _NO_DATE else value
    elif column.endswith("_outcome"):
        value = named("outcome", printed)
        value = None if column == "request_outcome" and value == "Partially overturned" else value
    elif column == "letter_url":
        value = letter_address(joined(address, printed))
    if value is None:
        told[f"{column} {printed[:SHOWN]!r}"] += 1
    return value


def joined(address: str, link: str) -> str:
    """Return the address of a link on a page; an empty text if it is malformed."""
    try:
        return urljoin(address, link)
    except ValueError:
        return ""


def letter_address(address: str) -> str | None:
    """Return an address with https, or on this machine; None for others. Old pages of the site link with http."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            return None
    except ValueError:
        return None
    return address if parts.hostname in LOOPBACK else parts._replace(scheme="https").geturl()
