"""SIGHUP: closing the window ends the server, `kill -HUP` reloads the settings."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running_server import RunningServer

from hubbub import terminal

if sys.platform == "win32":
    pytest.skip("there is no SIGHUP", allow_module_level=True)

import pty

# What a window does: a session of its own, whose terminal is the first that it opens.
WINDOW = """
import os, sys
_, path, *words = sys.argv
os.setsid()
os.open(path, os.O_RDWR)
os.execvp(words[0], words)
"""


def session(terminal: str, *words: str) -> list[str]:
    return [sys.executable, "-c", WINDOW, terminal, *words]


class Window:
    """A pseudo terminal to start programs in."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()

    def around(self, *words: str) -> list[str]:
        return session(os.ttyname(self.theirs), *words)

    def close(self) -> None:
        for descriptor in (self.theirs, self._ours):
            os.close(descriptor)
        self._ours = self.theirs = -1

    @property
    def is_open(self) -> bool:
        return self._ours >= 0


@pytest.fixture
def window() -> Iterator[Window]:
    window = Window()
    yield window
    if window.is_open:
        window.close()


@contextmanager
def reloaded(server: RunningServer) -> Iterator[None]:
    """What happens inside has the server read its settings again, and tell its clients."""
    wire = server.irc("alice")
    (server.data / "hubbub.toml").write_text("[limits]\ntopic_length = 300\n")
    yield
    assert "TOPICLEN=300" in wire.until(" 005 ")[-1]
    wire.close()


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "hubbub.toml"
    path.write_text("")
    return str(path)


def test_closing_the_window_ends_the_server(tmp_path: Path, window: Window):
    with RunningServer(tmp_path, under=window.around()) as server:
        wire = server.irc("alice")
        window.close()
        assert wire.to_the_end()[-1] == "ERROR :Closing link: Server shutting down"
        assert server.ends() == 0
    assert server.errors == []
    with RunningServer(tmp_path):  # nobody has its data any more
        pass


@pytest.mark.parametrize("script", ['"$@"; exit', '"$@" <&0 & wait'], ids=["front", "back"])
def test_also_when_a_shell_is_in_it(tmp_path: Path, window: Window, script: str):
    server = RunningServer(tmp_path, under=window.around("sh", "-c", script, "sh"))
    try:
        wire = server.irc("alice")
        window.close()
        assert wire.to_the_end()[-1] == "ERROR :Closing link: Server shutting down"
    finally:  # the shell's child is no child of ours
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGTERM)
    server.ends()
    with RunningServer(tmp_path):  # nobody has its data any more
        pass


def test_asked_from_elsewhere_it_reads_the_settings(tmp_path: Path, window: Window, settings: str):
    with RunningServer(tmp_path, under=window.around(), config=settings) as server:
        with reloaded(server):
            server.process.send_signal(signal.SIGHUP)
        assert server.stop() == 0


def test_a_service_reads_the_settings(tmp_path: Path, settings: str):
    with RunningServer(tmp_path, under=session(os.devnull), config=settings) as server:
        with reloaded(server):
            server.process.send_signal(signal.SIGHUP)
        assert server.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says which signals are ignored")
def test_under_nohup_it_stays_ignored(tmp_path: Path):
    with RunningServer(tmp_path, under=["nohup"]) as server:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
        assert ignored & 1 << (signal.SIGHUP - 1)


# -- the rule ------------------------------------------------------------------------------


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def test_a_shell_hands_the_signal_on_before_the_terminal_goes(window: Window, now: list[float]):
    its = terminal.Terminal(os.dup(window.theirs))
    assert not its.hung_up()
    now[0] += 1
    window.close()
    assert its.was_closed()


def test_a_terminal_that_went_long_ago_left_a_service_behind(window: Window, now: list[float]):
    its = terminal.Terminal(os.dup(window.theirs))
    window.close()
    assert not its.was_closed()
    now[0] += 60
    assert not its.hung_up()


def test_one_that_goes_long_after_a_reload_does_so_too(window: Window, now: list[float]):
    its = terminal.Terminal(os.dup(window.theirs))
    assert not its.hung_up()
    now[0] += 60
    window.close()
    assert not its.was_closed()
