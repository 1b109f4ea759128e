"""Write changes and replies as sentences for people.

Control characters in text of others are escaped, because the output goes to a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...events.bursts import MessagesSent
from ...events.kinds import (
    AwayChanged,
    ChannelModeChanged,
    ChannelRegistered,
    ChannelRenamed,
    ChannelUnregistered,
    Invited,
    Joined,
    Kicked,
    Knocked,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    NickChanged,
    NoticeGiven,
    Parted,
    TopicChanged,
    UserConnected,
    UserKilled,
    UserQuit,
    WallopsSent,
)
from ...model.change import Change
from ...model.user import User
from ...protocol.escape import escape
from ...protocol.message import Reply
from ...protocol.names import fold
from ..interface import Recipient
from ..irc.serializer import format_modes
from ..variant import Writer, Writers
from .entrance import NAME_QUESTION, PASSWORD_QUESTION, Entrance


def _nick(source: str) -> str:
    return source.partition("!")[0]


def _message_sent(event: MessageSent) -> str:
    who = _nick(event.source)
    where = f"[{event.target}] " if event.recipient is None else "(private) "
    if event.recipient is not None:
        who = f"{who} -> {event.target}"
    text = event.text
    if text.startswith("\x01ACTION ") and text.endswith("\x01"):
        return f"{where}* {who} {escape(text[8:-1])}"
    mark = "- " if event.command == "NOTICE" else ""
    first, *rest = text.split("\n")
    more = "".join(f"\n{where}  {escape(line)}" for line in rest)
    return f"{where}{mark}{who}: {escape(first)}{more}"


def _where(event: MessageEdited | MessageRedacted) -> str:
    return f"[{event.target}]" if event.recipient is None else "(private)"


def _quit(event: UserQuit) -> str:
    return f"* {_nick(event.source)} left ({escape(event.reason)})"


def _parted(event: Parted) -> str:
    why = f" ({escape(event.reason)})" if event.reason else ""
    return f"* {_nick(event.source)} left {event.channel}{why}"


def _away(event: AwayChanged) -> str:
    if event.message is None:
        return f"* {_nick(event.source)} is back"
    return f"* {_nick(event.source)} is away: {escape(event.message)}"


_EVENT_SENTENCES: dict[type, Callable[[Any], str]] = {
    MessageSent: _message_sent,
    MessageEdited: lambda e: f"{_where(e)} {_nick(e.source)} (edited): {escape(e.text)}",
    MessageRedacted: lambda e: f"{_where(e)} * {_nick(e.source)} took a message back",
    Joined: lambda e: f"* {_nick(e.source)} joined {e.channel}",
    Parted: _parted,
    UserQuit: _quit,
    NickChanged: lambda e: f"* {_nick(e.source)} is now called {e.nick}",
    AwayChanged: _away,
    Kicked: lambda e: (
        f"* {e.nick} was removed from {e.channel} by {_nick(e.source)} ({escape(e.reason)})"
    ),
    TopicChanged: lambda e: f"* {_nick(e.source)} set the topic of {e.channel}: {escape(e.topic)}",
    ChannelModeChanged: lambda e: (
        f"* {_nick(e.source)} set {e.channel} {escape(format_modes(e.changes))}"
    ),
    ChannelRenamed: lambda e: f"* {_nick(e.source)} renamed {e.old}: it is {e.channel} now",
    ChannelRegistered: lambda e: f"* {e.channel} belongs to {e.founder} now",
    ChannelUnregistered: lambda e: f"* {e.channel} belongs to nobody any more",
    Invited: lambda e: f"* {_nick(e.source)} invites {e.nick} to {e.channel}",
    Knocked: lambda e: f"* {_nick(e.source)} asks to be invited to {e.channel} ({escape(e.text)})",
    UserKilled: lambda e: f"* {_nick(e.source)} disconnects {e.nick} ({escape(e.reason)})",
    WallopsSent: lambda e: f"* {_nick(e.source)} to all: {escape(e.text)}",
    NoticeGiven: lambda e: f"* {escape(e.text)}",
}


def sentence_of(event: Any) -> str:
    """Describe an event in a sentence without its prefix, or ""."""
    sentence = _EVENT_SENTENCES.get(type(event))
    return sentence(event).removeprefix("* ") if sentence is not None else ""


def _as_writer(sentence: Callable[[Any], str]) -> Writer:
    """Make a writer of complete lines from a sentence; capabilities do not matter."""
    return lambda change, event, variant: sentence(event) + "\n"


WRITERS: Writers = {
    **{kind: _as_writer(sentence) for kind, sentence in _EVENT_SENTENCES.items()},
    MessagesSent: lambda change, event, variant: variant.write_each(change),
}


# -- replies -------------------------------------------------------------------------------


class Writing:
    """The output state of one session: does it have a name, and which channel is current."""

    __slots__ = ("_channels", "_question", "_user", "channel", "locked", "named")

    def __init__(self, entrance: Entrance) -> None:
        self.locked = entrance.has_password  # the server's password was not given yet
        self._question = entrance.question
        self.named = False
        self.channel = ""
        self._channels: dict[str, str] = {}  # folded -> name
        self._user: User | None = None  # not the session, which would refer to itself by this

    @property
    def question(self) -> str:
        """What the person is to type now."""
        return PASSWORD_QUESTION if self.locked else self._question

    def keep_up(self) -> None:
        """Follow changes by others: a user who was removed from the current channel has none now,
        so that the next line does not go to another channel."""
        user = self._user
        if user is None or self._channels.keys() == user.channels:
            return
        known = {key: name for key, name in self._channels.items() if key in user.channels}
        self._channels = known | {key: key for key in user.channels - known.keys()}
        if fold(self.channel) not in self._channels:
            self.channel = ""

    def go_to(self, name: str) -> bool:
        """Make `name` the current channel. False: the user is not in it."""
        known = self._channels.get(fold(name))
        if known is not None:
            self.channel = known
        return known is not None

    def notice(self, change: Change, session: Recipient) -> None:
        """Follow the changes that the user's own commands caused."""
        event, self._user = change.entry.event, session.user
        if isinstance(event, UserConnected):
            self.named = True
        elif isinstance(event, Joined) and session.user and event.user == session.user.id:
            self._channels[fold(event.channel)] = self.channel = event.channel
        elif isinstance(event, Parted) and session.user and event.user == session.user.id:
            self._channels.pop(fold(event.channel), None)
            self.channel = next(reversed(self._channels.values()), "")
        elif isinstance(event, ChannelRenamed) and fold(event.old) in self._channels:
            was_here = fold(self.channel) == fold(event.old)
            del self._channels[fold(event.old)]
            self._channels[fold(event.channel)] = event.channel
            self.channel = event.channel if was_here else self.channel


