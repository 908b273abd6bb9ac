"""Test `load` and related functions: one letter from every kind of source, the bundled sample, the summary."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.errors import ImrDataWarning, SourceError
from imrdata.synthetic import synthesize
from imrdata.synthetic.sample import files
from imrdata.tables.columns import schema

SECOND = LETTER.replace("CM16-0000123", "CM16-0000124")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "letters" / "2016"
    inner.mkdir(parents=True)
    (inner / "one.txt").write_text(LETTER)
    (inner / "two.md").write_text(SECOND)
    (inner / ".hidden.txt").write_text("not read")
    (inner / "notes.csv").write_text("not read")
    with zipfile.ZipFile(tmp_path / "letters.zip", "w") as archive:
        for file in inner.glob("[!.]*"):
            archive.write(file, f"2016/{file.name}")
    return tmp_path


def test_every_kind_of_source_gives_the_same_rows(folder: Path) -> None:
    sources = [
        folder / "letters",
        str(folder / "letters" / "**" / "*.[tm]*"),
        folder / "letters.zip",
        (folder / "letters.zip").read_bytes(),
        [folder / "letters" / "2016" / "one.txt", folder / "letters" / "2016" / "two.md"],
        [LETTER, SECOND.encode()],
        (text for text in (LETTER, SECOND)),
    ]
    frames = [imrdata.load_decisions(source).drop("source") for source in sources]  # type: ignore[arg-type]
    assert frames[0]["case_number"].to_list() == ["CM16-0000123"] * 2 + ["CM16-0000124"] * 2
    for frame in frames[1:]:
        assert frame.equals(frames[0])


def test_the_bundled_sample() -> None:
    decisions = imrdata.load_decisions()
    row = decisions.filter(case_number="CM15-0174261").row(0, named=True)
    assert (row["request_text"], row["outcome"]) == ("10 work conditioning sessions", "Upheld")
    assert row["source"] == "seeds/letters/CM15-0174261.md"
    assert row["provenance"] == "published"
    assert decisions.schema == schema("decisions")
    assert imrdata.load_letters().schema == schema("letters")
    assert imrdata.load_citations().schema == schema("citations")


def test_the_sample_says_that_it_is_synthetic_once_a_process() -> None:
    code = """
import imrdata
imrdata.load_decisions()
print(imrdata.load().letters["provenance"].value_counts(sort=True).rows())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"[('synthetic', 1500), ('published', 1)]\n"
    assert done.stderr.decode().count("nearly all of its letters are synthetic") == 1


def test_the_environment_names_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMRDATA_DATASET", str(folder / "letters"))
    assert imrdata.load_letters()["case_number"].to_list() == ["CM16-0000123", "CM16-0000124"]


def test_a_letter_repeats_its_columns_in_its_decisions(folder: Path) -> None:
    data = imrdata.load(folder / "letters")
    shared = [name for name in data.decisions.columns if name in data.letters.columns]
    joined = data.decisions.select("case_number").join(data.letters.select(shared), on="case_number", how="left")
    assert data.decisions.select(shared).equals(joined.select(shared))


def test_no_letters_give_typed_empty_tables() -> None:
    with pytest.warns(ImrDataWarning, match="1 of 1 documents could not be read"):
        data = imrdata.load(b"bread")
    assert data.decisions.schema == schema("decisions")
    assert data.decisions.is_empty()


def test_an_empty_list_of_sources_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the list of sources is empty"):
        imrdata.load([])
    with pytest.raises(SourceError, match="the list of sources is empty"):
        imrdata.build([], tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_summary_counts_and_shares(folder: Path) -> None:
    unknown = LETTER.replace("CM16-0000123", "CM16-0000125").replace("MRI of the left knee", "Frobnication, twice")
    unknown = unknown.replace("Special Studies", "Special Wishes")
    data = imrdata.load([folder / "letters", LETTER, unknown])
    rows = {measure: (count, share) for measure, count, share in data.summary().iter_rows()}
    assert rows["documents read"] == (4, None)
    assert rows["letters"] == (3, None)
    assert rows["exact duplicates"] == (1, 0.25)
    assert rows["treatment requests"] == (6, None)
    assert rows["requests overturned"] == (3, 0.5)
    assert rows["requests modified by utilization review"] == (3, 0.5)
    assert rows["requests in category Other"] == (1, 1 / 6)
    assert rows["requests that no vocabulary knows"] == (1, 1 / 6)
    assert rows["guideline sections that no vocabulary knows"] == (1, None)
    assert data.summary().schema == pl.Schema({"measure": pl.String(), "count": pl.Int64(), "share": pl.Float64()})


def test_read_letter_wants_one_letter(folder: Path) -> None:
    with pytest.raises(imrdata.errors.SourceError, match="is a folder"):
        imrdata.read_letter(folder / "letters")
    assert imrdata.read_letter(folder / "letters" / "2016" / "two.md").case_number == "CM16-0000124"


def test_nothing_of_a_letter_runs_in_a_notebook() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    letter = LETTER.replace("MRI of the left knee", f"MRI {attack} knee").replace("slipped and fell", f"fell {attack}")
    record = imrdata.read_letter(letter)
    assert attack in record.requests[0].request_text
    with pytest.warns(imrdata.ImrDataWarning):
        data = imrdata.load([letter, f"CLINICAL CASE\nCase Number: {attack}"])
    for html in (record._repr_html_(), data._repr_html_()):
        assert "<script" not in html
        assert "<img" not in html
    assert "&lt;script&gt;" in record._repr_html_()


def test_a_bar_counts_many_letters_and_says_how_to_keep_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for number, (name, content) in enumerate(files(synthesize(320, seed=8))):
        (tmp_path / f"{number:03}-{name}").write_bytes(content)
    assert imrdata.load(tmp_path, progress=True).letters.height == 320
    told = capsys.readouterr().err
    assert "use imrdata.build(source, folder)" in told
    assert "320 letters" in told
    imrdata.load(tmp_path, progress=False)
    imrdata.load(sorted(tmp_path.iterdir())[:20], progress=True)
    assert capsys.readouterr().err == ""


def _never(_: pl.Series) -> pl.Series:
    raise AssertionError("a text was read")


LAZY: dict[str, Callable[[Any], pl.DataFrame]] = {
    "overturn_rate": lambda rows: rows.imr.overturn_rate(by=["treatment_category", "provenance"], small_below=20),
    "overturn_rate by request_text": lambda rows: rows.imr.overturn_rate("request_text"),
    "trend": lambda rows: rows.imr.trend("1y", by="ur_decision"),
    "compare": lambda rows: rows.imr.compare("ur_decision", ["denied", "modified"], standardize="provenance"),
    "compare by request_text": lambda rows: rows.imr.compare("ur_decision", standardize="request_text"),
    "intervals": lambda rows: rows.imr.intervals(),
}


@pytest.mark.parametrize("verb", LAZY)
def test_a_lazy_frame_gives_what_the_collected_one_gives_without_reading_texts(verb: str) -> None:
    rows = imrdata.scan_decisions().head(400)
    texts = [name for name in rows.collect_schema() if name.endswith("_text") and name not in verb]
    unreadable = rows.with_columns(pl.col(texts).map_batches(_never, return_dtype=pl.String))
    eager = LAZY[verb](rows.collect())
    assert eager.height > 0
    assert LAZY[verb](unreadable).equals(eager)
