"""Shared by the tests of accounts: a chat, and SASL messages."""

import base64

from harness import Chat, Client

from hubbub.log.memory import MemoryLog

PASSWORD = "correct-horse"


def cheap_chat(log=None, **settings) -> Chat:
    """A chat; `settings` as in Chat, those of [accounts] without their group."""
    groups = {name: value for name, value in settings.items() if "__" in name or name == "password"}
    accounts = {name: value for name, value in settings.items() if name not in groups}
    named = {f"accounts__{name}": value for name, value in accounts.items()}
    return Chat(log, **named, **groups)


def account(chat: Chat, name: str, password: str = PASSWORD) -> None:
    """Somebody registers `name` and leaves."""
    client = chat.irc(name)
    assert client.asks(f"NS REGISTER {password}")[0].endswith(":Account created")
    client.sends("QUIT")
    chat.forget()


def plain(name: str, password: str = PASSWORD, authorize: str = "") -> str:
    return encoded(f"{authorize}\0{name}\0{password}")


def encoded(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return base64.b64encode(data).decode()


def logged_in(
    chat: Chat, name: str, *, nick: str = "", password: str = PASSWORD, caps: str = "", **peer
) -> Client:
    """An IRC client that has logged in by SASL PLAIN and is on the network."""
    client = connecting(chat, **peer)
    client.sends("CAP LS 302", f"CAP REQ :sasl {caps}", f"NICK {nick or name}",
                 f"USER {name} 0 * :{name} Real", "AUTHENTICATE PLAIN",
                 f"AUTHENTICATE {plain(name, password)}", "CAP END")  # fmt: skip
    lines = client.sees()
    assert any(" 903 " in line for line in lines), lines
    assert any(" 001 " in line for line in lines), lines
    return client


def restart(chat: Chat) -> Chat:
    """Another server with what is in the log of `chat`, which goes on by itself."""
    log = MemoryLog(chat.log.id)
    log.entries = list(chat.log.entries)
    return cheap_chat(log)


def connecting(chat: Chat, **peer) -> Client:
    """A connection that speaks IRC and has said nothing yet."""
    from hubbub.dialects.irc.dialect import IrcDialect

    return chat.connects(IrcDialect(chat.settings.limits.line_length), **peer)


def codes(lines: list[str]) -> list[str]:
    """The commands and numerics of lines."""
    return [line.split(" ")[2 if line[0] == "@" else 1] for line in lines]
