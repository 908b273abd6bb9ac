"""Read a page of the decision search: its table, its printed number of results, and its forms.

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

from imrdata.errors import MissingExtraError, SourceError
from imrdata.letters.case_numbers import case_numbers_in
from imrdata.letters.dates import PRINTED_DATE, calendar_date
from imrdata.resources import vocabulary

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

SITE = "https://www.dir.ca.gov/dwc/imr/imrdecisionsearch.asp"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WIDEST = 100  # columns that a cell may span
_SHOWN = 60
_HEAD = 5  # rows in which the headings are searched
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AP]M)?)?"
_DATE = re.compile(rf"(?P<date>{PRINTED_DATE}|(?P<iso>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})){_TIME}")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\([0-9]+\)(\S+)", re.IGNORECASE)  # browsers write it

REQUEST_COLUMNS = ("dwc_category", "dwc_subcategory", "request_outcome")


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


class Form(NamedTuple):
    """A form: the address and method for its fields, and their initial values."""

    name: str
    action: str
    method: str
    fields: dict[str, str]
    buttons: dict[str, str]


class ResultPage(NamedTuple):
    """The contents of a page.

    Attributes:
        entries: Its rows; None if it has no table of cases.
        columns: The columns of its table.
        result_count: The printed number of results, if any.
        forms: Its forms.
    """

    entries: list[Entry] | None
    columns: frozenset[str]
    result_count: int | None
    forms: list[Form]


@cache
def words(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the names of a kind, each with the pattern of its words."""
    rows = [row for row in vocabulary("dwc_page_words") if row["kind"] == kind]
    return tuple((row["name"], re.compile(row["pattern"], re.IGNORECASE)) for row in rows)


def named(kind: str, printed: str) -> str | None:
    """Return the name that printed words mean, among the names of a kind."""
    return next((name for name, pattern in words(kind) if pattern.fullmatch(printed)), None)


def decoded(content: bytes) -> str:
    """Decode a page by its byte order mark, else its declared encoding, else UTF-8 or Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    said = _CHARSET.search(content[:4096])
    for encoding in (said[1].decode("ascii") if said else "utf-8", "utf-8"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def read_page(text: str, page: str, told: Counter[str], address: str = SITE) -> ResultPage:
    """Read a page.

    Args:
        text: The HTML.
        page: The name of the page in the index.
        told: Counts what is not understood.
        address: The address of the page, used if the page does not have its own.

    Raises:
        MissingExtraError: The parser is not installed.
        SourceError: Its table has rows that do not fit its headings.
    """
    try:
        from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("fetch", "reading pages of the decision search") from error
    tree = LexborHTMLParser(text)
    saved = _SAVED_FROM.search(text[:4096])
    base = tree.css_first("base[href]")
    address = urljoin(saved[1] if saved else address, base.attributes["href"] or "" if base else "")
    forms = [_form(node, address) for node in tree.css("form")]
    empty = ResultPage(None, frozenset(), _result_count(tree, None), forms)
    for table in tree.css("table"):
        rows = [[*_cells(row)] for row in _own_rows(table)]
        start, columns = _headings([[_text(cell) for cell in row] for row in rows[: _HEAD + 1]])
        if len(set(columns) - {None}) < 2 or "case_number" not in columns:  # noqa: PLR2004 - one may be that of a form
            continue
        seen: Counter[str] = Counter()
        entries = list(_entries(rows[start:], columns, page, address, seen))
        found = ResultPage(entries, frozenset(filter(None, columns)), _result_count(tree, table), forms)
        if entries:
            told.update(seen + _unknown([_text(cell) for cell in rows[start - 1]], columns))
            return found
        if empty.entries is None and table.css_first("input, select") is None:
            empty = found
    return empty


def read_list(rows: Sequence[Sequence[str]], page: str, told: Counter[str]) -> list[Entry] | None:
    """Read a list of case numbers, whose first row has the headings; return None if it has no such column."""
    start, columns = _headings(rows)
    if "case_number" not in columns:
        holders = [at for at, words in enumerate(rows[0]) if len(case_numbers_in(words)) == 1] if rows else []
        if len(holders) != 1:
            return None
        columns = ["case_number" if at == holders[0] else None for at in range(len(rows[0]))]
    elif start:
        told += _unknown(rows[start - 1], columns)
    return list(_entries(rows[start:], columns, page, SITE, told))


def _unknown(headings: Sequence[str], columns: Sequence[str | None]) -> Counter[str]:
    return Counter(
        f"the heading {words!r}" for words, name in zip(headings, columns, strict=False) if words and not name
    )


# --- THE TABLE --- #


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    for part in table.iter():
        yield from [part] if part.tag == "tr" else (row for row in part.iter() if row.tag == "tr")


def _cells(row: LexborNode) -> Iterator[LexborNode | None]:
    """Return the cells of a row, and None for each additional column that a cell spans."""
    for cell in row.iter():
        if cell.tag in ("td", "th"):
            span = cell.attributes.get("colspan") or "1"
            yield cell
            yield from [None] * (min(int(span), _WIDEST) - 1 if span.strip().isdecimal() else 0)


def _text(cell: LexborNode | str | None) -> str:
    words = cell if cell is None or isinstance(cell, str) else cell.text(separator=" ")
    return " ".join((words or "").split())


def _headings(rows: Sequence[Sequence[str]]) -> tuple[int, list[str | None]]:
    """Return the number of the first row below the headings, and the name of each column; none without headings."""
    for at, row in enumerate(rows[:_HEAD]):
        columns = [named("heading", words.rstrip(" :*")) for words in row]
        found = [name for name in columns if name]
        if len(set(found)) < len(found):
            twice = next(name for name in found if found.count(name) > 1)
            message = f"two columns are headed as {twice}: {', '.join(filter(None, row))[:_SHOWN]}"
            raise SourceError(message, step="index", reason="unreadable_row")
        if "case_number" in found:
            return at + 1, columns
        if found and "case_number" not in found and at + 1 < len(rows):  # its heading may have other words
            below = [words for words, name in zip(rows[at + 1], columns, strict=False) if not name]
            holders = [words for words in below if case_numbers_in(words)]
            if len(holders) == 1:
                columns[rows[at + 1].index(holders[0])] = "case_number"
                return at + 1, columns
    return 0, []


def _entries(
    rows: Sequence[Sequence[LexborNode | str | None]],
    columns: Sequence[str | None],
    page: str,
    address: str,
    told: Counter[str],
) -> Iterator[Entry]:
    """Return the rows of a table; a row without a case number is another request of the case above it."""
    at_case, is_of_requests = columns.index("case_number"), bool(set(REQUEST_COLUMNS) & set(columns))
    case: Entry | None = None
    for number, row in enumerate(rows, 1):
        if not any(map(_text, row)):
            continue
        if len(row) != len(columns):
            if len(row) == 1:  # a line across the table
                told[f"the line {_text(row[0])[:_SHOWN]!r}"] += 1
                continue
            message = f"row {number} has {len(row)} cells where the headings have {len(columns)}: {_text(row[0])!r}"
            raise SourceError(message, step="index", reason="unreadable_row", source=page)
        cell, printed = row[at_case], _text(row[at_case])
        values: dict[str, Any] = {
            name: _value(name, _text(words), address, told)
            for name, words in zip(columns, row, strict=True)
            if name and name != "case_number"
        }
        of_request = any(values.get(name) for name in REQUEST_COLUMNS)
        found = case_numbers_in(printed)
        if len(found) == 1:
            if cell is not None and not isinstance(cell, str) and (link := cell.css_first("a[href]")) is not None:
                values["letter_url"] = _value("letter_url", link.attributes["href"] or "", address, told)
            values["request_number"] = 1 if is_of_requests and of_request else None
            case = Entry(found[0], page=page)._replace(**values)
        elif printed or not of_request or case is None or case.request_number is None:
            told[f"the row {' '.join(filter(None, map(_text, row)))[:_SHOWN]!r}"] += 1
            case = None if printed and of_request else case  # otherwise its requests would belong to the case above it
            continue
        else:
            own: dict[str, Any] = {name: values.get(name) for name in REQUEST_COLUMNS}
            case = case._replace(**own)
        yield case


def _value(column: str, printed: str, address: str, told: Counter[str]) -> date | str | None:
    """Return the value of a cell; None, and counted, if its words do not fit the column."""
    if not printed:
        return None
    value: date | str | None = printed
    if column.endswith("_date"):
        found = _DATE.fullmatch(printed)
        value = (_iso(found["iso"]) if found["iso"] else calendar_date(found["date"])) if found else None
    elif column.endswith("_outcome"):
        value = named("outcome", printed)
        value = None if column == "request_outcome" and value == "Partially overturned" else value
    elif column == "letter_url":
        value = letter_address(urljoin(address, printed))
    if value is None:
        told[f"{column} {printed[:_SHOWN]!r}"] += 1
    return value


def _iso(printed: str) -> date | None:
    try:
        return date.fromisoformat(printed)
    except ValueError:
        return None


def letter_address(address: str) -> str | None:
    """Return an address with https, or on this machine; None for others. Old pages of the site link with http."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            return None
    except ValueError:
        return None
    return address if parts.hostname in LOOPBACK else parts._replace(scheme="https").geturl()


