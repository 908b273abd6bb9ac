"""Test datasets read again by another version of the reader, and documents removed from the source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from test_builds import content, letter, overturned

import imrdata
from imrdata.datasets.builds import engine, local
from imrdata.resources import reader_version, vocabulary


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"{number}.txt").write_text(letter(number))
    return folder


def other_version(monkeypatch: pytest.MonkeyPatch, name: str = "99.0.0+00000000") -> None:
    for place in ("imrdata.datasets.builds.engine.reader_version", "imrdata.datasets.builds.commit.reader_version"):
        monkeypatch.setattr(place, lambda: name)


def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the documents that builds read from now on."""
    names: list[str] = []
    whole = local.read_batches

    def spy(documents: Any, workers: Any = None) -> Any:
        def named() -> Any:
            for document in documents:
                names.append(Path(document.name).name)
                yield document

        return whole(named(), workers)

    monkeypatch.setattr(local, "read_batches", spy)
    return names


def test_the_version_of_the_reader_changes_with_a_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reader_version()
    assert before.startswith(f"{imrdata.__version__}+")
    copy = tmp_path / "seeds" / "vocabularies"
    copy.mkdir(parents=True)
    (copy / "a.csv").write_text("a,b\n")
    monkeypatch.setattr("imrdata.resources.data_root", lambda: tmp_path)
    reader_version.cache_clear()
    first = reader_version()
    (copy / "a.csv").write_text("a,c\n")
    reader_version.cache_clear()
    assert len({before, first, reader_version()}) == 3
    monkeypatch.undo()
    reader_version.cache_clear()
    assert reader_version() == before
    assert vocabulary("us_states")


def test_a_build_says_how_many_letters_another_version_read_and_reread_reads_them(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "data"
    assert imrdata.build(source, dest).other_version_count == 0
    other_version(monkeypatch)
    names = asked(monkeypatch)
    plain = imrdata.build(source, dest)
    assert (plain.is_unchanged, plain.other_version_count, names) == (True, 3, [])
    assert "3 letters were read by another version: reread=True reads them again" in str(plain)
    report = imrdata.build(source, dest, reread=True)
    assert (report.read_count, report.other_version_count) == (3, 0)
    assert names == ["1.txt", "2.txt", "3.txt"]
    assert imrdata.build(source, dest, reread=True).is_unchanged  # this version has read them all
    imrdata.build(source, tmp_path / "whole")
    assert content(dest) == content(tmp_path / "whole")
    assert imrdata.versions(dest)["imrdata_version"].to_list() == [reader_version(), "99.0.0+00000000"]


def test_letters_of_another_source_are_read_again_where_they_still_are(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "data"
    imrdata.build(source, dest)
    more = tmp_path / "more"
    more.mkdir()
    (more / "4.txt").write_text(letter(4))
    (source / "3.txt").unlink()
    other_version(monkeypatch)
    names = asked(monkeypatch)
    report = imrdata.build(more, dest, reread=True)
    assert sorted(names) == ["1.txt", "2.txt", "4.txt"]
    assert (report.letter_count, report.other_version_count) == (4, 1)  # nobody can read 3.txt again


def test_only_forget_missing_takes_out_what_is_gone_and_older_versions_keep_it(source: Path, tmp_path: Path) -> None:
    dest = tmp_path / "data"
    imrdata.build(source, dest)
    (source / "2.txt").unlink()
    assert imrdata.build(source, dest).letter_count == 3
    report = imrdata.build(source, dest, forget_missing=True)
    assert (report.letter_count, report.document_count, report.forgotten_count) == (2, 2, 1)
    assert "1 forgotten" in str(report)
    assert imrdata.load_letters(dest)["case_number"].to_list() == ["CM16-0000001", "CM16-0000003"]
    assert imrdata.load_letters(dest, version=1).height == 3
    assert imrdata.build(source, dest, forget_missing=True).is_unchanged
    imrdata.build(source, tmp_path / "whole")
    assert content(dest) == content(tmp_path / "whole")
    (source / "2.txt").write_text(letter(2))
    assert imrdata.build(source, dest).letter_count == 3


def test_a_letter_that_was_renamed_and_issued_again_is_no_conflict_for_ever(source: Path, tmp_path: Path) -> None:
    dest = tmp_path / "data"
    imrdata.build(source, dest)
    (source / "2.txt").unlink()
    (source / "2-amended.txt").write_text(overturned(2))
    plain = imrdata.build(source, dest)
    assert (plain.letter_count, plain.quarantined_count) == (2, 2)
    report = imrdata.build(source, dest, forget_missing=True)
    assert (report.letter_count, report.quarantined_count, report.forgotten_count) == (3, 0, 1)
    found = imrdata.load_decisions(dest).filter(pl.col("case_number") == "CM16-0000002")
    assert found["outcome"][0] == "Overturned"


def test_the_copy_of_a_forgotten_letter_takes_its_place(source: Path, tmp_path: Path) -> None:
    dest = tmp_path / "data"
    (source / "9-copy.txt").write_text(letter(1))
    assert imrdata.build(source, dest).duplicate_count == 1
    (source / "1.txt").unlink()
    report = imrdata.build(source, dest, forget_missing=True)
    assert (report.letter_count, report.duplicate_count, report.forgotten_count) == (3, 0, 1)
    source_of = dict(imrdata.load_letters(dest).select("case_number", "source").iter_rows())
    assert source_of["CM16-0000001"].endswith("9-copy.txt")


def test_a_stopped_reread_goes_on(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dest = tmp_path / "data"
    imrdata.build(source, dest)
    other_version(monkeypatch)
    monkeypatch.setattr(engine, "DOCUMENTS_A_STEP", 1)
    monkeypatch.setattr("imrdata.datasets.workers.LETTERS_A_BATCH", 1)
    whole, steps = engine.make_step, 0

    def stopping(*given: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt
        return whole(*given)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "make_step", stopping)
        with pytest.raises(KeyboardInterrupt):
            imrdata.build(source, dest, reread=True)
    names = asked(monkeypatch)
    assert imrdata.build(source, dest, reread=True).other_version_count == 0
    assert names == ["3.txt"]
    imrdata.build(source, tmp_path / "whole")
    assert content(dest) == content(tmp_path / "whole")
