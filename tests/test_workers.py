"""PDFs are read in processes that may be lost: one letter is lost with them, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import LETTER, ROOT

from imrdata import workers
from imrdata.errors import LetterError
from imrdata.records import Letter
from imrdata.sources import Document
from imrdata.workers import Worker, read_documents

# A child that dies, hangs or fills the memory at a letter that says so, and reads every other.
SABOTAGED = """
import os, sys, time
import imrdata.workers as workers
whole = workers.read_content
def read_content(content, source):
    if b"please crash" in content: os.abort()
    if b"please hang" in content: time.sleep(60)
    if b"please fill" in content: return bytearray(1 << 34)
    return whole(content, source)
workers.read_content = read_content
workers.main()
"""


@pytest.fixture
def sabotaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(memory: int) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([sys.executable, "-c", SABOTAGED, str(memory)], cwd=ROOT, **pipes)

    monkeypatch.setattr(workers, "_start", start)


@pytest.mark.usefixtures("sabotaged")
def test_what_kills_a_worker_costs_one_letter() -> None:
    worker = Worker(seconds=3)
    try:
        answers = [worker.read(content.encode(), content[:12]) for content in (
            LETTER, "please crash", LETTER, "please hang", LETTER, "please fill", LETTER)]  # fmt: skip
    finally:
        worker.close()
    letters, errors = answers[::2], answers[1::2]
    assert all(isinstance(letter, Letter) and letter.case_number == "CM16-0000123" for letter in letters)
    assert [error.reason for error in errors if isinstance(error, LetterError)][:2] == ["worker_died", "timed_out"]
    assert [error.source for error in errors if isinstance(error, LetterError)][:2] == ["please crash", "please hang"]
    assert isinstance(errors[2], LetterError)


def test_an_interrupted_question_is_not_answered_with_another_letter(
    pdf_of: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker()
    receive = workers._receive

    def interrupted(stream: object) -> bytes:
        raise KeyboardInterrupt

    try:
        monkeypatch.setattr(workers, "_receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            worker.read(pdf_of(LETTER), "first")
        monkeypatch.setattr(workers, "_receive", receive)
        second = worker.read(pdf_of(LETTER.replace("CM16-0000123", "CM16-0000456")), "second")
    finally:
        worker.close()
    assert isinstance(second, Letter)
    assert (second.case_number, second.source) == ("CM16-0000456", "second")


def test_the_order_of_the_documents_is_kept(pdf_of: Callable[..., bytes]) -> None:
    numbers = [f"CM16-{number:07d}" for number in range(24)]
    documents = []
    for place, number in enumerate(numbers):
        text = LETTER.replace("CM16-0000123", number)
        documents.append(Document(number, content=pdf_of(text) if place % 3 else text.encode()))
    outcomes = list(read_documents(iter(documents), workers=2))
    assert [outcome.source for outcome in outcomes] == numbers
    assert [outcome.result.case_number for outcome in outcomes if isinstance(outcome.result, Letter)] == numbers


def test_a_reader_that_stops_early_leaves_no_child(pdf_of: Callable[..., bytes]) -> None:
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    before = len(listed.read_text().split()) if listed.exists() else 0
    documents = (Document("a", content=pdf_of(LETTER)) for _ in range(8))
    outcomes = read_documents(documents, workers=1)
    assert isinstance(next(outcomes).result, Letter)
    outcomes.close()  # type: ignore[attr-defined]  # a generator
    assert not listed.exists() or len(listed.read_text().split()) == before


def test_a_fault_of_the_reader_itself_costs_one_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(content: bytes, source: str) -> Letter:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(workers, "read_bytes", broken)
    (outcome,) = read_documents([Document("a", content=LETTER.encode())])
    assert isinstance(outcome.result, LetterError)
    assert outcome.result.reason == "internal_error"
    assert "ZeroDivisionError: a bug" in outcome.result.message


def test_nothing_in_the_current_folder_is_run(tmp_path: Path, pdf_of: Callable[..., bytes]) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_of(LETTER))
    (tmp_path / "queue.py").write_text("open('was_run', 'w')\nraise SystemExit\n")
    script = "import sys, imrdata; print(imrdata.load('a.pdf').letters.height)"
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b"1\n"
    assert not (tmp_path / "was_run").exists()


def test_a_script_without_a_main_guard_can_read_pdfs(tmp_path: Path, pdf_of: Callable[..., bytes]) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_of(LETTER))
    script = tmp_path / "script.py"
    script.write_text("import imrdata\nprint(imrdata.load('a.pdf').letters.height)\n")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == (b"1\n", 0), done.stderr
