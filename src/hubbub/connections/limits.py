"""Limit the number of connections per address: those that are open, and new ones a minute.

Connections need not be unregistered: a transport that is closing or gone no longer counts. So every
kind of connection is counted in the same way from its first byte, and none can be missed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
import weakref

from ..addresses import ip_of
from ..handlers.accounts.throttle import Throttle
from ..peer import Network, is_in


class AddressLimit:
    """Connections per customer, that is per IPv4 address or IPv6 /64. Thread-safe.

    `most` is the limit of open ones; of new ones as many as `per_minute` come in a burst, and per
    minute after that. 0 is no limit; addresses in `exempt` are unlimited.
    """

    def __init__(self, most: int, exempt: tuple[Network, ...] = (), *, per_minute: int = 0) -> None:
        self._new = Throttle(per_minute, per_minute)
        self.limit(most, exempt, per_minute)
        self._lock = threading.Lock()
        self.connections: dict[str, weakref.WeakSet[asyncio.BaseTransport]] = {}
        self._tidy_at = 1000

    def limit(self, most: int, exempt: tuple[Network, ...], per_minute: int) -> None:
        """Change the limits. Open connections stay."""
        self._most, self._exempt, self._per_minute = most, exempt, per_minute
        self._new.limit(per_minute, per_minute)

    def admit(self, host: str, transport: asyncio.BaseTransport) -> bool:
        """Count a new connection of this address. Returns False, without counting, if it has too
        many."""
        if is_in(host, self._exempt):
            return True
        key = ("address", customer(host))
        if self._per_minute and not self._new.spend(key, monotonic_ms()):
            return False
        if self._most == 0:
            return True
        with self._lock:
            connections = self.connections.setdefault(customer(host), weakref.WeakSet())
            if len(connections) >= self._most:
                open_ones = sum(not each.is_closing() for each in list(connections))
                if open_ones >= self._most:
                    return False
            connections.add(transport)
            if len(self.connections) > self._tidy_at:
                self._tidy()
        return True

    def _tidy(self) -> None:
        self.connections = {host: some for host, some in self.connections.items() if len(some)}
        self._tidy_at = max(1000, 2 * len(self.connections))


def monotonic_ms() -> int:
    """A clock for limits that no lock protects."""
    return int(time.monotonic() * 1000)


def customer(host: str) -> str:
    """The IPv4 address or IPv6 /64 of a client, the unit that a provider gives one customer."""
    address = ip_of(host)
    if address is None or address.version == 4:
        return host
    return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
