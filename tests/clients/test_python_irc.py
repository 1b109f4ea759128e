"""The Python library `irc`, used by many bots."""

from __future__ import annotations

import logging
import time
from unittest.mock import ANY

import irc.client
from others import ACCOUNT, PASSWORD, as_documented
from running_server import PATIENCE


class Bot:
    """A connection of the library: its events in order, and those that nobody waited for yet."""

    def __init__(self, port: int) -> None:
        self.reactor = irc.client.Reactor()
        self.events: list[irc.client.Event] = []
        self._read = 0
        self.reactor.add_global_handler("all_events", lambda _, event: self.events.append(event))
        self.server = self.reactor.server()
        self.server.connect("127.0.0.1", port, ACCOUNT, sasl_login=ACCOUNT, password=PASSWORD)

    def until(self, kind: str, text: str = "") -> irc.client.Event:
        """The next event of that kind that holds `text`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            while self._read < len(self.events):
                event = self.events[self._read]
                self._read += 1
                if event.type == kind and text in f"{event.target} {event.arguments}":
                    return event
            assert time.monotonic() < deadline, [str(each) for each in self.events[-9:]]
            self.reactor.process_once(0.2)

    def shown(self) -> str:
        return "\n".join(
            f"{event.type} {event.source} {event.target} {event.arguments}"
            for event in self.events
            if event.type != "all_raw_messages"
        )


def test_a_bot_of_the_python_library_lives_a_whole_session(server, peer, caplog):
    caplog.set_level(logging.WARNING)
    bot = Bot(server.port)
    try:
        _session(bot, bot.server, peer)
    finally:
        bot.reactor.disconnect_all()
    assert [event.type for event in bot.events if event.type.isdigit()] == []  # no name for it
    assert not caplog.records
    as_documented("irc", bot.shown())


def _session(bot, client, peer):
    bot.until("saslsuccess")
    bot.until("welcome")
    bot.until("nomotd")
    assert client.features.network == "Hubbub"
    assert client.features.casemapping == "ascii"

    client.join("#tea")
    assert f" JOIN #tea {ACCOUNT} :" in peer.until(" JOIN #tea")[-1]
    bot.until("currenttopic", "first flush")
    assert ACCOUNT in bot.until("namreply", "@peer").arguments[2]
    peer.sends("PRIVMSG #tea :hello bot", f"PRIVMSG {ACCOUNT} :psst")
    assert bot.until("pubmsg", "hello bot").source.nick == "peer"
    bot.until("privmsg", "psst")
    client.privmsg("#tea", "hello peer")
    client.privmsg("peer", "yes?")
    client.action("#tea", "waves")
    assert "account=zoe" in peer.until("PRIVMSG #tea :hello peer")[-1]
    peer.until("PRIVMSG peer :yes?")
    peer.until("\x01ACTION waves\x01")
    peer.sends("PRIVMSG #tea :\x01ACTION nods\x01")
    bot.until("action", "nods")

    peer.sends(f"MODE #tea +o {ACCOUNT}", "TOPIC #tea :second flush", "NICK pear")
    assert bot.until("mode").arguments == ["+o", ACCOUNT]
    bot.until("topic", "second flush")
    assert bot.until("nick").target == "pear"
    client.mode("#tea", "+b bad!*@*")
    peer.until("MODE #tea +b bad!*@*")
    client.mode("#tea", "+b")
    assert "bad!*@*" in bot.until("banlist").arguments
    bot.until("endofbanlist")
    client.topic("#tea", "third flush")
    peer.until("TOPIC #tea :third flush")

    client.cap("REQ", "batch", "server-time", "message-tags", "draft/chathistory")
    assert "draft/chathistory" in bot.until("cap", "ACK").arguments[1]
    client.send_raw("CHATHISTORY LATEST #tea * 50")
    bot.until("batch", "chathistory")
    assert {"key": "time", "value": ANY} in bot.until("pubmsg", "before 1").tags
    bot.until("pubmsg", "before 3")

    client.whois("pear")
    assert bot.until("whoisuser").arguments[0] == "pear"
    bot.until("whoischannels", "@#tea")
    bot.until("endofwhois")
    client.who("#tea")
    bot.until("whoreply", "pear")
    bot.until("endofwho")
    client.list()
    bot.until("list", "#tea")
    bot.until("listend")
    client.ison([ACCOUNT, "nobody"])
    assert bot.until("ison").arguments == [ACCOUNT]
    client.userhost(["pear"])
    bot.until("userhost", "pear=+")
    for ask, answer in (("lusers", "n_local"), ("time", "time"), ("version", "version")):
        getattr(client, ask)()
        bot.until(answer)
    client.links()
    bot.until("endoflinks")
    client.whowas("peer")
    bot.until("whowasuser", "peer")
    bot.until("endofwhowas")

    peer.sends("PART #tea :back soon", "JOIN #tea")
    assert bot.until("part").arguments == ["back soon"]
    bot.until("join")
    client.kick("#tea", "pear", "out")
    assert bot.until("kick").arguments == ["pear", "out"]
    peer.until("KICK #tea pear :out")
    peer.sends("JOIN #tea")
    bot.until("join")
    client.nick("zoe2")
    peer.until("NICK zoe2")
    bot.until("nick")
    assert client.get_nickname() == "zoe2"
    peer.sends("QUIT :enough")
    assert "enough" in bot.until("quit").arguments[0]
    client.part("#tea", "bye")
    bot.until("part")
    client.quit("done")
    bot.until("disconnect")
