"""Test that load and build account for every document: read, quarantined, or counted as skipped."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import LETTER

import imrdata
from imrdata.datasets import sources
from imrdata.datasets.file_kinds import kind_of
from imrdata.datasets.sources import document_at, documents
from imrdata.errors import ImrDataWarning

pytestmark = pytest.mark.filterwarnings("ignore::imrdata.errors.ImrDataWarning")


def letter(number: int) -> str:
    return LETTER.replace("CM16-0000123", f"CM16-{number:07d}")


def accounted(source: object, dest: Path) -> tuple[int, list[tuple[str, str]], int | None]:
    """Check that load and build agree; return letters, quarantined names with reasons, and skipped files."""
    data = imrdata.load(source)  # type: ignore[arg-type]
    report = imrdata.build(source, dest)  # type: ignore[arg-type]
    built = imrdata.load(dest)
    for one in (data, built):
        assert one.document_count == one.letters.height + one.quarantine.height + one.duplicate_count
    names = ["source", "reason"]
    told = sorted((Path(name).name, reason) for name, reason in data.quarantine.select(names).iter_rows())
    assert sorted((Path(name).name, reason) for name, reason in built.quarantine.select(names).iter_rows()) == told
    assert (report.letter_count, report.skipped_count) == (data.letters.height, data.skipped_count)
    assert imrdata.build(source, dest).is_unchanged  # type: ignore[arg-type]
    return data.letters.height, told, data.skipped_count


# --- PATHS THAT DO NOT EXIST --- #


@pytest.mark.parametrize(
    ("named", "reason", "words"),
    [
        ("nowhere.pdf", "missing_path", "no such file or folder"),
        ("", "missing_path", "the path is empty"),
        (" ", "missing_path", "the path is empty"),
        ("*.pdf", "no_letters", "no file matches"),
        ("empty", "no_letters", "holds no letters"),
        ("tables", "no_letters", "holds no letters"),
        ("x" * 5000, "missing_path", "no such file or folder"),
        ("a\0b", "missing_path", "no such file or folder"),
        ("Case Number: CM16-0000123", "missing_path", "must contain a line break"),
        ("https://example.org/CM16-0000123.pdf", "an_address", "is a URL"),
        ("~/nowhere.pdf", "missing_path", "no such file or folder"),
    ],
)
def test_a_place_that_is_not_there_is_an_error(
    named: str, reason: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "index.csv").write_text("a,b")
    (tmp_path / "good.txt").write_text(LETTER)
    calls: list[Callable[[], object]] = [
        lambda: imrdata.load(named),
        lambda: imrdata.load(["good.txt", named]),
        lambda: imrdata.load_decisions(named),
        lambda: imrdata.build(["good.txt", named], tmp_path / "data"),
    ]
    if named not in ("empty", "tables"):
        calls.append(lambda: imrdata.read_letter(named))
    for call in calls:
        with pytest.raises(imrdata.errors.SourceError, match=words) as caught:
            call()
        assert caught.value.reason == reason
    assert not (tmp_path / "data").exists()


def test_the_home_folder_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "good.txt").write_text(LETTER)
    assert imrdata.load("~/good.txt").letters["source"].to_list() == [str(tmp_path / "good.txt")]
    assert imrdata.load("~/*.txt").letters.height == 1


def test_one_letter_is_no_folder_and_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(LETTER)
    with pytest.raises(imrdata.errors.SourceError, match="is a folder, not a letter") as caught:
        imrdata.read_letter(tmp_path)
    assert caught.value.reason == "a_folder"
    with pytest.raises(imrdata.errors.SourceError, match="there is no such folder"):
        imrdata.scan_letters(tmp_path / "nowhere")


# --- FOLDERS --- #


def test_files_are_read_told_or_counted(tmp_path: Path) -> None:
    place = tmp_path / "letters"
    contents = {
        "a.txt": letter(1),
        "b/c.txt": letter(2),
        "CM16-0000004.jpg": "a scan",
        "CM16-0000005.xml": "<letter/>",
        "CM16-0000006.log": "a log",
        "letter.doc": "?",
        "logo.png": "a picture",
        "index.csv": "a,b",
        ".hidden.txt": letter(3),
        ".hidden/d.txt": letter(3),
        "~$letter.doc": "Word's own",
    }
    for name, content in contents.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content)
    names = ["CM16-0000004.jpg", "CM16-0000005.xml", "CM16-0000006.log", "letter.doc"]
    assert accounted(place, tmp_path / "data") == (2, [(name, "unknown_kind") for name in names], 5)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_told(tmp_path: Path) -> None:
    place, outside = tmp_path / "letters", tmp_path / "outside"
    (place / "sub").mkdir(parents=True)
    outside.mkdir()
    (place / "sub" / "a.txt").write_text(letter(1))
    (outside / "b.txt").write_text(letter(2))
    (place / "loop.txt").symlink_to("loop.txt")
    (place / "loop").symlink_to(place)
    (place / "again").symlink_to(place / "sub")
    (place / "out").symlink_to(outside)
    (place / "gone.txt").symlink_to(place / "nothing.txt")
    told = [
        ("again", "linked_folder"),
        ("gone.txt", "missing_path"),
        ("loop", "linked_folder"),
        ("loop.txt", "unreadable"),
        ("out", "link_leaves_folder"),
    ]
    assert accounted(place, tmp_path / "data") == (1, told, 0)


def test_a_folder_that_cannot_be_read_ends_no_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "letters"
    for name in ("a", "locked", "z"):
        (place / name).mkdir(parents=True)
        (place / name / f"{name}.txt").write_text(letter(ord(name[0])))
    listing = os.scandir

    def scandir(folder: object) -> object:
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return listing(folder)

    monkeypatch.setattr(sources.os, "scandir", scandir)
    assert accounted(place, tmp_path / "data") == (2, [("locked", "unreadable")], 0)
    assert accounted(place / "locked", tmp_path / "data2") == (0, [("locked", "unreadable")], 0)


@pytest.mark.skipif(os.name == "nt", reason="names are text on Windows")
def test_a_name_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    place = tmp_path / "letters"
    place.mkdir()
    (place / "a.txt").write_text(letter(1))
    try:
        Path(os.fsdecode(os.fsencode(place) + b"/caf\xe9.txt")).write_text(letter(2))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert accounted(place, tmp_path / "data") == (1, [("caf\\xe9.txt", "name_not_utf8")], 0)


# --- ARCHIVES --- #


def test_members_of_one_name_are_all_read(tmp_path: Path) -> None:
    archive = tmp_path / "letters.zip"
    with zipfile.ZipFile(archive, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, name in enumerate(["a.txt", "a.txt", "a.txt!2", "a.txt", "b.txt"], start=1):
            made.writestr(name, letter(number) if number != 4 else "bread")
    told = [("letters.zip!a.txt!2!2", "unknown_kind"), ("letters.zip!a.txt!3", "not_a_letter")]
    assert accounted(archive, tmp_path / "data") == (3, told, 0)
    listed = list(documents(archive))
    assert [one.name.rpartition("zip!")[2] for one in listed] == ["a.txt", "a.txt!2", "a.txt!2!2", "a.txt!3", "b.txt"]
    assert len({one.listed().identity for one in listed}) == len(listed)
    for one in listed:
        if one.problem is None:
            assert document_at(one.name, one.listed().identity).read() == one.read()


def test_what_a_table_calls_a_letter_can_be_given_back(tmp_path: Path) -> None:
    archive = tmp_path / "letters!.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("sub/a.txt", letter(1))
        made.writestr("b.txt", letter(2))
    for row in imrdata.load(archive).letters.iter_rows(named=True):
        assert imrdata.read_letter(row["source"]).case_number == row["case_number"]
    with pytest.raises(imrdata.errors.SourceError, match="no longer has this member"):
        imrdata.read_letter(f"{archive}!c.txt")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PDF", "letter"),
        ("sub/a.htm", "letter"),
        ("a.zip", "archive"),
        ("a.tif", "unknown"),
        ("scan.jpeg", "none"),
        ("IMR 16-0000123.jpeg", "unknown"),
        ("CM16-0000123.json", "unknown"),
        (".git/a.txt", "none"),
        ("../a.txt", "letter"),
        ("no suffix", "unknown"),
    ],
)
def test_kinds_by_name(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_the_warning_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J\x9b.txt").write_text("bread")
    with pytest.warns(ImrDataWarning) as told:
        imrdata.load(tmp_path)
    assert "a\\x1b[2J\\x9b.txt" in str(told[0].message)
    (tmp_path / "b\x1b[2J.txt").write_text(LETTER)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as made:
        made.writestr("d\x1b[2J.txt", LETTER.replace("CM16-0000123", "CM16-0000124"))
    with pytest.warns(ImrDataWarning, match="quarantine"):
        data = imrdata.load(tmp_path)
    sources = [name.rpartition("/")[2] for name in data.letters["source"]]
    assert sources == ["b\\x1b[2J.txt", "c.zip!d\\x1b[2J.txt"]
    for row in data.letters.iter_rows(named=True):  # what a table calls a letter can be given back
        assert imrdata.read_letter(row["source"]).case_number == row["case_number"]
    assert not set(repr(data.quarantine) + repr(data.letters)) & set("\x1b\x9b")
