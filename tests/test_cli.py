"""Test the command line: its output, and exit codes for scripts."""

from __future__ import annotations

import csv
import inspect
import json
import re
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER
from typer.testing import CliRunner, Result

import imrdata.errors
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
        "CM15-0174261.md",
        ".pdf",
        "1 published, 1,500 synthetic",
        load().decisions["case_number"][0],
        "treatment requests",
        "imrdata check",
    ):
        assert words in result.output


@pytest.mark.parametrize("width", [20, 80])
def test_check_prints_codes_whole(width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import imrdata.cli.printing

    monkeypatch.setattr(imrdata.cli.printing.console, "width", width)
    (tmp_path / "a_letter_with_quite_a_long_name.txt").write_text(LETTER.replace("MRI of the left knee", "Gizmo"))
    (tmp_path / "a_page_with_quite_a_long_name_and_no_letter.txt").write_text("bread")
    output = run("check", tmp_path).output
    data = load(tmp_path)
    codes = [*data.diagnostics["code"], *data.quarantine["reason"]]
    assert len(codes) > 1
    assert [word for word in (*codes, "message", "source") if word not in output] == []


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


@pytest.mark.parametrize(
    ("name", "told"),
    [("", "the path is empty"), ("https://a.b/c.pdf", "is a URL"), ("CM16-0000123", "load(...).letter takes")],
)
def test_a_source_that_is_no_path_is_refused_by_every_command(name: str, told: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    commands = [("check",), ("diff", tmp_path), ("export", output.with_suffix(".csv")), ("build", output)]
    for command, *others in [*commands, ("report", "-o", output)]:
        result = run(command, name, *others)
        assert (result.exit_code, told in " ".join(result.stderr.split())) == (3, True), command
        assert not output.exists()


def test_the_list_of_commands_is_not_cut_off() -> None:
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"})
    listed = result.output.partition("Commands:")[2]
    assert "..." not in listed
    assert listed.split()[0] == "demo"


def test_show_refuses_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "invoice.txt"
    file.write_text("An invoice")
    result = run("show", str(file))
    assert result.exit_code == 4
    assert "labels found: none; labels missed:" in " ".join(result.stderr.split())


def test_check_exits_with_1_if_anything_was_quarantined(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(LETTER)
    assert run("check", str(tmp_path)).exit_code == 0
    imrdata.build(tmp_path / "good.txt", tmp_path.parent / "dataset")
    assert run("check", str(tmp_path.parent / "dataset")).exit_code == 0
    (tmp_path / "bad.txt").write_text("An invoice")
    (tmp_path / "other.txt").write_text("")
    result = run("check", str(tmp_path))
    assert result.exit_code == 1
    assert "bad.txt" in result.output
    assert re.findall(r"(?m)^(\w+) \((\w+)\): ", result.output) == [("empty", "high"), ("not_a_letter", "medium")]


def test_check_tells_of_pictures_in_words_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "page.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    told = run("check", tmp_path / "letters")
    assert (told.exit_code, "; --ocr auto reads its pictures, with Tesseract" in told.stderr) == (3, True)
    (tmp_path / "letters" / "fax.tif").write_bytes(b"II*\0")
    told = run("check", tmp_path / "letters")
    assert (told.exit_code, told.output.count("--ocr auto"), "ocr=" in told.output) == (1, 2, False)


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
    assert run("synthesize", "5", str(tmp_path / "new")).exit_code == 10
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
    assert "no document is new or changed" in run("build", letters, dest).output
    (letters / "bread.txt").write_text("bread")
    done = run("build", letters, dest)
    assert done.exit_code == 1
    assert "1 letters, 1 quarantined and 0 exact duplicates of 2 documents" in done.output
    done = run("build", letters, letters)
    assert (done.exit_code, "would be inside its source" in done.output) == (5, True)
    assert run("build", letters).exit_code == 2


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Build two versions: one letter, then two."""
    letters, dest = tmp_path / "letters", tmp_path / "data"
    letters.mkdir()
    for number in (1, 2):
        (letters / f"{number}.txt").write_text(LETTER.replace("CM16-0000123", f"CM16-000000{number}"))
        assert run("build", letters, dest).exit_code == 0
    return dest


def corrections(path: Path, value: str, case_number: str = "CM16-0000001") -> Path:
    path.write_text(
        "case_number,request_number,column,value,reason,corrected_by\n"
        f"{case_number},1,outcome,{value},misread,A. Reader\n"
    )
    return path


def test_versions_verify_and_vacuum(dataset: Path) -> None:
    listed = run("versions", dataset)
    assert listed.exit_code == 0
    assert "versions (2 rows)" in listed.output
    assert [row.split()[0] for row in listed.output.splitlines()[2:]] == ["1", "2"]
    longest = max(len(line.rstrip()) for line in listed.output.splitlines())
    assert longest <= 80 + len(imrdata.__version__) - len("0.2.0")
    assert run("verify", dataset, "--version", "1").output.startswith("Every file is as it was committed")
    assert run("vacuum", dataset).exit_code == 2
    assert run("vacuum", dataset, "--keep-versions", "1").output.startswith("1 versions removed")
    assert imrdata.versions(dataset)["version"].to_list() == [2]
    assert run("vacuum", dataset, "--keep-days", "0").output.startswith("0 versions removed, and 0 files of 0 bytes")


def test_corrections_are_made_and_taken_back(dataset: Path, tmp_path: Path) -> None:
    marks = corrections(tmp_path / "marks.csv", "Overturned")
    assert run("correct", dataset, marks).output.startswith("corrections: 1 applied")
    assert imrdata.load_decisions(dataset)["outcome"][0] == "Overturned"
    assert run("correct", dataset, marks, "--undo").output.startswith("corrections: 1 undone; 0 applied")
    assert imrdata.load_decisions(dataset)["outcome"][0] == "Upheld"
    said = run("correct", dataset, marks, "--undo").output
    assert "row 2 ignored, the dataset has no such correction: CM16-0000001, request 1, outcome" in said
    assert run("correct", dataset, tmp_path / "nowhere.csv").exit_code == 3
    result = run("correct", dataset, corrections(tmp_path / "none.csv", "Upheld", "CM16-0000009"))
    assert "without a row: CM16-0000009, request 1, outcome" in result.output


def test_export_writes_a_version_and_says_what_was_cut(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("export", dataset, tmp_path / "out.csv", "--version", "1")
    assert (done.exit_code, done.output.splitlines()[0]) == (0, str(tmp_path / "out_letters.csv"))
    assert (tmp_path / "out_letters.csv").read_text().count("CM16-0000002") == 0
    monkeypatch.setattr("imrdata.datasets.exporting.EXCEL_CHARACTERS", 30)
    assert "are cut" in run("export", dataset, tmp_path / "out.xlsx").stderr
    monkeypatch.setattr("imrdata.datasets.exporting.EXCEL_ROWS", 3)
    result = run("export", dataset, tmp_path / "rows.xlsx")
    assert (result.exit_code, "an Excel sheet holds 3" in " ".join(result.output.split())) == (2, True)


def test_build_reads_again_and_forgets(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "letters" / "2.txt").unlink()
    done = run("build", tmp_path / "letters", dataset, "--reread", "--forget-missing")
    assert (done.exit_code, "1 forgotten" in done.output) == (0, True)


def test_every_error_has_its_own_exit_code(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = tmp_path / "letters"
    (tmp_path / "bread.txt").write_text("bread")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "1.txt").write_text(LETTER)
    marks = corrections(tmp_path / "marks.csv", "perhaps")
    for command, code in (
        (("show", tmp_path / "nowhere.pdf"), 3),
        (("check", tmp_path / "nowhere"), 3),
        (("show", tmp_path / "bread.txt"), 4),
        (("versions", letters), 5),
        (("verify", dataset, "--version", "9"), 5),
        (("correct", dataset, marks), 6),
        (("export", dataset, tmp_path / "out.doc"), 8),
        (("export", dataset, tmp_path / "nowhere" / "out.csv"), 10),
        (("synthesize", "1", tmp_path / "bread.txt"), 10),
        (("diff", letters, tmp_path / "two"), 11),
    ):
        result = run(*command)
        assert result.exit_code == code, (command, result.output)
        assert code == 11 or result.stderr.strip(), command
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert run("export", dataset, tmp_path / "out.xlsx").exit_code == 9
    for error, code in ((imrdata.errors.ValidationError("wrong", pl.DataFrame()), 7), (KeyboardInterrupt(), 130)):

        def raising(*_: object, error: BaseException = error, **__: object) -> None:
            raise error

        monkeypatch.setattr("imrdata.datasets.history.verify", raising)
        assert run("verify", dataset).exit_code == code


def test_the_exit_codes_that_are_documented_are_those_that_there_are() -> None:
    import imrdata.cli
    from imrdata.cli import application

    documented = re.findall(r"(\d+): ", imrdata.cli.__doc__ or "")
    named = (application.QUARANTINED, application.DIFFERS, application.EXPECTATION_FAILS)
    others = (0, 2, application.EXPECTATION_NOT_COMPUTED, application.NOT_FETCHED, application.FAILED)
    signals = (application.STOPPED, application.CLOSED)
    assert sorted(map(int, documented)) == sorted([*named, *others, *signals, *application.EXIT_CODES.values()])
    errors = {kind for kind in vars(imrdata.errors).values() if inspect.isclass(kind)}
    kinds = {one for one in errors if issubclass(one, imrdata.ImrDataError)} - {imrdata.ImrDataError}
    assert kinds | {OSError} == set(application.EXIT_CODES)


def test_show_and_check_print_for_other_programs(tmp_path: Path) -> None:
    file = tmp_path / "CM16-0000123.txt"
    file.write_text(LETTER)
    (tmp_path / "a\x1b[2Jb.txt").write_text("An invoice")
    record = json.loads(run("show", file, "--json").output)
    assert (record["case_number"], len(record["requests"])) == ("CM16-0000123", 2)
    rows = list(csv.DictReader(run("show", file, "--csv").output.splitlines()))
    assert [row["outcome"] for row in rows] == ["Upheld", "Overturned"]
    assert rows[0]["reviewer_states"] == "TX; NY; CA"
    result = run("check", tmp_path, "--json")
    found = json.loads(result.output)
    assert (result.exit_code, found["quarantine"][0]["reason"]) == (1, "not_a_letter")
    assert found["summary"][0] == {"measure": "documents read", "count": 2, "share": None}
    for command in ("show", "check"):
        result = run(command, file, "--json", "--csv")
        assert (result.exit_code, "choose --json or --csv" in result.output) == (2, True)
    result = run("check", tmp_path, "--csv")
    (row,) = [row for row in csv.DictReader(result.output.splitlines()) if row["table"] == "quarantine"]
    assert (result.exit_code, row["reason"]) == (1, "not_a_letter")
    assert "\x1b" not in result.output


def test_check_prints_every_diagnostic_when_asked(tmp_path: Path) -> None:
    for number in range(25):
        letter = LETTER.replace("CM16-0000123", f"CM16-{number:07d}").replace("18 sessions", "18 zorblets")
        (tmp_path / f"{number}.txt").write_text(letter.replace("MRI of the left knee", "Zorblet"))
    first, every = run("check", tmp_path), run("check", tmp_path, "--all")
    assert "more" in first.output
    assert "--all prints them" in first.output
    assert "CM16-0000024" not in first.output
    assert "CM16-0000024" in every.output
