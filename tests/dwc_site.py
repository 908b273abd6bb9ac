"""A local replica of the state's decision search, with synthetic letters, for tests and demonstrations.

It has the known features of the site: one page with two forms that post to it, 25 cases per page, a separate row for
each further request of a case, ``?caseno=``, and PDFs. `MODES` are ways in which the site may differ or fail. It
answers only on the loopback interface and ends with its process. ``python tests/dwc_site.py pages seeds/search_pages``
writes the pages that ship; ``make demo-search`` runs index, fetch, build and compare with it.
"""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from imrdata.letters.model import Letter
from imrdata.synthetic import SyntheticLetter, synthesize
from imrdata.synthetic.sample import SAMPLE_COUNT, SAMPLE_SEED

PAGE = "/dwc/imr/imrdecisionsearch.asp"
ROBOTS = "User-agent: *\nDisallow: /private/\n"
SPELLED = {  # as the state spells it
    "Imaging/Radiology": "Imaging & Radiology",
    "Arthroscopic Surgery": "Arthroscopic",
    "Physical Therapy/Occupational Therapy (PT/OT)": "PT/OT",
    "Benzodiazepines": "Benzodiazepine",
    "Antianxiety": "AntiAnxiety",
}
CASE_OUTCOMES = {"Upheld": "Uphold", "Overturned": "Overturn", "Partially overturned": "Partially Overturn"}
CASE_HEADINGS = (
    "Case Number",
    "Case Outcome",
    "Decision Date",
    "Date of Injury",
    "Received Date",
    "IMRO Reviewer Specialty",
)
TREATMENT_HEADINGS = (
    *("Case Number", "Decision Date", "Date of Injury", "Received Date", "IMRO Reviewer Specialty"),
    *("Request Category", "SubCategory/Drug", "Request Decision"),
)
ODD_SPECIALTY = "Orthop\u00e6dic Surgery"
MODES = (
    *("renamed_field", "unknown_field", "renamed_column", "unknown_column", "extra_column", "changed_page"),
    *("upper_case", "nested_tables", "windows_1252", "cookies", "wrong_count", "endless_pages", "other_days"),
    *("too_many", "always_too_many", "unavailable", "forbidden", "cut_off", "always_cut_off", "not_found"),
    *("error_page", "other_case", "redirect", "other_host", "endless_redirect", "robots", "slow", "long_wait"),
    *("robots_404", "robots_403", "robots_500"),
)


def us_date(day: date | None) -> str:
    return f"{day.month}/{day.day}/{day.year}" if day else ""


