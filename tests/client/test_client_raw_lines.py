"""`client.py --lines`, with a server that the test plays."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
from client_harness import SOON, clean_environment

COMMAND = [sys.executable, "-m", "hubbub", "client", "--lines"]


class Server:
    """Listens for one client."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.words = [*COMMAND, "127.0.0.1", str(self._door.getsockname()[1])]

    def accepts(self) -> socket.socket:
        self._door.settimeout(SOON)
        connection, _ = self._door.accept()
        connection.settimeout(SOON)
        return connection

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def server():
    with contextlib.closing(Server()) as listening:
        yield listening


def piped(words):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(words, **pipes, env=clean_environment(), bufsize=0)


def test_lines_pass_unchanged_both_ways_until_both_have_ended(server):
    client = piped(server.words)
    with server.accepts() as connection, connection.makefile("rwb", 0) as stream:
        client.stdin.write(b"alice\nCAP LS \xff\n")
        assert [stream.readline(), stream.readline()] == [b"alice\n", b"CAP LS \xff\n"]
        client.stdin.close()
        assert stream.readline() == b""
        stream.write(b"* here:\r\nbob: \x1b[2J\xfe\nno end")
    assert client.stdout.read() == b"* here:\nbob: \\x1b[2J\\xfe\nno end\n"
    assert client.stderr.read() == b"* The server has closed the connection\n"
    assert client.wait(SOON) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Enter has to be pressed there")
def test_it_ends_with_the_server_though_more_could_be_typed(server):
    client = piped(server.words)
    server.accepts().close()
    assert client.wait(SOON) == 0
    assert client.stderr.read() == b"* The server has closed the connection\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_the_line_being_typed_stays_whole(server):
    from terminals import program

    with program(server.words, PYTHONPATH=os.pathsep.join(sys.path)) as terminal:
        with server.accepts() as connection:
            terminal.presses("half a li")
            terminal.until("half a li")
            connection.sendall(b"bob: hi\n")
            terminal.until("bob: hi\r\nhalf a li")
            terminal.presses("ne\r")
            assert connection.makefile().readline() == "half a line\n"
            terminal.process.send_signal(signal.SIGINT)
        assert terminal.leaves() in (0, 130)


def test_a_server_that_is_not_there_and_other_options_are_one_line(server):
    server.close()
    done = subprocess.run(server.words, capture_output=True, env=clean_environment())
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith("hubbub client: cannot connect to 127.0.0.1:")
    done = subprocess.run([*COMMAND, "--nick", "a"], capture_output=True, env=clean_environment())
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"hubbub client: --lines takes HOST and PORT, and no other option\n"
