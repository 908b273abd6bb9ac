"""Test bad input: each has a reason and a message, and nothing is lost. `read_letter` raises; `load` continues."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.datasets import sources
from imrdata.errors import ImrDataError, ImrDataWarning, LetterError, UnknownTermError
from imrdata.tables.frames import quarantine_frame

OTHER = LETTER.replace("CM16-0000123", "CM16-0000999")


def reason_of(source: object) -> str:
    with pytest.raises(ImrDataError) as caught:
        imrdata.read_letter(source)  # type: ignore[arg-type]
    assert caught.value.message
    return caught.value.reason


def loaded(source: object, quarantined: int) -> imrdata.Dataset:
    """Load a source, and check that documents in = letters out + quarantined + duplicates."""
    if quarantined:
        with pytest.warns(ImrDataWarning, match=f"^{quarantined} of "):
            data = imrdata.load(source)  # type: ignore[arg-type]
    else:
        data = imrdata.load(source)  # type: ignore[arg-type]
    assert data.quarantine.height == quarantined
    assert data.document_count == data.letters.height + quarantined + data.duplicate_count
    return data


@pytest.fixture
def bad_files(tmp_path: Path, pdf_of: Callable[..., bytes]) -> dict[str, Path]:
    """Return a file for each reason, by reason."""
    import pymupdf

    whole = pdf_of(LETTER)
    blank = pymupdf.open()
    blank.new_page()
    contents = {
        "empty": b" \n ",
        "no_text_layer": blank.tobytes(),
        "damaged_pdf": whole[: len(whole) // 3],
        "needs_password": pdf_of(LETTER, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="x"),
        "not_a_letter": pdf_of("An invoice over 12 dollars.\nThank you."),
        "cut_off": LETTER[: LETTER.index("brought her back")].encode(),
        "no_outcome": LETTER[: LETTER.index("MRI of the left knee:")].encode(),
        "no_case_number": LETTER.replace("CM16-0000123", "").encode(),
        "not_text": b"\x00\x01\x02letters\x00",
    }
    files = {}
    for reason, content in contents.items():
        suffix = ".pdf" if content.startswith(b"%PDF") else ".txt"
        files[reason] = tmp_path / f"{reason}{suffix}"
        files[reason].write_bytes(content)
    return files


def test_a_pdf_of_blank_pages_is_not_called_a_scan(bad_files: dict[str, Path]) -> None:
    with pytest.raises(imrdata.errors.LetterError, match="its pages are blank or damaged"):
        imrdata.read_letter(bad_files["no_text_layer"])


def test_two_pdfs_in_one_file_are_refused(pdf_of: Callable[..., bytes]) -> None:
    assert reason_of(pdf_of(LETTER) + b"\n" + pdf_of(OTHER)) == "damaged_pdf"


def test_each_bad_file_has_its_reason(bad_files: dict[str, Path]) -> None:
    assert {reason: reason_of(file) for reason, file in bad_files.items()} == {reason: reason for reason in bad_files}


def test_load_goes_on(bad_files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(OTHER)
    data = loaded(tmp_path, quarantined=len(bad_files))
    assert data.letters["case_number"].to_list() == ["CM16-0000999"]
    reasons = dict(data.quarantine.select("source", "reason").iter_rows())
    assert reasons == {str(file): reason for reason, file in bad_files.items()}
    assert data.quarantine["source_sha256"].null_count() == 0


def test_the_same_letter_twice_is_counted_once(tmp_path: Path, pdf_of: Callable[..., bytes]) -> None:
    (tmp_path / "a.txt").write_text(LETTER)
    (tmp_path / "b.txt").write_text(LETTER.replace("\n", "\r\n"))
    (tmp_path / "c.pdf").write_bytes(pdf_of(LETTER))
    data = loaded(tmp_path, quarantined=0)
    assert (data.letters.height, data.duplicate_count) == (1, 2)


def test_two_letters_with_one_case_number_are_both_quarantined() -> None:
    data = loaded([LETTER, OTHER, LETTER.replace(": Upheld", ": Overturned")], quarantined=2)
    assert data.letters["case_number"].to_list() == ["CM16-0000999"]
    assert set(data.quarantine["reason"]) == {"conflicting_letters"}


def test_a_letter_that_contradicts_itself_is_kept_and_told() -> None:
    odd = LETTER.replace("Date Assigned: 11/18/2016", "Date Assigned: 01/18/2017")
    odd = odd.replace("is not medically necessary", "is medically necessary")
    data = loaded(odd, quarantined=0)
    assert data.letters.height == 1
    assert data.diagnostics["code"].to_list() == ["dates_out_of_order", "outcome_contradicts_rationale"]
    assert data.diagnostics["message"][0] == "decision_date 2016-12-19 is before assigned_date 2017-01-18"


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_an_archive_is_read_and_its_dangers_are_not(tmp_path: Path) -> None:
    members = {
        "a/good.txt": LETTER.encode(),
        "../climbs.txt": OTHER.encode(),
        "a\\..\\..\\climbs.txt": OTHER.encode(),
        "..\\climbs.txt": OTHER.encode(),
        "/absolute.txt": OTHER.encode(),
        "c:\\drive.txt": OTHER.encode(),
        "inner.zip": b"PK\x03\x04",
        "bomb.txt": b"0" * 30 * 2**20,
        "notes.csv": b"no,letter",
        ".hidden/b.txt": OTHER.encode(),
        "__MACOSX/._good.txt": b"a Mac's notes",
    }
    archive = make_zip(tmp_path / "letters.zip", members)
    for source in (archive, archive.read_bytes(), [tmp_path]):
        data = loaded(source, quarantined=7)
        assert data.letters["case_number"].to_list() == ["CM16-0000123"]
        reasons = sorted(data.quarantine["reason"])
        assert reasons == ["archive_bomb", "nested_archive", *["unsafe_path"] * 5]
        assert data.skipped_count == 3
    assert not (tmp_path.parent / "climbs.txt").exists()


def test_a_damaged_archive(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "letters.zip", {"a.txt": LETTER.encode()})
    archive.write_bytes(archive.read_bytes()[:-30])
    assert loaded(archive, quarantined=1).quarantine["reason"].to_list() == ["damaged_archive"]


def test_a_member_that_lies_about_its_size(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "letters.zip", {"a.txt": b"0" * 2**16})
    content = archive.read_bytes()
    archive.write_bytes(content.replace((2**16).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    data = loaded(archive, quarantined=1)
    assert data.quarantine["reason"].to_list() == ["damaged_archive"]


def test_a_huge_text_file_is_refused_unread(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(500 * 2**20)  # a sparse file, which takes no space on disk
    assert reason_of(huge) == "too_large"
    assert loaded(huge, quarantined=1).quarantine["message"][0].startswith("has 500 MiB")


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_MEMBERS", 1)
    archive = make_zip(tmp_path / "letters.zip", {"a.txt": b"", "b.txt": b""})
    assert loaded(archive, quarantined=1).quarantine["reason"].to_list() == ["too_many_members"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "good.txt").write_text(LETTER)
    assert loaded(tmp_path, quarantined=1).quarantine["message"].to_list() == ["is no regular file"]


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.doc").write_text(OTHER)
    (tmp_path / "letter").write_text(OTHER)
    (tmp_path / "index.csv").write_text("no letter")
    (tmp_path / "good.txt").write_text(LETTER)
    assert loaded(tmp_path, quarantined=2).quarantine["reason"].to_list() == ["unknown_kind", "unknown_kind"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.txt").write_text(LETTER)
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "linked_folder").symlink_to(outside)
    (folder / "own.txt").write_text(OTHER)
    (folder / "alias.txt").symlink_to(folder / "own.txt")
    data = loaded(folder, quarantined=2)
    assert data.quarantine["reason"].to_list() == ["link_leaves_folder", "link_leaves_folder"]
    assert (data.letters.height, data.duplicate_count) == (1, 1)


def test_a_source_of_another_type() -> None:
    pandas = pytest.importorskip("pandas")
    for other in ({}, pl.DataFrame(), pandas.DataFrame({"CM16-0000123.pdf": [1]})):
        with pytest.raises(TypeError, match=r"not (dict|DataFrame)"):
            imrdata.load(other)
    with Path(__file__).open() as opened, pytest.raises(TypeError, match=r"not TextIOWrapper; give the path"):
        imrdata.load(opened)
    with pytest.raises(TypeError, match="not int"):
        imrdata.load(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not list"):
        imrdata.read_letter([LETTER])  # type: ignore[arg-type]


def test_a_quarantine_row_keeps_its_contract_whatever_the_error_lacks() -> None:
    bare = imrdata.errors.LetterError("", excerpt="")
    frame = quarantine_frame([("", None, bare)])
    assert imrdata.validate(frame, "quarantine").row(0, named=True) == {
        "source": "<unnamed>",
        "reason": "LetterError",
        "message": "LetterError",
        "step": "unknown",
        "excerpt": None,
        "source_sha256": None,
    }


UNKNOWN = "Case Number: CM19-0000777\nDecision Date: 05/06/2019\nMRI of the knee: Upheld\nNorco #60: Overturned\n"


@pytest.mark.parametrize("padding", ["", "Nothing else is of note.\n" * 200])  # long texts are read in a child process
def test_a_letter_of_unknown_layout_is_refused_unless_asked_for(tmp_path: Path, padding: str) -> None:
    (tmp_path / "letter.txt").write_text(padding + UNKNOWN)
    with pytest.warns(ImrDataWarning, match="no known layout"):
        refused = imrdata.load(tmp_path)
    assert (refused.decisions.height, refused.quarantine["reason"].to_list()) == (0, ["unrecognised_layout"])
    with pytest.raises(LetterError, match="no known layout"):
        imrdata.read_letter(tmp_path / "letter.txt")
    kept = imrdata.load(tmp_path, keep_unrecognised=True)
    assert kept.quarantine.is_empty()
    assert kept.decisions.select("case_number", "request_text", "outcome").rows() == [
        ("CM19-0000777", "MRI of the knee", "Upheld"),
        ("CM19-0000777", "Norco #60", "Overturned"),
    ]
    assert "unrecognised_layout" in kept.diagnostics["code"]
    assert {"unrecognised_layout"} <= set(kept.decisions["doubts"].explode())
    letter = imrdata.read_letter(tmp_path / "letter.txt", keep_unrecognised=True)
    assert kept.letter("CM19-0000777") == letter
    with pytest.raises(UnknownTermError, match="scans of unknown layout"):
        imrdata.load(tmp_path, keep_unrecognised=True, ocr="auto")
    assert imrdata.load_decisions(tmp_path, keep_unrecognised=True).equals(kept.decisions)
    dest = tmp_path.with_name(f"{tmp_path.name}_built")
    assert imrdata.build(tmp_path, dest, 1).quarantined_count == 1
    built = imrdata.build(tmp_path, dest, 1, keep_unrecognised=True)  # retries what was refused without it
    assert (built.read_count, built.letter_count, built.quarantined_count) == (1, 1, 0)
    assert imrdata.load_decisions(dest).drop("source").equals(kept.decisions.drop("source"))
    assert imrdata.build(tmp_path, dest, 1).is_unchanged
