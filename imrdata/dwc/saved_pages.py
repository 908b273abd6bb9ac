"""Read the index of the decision search from pages saved by a browser and from lists of case numbers."""

from __future__ import annotations

import csv
import io
import os
import plistlib
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.datasets.archives import MAX_LETTER_BYTES, climbs_out, member_names, open_archive, read_member, too_large
from imrdata.datasets.system import require_destination, write_whole
from imrdata.dwc.case_tables import REQUEST_COLUMNS, SITE, Entry, read_list
from imrdata.dwc.result_pages import decoded, read_page
from imrdata.errors import ImrDataWarning, MissingExtraError, SourceError, printable
from imrdata.resources import data_root
from imrdata.tables.columns import schema
from imrdata.tables.validation import validate

PAGES = (".html", ".htm", ".xhtml", ".asp", ".aspx", ".mhtml", ".mht", ".webarchive")
LISTS, SHEETS = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm", ".xls")
LOCK = ".lock"  # in a folder that a search or a fetch writes to
UNEXPECTED = ".unexpected"  # before the suffix of a page saved for inspection
_TOLD = 5
_LEAD = 400  # bytes that show what a file is
_CASE_NUMBER = attrgetter("case_number")
_KEY = ("case_number", "request_number", "page")

Source = str | os.PathLike[str] | Iterable["Source"]


def read_index(source: Source) -> pl.DataFrame:
    """Read the index of the state's decision search from saved pages or a list of case numbers.

    Columns are found by their headings, in any order; the vocabulary ``dwc_page_words`` has the words. One warning
    lists what was not understood; those values are null.

    Args:
        source: A page of the case or treatment search as a browser saves it (.html, .mhtml, .webarchive), a CSV
            or Excel list with a column of case numbers, an index in a .parquet file, a folder or a .zip of
            pages and lists, or a list of these. Links without a host belong to ``dir.ca.gov``.

    Returns:
        A validated frame of the table ``index``, one row per request, or per case if its requests are unknown, in
        the order of ``case_number, request_number``. The entries of several pages about a case are combined; if they
        contradict each other on a value of the case, it is null, and the warning says so.

    Raises:
        SourceError: A path does not exist or has no case numbers, or a row does not fit the headings.
        MissingExtraError: The extra ``fetch`` is not installed.

    Source:
        California Division of Workers' Compensation, IMR decision search (dir.ca.gov/dwc/imr).

    Example:
        >>> from imrdata import dwc
        >>> dwc.read_index(dwc.example_pages()).columns[:3]
        ['case_number', 'request_number', 'letter_url']
    """
    told: Counter[str] = Counter()
    written: list[pl.DataFrame] = []
    pages: list[list[Entry]] = []
    names = []
    most = 0  # the largest printed number of results
    for name, content in _files(source):
        names.append(name)
        if name.lower().endswith(".parquet"):
            written.append(_written(name, content))
            continue
        found, count = _read(name, content, told)
        pages += found
        most = max(most, count)
        if not found:
            told[f"the file {name!r}, which has no table or column of case numbers"] += 1
    if sum(told[words] for words in told if words.startswith("the file ")) == len(names):
        message = "no page or list in it has a column of case numbers"
        message += "; save the page of the results, not that of the form"
        raise _no_index(os.fspath(source) if isinstance(source, str | os.PathLike) else "", message)
    index = index_of(pages, told)
    cases = index["case_number"].n_unique()
    if most > max(cases, index.height):
        told[f"the number of {most:,} results that a page prints; the pages have {cases:,} cases"] += 1
    tell(told, stacklevel=3)
    if not written:
        return index
    return validate(pl.concat([index, *written]).unique(_KEY[:2], keep="first").sort(_KEY[:2]), "index")


def example_pages() -> Path:
    """Return the folder of result pages that ship with the package, made from synthetic letters of the sample.

    Example:
        >>> from imrdata import dwc
        >>> dwc.example_pages().name
        'search_pages'
    """
    return data_root() / "seeds" / "search_pages"


# --- FILES --- #


