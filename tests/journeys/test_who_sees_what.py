"""Permission to read, on every path, compared with a simple model.

Hypothesis lets users join, leave, talk, edit, delete, kick, ban, rename, close channels and erase
accounts. For each message the model knows only where and to whom it was sent, and whether it still
exists. It takes memberships and prefixes from the network, which other tests cover.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness import Chat, Client
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.kinds import MessageSent
from hubbub.log.memory import MemoryLog
from hubbub.log.pace import Pace
from hubbub.log.sqlite import SqliteLog
from hubbub.model.accounts import Account
from hubbub.model.channel import Channel

CAPS = (
    "batch server-time message-tags echo-message draft/chathistory draft/search"
    " draft/message-edit draft/message-redaction draft/channel-rename"
)
PEOPLE = ["ann", "bob", "gus", "hal"]  # the first two have accounts
CHANNELS = ["#a", "#b"]
ALWAYS = "timestamp=2000-01-01T00:00:00Z timestamp=2100-01-01T00:00:00Z"
WORD = re.compile(r"\bw[0-9]+(?:e[0-9]+)?\b")
#: May read messages to the members with this sign's prefix or a higher one.
HOLDERS = {"": "", "@": "qao", "%": "qaoh"}


@dataclass
class Said:
    """A message. In a channel: `home` is the one it belongs to now, None when it is nobody's any
    more. Between two people: `pair` is who they were, `names` how they were called."""

    word: str
    msgid: str
    author: str
    target: str
    sign: str = ""
    home: Channel | None = None
    pair: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()


class World:
    def __init__(self, log: Any) -> None:
        self.begin(log)
        self.said: list[Said] = []
        self.gone: set[str] = set()  # words that stand nowhere any more
        self.known: dict[int, tuple[Channel, str]] = {}
        self.left: dict[str, list[Said]] = {}  # of open channels that ended
        self.count = 0

    def begin(self, log: Any) -> None:
        self.chat = Chat(log=log, accounts__scram_iterations=0)
        self.here: dict[str, Client] = {}
        self.chief = self.chat.irc("chief")
        self.chat.makes_operator(self.chief)

    # -- what people do --------------------------------------------------------------------

    def come(self, who: str) -> None:
        if who in self.here:
            return
        client = self.here[who] = self.chat.irc(f"x{who}", caps=CAPS)
        if who in PEOPLE[:2]:
            verb = "IDENTIFY" if self.chat.network.accounts.get(who) else "REGISTER"
            name = f" {who}" if verb == "IDENTIFY" else ""
            client.sends(*([f"NICK {who}"] if not name else []))
            client.sends(f"NS {verb}{name} correct-horse", f"NICK {who}")
            assert client.session.user.account == who
        else:
            client.sends(f"NICK {who}")

    def go(self, who: str) -> None:
        if who in self.here:
            self.here.pop(who).drops()

    def erase(self, who: str) -> None:
        if self.chat.network.accounts.get(who) is not None:
            self.chief.sends(f"NS ERASE {who}")
            self.go(who)

    def line(self, who: str, text: str) -> list[str]:
        return self.here[who].asks(text) if who in self.here else []

    def say(self, who: str, target: str) -> None:
        self.count += 1
        word = f"w{self.count}"
        (echo,) = [e for e in self.line(who, f"PRIVMSG {target} :{word}") if word in e] or [""]
        if not echo:
            return
        msgid = echo.partition("msgid=")[2].partition(" ")[0].partition(";")[0]
        said = Said(word, msgid, who, target)
        if "#" in target:
            said.home = self.chat.network.channel(target.lstrip("@"))
            held = said.home.members.get(self.here[who].session.user.id)
            quiet = "U" in said.home.modes and not held
            said.sign = "%" if quiet and target[0] == "#" else target.rstrip("abc").rstrip("#")
        else:
            said.pair = tuple(self.identity(each) for each in (who, target))
            said.names = (who, target)
        self.said.append(said)

    def change(self, who: str, number: int, verb: str) -> None:
        """EDIT or REDACT, mostly by somebody with the author's nick; the log tells what came of
        it."""
        own = [said for said in self.said if said.author == who]
        some = own if own and number % 3 else self.said
        if not some:
            return
        said = some[number * 7 % len(some)]
        other = said.names[said.names[0] == who] if said.names else None
        target = other or (said.home.name if said.home else said.target.lstrip("@"))
        self.count += 1
        new = f"{said.word.partition('e')[0]}e{self.count}"
        allowed = self.may_read(who, said) and self.may_change(who, said, verb)
        self.line(who, f"{verb} {target} {said.msgid} :{new if verb == 'EDIT' else 'why'}")
        now = [e.event.text for e in self.chat.log.read() if isinstance(e.event, MessageSent)]
        assert (said.word not in now) == allowed, (who, verb, said)
        if allowed:
            self.gone.add(said.word)
            said.word = new
            if verb == "REDACT":
                self.said.remove(said)

    def may_change(self, who: str, said: Said, verb: str) -> bool:
        held = said.home.members.get(self.user(who).id) if said.home else None
        if said.author != who or self.identity(who) != self.authors[said.msgid]:
            return verb == "REDACT" and held is not None and not set(held).isdisjoint("qao")
        banned = said.home is not None and not held and self.banned(who, said.home)
        return verb == "REDACT" or not banned

    def do(self, action: str, who: str, other: str, name: str, number: int) -> None:
        letter, sign = "isU"[number % 3], "-++"[number // 3 % 3]
        if action in ("kick", "ban", "mode", "prefix", "rename", "invite"):
            who = self.operator_of(name) or who
        lines = {
            "join": f"JOIN {name}",
            "part": f"PART {name}",
            "kick": f"KICK {name} {other}",
            "ban": f"MODE {name} {sign}b {other}!*@*",
            "mode": f"MODE {name} {sign}{letter}",
            "prefix": f"MODE {name} {sign}{'ovh'[number % 3]} {other}",
            "rename": f"RENAME {name} {CHANNELS[number % 2]}",
            "invite": f"INVITE {other} {name}",
        }
        if action in lines:
            self.line(who, lines[action])
        elif action in ("say", "tell", "ops"):
            target = {"say": name, "tell": other, "ops": f"@{name}"}[action]
            if target != who:
                self.say(who, target)
        elif action in ("EDIT", "REDACT"):
            if who in self.here:
                self.change(who, number, action)
        elif action == "restart":
            self.go_all()
        elif action == "leave":
            for each in self.here:
                self.line(each, f"PART {name}")
        elif action == "again":  # another one of that name
            self.erase(who)
            self.come(who)
            self.line(who, f"JOIN {name}")
            self.follow()
            self.change(who, number, "EDIT")
        else:
            getattr(self, action)(who)
        self.chat.now += 61_000 if action == "rename" else 10
        self.follow()

    def operator_of(self, name: str) -> str | None:
        """Somebody who can do something there."""
        channel = self.chat.network.channel(name)
        for who in self.here if channel is not None else ():
            if "o" in channel.members.get(self.user(who).id, ""):
                return who
        return None

    def go_all(self) -> None:
        """The server ends and begins again; nobody is there."""
        self.begin(self.chat.log)
        for key, (channel, name) in list(self.known.items()):
            rests = self.chat.network.channels.get(name)
            if rests is not None:
                del self.known[key]
                self.known[id(rests)] = (rests, name)
                for said in self.said:
                    said.home = rests if said.home is channel else said.home

    # -- the model -------------------------------------------------------------------------

    def follow(self) -> None:
        """Which message belongs to which channel after that."""
        network = self.chat.network
        live = {id(channel): channel for channel in network.channels.values()}
        for key, (channel, name) in list(self.known.items()):
            here = [said for said in self.said if said.home is channel]
            if key not in live:
                closed = not {"i", "k", "s", "R", "z"}.isdisjoint(channel.modes)
                for said in here:
                    said.home = None
                if not closed:
                    self.left.setdefault(name, []).extend(here)
                del self.known[key]
            elif channel.key != name:  # renamed: what another one left there is nobody's
                self.left.pop(channel.key, None)
        for key, channel in live.items():
            if key not in self.known:
                for said in self.left.pop(channel.key, []):
                    said.home = channel
            self.known[key] = (channel, channel.key)
        for said in self.said:
            self.authors.setdefault(said.msgid, self.identity(said.author))

    authors: dict[str, Any]

    def user(self, who: str) -> Any:
        return self.here[who].session.user

    def identity(self, who: str) -> Any:
        """Who somebody is: an account (not its name), or this very stay."""
        if who not in self.here:
            return None
        user = self.user(who)
        account: Account | None = self.chat.network.accounts.get(user.account)
        return ("account", account.id) if account else ("guest", user.id, id(self.chat))

    def banned(self, who: str, channel: Channel) -> bool:
        return f"{who}!*@*" in channel.lists.get("b", {})

    def may_read(self, who: str, said: Said) -> bool:
        if said.pair:
            return self.identity(who) in said.pair
        if said.home is None:
            return False
        held = said.home.members.get(self.user(who).id)
        if held is None or (not held and self.banned(who, said.home)):
            return False
        return not said.sign or not set(held).isdisjoint(HOLDERS[said.sign])

    # -- the doors -------------------------------------------------------------------------

    def check(self) -> None:
        for who in self.here:
            self.check_one(who)
        self.chat.check()
        everything = repr(list(self.chat.log.read()))
        assert not {word for word in self.gone if re.search(rf"\b{word}\b", everything)}

    def check_one(self, who: str) -> None:
        theirs = [said for said in self.said if self.may_read(who, said)]
        everything = {said.word for said in theirs}
        assert self.words(who, "SEARCH limit=500;text=w*") == everything
        assert self.words(who, "SEARCH * :after:2000-01-01") == everything
        assert self.words(who, "ZNC *playback PLAY * 1") == everything
        places = {said.home.name if said.home else _other(said, who) for said in theirs}
        assert self.targets(who) == places
        for name in CHANNELS:
            channel = self.chat.network.channel(name)
            there = {said.word for said in theirs if channel and said.home is channel}
            self.check_place(who, name, there)
        for nick in PEOPLE:
            self.check_place(
                who, nick, {s.word for s in theirs if s.pair and _other(s, who) == nick}
            )
            said = {said.word for said in theirs if said.author == nick}
            assert self.words(who, f"SEARCH from={nick};text=w*;limit=500") == said
            assert self.words(who, f"SEARCH * :from:{nick}") == said

    def check_place(self, who: str, place: str, there: set[str]) -> None:
        for line in (
            f"CHATHISTORY LATEST {place} * 500",
            f"CHATHISTORY BETWEEN {place} {ALWAYS} 500",
            f"CHATHISTORY AROUND {place} timestamp=2000-01-01T00:00:00Z 1000",
            f"HISTORY {place} 500",
            f"ZNC *playback PLAY {place} 1",
            f"SEARCH in={place};text=w*;limit=500",
            f"SEARCH * :in:{place} w*",
        ):
            assert self.words(who, line) == there, line

    def words(self, who: str, line: str) -> set[str]:
        return {word for told in self.line(who, line) for word in WORD.findall(told)}

    def targets(self, who: str) -> set[str]:
        lines = self.line(who, f"CHATHISTORY TARGETS {ALWAYS} 100")
        return {line.split()[-2] for line in lines if " TARGETS " in line}


def _other(said: Said, who: str) -> str:
    return said.names[said.names[0] == who]


ACTIONS = st.tuples(
    st.sampled_from(
        ["join", "join", "say", "say", "tell", "tell", "ops", "part", "leave", "kick", "ban",
         "mode", "prefix", "rename", "invite", "EDIT", "REDACT", "go", "come", "come", "again",
         "restart"]
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.sampled_from(CHANNELS),
    st.integers(0, 11),
)  # fmt: skip


def live(world: World, actions: list[Any]) -> None:
    world.authors = {}
    for who in PEOPLE:
        world.do("come", who, who, "#a", 0)
    for who in PEOPLE[:3]:
        world.do("join", who, who, "#a", 0)
        world.do("say", who, who, "#a", 0)
    for number, action in enumerate(actions, 1):
        world.do(*action)
        if number % 15 == 0:  # a check asks a hundred questions and more
            world.check()
    world.check()
    world.do("restart", "ann", "ann", "#a", 0)
    for who in PEOPLE:
        world.do("come", who, who, "#a", 0)
        world.do("join", who, who, "#a", 0)
    world.check()


@settings(max_examples=25)
@given(actions=st.lists(ACTIONS, min_size=20, max_size=60))
def test_everybody_reads_what_is_theirs_and_nothing_else(actions):
    live(World(MemoryLog("log001")), actions)


@settings(max_examples=6)
@given(actions=st.lists(ACTIONS, min_size=20, max_size=60))
def test_on_the_disk_it_is_the_same(tmp_path_factory, actions):
    place = tmp_path_factory.mktemp("log")
    log = SqliteLog(place / "chat.db", durable=False, pace=Pace(by_itself=False))
    try:
        live(World(log), actions)
    finally:
        log.close()
