"""Test hostile command lines: each error has its own exit code, and only what is quarantined exits with 1."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LETTER
from typer.testing import CliRunner

import imrdata
from imrdata.cli import app

SEARCH = ("--decided-from", "2016-12-01", "--decided-to", "2016-12-02", "-o", "new.parquet")
HEAD = "case_number,request_number,column,value,reason,corrected_by\n"
FILES = {
    "letters/1.txt": LETTER,
    "bread.txt": "bread",
    "empty.csv": "",
    "cells.csv": "\0\0\n\0",
    "large.csv": f"{HEAD}CM16-0000123,,patient_age,{9**30},misread,me\n",
    "infinite.csv": f"{HEAD}CM16-0000123,1,quantity,1e999,misread,me\n",
    "long.csv": f"{HEAD}{'x' * 200_000},1,quantity,1,misread,me\n",
    "twice.csv": f"column,{HEAD}outcome,CM16-0000123,1,outcome,Upheld,misread,me\n",
    "list.csv": "case number\nCM16-0000123\n",
    "addresses.csv": "case number,url\nCM16-0000123,http://[bad/x.pdf\n",
    "bad.parquet": "PAR1",
    "bad.zip": "PK\3\4",
    "bad.webarchive": "bplist00",
}
# Each command line, its exit code, and words that it prints. A backslash-u name is not UTF-8 on disk.
COMMANDS = [
    ("vacuum data --keep-days inf", 2, "less than or equal to 36500"),
    ("vacuum data --keep-days nan", 2, "36500"),
    ("vacuum data --keep-days 1e9", 2, "36500"),
    ("vacuum data --keep-versions -1", 2, "greater than or equal to 0"),
    ("vacuum data --keep-versions 999999999999999999999999", 0, "0 versions removed"),
    ("vacuum foreign_manifest --keep-versions 1", 5, "is damaged"),
    ("index http://127.0.0.1:1/x --decided-from 2016-12-02 --decided-to 2016-12-01 -o new.parquet", 2, "first day"),
    ("index http://127.0.0.1:1/x --decided-from 2016-13-02 --decided-to 2016-12-01 -o new.parquet", 2, "2016-13-02"),
    ("index http://[bad/ SEARCH", 3, "is not an https address"),
    ("index https://\udcff/ SEARCH", 3, "is not an address"),
    ("index http:// SEARCH", 3, "is not an https address"),
    ("index javascript://x SEARCH", 3, "is not an https address"),
    ("index http://127.0.0.1:1/x --contact é SEARCH", 2, "only characters of ASCII"),
    ("index http://127.0.0.1:1/x --contact a\tb SEARCH", 2, "only characters of ASCII"),
    ("index http://127.0.0.1:1/x --rate nan SEARCH", 2, "0.001"),
    ("index list.csv -o new.xlsx", 2, "the index is a .parquet file"),
    ("index list.csv -o \udcff.parquet", 10, "is not UTF-8"),
    ("index list.csv -o link.parquet", 10, "is a link"),
    ("index list.csv -o bread.txt/new.parquet", 10, "File exists"),
    ("index addresses.csv -o new.parquet", 0, "letter_url 'http://[bad/x.pdf'"),
    ("index bad.parquet -o new.parquet", 3, "cannot be read as Parquet"),
    ("index bad.webarchive -o new.parquet", 3, "is no web archive"),
    ("index bad.zip -o new.parquet", 3, "archive"),
    ("fetch list.csv \udcff", 10, "is not UTF-8"),
    ("fetch list.csv link", 10, "is a link"),
    ("fetch list.csv bread.txt", 10, "exists"),
    ("fetch bad.parquet new", 3, "cannot be read as Parquet"),
    ("build letters \udcff", 10, "is not UTF-8"),
    ("build letters link", 10, "is a link"),
    ("build letters linked_table", 10, "is a link"),
    ("build letters dangling", 10, "is a link"),
    ("build letters damaged_documents", 5, "was changed"),
    ("build letters no_documents", 5, "is missing"),
    ("build letters foreign_step", 5, "cannot be read"),
    ("build letters foreign_manifest", 5, "is damaged"),
    ("build letters locked_by_folder", 10, "cannot be locked"),
    ("build letters foreign_place", 0, "no document is new or changed"),
    ("build letters bread.txt", 5, "is not a folder"),
    ("build letters bread.txt/new", 10, "Not a directory"),
    ("build letters " + "x" * 300, 10, "too long"),
    ("build letters new --workers 0", 2, "greater than or equal to 1"),
    ("build letters new --workers 999999999999999999999999", 2, "1024"),
    ("build letters new --ocr perhaps", 8, "there are: never, auto, always"),
    ("build bad.zip new", 1, "1 quarantined"),
    ("build dangling new", 3, "no such file"),
    ("versions foreign_manifest", 5, "is damaged"),
    ("versions \udcff", 5, "there is no such folder"),
    ("versions letters", 5, "is not a built dataset"),
    ("versions " + "x" * 300, 5, "there is no such folder"),
    ("verify data --version -1", 5, "keeps no version -1"),
    ("verify damaged_decisions", 5, "was changed after it was committed"),
    ("correct data empty.csv", 6, "lack the columns"),
    ("correct data cells.csv", 6, "lack the columns"),
    ("correct data large.csv", 6, "it is too large"),
    ("correct data infinite.csv", 6, "quantity"),
    ("correct data long.csv", 6, "cannot be read as CSV"),
    ("correct data twice.csv", 6, "two columns named column"),
    ("correct data letters", 3, "this is a folder"),
    ("correct data bad.zip", 6, "is a workbook"),
    ("correct no_documents list.csv", 6, "lack the columns"),
    ("export data \udcff.csv", 10, "is not UTF-8"),
    ("export data link.csv", 0, "link_letters.csv"),
    ("export data .csv", 8, "known format"),
    ("export data new.csv --version 9", 5, "keeps no version 9"),
    ("export letters new.csv --version 1", 5, "not a built dataset"),
    ("export damaged_decisions new.csv", 5, "was changed"),
    ("check \udcff", 3, "no such file"),
    ("check bad.zip", 1, "damaged_archive"),
    ("check " + "[" * 3000, 3, "no file matches"),
    ("check letters --ocr perhaps", 8, "there are: never"),
    ("show letters", 3, "folder"),
    ("show bad.zip", 3, "archive"),
    ("diff data damaged_decisions", 5, "was changed"),
    ("report data -o link", 10, "is a link"),
    ("report data -o linked_results", 10, "is a link"),
    ("report data -o \udcff", 10, "is not UTF-8"),
    ("report data -o bread.txt", 10, "is a file"),
    ("report data -o new --engine perhaps", 8, "there are: pandas"),
    ("report damaged_decisions -o new", 5, "cannot be read"),
    ("notebooks link", 10, "is a link"),
    ("notebooks \udcff", 10, "is not UTF-8"),
    ("notebooks bread.txt/new", 10, "Not a directory"),
    ("schemas link", 10, "is a link"),
    ("schemas bread.txt", 10, "Not a directory"),
    ("synthesize 1 dangling", 10, "exists"),
    ("synthesize 1 no/new.zip", 10, "No such file"),
    ("synthesize 0 new", 2, "greater than or equal to 1"),
    ("--nothing", 2, "No such option"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the files, links and damaged datasets that the commands name."""
    place = tmp_path_factory.mktemp("hostile")
    for name, content in FILES.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(content)
    imrdata.build(place / "letters", place / "data", 1)

    def copy(name: str) -> Path:
        return Path(shutil.copytree(place / "data", place / name))

    for table in ("documents", "decisions"):
        (file,) = (copy(f"damaged_{table}") / table).iterdir()
        file.write_bytes(b"x" * file.stat().st_size)
    shutil.rmtree(copy("no_documents") / "documents")
    (copy("foreign_manifest") / "manifest.json").write_text("[]")
    (copy("foreign_place") / ".build" / "place").write_bytes(b"\xff")
    step = copy("foreign_step") / ".build" / "00000099"
    step.mkdir()
    (step / "documents.parquet").write_bytes(b"x")
    lock = copy("locked_by_folder") / ".build" / "lock"
    lock.unlink()
    lock.mkdir()
    (place / "elsewhere").mkdir()
    shutil.rmtree(copy("linked_table") / "letters")
    (place / "linked_results").mkdir()
    for link in ("link", "linked_table/letters", "linked_results/results", "link.parquet", "link.csv"):
        (place / link).symlink_to(place / "elsewhere")
    (place / "dangling").symlink_to(place / "nothing")
    return place


