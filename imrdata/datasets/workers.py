"""Read PDFs, markup and long texts in child processes, never in this process or in threads.

PDFium crashes if two threads use it, and a hostile document may crash it, make it hang, or exhaust the memory. A worker
is a child process that reads letters one after another and reports each one before it begins. The parent waits a
limited time for each report. A letter that kills its worker is quarantined with the reason, and a new child reads
the rest. The threads of this module only wait for children.

A child is started as a separate Python process, not by `multiprocessing`, which would run the caller's main module
again in the child.
"""

from __future__ import annotations

import atexit
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from imrdata.datasets.batches import Batch, batch_of, concat, digest, read_batch, read_document
from imrdata.datasets.messages import answer_in, receive, send, tell_begun
from imrdata.datasets.sources import Document
from imrdata.datasets.system import OUT_OF_TIME, limit_memory, limit_time
from imrdata.errors import ImrDataError, LetterError, SourceError
from imrdata.letters.model import Letter
from imrdata.letters.text import is_image, is_pdf

SECONDS_A_LETTER = 60.0
SCAN_TIMES = 5  # times as long for each page of a scan; `imrdata.datasets.ocr` limits its CPU time
CPU_SECONDS_A_LETTER = 10  # a letter takes about 0.02; only if the system limits CPU time
SMALL_TEXT = 4096  # bytes; a plain text up to this size is read in the caller's process
SECONDS_TO_START = 120.0  # for a child to begin its first letter
MEMORY_BYTES = 2 * 2**30  # of address space, added to that of a child at its start
LETTERS_A_BATCH = 32
_SCANS_A_BATCH = 4  # documents read by text recognition, which takes seconds each
_WAITING_A_WORKER = 3  # batches in memory for each worker
_WATCH_SECONDS = 0.2

_MARKUP = re.compile(rb"[<#\\|`]|\*\*")

Task = tuple[str, Any]  # what a child is asked: "letter", "batch" or "call", and what to read or call


class Worker:
    """A child process that reads letters, started on first use and restarted after a crash."""

    def __init__(self, seconds: float = SECONDS_A_LETTER, memory: int = MEMORY_BYTES) -> None:
        self._seconds = seconds  # for one letter
        self._memory = memory  # address space that the child may add, in bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started the child; its forks must not use the same pipes
        self._lock = threading.Lock()

    def read(self, document: Document) -> Letter | ImrDataError:
        """Read a letter in the child; return the error if it fails."""
        answer, lost = self.ask(("letter", document), document.ocr)
        return _lost_letter(lost[1], document.name) if lost else answer

    def read_batch(self, documents: Sequence[Document]) -> Batch:
        """Read some documents in the child; a document that crashes it is quarantined."""
        if not documents:
            return concat([])
        answer, lost = self.ask(("batch", documents), documents[0].ocr)
        if lost is None:
            batch: Batch = answer
            return batch
        at, exit_code = lost
        one = documents[at]
        lost_one = batch_of([(one, digest(one), _lost_letter(exit_code, one.name))])
        # The documents that the lost child had read are read again; they are known to be harmless.
        return concat([self.read_batch(documents[:at]), lost_one, self.read_batch(documents[at + 1 :])])

    def ask(self, task: Task, ocr: str = "never") -> tuple[Any, tuple[int, int | None] | None]:
        """Return the child's answer; or the position of its last letter and the exit code, None if it was too slow."""
        with self._lock:
            process = self._running()
            watch = _Watch(process, self._seconds * (1 if ocr == "never" else SCAN_TIMES))
            try:
                return _asked(process, task, watch), None
            except (OSError, EOFError):
                self._close()
                is_late = watch.is_late or process.returncode in OUT_OF_TIME
                return None, (watch.begun, None if is_late else process.returncode)
            except BaseException:  # Ctrl-C: a late answer must not be taken for another letter's
                self._close()
                raise
            finally:
                watch.end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            self._process, self._owner = _start(self._memory), os.getpid()
        return self._process

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._close()

    def kill(self) -> None:
        """End the child at once, even if a thread is waiting for it."""
        process = self._process
        if process is not None and self._owner == os.getpid():
            process.kill()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):  # data not yet sent is lost with the child
                        stream.close()


