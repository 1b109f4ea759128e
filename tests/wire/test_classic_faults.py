"""Faults that crash typical textbook chat programs, tried on a real server.

The list is that of a probe of seven such programs: one scan ended four of them and froze a fifth,
all stopped for everybody when one client stopped reading, none could be stopped with Ctrl-C while
clients were connected, none could be restarted at once.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import PATIENCE, DidNotStart, RunningServer, Wire, environment, eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("faults")
    with RunningServer(data, limits__greeting_seconds=0.3) as running:
        yield running


def is_alive(server: RunningServer, name: str) -> None:
    """A newcomer is let in and hears itself."""
    wire = server.person(name)
    wire.sends(f"{name} is here")  # what was said before may be shown first
    wire.until(f"{name}: {name} is here")
    wire.close()


def test_a_scan_costs_one_line_of_the_log_and_nothing_else(server):
    before = len(server.chat_log()) if (server.data / "chat.log").exists() else 0
    socket.create_connection(("127.0.0.1", server.port)).close()
    is_alive(server, "AfterScan")

    def told():
        new = server.chat_log()[before:]
        return [line for line in new if not line.startswith("Client AfterScan")]

    eventually(told)  # perhaps after who came in next
    is_alive(server, "AfterScan2")
    (scanned,) = told()
    assert "127.0.0.1" in scanned
    assert server.errors == []


def test_a_reset_before_the_name_ends_nothing_else(server):
    for _ in range(20):
        server.connect().reset()
    is_alive(server, "AfterReset")
    assert server.errors == []


def test_a_silent_connection_keeps_nobody_out(server):
    silent = [server.connect() for _ in range(5)]
    is_alive(server, "NotBlocked")
    for wire in silent:
        wire.close()


def test_a_clean_close_is_told_to_the_others(server):
    stays = server.irc("stays", "#close")
    leaves = server.irc("leaves", "#close")
    stays.until(" JOIN #close")
    leaves.close()
    assert "QUIT" in stays.until(":leaves!")[-1]
    stays.close()


def test_half_a_character_in_each_of_two_packets_arrives_whole(server):
    reader = server.irc("reader", "#half")
    for who in (server.irc("half", "#half"), None):
        wire = who or server.person("Half2")
        text = ("PRIVMSG #half :caf\u00e9\r\n" if who else "caf\u00e9\n").encode()
        if not who:
            wire.sends("/join #half")
            wire.until("joined #half")
        cut = text.index(b"\xc3") + 1
        wire.sends_bytes(text[:cut])
        wire.sends_bytes(text[cut:])
        assert reader.said(1) == ["caf\u00e9"]
        wire.close()
    reader.close()


def test_bytes_that_are_no_text_are_refused_and_the_connection_stays(server):
    irc = server.irc("badbytes", "#bad")
    irc.sends_bytes(b"PRIVMSG #bad :\xff\xfe\x80\r\n")
    assert "INVALID_UTF8" in irc.until("FAIL")[-1]
    irc.sends("PING after")
    irc.until("PONG")
    person = server.person("BadBytes2")
    person.sends_bytes(b"\xff\xfe\x80\n")
    person.until("not UTF-8")
    person.sends("after")
    assert person.said(1) == ["after"]
    irc.close()
    person.close()


def test_bad_bytes_for_a_name_leave_the_door_open(server):
    wire = server.connect()
    wire.until("name?")
    wire.sends_bytes(b"\xff\xfe\x80\n")
    wire.until("not UTF-8")
    wire.sends("Named")
    wire.until("* Named joined #lobby")
    wire.close()
    is_alive(server, "AfterBadName")


def test_a_second_alice_is_told_so_and_asked_again(server):
    first = server.person("Alice")
    second = server.connect()
    second.until("name?")
    second.sends("alice")
    assert second.until("taken")[-1] == "* alice is taken. What is your name?"
    second.sends("Alice2")
    second.until("* Alice2 joined #lobby")
    first.close()
    second.close()


def test_escapes_for_terminals_are_shown_and_not_obeyed(server):
    person = server.person("Reader2")
    irc = server.irc("escapes", "#lobby")
    irc.sends("PRIVMSG #lobby :\x1b[2Jgone\x07\u009b31m\u202e")
    line = person.until("gone")[-1]
    assert line == "[#lobby] escapes: \\x1b[2Jgone\\x07\\x9b31m\\u202e"
    irc.close()
    person.close()


def test_a_long_line_is_refused_and_one_without_an_end_ends_the_connection(server):
    irc = server.irc("endless", "#endless")
    irc.sends_bytes(b"PRIVMSG #endless :" + b"x" * 10_000)
    irc.until(" 417 ")
    irc.sends_bytes(b"\r\nPING after\r\n")
    irc.until("PONG")
    irc.sends_bytes(b"PRIVMSG #endless :" + b"x" * 20_000)
    irc.until("ERROR :Closing link: RecvQ exceeded")
    irc.close()


def test_who_stops_reading_is_cut_off_and_the_others_miss_nothing(tmp_path):
    """The bytes here fill every buffer on the way, at most 100 MB of them."""
    with RunningServer(tmp_path, limits__flood_burst=0, limits__send_queue=65536) as server:
        stuck = socket.socket()
        stuck.settimeout(PATIENCE)
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", server.port))
        wire = Wire(stuck)
        wire.sends("NICK stuck", "USER s 0 * :s", "JOIN #slow")
        wire.until(" 366 ")
        reader = server.irc("reader", "#slow")
        writer = server.irc("writer", "#slow")
        reader.until(":writer!")
        sent, text = 0, "x" * 400
        while True:
            for _ in range(200):
                writer.sends(f"PRIVMSG #slow :{sent:06d}{text}")
                sent += 1
            writer.sends("PING round")
            lines = writer.until("PONG")
            if any(line.startswith(":stuck!") for line in lines):
                break
            assert sent * len(text) < 100_000_000
        texts = reader.said(sent)
        assert [int(each[:6]) for each in texts] == list(range(sent))
        quit_line = next(line for line in lines if line.startswith(":stuck!"))
        assert "SendQ exceeded" in quit_line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_stops_at_once_with_clients_and_starts_again_on_the_same_port(
    tmp_path: Path, number: signal.Signals, kept_port: int
):
    server = RunningServer(tmp_path, port=kept_port)
    irc, person = server.irc("irc", "#lobby"), server.person("Person")
    begun = time.monotonic()
    code = server.stop(number)
    took = time.monotonic() - begun
    assert code == 0, server.errors
    assert took < 20  # for a busy machine; alone it is a fortieth of that
    assert irc.to_the_end()[-1].startswith("ERROR :")
    assert "shutting down" in person.to_the_end()[-1]
    assert server.errors == []
    with RunningServer(tmp_path, port=server.port) as again:
        is_alive(again, "Again")


@pytest.mark.skipif(sys.platform != "linux", reason="sets the size of a pipe")
def test_a_terminal_that_takes_no_more_stops_nobody(tmp_path):
    """As after Ctrl-S: nobody reads what the server prints, and the pipe is soon full."""
    import fcntl  # not on Windows

    process = subprocess.Popen(
        [sys.executable, "-m", "hubbub", "serve"],
        env=environment(tmp_path, limits__connections_per_address=0),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        port = int(os.read(process.stdout.fileno(), 4096).split(b"...")[0].rpartition(b":")[2])
        for number in range(200):  # 34 bytes each
            wire = Wire(socket.create_connection(("127.0.0.1", port), PATIENCE))
            wire.sends(f"NICK n{number}", "USER s 0 * :s")
            wire.until(" 422 ")
            wire.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_taken_port_is_one_clear_line(tmp_path):
    with RunningServer(tmp_path) as server:
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(DidNotStart) as failure:
            RunningServer(other, port=server.port)
        ended = failure.value.server
        assert ended.exit_code == 1
        assert len(ended.errors) == 1
        assert "port is taken" in ended.errors[0]
