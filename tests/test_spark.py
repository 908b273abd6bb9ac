"""Test builds on Spark: they have the content of a local build, even if letters crash their readers."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import LETTER
from paper import on_letter_paper
from test_ocr import images_of, needs_engine, saved

import imrdata
import imrdata.spark
from imrdata.datasets import store
from imrdata.datasets.builds import engine
from imrdata.tables.columns import TABLES

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Start Spark with two workers in separate processes, as on a cluster."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install 'imrdata[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 (Debian package openjdk-17-jre-headless)")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
    }
    os.environ["PYSPARK_PYTHON"] = sys.executable  # otherwise the workers use the first python3 on PATH
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning about imports of Spark itself
        builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]").appName("imrdata")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    yield session
    session.stop()


def letter(number: int) -> str:
    return LETTER.replace("CM16-0000123", f"CM16-{number:07d}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write letters, a copy, a conflict, an archive, other files, and names with characters of patterns."""
    place = tmp_path / "letters"
    (place / "more [2016] {a,b}").mkdir(parents=True)
    for number in range(1, 41):
        (place / f"{number:02d}.txt").write_text(letter(number))
    (place / "more [2016] {a,b}" / "41*.txt").write_text(letter(41))
    (place / "copy.txt").write_text(letter(7))
    (place / "one.txt").write_text(letter(500))
    (place / "other.txt").write_text(letter(500).replace("Left knee pain", "Right knee pain").replace("left", "right"))
    (place / "shopping.txt").write_text("bread, milk")
    (place / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    (place / "unknown.doc").write_text("?")
    (place / "beside.csv").write_text("a,b")
    return place


def content(dest: Path) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(store.read(dest, table).rows(), key=repr) for table in TABLES}


