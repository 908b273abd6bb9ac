"""Test that PDFs are read in child processes, and that a crash costs only one letter."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import LETTER, ROOT

from imrdata.datasets import batches, workers
from imrdata.datasets.batches import concat
from imrdata.datasets.messages import answer_in
from imrdata.datasets.sources import Document
from imrdata.datasets.workers import Worker, read_batches
from imrdata.errors import LetterError
from imrdata.letters.model import Letter

# A child that crashes, hangs or fills the memory if a letter says so, and reads all other letters.
SABOTAGED = """
import os, sys, time
import imrdata.datasets.batches as batches
import imrdata.datasets.workers as workers
whole = batches.read_content
def read_content(content, source, *more, **options):
    if b"please crash" in content: os.abort()
    if b"please hang" in content: time.sleep(60)
    if b"please fill" in content: return bytearray(1 << 34)
    return whole(content, source, *more, **options)
batches.read_content = read_content
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
    worker = Worker(seconds=8)
    try:
        answers = [worker.read(Document(content[:12], content=content.encode())) for content in (
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
    received = workers.receive

    def interrupted(stream: object) -> bytes:
        raise KeyboardInterrupt

    try:
        monkeypatch.setattr(workers, "receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            worker.read(Document("first", content=pdf_of(LETTER)))
        monkeypatch.setattr(workers, "receive", received)
        other = pdf_of(LETTER.replace("CM16-0000123", "CM16-0000456"))
        second = worker.read(Document("second", content=other))
    finally:
        worker.close()
    assert isinstance(second, Letter)
    assert (second.case_number, second.source) == ("CM16-0000456", "second")


@pytest.mark.usefixtures("sabotaged")
def test_the_rest_of_a_lost_batch_is_read() -> None:
    contents = dict.fromkeys((0, 7, 8, 31), "please crash") | {20: "please hang"}
    documents = [
        Document(str(place), content=contents.get(place, LETTER.replace("0000123", f"{place:07d}")).encode())
        for place in range(32)
    ]
    worker = Worker(seconds=8)
    try:
        batch = worker.read_batch(documents)
    finally:
        worker.close()
    assert batch.documents["source"].to_list() == [str(place) for place in range(32)]
    read = batch.documents.drop_nulls("case_number")
    assert read["case_number"].to_list() == [f"CM16-{int(name):07d}" for name in read["source"]]
    lost = batch.rows("quarantine").select("source", "reason").rows()
    assert lost == [(str(place), "timed_out" if place == 20 else "worker_died") for place in sorted(contents)]
    assert batch.documents["source_sha256"].null_count() == 0
    assert batch.rows("decisions").height == 2 * 27


def test_the_order_of_the_documents_is_kept(pdf_of: Callable[..., bytes]) -> None:
    numbers = [f"CM16-{number:07d}" for number in range(100)]
    documents = []
    for place, number in enumerate(numbers):
        text = LETTER.replace("CM16-0000123", number)
        documents.append(Document(number, content=pdf_of(text) if place % 9 == 0 else text.encode()))
    for here in (True, False):
        batch = concat(read_batches(iter(documents), workers=2, here=here))
        assert batch.documents["source"].to_list() == numbers
        assert batch.rows("letters")["case_number"].to_list() == numbers
        assert batch.tables["decisions"]["document"].to_list() == [place for place in range(100) for _ in range(2)]


def test_a_reader_that_stops_early_leaves_no_child(pdf_of: Callable[..., bytes]) -> None:
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    before = len(listed.read_text().split()) if listed.exists() else 0
    documents = (Document("a", content=pdf_of(LETTER)) for _ in range(200))
    read = read_batches(documents, workers=1)
    assert next(read).rows("letters").height == workers.LETTERS_A_BATCH
    read.close()  # type: ignore[attr-defined]  # a generator
    assert not listed.exists() or len(listed.read_text().split()) == before


def test_a_fault_of_the_reader_itself_costs_one_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(content: bytes, source: str, **_: object) -> Letter:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(batches, "read_bytes", broken)
    (batch,) = read_batches([Document("a", content=LETTER.encode())], here=True)
    row = batch.rows("quarantine").row(0, named=True)
    assert row["reason"] == "internal_error"
    assert "ZeroDivisionError: a bug" in row["message"]


@pytest.mark.usefixtures("sabotaged")
def test_a_fault_of_the_package_is_raised_from_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = SABOTAGED.replace("workers.main()", "batches.frames = lambda letters: 1 / 0\nworkers.main()")
    monkeypatch.setattr(sys.modules[__name__], "SABOTAGED", faulty)
    with closing(Worker()) as worker, pytest.raises(RuntimeError, match="ZeroDivisionError: division by zero"):
        worker.read_batch([Document("a", content=LETTER.encode())])


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


# --- LIMITS --- #


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"# a", b"<p>", b"**Priority:** Standard", b"a" * 4097])
def test_only_small_plain_texts_are_read_in_the_callers_process(content: bytes) -> None:
    assert not workers.is_harmless(content)
    assert workers.is_harmless(LETTER.encode())


@pytest.mark.skipif(not hasattr(signal, "SIGXCPU"), reason="this system does not count a process's time")
def test_a_letter_has_seconds_of_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    spinning = SABOTAGED.replace("time.sleep(60)", "all(_ == 0 for _ in iter(int, 1))")
    spinning = spinning.replace("workers.main()", "workers.CPU_SECONDS_A_LETTER = 1\nworkers.main()")

    def start(memory: int) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([sys.executable, "-c", spinning, str(memory)], cwd=ROOT, **pipes)

    monkeypatch.setattr(workers, "_start", start)
    worker = Worker()
    try:
        lost = worker.read(Document("a", content=b"please hang"))
        assert isinstance(lost, LetterError)
        assert lost.reason == "timed_out"
        assert isinstance(worker.read(Document("b", content=LETTER.encode())), Letter)
    finally:
        worker.close()


class Foreign:
    """Return what a child process might answer that a letter has taken over."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch was_run",)


def test_an_answer_holds_nothing_but_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for message in (pickle.dumps(Foreign()), pickle.dumps([Foreign]), b"no pickle", b""):
        with pytest.raises(EOFError):
            answer_in(message)
    assert not (tmp_path / "was_run").exists()
    letter = batches.read_content((ROOT / "seeds" / "letters" / "CM15-0174261.md").read_bytes(), "a")
    assert answer_in(pickle.dumps(letter)) == letter
    refused = batches.read_content(b"bread", "a")
    assert vars(answer_in(pickle.dumps(refused))) == vars(refused)
    batch = batches.read_batch([Document("a", content=LETTER.encode()), Document("b", content=b"bread")])
    answered = answer_in(pickle.dumps(batch))
    assert answered.documents.equals(batch.documents)
    assert answered.rows("decisions").equals(batch.rows("decisions"))


FORK = """
import multiprocessing, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
import imrdata

def load(answers):
    try:
        answers.put(imrdata.load_decisions(columns=["outcome"]).height)
    except RuntimeError as error:
        answers.put(str(error))

def letter(answers):
    answers.put(imrdata.read_letter(imrdata.example_letter()).case_number)

def build(answers):
    with tempfile.TemporaryDirectory() as place:
        try:
            answers.put(imrdata.build(imrdata.example_letter(), place, progress=False).letter_count)
        except RuntimeError as error:
            answers.put(str(error))

def answer_of(method, what):
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    context.Process(target=what, args=(answers,), daemon=True).start()
    return answers.get(timeout=120)

if __name__ == "__main__":
    unused = answer_of("fork", load)
    used = imrdata.load_decisions(columns=["outcome"]).height
    assert unused == used
    for what in (load, build):
        assert "forked after polars was used" in answer_of("fork", what)
    assert answer_of("fork", letter) == "CM15-0174261"
    assert answer_of("spawn", load) == used
    assert answer_of("spawn", build) == 1
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: imrdata.load_decisions(columns=["outcome"]).height, range(16))) == {used}
    print("done")
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the threads of a process are known on Linux only")
def test_a_fork_after_polars_was_used_is_refused_and_other_processes_and_threads_work(tmp_path: Path) -> None:
    script = tmp_path / "processes.py"
    script.write_text(FORK)
    done = subprocess.run([sys.executable, "-W", "ignore", script], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"done\n"), done.stderr.decode()