class Site:
    """The cases of the site and how it shows them; `mode` is one of `MODES`, or empty."""

    def __init__(self, letters: Iterable[SyntheticLetter], mode: str = "", page_size: int = 25) -> None:
        assert mode in ("", *MODES), mode
        self.letters = {one.letter.case_number: one for one in sorted(letters, key=lambda one: one.letter.case_number)}
        self.mode, self.page_size = mode, page_size
        self.seconds = 0.3 if mode == "slow" else 0.0  # before each page and letter

    # --- PAGES --- #

    def cases(self, form: dict[str, str]) -> list[Letter]:
        """Return the letters that a form asks for."""
        records = [one.letter for one in self.letters.values()]
        if number := form.get("Caseno"):
            records = [one for one in records if one.case_number == number]
        start, end = form.get("DecStart", ""), form.get("DecEnd", "")
        if start and self.mode != "other_days":
            first, last = (date(int(y), int(m), int(d)) for m, d, y in (one.split("/") for one in (start, end)))
            records = [one for one in records if one.decision_date and first <= one.decision_date <= last]
        return records

    def page(self, form: dict[str, str] | None = None) -> str:
        """Return the page: its forms, and the results of a search, if any."""
        body = "" if form is None else self._results(form)
        forms = self._search("Case", "CaseOutcomeV") + self._search("Tx", "OutcomeV")
        page = f"<html><head><title>IMR decisions</title></head><body>{forms}{body}</body></html>"
        if self.mode == "changed_page" and form is not None:
            page = "<html><body><h1>Independent Medical Review</h1><div id='app'></div></body></html>"
        if self.mode == "upper_case":
            for tag in ("table", "tr", "td", "th", "form", "input", "strong", "a "):
                page = page.replace(f"<{tag}", f"<{tag.upper()}").replace(f"</{tag}", f"</{tag.upper()}")
            page = page.replace('"', "'")
        return page

    def _search(self, kind: str, outcome: str) -> str:
        names = ["Caseno", "DoIStart", "DoIEnd", "ReqStart", "ReqEnd", "DecStart", "DecEnd"]
        renamed = {"renamed_field": ("DecisionDateFrom", "DecisionDateTo"), "unknown_field": ("d1", "d2")}
        names[-2:] = renamed.get(self.mode, names[-2:])
        labels = "".join(f'<tr><td>{name}</td><td><input type="text" name="{name}"></td></tr>' for name in names)
        return f"""
<form name="{kind}" method="post" action=""><input type="hidden" name="Fname" value="{kind}">
<input type="hidden" name="token" value="{kind}-7">
<table><tr><td>Case Number</td><td>Date of Injury</td></tr>{labels}</table>
<select name="SpecialtyV"><option value="">Any</option><option value="Pain Medicine">Pain Medicine</option></select>
<select name="{outcome}"><option value="">Any</option><option>Uphold</option></select>
<input type="submit" name="Submit" value="Submit"></form>"""

    def _results(self, form: dict[str, str]) -> str:
        found, number = self.cases(form), int(form.get("newpageno", "1"))
        shown = found[(number - 1) * self.page_size : number * self.page_size]
        is_of_cases = form.get("Fname") == "Case"
        headings = list(CASE_HEADINGS if is_of_cases else TREATMENT_HEADINGS)
        rows = [row for one in shown for row in (self._case(one) if is_of_cases else self._requests(one))]
        if self.mode == "renamed_column":
            headings = [{"Decision Date": "Date of Decision", "Case Number": "IMR #"}.get(one, one) for one in headings]
        if self.mode == "unknown_column":
            headings = [{"Request Decision": "Verdict"}.get(one, one) for one in headings]
        if self.mode == "extra_column":
            headings.insert(1, "Region")
            rows = [row.replace("</td>", "</td><td>North</td>", 1) if "colspan" not in row else row for row in rows]
            rows = [row.replace('colspan="5"', 'colspan="6"') for row in rows]
        head = "".join(f"<td><b>{heading}</b></td>" for heading in headings)
        table = f'<table class="tabborder"><tr>{head}</tr>{"".join(rows)}</table>'
        if self.mode == "nested_tables":
            table = f"<table><tr><td><table><tr><td>Menu</td></tr></table></td><td>{table}</td></tr></table>"
        count = len(found) + (self.mode == "wrong_count")
        page = f"{table if found else ''}<p><strong>{count}</strong></p>"
        if number * self.page_size < len(found) or self.mode == "endless_pages":
            page += f'<form name="Nextpage" method="post"><input type="hidden" name="newpageno" value="{number + 1}">'
            page += '<input type="submit" name="Submit" value="Next"></form>'
        return page

    def _link(self, letter: Letter) -> str:
        more = "<strong>+</strong>" if len(letter.requests) > 1 else ""
        return f'<td><a href="/dwc/imr/decisions/{letter.case_number}.pdf">{letter.case_number}</a>{more}</td>'

    def _dates(self, letter: Letter) -> str:
        dates = (letter.decision_date, letter.injury_date, letter.application_received_date)
        specialty = ODD_SPECIALTY if self.mode == "windows_1252" else "; ".join(letter.reviewer_specialties[:1])
        return "".join(f"<td>{us_date(day)}</td>" for day in dates) + f"<td>{escape(specialty)}</td>"

    def _case(self, letter: Letter) -> Iterable[str]:
        yield f"<tr>{self._link(letter)}<td>{CASE_OUTCOMES[letter.case_outcome]}</td>{self._dates(letter)}</tr>"

    def _requests(self, letter: Letter) -> Iterable[str]:
        for request in letter.requests:
            category, subcategory = request.treatment.category, request.treatment.subcategory
            spelled = "" if category == subcategory else SPELLED.get(subcategory, subcategory)
            cells = (category, spelled, CASE_OUTCOMES[request.outcome])
            own = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            first = self._link(letter) + self._dates(letter) if request.request_number == 1 else '<td colspan="5"></td>'
            yield f"<tr>{first}{own}</tr>"

    def pdf(self, case_number: str) -> bytes:
        from paper import make_pdf

        return make_pdf(self.letters[case_number].text)