def _files(source: Source) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file of a source that may be a page or a list."""
    if not isinstance(source, str | os.PathLike):
        for one in source:
            yield from _files(one)
        return
    place = Path(source).expanduser()
    if not os.fspath(source).strip() or not place.exists():
        raise SourceError("there is no such file or folder", step="source", reason="missing_path", source=str(source))
    if place.is_dir():
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place).as_posix()
            if path.is_file() and not path.is_symlink() and _is_of_index(name):
                yield name, _content(path)
    elif place.suffix.lower() == ".zip":
        with open_archive(place) as archive:
            for at, member in enumerate(member_names(archive)):
                if _is_of_index(member) and not climbs_out(member):
                    yield f"{place.name}!{member}", read_member(archive, at)
    else:
        yield place.name, _content(place)


def _is_of_index(name: str) -> bool:
    path = Path(name)
    is_hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not is_hidden and UNEXPECTED not in path.suffixes and path.suffix.lower() in (*PAGES, *LISTS, *SHEETS)


def _content(path: Path) -> bytes:
    if path.suffix.lower() != ".parquet" and path.stat().st_size > MAX_LETTER_BYTES:
        raise too_large(path.stat().st_size)
    return path.read_bytes()


def _written(name: str, content: bytes) -> pl.DataFrame:
    try:
        return validate(pl.read_parquet(io.BytesIO(content)), "index")
    except pl.exceptions.PolarsError as error:
        raise _no_index(name, f"cannot be read as Parquet: {error}") from error


def _read(name: str, content: bytes, told: Counter[str]) -> tuple[list[list[Entry]], int]:
    """Return the rows of each table or list in a file, and the number of results that it prints."""
    if (parts := _parts(name, content)) is None:
        try:
            sheets = _sheets(content) if Path(name).suffix.lower() in SHEETS else [_lines(decoded(content))]
            lists = [read_list(rows, name, told) for rows in sheets]
        except (csv.Error, RuntimeError) as error:
            raise _no_index(name, f"cannot be read as a list: {error}") from error
        return [entries for entries in lists if entries is not None], 0
    pages = [read_page(text, name, told, address) for text, address in parts]
    found = [table for page in pages for table in page.tables]
    counts = [page.result_count for page in pages if page.result_count is not None]
    return found or [[] for count in counts if count == 0], max(counts, default=0)


def _parts(name: str, content: bytes) -> list[tuple[str, str]] | None:
    """Return the pages in a file, each with its address; None for a list. An Excel list may be HTML."""
    suffix = Path(name).suffix.lower()
    if suffix in (".mhtml", ".mht"):
        parts: list[Any] = [one for one in message_from_bytes(content).walk() if one.get_content_type() == "text/html"]
        charsets = [(one.get_payload(decode=True) or b"", one.get_content_charset()) for one in parts]
        addresses = (one.get("Content-Location") or SITE for one in parts)
        return [(decoded(*page), address) for page, address in zip(charsets, addresses, strict=True)]
    if content.startswith(b"bplist"):  # Safari's
        try:
            page = plistlib.loads(content)["WebMainResource"]
            return [(decoded(page["WebResourceData"]), page["WebResourceURL"])]
        except (plistlib.InvalidFileException, LookupError, TypeError) as error:
            raise _no_index(name, "is no web archive") from error
    is_page = suffix in PAGES or decoded(content[:_LEAD]).lstrip().startswith("<")
    return [(decoded(content), SITE)] if is_page else None


def _lines(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    return list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))


def _sheets(content: bytes) -> Iterator[list[list[str]]]:
    try:
        sheets = pl.read_excel(io.BytesIO(content), sheet_id=0, has_header=False, infer_schema_length=0)
    except ModuleNotFoundError as error:
        raise MissingExtraError("fetch", "reading Excel lists") from error
    except Exception as error:
        raise RuntimeError(str(error).partition("\n")[0]) from error
    for sheet in sheets.values():
        yield [[cell or "" for cell in row] for row in sheet.cast(pl.String).rows()]


def _no_index(name: str, message: str) -> SourceError:
    return SourceError(message, step="index", reason="no_index", source=name)


# --- ROWS --- #


def index_of(pages: Iterable[list[Entry]], told: Counter[str]) -> pl.DataFrame:
    """Return the validated index of the rows of pages: one row per request, numbered in printed order, or per case."""
    cases: defaultdict[str, list[list[Entry]]] = defaultdict(list)
    for page in pages:
        for number, entries in groupby(sorted(page, key=_CASE_NUMBER), key=_CASE_NUMBER):
            cases[number].append(list(entries))
    rows = []
    for number in sorted(cases):
        of_case = _values_of_case(number, [entry for page in cases[number] for entry in page], told)
        requests = _requests_of_case(number, cases[number], told) or [cases[number][0][0]]
        rows += [request._replace(**of_case) for request in requests]
    return validate(pl.DataFrame(rows, schema=schema("index"), orient="row"), "index")


def _values_of_case(number: str, entries: list[Entry], told: Counter[str]) -> dict[str, Any]:
    """Return the values of a case from several pages; None if two contradict each other."""
    found: dict[str, Any] = {}
    for name in (name for name in Entry._fields if name not in (*_KEY, *REQUEST_COLUMNS)):
        values = list(dict.fromkeys(value for entry in entries if (value := getattr(entry, name)) is not None))
        found[name] = values[0] if len(values) == 1 else None
        if len(values) > 1:
            told[f"{name} of {number}, which pages give as {' and as '.join(map(str, values))}"] += 1
    return found


def _requests_of_case(number: str, pages: list[list[Entry]], told: Counter[str]) -> list[Entry]:
    """Return the requests of a case: those of the page that lists the most, then those of other pages."""
    requests: list[Entry] = []
    listed = [[entry for entry in page if entry.request_number is not None] for page in pages]
    for page in sorted(listed, key=len, reverse=True):
        unknown = Counter(map(_request_of, page)) - Counter(map(_request_of, requests))
        if unknown and requests:
            told[f"requests of {number}, which pages list differently"] += 1
        for entry in page:
            if unknown[_request_of(entry)]:
                unknown[_request_of(entry)] -= 1
                requests.append(entry)
    return [entry._replace(request_number=at) for at, entry in enumerate(requests, 1)]


def _request_of(entry: Entry) -> tuple[str | None, ...]:
    return entry.dwc_category, entry.dwc_subcategory, entry.request_outcome


def tell(told: Counter[str], stacklevel: int) -> None:
    """Warn once of everything that was not understood."""
    if told:
        shown = [f"{words} ({count:,} times)" if count > 1 else words for words, count in told.most_common(_TOLD)]
        more = f", and {len(told) - _TOLD:,} more" if len(told) > _TOLD else ""
        message = f"not all of the index was understood: {'; '.join(shown)}{more}"
        warnings.warn(printable(message), ImrDataWarning, stacklevel=stacklevel)


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, completely or not at all."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    require_destination(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, buffer.getvalue())
