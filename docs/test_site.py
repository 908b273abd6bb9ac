"""Test the built site: no warnings, no external content, nothing missing, and a note on each figure of the sample."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from imrdata.resources import vocabulary
from imrdata.tables.columns import TABLES, contract_of

DOCS = Path(__file__).resolve().parent
PAGES = sorted(path for path in DOCS.rglob("*.md") if not path.name.startswith("_"))
LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


class _Loaded(HTMLParser):
    """Collects what a page makes a browser load, and the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = LOADED.get(tag)
        self.addresses += [value for name, value in attrs if name == wanted and value]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(content: str) -> _Loaded:
    page = _Loaded()
    page.feed(content)
    return page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does, without the network."""
    folder = tmp_path_factory.mktemp("site")
    code = """
import socket, sys
def refuse(*_): raise AssertionError("the network is not for the documentation")
socket.socket.connect = refuse
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""
    given = ["-q", "-W", "--keep-going", "-n", "-d", str(folder / "trees"), str(DOCS), str(folder / "html")]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= len(PAGES)
    loaded = {(page.name, address) for page in pages for address in parsed(page.read_text()).addresses}
    assert loaded, "no page loads its own styles: the test looks at the wrong things"
    assert not {one for one in loaded if ELSEWHERE.match(one[1])}
    for style in site.rglob("*.css"):
        assert not re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)]*", style.read_text()), style.name


def test_the_test_sees_what_is_loaded_from_elsewhere() -> None:
    content = (
        "<link href='https://fonts.example/a.css'><script src=//cdn.example/b.js></script><a href='https://c'>c</a>"
    )
    found = parsed(content).addresses
    assert found == ["https://fonts.example/a.css", "//cdn.example/b.js"]
    assert all(ELSEWHERE.match(one) for one in found)


def test_every_column_category_and_command_is_there(site: Path) -> None:
    tables = set(parsed((site / "reference" / "tables.html").read_text()).words)
    assert {name for one in TABLES for name in contract_of(one).columns} <= tables
    assert {row["subcategory"] for row in vocabulary("treatment_categories")} <= tables
    commands = "".join(parsed((site / "reference" / "command_line.html").read_text()).words)
    for name in ("demo", "show", "check", "build", "schemas", "synthesize"):
        assert f"Usage: imrdata {name} " in commands


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_figures_of_the_sample_stand_beside_the_note_that_they_are_no_findings(page: Path) -> None:
    text = page.read_text()
    assert (">>>" not in text) or "_sample.md" in text.partition(">>>")[0]


def test_every_task_takes_at_most_five_lines() -> None:
    tasks = (DOCS / "how_to.md").read_text().split("\n## ")[1:]
    assert len(tasks) >= 14
    for task in tasks:
        code = "".join(re.findall(r"```python\n(.*?)```", task, re.DOTALL))
        assert 1 <= len(re.findall(r"^(?:>>>|\.\.\.) ", code, re.MULTILINE)) <= 5, task
