"""Test the index of the decision search from lists and from saved pages of the replica."""

from __future__ import annotations

import csv
import plistlib
import quopri
import re
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import polars as pl
import pytest
from dwc_site import ODD_SPECIALTY, SPELLED, Site, letters, sample_letters, saved_pages

import imrdata
from imrdata import dwc
from imrdata.dwc.case_tables import letter_address, named, words
from imrdata.errors import ImrDataWarning, SourceError, ValidationError
from imrdata.resources import vocabulary
from imrdata.tables.columns import schema

HEAD = "<tr><th>Case Number<th>Decision Date<th>Request Category<th>SubCategory/Drug<th>Request Decision</tr>"
FIRST = "<tr><td><a href='/a.pdf'>CM16-0000123</a><strong>+</strong><td>12/19/2016<td>Surgery<td>Spine<td>Uphold</tr>"
FURTHER = "<tr><td colspan=2><td>Injection<td><td>Overturn</tr>"
COLUMNS = ["case_number", "request_number", "dwc_category", "dwc_subcategory", "request_outcome"]
REQUESTS = [("CM16-0000123", 1, "Surgery", "Spine", "Upheld"), ("CM16-0000123", 2, "Injection", None, "Overturned")]
UNDERSTOOD_IN_PART = pytest.mark.filterwarnings("ignore:not all of the index was understood")


def saved(folder: Path, text: str, name: str = "page.html") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def page(*rows: str, behind: str = "<strong>2</strong>") -> str:
    return f"<html><body><table class=tabborder>{''.join(rows)}</table>{behind}</body></html>"


def entered(site: Site) -> list[tuple[object, ...]]:
    """Return the entries of the site, one per request."""
    rows = []
    for letter in (one.letter for one in site.letters.values()):
        for request in letter.requests:
            category, subcategory = request.treatment.category, request.treatment.subcategory
            spelled = None if category == subcategory else SPELLED.get(subcategory, subcategory)
            rows.append((letter.case_number, request.request_number, letter.injury_date, letter.decision_date,
                         letter.case_outcome, category, spelled, request.outcome))  # fmt: skip
    return rows


@UNDERSTOOD_IN_PART
@pytest.mark.parametrize(
    "mode", ["", "renamed_column", "extra_column", "upper_case", "nested_tables", "windows_1252", "unknown_column"]
)
def test_what_the_site_shows_is_read_whichever_way_it_shows_it(mode: str, tmp_path: Path) -> None:
    site = Site(letters(), mode)
    for name, text in saved_pages(site).items():
        (tmp_path / name).write_bytes(text.encode("cp1252" if mode == "windows_1252" else "utf-8"))
    index = dwc.read_index(tmp_path)
    names = ["case_number", "request_number", "injury_date", "decision_date", "case_outcome", *COLUMNS[2:]]
    wanted = entered(site)
    if mode == "unknown_column":
        wanted = [(*row[:-1], None) for row in wanted]
    assert index.select(names).rows() == wanted
    assert index["letter_url"][0] == f"https://www.dir.ca.gov/dwc/imr/decisions/{index['case_number'][0]}.pdf"
    if mode == "windows_1252":
        assert index["reviewer_specialty"].unique().to_list() == [ODD_SPECIALTY]
    assert imrdata.validate(index, "index") is index


def test_the_pages_that_ship_are_those_of_the_replica() -> None:
    fix = "python tests/dwc_site.py pages seeds/search_pages"
    kept = {path.name: path.read_text(encoding="utf-8") for path in dwc.example_pages().iterdir()}
    assert kept == saved_pages(Site(sample_letters())), f"stale; mend it with\n  {fix}"


