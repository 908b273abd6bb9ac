"""Test builds: repeated, stopped, or in another order, they give the same content, with nothing lost or doubled."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER

import imrdata
import imrdata.spark
from imrdata.datasets import store
from imrdata.datasets.builds import BuildReport, commit, engine, local
from imrdata.synthetic import render, synthesize
from imrdata.tables.columns import SCHEMA_VERSION, TABLES, schema


def letter(number: int) -> str:
    return LETTER.replace("CM16-0000123", f"CM16-{number:07d}")


def overturned(number: int) -> str:
    return letter(number).replace(": Upheld", ": Overturned")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write twenty letters, a copy of one, two that contradict each other, and a file that is not a letter."""
    place = tmp_path / "letters"
    place.mkdir()
    for number in range(1, 21):
        (place / f"{number:02d}.txt").write_text(letter(number))
    (place / "copy.txt").write_text(letter(7))
    (place / "one.txt").write_text(letter(500))
    (place / "other.txt").write_text(letter(500).replace("Left knee pain", "Right knee pain").replace("left", "right"))
    (place / "shopping.txt").write_text("bread, milk")
    return place


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "DOCUMENTS_A_STEP", 8)
    monkeypatch.setattr("imrdata.datasets.workers.LETTERS_A_BATCH", 4)


