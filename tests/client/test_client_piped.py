"""client.py as a filter, without a terminal."""

import os
import signal
import socket
import subprocess
import sys

import pytest
from client_harness import ROOT, SOON, clean_environment


def test_a_piped_line_is_delivered_before_the_client_leaves(server, piped):
    code, out, err = piped(server.port, "Alice\nhello\nquit\n")
    assert (code, out) == (0, "")
    assert err.splitlines()[0] == f"Connected to server at 127.0.0.1:{server.port}"
    assert "Alice to #lobby: hello" in server.chat_log


def test_the_end_of_the_input_leaves_too_and_loses_nothing(server, piped):
    lines = "".join(f"line {number}\n" for number in range(24))
    code, _, _ = piped(server.port, "Alice\n" + lines + "no newline at the end")
    assert code == 0
    said = [
        line.partition("#lobby: ")[2] for line in server.chat_log.splitlines() if "#lobby:" in line
    ]
    assert said == [*lines.splitlines(), "no newline at the end"]


def test_who_comes_later_sees_what_was_said(server, piped):
    piped(server.port, "Alice\nhello\nquit\n")
    code, out, _ = piped(server.port, "Bob\nquit\n")
    assert code == 0
    assert out.startswith("Earlier: [")
    assert out.endswith("] Alice: hello\n")


def test_what_is_found_does_not_change_where_history_goes_on(server, piped):
    said = "".join(f"number {each}\n" for each in range(1, 31))
    piped(server.port, f"Alice\nfirst of all\n{said}quit\n")
    asked = "/search first from:alice in:#lobby has:link\n/search first from:alice\n/history 3\n"
    code, out, err = piped(server.port, f"Bob\n{asked}quit\n")
    assert code == 0
    *_, found, before, between, newest = [line.partition("Alice: ")[2] for line in out.split("\n")][
        :-1
    ]
    assert found == "first of all"
    assert [before, between, newest] == ["number 8", "number 9", "number 10"]
    assert err.count("Nothing was found") == 1


def test_commands_work_in_a_script(server, piped):
    code, out, err = piped(
        server.port,
        "Alice\n/join tea\n/topic Earl Grey\n/who\n/me waves\n//not a command\n/quit bye\n",
    )
    assert (code, out) == (0, "")
    assert "* In #tea: @Alice (1)" in err
    assert "Alice to #tea: * Alice waves" in server.chat_log
    assert "Alice to #tea: /not a command" in server.chat_log
    assert "bye" in server.chat_log


def test_a_new_name_is_one_word_as_the_first_was(server, piped):
    code, _, err = piped(server.port, "Alice\n/nick Alice Liddell\nquit\n")
    assert code == 1
    assert "! A name cannot hold spaces or commas." in err


def test_a_mistake_is_told_and_shows_in_the_exit_code(server, piped):
    code, _, err = piped(server.port, "Alice\n/jion #tea\nquit\n")
    assert code == 1
    assert "! There is no command /jion. /help lists them; //jion says it." in err


def test_a_message_that_is_refused_shows_in_the_exit_code(server, piped):
    code, _, err = piped(server.port, "Alice\n/msg Nobody hello\nquit\n")
    assert code == 1
    assert "! Not delivered to Nobody: hello (No such nick/channel)" in err


def test_a_taken_name_is_one_clear_line(server, piped, talking):
    talking(server.port, "Alice")
    code, out, err = piped(server.port, "Alice\nhello\nquit\n")
    assert (code, out) == (1, "")
    assert err == "hubbub client: the name Alice cannot be used: Nickname is already in use\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no name: the first line of the input is the name"),
        ("\n", "A name is needed."),
        ("Alice Liddell\n", "A name cannot hold spaces or commas."),
        ("#Alice\n", "the name #Alice cannot be used: Erroneous nickname"),
    ],
)
def test_a_bad_name_is_one_clear_line(server, piped, text, line):
    code, out, err = piped(server.port, text)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == f"hubbub client: {line}"
    assert "Traceback" not in err


def test_no_server_is_one_clear_line(piped):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        code, out, err = piped(port, "Alice\n")
    assert (code, out) == (1, "")
    assert err == (
        f"hubbub client: cannot connect to 127.0.0.1:{port}: nothing listens there (connection"
        " refused). Is the server running? Start it with: python3 server.py\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")