@UNDERSTOOD_IN_PART
@pytest.mark.parametrize("told", ["the heading 'Region'", "the heading 'Verdict'"])
def test_a_heading_that_no_row_of_the_vocabulary_knows_is_told(told: str, tmp_path: Path) -> None:
    site = Site(letters(3), "extra_column" if "Region" in told else "unknown_column")
    with pytest.warns(ImrDataWarning, match=told):
        dwc.read_index(saved(tmp_path, site.page({"Fname": "Tx"})))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", page(HEAD, FIRST, FURTHER)),
        ("page.htm", page(HEAD.replace("th>", "td>"), "<tr><td colspan=5>&nbsp;</tr>", FIRST, FURTHER)),
        ("columns.html", page(
            "<tr><td>Request Decision<td>Case Number<td>Request Category<td>SubCategory/Drug</tr>",
            "<tr><td>Uphold<td>CM16-0000123<td>Surgery<td>Spine</tr><tr><td>Overturn<td><td>Injection<td>&nbsp;</tr>")),
        ("list.csv", "Claim;Case No.;Category;Subcategory;Request Outcome\n"
                     "7;cm16-0000123;Surgery;Spine;Upheld\n8;CM16-0000123;Injection;;Overturned\n"),
    ],
)  # fmt: skip
@UNDERSTOOD_IN_PART
def test_columns_are_found_by_their_headings_in_any_order(name: str, text: str, tmp_path: Path) -> None:
    assert dwc.read_index(saved(tmp_path, text, name)).select(COLUMNS).rows() == REQUESTS


TWO_DATES = "<table><tr><td>Case Number<td>Decision Date<td>to<td>Decision Date</tr><tr><td><input></tr></table>"
INNER = "<table><tr><td><a href='/a.pdf'>CM16-0000123</a><td>+</tr></table>"
LINK = "<a href='/a.pdf'>CM16-0000123</a>"


@pytest.mark.parametrize(
    "text",
    [
        page(HEAD, FIRST.replace("2016<", "2016 12:00:00 AM<"), FURTHER),
        page(HEAD, FIRST.replace("2016<", "2016<script>sort('x')</script><style>b {}</style><!-- 1 --><"), FURTHER),
        page(HEAD, FIRST.replace("Spine", "\u200bSpine").replace("16-", "16\u2011\u200b"), FURTHER),
        page(
            HEAD, FIRST, "<tr></tr><tr><td colspan=5>&nbsp;</tr>", FURTHER.replace("<td><td>", "<td>&nbsp;<td>&nbsp;")
        ),
        page(HEAD.replace("Case", "<a href='#'>Case").replace("Number", "<br>Number</a> \u25b2"), FIRST, FURTHER),
        page(HEAD, FIRST, HEAD, FURTHER),  # as on a printed page
        page(f"<thead>{HEAD}</thead><tbody>", FIRST, FURTHER, f"</tbody><tfoot>{HEAD}</tfoot>"),
        page(f"<caption>Results</caption>{HEAD}", FIRST.replace(LINK, INNER), FURTHER),
        page(HEAD, FIRST.replace("<a", "<a href='#'>more</a> <a href='/case.asp'>all</a> <a"), FURTHER),
        page(HEAD, FIRST, FURTHER, behind=f"<table>{HEAD}{FIRST}{FURTHER}</table>"),  # its headings stay visible
        TWO_DATES + page(HEAD, FIRST, FURTHER),
    ],
)
def test_what_browsers_and_pages_add_is_no_part_of_a_value(text: str, tmp_path: Path) -> None:
    index = dwc.read_index(saved(tmp_path, text))
    assert index.select(COLUMNS).rows() == REQUESTS
    assert index["decision_date"].to_list() == [date(2016, 12, 19)] * 2
    assert set(index["letter_url"]) == {"https://www.dir.ca.gov/a.pdf"}


