"""Messages between a reader of letters and its parent, over pipes; each is preceded by its length."""

from __future__ import annotations

import io
import pickle
import struct
from datetime import date
from typing import IO, Any, ClassVar

import polars as pl

from imrdata.datasets.batches import Batch
from imrdata.errors import LetterError, SourceError, rebuild
from imrdata.letters import found, model

_LENGTH = struct.Struct("<Q")
_BEGINS = 2**63  # a length of at least this has no body; it reports the letter begun
_LONGEST_MESSAGE = 2**32


def send(stream: IO[bytes], message: bytes) -> None:
    """Send a message."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def tell_begun(stream: IO[bytes], place: int) -> None:
    """Report the letter begun."""
    stream.write(_LENGTH.pack(_BEGINS + place))
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[int, bytes | None]:
    """Return the next message; or the position of a letter begun, and None; an EOFError if the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length >= _BEGINS:
        return length - _BEGINS, None
    if length > _LONGEST_MESSAGE:
        raise EOFError
    return 0, _exactly(stream, length)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    message = stream.read(size)
    if len(message) < size:
        raise EOFError
    return message


def answer_in(message: bytes) -> Any:
    """Return the answer of a child; if the package failed there, a RuntimeError has the traceback.

    An EOFError says that the message is no valid answer, so the child can no longer be trusted.
    """
    try:
        answer = _Answer(io.BytesIO(message)).load()
    except Exception as error:  # a damaged pickle raises many kinds
        raise EOFError from error
    if isinstance(answer, str):
        raise RuntimeError(f"the package failed, not a letter, in a process that reads letters:\n{answer}")
    return answer


class _Answer(pickle.Unpickler):
    """An unpickler that accepts only answers, because a hostile letter may control the child."""

    _PARTS = (
        part
        for module in (found, model)
        for part in vars(module).values()
        if getattr(part, "__module__", "") == module.__name__
    )
    _KINDS = (*_PARTS, Batch, pl.DataFrame, date, LetterError, SourceError, rebuild)
    _BY_NAME: ClassVar[dict[tuple[str, str], Any]] = {(kind.__module__, kind.__name__): kind for kind in _KINDS}

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the few classes that answers contain."""
        try:
            return self._BY_NAME[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"a reader does not answer with {module}.{name}") from None