def test_without_any_input_it_is_one_clear_line():
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", sys.executable, ROOT / "client.py", "127.0.0.1", "1"],
        capture_output=True,
        timeout=SOON,
        env=clean_environment(),
        check=False,
    )
    wanted = b"client.py: no name: the first line of the input is the name\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", wanted)


LEFT = """
import atexit, sys, threading
from hubbub.cli import main

atexit.register(lambda: print([thread.name for thread in threading.enumerate()]))
sys.exit(main(["client", "127.0.0.1", sys.argv[1]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing can end its thread there")
@pytest.mark.parametrize("lines", [1, 1000])
def test_no_thread_is_left_when_the_interpreter_ends(lines):
    """It could make it abort. Here it waits for more input, or for room for what it has read."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = subprocess.Popen(
            [sys.executable, "-c", LEFT, str(unused.getsockname()[1])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
        )
        client.stdin.write(b"Alice\n" * lines)
        client.stdin.flush()
        code = client.wait(SOON)  # its input still open
    out, err = client.communicate()
    assert (code, out) == (1, b"['MainThread']\n"), err


def test_two_filters_talk_and_control_characters_are_shown(server, talking):
    alice, bob = talking(server.port, "Alice"), talking(server.port, "Bob")
    bob.says("Hi, Alice!", "\x1b[2J\u202e\x9b bell\x07", "/msg Alice psst")
    assert alice.hears() == "Received: Bob: Hi, Alice!"
    assert alice.hears() == "Received: Bob: \\x1b[2J\\u202e\\x9b bell\\x07"
    assert alice.hears() == "Received: [private] Bob: psst"


def test_messages_show_their_channel_when_it_is_not_the_current_one(server, talking):
    alice, bob = talking(server.port, "Alice"), talking(server.port, "Bob")
    alice.says("/join #tea")
    alice.hears("* Nobody else is in #tea", on="err")
    bob.says("/join #tea", "in tea")
    assert alice.hears() == "Received: Bob: in tea"
    bob.says("/msg #lobby in the lobby")
    assert alice.hears() == "Received: [#lobby] Bob: in the lobby"


def test_a_server_that_comes_back_gets_the_waiting_line_once(server, talking):
    alice = talking(server.port, "Alice")
    server.stop()
    alice.hears("* Connection lost: Server shutting down. Connecting again...", on="err")
    alice.says("said meanwhile")
    alice.hears("* No connection: sent as soon as there is one (1 message waiting)", on="err")
    server.start()
    code, err = alice.ends()
    assert err.splitlines() == [
        f"Connected again to server at 127.0.0.1:{server.port}",
        "* Sending what was waiting: 1 message",
    ]
    assert code == 0
    assert server.chat_log.count("said meanwhile") == 1


def test_an_interrupt_with_lines_unsent_says_so(server, talking):
    alice = talking(server.port, "Alice")
    server.stop()
    alice.hears("* Connection lost", on="err")
    alice.says("never sent")
    alice.hears("* No connection", on="err")
    alice.process.send_signal(signal.SIGINT)
    assert alice.ends() == (130, "! 1 message could not be delivered\n")


def test_a_reader_that_has_had_enough_ends_it_quietly(server, talking):
    reading, writing = os.pipe()
    alice, bob = talking(server.port, "Alice", stdout=writing), talking(server.port, "Bob")
    os.close(writing)
    os.close(reading)
    bob.says("one")
    alice.process.wait(SOON)  # by itself, its input still open
    assert alice.ends() == (0, "* Bob joined\n")


def test_search_goes_on_to_the_oldest(server, piped, talking):
    piped(server.port, "Alice\n" + "".join(f"cup {each}\n" for each in range(1, 48)) + "quit\n")
    bob = talking(server.port, "Bob")
    page = lambda count: [int(bob.hears().rpartition(" cup ")[2]) for _ in range(count)]  # noqa: E731
    page(20)  # what a new one is told of the channel
    bob.says("/search cup from:alice before:2999-01-01")
    assert page(20) == [*range(28, 48)]
    bob.hears("* Older ones: /search", on="err")
    bob.says("/search")
    assert page(20) == [*range(8, 28)]
    bob.says("/search")
    assert page(7) == [*range(1, 8)]
    bob.hears("* These were the oldest", on="err")
    bob.says("/search")
    bob.hears("* Nothing older was found", on="err")
