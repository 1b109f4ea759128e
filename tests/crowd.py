"""A crowd in memory that does anything people do, at random, the same for the same seed."""

from __future__ import annotations

import random

from harness import Chat, Client

CHANNELS = ("#tea", "#Pot", "#cup", "#sugar", "#milk")
NICKS = tuple(f"n{number}" for number in range(40))
MODES = ("+m", "-m", "+i", "-i", "+s", "-s", "+k key", "-k key", "+l 9", "-l", "+b n1*!*@*",
         "-b n1*!*@*", "+e n2*!*@*", "+o {nick}", "-o {nick}", "+v {nick}", "-v {nick}",
         "+t", "-t")  # fmt: skip


class Crowd:
    def __init__(self, chat: Chat, seed: int = 1, most: int = 20) -> None:
        self.chat = chat
        self.random = random.Random(seed)
        self.most = most
        self.here: list[Client] = []
        self._names = 0

    def act(self, times: int = 1) -> None:
        """Somebody does something, so many times; not all of it is allowed."""
        for _ in range(times):
            self.chat.now += self.random.choice((0, 1, 1000))
            if (len(self.here) < self.most and self.random.random() < 0.1) or not self.here:
                self._enter()
            else:
                self._do(self.random.choice(self.here))
        self.chat.forget()

    def _enter(self) -> None:
        self._names += 1
        client = self.chat.irc(f"p{self._names}", caps=self.random.choice(("", "message-tags")))
        client.sends(f"JOIN {self.random.choice(CHANNELS)}")
        self.here.append(client)

    def _do(self, client: Client) -> None:
        pick = self.random.choice
        channel, nick, word = pick(CHANNELS), self._nick(), str(self.random.randrange(1000))
        line = pick(
            (
                f"JOIN {channel}", f"JOIN {channel} key", f"PART {channel} :{word}",
                f"TOPIC {channel} :{word}", f"KICK {channel} {nick} :{word}",
                f"MODE {channel} {pick(MODES).format(nick=nick)}",
                f"MODE {client.session.nick} {pick(('+i', '-i', '+w', '-w'))}",
                f"INVITE {nick} {channel}", f"NICK {pick(NICKS)}", f"AWAY :{word}", "AWAY",
                f"SETNAME :{word}", f"PRIVMSG {channel} :{word}", f"PRIVMSG {nick} :{word}",
                f"NOTICE {channel} :{word}", f"TAGMSG {channel}", f"PRIVMSG {channel} :{word}",
                "QUIT :enough" if self.random.random() < 0.3 else f"PRIVMSG {channel} :{word}",
            )
        )  # fmt: skip
        if self.random.random() < 0.01:
            client.drops()
        else:
            client.sends(line)
        client.received.clear()
        self.here = [each for each in self.here if not each.session.closing]

    def _nick(self) -> str:
        return str(self.random.choice(self.here).session.nick)
