"""PDFs are read in processes of their own, never in this one and never in threads.

PDFium crashes when two threads use it, and a hostile PDF may crash it, hang it or fill the memory. A worker is a
child process that reads one letter after another; the parent waits for each answer for a limited time. What kills
the worker costs one letter: it gets an error that says so, and a new child goes on with the next. The threads of
this module only wait for children.

A child is started as a Python of its own and not by `multiprocessing`, which would run the caller's main module again
in the child.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from imrdata.errors import ImrDataError, LetterError
from imrdata.records import Letter, read_bytes
from imrdata.sources import Document
from imrdata.text import is_pdf

SECONDS_A_LETTER = 60.0
MEMORY_BYTES = 2 * 2**30  # of address space, beyond what a child has at its start
_LENGTH = struct.Struct("<Q")
_LONGEST_MESSAGE = 2**30
_WAITING_A_WORKER = 4  # letters in memory for each worker


class Outcome(NamedTuple):
    """What became of a document: a letter, or the error that says why not."""

    source: str
    source_sha256: str | None
    result: Letter | ImrDataError


class Worker:
    """A child process that reads letters; started on first use, and anew after it was lost.

    Args:
        seconds: How long one letter may take.
        memory: How much address space the child may add, in bytes.
    """

    def __init__(self, seconds: float = SECONDS_A_LETTER, memory: int = MEMORY_BYTES) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started the child; a fork of it must not use the same pipes
        self._asked = 0
        self._lock = threading.Lock()

    def read(self, content: bytes, source: str) -> Letter | ImrDataError:
        """The letter in some bytes, read in the child; or why there is none."""
        with self._lock:
            process, is_late = self._running(), threading.Event()
            timer = threading.Timer(self._seconds, _stop, (process, is_late))
            timer.start()
            self._asked += 1
            try:
                return _ask(process, self._asked, content, source)
            except (OSError, EOFError):
                self._close()
                return self._lost(process, source, is_late.is_set())
            except BaseException:  # Ctrl-C: an answer that comes later must not be taken for another letter's
                self._close()
                raise
            finally:
                timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            self._process, self._owner = _start(self._memory), os.getpid()
        return self._process

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):  # what was not sent is lost with the child
                        stream.close()

    def _lost(self, process: subprocess.Popen[bytes], source: str, is_late: bool) -> LetterError:
        if is_late:
            message, reason = f"reading it took more than {self._seconds:g} seconds", "timed_out"
        else:
            message, reason = f"it took its reader down (exit code {process.returncode})", "worker_died"
        return LetterError(message, step="worker", reason=reason, source=source)


def read_content(content: bytes, source: str) -> Letter | ImrDataError:
    """The letter in some bytes, read in this process; or why there is none.

    A fault of the reader itself costs one letter too, and says so.
    """
    try:
        return read_bytes(content, source)
    except ImrDataError as error:
        return error
    except Exception as error:  # one letter must not take a build down
        message = f"the reader failed: {type(error).__name__}: {error}"
        return LetterError(message, step="worker", reason="internal_error", source=source)


def read_documents(documents: Iterable[Document], workers: int | None = None) -> Iterator[Outcome]:
    """What becomes of each document, in their order; PDFs are read in up to `workers` child processes."""
    with _Pool(workers or os.cpu_count() or 1) as pool:
        waiting: deque[tuple[Document, bytes, Future[Letter | ImrDataError]]] = deque()
        for document in documents:
            content, result = _content(document)
            if result is None and is_pdf(content):
                waiting.append((document, content, pool.submit(content, document.name)))
            else:
                waiting.append((document, content, _done(result or read_content(content, document.name))))
            while len(waiting) > pool.size * _WAITING_A_WORKER or (waiting and waiting[0][2].done()):
                yield _outcome(*waiting.popleft())
        while waiting:
            yield _outcome(*waiting.popleft())


class _Pool:
    """Some workers, and a thread for each that waits for its answers."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._workers = [Worker() for _ in range(size)]
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="imrdata-waits")

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def submit(self, content: bytes, source: str) -> Future[Letter | ImrDataError]:
        return self._threads.submit(self._read, content, source)

    def _read(self, content: bytes, source: str) -> Letter | ImrDataError:
        worker = self._idle.get()
        try:
            return worker.read(content, source)
        finally:
            self._idle.put(worker)


def _content(document: Document) -> tuple[bytes, ImrDataError | None]:
    try:
        return document.read(), None
    except ImrDataError as error:
        return b"", error


def _done(result: Letter | ImrDataError) -> Future[Letter | ImrDataError]:
    future: Future[Letter | ImrDataError] = Future()
    future.set_result(result)
    return future


def _outcome(document: Document, content: bytes, future: Future[Letter | ImrDataError]) -> Outcome:
    result = future.result()
    if isinstance(result, Letter):
        return Outcome(document.name, result.source_sha256, result)
    return Outcome(document.name, hashlib.sha256(content).hexdigest() if content else None, result)


_shared = Worker()
atexit.register(_shared.close)


def read_isolated(content: bytes, source: str) -> Letter | ImrDataError:
    """The letter in the bytes of one file; a PDF is read in a child process that this process keeps."""
    return _shared.read(content, source) if is_pdf(content) else read_content(content, source)


# The child imports this very package and nothing from the folder that it is started in.
_BOOTSTRAP = "import sys; sys.path.append(sys.argv.pop(1)); from imrdata.workers import main; main()"


def _start(memory: int) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parent.parent)
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-P", "-c", _BOOTSTRAP, root, str(memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _stop(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    process.kill()


def _ask(process: subprocess.Popen[bytes], number: int, content: bytes, source: str) -> Letter | ImrDataError:
    assert process.stdin is not None  # noqa: S101 - a pipe, see _start
    assert process.stdout is not None  # noqa: S101
    _send(process.stdin, pickle.dumps((number, content, source)))
    answered, answer = pickle.loads(_receive(process.stdout))  # noqa: S301 - from our own child
    if answered != number:
        raise EOFError
    result: Letter | ImrDataError = answer
    return result


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > _LONGEST_MESSAGE:
        raise EOFError
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    message = stream.read(size)
    if len(message) < size:
        raise EOFError
    return message


def _limit_memory(extra: int) -> None:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + extra
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> None:
    """Answer letters on standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent; the end of input ends the child
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints stays out of the answers
    _limit_memory(int(sys.argv[1]))
    while True:
        try:
            number, content, source = pickle.loads(_receive(sys.stdin.buffer))  # noqa: S301 - from our own parent
        except EOFError:
            return
        _send(answers, pickle.dumps((number, read_content(content, source))))