class _Watch:
    """A watch that kills a child if one letter takes too long; the start of the child has its own limit."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.begun = 0
        self.is_late = False
        self._process = process
        self._seconds = seconds
        self._until = time.monotonic() + max(seconds, SECONDS_TO_START)
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="imrdata-watches", daemon=True).start()

    def begin(self, letter: int) -> None:
        self.begun, self._until = letter, time.monotonic() + self._seconds

    def end(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(min(_WATCH_SECONDS, self._seconds)):
            if time.monotonic() > self._until:
                self.is_late = True
                self._process.kill()
                return


def _lost_letter(exit_code: int | None, source: str) -> LetterError:
    if exit_code is None:
        return LetterError("reading the letter took too long", step="worker", reason="timed_out", source=source)
    message = f"the process that read the letter crashed (exit code {exit_code})"
    return LetterError(message, step="worker", reason="worker_died", source=source)


def read_batches(documents: Iterable[Document], workers: int | None = None, *, here: bool = False) -> Iterator[Batch]:
    """Read documents in batches, in order, in up to `workers` child processes; None for one per core.

    With `here`, batches of small plain texts are read in this process, and a few other documents in its one existing
    child, which is faster than starting children.
    """
    size = workers or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    chunks = _chunks(iter(documents))
    first, second = next(chunks, []), next(chunks, None)
    with _Pool(size) as pool:
        waiting: deque[Future[Batch]] = deque()
        for chunk in chain([first], [second] if second else [], chunks):
            loaded = [_loaded(document) for document in chunk] if here else None
            if loaded is not None and all(
                document.content is None or is_harmless(document.content) for document in loaded
            ):
                waiting.append(_done(read_batch(loaded)))
            elif loaded is not None and second is None:
                waiting.append(_done(_shared.read_batch(loaded)))
            else:
                waiting.append(pool.submit(loaded or chunk))
            while len(waiting) > size * _WAITING_A_WORKER or (waiting and waiting[0].done()):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _chunks(documents: Iterator[Document]) -> Iterator[list[Document]]:
    for first in documents:
        size = LETTERS_A_BATCH if first.ocr == "never" else _SCANS_A_BATCH
        yield [first, *islice(documents, size - 1)]


def _loaded(document: Document) -> Document:
    """Return the document with its bytes, or with the error of reading them."""
    try:
        return replace(document, content=document.read())
    except SourceError as error:
        return replace(document, content=None, problem=error)


def _done(batch: Batch) -> Future[Batch]:
    future: Future[Batch] = Future()
    future.set_result(batch)
    return future


class _Pool:
    """Workers, each with a thread that waits for its answers."""

    def __init__(self, size: int) -> None:
        self._workers = [Worker() for _ in range(size)]
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="imrdata-waits")
        self._is_closed = False

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def submit(self, documents: Sequence[Document]) -> Future[Batch]:
        return self._threads.submit(self._read, documents)

    def _read(self, documents: Sequence[Document]) -> Batch:
        worker = self._idle.get()
        try:
            return worker.read_batch(documents) if not self._is_closed else concat([])
        finally:
            self._idle.put(worker)


_shared = Worker()
atexit.register(_shared.close)


def read_isolated(document: Document) -> Letter | ImrDataError:
    """Read a document whose bytes are in memory, in a child process unless it is harmless."""
    return read_document(document)[1] if is_harmless(document.read()) else _shared.read(document)


def call_isolated(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function of a module with some values in a child process; return its answer, or why there is none."""
    answer, lost = _shared.ask(("call", (function, given)))
    return _lost_letter(lost[1], "") if lost else answer


def is_harmless(content: bytes) -> bool:
    """Return whether bytes are a small plain text, which is always fast to read."""
    return len(content) <= SMALL_TEXT and not is_pdf(content) and not is_image(content) and not _MARKUP.search(content)


# The child imports this package and nothing from the current folder.
_BOOTSTRAP = "import sys; sys.path.append(sys.argv.pop(1)); from imrdata.datasets.workers import main; main()"


def _start(memory: int) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parent.parent)
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-P", "-c", _BOOTSTRAP, root, str(memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"POLARS_MAX_THREADS": "1"},  # batches are small; the cores are for the other workers
    )


def _asked(process: subprocess.Popen[bytes], task: Task, watch: _Watch) -> Any:
    assert process.stdin is not None  # noqa: S101 - a pipe, see _start
    assert process.stdout is not None  # noqa: S101
    send(process.stdin, pickle.dumps(task))
    while True:
        begun, message = receive(process.stdout)
        if message is not None:
            return answer_in(message)
        watch.begin(begun)


# --- THE CHILD --- #


def _answer(task: Task, begin: Callable[[int], None]) -> Any:
    """Do a task and return its result, or the traceback of a bug in the package."""
    kind, what = task
    try:
        if kind == "letter":
            begin(0)
            return read_document(what, lambda: begin(0))[1]
        if kind == "call":
            begin(0)
            function, given = what
            return function(*given)
        at = 0

        def told() -> Iterator[Document]:
            nonlocal at
            for at, document in enumerate(what):
                begin(at)
                yield document

        return read_batch(told(), lambda: begin(at))
    except (MemoryError, OSError):  # caused by the letter, which is lost with this process
        raise
    except Exception:
        return traceback.format_exc()


def main() -> None:
    """Answer tasks on standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent; the end of input ends the child
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of libraries must not mix with the answers

    def begin(place: int) -> None:
        limit_time(CPU_SECONDS_A_LETTER)
        tell_begun(answers, place)

    limit_memory(int(sys.argv[1]))
    while True:
        try:
            task = pickle.loads(receive(sys.stdin.buffer)[1] or b"")  # noqa: S301 - from our own parent
            send(answers, pickle.dumps(_answer(task, begin)))
        except (EOFError, BrokenPipeError):  # the parent is gone
            return
