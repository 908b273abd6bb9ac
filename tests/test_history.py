"""Test versions of a built dataset: they are kept, read, verified and removed; folders may have any name."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest
from test_builds import content, letter, overturned

import imrdata
from imrdata.datasets import store
from imrdata.datasets.builds import commit
from imrdata.resources import reader_version
from imrdata.tables.columns import TABLES, sort_key


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"{number}.txt").write_text(letter(number))
    return folder


@pytest.fixture
def dataset(source: Path, tmp_path: Path) -> Path:
    """Build three versions: three letters, a fourth letter, and another outcome in the second letter."""
    dest = tmp_path / "data"
    imrdata.build(source, dest)
    (source / "4.txt").write_text(letter(4))
    imrdata.build(source, dest)
    (source / "2.txt").write_text(overturned(2))
    imrdata.build(source, dest)
    return dest


def outcomes(dest: Path, version: int | None = None) -> list[tuple[str, int, str]]:
    frame = imrdata.load_decisions(dest, version=version)
    return frame.select("case_number", "request_number", pl.col("outcome").cast(pl.String)).rows()


def test_each_version_can_be_read_as_it_was(dataset: Path, source: Path) -> None:
    table = imrdata.versions(dataset)
    assert table.select("version", "letter_count", "decision_count", "document_count").rows() == [
        (1, 3, 6, 3),
        (2, 4, 8, 4),
        (3, 4, 8, 4),
    ]
    assert table["imrdata_version"].unique().to_list() == [reader_version()]
    assert table["committed_at"].is_sorted()
    first, second, third = (outcomes(dataset, number) for number in (1, 2, 3))
    assert (len(first), len(second)) == (6, 8)
    assert first == second[:6]
    assert third == outcomes(dataset)
    assert [one for one in third if one not in second] == [("CM16-0000002", 1, "Overturned")]
    assert imrdata.load(dataset, version=2).version == 2
    assert imrdata.scan_letters(dataset, version=1).collect().height == 3
    assert imrdata.build(source, dataset).is_unchanged
    assert [outcomes(dataset, number) for number in (1, 2, 3)] == [first, second, third]


def test_rows_are_in_the_order_of_their_keys_from_every_door(dataset: Path, source: Path) -> None:
    read, built = imrdata.load(source), imrdata.load(dataset)
    for table in TABLES:
        frame = getattr(built, table)
        assert frame.equals(getattr(read, table)), table
        assert frame.equals(frame.sort(sort_key(table), maintain_order=True))
        assert store.scan(dataset, table).collect().equals(frame)


def test_many_small_builds_are_merged_into_few_files_that_equal_one_build(source: Path, tmp_path: Path) -> None:
    dest = tmp_path / "data"
    for number in (9, 2, 7, 4, 8, 1, 6, 3, 5, 12, 11, 10):
        (source / f"{number}.txt").write_text(letter(number))
        imrdata.build(source, dest)
    assert len(imrdata.dataset_files(dest, "decisions")) <= commit.SMALL_FILES + 1
    imrdata.build(source, tmp_path / "whole")
    assert content(dest) == content(tmp_path / "whole")
    assert outcomes(dest) == outcomes(tmp_path / "whole")


def test_each_document_is_stored_once_in_few_files(source: Path, tmp_path: Path) -> None:
    dest = tmp_path / "data"
    for number in range(10, 23):
        (source / f"{number}.txt").write_text(letter(number))
        (source / "1.txt").write_text(letter(number + 100))
        imrdata.build(source, dest, workers=1)
    (source / "22.txt").unlink()
    imrdata.build(source, dest, workers=1, forget_missing=True)
    files = store.committed(dest).files["documents"]
    documents = store.scan_files(dest, files).collect()
    assert len(files) <= commit.SMALL_FILES + 1
    assert documents["source"].sort().to_list() == sorted(map(str, source.iterdir()))
    assert documents.filter(source=str(source / "1.txt"))["case_number"].to_list() == ["CM16-0000122"]
    assert sum(file.rows for file in files) == documents.height


def test_more_letters_than_are_sorted_at_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "KEYS_A_RANGE", 2)
    monkeypatch.setattr(commit, "ROWS_A_FILE", 5)
    for number in range(4, 12):
        (source / f"{20 - number}.txt").write_text(letter(number))
    imrdata.build(source, tmp_path / "data")
    assert outcomes(tmp_path / "data") == sorted(outcomes(tmp_path / "data"))
    files = imrdata.dataset_files(tmp_path / "data", "decisions")
    assert [pl.read_parquet(file).height for file in files] == [5, 5, 5, 5, 2]
    imrdata.verify(tmp_path / "data")


def test_a_version_that_is_not_kept_is_an_error(dataset: Path, source: Path) -> None:
    with pytest.raises(imrdata.errors.DatasetError, match="keeps no version 4"):
        imrdata.load_decisions(dataset, version=4)
    with pytest.raises(imrdata.errors.DatasetError, match="is not a built dataset; others have no versions"):
        imrdata.load(source, version=1)
    with pytest.raises(TypeError, match="a version is a whole number, not '1'"):
        imrdata.load(dataset, version="1")  # type: ignore[arg-type]
    with pytest.raises(imrdata.errors.DatasetError, match="is not a built dataset"):
        imrdata.versions(source)


# --- files of a version ---


def test_the_files_of_a_table_hold_its_rows_once(dataset: Path) -> None:
    every = sorted((dataset / "decisions").iterdir())
    files = imrdata.dataset_files(dataset, "decisions")
    assert len(files) < len(every)  # the folder also has those of other versions
    by_hand = pl.concat(pl.read_parquet(file) for file in files).sort("case_number", "request_number")
    assert by_hand.equals(imrdata.load_decisions(dataset))
    assert len(imrdata.dataset_files(dataset, "decisions", version=1)) == 1
    assert imrdata.dataset_files(dataset, "quarantine") == []
    with pytest.raises(imrdata.errors.UnknownTermError, match="no table 'documents'"):
        imrdata.dataset_files(dataset, "documents")


# --- verify ---


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flip, "was changed after it was committed"),
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(file.read_bytes() + b"x"), "bytes instead of"),
    ],
)
@pytest.mark.parametrize("table", ["letters", "documents"])
def test_a_file_that_was_changed_is_found(
    dataset: Path, source: Path, damage: Callable[[Path], object], words: str, table: str
) -> None:
    imrdata.verify(dataset)
    damage(dataset / store.committed(dataset).files[table][0].path)
    (source / "5.txt").write_text(letter(5))
    doors = [imrdata.verify, lambda dest: imrdata.build(source, dest)]
    if table == "letters":
        doors += [imrdata.load, imrdata.load_letters, lambda dest: imrdata.load_letters(dest, columns=["priority"])]
    for door in doors:
        with pytest.raises(imrdata.errors.DatasetError, match=words):
            door(dataset)
    assert imrdata.versions(dataset).height == 3


def test_every_bit_of_a_file_counts(dataset: Path) -> None:
    rng = random.Random(3)
    for table in ("letters", "decisions", "citations"):
        path = dataset / store.committed(dataset).files[table][0].path
        content = path.read_bytes()
        for bit in rng.sample(range(8 * len(content)), 10):
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            with pytest.raises(imrdata.errors.DatasetError, match="was changed after it was committed"):
                imrdata.load(dataset)
        path.write_bytes(content)
    imrdata.load(dataset)


def remove_oldest_letters(dataset: Path) -> None:
    new = store.committed(dataset).paths()
    (dataset / next(path for path in store.committed(dataset, 1).paths() if path not in new)).unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: (data / "manifests/00000001.json").write_text("{"), "00000001.json is damaged"),
        (lambda data: shutil.copy(data / "manifests/00000002.json", data / "manifests/00000001.json"), "of version 2"),
        (lambda data: shutil.copy(data / "manifest.json", data / "manifests/00000003.json"), None),
        (lambda data: (data / "manifests/00000003.json").unlink(), "keeps no version 3"),
        (lambda data: (data / "manifests/00000003.json").write_text("[]"), "00000003.json is damaged"),
        (remove_oldest_letters, "is missing"),
    ],
)
def test_the_manifests_and_files_of_all_kept_versions_are_verified(
    dataset: Path, damage: Callable[[Path], object], words: str | None
) -> None:
    damage(dataset)
    with pytest.raises(imrdata.errors.DatasetError, match=words) if words else nullcontext():
        imrdata.verify(dataset)
    rows = outcomes(dataset)
    if words in (None, "keeps no version 3", "is missing"):
        imrdata.vacuum(dataset, keep_versions=1)
    assert outcomes(dataset) == rows


def test_a_manifest_that_lost_a_file_does_not_add_up(dataset: Path) -> None:
    manifest = dataset / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"document_count": 4', '"document_count": 5'))
    with pytest.raises(imrdata.errors.DatasetError, match="5 documents were read, but there are 4 letters"):
        imrdata.load(dataset)
    with pytest.raises(imrdata.errors.DatasetError, match="5 documents were read"):
        imrdata.verify(dataset)


def test_a_table_that_has_more_or_fewer_rows_than_committed_is_an_error(dataset: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())
    manifest["files"]["decisions"][0]["rows"] += 1
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    for columns in (None, ["outcome"]):
        with pytest.raises(imrdata.errors.DatasetError, match="the table decisions has 8 rows instead of 9"):
            imrdata.load_decisions(dataset, columns=columns)


@pytest.mark.parametrize("words", ["", "{}", "[]", "\x00\x01", '{"format": "another"}'])
def test_a_damaged_manifest_is_an_error_and_never_an_empty_frame(dataset: Path, words: str) -> None:
    (dataset / "manifest.json").write_text(words)
    for read in (imrdata.load, imrdata.load_decisions, imrdata.scan_decisions, imrdata.verify, imrdata.versions):
        with pytest.raises(imrdata.errors.DatasetError, match="manifest"):
            read(dataset)


def test_another_programs_manifest_makes_no_dataset(source: Path) -> None:
    (source / "manifest.json").write_text('{"name": "a web page"}')
    assert imrdata.load(source).letters.height == 3


# --- vacuum ---


def test_vacuum_removes_old_versions_and_the_files_that_only_they_name(dataset: Path) -> None:
    before = {path: path.stat().st_size for path in dataset.rglob("*.parquet")}
    rows = outcomes(dataset)
    report = imrdata.vacuum(dataset, keep_versions=2)
    assert report.removed_versions == (1,)
    assert imrdata.versions(dataset)["version"].to_list() == [2, 3]
    imrdata.verify(dataset, version=2)
    report = imrdata.vacuum(dataset, keep_versions=0)
    assert report.removed_versions == (2,)
    gone = set(before) - set(dataset.rglob("*.parquet"))
    assert (report.file_count, report.byte_count) == (len(gone), sum(before[path] for path in gone))
    assert report.file_count > 0
    assert outcomes(dataset) == rows
    imrdata.verify(dataset)
    with pytest.raises(imrdata.errors.DatasetError, match="keeps no version 2"):
        imrdata.load(dataset, version=2)


def test_vacuum_by_days_keeps_what_is_young(dataset: Path) -> None:
    assert imrdata.vacuum(dataset, keep_days=1).removed_versions == ()
    assert imrdata.vacuum(dataset, keep_days=0).removed_versions == (1, 2)


def test_vacuum_wants_to_know_what_to_keep(dataset: Path) -> None:
    with pytest.raises(ValueError, match="say what to keep"):
        imrdata.vacuum(dataset)
    with pytest.raises(ValueError, match="is from 0 to 36,500"):
        imrdata.vacuum(dataset, keep_versions=-1)


def test_files_that_a_stopped_commit_left_are_deleted_by_the_next_build(dataset: Path, source: Path) -> None:
    stray = dataset / "letters" / "00000099-00000.parquet"
    shutil.copy(imrdata.dataset_files(dataset, "letters")[0], stray)
    assert imrdata.build(source, dataset).is_unchanged
    assert not stray.exists()
    for number in (1, 2, 3):
        imrdata.verify(dataset, version=number)


# --- folders of any name ---

NAMES = ["letters [2016]", "year=2016", "outcome=Upheld", "a?b*c", "{x,y}", "100% #1", 'it\'s "q"', "é ü 法", "a b"]


@pytest.mark.parametrize("name", NAMES)
def test_no_path_is_a_pattern_and_no_name_means_anything(source: Path, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.mkdir()
    shutil.copytree(source, place / "letters")
    dest = place / name
    imrdata.build(place / "letters", dest)
    (place / "letters" / "4.txt").write_text(letter(4))
    imrdata.build(place / "letters", dest)
    assert imrdata.load(dest).letters.height == imrdata.load(place / "letters").letters.height == 4
    assert imrdata.load_decisions(dest, version=1).height == 6
    assert imrdata.scan_decisions(dest).collect().height == 8
    assert len(imrdata.dataset_files(dest, "decisions")) > 0
    imrdata.verify(dest)
    imrdata.vacuum(dest, keep_versions=1)
    imrdata.verify(dest)


def test_a_folder_whose_name_would_match_another_as_a_pattern_reads_its_own(source: Path, tmp_path: Path) -> None:
    imrdata.build(source, tmp_path / "run1")
    (source / "4.txt").write_text(letter(4))
    imrdata.build(source, tmp_path / "run?")
    assert imrdata.load(tmp_path / "run?").letters.height == 4
