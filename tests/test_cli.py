"""The command line: what it prints, and exit codes that scripts can use."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import LETTER
from typer.testing import CliRunner, Result

from imrdata import __version__
from imrdata.cli import app
from imrdata.tables import COLUMNS_OF


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    import imrdata.cli

    monkeypatch.setattr(imrdata.cli._console, "width", 250)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_demo_prints_tables_summary_and_the_way_on() -> None:
    result = run("demo")
    assert result.exit_code == 0
    for words in (
        "1 published, 1,500 synthetic",
        "10 work conditioning sessions",
        "treatment requests",
        "imrdata check",
    ):
        assert words in result.output


def test_show_prints_each_field(tmp_path: Path) -> None:
    file = tmp_path / "CM16-0000123.txt"
    file.write_text(LETTER.replace("MRI of the left knee", "MRI [bold]left[/bold] knee"))
    result = run("show", str(file))
    assert result.exit_code == 0
    for name in {*COLUMNS_OF["letters"], *COLUMNS_OF["decisions"]} - {"case_number", "case_outcome", "outcome"}:
        if name not in ("request_number", "request_text"):
            assert name in result.output
    for words in (
        "CM16-0000123: Partially overturned",
        "1. MRI [bold]left[/bold] knee: Upheld",
        "Acupuncture 6 sessions",
    ):
        assert words in result.output
    assert "ODG, Knee and Leg" in result.output


def test_show_refuses_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "invoice.txt"
    file.write_text("An invoice")
    result = run("show", str(file))
    assert result.exit_code == 1
    assert "labels found: none; labels missed:" in " ".join(result.stderr.split())


def test_check_exits_with_1_if_anything_was_quarantined(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(LETTER)
    assert run("check", str(tmp_path)).exit_code == 0
    (tmp_path / "bad.txt").write_text("An invoice")
    result = run("check", str(tmp_path))
    assert result.exit_code == 1
    assert "not_a_letter" in result.output
    assert "bad.txt" in result.output


def test_check_tells_of_contradictions(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text(LETTER.replace("Date Assigned: 11/18/2016", "Date Assigned: 01/18/2017"))
    result = run("check", str(tmp_path))
    assert result.exit_code == 0
    assert "decision_date 2016-12-19 is before assigned_date 2017-01-18" in result.output


def test_synthesize_writes_letters_that_say_what_they_are(tmp_path: Path) -> None:
    assert run("synthesize", "5", str(tmp_path / "new"), "--first-year", "2016", "--last-year", "2016").exit_code == 0
    result = run("check", str(tmp_path / "new"))
    assert result.exit_code == 0
    assert " ".join(result.output.split()).count("letters, synthetic 5 100.0%") == 1
    assert run("synthesize", "5", str(tmp_path / "new")).exit_code == 1
    assert run("synthesize", "5", str(tmp_path / "no"), "--first-year", "2020", "--last-year", "2016").exit_code == 2
    assert not (tmp_path / "no").exists()


def test_wrong_calls_and_the_version() -> None:
    assert run("check").exit_code == 2
    assert run("unknown").exit_code == 2
    assert run("--version").output == f"imrdata {__version__}\n"