_SILENT = frozenset(
    [
        "002",
        "003",
        "004",
        "005",
        "251",
        "252",
        "253",
        "254",
        "255",
        "265",
        "266",
        "315",
        "312",
        "318",
        "321",
        "323",
        "329",
        "333",
        "338",
        "366",
        "368",
        "375",
        "376",
        "422",
        "900",
        "901",
        "QUIT",
    ]
)
#: Numerics as sentences; {0}, {1} ... are their parameters. Others are shown by their text.
_SENTENCES: dict[str, str] = {
    "001": "* Welcome! Type a line and press Enter to say it. /help shows more, quit leaves.",
    "301": "* {0} is away: {1}",
    "305": "* You are back.",
    "306": "* You are marked as away.",
    "311": "* {0} is {4} ({1}@{2})",
    "317": "* {0} has said nothing for {1} seconds.",
    "319": "* {0} is in {1}",
    "322": "* {0} ({1}) {2}",
    "324": "* {0} has the modes {1} {2} {3}",
    "330": "* {0} is logged in as {1}.",
    "331": "* {0} has no topic.",
    "332": "* Topic of {0}: {1}",
    "341": "* You invited {0} to {1}.",
    "760": "* {0}, {1}: {3}",
    "761": "* {0}, {1}: {3}",
    "766": "* {0}, {1}: nothing",
    "353": "* In {1}: {2}",
    "367": "* Kept out of {0}: {1} (by {2})",
    "401": "* Nobody here is called {0}.",
    "403": "* There is no channel {0}.",
    "404": "* You cannot speak in {0}. ({1})",
    "405": "* You are in too many channels to join {0}.",
    "412": "* There was no text to send.",
    "421": "* There is no command {0}. /help shows them all.",
    "432": "* {0} cannot be a name: letters first, no spaces. What is your name?",
    "433": "* {0} is taken. What is your name?",
    "433 account": "* {0} belongs to an account. Is it yours? /login {0} password. "
    "What is your name?",
    "ACCOUNT_REQUIRED": "* What is your name?",
    "ACCEPTED": "* What is your name?",
    "417": "* That line is too long; it was not sent.",
    "441": "* {0} is not in {1}.",
    "442": "* You are not in {0}.",
    "443": "* {0} is in {1} already.",
    "451": "* First a name, please. What is your name?",
    "464": "* That password is wrong. What is your name?",
    "470": "* {0} does not let you in; you are sent on to {1}.",
    "471": "* {0} is full.",
    "473": "* {0} is by invitation only.",
    "474": "* You are banned from {0}.",
    "475": "* {0} needs a key: /join {0} key",
    "476": "* {0} cannot be the name of a channel.",
    "482": "* You are not an operator of {0}.",
}


def write_reply(reply: Reply, writing: Writing) -> str:
    """Write a reply as lines for people, or ""."""
    command, params = reply.command, reply.params
    if command == "001":
        writing.named = True
    if command in _SILENT:
        return ""
    if command == "433" and "account" in params[-1]:
        command = "433 account"
    if command == "NOTE" and params[:2] in (("PASS", "ACCEPTED"), ("PASS", "INVITED")):
        writing.locked = False
    if params[1:2] in (("ACCOUNT_REQUIRED",), ("ACCEPTED",)) and not writing.named:
        command = params[1]
    sentence = _SENTENCES.get(command)
    if sentence is not None and params:
        question = "" if writing.named else writing.question
        sentence = sentence.replace(NAME_QUESTION, question)
        return escape(sentence.format(*params, *("",) * 4)).rstrip() + "\n"
    lines = params[-1].split("\n") if params else []
    return "".join(f"* {escape(line)}\n" if line[:1] != " " else f"{line}\n" for line in lines)
