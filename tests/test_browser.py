"""Test the notebooks in JupyterLab in a real browser, in a light and a dark theme.

Requires Debian's chromium (apt-get install chromium); run it with `make test-browser`. Screenshots are written to
screenshots/ for a person to check.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import ROOT

import imrdata
from imrdata import charts
from imrdata.notebooks import copy_notebooks, example_notebooks

pytestmark = pytest.mark.browser

NAMES = example_notebooks()["name"].to_list()
SCREENSHOTS = ROOT / "screenshots"
VEGA = "application/vnd.vegalite.v5+json"
TOKEN = "reader"
READY_SECONDS, RUN_SECONDS = 60, 90
WIDTH = 1280
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells outside the window are drawn too
}
CHROMIUM_FLAGS = [
    "--disable-dev-shm-usage", "--no-sandbox", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip

IS_DONE = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const code = panel.content.widgets.map(cell => cell.model).filter(model => model.type === 'code');
    const isIdle = panel.sessionContext.session?.kernel?.status === 'idle';
    const hasFailed = code.some(model => model.outputs.toJSON().some(output => output.output_type === 'error'));
    return isIdle && (hasFailed || code.every(model => model.executionCount !== null));
}"""
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code').flatMap(cell => cell.model.outputs.toJSON())"""
OPEN = """async path => {
    const panel = await window.jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'});
    await panel.context.ready;
    window.jupyterapp.shell.collapseLeft();
}"""
CLOSE = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.save();
    await panel.sessionContext.shutdown();
    panel.dispose();
}"""
IS_IDLE = "() => window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'"
CHANGE_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme: `JupyterLab ${theme}`})"
HAS_THEME = "theme => document.body.dataset.jpThemeLight === String(theme === 'Light')"
# Charts use the colors of the theme at the time they are drawn.
DRAW_ANEW = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .forEach(cell => cell.model.outputs.fromJSON(cell.model.outputs.toJSON()))"""
# The content of a chart: marks of an SVG, or pixels of a canvas that differ from its corner.
DRAWN = """() => [...document.querySelectorAll('.jp-Notebook .vega-embed')].map(chart => {
    const canvas = chart.querySelector('canvas');
    if (!canvas) return chart.querySelectorAll('svg [role=graphics-symbol]').length;
    const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const points = new Uint32Array(image.data.buffer);
    return points.filter(point => point !== points[0]).length;
})"""
HEIGHT = """() => {
    const cells = [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(cell => cell.getBoundingClientRect());
    return Math.ceil(cells.at(-1).bottom - cells[0].top) + 160;
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start JupyterLab on copies of the notebooks; yield its URL."""
    home = tmp_path_factory.mktemp("lab")
    copy_notebooks(home / "notebooks")
    for name, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    places = {"CONFIG": "config", "RUNTIME": "runtime", "DATA": "data"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("IMRDATA_")}
    environment |= {f"JUPYTER_{key}_DIR": str(home / name) for key, name in places.items()}
    environment |= {f"JUPYTERLAB_{key.upper()}_DIR": str(home / key) for key in ("settings", "workspaces")}
    port = _free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={home / 'notebooks'}", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=home)
    address = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(f"{address}api/status?token={TOKEN}", server, home / "log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=READY_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(READY_SECONDS * 2):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"JupyterLab does not answer: {log.read_text()}")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Open a browser that records every requested URL, and blocks those of other machines."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("there is no chromium: apt-get install chromium")
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=chromium, headless=True, args=CHROMIUM_FLAGS,
            viewport={"width": WIDTH, "height": 1000},
        )  # fmt: skip
        yield context
        context.close()


def is_outside(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme not in ("data", "blob", "about") and parts.hostname not in ("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def page(lab: str, browser: Any) -> Any:
    """Open JupyterLab; ``asked`` lists the URLs that it requested."""
    page = browser.new_page()
    page.set_default_timeout(RUN_SECONDS * 1000)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda channel: page.asked.append(channel.url))
    page.route(is_outside, lambda route: route.abort())
    page.goto(f"{lab}lab?token={TOKEN}&reset")
    page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
    return page


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_its_charts_are_drawn_without_the_web(name: str, page: Any) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 1000})
    page.evaluate(OPEN, f"{name}.ipynb")
    page.wait_for_function(IS_IDLE)
    outputs = run_all(page)
    assert [output["evalue"] for output in outputs if output["output_type"] == "error"] == []
    charts = sum(VEGA in output.get("data", {}) for output in outputs)
    for theme in ("Light", "Dark"):
        page.evaluate(CHANGE_THEME, theme)
        page.wait_for_function(HAS_THEME, arg=theme)
        page.evaluate(DRAW_ANEW)
        check_drawn(page, charts)
        photograph(page, f"{name}-{theme.lower()}")
    page.evaluate(CLOSE)
    assert [address for address in page.asked if is_outside(address)] == []


def test_the_watch_on_addresses_sees_what_is_outside(page: Any) -> None:
    page.evaluate("() => fetch('https://outside.invalid/script.js').catch(() => null)")
    assert page.asked.pop() == "https://outside.invalid/script.js"


def test_a_wide_table_is_printed_within_the_page(browser: Any) -> None:
    letters = imrdata.load(imrdata.example_letter()).decisions
    rows = letters.imr.overturn_rate(["treatment_category", "request_text"])
    page = browser.new_page()
    page.set_viewport_size({"width": 600, "height": 900})  # the width of a printed page
    page.set_content(charts.table(rows, title="A wide table").as_raw_html())
    hidden = "() => { const box = document.querySelector('[id^=table-]'); return box.scrollWidth - box.clientWidth; }"
    assert page.evaluate(hidden) > 0  # on screen, it scrolls
    page.emulate_media(media="print")
    assert page.evaluate(hidden) == 0
    page.close()


def run_all(page: Any) -> list[dict[str, Any]]:
    """Restart the kernel, run all cells, and return their outputs."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")  # do not wait for it
    page.wait_for_function(IS_DONE)
    outputs: list[dict[str, Any]] = page.evaluate(OUTPUTS)
    return outputs


def check_drawn(page: Any, charts: int) -> None:
    page.wait_for_function(f"() => document.querySelectorAll('.jp-Notebook .vega-embed').length >= {charts}")
    page.wait_for_timeout(500)
    drawn = page.evaluate(DRAWN)
    assert len(drawn) == charts
    assert all(marks > 0 for marks in drawn), drawn


def photograph(page: Any, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.set_viewport_size({"width": WIDTH, "height": min(page.evaluate(HEIGHT), 12000)})
    page.evaluate("() => document.querySelector('.jp-Notebook .jp-Cell').scrollIntoView()")
    page.wait_for_timeout(300)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