@pytest.mark.parametrize(("line", "code", "words"), COMMANDS, ids=[line[:60] for line, _, _ in COMMANDS])
def test_hostile_command_line(line: str, code: int, words: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    arguments = [part for one in line.split(" ") for part in (SEARCH if one == "SEARCH" else (one,))]
    before = set(place.rglob("*"))
    result = CliRunner().invoke(app, arguments)
    said = " ".join(f"{result.stdout} {result.stderr}".split())
    assert (result.exit_code, words in said) == (code, True), said
    assert not any((place / "elsewhere").iterdir()), "written through a link"
    made = set(place.rglob("*")) - before
    assert code < 2 or not [path for path in made if path.is_file() and not path.name.endswith("lock")]
    for path in sorted(made, reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in which `imrdata` is the command line."""
    function = f'imrdata() {{ "{sys.executable}" -W ignore -c "from imrdata.cli import app; app()" "$@"; }}'
    environment = {"PYTHONPATH": str(Path(imrdata.__file__).parents[1])}
    command = ["bash", "-o", "pipefail", "-c", f"{function}\n{script}"]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def test_output_that_cannot_be_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (place / "lettre é.txt").write_text("bread")
    done = shell("imrdata versions data | true; echo $?; imrdata --help | true; echo $?")
    assert (done.stdout, done.stderr) == ("141\n141\n", "")
    done = shell("imrdata versions data > /dev/full; echo $?")
    assert (done.stdout, "No space left on device" in done.stderr) == ("10\n", True)
    done = shell("PYTHONIOENCODING=ascii imrdata check 'lettre é.txt'; echo $?")
    assert ("lettre \\xe9.txt" in done.stdout, done.stdout[-2:], done.stderr) == (True, "1\n", "")


def test_a_bug_of_the_package_has_its_own_exit_code(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imrdata.datasets.history.versions", lambda _: {}["missing"])
    result = CliRunner().invoke(app, ["versions", str(place / "data")])
    assert (result.exit_code, "This is a bug" in result.stderr, "KeyError" in result.stderr) == (15, True, True)