class DecisionSearch:
    """The site on a loopback port for the duration of a ``with`` block; it records all requests."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.asked: Counter[str] = Counter()  # each request: method, path, and form data
        self.times: list[float] = []
        self.agents: set[str] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        self.address = self.host + PAGE

    def __enter__(self) -> DecisionSearch:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    def letters_asked(self) -> Counter[str]:
        """Return how often each letter was requested."""
        found: Counter[str] = Counter()
        for asked, count in self.asked.items():
            if asked.endswith(".pdf"):
                found[asked.rpartition("/")[2][:12]] += count
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                path = urlsplit(self.path)
                self.keep(self.path)
                if path.path == "/robots.txt" and outer.site.mode.startswith("robots_"):
                    self.send(b"", int(outer.site.mode[-3:]))
                elif path.path == "/robots.txt":
                    self.send(b"User-agent: *\nDisallow: /\n" if outer.site.mode == "robots" else ROBOTS.encode())
                elif path.path == PAGE:
                    number = dict(parse_qsl(path.query)).get("caseno")
                    self.send_page(outer.site.page({"Caseno": number} if number else None))
                elif path.path.endswith(".pdf"):
                    self.send_letter(path.path.rpartition("/")[2][:12])
                else:
                    self.send(b"there is no such page", 404)

            def do_POST(self) -> None:
                form = dict(
                    parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
                )
                renamed = {"DecisionDateFrom": "DecStart", "DecisionDateTo": "DecEnd"}
                form = {renamed.get(name, name): value for name, value in form.items()}
                page = form.get("newpageno", "1")
                self.keep(f"{form.get('Fname')} {form.get('DecStart')}-{form.get('DecEnd')} page {page}")
                if form.get("token") != f"{form.get('Fname')}-7":
                    self.send(b"<html>the hidden field is missing</html>", 500)
                elif outer.site.mode == "cookies" and "visit=1" not in (self.headers["Cookie"] or ""):
                    self.send(b"<html><body>Your session has expired.</body></html>")
                else:
                    self.send_page(outer.site.page(form))

            def keep(self, what: str) -> None:
                outer.asked[f"{self.command} {what}"] += 1
                outer.times.append(time.monotonic())
                outer.agents.add(self.headers["User-Agent"] or "")

            def send(self, content: bytes, status: int = 200, kind: str = "text/html", **headers: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(content)

            def send_page(self, page: str) -> None:
                time.sleep(outer.site.seconds)
                encoding = "cp1252" if outer.site.mode == "windows_1252" else "utf-8"
                headers = {"Set_Cookie": "visit=1; path=/"} if outer.site.mode == "cookies" else {}
                self.send(page.encode(encoding, "replace"), 200, "text/html", **headers)

            def send_letter(self, number: str) -> None:
                mode, asked = outer.site.mode, sum(outer.letters_asked().values())
                if number not in outer.site.letters or mode == "not_found":
                    self.send(b"<html>404</html>", 404)
                elif mode == "always_too_many" or (mode == "too_many" and asked in (1, 3)):
                    self.send(b"slow down", 429, Retry_After="1")
                elif mode == "long_wait":
                    self.send(b"come back", 503, Retry_After="86400")
                elif mode == "unavailable" and asked in (1, 3):
                    self.send(b"maintenance", 503, Retry_After="Thu, 01 Jan 2015 00:00:00 GMT")
                elif mode == "forbidden":
                    self.send(b"<html>forbidden</html>", 403)
                elif mode == "error_page":
                    self.send(b"<html><body>An error has occurred.</body></html>")
                elif mode in ("redirect", "other_host", "endless_redirect") and "moved" not in self.path:
                    host = "http://example.com" if mode == "other_host" else ""
                    self.send(b"", 302, Location=f"{host}/moved/{number}.pdf")
                elif mode == "endless_redirect":
                    self.send(b"", 302, Location=self.path)
                else:
                    self.send_pdf(number)

            def send_pdf(self, number: str) -> None:
                mode, asked = outer.site.mode, sum(outer.letters_asked().values())
                time.sleep(outer.site.seconds)
                other = next((one for one in outer.site.letters if one != number), number)
                content = outer.site.pdf(other if mode == "other_case" else number)
                if mode == "always_cut_off" or (mode == "cut_off" and asked in (1, 3)):
                    self.send_response(200)
                    self.send_header("Content-Type", "application/pdf")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content[: len(content) // 2])
                    self.close_connection = True
                else:
                    self.send(content, 200, "application/pdf")

        return Handler


def letters(count: int = 60, seed: int = 17, years: Sequence[int] = (2016,)) -> list[SyntheticLetter]:
    """Return letters of a layout that prints all dates."""
    return list(synthesize(count, seed=seed, years=years))


def sample_letters() -> list[SyntheticLetter]:
    """Return letters of three months of the sample, as the state might enter them.

    The state has one letter that the sample lacks, and enters one request under another category.
    """
    first, last = date(2016, 10, 1), date(2016, 12, 31)
    made = [*synthesize(SAMPLE_COUNT, seed=SAMPLE_SEED), *synthesize(100, seed=11, years=(2016,))]
    found = [one for one in made if first <= (one.letter.decision_date or date.min) <= last]
    count = sum(one in found for one in made[:SAMPLE_COUNT])
    entered = found[: count + 1]
    letter = entered[0].letter
    request = replace(
        letter.requests[0], treatment=replace(letter.requests[0].treatment, category="Other", subcategory="Other")
    )
    entered[0] = replace(entered[0], letter=replace(letter, requests=(request, *letter.requests[1:])))
    return entered


def saved_pages(site: Site) -> dict[str, str]:
    """Return the result pages of all cases as a browser saves them, by file name."""
    last = math.ceil(len(site.letters) / site.page_size)
    return {
        f"{name}_search_{number}.html": site.page({"Fname": kind, "newpageno": str(number)})
        for kind, name in (("Tx", "treatment"), ("Case", "case"))
        for number in range(1, last + 1)
    }


def write_pages(folder: Path) -> None:
    """Write the pages that ship, ``seeds/search_pages``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in saved_pages(Site(sample_letters())).items():
        (folder / name).write_text(page, encoding="utf-8")


