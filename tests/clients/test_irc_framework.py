"""irc-framework, the library under The Lounge, Kiwi IRC and many bots: over TCP and WebSocket."""

from __future__ import annotations

import json

import pytest
from others import ACCOUNT, NAMELESS, PASSWORD, as_documented
from scripted import Scripted

pytestmark = pytest.mark.needs("node", "npm:irc-framework")

#: Fields of its events that docs/clients.md quotes.
_FIELDS = ("nick", "channel", "target", "account", "message", "topic", "raw_modes", "new_nick",
           "kicked", "real_name", "protocol")  # fmt: skip


@pytest.mark.parametrize("over", ["tcp", "text", "plain", "binary"])
def test_a_program_on_irc_framework_lives_a_whole_session(server, peer, over):
    options = {
        "host": "127.0.0.1",
        "port": server.port,
        "nick": ACCOUNT,
        "account": {"account": ACCOUNT, "password": PASSWORD},
        "enable_chghost": True,
        "enable_setname": True,
        "enable_echomessage": True,
    }
    with Scripted("framework.cjs", json.dumps(options), over) as client:
        if over != "tcp":
            protocol = {"plain": ""}.get(over, f"{over}.ircv3.net")
            assert client.until("websocket")["protocol"] == protocol
        _session(client, peer)
        assert client.ends() == 0
    errors = [event for name, event in client.happened if name == "irc error"]
    assert [each["reason"] for each in errors] in ([], ["Closing link: Quit: done"])
    assert {"exception", "reconnecting", "cap nak"}.isdisjoint(name for name, _ in client.happened)
    unknown = {event["command"] for name, event in client.happened if name == "unknown command"}
    assert unknown == NAMELESS
    assert client.complaints == []
    as_documented("irc-framework", "\n".join(_line(*each) for each in client.happened))


def _line(name, event) -> str:
    """An event and what is worth quoting of it."""
    fields = (f"{key}={event[key]}" for key in _FIELDS if key in event)
    return f"{name}: {' '.join(fields)}" if isinstance(event, dict) else name


def _session(client: Scripted, peer) -> None:
    assert client.until("loggedin")["account"] == ACCOUNT
    client.until("registered")
    client.does("join", "#tea")
    assert f" JOIN #tea {ACCOUNT} :" in peer.until(" JOIN #tea")[-1]
    assert client.until("join", channel="#tea")["account"] == ACCOUNT
    client.until("topic", topic="first flush")
    users = client.until("userlist")["users"]
    assert {"nick": "peer", "modes": ["o"]}.items() <= users[0].items()

    peer.sends("PRIVMSG #tea :hello bot", f"PRIVMSG {ACCOUNT} :psst \u2615")
    said = client.until("privmsg", message="hello bot")
    assert said["nick"] == "peer"
    assert said["time"] > 0
    client.until("privmsg", message="psst \u2615", target=ACCOUNT)
    client.does("say", "#tea", "hello peer \u2615")
    client.does("say", "peer", "yes?")
    client.does("action", "#tea", "waves")
    peer.until("PRIVMSG #tea :hello peer \u2615")
    client.until("privmsg", message="hello peer \u2615", nick=ACCOUNT)
    peer.until("PRIVMSG peer :yes?")
    peer.until("\x01ACTION waves\x01")

    client.does("raw", "CHATHISTORY LATEST #tea * 50")
    batch = client.until("batch start chathistory")
    assert [each["params"][-1] for each in batch["commands"] if each["command"] == "PRIVMSG"][
        :3
    ] == ["before 1", "before 2", "before 3"]
    client.until("batch end chathistory")

    peer.sends(f"MODE #tea +ov {ACCOUNT} {ACCOUNT}", "TOPIC #tea :second flush", "NICK pear")
    modes = client.until("mode", target="#tea")["modes"]
    assert [(each["mode"], each["param"]) for each in modes] == [("+o", "zoe"), ("+v", "zoe")]
    client.until("topic", topic="second flush", nick="peer")
    client.until("nick", nick="peer", new_nick="pear")
    peer.sends("AWAY :brewing", "AWAY", "SETNAME :A pear")
    client.until("away", nick="pear", message="brewing")
    client.until("back", nick="pear")
    client.until("user updated", nick="pear", new_gecos="A pear")

    client.does("mode", "#tea", "+m")
    peer.until("MODE #tea +m")
    client.does("ban", "#tea", "bad!*@*")
    peer.until("MODE #tea +b bad!*@*")
    client.does("banlist", "#tea")
    assert client.until("banlist")["bans"][0]["banned"] == "bad!*@*"
    client.does("whois", "pear")
    whois = client.until("whois", nick="pear")
    assert whois["real_name"] == "A pear"
    assert whois["channels"] == "@#tea"
    client.does("who", "#tea")
    found = {each["nick"]: each for each in client.until("wholist")["users"]}
    assert found[ACCOUNT]["account"] == ACCOUNT
    assert found["pear"]["channel_modes"] == ["o"]
    client.does("list")
    assert client.until("channel list")[0]["channel"] == "#tea"
    client.does("addMonitor", "pear")
    assert client.until("users online")["nicks"] == ["pear"]
    client.does("whowas", "peer")
    client.until("whowas", nick="peer")
    client.does("setTopic", "#tea", "third flush")
    peer.until("TOPIC #tea :third flush")

    peer.sends("PART #tea :back soon", "JOIN #tea")
    client.until("part", nick="pear", message="back soon")
    client.until("join", nick="pear")
    client.does("raw", "KICK #tea pear :out")
    client.until("kick", kicked="pear", message="out")
    peer.until("KICK #tea pear :out")
    peer.sends("JOIN #tea")
    client.until("join", nick="pear")
    client.does("changeNick", "zoe2")
    client.until("nick", new_nick="zoe2")
    peer.until("NICK zoe2")
    peer.sends("QUIT :enough")
    assert "enough" in client.until("quit", nick="pear")["message"]
    client.does("part", "#tea", "bye")
    client.until("part", nick="zoe2")
    client.does("quit", "done")
    client.until("socket close")
