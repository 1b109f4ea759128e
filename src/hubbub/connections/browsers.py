"""Addresses that a browser came from in the last day.

A browser opens connections in reserve, and sends its first request on them much later. What the
server says on such a connection before that, the browser takes for a broken answer to the request,
and the page fails. Nothing tells a connection in reserve from a person with netcat who is silent;
so the address has to.

A day, because a page stays open for hours, and browsers open connections to places of yesterday
while a person is still typing the address.
"""

from __future__ import annotations

import math
import threading

from .limits import customer

LATELY = 24 * 3600.0  # seconds
MOST = 10_000


class Browsers:
    """For all threads. Times are those of the loops, which count from one beginning.

    IPv6 addresses count by their /64, as a machine changes the rest of its own. The address that no
    browser came from for the longest time is forgotten first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}  # in the order of the times

    def heard(self, host: str, now: float) -> None:
        """A browser sent a request from there."""
        place = customer(host)
        with self._lock:
            self._heard.pop(place, None)
            self._heard[place] = now
            if len(self._heard) > MOST:
                del self._heard[next(iter(self._heard))]

    def expected(self, host: str, now: float) -> bool:
        """May a silent client from there be a browser?"""
        return now - self._heard.get(customer(host), -math.inf) < LATELY