def test_the_content_is_that_of_a_local_build_and_either_goes_on_with_it(
    spark: Any, folder: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("a/42.txt", letter(42))
    here, there = tmp_path / "here", tmp_path / "there"
    report = imrdata.build(folder, here)
    on_spark = imrdata.spark.build(spark, folder, there)
    assert on_spark.document_count == report.document_count == 48
    assert (on_spark.letter_count, on_spark.quarantined_count, on_spark.duplicate_count) == (42, 5, 1)
    assert content(there) == content(here)
    imrdata.load(there)  # validates
    assert imrdata.build(folder, there).is_unchanged
    (folder / "new.txt").write_text(letter(900))
    (folder / "01.txt").unlink()
    report = imrdata.spark.build(spark, folder, there, forget_missing=True)
    assert (report.read_count, report.forgotten_count) == (1, 1)
    assert imrdata.build(folder, here, forget_missing=True).read_count == 1
    assert content(there) == content(here)


ODD = ["_x.txt", "_sub/1.txt", "x._COPYING_", "empty.txt", "year=2016/1.txt", "[a] b%20c.txt", "é.txt", "#1.txt"]
ODD += ["a:b.txt", "c:d [2]/x:y{*}.txt"]


def add_odd_files(folder: Path) -> None:
    """Write files that Spark's own readers skip, or whose names have a meaning to programs."""
    for number, name in enumerate(ODD, start=60):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("" if name == "empty.txt" else letter(number))


def address_of(spark: Any, folder: Path) -> str:
    """Return an address of a folder that Hadoop lists."""
    settings = spark.sparkContext._jsc.hadoopConfiguration()
    settings.set(f"fs.viewfs.mounttable.{folder.parent.name}.link./in", f"file://{folder}")
    return f"viewfs://{folder.parent.name}/in"


def test_letters_at_an_address_that_hadoop_lists(
    spark: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_odd_files(folder)
    here, there = tmp_path / "here", tmp_path / "there"
    expected = imrdata.build(folder, here)
    address = address_of(spark, folder)
    report = imrdata.spark.build(spark, address, there)
    assert (report.document_count, report.letter_count) == (expected.document_count, expected.letter_count)
    assert report.skipped_count == expected.skipped_count
    assert report.document_count == 47 + len(ODD)

    def plain(rows: dict[str, list[tuple[object, ...]]]) -> str:
        words = repr(rows).replace(f"file:{folder}", str(folder))
        return words.replace("; letters are .htm .html .markdown .md .pdf .txt .zip", "")

    assert plain(content(there)) == plain(content(here))
    assert imrdata.spark.build(spark, address, there).is_unchanged
    (folder / "03.txt").write_text(letter(3).replace(": Upheld", ": Overturned"))
    (folder / "_x.txt").write_text(letter(60).replace(": Upheld", ": Overturned"))
    (folder / "copy.txt").unlink()
    (folder / "07.txt").write_text(letter(70))  # so the copy counts, which is gone
    assert imrdata.spark.build(spark, address, there).read_count == 4
    imrdata.build(folder, here)
    assert plain(content(there)) == plain(content(here))
    assert spark.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") == "10000"  # unchanged
    monkeypatch.setattr(engine, "reader_version", lambda: "another")
    report = imrdata.spark.build(spark, address, there, reread=True)
    assert report.read_count == report.document_count - 1  # without the copy


def test_an_address_without_letters_is_refused_before_anything_is_written(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "table.csv").write_text("a,b")
    address = address_of(spark, tmp_path / "empty")
    for place, words in (
        (address, "it has no letters"),
        (f"{address}/none", "there is no such address"),
        ("viewfs://nowhere/in", "cannot be listed"),
        ("unknown://bucket/in", "cannot be listed"),
    ):
        with pytest.raises(imrdata.errors.SourceError, match=words):
            imrdata.spark.build(spark, place, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_an_address_of_this_machine_is_a_folder_like_any_other(spark: Any, folder: Path, tmp_path: Path) -> None:
    add_odd_files(folder)
    imrdata.build(folder, tmp_path / "here")
    report = imrdata.spark.build(spark, f"file://{folder}", tmp_path / "there")
    assert report.document_count == 47 + len(ODD)
    assert content(tmp_path / "there") == content(tmp_path / "here")


def test_letters_of_unknown_layout_are_kept_if_asked_for(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "letter.txt").write_text("Case Number: CM19-0000777\nMRI of the knee: Upheld\n")
    for place in (tmp_path / "in", address_of(spark, tmp_path / "in")):
        there = tmp_path / f"data{len(str(place))}"
        assert imrdata.spark.build(spark, place, there).quarantined_count == 1
        report = imrdata.spark.build(spark, place, there, keep_unrecognised=True)
        assert (report.read_count, report.letter_count, report.quarantined_count) == (1, 1, 0)


def test_spark_reads_a_dataset_back(spark: Any, folder: Path, tmp_path: Path) -> None:
    dest = tmp_path / "data"
    imrdata.spark.build(spark, folder, dest)
    (folder / "03.txt").write_text(letter(3).replace(": Upheld", ": Overturned"))
    imrdata.spark.build(spark, folder, dest)
    for table in TABLES:
        expected = imrdata.load(dest).tables()[table]
        frame = spark.read.parquet(*imrdata.dataset_files(dest, table))
        assert frame.count() == expected.height, table
        assert set(frame.columns) >= set(expected.columns)
    decisions = spark.read.parquet(*imrdata.dataset_files(dest, "decisions"))
    counted = {row["outcome"]: row["count"] for row in decisions.groupBy("outcome").count().collect()}
    assert counted == dict(imrdata.load_decisions(dest)["outcome"].cast(str).value_counts().rows())


def test_a_letter_that_takes_its_reader_down_fails_no_task(
    spark: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sabotaged(
        batches: Any, how: dict[str, Any]
    ) -> Any:  # it is sent to the workers as a whole, because it belongs to no module
        import subprocess
        import sys

        from imrdata import spark
        from imrdata.datasets import workers

        child = (
            "import os\nfrom imrdata.datasets import batches, workers\nwhole = batches.read_content\n"
            "def read_content(content, source, *more, **options):\n    if content == b'please crash': os.abort()\n"
            "    return whole(content, source, *more, **options)\n"
            "batches.read_content = read_content\nworkers.main()"
        )
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        workers._start = lambda memory: subprocess.Popen([sys.executable, "-c", child, str(memory)], **pipes)
        return spark._read_shared(batches, how)

    monkeypatch.setattr(imrdata.spark, "_read_shared", sabotaged)
    (folder / "20.txt").write_text("please crash")
    report = imrdata.spark.build(spark, folder, tmp_path / "data")
    assert (report.letter_count, report.duplicate_count) == (40, 1)
    lost = imrdata.load(tmp_path / "data").quarantine
    assert lost.filter(lost["source"].str.ends_with("20.txt"))["reason"].to_list() == ["worker_died"]
    assert report.quarantined_count == 6


def test_a_stopped_build_goes_on_and_reads_nothing_twice(
    spark: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "DOCUMENTS_A_STEP", 8)
    monkeypatch.setattr(imrdata.spark, "DOCUMENTS_A_JOB", 16)
    made = engine.make_step

    def stopping(dest: Path, number: int, *others: object) -> object:
        step = made(dest, number, *others)  # type: ignore[arg-type]
        if number == 2:
            raise KeyboardInterrupt
        return step

    with monkeypatch.context() as patch:
        patch.setattr(engine, "make_step", stopping)
        with pytest.raises(KeyboardInterrupt):
            imrdata.spark.build(spark, folder, tmp_path / "data")
    report = imrdata.spark.build(spark, folder, tmp_path / "data")
    assert 0 < report.read_count < report.document_count
    imrdata.build(folder, tmp_path / "here")
    assert content(tmp_path / "data") == content(tmp_path / "here")


def test_a_worker_connects_to_no_other_machine(spark: Any) -> None:
    def connect(rows: Any) -> Iterator[str]:
        import socket

        try:
            socket.create_connection(("192.0.2.1", 80), timeout=1)
        except AssertionError as error:
            yield str(error)

    refused = spark.sparkContext.parallelize([1], 1).mapPartitions(connect).collect()
    assert refused == ["a process of the tests asks for 192.0.2.1; only this machine may be asked"]


@needs_engine
def test_scans_are_read_on_the_cluster(spark: Any, tmp_path: Path) -> None:
    folder, here, there = tmp_path / "scans", tmp_path / "here", tmp_path / "there"
    folder.mkdir()
    short = [on_letter_paper(letter(number).partition("Acupuncture")[0]) for number in range(1, 6)]
    for number in (1, 2, 3):
        (folder / f"{number}.pdf").write_bytes(saved(images_of(short[number - 1])))
    (folder / "4.png").write_bytes(saved(images_of(short[3]), "PNG"))
    (folder / "5.pdf").write_bytes(short[4])
    (folder / "6.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    report = imrdata.spark.build(spark, folder, there, ocr="auto")
    assert (report.letter_count, report.quarantined_count, report.skipped_count) == (5, 1, 0)
    read = store.read(there, "letters").sort("case_number")
    assert read["text_origin"].to_list() == ["ocr"] * 4 + ["embedded"]
    assert store.read(there, "quarantine")["reason"].to_list() == ["recognition_failed"]
    imrdata.build(folder, here, ocr="auto")
    assert content(there) == content(here)
    for number in (1, 2, 3):
        (folder / f"{number}.pdf").unlink()
    address = address_of(spark, folder)
    report = imrdata.spark.build(spark, address, tmp_path / "stored", ocr="auto")
    assert (report.letter_count, report.quarantined_count, report.skipped_count) == (2, 1, 0)
    assert imrdata.spark.build(spark, address, tmp_path / "stored").skipped_count == 2
