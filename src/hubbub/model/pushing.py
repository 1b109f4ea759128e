"""Which browsers want to be told by push, and of what (push/pusher.py does the telling).

Changed by `Network.apply` alone; everybody else reads.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..events.events import Entry, MessageSent, PushSubscribed, PushUnsubscribed
from ..events.msgid import msgid
from ..protocol.names import fold
from .rules import conversations

if TYPE_CHECKING:
    from .network import Network
    from .user import User

#: Of one account; the oldest makes room.
MOST = 10
#: A push service takes 4096 bytes, encrypted (RFC 8291 section 4), and that is not all of it.
LONGEST_TEXT = 2000
#: What in a text can be a nick.
_NAME = re.compile(r"[\w\[\]\\`^{|}-]+")
_MOST_NAMES = 200


_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
PORT = 443


def wrong_with(endpoint: str) -> str | None:
    """Why nothing will ever be sent to this address, or None. Looks at the text alone."""
    if len(endpoint) > 1000 or not endpoint.isascii() or not endpoint.isprintable():
        return "that is no address"
    try:
        place = urlsplit(endpoint)
        port = place.port
    except ValueError:
        return "that is no address"
    if place.scheme != "https":
        return "it has to begin with https://"
    if not place.hostname or not _HOST.match(place.hostname) or "@" in place.netloc:
        return "that is no address"
    if port not in (None, PORT):
        return "it has a port of its own"
    return None


class Subscription(NamedTuple):
    """A browser: where to send to, and its keys (base64url)."""

    account: str
    endpoint: str
    p256dh: str
    auth: str


class Subscriptions:
    """By account."""

    def __init__(self) -> None:
        self._all: dict[str, dict[str, Subscription]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def of(self, account: str | None) -> list[Subscription]:
        return list(self._all.get(fold(account), {}).values()) if account is not None else []

    def has(self, subscription: Subscription) -> bool:
        held = self._all.get(fold(subscription.account), {})
        return held.get(subscription.endpoint) == subscription

    # -- changes -------------------------------------------------------------------------------

    def subscribed(self, entry: Entry, event: PushSubscribed) -> None:
        for account in list(self._all):  # a browser is one account's at a time
            self._drop(account, event.endpoint)
        held = self._all.setdefault(fold(event.account), {})
        held[event.endpoint] = Subscription(*event)
        while len(held) > MOST:
            del held[next(iter(held))]

    def unsubscribed(self, entry: Entry, event: PushUnsubscribed) -> None:
        self._drop(fold(event.account), event.endpoint)

    def forget(self, account: str) -> None:
        self._all.pop(fold(account), None)

    def _drop(self, account: str, endpoint: str) -> None:
        held = self._all.get(account, {})
        held.pop(endpoint, None)
        if not held:
            self._all.pop(account, None)

    def snapshot(self) -> Any:
        return self._all


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
