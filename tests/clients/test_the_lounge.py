"""The Lounge, a web client that stays connected: a real one, and the messages to its browser."""

from __future__ import annotations

from typing import Any

import pytest
from others import ACCOUNT, NAMELESS, PASSWORD, as_documented
from scripted import Scripted

pytestmark = pytest.mark.needs("node", "npm:thelounge", "npm:socket.io-client")


class Lounge(Scripted):
    """The browser's side: channels by name, and their messages."""

    @property
    def channels(self) -> dict[str, int]:
        """Their numbers, by name."""
        joined = [event["chan"] for name, event in self.happened if name == "join"]
        networks = (event["network"] for name, event in self.happened if name == "network")
        listed = [each for network in networks for each in network["channels"]]
        return {each["name"]: each["id"] for each in (*listed, *joined)}

    def enters_network(self, port: int) -> None:
        self.does(
            "network:new",
            {
                "name": "Hubbub", "host": "127.0.0.1", "port": str(port), "tls": "",
                "nick": ACCOUNT, "username": ACCOUNT, "realname": "Zoe", "join": "",
                "sasl": "plain", "saslAccount": ACCOUNT, "saslPassword": PASSWORD,
            },
        )  # fmt: skip
        self.until("network")

    def types(self, place: str, text: str) -> None:
        self.does("input", {"target": self.channels[place], "text": text})

    def shows(self, place: str, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of that kind in the channel."""
        while True:
            event = self.until("msg")
            if event["chan"] != self.channels.get(place):
                continue
            message = event["msg"]
            if message["type"] == kind and all(message.get(k) == v for k, v in fields.items()):
                return message

    def messages(self) -> list[dict[str, Any]]:
        return [event["msg"] for name, event in self.happened if name == "msg"]


def _line(message: dict[str, Any]) -> str:
    """A message as The Lounge has it for its page."""
    who = message["from"].get("nick", "")
    rest = (message.get(key) for key in ("text", "new_nick", "reason", "raw_modes"))
    parts = (message["type"], message.get("command"), who, *rest)
    return " ".join(str(part) for part in parts if part)


def test_the_lounge_lives_a_whole_session(server, peer, tmp_path):
    home = tmp_path / "lounge"
    home.mkdir()
    with Lounge("lounge.cjs", str(home)) as lounge:
        lounge.until("ready")
        _session(lounge, peer, server.port)
        lounge.process.stdin.close()
        assert lounge.ends() == 0
    # It could not look for its newest version; that is all that it complains of.
    errors = [line for line in lounge.complaints if "[ERROR]" in line]
    assert [line for line in errors if "changelog" not in line] == []
    problems = [each["reason"] for each in lounge.messages() if each["type"] == "error"]
    assert problems in ([], ["Closing link: Quit: done"])
    unknown = {each["command"] for each in lounge.messages() if each["type"] == "unhandled"}
    assert unknown == NAMELESS
    shown = "\n".join(_line(each) for each in lounge.messages())
    as_documented("thelounge", shown)


def _session(lounge, peer, port):
    lounge.enters_network(port)
    lounge.shows("Hubbub", "login")
    lounge.shows("Hubbub", "monospace_block")  # there is no message of the day
    lounge.types("Hubbub", "/join #tea")
    assert f" JOIN #tea {ACCOUNT} :" in peer.until(" JOIN #tea")[-1]
    lounge.shows("#tea", "join")
    lounge.shows("#tea", "topic", text="first flush")
    lounge.shows("#tea", "message", text="before 1")  # it asks for what was said, by itself
    lounge.shows("#tea", "message", text="before 3")
    lounge.does("names", {"target": lounge.channels["#tea"]})
    names = lounge.until("names", id=lounge.channels["#tea"])["users"]
    assert {each["nick"]: each["modes"] for each in names} == {"peer": ["@"], ACCOUNT: []}, names

    peer.sends("PRIVMSG #tea :hello browser", f"PRIVMSG {ACCOUNT} :psst \u2615")
    lounge.shows("#tea", "message", text="hello browser")
    lounge.shows("peer", "message", text="psst \u2615")
    lounge.types("#tea", "hello peer \u2615")
    lounge.types("peer", "yes?")
    lounge.types("#tea", "/me waves")
    peer.until("PRIVMSG #tea :hello peer \u2615")
    peer.until("PRIVMSG peer :yes?")
    peer.until("\x01ACTION waves\x01")
    lounge.shows("#tea", "message", text="hello peer \u2615")

    peer.sends(f"MODE #tea +o {ACCOUNT}", "TOPIC #tea :second flush", "NICK pear")
    assert lounge.shows("#tea", "mode")["text"] == f"+o {ACCOUNT}"
    lounge.shows("#tea", "topic", text="second flush")
    lounge.shows("#tea", "nick", new_nick="pear")
    peer.sends("AWAY :brewing", "AWAY")
    lounge.types("#tea", "/whois pear")
    assert lounge.shows("pear", "whois")["whois"]["real_name"] == "peer"
    lounge.types("#tea", "/mode #tea +m")
    peer.until("MODE #tea +m")
    lounge.types("#tea", "/ban bad")
    peer.until("MODE #tea +b bad")
    lounge.types("#tea", "/banlist")
    bans = lounge.until("join")["chan"]
    assert bans["name"] == "Ban list for #tea"
    assert [each["hostmask"] for each in bans["data"]] == ["bad!*@*"]
    lounge.types("#tea", "/topic third flush")
    peer.until("TOPIC #tea :third flush")
    lounge.types("#tea", "/list")
    assert lounge.until("join")["chan"]["name"] == "Channel List"
    while not isinstance(listed := lounge.until("msg:special")["data"], list):
        pass  # it says first that it is waiting for them
    assert [each["channel"] for each in listed] == ["#tea"]

    peer.sends("PART #tea :back soon", "JOIN #tea")
    lounge.shows("#tea", "part", text="back soon")
    lounge.shows("#tea", "join")
    lounge.types("#tea", "/kick pear out")
    peer.until("KICK #tea pear :out")
    lounge.shows("#tea", "kick", text="out")
    peer.sends("JOIN #tea")
    lounge.shows("#tea", "join")
    lounge.types("#tea", "/nick zoe2")
    peer.until("NICK zoe2")
    lounge.shows("#tea", "nick", new_nick="zoe2")
    peer.sends("QUIT :enough")
    lounge.shows("#tea", "quit")
    lounge.types("#tea", "/quit done")
    lounge.until("quit")
