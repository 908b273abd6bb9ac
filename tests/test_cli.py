"""The command line: what it prints, and exit codes that scripts can use."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from conftest import LETTER
from typer.testing import CliRunner, Result

from imrdata import __version__, load
from imrdata.cli import app
from imrdata.tables.columns import contract_of


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    import imrdata.cli.printing

    monkeypatch.setattr(imrdata.cli.printing.console, "width", 250)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_demo_prints_tables_summary_and_the_way_on() -> None:
    result = run("demo")
    assert result.exit_code == 0
    for words in (
        "1 published, 1,500 synthetic",
        load().decisions["case_number"][0],
        "treatment requests",
        "imrdata check",
    ):
        assert words in result.output


def test_show_prints_each_field(tmp_path: Path) -> None:
    file = tmp_path / "CM16-0000123.txt"
    file.write_text(LETTER.replace("MRI of the left knee", "MRI [bold]left[/bold] knee"))
    result = run("show", str(file))
    assert result.exit_code == 0
    columns = contract_of("letters").columns | contract_of("decisions").columns
    read = {name for name, column in columns.items() if column.path is not None}
    for name in read - {"case_number", "case_outcome", "outcome"}:
        if name not in ("request_number", "request_text"):
            assert name in result.output
    for words in (
        "CM16-0000123: Partially overturned",
        "1. MRI [bold]left[/bold] knee: Upheld",
        "Acupuncture 6 sessions",
    ):
        assert words in result.output
    assert "ODG, Knee and Leg" in result.output


def test_names_cannot_steer_the_terminal(tmp_path: Path) -> None:
    odd = tmp_path / "a\x1b]0;title\x07\x9b31m\u202etxt.bread.txt"
    odd.write_text("bread")
    (tmp_path / "letter.txt").write_text(LETTER)
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("b\x1b[2J.txt", "milk")
    commands = [
        ("show", odd),
        ("check", tmp_path),
        ("check", archive),
        ("check", "no\x9dwhere"),
        ("build", odd, tmp_path / "d\x1b[1m"),
        ("build", "no\x1bwhere", tmp_path / "e"),
    ]
    results = [run(*command) for command in commands]
    said = "".join(result.output + result.stderr for result in results)
    assert "\\x1b" in said
    assert not set(said) & set("\x1b\x07\x9b\x9d\u202e")


def test_check_says_that_a_place_is_not_there(tmp_path: Path) -> None:
    result = run("check", str(tmp_path / "nowhere"))
    assert result.exit_code == 3
    assert "there is no such file or folder" in " ".join(result.stderr.split())


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


def test_build_says_what_it_did_and_goes_on(tmp_path: Path) -> None:
    letters, dest = tmp_path / "letters", tmp_path / "data"
    letters.mkdir()
    (letters / "one.txt").write_text(LETTER)
    done = run("build", letters, dest, "--workers", "1")
    assert done.exit_code == 0
    assert done.output.split("; ")[0] == "1 documents read"
    assert "nothing to do" in run("build", letters, dest).output
    (letters / "bread.txt").write_text("bread")
    done = run("build", letters, dest)
    assert done.exit_code == 1
    assert "1 letters, 1 quarantined and 0 exact duplicates of 2 documents" in done.output
    done = run("build", letters, letters)
    assert (done.exit_code, "would lie inside its source" in done.output) == (3, True)
    assert run("build", letters).exit_code == 2
