"""client.py on a terminal: a pty, and an in-memory terminal that renders the screen."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from client_harness import SOON, clean_environment

pyte = pytest.importorskip("pyte")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")

ASK = "Type your message (or 'quit' to exit): "


class Terminal:
    """client.py on a terminal of 80 by 24; rows are told without the spaces at their ends."""

    def __init__(
        self, port: int, *arguments: str, term: str = "xterm-256color", **environment: str
    ):
        self.screen = pyte.HistoryScreen(80, 24, history=1000, ratio=0.5)
        self._stream = pyte.ByteStream(self.screen)
        self.everything = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hubbub", "client", "127.0.0.1", str(port), *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=clean_environment(TERM=term, **environment),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def types(self, text: str) -> None:
        """Keys, once the client edits the line itself: one before that is the kernel's. And once it
        waits for them: CPython sees a Ctrl-C between readline's prompt and its select() only at the
        next key (Modules/readline.c, readline_until_enter_or_signal)."""
        self.shows(lambda _: not termios.tcgetattr(self.slave)[3] & termios.ICANON)
        self.shows(lambda _: self._waits())
        os.write(self.master, text.encode())

    def _waits(self) -> bool:
        """Does its first thread sleep? (proc(5), /proc/pid/stat)"""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:  # not Linux, or it has ended
            return True
        return stat.rpartition(")")[2].split()[0] == "S"

    def enters(self, text: str) -> None:
        """Types a line and Enter, once the client asks for one."""
        self.shows(lambda rows: rows[self.screen.cursor.y].endswith(":"))
        self.types(text + "\r")

    @property
    def rows(self) -> list[str]:
        """What the screen shows."""
        return [row.rstrip() for row in self.screen.display]

    @property
    def line(self) -> str:
        """The row with the cursor."""
        return self.screen.display[self.screen.cursor.y].rstrip()

    def shows(self, what) -> None:
        """Wait until the screen shows a text, or something is true of its rows."""
        true = what if callable(what) else lambda rows: any(what in row for row in rows)
        end = time.monotonic() + SOON
        while not true(self.rows):
            if not self._read(0.05) and time.monotonic() > end:
                shown = "\n".join(self.screen.display)
                raise AssertionError(f"never showed {what!r}, but:\n{shown}")

    def _read(self, patience: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], max(0, patience))
        try:
            data = os.read(self.master, 65536) if ready else b""
        except OSError:  # the other side is closed (Linux)
            data = b""
        self.everything += data
        self._stream.feed(data)
        if b"\x1b[6n" in data:  # where is the cursor? A terminal answers
            os.write(
                self.master, f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R".encode()
            )
        return bool(data)

    def ends(self) -> int:
        """Wait for the end; the exit code. The terminal must be as it was."""
        code = self._wait()
        assert termios.tcgetattr(self.slave)[:4] == self.before[:4], "the terminal is not restored"
        return code

    def _wait(self) -> int:
        end = time.monotonic() + SOON
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.02)
        while self._read(0):
            pass
        return self.process.wait(timeout=SOON)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture
def terminal():
    running = []

    def start(port, *arguments, **more):
        running.append(Terminal(port, *arguments, **more))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def plain_terminal(terminal):
    """One on which the client works in lines, with the standard library alone."""
    return lambda port: terminal(port, term="dumb")


@pytest.fixture(params=["full", "plain"])
def any_terminal(request, terminal, plain_terminal):
    """With prompt_toolkit, and without."""
    return terminal if request.param == "full" else plain_terminal


def test_the_dialogue_is_that_of_the_first_version(server, any_terminal, talking):
    alice = any_terminal(server.port)
    alice.shows(lambda rows: rows[0] == "Enter your username:")
    alice.types("Alice\r")
    alice.shows(ASK.rstrip())
    bob = talking(server.port, "Bob")
    alice.shows("* Bob joined")
    alice.enters("Hello, Bob!")
    assert bob.hears() == "Received: Alice: Hello, Bob!"
    bob.says("Hi, Alice!")
    dialogue = [
        "Enter your username: Alice",
        f"Connected to server at 127.0.0.1:{server.port}",
        ASK + "Hello, Bob!",
        "Received: Bob: Hi, Alice!",
        ASK.rstrip(),
    ]
    aside = re.compile(r"\* |Alice \| |$")
    alice.shows(lambda rows: [row for row in rows if not aside.match(row)] == dialogue)
    alice.enters("quit")
    assert alice.ends() == 0


def test_what_arrives_never_garbles_the_line_being_typed(server, any_terminal, talking):
    alice = any_terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    bob = talking(server.port, "Bob")
    alice.shows("* Bob joined")
    alice.types("half a sen")
    alice.shows(ASK + "half a sen")
    for number in range(5):
        bob.says(f"message {number}")
        alice.shows(f"Received: Bob: message {number}")
        alice.shows(ASK + "half a sen")
        alice.shows(lambda _: alice.line == ASK + "half a sen")
    assert sum("half a sen" in row for row in alice.rows) == 1
    alice.types("tence\r")
    assert bob.hears() == "Received: Alice: half a sentence"
    alice.enters("quit")
    assert alice.ends() == 0


def test_others_cannot_steer_the_terminal(server, terminal, talking):
    alice = terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    bob = talking(server.port, "Bob")
    bob.says("\x1b[2J\x1b]0;owned\x07\x9b31m \u202eevil", "/me \x1b[H")
    alice.shows(r"Received: Bob: \x1b[2J\x1b]0;owned\x07\x9b31m \u202eevil")
    alice.shows(r"Received: * Bob \x1b[H")
    assert b"\x1b]0;owned" not in alice.everything
    alice.enters("quit")
    assert alice.ends() == 0


def test_ctrl_c_clears_the_line_and_then_quits(server, any_terminal):
    alice = any_terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    alice.types("never said")
    alice.shows(ASK + "never said")
    alice.types("\x03")
    alice.shows(lambda rows: alice.line == ASK.rstrip())
    alice.types("\x03")
    assert alice.ends() == 0
    assert "never said" not in server.chat_log


def test_ctrl_d_on_an_empty_line_quits(server, plain_terminal):
    alice = plain_terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    alice.enters("\x04")
    assert alice.ends() == 0


def test_a_name_in_use_is_asked_for_again(server, terminal, talking):
    talking(server.port, "Alice")
    alice = terminal(server.port)
    alice.enters("Alice")
    alice.shows("! Alice: Nickname is already in use. Choose another name.")
    alice.enters("two words")
    alice.shows("! A name cannot hold spaces or commas.")
    alice.enters("Alicia")
    alice.shows("* In #lobby: @Alice, Alicia (2)")
    alice.enters("quit")
    assert alice.ends() == 0


def test_ctrl_c_at_the_first_question_leaves(server, plain_terminal):
    alice = plain_terminal(server.port)
    alice.shows("Enter your username:")
    alice.types("\x03")
    assert alice.ends() == 0


def test_no_server_is_one_clear_line(plain_terminal):
    alice = plain_terminal(1)
    alice.enters("Alice")
    assert alice.ends() == 1
    assert "cannot connect to 127.0.0.1:1: nothing listens there" in "".join(alice.rows)


def test_tab_completes_commands_nicks_and_channels(server, any_terminal, talking):
    alice = any_terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    talking(server.port, "Bartholomew")
    alice.shows("* Bartholomew joined")
    alice.types("Bar\t")
    alice.shows(ASK + "Bartholomew:")
    alice.types("you, @Bar\t")
    alice.shows(ASK + "Bartholomew: you, @Bartholomew")
    alice.types("\x15/topi\t#lob\tTea\r")
    alice.shows("* Alice set the topic of #lobby: Tea")
    alice.enters("quit")
    assert alice.ends() == 0


def test_a_line_typed_while_the_server_is_away_arrives_once(server, any_terminal):
    alice = any_terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    server.stop()
    alice.shows("* Connection lost: Server shutting down")
    alice.enters("said meanwhile")
    alice.shows("* No connection: sent as soon as there is one (1 message waiting)")
    alice.enters("quit")
    alice.shows("* 1 message not sent yet: quit again to leave without sending")
    server.start()
    alice.shows(f"Connected again to server at 127.0.0.1:{server.port}")
    alice.shows("* Sending what was waiting: 1 message")
    alice.enters("quit")
    assert alice.ends() == 0
    assert server.chat_log.count("said meanwhile") == 1


def test_the_arrow_keys_bring_back_what_was_said(server, terminal):
    alice = terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    alice.enters("again and again")
    alice.shows(lambda rows: ASK + "again and again" in rows and alice.line == ASK.rstrip())
    alice.types("\x1b[A")
    alice.shows(lambda rows: alice.line == ASK + "again and again")
    alice.types("\r")
    alice.enters("quit")
    assert alice.ends() == 0
    assert server.chat_log.count("again and again") == 2


def test_the_line_below_says_where_one_is_and_whether_the_words_are_safe(server, terminal):
    alice = terminal(server.port)
    alice.enters("Alice")
    alice.shows("Alice | #lobby (1) | \u2713 all delivered")
    alice.enters("/join tea")
    alice.shows("Alice | #tea (1) | also in #lobby | \u2713 all delivered")
    alice.shows("[#tea] " + ASK.rstrip())
    alice.types("\x1b1")
    alice.shows("* Now talking in #lobby")
    alice.types("\x1b\x1b[B")
    alice.shows(lambda rows: alice.line == "[#tea] " + ASK.rstrip())
    alice.enters("quit")
    assert alice.ends() == 0


def test_pasted_lines_wait_for_enter_and_are_never_commands(server, terminal):
    alice = terminal(server.port)
    alice.enters("Alice")
    alice.shows("all delivered")
    alice.types("\x1b[200~/quit\nsecond\x1b[201~")
    alice.shows("second")
    assert "second" not in server.chat_log
    alice.types("\r")
    alice.enters("quit")
    assert alice.ends() == 0
    said = re.findall(r"Alice to #lobby: (.*)", server.chat_log)
    assert said == ["/quit", "second"]


def test_a_kill_restores_the_terminal(server, terminal):
    alice = terminal(server.port)
    alice.enters("Alice")
    alice.shows("all delivered")
    alice.types("half")
    alice.shows(ASK + "half")
    alice.process.send_signal(signal.SIGTERM)
    assert alice.ends() == 0


def test_a_plain_terminal_gets_no_escape_sequence(server, plain_terminal, talking):
    alice = plain_terminal(server.port)
    alice.enters("Alice")
    alice.shows(ASK.rstrip())
    bob = talking(server.port, "Bob")
    bob.says("hello")
    alice.shows("Received: Bob: hello")
    alice.enters("quit")
    assert alice.ends() == 0
    assert b"\x1b" not in alice.everything.replace(b"\x1b[?2004h", b"").replace(b"\x1b[?2004l", b"")
