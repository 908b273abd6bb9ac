"""Refuse to connect to other machines. Python runs this at the start of each process that has the folder on PYTHONPATH.

`conftest.py` at the root puts it there for every run of pytest, so the children of a test run refuse too.
"""

from __future__ import annotations

import sys
from typing import Any

_CALLS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname")


def refuse(event: str, given: tuple[Any, ...]) -> None:
    """Raise an error where an audit event names another machine. Unix sockets have a path in place of a host."""
    host: Any = None
    if event in _CALLS:
        host = given[1][0] if isinstance(given[1], tuple) else None
    elif event in _LOOK_UPS and given[0] not in ("", "0.0.0.0", "::"):  # those are to listen
        host = given[0]
    host = host.decode() if isinstance(host, bytes) else host
    if isinstance(host, str) and not host.startswith("127.") and host not in ("localhost", "::1"):
        raise AssertionError(f"a process of the tests asks for {host}; only this machine may be asked")


sys.addaudithook(refuse)
