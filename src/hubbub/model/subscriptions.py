"""Push subscriptions of browsers, by account. Changed by `Network.apply` only."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..events.kinds import Entry, PushSubscribed, PushUnsubscribed
from ..protocol.names import fold

#: Per account; a further subscription replaces the oldest.
MOST = 10


_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
PORT = 443


def wrong_with(endpoint: str) -> str | None:
    """Why this push endpoint is unacceptable, or None. Checks the text only."""
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
    """A subscribed browser: its push endpoint (URL) and its keys (base64url)."""

    account: str
    endpoint: str
    p256dh: str
    auth: str


class Subscriptions:
    """Subscriptions by account."""

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
        for account in list(self._all):  # a browser belongs to one account at a time
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
