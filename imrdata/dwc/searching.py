"""Query the decision search itself for the index of a period or of some cases."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
from tqdm import tqdm

from imrdata.datasets.system import sole_writer, write_whole
from imrdata.dwc.case_tables import Entry, named
from imrdata.dwc.client import Answer, Client
from imrdata.dwc.result_pages import Form, ResultPage, decoded, read_page
from imrdata.dwc.saved_pages import LOCK, UNEXPECTED, index_of, tell
from imrdata.errors import SourceError
from imrdata.letters.case_numbers import CASE_NUMBER

_COLUMNS = {
    "treatment": {"case_number", "decision_date", "dwc_category", "request_outcome"},
    "case": {"case_number", "decision_date", "case_outcome"},
}
_LAST_PAGE = 2000  # pages per day


def search(
    site: str,
    decided_from: date | None = None,
    decided_to: date | None = None,
    *,
    pages: str | os.PathLike[str],
    case_numbers: Iterable[str] | None = None,
    kind: str = "treatment",
    rate: float = 1.0,
    limit: int | None = None,
    contact: str | None = None,
    progress: bool | None = None,
) -> pl.DataFrame:
    """Query the state's decision search for the decisions of a period, or for some cases.

    The search form is read from the page, and submitted for one day after another. Each page of results is saved in
    `pages` and not requested again, so the same call resumes a stopped search. Delete the pages of a day to request
    them again. The number of rows is compared with the number of results that the site prints. This was never tried
    on the site itself, see the guide *How to get letters*.

    Args:
        site: The address of the page, e.g. ``https://www.dir.ca.gov/dwc/imr/imrdecisionsearch.asp``.
        decided_from: The first decision date.
        decided_to: The last decision date.
        pages: The folder for the pages of the site; created if missing.
        case_numbers: Cases to search one by one, instead of a period.
        kind: ``treatment``, one row per request with its category, or ``case``, one row per case with its outcome.
        rate: The maximum number of requests per second.
        limit: The maximum number of pages to request in this run.
        contact: How the operators of the site can reach you, e.g. an email address.
        progress: Whether to show a progress bar on standard error; None: only in a terminal or a notebook.

    Returns:
        A validated frame of the table ``index``, as from `read_index`.

    Raises:
        SourceError: A page is not as expected; the message says what was expected, what was found, and the path of the
            page. Or the site refuses, fails, or forbids programs in its robots.txt. Or the limit is reached before the
            last page, so that an incomplete index is never returned; `read_index` reads the pages saved so far.
        DatasetError: Another search is writing to `pages`.
        MissingExtraError: The extra ``fetch`` is not installed.
        ValueError: Neither dates nor cases are given, or the kind is unknown.

    Source:
        California Division of Workers' Compensation, IMR decision search (dir.ca.gov/dwc/imr).
    """
    if kind not in _COLUMNS:
        raise ValueError(f"kind is treatment or case, not {kind!r}")
    folder = Path(pages).expanduser()
    told: Counter[str] = Counter()
    with Client(site, rate=rate, contact=contact) as client, sole_writer(folder, LOCK):
        asking = _Search(client, site, folder, kind, told, limit)
        hidden = None if progress is None else not progress
        found: list[list[Entry]] = []
        if case_numbers is not None:
            for number in tqdm(sorted(set(case_numbers)), unit="case", disable=hidden):
                found.append(asking.case(number))
        elif decided_from is not None and decided_to is not None and decided_from <= decided_to:
            for after in tqdm(range((decided_to - decided_from).days + 1), unit="day", disable=hidden):
                found += asking.day(decided_from + timedelta(days=after))
        else:
            raise ValueError("name the first day of decision and one not before it, or case numbers")
    if case_numbers is None and not any(found):
        told[f"the answer that no decision is of {decided_from} to {decided_to}; look at the pages in {folder}"] += 1
    tell(told, stacklevel=3)
    return index_of(found, told)


@dataclass
class _Search:
    """A search and its saved pages."""

    _client: Client
    _site: str
    _folder: Path
    _kind: str
    _told: Counter[str]
    _limit: int | None
    _asked: int = 0
    _form: Form | None = None

    def case(self, number: str) -> list[Entry]:
        """Return the rows of one case."""
        if not re.fullmatch(CASE_NUMBER, number):
            raise ValueError(f"{number!r} is not a case number such as CM16-0000123")
        name = f"case_{number}.html"
        page = self._page(name, f"the requests of {number}", f"{self._site}?{urlencode({'caseno': number})}")
        others = {entry.case_number for entry in page.entries} - {number}
        if others:
            raise self._unexpected(name, f"the requests of {number}", f"those of {', '.join(sorted(others)[:3])}")
        if not page.entries:
            self._told[f"the case {number}, which the site does not know"] += 1
        return page.entries

    def day(self, day: date) -> list[list[Entry]]:
        """Return the rows of the decisions of one day, page by page."""
        found: list[list[Entry]] = []
        names: list[str] = []
        more: Form | None = None
        count: int | None = None
        try:
            while not found or more is not None:
                names.append(f"{self._kind}_{day}_{len(names) + 1:03d}.html")
                wanted = f"page {len(names)} of the {self._kind} search for decisions of {day}"
                page = self._page(names[-1], wanted, self._site, self._fields(day, len(names), more))
                if strange := self._strange(page, day, found):
                    raise self._unexpected(names[-1], wanted, strange)
                found.append(page.entries)
                count = page.result_count if count is None else count
                more = next((one for one in page.forms if named("form", one.name) == "next_page"), None)
            cases, requests = len({entry.case_number for rows in found for entry in rows}), sum(map(len, found))
            if count is not None and count not in (cases, requests):
                rows = f"{cases:,} cases with {requests:,} requests"
                raise self._unexpected(names[-1], f"{count:,} results of {day}, as the site prints", rows)
        except SourceError as error:
            for name in names if error.reason == "unexpected_page" else ():
                self._set_aside(name)  # the page that led here is not trusted either
            raise
        if count is None:
            self._told[f"the number of results of {day}, which the page does not print"] += 1
        return found

    def _strange(self, page: ResultPage, day: date, found: list[list[Entry]]) -> str | None:
        """Return what is wrong with a page of results, if anything."""
        entries = page.entries
        if entries and (missing := _COLUMNS[self._kind] - page.columns):
            return f"a table without {', '.join(sorted(missing))}, with {', '.join(sorted(page.columns))}"
        if (found and not entries) or len(found) > _LAST_PAGE:
            return "no table of cases"
        other = {str(entry.decision_date) for entry in entries if entry.decision_date != day}
        if other:
            return f"decisions of {', '.join(sorted(other)[:3])}"
        before = {entry.case_number for rows in found for entry in rows}
        if entries and before >= {entry.case_number for entry in entries}:
            return "the cases of an earlier page again"
        return None

    def _page(self, name: str, wanted: str, url: str, fields: Mapping[str, str] | None = None) -> ResultPage:
        """Return a saved page, or request and save it."""
        path = self._folder / name
        if path.exists():
            content = path.read_bytes()
        elif self._asked == self._limit:
            message = f"the limit of {self._limit:,} pages is reached before {wanted}; run the same search again"
            raise SourceError(message, step="search", reason="limit_reached", source=self._site)
        else:
            self._asked += 1
            answer = self._ask_form(url, fields) if fields is not None else self._client.ask(url)
            content = answer.content
            write_whole(path, content)
            if answer.status != HTTPStatus.OK:
                raise self._unexpected(name, wanted, f"an answer with status {answer.status}")
        page = read_page(decoded(content), name, self._told, self._site)
        if not page.tables and page.result_count != 0:
            raise self._unexpected(name, wanted, "no table of cases")
        return page

    def _ask_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        form = self._read_form()
        names = {named("field", name): name for name in form.fields}
        sent = {**form.fields, **form.buttons, **{names.get(name, name): value for name, value in fields.items()}}
        if form.method == "post":
            return self._client.ask(form.action or url, sent)
        return self._client.ask(f"{(form.action or url).partition('?')[0]}?{urlencode(sent)}")

    def _fields(self, day: date, number: int, more: Form | None) -> dict[str, str]:
        """Return the values to enter into the form, and those to add for another page."""
        typed = f"{day.month}/{day.day}/{day.year}"
        fields = {"decided_from": typed, "decided_to": typed}
        return {**fields, **more.fields, **more.buttons, "newpageno": str(number)} if more else fields

    def _read_form(self) -> Form:
        """Return the search form, read from the page once, with its hidden fields and a cookie."""
        if self._form is None:
            name, answer = "form.html", self._client.ask(self._site)
            forms = read_page(decoded(answer.content), name, Counter(), answer.url).forms
            dated = [one for one in forms if {"decided_from", "decided_to"} <= {named("field", f) for f in one.fields}]
            ours = [one for one in dated if self._kind in {named("form", word) for word in _says(one)}]
            if len(ours) != 1 or answer.status != HTTPStatus.OK:
                write_whole(self._folder / name, answer.content)
                fields = "; ".join(", ".join(one.fields) for one in forms) or "no form"
                wanted = f"one form of the {self._kind} search, with fields of the first and the last date of decision"
                raise self._unexpected(name, wanted, f"status {answer.status}, forms with the fields {fields}")
            self._form = ours[0]
        return self._form

    def _set_aside(self, name: str) -> Path:
        """Save a page for inspection, but not as an answer."""
        path = self._folder / name
        aside = path.with_name(f"{path.stem}{UNEXPECTED}{path.suffix}")
        if path.exists():
            path.replace(aside)
        return aside

    def _unexpected(self, name: str, wanted: str, found: str) -> SourceError:
        message = f"expected {wanted}; found {found}. The page lies in {self._set_aside(name)}"
        return SourceError(message, step="search", reason="unexpected_page", source=self._site)


def _says(form: Form) -> set[str]:
    """Return what identifies a form: the value of its field `Fname`, or its name."""
    told = {value for name, value in form.fields.items() if named("field", name) == "form_name"}
    return told or {form.name}