def content(dest: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, in an order that does not depend on the files."""
    return {table: sorted(store.read(dest, table).rows(), key=repr) for table in TABLES}


def counts(report: BuildReport) -> tuple[int, int, int, int]:
    return report.document_count, report.letter_count, report.quarantined_count, report.duplicate_count


def test_a_build_has_the_rows_of_load(folder: Path, tmp_path: Path) -> None:
    report = imrdata.build(folder, tmp_path / "data", workers=1)
    assert counts(report) == (24, 20, 3, 1)
    with pytest.warns(imrdata.ImrDataWarning):
        data = imrdata.load(folder)
    built = imrdata.load(tmp_path / "data")
    for table in TABLES:
        in_memory, on_disk = getattr(data, table), getattr(built, table)
        assert in_memory.schema == on_disk.schema == schema(table)
        assert in_memory.equals(on_disk), table
    assert (built.document_count, built.duplicate_count) == (data.document_count, data.duplicate_count)
    assert built.quarantine["reason"].sort().to_list() == ["conflicting_letters", "conflicting_letters", "not_a_letter"]


def test_workers_and_order_change_nothing(folder: Path, tmp_path: Path) -> None:
    imrdata.build(folder, tmp_path / "a", workers=1)
    files = [str(path) for path in folder.iterdir()]
    random.Random(3).shuffle(files)
    imrdata.build(files, tmp_path / "b", workers=3)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_again_does_nothing_but_say_so(folder: Path, tmp_path: Path) -> None:
    first = imrdata.build(folder, tmp_path / "data")
    files = sorted(tmp_path.joinpath("data").rglob("*.parquet"))
    manifest = (tmp_path / "data" / "manifest.json").read_bytes()
    second = imrdata.build(folder, tmp_path / "data")
    assert second.is_unchanged
    assert second.read_count == 0
    assert str(second).startswith("no document is new or changed; ")
    assert counts(second) == counts(first)
    assert (tmp_path / "data" / "manifest.json").read_bytes() == manifest
    assert sorted(tmp_path.joinpath("data").rglob("*.parquet")) == files


def test_new_letters_are_added_without_reading_old_ones(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imrdata.build(folder, tmp_path / "data")
    (folder / "new.txt").write_text(letter(900))
    asked: list[str] = []
    whole = local.read_batches

    def spy(documents: object, workers: object = None) -> object:
        def named() -> object:
            for document in documents:  # type: ignore[attr-defined]
                asked.append(document.name)
                yield document

        return whole(named(), workers)  # type: ignore[arg-type]

    monkeypatch.setattr(local, "read_batches", spy)
    report = imrdata.build(folder, tmp_path / "data")
    assert asked == [str(folder / "new.txt")]
    assert counts(report) == (25, 21, 3, 1)
    imrdata.build(folder, tmp_path / "whole")
    assert content(tmp_path / "data") == content(tmp_path / "whole")


def test_letters_that_are_gone_keep_their_rows(folder: Path, tmp_path: Path) -> None:
    imrdata.build(folder, tmp_path / "data")
    before = content(tmp_path / "data")
    (folder / "03.txt").unlink()
    assert imrdata.build(folder, tmp_path / "data").is_unchanged
    assert content(tmp_path / "data") == before


CHANGES: dict[str, Callable[[Path], object]] = {
    "another outcome": lambda f: (f / "05.txt").write_text(overturned(5)),
    "another case": lambda f: (f / "05.txt").write_text(letter(905)),
    "a copy of another letter": lambda f: (f / "05.txt").write_text(letter(6)),
    "in conflict with another letter": lambda f: (f / "05.txt").write_text(
        letter(6).replace(": Upheld", ": Overturned")
    ),
    "no letter any more": lambda f: (f / "05.txt").write_text("bread"),
    "a letter at last": lambda f: (f / "shopping.txt").write_text(letter(906)),
    "no conflict any more": lambda f: (f / "other.txt").write_text(letter(907)),
    "the copied letter": lambda f: (f / "07.txt").write_text(letter(908)),
    "no letter, but a copy is there": lambda f: (f / "07.txt").write_text("milk"),
    "the same words in other bytes": lambda f: (f / "05.txt").write_text(letter(5) + "\n\n"),
    "a further copy that sorts first": lambda f: (f / "00.txt").write_text(letter(9)),
    "a third that contradicts": lambda f: (f / "third.txt").write_text(letter(500).replace("Upheld", "Overturned")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_letter_replaces_its_rows(folder: Path, tmp_path: Path, change: str) -> None:
    imrdata.build(folder, tmp_path / "data")
    before = content(tmp_path / "data")
    CHANGES[change](folder)
    imrdata.build(folder, tmp_path / "data")
    imrdata.build(folder, tmp_path / "whole")
    assert content(tmp_path / "data") == content(tmp_path / "whole")
    assert content(tmp_path / "data") != before or "other bytes" in change
    assert imrdata.load(tmp_path / "data").letters.height == store.committed(tmp_path / "data").rows("letters")


@pytest.mark.parametrize("names", [("b.txt", "a.txt"), ("a.txt", "b.txt")])
def test_of_copies_the_first_by_name_stands_for_the_letter(tmp_path: Path, names: tuple[str, str]) -> None:
    place = tmp_path / "letters"
    place.mkdir()
    for name in names:
        (place / name).write_text(letter(1))
        report = imrdata.build(place, tmp_path / "data", workers=1)
    assert counts(report) == (2, 1, 0, 1)
    assert imrdata.load_letters(tmp_path / "data")["source"].to_list() == [str(place / "a.txt")]


def test_of_copies_in_one_build_the_first_by_name_is_read_once(tmp_path: Path) -> None:
    place = tmp_path / "letters"
    (place / "z").mkdir(parents=True)
    for name in ("z/a.txt", "b.txt", "z/c.txt"):
        (place / name).write_text(letter(1))
    report = imrdata.build(place, tmp_path / "data", workers=1)
    assert (report.read_count, counts(report)) == (3, (3, 1, 0, 2))
    assert imrdata.load_letters(tmp_path / "data")["source"].to_list() == [str(place / "b.txt")]


def test_many_changes_in_a_row_end_where_one_build_ends(folder: Path, tmp_path: Path) -> None:
    rng = random.Random(11)
    imrdata.build(folder, tmp_path / "data")
    for step in range(12):
        for _ in range(3):
            path = folder / f"{rng.randrange(1, 26):02d}.txt"
            text = letter(rng.randrange(1, 12))
            path.write_text(
                rng.choice([text, text, text.replace(": Upheld", ": Overturned"), "bread", text + f" {step}."])
            )
        imrdata.build(folder, tmp_path / "data")
        whole = tmp_path / f"whole{step}"
        report = imrdata.build(folder, whole)
        assert content(tmp_path / "data") == content(whole), step
        assert report.document_count == report.letter_count + report.quarantined_count + report.duplicate_count


def test_quarantined_letters_are_tried_again_by_another_version(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imrdata.build(folder, tmp_path / "data")
    monkeypatch.setattr("imrdata.datasets.builds.engine.reader_version", lambda: "99.0.0")
    report = imrdata.build(folder, tmp_path / "data")
    assert report.read_count == 3  # one that is not a letter, two in conflict
    assert imrdata.build(folder, tmp_path / "data").read_count == 0


def test_a_stopped_build_goes_on_and_reads_nothing_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine.make_step

    def stopping(dest: Path, number: int, *others: object) -> object:
        step = made(dest, number, *others)  # type: ignore[arg-type]
        if number == 2:
            raise KeyboardInterrupt
        return step

    with monkeypatch.context() as patch:
        patch.setattr(engine, "make_step", stopping)
        with pytest.raises(KeyboardInterrupt):
            imrdata.build(folder, tmp_path / "data")
    with pytest.raises(imrdata.errors.DatasetError, match="has not finished"):
        imrdata.load_decisions(tmp_path / "data")
    report = imrdata.build(folder, tmp_path / "data")
    assert report.read_count == 24 - 16
    imrdata.build(folder, tmp_path / "whole")
    assert content(tmp_path / "data") == content(tmp_path / "whole")


def test_a_full_disk_costs_no_letter(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for place in (
        "imrdata.datasets.builds.commit.write_whole",
        "imrdata.datasets.builds.commit.write_manifest",
        "imrdata.datasets.system.os.fsync",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            with pytest.raises(OSError, match="No space left"):
                imrdata.build(folder, tmp_path / "data")
    imrdata.build(folder, tmp_path / "data")
    imrdata.build(folder, tmp_path / "whole")
    assert content(tmp_path / "data") == content(tmp_path / "whole")


def test_a_second_build_is_refused(folder: Path, tmp_path: Path) -> None:
    imrdata.build(folder, tmp_path / "data")
    other = sqlite3.connect(tmp_path / "data" / ".build" / "lock", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(imrdata.errors.DatasetError, match="another program writes to") as refused:
            imrdata.build(folder, tmp_path / "data")
    finally:
        other.close()
    assert refused.value.reason == "dataset_in_use"
    assert imrdata.build(folder, tmp_path / "data").is_unchanged


def test_a_reader_keeps_the_state_that_it_began_with(folder: Path, tmp_path: Path) -> None:
    imrdata.build(folder, tmp_path / "data")
    lazy = imrdata.scan_decisions(tmp_path / "data")
    before = lazy.collect().height
    (folder / "new.txt").write_text(letter(900))
    (folder / "05.txt").write_text("bread")
    imrdata.build(folder, tmp_path / "data")
    assert lazy.collect().height == before
    assert imrdata.scan_decisions(tmp_path / "data").filter(case_number="CM16-0000900").collect().height == 2


def test_a_month_is_read_without_the_rest(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(commit, "ROWS_A_GROUP", 8)
    for number in range(11, 21):
        path = folder / f"{number:02d}.txt"
        path.write_text(path.read_text().replace("Decision Date: 12/19/2016", "Decision Date: 02/19/2017"))
    data = tmp_path / "data"
    imrdata.build(folder, data)
    lazy = imrdata.scan_decisions(data).filter(pl.col("decision_date") < date(2017, 1, 1))
    rows = lazy.collect()
    assert rows.height == 20
    (path,) = map(Path, imrdata.dataset_files(data, "decisions"))
    groups = parquet.ParquetFile(path).metadata
    end = groups.row_group(2).column(groups.num_columns - 1)
    begin = end.data_page_offset + end.total_compressed_size
    content = bytearray(path.read_bytes())
    content[begin : groups.row_group(4).column(0).file_offset or begin + 500] = b"\0" * 500
    path.write_bytes(bytes(content[: path.stat().st_size]))
    assert lazy.collect().equals(rows)  # rows of the other months are not read


def test_columns_are_projected_and_still_validated(folder: Path, tmp_path: Path) -> None:
    imrdata.build(folder, tmp_path / "data")
    names = ["case_number", "request_number", "outcome"]
    assert imrdata.load_decisions(tmp_path / "data", columns=names).columns == names
    assert imrdata.load_letters(tmp_path / "data", columns=["priority"]).columns == ["priority"]  # has no limits
    file = store.committed(tmp_path / "data").files["letters"][0]
    path = tmp_path / "data" / file.path
    rows = pl.read_parquet(path)
    pl.concat([rows[:1], rows[:-1]]).write_parquet(path)  # a duplicate key
    manifest = json.loads((tmp_path / "data" / "manifest.json").read_text())
    (entry,) = manifest["files"]["letters"]
    entry |= {"bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "data" / "manifest.json").write_text(json.dumps(manifest))
    for columns in (None, ["case_number"]):
        with pytest.raises(imrdata.errors.ValidationError):
            imrdata.load_letters(tmp_path / "data", columns=columns)


def damage_size(data: Path) -> None:
    path = data / store.committed(data).files["letters"][0].path
    path.write_bytes(path.read_bytes()[:-1])


def other_schema(data: Path) -> None:
    manifest = json.loads((data / "manifest.json").read_text())
    (data / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 0}))


def outside(data: Path) -> None:
    manifest = json.loads((data / "manifest.json").read_text())
    manifest["files"]["letters"][0]["path"] = "../letters/01.txt"
    (data / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: shutil.rmtree(data / "letters"), "is missing; copy the dataset whole"),
        (damage_size, "bytes instead of"),
        (
            other_schema,
            f"schema version 0; this version reads version {SCHEMA_VERSION}: build it again",
        ),
        (outside, "leads out of the dataset"),
        (lambda data: (data / "manifest.json").write_text('{"format": "imrdata dataset", "fi'), "is damaged"),
    ],
)
def test_a_damaged_dataset_is_refused_with_the_way_out(
    folder: Path, tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    data = tmp_path / "data"
    imrdata.build(folder, data)
    damage(data)
    with pytest.raises(imrdata.errors.DatasetError, match=words):
        imrdata.load_letters(data)


def test_members_of_an_archive_are_known_again(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "letters.zip"

    def pack() -> None:
        with zipfile.ZipFile(archive, "w") as file:
            for path in sorted(folder.iterdir()):
                file.write(path, path.name)

    pack()
    assert counts(imrdata.build(archive, tmp_path / "data")) == (24, 20, 3, 1)
    (folder / "05.txt").write_text(letter(905))
    (folder / "00.txt").write_text(letter(900))  # every member's position in the archive changes
    pack()
    assert imrdata.build(archive, tmp_path / "data").read_count == 2
    imrdata.build(archive, tmp_path / "whole")
    assert content(tmp_path / "data") == content(tmp_path / "whole")
    assert imrdata.build([archive], tmp_path / "data").is_unchanged


def test_what_cannot_be_built_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="build takes paths"):
        imrdata.build(LETTER, tmp_path / "data")
    with pytest.raises(TypeError, match="build takes paths"):
        imrdata.build([LETTER.encode()], tmp_path / "data2")
    for inside in (folder, folder / "data", folder / "01.txt"):
        with pytest.raises(imrdata.errors.DatasetError, match="would be inside its source"):
            imrdata.build([folder], inside)
    with pytest.raises(imrdata.errors.DatasetError, match="contains other files"):
        imrdata.build(folder / "01.txt", folder)
    imrdata.build(folder / "01.txt", tmp_path / "made")
    for read in (lambda made: imrdata.build(made, tmp_path / "data3"), lambda made: imrdata.load([made])):
        with pytest.raises(imrdata.errors.SourceError, match="is a built dataset, not letters"):
            read(tmp_path / "made")
    with pytest.raises(imrdata.errors.DatasetError, match="is not a folder"):
        imrdata.build(folder / "02.txt", folder / "01.txt")
    with pytest.raises(imrdata.errors.DatasetError, match="is not a built dataset"):
        imrdata.scan_decisions(folder)
    with pytest.raises(imrdata.errors.SourceError, match="nowhere: there is no such file or folder"):
        imrdata.build([folder, tmp_path / "nowhere"], tmp_path / "data3")
    assert not (tmp_path / "data3").exists()
    (tmp_path / "bread.txt").write_text("bread")
    assert counts(imrdata.build(tmp_path / "bread.txt", tmp_path / "data3")) == (1, 0, 1, 0)
    assert imrdata.load_decisions(tmp_path / "data3").schema == schema("decisions")


def test_the_environment_names_a_built_dataset(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert imrdata.scan_letters().select(pl.len()).collect().item() == 1501  # the sample
    imrdata.build(folder, tmp_path / "data")
    monkeypatch.setenv("IMRDATA_DATASET", str(tmp_path / "data"))
    assert imrdata.load_letters().height == imrdata.scan_letters().collect().height == 20


def test_synthetic_letters_of_every_layout_survive_the_disk(tmp_path: Path) -> None:
    place = tmp_path / "letters"
    place.mkdir()
    rng, truth = random.Random(8), {}
    for made in synthesize(120, seed=8):
        (place / made.name).with_suffix(".txt").write_bytes(render(made, "plain", rng))
        for request in made.letter.requests:
            truth[made.letter.case_number, request.request_number] = (
                request.request_text,
                request.outcome,
                request.treatment.category,
                list(request.treatment.drugs),
                request.rationale_text,
                made.letter.decision_date,
            )
    imrdata.build(place, tmp_path / "data", workers=2)
    names = ["request_text", "outcome", "treatment_category", "drugs", "rationale_text", "decision_date"]
    rows = imrdata.load_decisions(tmp_path / "data", columns=["case_number", "request_number", *names])
    assert {row[:2]: row[2:] for row in rows.iter_rows()} == truth
    assert sorted(path.name for path in (tmp_path / "data" / ".build").iterdir()) == ["lock", "place"]


def test_a_build_on_spark_without_spark_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imrdata.spark, "find_spec", lambda name: None)
    with pytest.raises(imrdata.errors.MissingExtraError, match=r"pip install 'imrdata\[spark\]'"):
        imrdata.spark.build(None, "s3a://bucket/letters", tmp_path / "data")  # type: ignore[arg-type]
    assert not (tmp_path / "data").exists()
