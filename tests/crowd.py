"""Many users in memory that issue random commands, reproducible by seed."""

from __future__ import annotations

import random

from harness import Chat, Client

from hubbub.model.invites import word_of

CHANNELS = ("#tea", "#Pot", "#cup", "#sugar", "#milk")
NICKS = tuple(f"n{number}" for number in range(40))
CAPS = (
    "", "message-tags", "away-notify extended-monitor setname chghost invite-notify",
    "echo-message labeled-response batch server-time account-tag", "multi-prefix userhost-in-names",
)  # fmt: skip
OWN_MODES = ("+i", "-i", "+w", "-w", "+BRT", "-BRT", "+s", "-o", "+o")
MODES = (
    "+m", "-m", "+i", "-i", "+s", "-s", "+k key", "-k key", "+l 9", "-l", "+b n1*!*@*",
    "-b n1*!*@*", "+e n2*!*@*", "+o {nick}", "-o {nick}", "+v {nick}", "-v {nick}", "+t", "-t",
    "+h {nick}", "-h {nick}", "+b m:n3!*@*", "+b a:x", "+e m:n3", "+I n4", "+f #Pot", "-f",
    "+CcMRzuUE", "-CcMRzuUE", "+R", "-R", "b", "+bb-b n5 n6 n5", "",
)  # fmt: skip
#: What nobody but an operator may; some of the crowd are.
POWERS = (
    "KILL {nick} :{word}", "SAMODE {channel} +qa {nick} {nick}",
    "SAMODE {channel} -qa {nick} {nick}", "SAJOIN {nick} @{channel}", "SAPART {nick} {channel}",
    "SANICK {nick} n{word}", "CHGHOST {nick} h{word}.example", "UBAN ADD x{word} 1h {word}",
    "UBAN DEL x{word}", "UBAN LIST", "KLINE 5 n{word}!*@* {word}", "DLINE 198.51.100.{word} {word}",
    "WALLOPS :{word}", "STATS k",
)  # fmt: skip


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
                self.does_something(self.random.choice(self.here))
        self.chat.forget()

    def _enter(self) -> None:
        self._names += 1
        client = self.chat.irc(
            f"p{self._names}", caps=self.random.choice(CAPS), link=self._an_invitation()
        )
        if self.random.random() < 0.2:
            user = client.session.user
            if user is not None:
                self.chat.makes_operator(client)
        client.sends(f"JOIN {self.random.choice(CHANNELS)}")
        self.here.append(client)

    def _an_invitation(self) -> str:
        network = self.chat.network
        invites = network.invites.all()
        if not invites or self.random.random() < 0.5:
            return ""
        return word_of(network.secret, self.random.choice(invites).id)

    def does_something(self, client: Client) -> None:
        pick = self.random.choice
        channel, nick, word = pick(CHANNELS), self._nick(), str(self.random.randrange(1000))
        line = pick(
            (
                f"JOIN {channel}", f"JOIN {channel} key", f"PART {channel} :{word}",
                f"TOPIC {channel} :{word}", f"KICK {channel} {nick} :{word}",
                f"MODE {channel} {pick(MODES).format(nick=nick)}",
                f"MODE {client.session.nick} {pick(OWN_MODES)}",
                pick(POWERS).format(nick=nick, channel=channel, word=word),
                f"PRIVMSG {pick('~&@%+')}{channel} :{word}", f"KNOCK {channel} :{word}",
                f"MONITOR {pick('+-')} {nick}", f"ACCEPT {pick(('', '-'))}{nick}",
                f"WHO {pick((channel, nick, '*'))} %tcuihsnfdlaor,1", f"WHOIS {nick}",
                f"WHOWAS {nick}", f"NAMES {channel}", "LIST >1", "INVITE", "LUSERS",
                f"INVITE {nick} {channel}", f"NICK {pick(NICKS)}", f"AWAY :{word}",
                f"NPC {channel} bilbo {word}", f"SCENE {channel} {word}", "ZNC *playback PLAY *",
                f"MARKREAD {channel} timestamp=2024-01-01T00:00:00.{word.zfill(3)}Z", "AWAY",
                f"SETNAME :{word}", f"PRIVMSG {channel} :{word}", f"PRIVMSG {nick} :{word}",
                f"NOTICE {channel} :{word}", f"TAGMSG {channel}", f"PRIVMSG {channel} :{word}",
                f"INVITELINK ADD {pick((channel, '*'))} 1 1h", "INVITELINK LIST",
                f"INVITELINK DEL {self.random.randrange(2000)}", f"REPORT {nick} :{word}",
                "QUIT :enough" if self.random.random() < 0.3 else f"PRIVMSG {channel} :{word}",
            )
        )  # fmt: skip
        if self.random.random() < 0.01:
            client.drops()
        else:
            client.sends(line)
            assert b"INTERNAL_ERROR" not in client.received, line
        client.received.clear()
        self.here = [each for each in self.here if not each.session.closing]

    def _nick(self) -> str:
        return str(self.random.choice(self.here).session.nick)