def chrome_file(text: str) -> bytes:
    """Return a page as Chrome and Edge save it in one file: lines of 76 characters, broken within words and tags."""
    head = (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://www.dir.ca.gov/dwc/imr/x.asp\nMIME-Version: 1.0\n"
    )
    kind = 'Content-Type: multipart/related;\n\ttype="text/html";\n\tboundary="----MultipartBoundary--7----"\n'
    part = "\n------MultipartBoundary--7----\nContent-Type: {}\nContent-Transfer-Encoding: quoted-printable\n"
    place = "Content-Location: {}\n\n"
    body = quopri.encodestring(text.encode()).decode()
    pages = part.format("text/html") + place.format("https://www.dir.ca.gov/dwc/imr/x.asp") + body
    styles = part.format("text/css") + place.format("cid:css-1@mhtml.blink") + "td { color: red }"
    whole = f"{head}{kind}\n{pages}{styles}\n------MultipartBoundary--7------\n"
    assert "=\n" in body
    return whole.replace("\n", "\r\n").encode()


def safari_file(text: str) -> bytes:
    page = {"WebResourceData": text.encode(), "WebResourceURL": "https://www.dir.ca.gov/x.asp"}
    return plistlib.dumps({"WebMainResource": page}, fmt=plistlib.FMT_BINARY)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("page.mhtml", chrome_file),
        ("page.webarchive", safari_file),
        ("imrdecisionsearch.asp", str.encode),
        ("no_suffix", str.encode),
        ("export.xls", str.encode),  # a usual name of such a table
        ("page.html", lambda text: text.encode("utf-16")),
        ("page.htm", lambda text: b"\xef\xbb\xbf" + text.encode()),
    ],
)
def test_a_page_is_read_from_each_kind_of_file(name: str, made: Callable[[str], bytes], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(made(page(HEAD, FIRST, FURTHER)))
    index = dwc.read_index(tmp_path / name)
    assert index.select(COLUMNS).rows() == REQUESTS
    assert set(index["letter_url"]) == {"https://www.dir.ca.gov/a.pdf"}


@pytest.mark.parametrize("said", ["iso-8859-1", "utf-8", "windows-1252", "x-unknown", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_page_may_say_another_encoding_than_it_has(said: str, encoding: str, tmp_path: Path) -> None:
    text = f"<meta charset='{said}'>" + page(HEAD, FIRST.replace("Spine", "Patient\u2019s spine"), FURTHER)
    (tmp_path / "page.html").write_bytes(text.encode(encoding))
    assert dwc.read_index(tmp_path)["dwc_subcategory"].to_list() == ["Patient\u2019s spine", None]


def test_all_tables_of_a_page_are_read(tmp_path: Path) -> None:
    other = FIRST.replace("0000123", "0000124")
    outcomes = "<table><tr><th>Case Number<th>Case Outcome</tr><tr><td>CM16-0000123<td>Partial Overturn</tr></table>"
    index = dwc.read_index(
        saved(tmp_path, page(HEAD, FIRST, FURTHER, behind=f"<table>{HEAD}{other}</table>{outcomes}"))
    )
    assert index["case_number"].to_list() == ["CM16-0000123"] * 2 + ["CM16-0000124"]
    assert index["case_outcome"].to_list() == ["Partially overturned"] * 2 + [None]


def test_a_column_of_links_has_the_addresses_of_the_letters(tmp_path: Path) -> None:
    head = "<tr><th>Case Number<th>PDF<th>Request Decision</tr>"
    row = "<tr><td>CM16-0000123<td><a href='/a.pdf'>View</a><td>Uphold</tr><tr><td>CM16-0000124<td>View<td>Uphold</tr>"
    index = dwc.read_index(saved(tmp_path, page(head, row)))
    assert index["letter_url"].to_list() == ["https://www.dir.ca.gov/a.pdf", None]


def test_a_page_in_an_archive_a_folder_and_an_mhtml_file_is_the_same_page(tmp_path: Path) -> None:
    text = page(HEAD, FIRST, FURTHER)
    whole = EmailMessage()
    whole.set_content(text, subtype="html", cte="quoted-printable")
    whole["Content-Location"] = "https://mirror.example/dwc/search.asp?x=1"
    (tmp_path / "page.mhtml").write_bytes(whole.as_bytes())
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as archive:
        archive.writestr("saved/page.html", text)
        archive.writestr("../out.html", "<html>")
        archive.writestr("saved/page_files/style.css", "")
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    saved(folder / "below", f"<!-- saved from url=(0031)https://other.example/dwc/a.asp -->{text}")
    found = {name: dwc.read_index(tmp_path / name) for name in ("page.mhtml", "pages.zip", "folder")}
    assert all(frame.select(COLUMNS).rows() == REQUESTS for frame in found.values())
    assert [frame["letter_url"][0] for frame in found.values()] == [
        "https://mirror.example/a.pdf", "https://www.dir.ca.gov/a.pdf", "https://other.example/a.pdf"
    ]  # fmt: skip
    assert [frame["page"][0] for frame in found.values()] == [
        "page.mhtml",
        "pages.zip!saved/page.html",
        "below/page.html",
    ]
    twice = dwc.read_index([tmp_path / "pages.zip", tmp_path / "pages.zip"])
    assert twice.select(COLUMNS).rows() == REQUESTS


def test_an_excel_list_is_read_below_its_title(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Our cases"], ["Claim", "IMR Case Number", "Decision Date"], [1, "CM16-0000123", date(2016, 12, 19)]):
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")
    with pytest.warns(ImrDataWarning, match="the heading 'Claim'"):
        found = dwc.read_index(tmp_path / "list.xlsx")
    assert found.select("case_number", "request_number", "decision_date").rows() == [
        ("CM16-0000123", None, date(2016, 12, 19))
    ]


def test_a_list_of_nothing_but_case_numbers_needs_no_heading(tmp_path: Path) -> None:
    found = dwc.read_index(saved(tmp_path, "CM16-0000124\nIMR 13-000004\nCM16-0000124\n", "list.txt"))
    assert found["case_number"].to_list() == ["CM13-0000004", "CM16-0000124"]


def test_an_index_that_was_written_is_read_again(tmp_path: Path) -> None:
    index = dwc.read_index(dwc.example_pages())
    index.write_parquet(tmp_path / "index.parquet")
    assert dwc.read_index(tmp_path / "index.parquet").equals(index)
    index.with_columns(case_outcome=pl.lit("Won")).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValidationError, match="case_outcome"):
        dwc.read_index(tmp_path / "other.parquet")


def test_a_page_without_results_is_an_empty_index(tmp_path: Path) -> None:
    for text in ("<p>No records were found.</p>", page(HEAD, behind="<strong>0</strong>"), "<b>0</b>"):
        assert dwc.read_index(saved(tmp_path, text)).schema == schema("index")


@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        ("<p>Sign in</p>", "no_index", "column of case numbers"),
        (Site([]).page(), "no_index", "not that of the form"),
        (
            page(HEAD, FIRST, "<tr><td>CM16-0000124<td>Surgery</tr>"),
            "unreadable_row",
            "row 2 has 2 cells where the .* 5",
        ),
        (page(HEAD.replace("Request Decision", "Decision Date"), FIRST), "unreadable_row", "two columns are headed"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(text: str, reason: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message) as refused:
        dwc.read_index(saved(tmp_path, text))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("name", "content"),
    [("list.xlsx", b"PK nothing"), ("list.csv", b"Case Number\n" + b"x" * 200_000), ("page.webarchive", b"bplist00 x")],
)
def test_a_file_that_is_spoiled_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    limit = csv.field_size_limit(131_072)  # Python's default; other packages raise it
    try:
        with pytest.raises(SourceError) as refused:
            dwc.read_index(tmp_path)
    finally:
        csv.field_size_limit(limit)
    assert (refused.value.reason, refused.value.source) == ("no_index", name)


def test_a_table_of_which_no_row_is_understood_is_told(tmp_path: Path) -> None:
    with pytest.warns(ImrDataWarning, match="the row 'CM16-123 12/19/2016 Surgery Spine Uphold'"):
        index = dwc.read_index(
            saved(tmp_path, page(HEAD, FIRST.replace("0000123</a><strong>+</strong>", "123"), behind=""))
        )
    assert index.height == 0


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        dwc.read_index(tmp_path / "pages")


@pytest.mark.parametrize(
    ("rows", "told", "kept"),
    [
        ((FIRST.replace("12/19/2016", "13/45/2016"),), "decision_date '13/45/2016'", 1),
        ((FIRST.replace("Uphold", "Pending"),), "request_outcome 'Pending'", 1),
        ((FIRST.replace("'/a.pdf'", "'javascript:open()'"),), "letter_url 'javascript", 1),
        ((FIRST, FURTHER.replace("colspan=2>", "colspan=2>CM16-00123")), "the row 'CM16-00123", 1),
        ((FURTHER, FIRST), "the row 'Injection Overturn'", 1),
        ((FIRST, FIRST.replace("CM16-0000123", "CM16-01"), FURTHER), "the row 'Injection Overturn'", 1),
        ((FIRST, "<tr><td>Page 1 of 1</tr>"), "the line 'Page 1 of 1'", 1),
        ((FIRST, "<tr><td>1<td><a href='?2'>2</a><td>...</tr>"), "the line '1 2 ...'", 1),
        ((FIRST.replace("12/19/2016", "1/1/1900"),), "decision_date '1/1/1900'", 1),  # a database without a date
        ((FIRST,), "the number of 2 results that a page prints; the pages have 1 cases", 1),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_and_is_no_value(
    rows: tuple[str, ...], told: str, kept: int, tmp_path: Path
) -> None:
    with pytest.warns(ImrDataWarning, match=re.escape(told)):
        index = dwc.read_index(saved(tmp_path, page(HEAD, *rows)))
    assert index.height == kept
    assert index["case_number"].to_list() == ["CM16-0000123"]


def test_pages_that_contradict_each_other_leave_no_value(tmp_path: Path) -> None:
    saved(tmp_path, page(HEAD, FIRST, FURTHER), "1.html")
    saved(
        tmp_path, page(HEAD, FIRST.replace("12/19/2016", "12/20/2016"), FURTHER.replace("Overturn", "Uphold")), "2.html"
    )
    with pytest.warns(ImrDataWarning, match="decision_date of CM16-0000123.*2016-12-19 and as 2016-12-20"):
        index = dwc.read_index(tmp_path)
    assert index["decision_date"].to_list() == [None] * 3
    assert index["request_outcome"].to_list() == ["Upheld", "Overturned", "Upheld"]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("http://www.dir.ca.gov/a.pdf", "https://www.dir.ca.gov/a.pdf"),
        ("http://127.0.0.1:8000/a.pdf", "http://127.0.0.1:8000/a.pdf"),
        ("ftp://www.dir.ca.gov/a.pdf", None),
        ("file:///etc/passwd", None),
        ("https://user@www.dir.ca.gov/a.pdf", None),
        ("https://[bad/a.pdf", None),
    ],
)
def test_only_addresses_over_https_are_letters(address: str, kept: str | None) -> None:
    assert letter_address(address) == kept


def test_ten_thousand_rows_are_read_in_five_seconds_and_no_page_is_kept(tmp_path: Path) -> None:
    for number in range(200):
        rows = (FIRST.replace("0000123", f"{number:04d}{row:03d}") + FURTHER for row in range(25))
        saved(tmp_path, page(HEAD, *rows, f"<!--{'x' * 300_000}-->"), f"{number}.html")
    started = time.process_time()
    assert dwc.read_index(tmp_path).height == 10_000
    assert time.process_time() - started < 5
    tracemalloc.start()
    dwc.read_index(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20  # of 60 MB of pages


# --- VOCABULARIES --- #


def test_every_word_of_a_page_matches_its_example_and_no_other_name() -> None:
    for row in vocabulary("dwc_page_words"):
        assert named(row["kind"], row["example"]) == row["name"], row
        meant = {name for name, pattern in words(row["kind"]) if pattern.fullmatch(row["example"])}
        assert meant == {row["name"]}, row
