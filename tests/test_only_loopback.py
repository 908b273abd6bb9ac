"""Test that no process of a test run connects to another machine, including children and notebook kernels."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import GUARD, ROOT, python_path
from nbclient import NotebookClient

OTHER = "192.0.2.1"  # an address for documentation, RFC 5737
CONNECT = f"import socket; socket.create_connection(('{OTHER}', 80), timeout=1)"
REFUSED = f"a process of the tests asks for {OTHER}"


@pytest.mark.parametrize("host", [OTHER, "2001:db8::1", "www.example.com", b"www.example.com"])
def test_this_process_refuses_other_machines(host: str | bytes) -> None:
    with pytest.raises(AssertionError, match="only this machine may be asked"):
        socket.getaddrinfo(host, 80)
    with pytest.raises(AssertionError, match="only this machine may be asked"):
        socket.create_connection((host, 80))


@pytest.mark.parametrize(("host", "kind"), [(OTHER, socket.AF_INET), ("2001:db8::1", socket.AF_INET6)])
def test_a_socket_without_a_look_up_refuses_too(host: str, kind: socket.AddressFamily) -> None:
    with socket.socket(kind) as stream, pytest.raises(AssertionError, match="only this machine may be asked"):
        stream.connect((host, 80))
    with socket.socket(kind, socket.SOCK_DGRAM) as packets, pytest.raises(AssertionError):
        packets.sendto(b"", (host, 53))


def test_this_machine_is_not_refused(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost"):
        with socket.create_server((host, 0)) as server:
            socket.create_connection(server.getsockname()).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        client.connect(str(tmp_path / "socket"))


def test_a_child_refuses_and_so_does_its_child() -> None:
    grandchild = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {CONNECT!r}]))"
    for code in (CONNECT, grandchild):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (done.returncode, REFUSED in done.stderr) == (1, True), done.stderr


def test_a_kernel_refuses() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CONNECT)])
    NotebookClient(notebook, allow_errors=True).execute()
    (output,) = notebook.cells[0].outputs
    assert (output["ename"], REFUSED in output["evalue"]) == ("AssertionError", True)


def test_a_python_path_that_was_set_is_kept() -> None:
    code = "import os; print(os.environ['PYTHONPATH'])"
    child = f"import conftest; {code}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", child], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == os.pathsep.join([str(GUARD), str(ROOT)])
    assert python_path(ROOT).split(os.pathsep)[:2] == [str(ROOT), str(GUARD)]