# --- OUTSIDE THE TABLE --- #


def _result_count(tree: LexborHTMLParser, table: LexborNode | None) -> int | None:
    """Return the number of results, printed in bold after the table; 0 if a page says that there are none."""
    is_behind = table is None
    for node in tree.css("table, strong, b, p, td, div, font, span"):
        if table is not None and node.mem_id == table.mem_id:
            is_behind = True
        elif is_behind and (node.tag in ("strong", "b") or table is None) and not _is_in(node, table):
            printed = _text(node).strip(" .!()")
            for name, pattern in words("result_count"):
                found = pattern.fullmatch(printed) if len(printed) <= _SHOWN else None
                if found and (name == "none" or node.tag in ("strong", "b")):
                    return 0 if name == "none" else int(found[1].replace(",", ""))
    return None


def _is_in(node: LexborNode, table: LexborNode | None) -> bool:
    parent = node.parent
    while table is not None and parent is not None:
        if parent.mem_id == table.mem_id:
            return True
        parent = parent.parent
    return False


def _form(node: LexborNode, address: str) -> Form:
    fields: dict[str, str] = {}
    buttons: dict[str, str] = {}
    for field in node.css("input[name], select[name], textarea[name]"):
        given = field.attributes
        name, kind = given["name"] or "", (given.get("type") or "").lower()
        if field.tag == "select":
            option = field.css_first("option[selected]") or field.css_first("option")
            fields[name] = (option.attributes.get("value", option.text(strip=True)) or "") if option else ""
        elif kind == "submit":
            buttons.setdefault(name, given.get("value") or "")
        elif kind not in ("checkbox", "radio", "reset", "file", "button", "image") or "checked" in given:
            fields[name] = given.get("value") or ""
    own = node.attributes
    action, method = urljoin(address, own.get("action") or ""), (own.get("method") or "get").lower()
    return Form(own.get("name") or "", action, method, fields, buttons)
