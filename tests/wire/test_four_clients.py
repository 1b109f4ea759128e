"""netcat, client.py, irssi and a raw socket see one conversation in one order."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import ROOT, RunningServer
from terminals import Terminal, program

MESSAGES = 12
# It would wait for seconds between its lines, lest a server think them too many.
IRSSI = 'settings = { "irc/core" = { cmds_max_at_once = "1000"; cmd_queue_speed = "1msec"; }; };'
_SAID = re.compile(r"message (\d+) of (\w+)")


def said(terminal: Terminal) -> list[tuple[str, str]]:
    """Who said what, each once: a screen that is drawn again shows it again."""
    return list(dict.fromkeys(_SAID.findall(terminal.text)))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with RunningServer(tmp_path, limits__flood_burst=0, limits__greeting_seconds=0.3) as running:
        yield running


@pytest.mark.needs("nc", "irssi")
def test_four_kinds_of_client_see_the_same_messages_in_the_same_order(server, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "config").write_text(IRSSI)
    port = str(server.port)
    raw = server.irc("raw", "#lobby", caps="echo-message")
    with (
        program(["nc", "127.0.0.1", port]) as netcat,
        program(
            [sys.executable, str(ROOT / "client.py"), "127.0.0.1", port],
            HOME=str(home),
            HUBBUB_NO_BOOTSTRAP="1",
            PYTHONPATH=str(ROOT / "src"),
        ) as ours,
        program(
            ["irssi", f"--home={home}", "-c", "127.0.0.1", "-p", port, "-n", "irssi"],
            HOME=str(home),
        ) as irssi,
    ):
        netcat.until("What is your name?")
        netcat.types("netcat")
        netcat.until("* netcat joined #lobby")
        ours.until("Enter your username:")
        ours.types("ours")
        ours.until("Type your message")
        irssi.until("MOTD")
        irssi.types("/join #lobby")
        raw.until(":irssi!")

        for number in range(0, MESSAGES, 4):
            raw.sends(f"PRIVMSG #lobby :message {number} of raw")
            netcat.types(f"message {number + 1} of netcat")
            ours.types(f"message {number + 2} of ours")
            irssi.types(f"message {number + 3} of irssi")
        seen = [_SAID.findall(text)[0] for text in raw.said(MESSAGES)]
        last = f"message {seen[-1][0]} of {seen[-1][1]}"
        # The terminals show what is typed as well; the order is read off a last round, which
        # begins when everybody has seen the first.
        for terminal in (netcat, ours, irssi):
            terminal.until(last)
        assert sorted(int(number) for number, _ in seen) == list(range(MESSAGES))

        for terminal in (netcat, ours, irssi):
            terminal.text = ""
        flood = server.irc("flood", "#lobby", caps="echo-message")
        other = server.irc("other", "#lobby", caps="echo-message")
        for number in range(100, 120, 2):
            flood.sends(f"PRIVMSG #lobby :message {number} of flood")
            other.sends(f"PRIVMSG #lobby :message {number + 1} of other")
        order = [_SAID.findall(text)[0] for text in raw.said(20)]
        last = f"message {order[-1][0]} of {order[-1][1]}"
        for terminal in (netcat, ours, irssi):
            terminal.until(last)
            assert [each for each in said(terminal) if int(each[0]) >= 100] == order
        assert [_SAID.findall(text)[0] for text in flood.said(20)] == order
        irssi.types("/quit bye")
        ours.types("quit")
        netcat.types("quit")
        quits = {raw.until(" QUIT ")[-1].split("!")[0] for _ in range(3)}
        assert quits == {":irssi", ":ours", ":netcat"}
    assert server.errors == []
