"""Which browsers want to be told by push, and of what (push/pusher.py does the telling).

Changed by `Network.apply` alone; everybody else reads.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from ..events.kinds import Entry, MessageSent
from ..events.msgid import msgid
from ..protocol.names import fold
from .rules import conversations

if TYPE_CHECKING:
    from .network import Network
    from .user import User
#: A push service takes 4096 bytes, encrypted (RFC 8291 section 4), and that is not all of it.
LONGEST_TEXT = 2000
#: What in a text can be a nick.
_NAME = re.compile(r"[\w\[\]\\`^{|}-]+")
_MOST_NAMES = 200


def meant(network: Network, said: MessageSent) -> list[str]:
    """The accounts that are told of this message by push: it is for them or names them, they have
    subscribed, and nobody is looking: no connection, or all of them away."""
    if said.text.startswith("\x01") and not said.text.startswith("\x01ACTION "):
        return []  # a question of one program to another (CTCP)
    people = (
        _named(network, said) if said.recipient is None else [network.users.get(said.recipient)]
    )
    found = {
        fold(user.account): user.account
        for user in people
        if user is not None
        and user.account is not None
        and user.id != said.user
        and user.account != said.account
        and (user.away is not None or not user.sessions)
        and network.subscriptions.of(user.account)
    }
    return list(found.values())


def _named(network: Network, said: MessageSent) -> list[User | None]:
    """Who may read the channel and whose nick is in the text."""
    channel = network.channels.get(said.conversation)
    if channel is None:
        return []
    names = dict.fromkeys(map(fold, _NAME.findall(said.text)[:_MOST_NAMES]))
    named = (network.nicks.get(name) for name in names)
    return [user for user in named if user is not None and conversations(channel, user)]


def line_of(entry: Entry, log_id: str) -> bytes:
    """The message as one line of IRC, without its end, as a push message holds it."""
    said = entry.event
    assert isinstance(said, MessageSent)
    time = dt.datetime.fromtimestamp(entry.time / 1000, dt.UTC).isoformat(timespec="milliseconds")
    tags = f"@msgid={msgid(entry.position, log_id)};time={time.replace('+00:00', 'Z')}"
    text = " ".join(said.text.split("\n")).encode()[:LONGEST_TEXT].decode(errors="ignore")
    return f"{tags} :{said.source} {said.command} {said.target} :{text}".encode()
