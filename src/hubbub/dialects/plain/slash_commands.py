"""Parse the input of a person into messages.

The first line is a name. After that each line is a message to the current channel, unless it begins
with a slash. `//` begins a message with a slash.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from ...protocol.message import Message
from .account_commands import ACCOUNT_COMMANDS
from .typed import Typed


def _join(text: str, channel: str) -> list[Message] | None:
    name, _, key = text.partition(" ")
    if not name:
        return None
    return [Message("JOIN", (_channel(name), key) if key else (_channel(name),))]


def _channel(name: str) -> str:
    return name if name[0] == "#" else "#" + name


def _part(text: str, channel: str) -> list[Message] | None:
    name = _channel(text.split()[0]) if text.strip() else channel
    return [Message("PART", (name,))] if name else None


def _msg(text: str, channel: str) -> list[Message] | None:
    target, _, words = text.partition(" ")
    return [Message("PRIVMSG", (target, words))] if target and words.strip() else None


def _nick(text: str, channel: str) -> list[Message] | None:
    return [Message("NICK", (text.split()[0],))] if text.strip() else None


def _who(text: str, channel: str) -> list[Message] | None:
    name = _channel(text.split()[0]) if text.strip() else channel
    return [Message("NAMES", (name,))] if name else None


def _topic(text: str, channel: str) -> list[Message] | None:
    if not channel:
        return None
    return [Message("TOPIC", (channel, text) if text else (channel,))]


def _me(text: str, channel: str) -> list[Message] | None:
    if not channel or not text:
        return None
    return [Message("PRIVMSG", (channel, f"\x01ACTION {text}\x01"))]


def _history(text: str, channel: str) -> list[Message] | None:
    """Read /history [where] [how many] [before, after or around a message]."""
    words = text.split()
    bound = words[-2:] if len(words) > 1 and words[-2] in ("before", "after", "around") else []
    words = words[: len(words) - len(bound)]
    count = words.pop() if words and words[-1].isdecimal() else "20"
    where = words.pop() if words else channel
    return [Message("HISTORY", (where, count, *bound))] if where and not words else None


def _whois(text: str, channel: str) -> list[Message] | None:
    return [Message("WHOIS", (text.split()[0],))] if text.strip() else None


def _profile(text: str, channel: str) -> list[Message] | None:
    words = text.split(maxsplit=2) if text[:1] == "#" else ["*", *text.split(maxsplit=1)]
    target, *change = words
    if len(change) == 1 and target == "*":
        return [Message("METADATA", (change[0], "LIST"))]
    if not change:
        return [Message("METADATA", (target, "LIST"))]
    if len(change) == 1:
        return None
    key, value = change
    return [Message("METADATA", (target, "SET", key, *(() if value == "-" else (value,))))]


def _invite(text: str, channel: str) -> list[Message] | None:
    return [Message("INVITE", (text.split()[0], channel))] if text.strip() and channel else None


def _two(text: str, command: str) -> list[Message] | None:
    """Read a word and the words after it."""
    word, _, rest = text.partition(" ")
    return [Message(command, (word, rest.strip()))] if rest.strip() else None


def _invite_link(text: str, channel: str) -> list[Message] | None:
    words = text.split()
    if words[:1] == ["list"]:
        return [Message("INVITELINK", ("LIST",))]
    if words[:1] == ["del"]:
        return [Message("INVITELINK", ("DEL", words[1]))] if len(words) == 2 else None
    return [Message("INVITELINK", ("ADD", channel or "*", *words))] if len(words) <= 2 else None


def _kick(text: str, channel: str) -> list[Message] | None:
    nick, _, reason = text.partition(" ")
    return [Message("KICK", (channel, nick, reason.strip()))] if nick and channel else None


def _modes(text: str, channel: str) -> list[Message] | None:
    words = text.split()
    if words and words[0].startswith("#"):
        return [Message("MODE", tuple(words))]
    return [Message("MODE", (channel, *words))] if channel else None


def _set(modes: str) -> Callable[[str, str], list[Message] | None]:
    """Make a reader of a command that sets one mode for one nick or mask."""

    def read(text: str, channel: str) -> list[Message] | None:
        if not text.strip() or not channel:
            return None
        return [Message("MODE", (channel, modes, text.split()[0]))]

    return read


TYPED: dict[str, Typed] = {
    "join": Typed("/join #channel", "enter a channel and talk there", _join),
    "part": Typed("/part [#channel]", "leave a channel", _part),
    "msg": Typed("/msg nick text", "say something to one person", _msg),
    "nick": Typed("/nick name", "change your name", _nick),
    "who": Typed("/who [#channel]", "who is here", _who),
    "list": Typed("/list", "the channels there are", lambda text, channel: [Message("LIST")]),
    "topic": Typed("/topic [text]", "see or set what the channel is about", _topic),
    "me": Typed("/me does something", "say what you do", _me),
    "away": Typed(
        "/away [text]",
        "say that you are away; without text, that you are back",
        lambda text, channel: [Message("AWAY", (text,) if text else ())],
    ),
    "search": Typed(
        "/search words",
        "what was said; from:name, in:#channel, after:2026-11-01 narrow it",
        lambda text, channel: [Message("SEARCH", ("*", text))] if text else None,
    ),
    "history": Typed(
        "/history [count]",
        "what was said before; /history [where] [count] before, after or around a message",
        _history,
    ),
    "whois": Typed("/whois nick", "about somebody", _whois),
    "profile": Typed(
        "/profile [nick] | [#channel] key value",
        "what somebody says of themselves; say something of yourself, or - to take it back",
        _profile,
    ),
    "invite": Typed("/invite nick", "ask somebody into the channel", _invite),
    "invite-link": Typed(
        "/invite-link [people] [7d]",
        "a link that lets others in; /invite-link list, /invite-link del number",
        _invite_link,
    ),
    "report": Typed(
        "/report nick why",
        "tell those who run the server about somebody",
        lambda text, channel: _two(text, "REPORT"),
    ),
    "kick": Typed("/kick nick [why]", "put somebody out of the channel", _kick),
    "ban": Typed("/ban nick", "keep somebody out of the channel", _set("+b")),
    "unban": Typed("/unban nick", "let somebody in again", _set("-b")),
    "op": Typed("/op nick", "make somebody an operator of the channel", _set("+o")),
    "deop": Typed("/deop nick", "take that back", _set("-o")),
    "voice": Typed("/voice nick", "let somebody speak in a moderated channel", _set("+v")),
    "devoice": Typed("/devoice nick", "take that back", _set("-v")),
    "mode": Typed("/mode [#channel] [+m]", "see or set how the channel works", _modes),
    "upload": Typed(
        "/upload",
        "how to send a file from here",
        lambda text, channel: [Message("FILEHOST", ("CURL",))],
    ),
    "quit": Typed(
        "/quit [text]", "leave; `quit` alone does too", lambda text, channel: [_quit(text)]
    ),
}


def _quit(text: str) -> Message:
    return Message("QUIT", (text,) if text else ())


def typed(word: str) -> Typed | None:
    """The slash command called `word`, or None."""
    return TYPED.get(word) or ACCOUNT_COMMANDS.get(word)


def help_lines(about: str = "") -> list[str]:
    """The lines of /help and /help account."""
    if about.startswith("account"):
        return ["Accounts and channels that belong to them:", *_table(ACCOUNT_COMMANDS)]
    more = "  /help account shows how to have a name and a channel of your own."
    return ["Type a line and press Enter to say it. Commands:", *_table(TYPED), more]


#: Terminal columns. Shorter usages go in the first of two columns.
_WIDTH, _COLUMN = 79, 28


def _table(commands: dict[str, Typed]) -> list[str]:
    lines = []
    for each in commands.values():
        usage = f"  {each.usage:<{_COLUMN}}"
        if len(each.usage) > _COLUMN:
            lines.append(usage)
            usage = ""
        indent = " " * (_COLUMN + 4)
        lines += textwrap.wrap(
            each.does, _WIDTH, initial_indent=f"{usage:<{len(indent)}}", subsequent_indent=indent
        )
    return lines