COMMAND = "from imrdata.cli import app; app()"
DEMO = """
import sys
from imrdata import dwc, load_decisions
dataset, index = sys.argv[1:]
found = dwc.compare(load_decisions(dataset), dwc.read_index(index))
print(found, found.agreement.drop("interval_low", "interval_high"), found.coverage, sep=chr(10))
"""


def demonstrate(folder: Path) -> None:
    """Index, fetch, build and compare, as a user would, against the replica."""
    index, pdfs, dataset = (folder / name for name in ("index.parquet", "letters", "dataset"))
    days = ("--decided-from", "2016-12-05", "--decided-to", "2016-12-09")
    with DecisionSearch(Site(letters(700), "too_many")) as site:
        for command in (
            (COMMAND, "index", site.address, *days, "-o", index, "--rate", "20"),
            (COMMAND, "fetch", index, pdfs, "--rate", "20"),
            (COMMAND, "build", pdfs, dataset),
            (DEMO, dataset, index),
        ):
            code, *given = map(str, command)
            print("\n#", " ".join(("imrdata" if code == COMMAND else "imrdata.dwc.compare", *given)), flush=True)
            subprocess.run([sys.executable, "-c", code, *given], check=True)


if __name__ == "__main__":
    {"pages": write_pages, "demo": demonstrate}[sys.argv[1]](Path(sys.argv[2]))
