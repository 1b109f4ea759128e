"""Decide whom to notify of a message by web push (push/pusher.py sends the notifications).

Reads the model only.
"""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import TYPE_CHECKING

from ..events.kinds import Entry, MessageSent
from ..events.msgid import msgid
from ..protocol.names import fold
from .mentions import names_in
from .rules import conversations

if TYPE_CHECKING:
    from .network import Network
    from .user import User
#: Longest message text in a push message. A push service accepts 4096 encrypted bytes (RFC 8291
#: section 4), and the line holds more than the text.
LONGEST_TEXT = 2000
#: Words of a text that are looked up.
_MOST_NAMES = 400


def meant(network: Network, said: MessageSent) -> list[str]:
    """Accounts to notify of this message: it is addressed to them or mentions them, they have
    subscribed, and they are absent (no connection, or every one of them away)."""
    if said.text.startswith("\x01") and not said.text.startswith("\x01ACTION "):
        return []  # CTCP: a request between programs
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
    """Members whom the text mentions and who may read the channel."""
    channel = network.channels.get(said.conversation)
    if channel is None:
        return []
    names = dict.fromkeys(map(fold, islice(names_in(said.text), _MOST_NAMES)))
    named = (network.person(name) for name in names)
    return [user for user in named if user is not None and conversations(channel, user)]


def line_of(entry: Entry, log_id: str) -> bytes:
    """The message as one IRC line without its line ending, the payload of a push message."""
    said = entry.event
    assert isinstance(said, MessageSent)
    time = dt.datetime.fromtimestamp(entry.time / 1000, dt.UTC).isoformat(timespec="milliseconds")
    tags = f"@msgid={msgid(entry.position, log_id)};time={time.replace('+00:00', 'Z')}"
    text = " ".join(said.text.split("\n")).encode()[:LONGEST_TEXT].decode(errors="ignore")
    return f"{tags} :{said.source} {said.command} {said.target} :{text}".encode()
