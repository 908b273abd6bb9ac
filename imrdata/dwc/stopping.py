"""Delay Ctrl-C and SIGTERM until the response to a request is stored, so that no request is repeated."""

from __future__ import annotations

import signal
import time
from typing import Any

_STOPS = [one for one in signal.Signals if one.name in ("SIGINT", "SIGTERM", "SIGHUP")]
_SECONDS_APART = 1.0  # some programs forward a signal that the process has already received


class HeldStop:
    """A block in which a stop is delayed until `deliver` is called or the block ends; the caller's handlers then act.

    A second Ctrl-C, at least a second later, takes effect at once. Python sets handlers only in the main thread; in
    other threads this does nothing.
    """

    def __init__(self) -> None:
        self._handlers: dict[signal.Signals, Any] = {}
        self._stop: int | None = None
        self._time = 0.0

    def __enter__(self) -> HeldStop:
        for one in _STOPS:
            if (handler := signal.getsignal(one)) not in (None, signal.SIG_IGN):
                try:
                    signal.signal(one, self._hold)
                except ValueError:  # not the main thread
                    break
                self._handlers[one] = handler
        return self

    def __exit__(self, *_: object) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())
        if self._stop is not None:
            stop, self._stop = self._stop, None
            signal.raise_signal(stop)

    def deliver(self) -> None:
        """Let a delayed stop take effect, if there is one."""
        if self._stop is not None:
            self.__exit__()
            self.__enter__()  # the caller's handler did not end the program

    def _hold(self, stop: int, _: object) -> None:
        if self._stop is None:
            self._stop, self._time = stop, time.monotonic()
        elif stop == signal.SIGINT and time.monotonic() - self._time > _SECONDS_APART:
            self.deliver()
