"""Slash commands for accounts: each command of NickServ and ChanServ has one.

    /login alice secret      NS IDENTIFY alice secret
    /register #tea           CS REGISTER #tea

NS and CS are server commands and never messages, so passwords are neither stored nor forwarded.
"""

from __future__ import annotations

from ...protocol.message import Message
from .typed import Read, Typed


def nickserv(name: str, least: int = 0) -> Read:
    """Make a reader that turns `/x words` into `NS NAME words`; needs `least` words."""

    def read(text: str, channel: str) -> list[Message] | None:
        words = text.split()
        return [Message("NS", (name, *words))] if len(words) >= least else None

    return read


def chanserv(name: str) -> Read:
    """Make a reader that turns `/x [#channel] words` into `CS NAME #channel words`; the default is
    the current channel."""

    def read(text: str, channel: str) -> list[Message] | None:
        words = text.split()
        if not words or words[0][0] != "#":
            words.insert(0, channel)
        return [Message("CS", (name, *words))] if words[0] else None

    return read


def either(name: str, channel_name: str, least: int = 0) -> Read:
    """Make a reader: about a channel if one is named, else about the account."""

    def read(text: str, channel: str) -> list[Message] | None:
        about_channel = text.startswith("#")
        return (chanserv(channel_name) if about_channel else nickserv(name, least))(text, channel)

    return read


def _set(text: str, channel: str) -> list[Message] | None:
    """Set an option of the named channel, or else of the account."""
    words = text.split()
    return [Message("CS" if text[:1] == "#" else "NS", ("SET", *words))]


def _transfer(text: str, channel: str) -> list[Message] | None:
    words = text.split()
    return [Message("CS", ("TRANSFER", *words))] if len(words) >= 2 else None


def _list_channels(text: str, channel: str) -> list[Message] | None:
    return [Message("CS", ("LIST", *text.split()))]


def _words(command: str) -> Read:
    return lambda text, channel: [Message(command, tuple(text.split()))]


ACCOUNT_COMMANDS: dict[str, Typed] = {
    "register": Typed(
        "/register password [email]", "make an account called like you; /register #channel: it is"
        " yours", either("REGISTER", "REGISTER", 1),
    ),
    "verify": Typed("/verify account code", "confirm it with the code", nickserv("VERIFY", 2)),
    "login": Typed("/login [account] password", "log in to your account", nickserv("IDENTIFY", 1)),
    "logout": Typed("/logout", "log out", nickserv("LOGOUT")),
    "account": Typed("/account [name]", "what there is to know of one", nickserv("INFO")),
    "accounts": Typed("/accounts [mask]", "the accounts there are (operators)", nickserv("LIST")),
    "password": Typed(
        "/password present new [keep]", "change your password; ends your other connections and"
        " removes certificates, unless you say keep", nickserv("PASSWD", 2),
    ),
    "set": Typed(
        "/set [setting value [password]]", "settings of your account; /set #channel [setting"
        " value]", _set,
    ),
    "sessions": Typed(
        "/sessions [logout number]", "your connections; end one", nickserv("SESSIONS")
    ),
    "cert": Typed(
        "/cert list|add [fingerprint] password|del fingerprint", "certificates that log you in",
        nickserv("CERT", 1),
    ),
    "devices": Typed(
        "/devices [del number]", "browsers that log in without the password", nickserv("DEVICES")
    ),
    "group": Typed(
        "/group [password]", "your present name belongs to your account", nickserv("GROUP")
    ),
    "ungroup": Typed(
        "/ungroup name [password]", "a name no longer does", nickserv("UNGROUP", 1)
    ),
    "ghost": Typed("/ghost name", "end who uses your name", nickserv("GHOST", 1)),
    "recover": Typed("/recover name", "the same, and take it", nickserv("RECOVER", 1)),
    "export": Typed("/export", "all that is kept of your account", nickserv("EXPORT")),
    "drop": Typed(
        "/drop [password]", "delete your account; /drop #channel [code] [password]: give it up",
        either("DROP", "UNREGISTER"),
    ),
    "channel": Typed("/channel [#channel]", "whose channel it is", chanserv("INFO")),
    "access": Typed(
        "/access [#channel] [account +modes]", "what accounts are in a channel", chanserv("ACCESS")
    ),
    "channels": Typed(
        "/channels [mask]", "the channels that are yours or where you have access", _list_channels
    ),
    "op": Typed("/op [#channel] [name]", "be or make an operator, by access", chanserv("OP")),
    "deop": Typed("/deop [#channel] [name]", "the opposite", chanserv("DEOP")),
    "voice": Typed("/voice [#channel] [name]", "give voice, by access", chanserv("VOICE")),
    "devoice": Typed("/devoice [#channel] [name]", "the opposite", chanserv("DEVOICE")),
    "transfer": Typed(
        "/transfer #channel account [password]", "offer your channel; /transfer accept #channel",
        _transfer,
    ),
    "clear": Typed("/clear [#channel] users|bans|access", "clean a channel up", chanserv("CLEAR")),
    "ns": Typed("/ns words", "anything else that NickServ does", _words("NS")),
    "cs": Typed("/cs words", "anything else that ChanServ does", _words("CS")),
}  # fmt: skip


def read_login(word: str, rest: str) -> list[Message] | None:
    """Read `/login name password` or `/register name password [email]` in place of a name."""
    words = rest.split()
    if word not in ("login", "register") or len(words) < 2:
        return None
    name, password = words[:2]
    who, enter = introduction(name)
    if word == "login":
        return [Message("NS", ("IDENTIFY", *words)), who, enter]
    email = words[2] if len(words) > 2 else "*"
    return [who, Message("REGISTER", (name, email, password)), enter]


def introduction(name: str) -> list[Message]:
    """The commands that register a connection. NICK comes last: it may be refused and retried."""
    return [Message("USER", (name, "0", "*", name)), Message("NICK", (name,))]
